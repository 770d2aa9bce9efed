"""A believable month at the desk, the last week of it in detail, made through the services at past moments.

No telephone rings: every message goes to the sandbox's inbox.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from extensions import db
from seed.demo import cast, crews, homes, roster, stories
from seed.demo.accounts import has_accounts
from seed.demo.week import Week, one_transaction


def has_demo() -> bool:
    """Whether the demo was loaded into this database."""
    return has_accounts()


def load_demo(now: datetime, password: str) -> bool:
    """Load the demo around ``now``, everybody's password being ``password``; does nothing when it is there.

    Needs the reference data. The caller commits: all of it or nothing. Returns whether it was loaded.

    Raises:
        Refusal: the password is too short or endless.
    """
    if has_demo():
        return False
    with one_transaction():
        people = cast.hire(password=password, now=now - timedelta(days=400))
        known = homes.move_in(people, now=now)
        roster.fill(people, now=now)
        week = Week(people, known, crews.form(people, now=now - timedelta(days=300)), end=now)
        week.play(stories.stories(week))
        db.session.flush()
    return True
