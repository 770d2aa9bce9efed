"""Drills: everybody on duty gets a call for practice, and the desk sees who answers after how long (G-02, N15).

A drill touches no complaint and no statistics: its messages are marked, and nothing follows from one that fails.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from models import Drill, DrillCall, Notification, Person
from rules import texts
from rules.permissions import Permission
from rules.refusals import Conflict, NotFound, Refusal
from rules.vocabulary import N_, NotificationKind
from services import duty, first_writer, notifications
from services.actors import SYSTEM, Actor, require

LENGTH = timedelta(minutes=30)
MAX_REMARKS = 200


def start(*, remarks: str, actor: Person, now: datetime) -> Drill:
    """Call everybody who is on duty now, each once.

    Raises:
        Refusal: nobody is on duty. Conflict: a drill goes on already.
    """
    require(actor, Permission.SCHEDULE)
    texts.check(remarks, field="remarks", longest=MAX_REMARKS)
    end_overdue(now=now)
    members = duty.group(at=now)
    if not members:
        raise Refusal(N_("Nobody is on duty who could be called."), field="remarks")
    drill = Drill(started_at=now, started_by_id=actor.id, due_at=now + LENGTH, remarks=remarks.strip(), is_over=False)
    if not first_writer.insert(drill):
        raise Conflict(N_("A drill goes on already."))
    for person in members:
        call = DrillCall(drill=drill, person=person, called_at=now)
        db.session.add(call)
        call.notification = _call(drill, person, now=now)
    db.session.flush()
    return drill


def answer(notification: Notification, *, now: datetime) -> bool:
    """Somebody answered by SMS; returns whether it counts: the drill goes on, and it is their first answer."""
    call = db.session.scalar(
        select(DrillCall).where(DrillCall.notification_id == _first(notification).id).with_for_update()
    )
    return call is not None and _answer(call, now=now)


def answer_here(drill: Drill, *, actor: Person, now: datetime) -> None:
    """Somebody answers on the screen.

    Raises:
        NotFound: they were not called. Conflict: they answered before, or it is over.
    """
    mine = DrillCall.drill_id == drill.id, DrillCall.person_id == actor.id
    call = db.session.scalar(select(DrillCall).where(*mine).with_for_update())
    if call is None:
        raise NotFound(N_("You were not called by this drill."))
    if not _answer(call, now=now):
        raise Conflict(N_("This drill is over, or you have answered already."))


def end(drill: Drill, *, actor: Actor, now: datetime) -> None:
    """End it before its time.

    Raises:
        Conflict: it is over.
    """
    require(actor, Permission.SCHEDULE)
    if not _close(drill.id, actor=actor, now=now):
        raise Conflict(N_("This drill is over."))


def end_overdue(*, now: datetime) -> int:
    """End what has lasted for its whole time; returns how many."""
    overdue = db.session.scalars(select(Drill.id).where(~Drill.is_over, Drill.due_at <= now)).all()
    return sum(_close(drill_id, actor=SYSTEM, now=now) for drill_id in overdue)


def goes_on(notification: Notification, *, now: datetime) -> bool:
    """Whether a call is still of use: its drill goes on, and its receiver has not answered."""
    call = db.session.scalar(
        select(DrillCall)
        .where(DrillCall.notification_id == _first(notification).id)
        .options(joinedload(DrillCall.drill))
        .execution_options(populate_existing=True)
    )
    return call is not None and call.answered_at is None and _is_running(call.drill, now)


def running(*, now: datetime) -> Drill | None:
    """The drill that goes on, if one does."""
    drill = db.session.scalar(_with_calls().where(~Drill.is_over))
    return drill if drill is not None and _is_running(drill, now) else None


def recent(*, limit: int) -> list[Drill]:
    """The last drills, the newest on top."""
    return list(db.session.scalars(_with_calls().order_by(Drill.started_at.desc(), Drill.id.desc()).limit(limit)))


def _with_calls() -> Select[Drill]:
    calls = selectinload(Drill.calls)
    return select(Drill).options(calls, calls.joinedload(DrillCall.notification), joinedload(Drill.started_by))


def _call(drill: Drill, person: Person, *, now: datetime) -> Notification | None:
    return notifications.queue(
        kind=NotificationKind.DRILL,
        person=person,
        dedup_key=f"drill:{drill.id}:{person.id}",
        expires_at=drill.due_at,
        is_drill=True,
        now=now,
    )


def _first(notification: Notification) -> Notification:
    """The message as it was written first: one that was sent again stands for the same call."""
    while notification.parent is not None:
        notification = notification.parent
    return notification


def _answer(call: DrillCall, *, now: datetime) -> bool:
    if call.answered_at is not None or not _is_running(call.drill, now):
        return False
    call.answered_at = now
    if call.notification is not None:
        notifications.withdraw_one(call.notification.dedup_key, now=now)
    db.session.flush()
    return True


def _is_running(drill: Drill, now: datetime) -> bool:
    return not drill.is_over and now < drill.due_at


def _close(drill_id: int, *, actor: Actor, now: datetime) -> bool:
    """The first who ends it does; calls that were not sent yet are withdrawn when their moment comes."""
    running = update(Drill).where(Drill.id == drill_id, ~Drill.is_over)
    closed = running.values(is_over=True, ended_at=now, ended_by_id=actor.id).returning(Drill.id)
    return db.session.scalar(closed, execution_options={"synchronize_session": "fetch"}) is not None
