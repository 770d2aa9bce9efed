"""Chains under several hands: sweeps, people and policies at the same moment; each step once, nobody left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, Escalation, Notification, Policy, Summons, TimelineEvent
from rules.refusals import Refusal
from rules.severity import Facts
from rules.vocabulary import Category, EventKind, PolicyKind
from services import acknowledgements, calls, chain_audit, complaint_locks, complaints, escalations, people
from tests.attacks.test_at_once import at_once
from tests.cast import Cast
from tests.chains import chain, last, publish
from tests.factories import IntakeFactory

Db = scoped_session[Session]


@pytest.fixture
def job(app: Flask) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """A job that runs in a worker of its own: app context, work, commit."""

    def wrapped(work: Callable[[], int]) -> Callable[[], int]:
        def run() -> int:
            with app.app_context():
                try:
                    count = work()
                    db.session.commit()
                    return count
                finally:
                    db.session.remove()

        return run

    return wrapped


@pytest.fixture
def storm(cast: Cast, on_duty: object, session: Db, now: datetime) -> list[Complaint]:
    """Thirty complaints whose first call nobody answered."""
    found = [
        calls.record(IntakeFactory(problem=f"第{number}户窗台渗水"), actor=cast.xiaozhou, now=now)
        for number in range(30)
    ]
    session.commit()
    return found


def test_workers_that_sweep_at_once_share_the_work_and_call_nobody_twice(
    storm: list[Complaint], job: Any, session: Db, now: datetime
) -> None:
    later = now + timedelta(hours=3)
    sweep = job(lambda: escalations.sweep(now=later, limit=12))
    done = [count for _ in range(6) for count in at_once(sweep, sweep, sweep)]
    assert all(isinstance(count, int) for count in done)
    assert sum(done) == len(storm)
    session.expire_all()
    assert {complaint.escalation_level for complaint in storm} == {1}
    assert session.scalar(select(func.count(Escalation.id))) == len(storm)
    keys = Counter(session.scalars(select(Notification.dedup_key)))
    assert set(keys.values()) == {1}


def test_sweep_lapse_and_audit_at_once_leave_every_chain_sound(
    storm: list[Complaint], cast: Cast, job: Any, session: Db, now: datetime
) -> None:
    for complaint in storm[:10]:
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
    session.commit()
    later = now + timedelta(days=4)
    works = (
        lambda: escalations.sweep(now=later),
        lambda: acknowledgements.sweep(now=later),
        lambda: chain_audit.audit(now=later),
    )
    for _ in range(4):
        answers = at_once(*(job(work) for work in (*works, *works)))
        assert all(isinstance(count, int) for count in answers), answers
    session.expire_all()
    assert [chain_audit.problem_of(complaint, now=later) for complaint in storm] == [None] * len(storm)
    climbed = session.execute(select(Escalation.complaint_id, func.count()).group_by(Escalation.complaint_id)).all()
    assert {count for _, count in climbed} == {1}, "each one step, whoever came first"


def test_of_those_who_must_each_answer_both_count_when_they_press_at_once(
    cast: Cast, on_duty: object, job: Any, session: Db, now: datetime
) -> None:
    complaint = calls.record(
        IntakeFactory(facts=Facts(Category.QUALITY, is_media_involved=True)), actor=cast.xiaozhou, now=now
    )
    number, ids = complaint.number, (cast.zhou.id, cast.lin.id)
    session.commit()

    def answer(person_id: int) -> Callable[[], int]:
        def press() -> int:
            complaints.acknowledge(complaint_locks.by_number(number), actor=people.by_id(person_id), now=now)
            return 1

        return job(press)

    assert at_once(*map(answer, ids)) == [1, 1]
    session.expire_all()
    assert complaint.acknowledged_at is not None and complaint.escalation_due_at is None
    answered = session.scalars(select(Summons.person_id).where(Summons.acknowledged_at.is_not(None))).all()
    assert sorted(answered) == sorted(ids)
    assert complaint.handler_id in ids


def test_an_acknowledgement_and_a_lapse_at_once_end_in_one_truth(
    storm: list[Complaint], cast: Cast, job: Any, session: Db, now: datetime
) -> None:
    complaint, zhou_id = storm[0], cast.zhou.id
    complaints.acknowledge(complaint, actor=cast.lin, now=now)
    number, later = complaint.number, now + timedelta(days=4)
    session.commit()

    def take() -> int:
        try:
            complaints.acknowledge(complaint_locks.by_number(number), actor=people.by_id(zhou_id), now=later)
        except Refusal:
            return 0
        return 1

    lapse = job(lambda: acknowledgements.sweep(now=later))
    taken, lapsed = at_once(job(take), lapse)
    # A sweep passes over what somebody holds at that very moment; the next one, seconds later, comes for it.
    (afterwards,) = at_once(lapse)
    assert lapsed + afterwards == 1
    session.expire_all()
    assert (complaint.acknowledged_at is not None) == bool(taken)
    assert chain_audit.problem_of(complaint, now=later) is None
    assert session.scalar(select(func.count()).where(TimelineEvent.kind == EventKind.LEASE_LAPSED)) == 1


def test_two_who_publish_at_once_make_one_version(cast: Cast, job: Any, session: Db, now: datetime) -> None:
    roster_id = cast.roster.id
    session.commit()

    def edit(every: int) -> Callable[[], int]:
        def work() -> int:
            try:
                publish(chain(last(every=every)), by=people.by_id(roster_id), now=now)
            except Refusal:
                return 0
            return 1

        return job(work)

    assert sum(at_once(edit(10), edit(20), edit(25))) >= 1
    numbers = session.scalars(select(Policy.number).where(Policy.kind == PolicyKind.ESCALATION)).all()
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
