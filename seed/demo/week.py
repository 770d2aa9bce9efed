"""The week in which the demo's stories happen, in the order of time, as the desk would have lived them.

A story is a generator: it does something at ``week.now`` and yields how long nothing happens (or until when). The
week goes on with whichever story comes next. In between it lets the desk live: clocks run out, the ladder climbs,
promises are reminded of and messages leave, each at its own past moment. A step that lies in the future is not played.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import bindparam, func, select

from extensions import COMPANY_ZONE, db
from models import Appointment, Clock, Complaint, Crew, Notification, Person, Promise
from models.base import spelled_out
from rules import sla
from rules.escalation import DutyRoleCode
from rules.settings import SettingKey
from rules.vocabulary import AppointmentState, EscalationCause, NotificationState, Status
from seed.demo.cast import Cast
from seed.demo.homes import Known
from services import (
    acknowledgements,
    appointment_reminders,
    clock_sweep,
    complaints,
    duty,
    escalations,
    outbox,
    promises,
    sandbox,
    settings,
    summonses,
)

Wait = timedelta | datetime
Story = Generator[Wait, None, None]

_IS_QUEUED = spelled_out(Notification.state, NotificationState.QUEUED)
_NEXT_DUE = select(
    select(func.min(Clock.next_action_at)).scalar_subquery(),
    select(func.min(Complaint.escalation_due_at)).scalar_subquery(),
    select(func.min(Complaint.lease_until)).scalar_subquery(),
    select(func.min(Notification.due_at)).where(_IS_QUEUED).scalar_subquery(),
    select(func.min(Notification.ask_at)).scalar_subquery(),
)
_TO_REMIND_OF = (
    select(Promise.made_at, Promise.due_at)
    .join(Promise.complaint)
    .where(Promise.is_open, Promise.reminded_at.is_(None), Complaint.status != Status.VOID)
)
_VISITS_TO_COME = select(Appointment).where(
    Appointment.state == AppointmentState.PLANNED, Appointment.starts_at > bindparam("now")
)
_SOMETHING_TO_SEND_BY = (
    select(Notification.id)
    .where((_IS_QUEUED & (Notification.due_at <= bindparam("now"))) | (Notification.ask_at <= bindparam("now")))
    .limit(1)
)

SWEEP_TAKES = timedelta(seconds=2)
DELIVERY_TAKES = timedelta(seconds=1)


class Week:
    """Where the stories happen: the people, customers and crews, the moment ``now``, the ``end`` they lead up to."""

    def __init__(self, cast: Cast, known: dict[str, Known], crews: dict[str, Crew], *, end: datetime) -> None:
        self.cast = cast
        self.known = known
        self.crews = crews
        self.end = end
        self.now = end
        self._reminded_before = settings.minutes(SettingKey.PROMISE_REMINDER_MINUTES)

    def on(self, days_ago: int, hour: int, minute: int) -> datetime:
        """A moment by the company's clock, so many days before the end."""
        day = self.end.astimezone(COMPANY_ZONE).date() - timedelta(days=days_ago)
        return datetime.combine(day, time(hour, minute), COMPANY_ZONE).astimezone(UTC)

    def before_end(self, **length: float) -> datetime:
        """A moment so long before the end: ``before_end(minutes=5)``."""
        return self.end - timedelta(**length)

    def later_today(self, **length: float) -> datetime:
        """So long after the end, on a full quarter of an hour, but on the same day as far as the day allows."""
        due = (self.end + timedelta(**length)).astimezone(COMPANY_ZONE)
        due = due.replace(minute=due.minute // 15 * 15, second=0, microsecond=0)
        latest = self.on(0, 23, 45)
        return (min(due, latest) if latest > self.end else due).astimezone(UTC)

    def on_duty(self, role: DutyRoleCode) -> Person:
        """Who stands for the role at this moment of the story."""
        return duty.on_duty(at=self.now, role=role)[0].person

    def play(self, stories: Iterable[Story]) -> None:
        """Play every story up to the end, always the one whose next step comes first."""
        order = itertools.count()
        waiting = [(_moment(next(story), self.end), next(order), story) for story in stories]
        heapq.heapify(waiting)
        self.now = waiting[0][0]
        while waiting and waiting[0][0] <= self.end:
            moment, _, story = heapq.heappop(waiting)
            self._live_until(moment)
            self.now = moment
            wait = next(story, None)
            self._deliver()
            if wait is not None:
                heapq.heappush(waiting, (_moment(wait, moment), next(order), story))
        self._live_until(self.end)

    def _live_until(self, moment: datetime) -> None:
        """Do what the desk does by itself before ``moment``."""
        last = None
        while (due_at := self._next_due()) is not None and due_at + SWEEP_TAKES < moment:
            if due_at == last:
                raise RuntimeError(f"the demo waits for {due_at}, and nothing is done about it")
            last = due_at
            self.now = max(self.now, due_at + SWEEP_TAKES)
            clock_sweep.sweep(now=self.now)
            acknowledgements.sweep(now=self.now)
            self._remember()
            escalations.sweep(now=self.now)
            promises.remind(now=self.now)
            appointment_reminders.remind(now=self.now)
            self._deliver()

    def _remember(self) -> None:
        """Whoever let an acknowledgement go stale, or rested the chain, takes the complaint again when it goes on; at
        level 1 the leader answers beside them.
        """
        waiting = select(Complaint).where(Complaint.escalation_due_at <= self.now, Complaint.handler_id.is_not(None))
        for complaint in db.session.scalars(waiting).all():
            causes = [escalation.cause for escalation in complaint.escalations]
            if causes and causes[-1] in (EscalationCause.LAPSED, EscalationCause.RESUMED):
                called = [summons.person for summons in summonses.missing(complaint)]
                for person in called or [complaint.handler or self.cast["roster"]]:
                    complaints.acknowledge(complaint, actor=person, now=self.now)

    def _next_due(self) -> datetime | None:
        """When the desk next has to act by itself."""
        reminders = (
            sla.reminder_at(made_at, due_at, self._reminded_before)
            for made_at, due_at in db.session.execute(_TO_REMIND_OF)
        )
        visits = db.session.scalars(_VISITS_TO_COME, {"now": self.now}).all()
        soon = (each.starts_at - appointment_reminders.SOON for each in visits if each.told_soon_at is None)
        return min(filter(None, (*db.session.execute(_NEXT_DUE).one(), *reminders, *soon)), default=None)

    def _deliver(self) -> None:
        if db.session.scalar(_SOMETHING_TO_SEND_BY, {"now": self._delivered_at()}) is not None:
            outbox.dispatch(fleet=sandbox.fleet(self._delivered_at), clock=self._delivered_at)

    def _delivered_at(self) -> datetime:
        return self.now + DELIVERY_TAKES


@contextmanager
def one_transaction() -> Iterator[None]:
    """Let nothing be committed inside: delivery commits between its steps by design, here that is a mere flush.

    A start that is interrupted then leaves no half week behind. The caller commits.
    """
    session = db.session()
    session.commit = session.flush  # type: ignore[method-assign]
    try:
        yield
    finally:
        del session.commit


def _moment(wait: Wait, since: datetime) -> datetime:
    return wait if isinstance(wait, datetime) else since + wait
