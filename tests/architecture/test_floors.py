"""The house keeps its floors, its rooms and its habits."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import PROJECT_DIR

ROOMS = ("admin_views", "api", "cli", "gateways", "jobs", "models", "processes", "rules", "seed", "services")
FOUNDATIONS = ("app.py", "config.py", "extensions.py")
HOMELESS = {"utils", "util", "helpers", "helper", "common", "constants", "misc", "shared", "tools"}
MOMENT_IS_ASKED_IN = {"extensions.py"}


def sources() -> Iterator[Path]:
    """Every Python file of the product, migrations and tests apart."""
    for name in FOUNDATIONS:
        yield PROJECT_DIR / name
    for room in ROOMS:
        yield from sorted((PROJECT_DIR / room).rglob("*.py"))


def name_of(path: Path) -> str:
    """The file as seen from the project."""
    return str(path.relative_to(PROJECT_DIR))


def test_an_edge_asks_a_service_and_nobody_looks_up() -> None:
    """In a process of its own: the linter switches off every logger that it finds in its own."""
    run = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", run], cwd=PROJECT_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_function_has_a_home() -> None:
    homeless = [name_of(path) for path in sources() if HOMELESS & {path.stem, *path.parent.parts[-1:]}]
    assert homeless == []


def test_no_room_takes_the_name_of_a_part_of_python() -> None:
    top_level = {path.stem for path in PROJECT_DIR.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert not top_level & sys.stdlib_module_names


@pytest.mark.parametrize("path", list(sources()), ids=name_of)
class TestEveryFile:
    def test_says_in_its_first_line_what_it_is_for(self, path: Path) -> None:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), "a module without a docstring"

    def test_takes_the_time_as_an_argument(self, path: Path) -> None:
        """One place asks what time it is; everybody else is told."""
        if name_of(path) in MOMENT_IS_ASKED_IN:
            return
        asked = re.findall(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time)\(", path.read_text("utf-8"))
        assert asked == []

    def test_reads_no_environment_but_in_the_settings(self, path: Path) -> None:
        if path.name != "config.py":
            assert not re.search(r"os\.environ\[|os\.getenv\(", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("room", ["rules", "services", "gateways"])
def test_every_public_function_says_what_it_does(room: str) -> None:
    silent = [
        f"{name_of(path)}:{node.name}"
        for path in sorted((PROJECT_DIR / room).glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    assert silent == []


ENDS_TRANSACTIONS_ITSELF = {
    "attempts": "what is about to be sent is written down for good before the call to the outside, its answer after it",
    "broken": "one message is set aside, whatever becomes of the others",
    "channel_tests": "a call to the outside stands between its transactions",
    "claims": "others see what is taken before the call to the outside",
    "heartbeats": "a job that only looked holds nobody up while it works",
    "imports": "a long job shows its progress while it runs",
    "outbox": "a call to the outside stands between its transactions",
    "questions": "a call to the outside stands between its transactions",
    "sandbox": "it is the outside: what a phone got stays whatever becomes of the desk's own transaction",
}


def test_a_service_flushes_and_leaves_the_commit_to_the_edge() -> None:
    services = (PROJECT_DIR / "services").glob("*.py")
    committing = {path.stem for path in services if "session.commit()" in path.read_text(encoding="utf-8")}
    assert committing == ENDS_TRANSACTIONS_ITSELF.keys()


def test_a_view_hands_on_the_person_and_not_what_stands_for_them() -> None:
    """Services compare people with ``is``; Flask-Login's ``current_user`` is nobody, it only answers like somebody."""
    handed_on = [
        f"{name_of(path)}:{call.lineno}"
        for path in sorted((PROJECT_DIR / "admin_views").glob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        for given in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(given, ast.Name) and given.id == "current_user"
    ]
    assert handed_on == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name: str) -> None:
    lines = [line.partition("#")[0].strip() for line in (PROJECT_DIR / name).read_text("utf-8").splitlines()]
    loose = [
        line for line in lines if line and not re.match(r"-r requirements\.txt$|[\w.\[\]-]+==[\w.]+(?:\s*;.*)?$", line)
    ]
    assert loose == []
