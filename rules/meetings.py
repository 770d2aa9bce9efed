"""The triage meeting: ten minutes, across departments, with decisions at its end (D-10)."""

from __future__ import annotations

from datetime import datetime, timedelta

LENGTH = timedelta(minutes=10)
"""How long a meeting takes; what goes on longer is flagged."""

MAX_ATTENDEES = 30
"""More people than this decide nothing in ten minutes."""


def overrun(due_at: datetime, ended_at: datetime | None, now: datetime) -> timedelta:
    """How much longer than planned the meeting took or takes; zero at the planned end itself."""
    return max((ended_at or now) - due_at, timedelta(0))
