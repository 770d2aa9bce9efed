"""Handovers at a change of shift: what is open, a note, and the next one's word that it was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, DutyRole, Handover, Person
from rules import texts
from rules.handovers import ACCEPT_WITHIN, LONGEST_NOTE, LOOK_BACK, Change, Watch, present
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, NotFound
from rules.vocabulary import N_, NotificationKind, Role
from services import duty, notifications, people, records, workbench
from services.actors import Actor, require
from services.workbench import Matter

MOST_MATTERS = 50
"""Complaints that one handover lists; nobody can take over more in a conversation."""

WAITING_SHOWN = 20


def waiting() -> list[Handover]:
    """Handovers that nobody has accepted yet, the most urgent on top; not more than a page."""
    statement = _with_people().where(Handover.waiting()).order_by(Handover.due_at, Handover.id)
    return list(db.session.scalars(statement.limit(WAITING_SHOWN)))


def late() -> list[Handover]:
    """Those of them that the leader was told about."""
    return [handover for handover in waiting() if handover.late_at is not None]


def recent(*, limit: int) -> list[Handover]:
    """The last handovers that were opened, the newest on top."""
    statement = _with_people().where(Handover.opened_at.is_not(None))
    return list(db.session.scalars(statement.order_by(Handover.changed_at.desc(), Handover.id.desc()).limit(limit)))


def prepared(person: Person) -> dict[int, Handover]:
    """What this person has written for their next one, by the id of the role."""
    statement = select(Handover).where(Handover.opened_at.is_(None), Handover.given_by_id == person.id)
    return {handover.role_id: handover for handover in db.session.scalars(statement)}


def by_id(handover_id: int) -> Handover:
    """The handover, read afresh and locked until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    statement = (
        select(Handover)
        .where(Handover.id == handover_id)
        .with_for_update(of=Handover)
        .execution_options(populate_existing=True)
    )
    handover = db.session.scalar(statement)
    if handover is None:
        raise NotFound(N_("There is no such handover."))
    return handover


def matters(handovers: Iterable[Handover]) -> dict[str, Matter]:
    """The complaints that these handovers list as they stand now, each by its number; two queries."""
    numbers = {number for handover in handovers for number in handover.complaint_numbers}
    if not numbers:
        return {}
    statement = select(Complaint).where(Complaint.number.in_(numbers)).options(joinedload(Complaint.handler))
    found = list(db.session.scalars(statement))
    clocks = workbench.first_clocks([complaint.id for complaint in found])
    return {complaint.number: Matter(complaint, clocks.get(complaint.id)) for complaint in found}


def open_matters(*, role: DutyRole, person: Person | None) -> list[Complaint]:
    """What is to be handed over: what the person handles, and what nobody has that is this role's; oldest first."""
    of_the_role = select(Complaint.id).where(*workbench.NOBODY_HAS_IT, Complaint.duty_role_id == role.id)
    handled = select(Complaint.id).where(Complaint.handler_id == (person.id if person else None), Complaint.is_open)
    statement = (
        select(Complaint)
        .where(Complaint.id.in_(of_the_role.union(handled)))
        .options(joinedload(Complaint.handler))
        .order_by(Complaint.first_word_at, Complaint.id)
    )
    return list(db.session.scalars(statement.limit(MOST_MATTERS)))


def write_ahead(*, role: DutyRole, note: str, actor: Actor, now: datetime) -> Handover:
    """Write the note for the next one while one's own shift still runs; writing again replaces it.

    Raises:
        NotAllowed: one is not on duty for the role. Refusal: the note is empty or endless.
    """
    require(actor, Permission.ACKNOWLEDGE)
    own = next((each for each in duty.on_duty(at=now, role=role.code) if each.person_id == actor.id), None)
    if own is None:
        raise NotAllowed(N_("You are not on duty for this role."))
    handover = _prepared(role, actor.id)
    if handover is None:
        handover = Handover(role=role, given_by=own.person, created_at=now, changed_at=own.ends_at)
        db.session.add(handover)
    handover.changed_at = own.ends_at
    _put_note(handover, note, actor=actor, now=now)
    return handover


def write_note(handover: Handover, *, note: str, actor: Actor, now: datetime) -> None:
    """Write or correct the note of a handover that was not accepted yet; only who hands over does.

    Raises:
        NotAllowed: somebody else hands over. Conflict: it was accepted. Refusal: the note is empty or endless.
    """
    if handover.given_by_id is None or handover.given_by_id != actor.id:
        raise NotAllowed(N_("Only who hands over writes the note."))
    if handover.accepted_at is not None:
        raise Conflict(N_("This handover was accepted and stays as it was."), field="note")
    _put_note(handover, note, actor=actor, now=now)


def accept(handover: Handover, *, actor: Actor, now: datetime) -> None:
    """Say that one has read it and takes over.

    Raises:
        NotAllowed: it is somebody else's to accept. Conflict: it was accepted or passed on before.
    """
    if handover.taken_by_id is None or handover.taken_by_id != actor.id:
        raise NotAllowed(N_("Only who takes over accepts the handover."))
    if handover.accepted_at is not None:
        raise Conflict(N_("This handover was accepted already."))
    if handover.passed_on_at is not None:
        raise Conflict(N_("This handover went on to the next shift."))
    handover.accepted_at = now
    notifications.withdraw_one(_call_key(handover), now=now)
    records.note_edit(handover, actor=actor, now=now)
    db.session.flush()


def sweep(*, now: datetime) -> int:
    """Open the handover of every change of shift that has come, and tell of those not accepted in time.

    Each once, also when the sweep was away for hours; returns how many of both.
    """
    return _open_all(now=now) + _tell_of_late(now=now)


def _open_all(*, now: datetime) -> int:
    if not _unopened(now=now):
        return 0
    # Two sweeps at once take turns, so that the second one sees what the first one opened.
    roles = db.session.scalars(select(DutyRole).order_by(DutyRole.id).with_for_update(of=DutyRole))
    by_id = {role.id: role for role in roles}
    fresh = _unopened(now=now)
    for role_id, change in fresh:
        _open(by_id[role_id], change, now=now)
    db.session.flush()
    return len(fresh)


def _unopened(*, now: datetime) -> list[tuple[int, Change]]:
    """The changes of shift, each with the role's id, that have come and have no handover yet."""
    watches: dict[int, list[Watch]] = {}
    for each in duty.between(start=now - 2 * LOOK_BACK, end=now + duty.A_MOMENT):
        watches.setdefault(each.role_id, []).append(Watch(each.person_id, each.starts_at, each.ends_at))
    opened = {
        (handover.role_id, Change(handover.changed_at, handover.given_by_id, handover.taken_by_id))
        for handover in db.session.scalars(
            select(Handover).where(Handover.changed_at >= now - LOOK_BACK, Handover.opened_at.is_not(None))
        )
        if handover.taken_by_id is not None
    }
    return [
        (role_id, change)
        for role_id, known in watches.items()
        for change in present(known, now=now)
        if (role_id, change) not in opened
    ]


def _open(role: DutyRole, change: Change, *, now: datetime) -> None:
    """Open the handover of one change: the prepared note becomes its note, what its giver never accepted goes on."""
    _pass_on(role, change.given_by, now=now)
    handover = _prepared(role, change.given_by)
    if handover is None:
        note, noted_at = _note_to_another(role, change)
        handover = Handover(role=role, given_by_id=change.given_by, note=note, noted_at=noted_at, created_at=now)
    giver = db.session.get(Person, change.given_by) if change.given_by else None
    handover.taken_by = db.session.get_one(Person, change.taken_by)
    handover.changed_at, handover.opened_at, handover.due_at = change.at, now, now + ACCEPT_WITHIN
    handover.complaint_numbers = [complaint.number for complaint in open_matters(role=role, person=giver)]
    db.session.add(handover)
    db.session.flush()
    notifications.queue(
        kind=NotificationKind.HANDOVER_WAITING,
        person=handover.taken_by,
        dedup_key=_call_key(handover),
        now=now,
        role=role.code,
    )


def _prepared(role: DutyRole, giver_id: int | None) -> Handover | None:
    """What somebody wrote ahead for the role's next one."""
    return db.session.scalar(
        select(Handover).where(
            Handover.opened_at.is_(None), Handover.role_id == role.id, Handover.given_by_id == giver_id
        )
    )


def _note_to_another(role: DutyRole, change: Change) -> tuple[str, datetime | None]:
    """What the giver wrote to somebody else who takes over from them at the same moment: it is for both."""
    written = select(Handover.note, Handover.noted_at).where(
        Handover.role_id == role.id,
        Handover.given_by_id == change.given_by,
        Handover.changed_at == change.at,
        Handover.note != "",
    )
    row = db.session.execute(written.limit(1)).first()
    return (row.note, row.noted_at) if row else ("", None)


def _pass_on(role: DutyRole, giver_id: int | None, *, now: datetime) -> None:
    """Who leaves cannot accept any more: what waited for them is passed on with what they hand over."""
    left = select(Handover).where(Handover.waiting(), Handover.role_id == role.id, Handover.taken_by_id == giver_id)
    for handover in db.session.scalars(left):
        handover.passed_on_at = now
        notifications.withdraw_one(_call_key(handover), now=now)


def _tell_of_late(*, now: datetime) -> int:
    due = select(Handover).where(Handover.waiting(), Handover.late_at.is_(None), Handover.due_at < now)
    # Whoever locks a row tells of it; another sweep passes over it.
    found = list(db.session.scalars(due.order_by(Handover.due_at).with_for_update(of=Handover, skip_locked=True)))
    for handover in found:
        handover.late_at = now
        for leader in _others_who_lead(handover, now=now):
            notifications.queue(
                kind=NotificationKind.HANDOVER_LATE,
                person=leader,
                dedup_key=f"handover:{handover.id}:late:{leader.id}",
                now=now,
                role=handover.role.code,
            )
    db.session.flush()
    return len(found)


def _others_who_lead(handover: Handover, *, now: datetime) -> list[Person]:
    """Who is to know: the leaders, and where the leader is the one who does not accept, whoever manages duty."""
    leaders = [person for person in duty.leaders(at=now) if person.id != handover.taken_by_id]
    return leaders or [person for person in people.with_role(Role.DUTY_MANAGER) if person.id != handover.taken_by_id]


def _put_note(handover: Handover, note: str, *, actor: Actor, now: datetime) -> None:
    texts.check_given(note, N_("Please write what the next one must know."), field="note", longest=LONGEST_NOTE)
    handover.note, handover.noted_at = note.strip(), now
    records.note_edit(handover, actor=actor, now=now)
    db.session.flush()


def _call_key(handover: Handover) -> str:
    """The message that it waits, which is of no use once it was accepted or passed on."""
    return f"handover:{handover.id}:waiting"


def _with_people() -> Select[Handover]:
    return select(Handover).options(joinedload(Handover.given_by), joinedload(Handover.taken_by))
