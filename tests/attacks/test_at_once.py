"""Two people press at the same moment, over HTTP and in real threads: one thing happens, and nobody sees an error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, Customer, Escalation, Notification, Person, TimelineEvent
from rules.refusals import Refusal
from rules.vocabulary import CompensationBasis, CompensationKind, EventKind, Role
from services import clock_sweep, compensations, departures, escalations, people
from tests.cast import Cast
from tests.client import DeskClient
from tests.factories import PersonFactory
from tests.stories import recorded

Db = scoped_session[Session]


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment; what each returned, or what it raised."""
    results: list[Any] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[place] = act()
        except Exception as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.fixture
def complaint(cast: Cast, on_duty: object, session: Db, now: datetime) -> Complaint:
    """A new one that nobody has; the duty member was called."""
    complaint = recorded(cast, now=now)
    session.commit()
    return complaint


@pytest.fixture
def press(new_client: Callable[[], DeskClient]) -> Callable[..., Callable[[], int]]:
    """A button ready to be pressed: its person is logged in and has the page's token."""

    def ready(who: Person, url: str, **fields: Any) -> Callable[[], int]:
        client = new_client()
        assert client.login(who).status_code == 302
        data = {"csrf_token": client.token("/password"), **fields}
        return lambda: client.post(url, data=data).status_code

    return ready


@pytest.fixture
def sweep(app: Flask, now: datetime) -> Callable[[], int]:
    """One run of the sweeps, as the clock's job does it."""

    def run() -> int:
        with app.app_context():
            found = escalations.sweep(now=now) + clock_sweep.sweep(now=now)
            db.session.commit()
            return found

    return run


def count(session: Db, kind: EventKind) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).where(TimelineEvent.kind == kind)) or 0


def test_of_four_who_acknowledge_one_gets_it(complaint: Complaint, cast: Cast, press: Any, session: Db) -> None:
    url = f"/complaints/{complaint.number}/acknowledge"
    answers = at_once(*(press(person, url) for person in (cast.lin, cast.zhou, cast.he, cast.gao)))
    assert sorted(answers) == [302, 409, 409, 409]
    assert count(session, EventKind.ACKNOWLEDGED) == 1


def test_a_button_pressed_twice_escalates_twice_at_most_and_calls_nobody_twice_for_one_step(
    complaint: Complaint, cast: Cast, press: Any, session: Db
) -> None:
    url = f"/complaints/{complaint.number}/escalate"
    answers = at_once(*(press(person, url, reason="无人接手") for person in (cast.lin, cast.zhou)))
    assert set(answers) <= {302, 409}
    session.expire_all()
    steps = [(step.from_level, step.to_level) for step in session.scalars(select(Escalation).order_by(Escalation.id))]
    assert steps == [(0, 1), (1, 2)][: answers.count(302)]
    keys = list(session.scalars(select(Notification.dedup_key)))
    assert len(keys) == len(set(keys))


def test_grading_and_escalating_at_once_loses_neither(
    complaint: Complaint, cast: Cast, press: Any, session: Db
) -> None:
    grade = press(
        cast.lin,
        f"/complaints/{complaint.number}/grade",
        severity="2",
        reason="涉及多户",
        side="construction",
        lead=str(cast.zhou.id),
    )
    raise_it = press(cast.zhou, f"/complaints/{complaint.number}/escalate", reason="业主要求经理出面")
    assert at_once(grade, raise_it) == [302, 302]
    session.refresh(complaint)
    assert complaint.severity == 2
    assert complaint.escalation_level == 1


def test_handing_over_while_somebody_acknowledges_leaves_one_who_has_it_or_is_called(
    complaint: Complaint, cast: Cast, press: Any, session: Db
) -> None:
    take = press(cast.he, f"/complaints/{complaint.number}/acknowledge")
    give = press(cast.lin, f"/complaints/{complaint.number}/assign", to=str(cast.zhao.id), reason="他在现场")
    taken, given = at_once(take, give)
    assert given == 302
    assert taken in (302, 409)
    session.refresh(complaint)
    if complaint.acknowledged_at is None:  # It was given away last: 赵磊 is called, or the chain goes on.
        assert complaint.handler_id == cast.zhao.id
        assert complaint.escalation_due_at is not None
    else:
        assert (complaint.acknowledged_by_id, complaint.handler_id) == (cast.he.id, cast.he.id)


def test_two_sweeps_and_a_person_at_once_climb_one_step_or_none(
    complaint: Complaint, cast: Cast, press: Any, sweep: Any, session: Db, now: datetime
) -> None:
    complaint.escalation_due_at = now
    take = press(cast.zhou, f"/complaints/{complaint.number}/acknowledge")
    answers = at_once(sweep, sweep, take)
    assert answers[2] == 302
    assert sum(answers[:2]) <= 1
    session.refresh(complaint)
    assert complaint.acknowledged_at is not None
    assert complaint.escalation_due_at is None
    assert session.scalar(select(func.count(Escalation.id))) == sum(answers[:2])


def test_the_same_call_written_down_by_four_at_once_is_one_customer(
    cast: Cast, on_duty: object, press: Any, session: Db, now: datetime
) -> None:
    said = {
        "phone": "13800137777",
        "contact_name": "王女士",
        "channel": "hotline",
        "first_word_at": "2026-11-21T22:00",
        "category": "quality",
        "problem": "厨房漏水",
        "community": "梧桐苑",
        "room": "3栋502",
    }
    answers = at_once(*(press(cast.xiaozhou, "/intake/", **said) for _ in range(4)))
    assert set(answers) <= {302, 409}, answers
    assert session.scalar(select(func.count(Customer.id)).where(Customer.phone == "+8613800137777")) == 1
    numbers = list(session.scalars(select(Complaint.number)))
    assert len(numbers) == len(set(numbers)) == answers.count(302)


def test_an_offer_approved_and_refused_at_once_is_decided_once(
    complaint: Complaint, cast: Cast, press: Any, session: Db, now: datetime
) -> None:
    other = PersonFactory(login="approver2", roles=[Role.APPROVER])
    item = compensations.offer(
        complaint,
        kind=CompensationKind.CLEANING,
        basis=CompensationBasis.AGREED,
        amount=Decimal(300),
        delay_days=None,
        reason="保洁",
        actor=cast.zhao,
        now=now,
    )
    session.commit()
    seen = str(item.version)
    answers = at_once(
        press(cast.approver, f"/compensation/{item.id}/approve", note="同意", version=seen),
        press(other, f"/compensation/{item.id}/refuse", note="不同意", version=seen),
    )
    assert sorted(answers) == [302, 409]
    session.expire_all()
    steps = [event.details["step"] for event in complaint.timeline if event.kind is EventKind.COMPENSATION]
    assert len(steps) == 2


def test_of_two_administrators_who_switch_each_other_off_one_stays(app: Flask, cast: Cast, now: datetime) -> None:
    other = PersonFactory(login="admin2", roles=[Role.ADMINISTRATOR])
    db.session.commit()

    def switch_off(actor_id: int, person_id: int) -> Callable[[], None]:
        def act() -> None:
            with app.app_context():
                actor, person = db.session.get_one(Person, actor_id), db.session.get_one(Person, person_id)
                departures.set_active(person, is_active=False, actor=actor, now=now)
                db.session.commit()

        return act

    acts = switch_off(cast.admin.id, other.id), switch_off(other.id, cast.admin.id)
    db.session.commit()
    results = at_once(*acts)
    assert sum(isinstance(result, Refusal) for result in results) == 1, results
    db.session.expire_all()
    assert len(people.with_role(Role.ADMINISTRATOR)) == 1
