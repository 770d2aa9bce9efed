"""The ledger of days: entered by cause, won back, struck, never counted twice, and what it comes to (D-17, N8)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, DelayEntry, Person, Project
from rules.delay_ledger import Account
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    Category,
    CompensationBasis,
    CompensationKind,
    CompensationStatus,
    DelayCause,
    DelayEntryKind,
    EventKind,
    Status,
)
from services import complaint_locks, delay_ledger
from services.evidence import Upload
from tests.cast import Cast
from tests.factories import CatchUpPlanFactory, CompensationFactory, ComplaintFactory, ProjectFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
Enter = Callable[..., DelayEntry]
LOST, WON = DelayEntryKind.LOST, DelayEntryKind.WON_BACK
CAUSE = DelayCause


def nov(day: int) -> date:
    """A day of November 2026; the stories begin on the 21st."""
    return date(2026, 11, day)


@pytest.fixture
def late(complaint: Complaint, session: Db) -> Complaint:
    """王女士's work is late, and her contract says ¥100 a day."""
    complaint.project = ProjectFactory(customer=complaint.customer)
    complaint.category = Category.DELAY
    session.commit()
    return complaint


@pytest.fixture
def project(late: Complaint) -> Project:
    """The contract behind it."""
    assert late.project is not None
    return late.project


@pytest.fixture
def enter(late: Complaint, cast: Cast, now: datetime) -> Enter:
    """赵磊 enters November days."""

    def put(first: int, last: int, cause: DelayCause | None = CAUSE.MATERIAL, **more: Any) -> DelayEntry:
        asked: dict[str, Any] = {
            "kind": LOST if cause else WON,
            "cause": cause,
            "first_on": nov(first),
            "last_on": nov(last),
            "days": last - first + 1,
            "words": "水泥晚到",
            "actor": cast.zhao,
        }
        return delay_ledger.enter(more.pop("complaint", late), **{**asked, **more}, now=now)

    return put


def test_the_plans_five_days_come_to_five_hundred_yuan_line_by_line(enter: Enter, project: Project) -> None:
    """D-17: cement 2 days, the tiler away 3, weather 4; 4 won back; the customer's own 2 are not owed."""
    enter(1, 2, words="水泥晚到两天")
    enter(3, 5, CAUSE.LABOUR, words="瓦工请假")
    enter(6, 9, CAUSE.WEATHER, words="连阴雨，腻子不干")
    enter(10, 11, CAUSE.CUSTOMER, words="业主换砖")
    enter(12, 16, None, days=4, words="两班轮换")
    assert delay_ledger.account_of(project) == Account(lost=11, customers_own=2, won_back=4)
    *rows, total = delay_ledger.lines(project)
    assert [(row["cause"], row["days"], row["counts"]) for row in rows] == [
        ("material", 2, 2),
        ("labour", 3, 3),
        ("weather", 4, 4),
        ("customer", 2, 0),
        (None, 4, -4),
    ]
    assert total == {"kind": "owed", "days": 5, "daily_rate": "100.00", "amount": "500.00"}
    assert sum(row["counts"] for row in rows) == total["days"]
    stated = delay_ledger.statement(project)
    assert stated.amount is not None and stated.amount.amount == Decimal("500.00")


def test_a_struck_line_stays_and_counts_no_more(enter: Enter, late: Complaint, project: Project, cast: Cast) -> None:
    wrong = enter(1, 4)
    now = wrong.entered_at
    delay_ledger.strike(wrong, complaint=late, why="记错了工地", actor=cast.lin, now=now)
    assert (wrong.struck_by, wrong.struck_why, wrong.struck_at) == (cast.lin, "记错了工地", now)
    assert (len(delay_ledger.entries(project)), delay_ledger.account_of(project).owed) == (1, 0)
    assert len(delay_ledger.lines(project)) == 1
    enter(2, 3)  # The days are free again.
    with pytest.raises(Conflict, match="already"):
        delay_ledger.strike(wrong, complaint=late, why="再划一次", actor=cast.lin, now=now)
    steps = [line.details["step"] for line in lines(late, EventKind.DELAY_LEDGER)]
    assert steps == ["entered", "struck", "entered"]


def test_days_won_back_are_struck_before_those_they_were_won_from(enter: Enter, late: Complaint, cast: Cast) -> None:
    lost, won = enter(1, 4), enter(5, 8, None, days=3)
    with pytest.raises(Conflict, match="won back first"):
        delay_ledger.strike(lost, complaint=late, why="记错", actor=cast.zhao, now=lost.entered_at)
    assert lost.struck_at is None
    delay_ledger.strike(won, complaint=late, why="没追回来", actor=cast.zhao, now=lost.entered_at)
    delay_ledger.strike(lost, complaint=late, why="记错", actor=cast.zhao, now=lost.entered_at)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"first_on": nov(5), "last_on": nov(4)}, "last_on", id="ends before it begins"),
        pytest.param({"last_on": nov(30)}, "last_on", id="ahead"),
        pytest.param({"days": 0}, "days", id="no day"),
        pytest.param({"days": -3}, "days", id="fewer than none"),
        pytest.param({"days": 10**100}, "days", id="a hundred digits"),
        pytest.param({"words": "  "}, "words", id="no words"),
        pytest.param({"words": "长" * 301}, "words", id="endless"),
        pytest.param({"kind": WON}, "cause", id="won back, with a cause"),
        pytest.param({"cause": None}, "cause", id="lost, without one"),
        pytest.param({"kind": WON, "cause": None}, "days", id="won back before anything was lost"),
        pytest.param({"uploads": [Upload("a.png", io.BytesIO(b"MZ\x90\x00" * 9))]}, "evidence", id="an EXE as a PNG"),
    ],
)
def test_what_is_no_line_of_the_ledger_is_refused_and_nothing_written(
    changes: dict[str, Any], field: str, enter: Enter, project: Project, session: Db
) -> None:
    asked = {"cause": CAUSE.MATERIAL, "kind": LOST, **changes}
    with pytest.raises(Refusal) as refusal:
        enter(1, 2, **asked)
    assert refusal.value.field == field
    session.rollback()
    assert delay_ledger.entries(project) == []


def test_what_shows_it_is_kept_with_the_line(enter: Enter, late: Complaint) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(picture, "PNG")
    row = enter(1, 2, uploads=[Upload("送货单.png", picture)])
    assert row.evidence is not None
    assert (row.evidence.original_name, row.evidence.complaint) == ("送货单.png", late)


def test_only_who_does_the_work_writes_in_it_and_never_in_a_void_case(
    enter: Enter, late: Complaint, cast: Cast
) -> None:
    for person in (cast.xiaozhou, cast.approver, cast.analyst, cast.auditor):
        with pytest.raises(NotAllowed):
            enter(1, 2, actor=person)
    late.status = Status.VOID
    with pytest.raises(Conflict):
        enter(1, 2)
    with pytest.raises(Conflict, match="Without a project"):
        enter(1, 2, complaint=ComplaintFactory())


def test_two_who_enter_the_same_days_at_once_count_them_once(
    late: Complaint, project: Project, cast: Cast, now: datetime, at_once: Callable[..., list[Any]]
) -> None:
    """Two complaints of one home, two people, the same Tuesday."""
    other = ComplaintFactory(customer=late.customer, project=project, status=Status.HANDLING)
    db.session.commit()
    project_id, numbers, ids = project.id, [late.number, other.number], [cast.zhao.id, cast.lin.id]

    def put(number: str, person_id: int) -> None:
        delay_ledger.enter(
            complaint_locks.by_number(number),
            kind=LOST,
            cause=CAUSE.LABOUR,
            first_on=nov(3),
            last_on=nov(3),
            days=1,
            words="瓦工没来",
            actor=db.session.get_one(Person, person_id),
            now=now,
        )

    done = at_once(lambda: put(numbers[0], ids[0]), lambda: put(numbers[1], ids[1]))
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"], done
    db.session.expire_all()
    assert delay_ledger.account_of(db.session.get_one(Project, project_id)).lost == 1


class TestWhatNext:
    def said(self, complaint: Complaint, now: datetime) -> list[tuple[str, Any]]:
        """The sentences with their days."""
        return [(step.sentence, step.values.get("days")) for step in delay_ledger.todo(complaint, now=now)]

    def test_a_delay_without_a_cause_asks_for_one_and_what_is_owed_for_an_offer(
        self, enter: Enter, late: Complaint, now: datetime, session: Db
    ) -> None:
        assert self.said(late, now) == [("Find out day by day why the work is late", None)]
        enter(1, 6)
        assert self.said(late, now) == [("Offer the compensation for %(days)s days of delay", 6)]
        plan = CatchUpPlanFactory(complaint=late, made_at=now, done_on=now.date() + timedelta(days=3))
        assert self.said(late, now) == [], "what the plan wins back is not paid for"
        assert len(self.said(late, now + timedelta(days=5))) == 1
        session.delete(plan)
        session.flush()
        offer = {"kind": CompensationKind.TRANSFER, "basis": CompensationBasis.DELAY, "daily_rate": Decimal(100)}
        CompensationFactory(complaint=late, delay_days=4, amount=Decimal(400), **offer)
        assert self.said(late, now)[0][1] == 2
        CompensationFactory(
            complaint=late, delay_days=2, amount=Decimal(200), status=CompensationStatus.WITHDRAWN, **offer
        )
        assert self.said(late, now)[0][1] == 2
        late.status = Status.CLOSED
        assert self.said(late, now) == []

    def test_another_kind_of_complaint_asks_for_nothing(self, complaint: Complaint, now: datetime) -> None:
        complaint.project = ProjectFactory(customer=complaint.customer)
        assert delay_ledger.todo(complaint, now=now) == []
