"""The table of windows: what a run of the tests wrote down, as it stands in ``docs/reliability.md``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import config
from tests.faults.stage import Outcome
from tests.faults.windows import LIMITS, WINDOWS, Window

PAGE = config.PROJECT_DIR / "docs" / "reliability.md"
RESULTS = "FAULTS_RESULTS"
"""The variable that names the file in which the tests write down what they counted."""

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
PROVIDERS = {"asked": "can be asked", "mute": "cannot"}
KEPT = {"asked": "can be asked", "faithful": "keeps our protocol's promise", "mute": "cannot be asked"}

Results = Mapping[tuple[str, str, str], Outcome]


def write_down(window: Window, engine: str, provider: str, outcome: Outcome) -> None:
    """One line of the results, where somebody collects them."""
    if path := os.environ.get(RESULTS):
        line = json.dumps([window.name, engine, provider, asdict(outcome)]) + "\n"
        with Path(path).open("a", encoding="utf-8") as file:  # One write: the workers of a run share the file.
            file.write(line)


def read(path: Path) -> Results:
    """What a run counted, by window, database and provider."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {(window, engine, provider): Outcome(**counted) for window, engine, provider, counted in lines}


def text(results: Results) -> str:
    """Both tables."""
    return "\n".join([*_proof(results), "", *_limits(results)])


def put_into_page(tables: str) -> None:
    """Replace the tables of the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    PAGE.write_text(f"{before}{_BEGIN}\n\n{tables}\n\n{_END}{after}", encoding="utf-8")


_BEGIN, _END = "<!-- written by make faults -->", "<!-- until here -->"


def _proof(results: Results) -> Iterator[str]:
    columns = [(engine, provider) for engine in ENGINES for provider in PROVIDERS]
    yield _row("window", *(f"{ENGINES[engine]}, {PROVIDERS[provider]}" for engine, provider in columns))
    yield "|---" * (len(columns) + 1) + "|"
    for window in WINDOWS:
        yield _row(f"**{window.name}** {window.meaning}", *_cells(results, window, columns))


def _limits(results: Results) -> Iterator[str]:
    columns = [(engine, provider) for engine in ENGINES for provider in KEPT]
    yield _row("what remains", *(f"{ENGINES[engine]}, {KEPT[provider]}" for engine, provider in columns))
    yield "|---" * (len(columns) + 1) + "|"
    for window in LIMITS:
        yield _row(f"**{window.name}** {window.meaning}", *_cells(results, window, columns))


def _cells(results: Results, window: Window, columns: Iterable[tuple[str, str]]) -> Iterator[str]:
    for engine, provider in columns:
        found = results.get((window.name, engine, provider))
        yield f"{found.lost} / {found.doubled} / {found.unknown}" if found else "not run"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
