"""The triage meeting's ten minutes (D-10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.meetings import LENGTH, overrun

BEGUN = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ended_after", "seconds"),
    [
        pytest.param(timedelta(minutes=4), 0, id="decided sooner"),
        pytest.param(timedelta(minutes=10), 0, id="ten minutes are ten minutes"),
        pytest.param(timedelta(minutes=10, seconds=1), 1, id="a second more is over"),
        pytest.param(None, 120, id="still going on"),
    ],
)
def test_how_much_longer_than_planned(ended_after: timedelta | None, seconds: int) -> None:
    ended_at = None if ended_after is None else BEGUN + ended_after
    now = BEGUN + timedelta(minutes=12)
    assert overrun(BEGUN + LENGTH, ended_at, now).total_seconds() == seconds
