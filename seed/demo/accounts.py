"""The demo's accounts: eight logins, one for each role, that share one password with their colleagues."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select

from extensions import db
from models import Person
from services import people
from services.actors import SYSTEM

DEMO_LOGINS: Final = ("admin", "intake", "duty", "handler", "roster", "approver", "analyst", "auditor")


def has_accounts() -> bool:
    """Whether the demo's accounts exist; no company calls eight of its people by just these names."""
    return len(_accounts()) == len(DEMO_LOGINS)


def set_demo_password(*, old: str, new: str, now: datetime) -> int:
    """Give every account that still has the demo's ``old`` password the ``new`` one; returns how many.

    The demo's people share one hash, made once: whoever still has it still has that password, and whoever chose a
    password of their own keeps it. The caller commits.

    Raises:
        Refusal: the new password is too short or endless.
    """
    unchanged = next((person for person in _accounts() if people.has_password(person, old)), None)
    if unchanged is None:
        return 0
    password = people.hashed(new)
    sharing = db.session.scalars(select(Person).where(Person.password_hash == unchanged.password_hash)).all()
    for person in sharing:
        people.set_password(person, password=password, must_change=False, actor=SYSTEM, now=now)
    return len(sharing)


def _accounts() -> list[Person]:
    return list(db.session.scalars(select(Person).where(Person.login.in_(DEMO_LOGINS)).order_by(Person.id)))
