"""At which hours a message may come: customers by day, staff not on duty outside the night, duty at any hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rules.vocabulary import MessageClass

CHINA = ZoneInfo("Asia/Shanghai")
"""Where somebody is of whom nothing else is known."""


@dataclass(frozen=True)
class Hours:
    """From ``opens`` up to, not including, ``closes``, by the clock on the receiver's wall.

    What is urgent may come at any hour where ``yields_to_urgency``.
    """

    opens: time
    closes: time
    yields_to_urgency: bool = False

    def include(self, at: time) -> bool:
        """Whether a message may come at this time of day."""
        return self.opens <= at < self.closes


HOURS: Mapping[MessageClass, Hours | None] = MappingProxyType(
    {
        MessageClass.DUTY: None,
        MessageClass.STAFF: Hours(time(7), time(22), yields_to_urgency=True),
        MessageClass.CUSTOMER: Hours(time(8), time(21)),
        MessageClass.VERIFICATION: None,
        MessageClass.ANSWER: None,
        MessageClass.ALARM: None,
    }
)
"""None is any hour: on duty one is awake, and a code or an answer goes to somebody who has just asked for it."""


def earliest(
    message_class: MessageClass, at: datetime, zone: tzinfo | None = None, *, is_urgent: bool = False
) -> datetime:
    """The first moment from ``at`` on at which a message of this class may come; ``zone`` None is China's time."""
    hours = HOURS[message_class]
    if hours is None or (is_urgent and hours.yields_to_urgency):
        return at
    local = at.astimezone(zone or CHINA)
    if hours.include(local.time()):
        return at
    day = local.date() if local.time() < hours.opens else local.date() + timedelta(days=1)
    return datetime.combine(day, hours.opens, zone or CHINA).astimezone(UTC)


def expires_unsent(
    message_class: MessageClass,
    at: datetime,
    expires_at: datetime,
    zone: tzinfo | None = None,
    *,
    is_urgent: bool = False,
) -> bool:
    """Whether its time is over before it may come: nobody wants to read it then, and it need not wait."""
    return expires_at <= earliest(message_class, at, zone, is_urgent=is_urgent)
