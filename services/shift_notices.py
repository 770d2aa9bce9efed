"""Who is told that their hours on duty changed, and what they are now."""

from __future__ import annotations

from datetime import datetime

from extensions import COMPANY_ZONE
from models import Notification, Person
from rules import sms_text
from rules.escalation import DutyRoleCode
from rules.roster import Interval
from rules.vocabulary import NotificationKind
from services import notifications


def tell(
    person: Person, role: DutyRoleCode, *, before: Interval | None, after: Interval | None, key: str, now: datetime
) -> Notification | None:
    """Tell somebody what became of their hours; None before or after means that there were or are none.

    ``key`` names the cause: one message per cause, person and moment.
    """
    if before == after:
        return None
    return notifications.queue(
        kind=NotificationKind.SHIFT_CHANGED,
        person=person,
        dedup_key=f"{key}:changed:{person.id}:{int(now.timestamp())}",
        now=now,
        role=sms_text.DUTY_ROLE_WORDS[role],
        change=sms_text.change(words(before), words(after)),
    )


def words(hours: Interval | None) -> str:
    """Hours as an SMS says them, in the company's time; '' for none."""
    return sms_text.hours(*(moment.astimezone(COMPANY_ZONE) for moment in hours)) if hours else ""
