"""What each kind of message is: whom it is for, how urgent, what it may be sent together with, how long it is of use.

One table, read by the services, the pages and the docs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from rules.vocabulary import MessageClass, NotificationKind

FIRST, URGENT, NORMAL, LATER = 0, 1, 5, 7
"""Priorities, the lower the sooner. FIRST is the first message of a case: nothing of another case goes before it."""

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class MessageKind:
    """One kind.

    ``family`` says with which others it goes out together ('' for none). ``is_answerable``: a reply acts on the
    complaint. ``lives`` is how long it is of use; None leaves that to the setting or to its cause.
    """

    message_class: MessageClass
    priority: int = NORMAL
    family: str = ""
    is_answerable: bool = False
    lives: timedelta | None = None

    @property
    def is_for_customers(self) -> bool:
        """Whether customers get it."""
        return self.message_class is MessageClass.CUSTOMER


_CALL = MessageKind(MessageClass.DUTY, URGENT, "calls", is_answerable=True)
_FIRST_CALL = MessageKind(MessageClass.DUTY, FIRST, "calls", is_answerable=True)
_CLOCK = MessageKind(MessageClass.DUTY, NORMAL, "clocks")
_ALERT = MessageKind(MessageClass.DUTY, URGENT)
_ROSTER = MessageKind(MessageClass.STAFF)
_TASK = MessageKind(MessageClass.STAFF, URGENT)
_VISIT = MessageKind(MessageClass.STAFF, URGENT)
_TO_CUSTOMER = MessageKind(MessageClass.CUSTOMER)

K = NotificationKind
KINDS: Mapping[NotificationKind, MessageKind] = MappingProxyType(
    {
        K.DUTY_CALL: _FIRST_CALL,
        K.ESCALATION: _CALL,
        K.ASSIGNED: _CALL,
        K.LEASE_LAPSED: _CALL,
        K.NOBODY_ON_DUTY: _ALERT,
        K.LEVEL_RAISED: _ALERT,
        K.GROUP_OPENED: _ALERT,
        K.MEETING_CALLED: _ALERT,
        K.CLOCK_WARNING: _CLOCK,
        K.CLOCK_BREACHED: _CLOCK,
        K.CLOCK_OVERRUN: _CLOCK,
        K.CHAIN_REPAIRED: MessageKind(MessageClass.DUTY),
        K.GROUP_MESSAGE: _TASK,
        K.HANDOVER_WAITING: _TASK,
        K.HANDOVER_LATE: _TASK,
        K.CUSTOMER_SILENT: _TASK,
        K.PROMISE_DUE: _TASK,
        K.COMPENSATION_TO_DECIDE: _TASK,
        K.SHIFT_REMINDER: MessageKind(MessageClass.STAFF, URGENT),
        K.SHIFT_TOMORROW: _ROSTER,
        K.SHIFT_CHANGED: MessageKind(MessageClass.STAFF, URGENT),
        K.ROSTER_GAP: MessageKind(MessageClass.STAFF, URGENT),
        K.SWAP_REQUESTED: _ROSTER,
        K.SWAP_TO_APPROVE: _ROSTER,
        K.SWAP_DECIDED: _ROSTER,
        K.VISIT_TOMORROW: _ROSTER,
        K.VISIT_SOON: _VISIT,
        K.VISIT_CHANGED: _VISIT,
        K.APPOINTMENT_MADE: _TO_CUSTOMER,
        K.APPOINTMENT_TOMORROW: _TO_CUSTOMER,
        K.APPOINTMENT_SOON: _TO_CUSTOMER,
        K.APPOINTMENT_CHANGED: _TO_CUSTOMER,
        K.PROGRESS_REPORT: _TO_CUSTOMER,
        K.FOLLOW_UP_LINK: MessageKind(MessageClass.CUSTOMER, lives=24 * _HOUR),
        K.FOLLOW_UP_DUE: MessageKind(MessageClass.STAFF),
        K.CUSTOMER_DISSATISFIED: _TASK,
        K.WATER_TEST_OVER: _TASK,
        K.STATEMENT_TO_APPROVE: _TASK,
        K.MALICE_TO_DECIDE: MessageKind(MessageClass.STAFF),
        K.ACTION_DUE: MessageKind(MessageClass.STAFF),
        K.MORNING_DIGEST: MessageKind(MessageClass.STAFF, LATER, lives=4 * _HOUR),
        K.BUNDLE: _CALL,
        K.ANSWER: MessageKind(MessageClass.ANSWER, URGENT, lives=_HOUR),
        K.VERIFICATION: MessageKind(MessageClass.VERIFICATION, URGENT, lives=timedelta(minutes=10)),
        K.CHANNEL_ALARM: MessageKind(MessageClass.ALARM, URGENT),
        K.DRILL: MessageKind(MessageClass.DUTY, URGENT, is_answerable=True, lives=_HOUR),
        K.TEST: MessageKind(MessageClass.VERIFICATION, URGENT, lives=timedelta(minutes=10)),
    }
)

CALLS = frozenset({K.DUTY_CALL, K.ESCALATION, K.ASSIGNED})
"""Messages that only ask somebody to take a complaint: void once somebody has."""
