"""Reminders of the roster: the day before, an hour before, and a word to the leader before a role stands empty."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from extensions import COMPANY_ZONE
from models import DutyRole, Person
from rules import sms_values
from rules.roster import Interval
from rules.rotations import LONGEST_TURN
from rules.settings import SettingKey
from rules.vocabulary import NotificationKind
from services import coverage, duty, notifications, settings, shift_notices
from services.duty import Duty

DAY_BEFORE_AT = time(18)
"""Whoever is on duty tomorrow hears of it from this hour on, in the company's time."""


def remind(*, now: datetime) -> int:
    """Remind everybody who is really on duty soon, once for each beginning; returns how many messages."""
    until = now + settings.minutes(SettingKey.SHIFT_REMINDER_MINUTES)
    soon = duty.between(start=now, end=until + duty.A_MOMENT)
    return sum(_remind_soon(found, now=now) for found in soon if found.starts_at > now)


def remind_of_tomorrow(*, now: datetime) -> int:
    """From the evening on, tell everybody who is on duty tomorrow, once a day; returns how many messages."""
    here = now.astimezone(COMPANY_ZONE)
    if here.time() < DAY_BEFORE_AT:
        return 0
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), COMPANY_ZONE)
    first: dict[int, Duty] = {}
    tomorrow = duty.between(start=midnight, end=midnight + timedelta(days=1))
    for found in sorted(tomorrow, key=lambda each: each.starts_at):
        if found.starts_at >= midnight:
            first.setdefault(found.person_id, found)
    return sum(_remind_day_before(found, now=now) for found in first.values())


def warn_of_gaps(*, now: datetime) -> int:
    """Tell the leader of every gap that begins soon or has begun, once each; returns how many messages.

    One that was filled and opened again is another gap. A role that nobody has stood for in weeks is told of once a
    day.
    """
    until = now + timedelta(hours=settings.value(SettingKey.GAP_WARNING_HOURS))
    known = coverage.between(start=now - LONGEST_TURN, end=until + LONGEST_TURN).gaps
    ahead = [(role, gap) for role in duty.roles() for gap in known[role.code] if gap[0] < until and gap[1] > now]
    leaders = duty.leaders(at=now) if ahead else []
    return sum(_warn(leader, role, gap, now=now) for role, gap in ahead for leader in leaders)


def _remind_soon(found: Duty, *, now: datetime) -> bool:
    beginning = int(found.starts_at.timestamp())
    key = f"duty:{found.role_id}:soon:{found.person_id}:{beginning}"
    return _remind(found, NotificationKind.SHIFT_REMINDER, key, expires_at=found.starts_at, now=now)


def _remind_day_before(found: Duty, *, now: datetime) -> bool:
    """Who reads “tomorrow” after midnight reads of the wrong day."""
    day = found.starts_at.astimezone(COMPANY_ZONE).date()
    key = f"duty:tomorrow:{found.person_id}:{day:%Y%m%d}"
    midnight = datetime.combine(day, time(), COMPANY_ZONE)
    return _remind(found, NotificationKind.SHIFT_TOMORROW, key, expires_at=midnight, now=now)


def _remind(found: Duty, kind: NotificationKind, key: str, *, expires_at: datetime, now: datetime) -> bool:
    """Tell the person when they begin; False where they were told before or have no number."""
    queued = notifications.queue(
        kind=kind,
        person=found.person,
        dedup_key=key,
        shift=found.shift,
        expires_at=expires_at,
        now=now,
        role=found.role.code,
        start=sms_values.moment(found.starts_at.astimezone(COMPANY_ZONE)),
    )
    return queued is not None


def _warn(leader: Person, role: DutyRole, gap: Interval, *, now: datetime) -> bool:
    is_endless = gap[0] == now - LONGEST_TURN
    if is_endless:
        since = f"{now.astimezone(COMPANY_ZONE):%Y%m%d}"
    else:
        since = f"{int(gap[0].timestamp())}:{duty.changes_at(gap[0], role=role)}"
    queued = notifications.queue(
        kind=NotificationKind.ROSTER_GAP,
        person=leader,
        dedup_key=f"gap:{role.id}:{since}:{leader.id}",
        now=now,
        role=role.code,
        hours=shift_notices.words((max(gap[0], now), gap[1])),
    )
    return queued is not None
