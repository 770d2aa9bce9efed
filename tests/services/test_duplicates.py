"""The same matter recorded twice goes on under one number (IN5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, Person
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.severity import Facts
from rules.vocabulary import Category, ClockState, CompensationStatus, EventKind, Severity, Status
from services import calls, complaint_locks, duplicates
from tests.cast import Cast
from tests.factories import CompensationFactory, ComplaintFactory, IntakeFactory, PromiseFactory
from tests.services.conftest import lines

Db = scoped_session[Session]


@pytest.fixture
def second(complaint: Complaint, cast: Cast, now: datetime, session: Db) -> Complaint:
    """The same tiles, told of again by WeChat, and now a reporter asks."""
    recorded = calls.record(
        IntakeFactory(facts=Facts(Category.QUALITY, is_media_involved=True)), actor=cast.xiaozhou, now=now
    )
    session.commit()
    return recorded


def merge(complaint: Complaint, into: str, cast: Cast, now: datetime, **words: Any) -> None:
    duplicates.merge(complaint, now=now, **{"into": into, "reason": "同一件事", "actor": cast.roster, **words})


def test_one_number_goes_on_and_each_names_the_other(
    complaint: Complaint, second: Complaint, cast: Cast, now: datetime
) -> None:
    merge(second, f" {complaint.number.lower()} ", cast, now)
    assert (second.status, second.duplicate_of, complaint.duplicates) == (Status.VOID, complaint, [second])
    assert second.escalation_due_at is None
    assert {clock.state for clock in second.clocks} == {ClockState.CANCELLED}
    assert [line.details["number"] for line in lines(second, EventKind.DUPLICATE_MERGED)] == [complaint.number]
    (line,) = lines(complaint, EventKind.DUPLICATE_MERGED)
    assert (line.details["number"], line.note, line.actor) == (second.number, "同一件事", cast.roster)
    assert complaint.status is Status.NEW and complaint.escalation_due_at is not None


def test_what_the_duplicate_knew_raises_the_level(
    complaint: Complaint, second: Complaint, cast: Cast, now: datetime
) -> None:
    assert complaint.level is not Severity.MAJOR
    merge(second, complaint.number, cast, now)
    assert complaint.is_media_involved and complaint.level is Severity.MAJOR
    assert lines(complaint, EventKind.EDITED)[0].changes["is_media_involved"] == [False, True]


@pytest.mark.parametrize(
    ("into", "refusal"),
    [
        (lambda second: second.number, Refusal),
        (lambda second: "C-2611-9999", Refusal),
        (lambda second: "", Refusal),
        (lambda second: "\x00", Refusal),
        (lambda second: ComplaintFactory(status=Status.VOID).number, Conflict),
        (lambda second: ComplaintFactory(status=Status.CLOSED).number, Conflict),
        (lambda second: ComplaintFactory(is_history=True).number, Conflict),
    ],
    ids=["itself", "no such number", "nothing", "not printable", "void", "closed", "history"],
)
def test_only_what_goes_on_can_take_it_in(
    second: Complaint, cast: Cast, now: datetime, into: Callable[[Complaint], str], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal) as caught:
        merge(second, into(second), cast, now)
    assert caught.value.field == "duplicate_of"
    assert (second.status, second.duplicate_of) == (Status.NEW, None)


@pytest.mark.parametrize(
    "nothing_owed", [CompensationStatus.WITHDRAWN, CompensationStatus.REFUSED, CompensationStatus.DECLINED]
)
def test_promises_and_money_do_not_disappear_with_it(
    nothing_owed: CompensationStatus, complaint: Complaint, second: Complaint, cast: Cast, now: datetime, session: Db
) -> None:
    promise = PromiseFactory(complaint=second, due_at=now + timedelta(hours=2))
    with pytest.raises(Conflict):
        merge(second, complaint.number, cast, now)
    promise.kept_at = now
    compensation = CompensationFactory(complaint=second)
    session.refresh(second)
    with pytest.raises(Conflict):
        merge(second, complaint.number, cast, now)
    assert second.status is Status.NEW
    compensation.status, compensation.decided_by = nothing_owed, cast.approver
    session.flush()
    merge(second, complaint.number, cast, now)
    assert second.status is Status.VOID


def test_a_reason_and_the_right_are_asked_for(
    complaint: Complaint, second: Complaint, cast: Cast, now: datetime
) -> None:
    with pytest.raises(Refusal) as caught:
        merge(second, complaint.number, cast, now, reason=" ")
    assert caught.value.field == "reason"
    with pytest.raises(NotAllowed):
        merge(second, complaint.number, cast, now, actor=cast.analyst)
    assert second.duplicate_of is None


def test_each_into_the_other_at_the_same_moment_leaves_one_standing(
    complaint: Complaint, second: Complaint, cast: Cast, now: datetime, at_once: Any, session: Db
) -> None:
    numbers, actor_id = (complaint.number, second.number), cast.roster.id

    def one(number: str, into: str) -> Callable[[], None]:
        def run() -> None:
            locked = complaint_locks.by_number(number)
            actor = db.session.get_one(Person, actor_id)
            duplicates.merge(locked, into=into, reason="同一件事", actor=actor, now=now)

        return run

    results = at_once(one(*numbers), one(*reversed(numbers)))
    session.expire_all()
    assert sorted(each.status is Status.VOID for each in (complaint, second)) != [True, True]
    assert all(result is None or isinstance(result, Refusal) for result in results), results
