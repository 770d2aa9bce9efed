"""Swaps: one member asks, the other answers, and who plans the shifts may have the last word."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import DutyRole, Override, Person, Swap
from rules import message_kinds, texts
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.roster import Interval
from rules.settings import SettingKey
from rules.swaps import TRANSITIONS, SwapAction, SwapState, following
from rules.vocabulary import N_, NotificationKind, Role
from services import duty, first_writer, notifications, people, records, settings, shift_notices
from services.actors import SYSTEM, Actor, require
from services.duty import Duty

SOON = timedelta(hours=12)
"""What is asked about hours that begin within this time is urgent."""

MAX_REASON = 200
EXPIRY_BATCH = 100


def request(
    asked: Duty, *, to: Person, reason: str, in_return: Duty | None = None, actor: Actor, now: datetime
) -> Swap:
    """Ask somebody to take over hours on duty, perhaps against some of theirs; their phone tells them.

    Members ask for their own hours, who plans the shifts for everybody's.

    Raises:
        NotAllowed: these are somebody else's hours. Refusal: no reason, a swap with oneself, or somebody cannot be
        called or is on leave. Conflict: the hours have begun, changed, or were asked for already, or the other one
        stands for that role then.
    """
    require(actor, Permission.ACKNOWLEDGE if actor.id == asked.person_id else Permission.SCHEDULE)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    if in_return is not None and in_return.person_id != to.id:
        raise Refusal(N_("What is given in return must be the other one's own hours."), field="in_return")
    swap = Swap(
        role=asked.role,
        person=asked.person,
        taker=to,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        return_role=in_return.role if in_return else None,
        return_starts_at=in_return.starts_at if in_return else None,
        return_ends_at=in_return.ends_at if in_return else None,
        reason=reason.strip(),
        asked_at=now,
        asked_by_id=actor.id,
    )
    _check(swap, now=now)
    if not first_writer.insert(swap):
        raise Conflict(N_("These hours were asked for already; withdraw that first."))
    records.note_edit(swap, actor=actor, now=now)
    _tell([to], NotificationKind.SWAP_REQUESTED, swap, now=now)
    return swap


def accept(swap: Swap, *, actor: Actor, now: datetime) -> None:
    """Take the hours over. Where swaps need approval, it waits for that now; otherwise it is done.

    Raises:
        NotAllowed: somebody else was asked. Refusal, Conflict: it cannot be done any more, see ``request``.
    """
    _lock(swap)
    _require_taker(swap, actor)
    state = following(swap.state, SwapAction.ACCEPT)
    _check(swap, now=now)
    swap.answered_at = now
    _move(swap, state, actor=actor, now=now)
    if settings.value(SettingKey.SWAP_APPROVAL):
        _tell(_deciders(swap), NotificationKind.SWAP_TO_APPROVE, swap, now=now)
    else:
        _carry_out(swap, actor=actor, now=now)


def refuse(swap: Swap, *, answer: str = "", actor: Actor, now: datetime) -> None:
    """Say no; whoever asked is told.

    Raises:
        NotAllowed: somebody else was asked. Conflict: it is settled already.
    """
    _lock(swap)
    _require_taker(swap, actor)
    swap.answered_at = now
    _settle(swap, SwapAction.REFUSE, answer=answer, actor=actor, now=now)


def approve(swap: Swap, *, actor: Actor, now: datetime) -> None:
    """Let an accepted swap become part of the roster; both are told.

    Raises:
        NotAllowed: the role does not allow it, or it is one's own swap.
        Refusal, Conflict: it cannot be done any more, see ``request``.
    """
    _lock(swap)
    _require_decider(swap, actor)
    following(swap.state, SwapAction.APPROVE)
    _check(swap, now=now)
    _carry_out(swap, actor=actor, now=now)


def reject(swap: Swap, *, answer: str, actor: Actor, now: datetime) -> None:
    """Do not approve an accepted swap; both are told.

    Raises:
        NotAllowed: the role does not allow it, or it is one's own swap. Refusal: no reason. Conflict: it is settled.
    """
    _lock(swap)
    _require_decider(swap, actor)
    texts.check_given(answer, N_("Please give a reason."), field="answer", longest=MAX_REASON)
    _settle(swap, SwapAction.REJECT, answer=answer, actor=actor, now=now)


def withdraw(swap: Swap, *, actor: Actor, now: datetime) -> None:
    """Take a request back before it is settled.

    Raises:
        NotAllowed: somebody else asked. Conflict: it is settled.
    """
    _lock(swap)
    if actor.id not in (swap.person_id, swap.asked_by_id):
        require(actor, Permission.SCHEDULE)
    _settle(swap, SwapAction.WITHDRAW, actor=actor, now=now)


def expire(*, now: datetime) -> int:
    """Close the swaps that were not settled when their hours began; both are told. Returns how many."""
    due = select(Swap).where(Swap.is_open, or_(Swap.starts_at <= now, Swap.return_starts_at <= now))
    late = list(
        db.session.scalars(due.order_by(Swap.id).limit(EXPIRY_BATCH).with_for_update(skip_locked=True, of=Swap))
    )
    for swap in late:
        _settle(swap, SwapAction.EXPIRE, actor=SYSTEM, now=now)
    return len(late)


def of_person(person: Person, *, limit: int = 50) -> list[Swap]:
    """The swaps somebody asked for or was asked for, the latest on top."""
    mine = _loaded().where(or_(Swap.person_id == person.id, Swap.taker_id == person.id))
    return list(db.session.scalars(mine.order_by(Swap.id.desc()).limit(limit)))


def waiting_for(person: Person, *, limit: int = 50) -> list[Swap]:
    """The swaps somebody is to say something about: asked of them, or waiting for their approval."""
    asked = (Swap.state == SwapState.ASKED) & (Swap.taker_id == person.id)
    to_approve = (Swap.state == SwapState.ACCEPTED) & (Swap.person_id != person.id) & (Swap.taker_id != person.id)
    theirs = or_(asked, to_approve) if person.may(Permission.SCHEDULE) else asked
    statement = _loaded().where(Swap.is_open, theirs)
    return list(db.session.scalars(statement.order_by(Swap.starts_at, Swap.id).limit(limit)))


def latest(*, limit: int = 100) -> list[Swap]:
    """Everybody's swaps, the latest on top."""
    return list(db.session.scalars(_loaded().order_by(Swap.id.desc()).limit(limit)))


def possible_actions(swap: Swap, person: Person) -> list[SwapAction]:
    """What this person is offered to do about it, the main thing first; the verbs above check it once more."""
    is_party = person.id in (swap.person_id, swap.taker_id)
    offered: list[SwapAction] = []
    if person.id == swap.taker_id:
        offered += [SwapAction.ACCEPT, SwapAction.REFUSE]
    if person.may(Permission.SCHEDULE) and not is_party:
        offered += [SwapAction.APPROVE, SwapAction.REJECT]
    if person.id in (swap.person_id, swap.asked_by_id):
        offered.append(SwapAction.WITHDRAW)
    return [action for action in offered if (swap.state, action) in TRANSITIONS]


def _loaded() -> Select[Swap]:
    return select(Swap).options(joinedload(Swap.person), joinedload(Swap.taker), joinedload(Swap.return_role))


def _check(swap: Swap, *, now: datetime) -> None:
    """Whether the swap could be carried out as things stand now."""
    if swap.taker.id == swap.person.id:
        raise Refusal(N_("A swap needs somebody else."), field="to")
    if swap.begins_at <= now:
        raise Conflict(N_("These hours have begun; they cannot be swapped any more."))
    for role, giver, receiver, hours, field in _legs(swap):
        duty.check_free(receiver, role=role, starts_at=hours[0], ends_at=hours[1], field=field)
        present = duty.between(start=hours[0], end=hours[1], role=role.code)
        if not any(found.person_id == giver.id and found.hours == hours for found in present):
            raise Conflict(N_("These hours are not in the roster like this any more."), field=field)


def _legs(swap: Swap) -> Iterable[tuple[DutyRole, Person, Person, Interval, str]]:
    """Role, who gives, who takes, the hours, and the field it belongs to; one way or both."""
    yield swap.role, swap.person, swap.taker, (swap.starts_at, swap.ends_at), "to"
    if swap.return_role is not None and swap.return_starts_at is not None and swap.return_ends_at is not None:
        hours = (swap.return_starts_at, swap.return_ends_at)
        yield swap.return_role, swap.taker, swap.person, hours, "in_return"


def _carry_out(swap: Swap, *, actor: Actor, now: datetime) -> None:
    swap.overrides += [
        Override(
            role=role,
            person=receiver,
            instead_of=giver,
            starts_at=hours[0],
            ends_at=hours[1],
            reason=swap.reason,
            created_at=now,
            created_by_id=actor.id,
        )
        for role, giver, receiver, hours, _ in _legs(swap)
    ]
    _settle(swap, SwapAction.APPROVE, actor=actor, now=now)
    for role, giver, receiver, hours, field in _legs(swap):
        if field == "in_return":
            shift_notices.tell(giver, role.code, before=[hours], after=(), now=now)
            shift_notices.tell(receiver, role.code, before=(), after=[hours], now=now)


def _settle(swap: Swap, action: SwapAction, *, answer: str = "", actor: Actor, now: datetime) -> None:
    state = following(swap.state, action)
    texts.check(answer, field="answer", longest=MAX_REASON)
    swap.answer, swap.settled_at, swap.settled_by_id = answer.strip(), now, actor.id
    _move(swap, state, actor=actor, now=now)
    told = [person for person in (swap.person, swap.taker) if person.id != actor.id or state is SwapState.DONE]
    _tell(told, NotificationKind.SWAP_DECIDED, swap, now=now, decision=state)


def _move(swap: Swap, state: SwapState, *, actor: Actor, now: datetime) -> None:
    swap.state = state
    records.note_edit(swap, actor=actor, now=now)
    db.session.flush()


def _tell(told: Iterable[Person], kind: NotificationKind, swap: Swap, *, now: datetime, decision: str = "") -> None:
    """Name the hours that are asked for; of those given in return both hear when they change hands.

    What is about tonight cannot wait for the morning.
    """
    priority = message_kinds.URGENT if swap.starts_at - now < SOON else None
    for person in told:
        notifications.queue(
            kind=kind,
            person=person,
            dedup_key=f"swap:{swap.id}:{kind}:{person.id}",
            priority=priority,
            now=now,
            role=swap.role.code,
            hours=shift_notices.words((swap.starts_at, swap.ends_at)),
            decision=decision,
        )


def _deciders(swap: Swap) -> list[Person]:
    """Who is asked to approve: the duty managers, else the administrators; nobody about their own swap."""
    for role in (Role.DUTY_MANAGER, Role.ADMINISTRATOR):
        others = [person for person in people.with_role(role) if person.id not in (swap.person_id, swap.taker_id)]
        if others:
            return others
    return []


def _lock(swap: Swap) -> None:
    """Two who press at the same moment take turns."""
    db.session.refresh(swap, with_for_update={"of": Swap})


def _require_taker(swap: Swap, actor: Actor) -> None:
    if actor.id != swap.taker_id:
        raise NotAllowed(N_("Only the person who was asked can answer."))
    require(actor, Permission.ACKNOWLEDGE)


def _require_decider(swap: Swap, actor: Actor) -> None:
    require(actor, Permission.SCHEDULE)
    if actor.id in (swap.person_id, swap.taker_id):
        raise NotAllowed(N_("Somebody else has to decide about your own swap."))
