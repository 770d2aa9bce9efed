"""Who is told that their hours on duty changed, and what they are now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from extensions import COMPANY_ZONE
from models import Notification, Person
from rules import sms_values
from rules.escalation import DutyRoleCode
from rules.roster import Interval
from rules.vocabulary import NotificationKind
from services import notifications


def tell(
    person: Person, role: DutyRoleCode, *, before: Collection[Interval], after: Collection[Interval], now: datetime
) -> Notification | None:
    """Tell somebody what became of their hours for a role: one message, however many of them changed.

    The first of them are named, and how many there are. None when nothing changed.
    """
    gone, made = (set(one) - set(other) for one, other in ((before, after), (after, before)))
    if not gone and not made:
        return None
    change = sms_values.change(
        words(min(gone, default=None)), words(min(made, default=None)), count=max(len(gone), len(made))
    )
    return notifications.queue(
        kind=NotificationKind.SHIFT_CHANGED,
        person=person,
        dedup_key=_key(person, role, gone, made, now),
        now=now,
        role=role,
        change=change,
    )


def words(hours: Interval | None) -> str:
    """Hours as a message keeps them, in the company's time; '' for none."""
    return sms_values.hours(*(moment.astimezone(COMPANY_ZONE) for moment in hours)) if hours else ""


def _key(person: Person, role: DutyRoleCode, gone: set[Interval], made: set[Interval], now: datetime) -> str:
    """The same change at the same moment is the same message; the next one, even a second later, is another."""
    first = (f"{min(hours)[0].timestamp():.0f}" if hours else "" for hours in (gone, made))
    return ":".join(["hours", str(person.id), role, f"{now:%Y%m%d%H%M%S%f}", *first])
