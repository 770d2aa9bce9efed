"""Summonses: who was called to a complaint, who answered for themselves, whose answer is still waited for (ES3).

One run of a chain lasts until somebody has the complaint; its summonses are those without an end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, select, update
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, Escalation, Person, Summons
from services import bulk

WAITING_ROWS = 10


def summon(
    complaint: Complaint, group: Iterable[Person], *, escalation: Escalation | None, each: bool, now: datetime
) -> None:
    """Write down that these people are called together; ``each`` must answer for themselves, or anybody for all."""
    for person in group:
        db.session.add(
            Summons(complaint=complaint, escalation=escalation, person=person, summoned_at=now, must_acknowledge=each)
        )
    db.session.flush()


def answer(complaint: Complaint, person: Person, *, now: datetime) -> bool:
    """Write down that the person answers; returns whether somebody has the complaint now.

    Where everybody called last answers for themselves it is complete with the last of them; otherwise with the first.
    """
    called = running(complaint)
    own = [summons for summons in called if summons.person_id == person.id]
    for summons in own:
        summons.acknowledged_at = summons.acknowledged_at or now
    if called and not own:
        _join(called[-1], person, now=now)
    db.session.flush()
    return not _unanswered(called)


def has_answered(complaint: Complaint, person: Person) -> bool:
    """Whether the person answered in this run and was not called again since."""
    own = [summons for summons in running(complaint) if summons.person_id == person.id]
    return bool(own) and all(summons.acknowledged_at is not None for summons in own)


class Called(NamedTuple):
    """One call of one person: when it ended, and when it was answered; None where not."""

    complaint_id: int
    person_id: int
    ended_at: datetime | None
    acknowledged_at: datetime | None


def of(complaints: Sequence[Complaint]) -> defaultdict[int, list[Called]]:
    """Every call for these complaints, by the complaints' ids."""
    found: defaultdict[int, list[Called]] = defaultdict(list)
    columns = Summons.complaint_id, Summons.person_id, Summons.ended_at, Summons.acknowledged_at
    for ids in bulk.batches({complaint.id for complaint in complaints}):
        for row in db.session.execute(select(*columns).where(Summons.complaint_id.in_(ids))):
            found[row.complaint_id].append(Called(*row))
    return found


def all_ended(own: Sequence[Called]) -> bool:
    """Whether somebody with these calls was called and is not any more."""
    return bool(own) and all(call.ended_at is not None for call in own)


def all_answered(own: Sequence[Called]) -> bool:
    """Whether somebody with these calls answered in this run and was not called again since."""
    running = [call for call in own if call.ended_at is None]
    return bool(running) and all(call.acknowledged_at is not None for call in running)


def answered(complaint: Complaint) -> list[Summons]:
    """Who answered in this run."""
    return [summons for summons in running(complaint) if summons.acknowledged_at is not None]


def missing(complaint: Complaint) -> list[Summons]:
    """Whose answer is needed besides those that came; empty where anybody's will do."""
    return _unanswered(running(complaint))


def running(complaint: Complaint) -> list[Summons]:
    """Everybody called in this run of the chain, in the order of the calls."""
    statement = (
        select(Summons)
        .where(Summons.complaint_id == complaint.id, Summons.ended_at.is_(None))
        .options(joinedload(Summons.person))
        .order_by(Summons.id)
    )
    return list(db.session.scalars(statement))


def called_last(complaint: Complaint) -> list[Summons]:
    """Whom the step that waits has called."""
    called = running(complaint)
    return [summons for summons in called if summons.escalation_id == called[-1].escalation_id]


def end(complaint: Complaint, *, now: datetime) -> None:
    """The run is over: nobody's answer is waited for."""
    statement = update(Summons).where(Summons.complaint_id == complaint.id, Summons.ended_at.is_(None))
    db.session.execute(statement.values(ended_at=now), execution_options={"synchronize_session": "fetch"})


def waiting_for(person: Person) -> list[Complaint]:
    """The complaints that nobody has and that this person was called to, the oldest first word on top."""
    is_called = exists().where(
        Summons.complaint_id == Complaint.id,
        Summons.person_id == person.id,
        Summons.acknowledged_at.is_(None),
        Summons.ended_at.is_(None),
    )
    statement = select(Complaint).where(
        Complaint.acknowledged_at.is_(None), ~Complaint.is_history, Complaint.is_open, is_called
    )
    return list(db.session.scalars(statement.order_by(Complaint.first_word_at).limit(WAITING_ROWS)))


def _unanswered(called: Sequence[Summons]) -> list[Summons]:
    """Of those called last, whoever must answer and did not."""
    return [
        summons
        for summons in called
        if summons.must_acknowledge
        and summons.acknowledged_at is None
        and summons.escalation_id == called[-1].escalation_id
    ]


def _join(last: Summons, person: Person, *, now: datetime) -> None:
    """Somebody answers whom nobody called: they stand beside the others, so that no later step calls them."""
    db.session.add(
        Summons(
            complaint_id=last.complaint_id,
            escalation_id=last.escalation_id,
            person=person,
            summoned_at=last.summoned_at,
            acknowledged_at=now,
        )
    )
