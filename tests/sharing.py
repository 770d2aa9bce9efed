"""How the workers of a run share the tests: what is marked as one group stays in one worker, and long groups go first.

pytest-xdist 3.8 hands a test's group on in the test's id, which pytest 9.2 no longer lets it write: every group came
apart without a word. Here the workers note the groups in the run's directory, and the scheduler looks there.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
from xdist.scheduler import LoadGroupScheduling

MARK = "xdist_group"


def note_groups(items: list[pytest.Item], worker: str, run_dir: Path) -> None:
    """Write down which test belongs to which group; every worker finds the same."""
    groups = {item.nodeid: str(mark.args[0]) for item in items for mark in item.iter_markers(MARK)}
    draft = run_dir / f"groups.{worker}"
    draft.write_text(json.dumps(groups))
    draft.rename(run_dir / "groups.json")


class SharedByGroup(LoadGroupScheduling):
    """Hands out whole groups, the largest first, and then the tests that belong to none."""

    def __init__(self, config: pytest.Config, log: object, run_dir: Path) -> None:
        super().__init__(config, log)
        self._run_dir = run_dir

    @functools.cached_property
    def _groups(self) -> dict[str, str]:
        groups: dict[str, str] = json.loads((self._run_dir / "groups.json").read_text())
        return groups

    def _split_scope(self, nodeid: str) -> str:
        """The group of a test, or the test alone."""
        return self._groups.get(nodeid, nodeid)
