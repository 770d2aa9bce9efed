"""Authorities and media, the one voice outward, and the suspicion of bad faith (N16, G-08, A-10, decision 8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE, db
from models import Clock, Complaint, MaliceReview, Notification, OutwardCase, OutwardStatement, Person
from rules.outward import ANSWER_TIMES
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    ClockKind,
    ClockState,
    EventKind,
    MaliceVerdict,
    NotificationKind,
    OutwardBody,
    Severity,
    Status,
)
from services import clocks, complaint_locks, malice, next_steps, outward, statements
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
DAY = timedelta(days=1)
B, V = OutwardBody, MaliceVerdict


@pytest.fixture
def enter(complaint: Complaint, cast: Cast, clock: Hands) -> Callable[..., OutwardCase]:
    """周小雨 writes down that the 12315 platform asks, since now."""

    def write(**changes: Any) -> OutwardCase:
        asked: dict[str, Any] = {
            "body": B.CONSUMER_HOTLINE,
            "reference": "12315-0088",
            "came_at": clock.now(),
            "due_at": None,
            "actor": cast.xiaozhou,
        }
        return outward.enter(changes.pop("complaint", complaint), **{**asked, **changes}, now=clock.now())

    return write


def running(complaint: Complaint) -> list[Clock]:
    """The clocks for answers outward that nobody stopped."""
    return clocks.unstopped(complaint, ClockKind.OUTWARD)


class TestMatters:
    def test_the_platform_has_ten_working_days_and_a_clock_of_its_own(
        self, enter: Callable[..., OutwardCase], complaint: Complaint
    ) -> None:
        """Entered on Saturday night, the ten days begin on Monday: due on Friday of the week after, at closing time."""
        case = enter()
        assert case.due_at.astimezone(COMPANY_ZONE).strftime("%m-%d %H:%M") == "12-04 18:00"
        (running_clock,) = running(complaint)
        assert (running_clock.due_at, running_clock.outward_case) == (case.due_at, case)
        assert lines(complaint, EventKind.OUTWARD)[0].details["body"] == "consumer_hotline"

    def test_everybody_leaves_some_time_and_says_why(self) -> None:
        assert set(ANSWER_TIMES) == set(OutwardBody)
        assert all(time.working_days >= 1 and time.source for time in ANSWER_TIMES.values())
        assert ANSWER_TIMES[B.CONSUMER_HOTLINE].working_days == 10

    @pytest.mark.parametrize(
        ("body", "level"),
        [(B.MEDIA, Severity.MAJOR), (B.CONSUMER_ASSOCIATION, Severity.URGENT), (B.CONSUMER_HOTLINE, Severity.URGENT)],
    )
    def test_who_asks_is_a_fact_that_the_level_follows(
        self, body: OutwardBody, level: Severity, enter: Callable[..., OutwardCase], complaint: Complaint
    ) -> None:
        """D-11, D-12."""
        was = complaint.facts
        enter(body=body, reference="")
        assert complaint.level <= level and complaint.facts != was
        assert complaint.is_media_involved == (body is B.MEDIA)

    def test_a_city_hotline_changes_no_fact(self, enter: Callable[..., OutwardCase], complaint: Complaint) -> None:
        was = complaint.facts
        enter(body=B.MAYORS_HOTLINE)
        assert complaint.facts == was

    def test_two_matters_have_two_clocks_and_each_its_own_end(
        self, enter: Callable[..., OutwardCase], complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        first, second = enter(), enter(body=B.MAYORS_HOTLINE, reference="12345-1")
        assert len(running(complaint)) == 2
        outward.end(first, way="双方和解", result="返工并抵尾款 500 元", actor=cast.roster, now=clock.forward(hours=5))
        assert [each.outward_case for each in running(complaint)] == [second]
        assert (first.ended_at, first.ended_by, first.result) == (clock.now(), cast.roster, "返工并抵尾款 500 元")
        with pytest.raises(Conflict, match="over"):
            outward.end(first, way="再来", result="再来", actor=cast.roster, now=clock.now())

    def test_an_answer_too_late_stays_missed(
        self, enter: Callable[..., OutwardCase], complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        case = enter(due_at=clock.now() + DAY)
        outward.end(case, way="书面答复", result="已答复", actor=cast.roster, now=clock.forward(days=2))
        (stopped,) = [each for each in complaint.clocks if each.kind is ClockKind.OUTWARD]
        assert stopped.state is ClockState.MISSED

    def test_a_day_that_they_moved_moves_the_clock(
        self, enter: Callable[..., OutwardCase], complaint: Complaint, cast: Cast, clock: Hands, session: Db
    ) -> None:
        case = enter()
        session.commit()
        later, seen = case.due_at + 5 * DAY, case.version
        outward.go_on(
            case, course="平台同意延期", way="调解", due_at=later, version=seen, actor=cast.zhao, now=clock.now()
        )
        assert [each.due_at for each in running(complaint)] == [later]
        with pytest.raises(Conflict, match="meanwhile"):
            outward.go_on(case, course="旧", way="", due_at=later, version=seen, actor=cast.lin, now=clock.now())
        assert case.course == "平台同意延期"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"came_at": DAY}, "came_at"),
            ({"came_at": -400 * DAY}, "came_at"),
            ({"due_at": timedelta(0)}, "due_at"),
            ({"due_at": -DAY}, "due_at"),
            ({"due_at": 800 * DAY}, "due_at"),
            ({"reference": "9" * 61}, "reference"),
            ({"course": "a\x00"}, "course"),
        ],
    )
    def test_what_is_no_matter_is_refused(
        self, changes: dict[str, Any], field: str, enter: Callable[..., OutwardCase], clock: Hands, complaint: Complaint
    ) -> None:
        asked = {
            name: clock.now() + value if isinstance(value, timedelta) else value for name, value in changes.items()
        }
        with pytest.raises(Refusal) as refusal:
            enter(**asked)
        assert (refusal.value.field, outward.of(complaint), running(complaint)) == (field, [], [])

    def test_the_same_number_twice_is_the_same_matter(self, enter: Callable[..., OutwardCase]) -> None:
        enter()
        with pytest.raises(Conflict):
            enter(reference=" 12315-0088 ")

    def test_nothing_is_closed_over_their_heads(
        self, enter: Callable[..., OutwardCase], complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        case = enter()
        assert [step.due_at for step in next_steps.in_the_way(complaint, now=clock.now())].count(case.due_at) == 1
        outward.end(case, way="和解", result="已解决", actor=cast.roster, now=clock.now())
        assert outward.todo(complaint, now=clock.now()) == []

    def test_who_may_not_and_when(
        self, enter: Callable[..., OutwardCase], complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        with pytest.raises(NotAllowed):
            enter(actor=cast.auditor)
        case = enter()
        with pytest.raises(NotAllowed):
            outward.end(case, way="和解", result="已解决", actor=cast.zhao, now=clock.now())
        for status in (Status.CLOSED, Status.VOID):
            with pytest.raises(Conflict):
                enter(complaint=ComplaintFactory(status=status))


class TestOneVoice:
    def test_it_holds_once_another_approved_it_until_a_newer_one_does(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        """G-08."""
        first = statements.write(complaint, words="正在核实", actor=cast.roster, now=now)
        assert (statements.in_force(complaint), statements.waiting(complaint)) == (None, first)
        asked = messages(NotificationKind.STATEMENT_TO_APPROVE)
        assert {message.person for message in asked} == {cast.approver}, "its writer is not asked"
        with pytest.raises(Conflict, match="wrote"):
            statements.approve(first, actor=cast.roster, now=now)
        with pytest.raises(NotAllowed):
            statements.approve(first, actor=cast.zhao, now=now)
        statements.approve(first, actor=cast.approver, now=now)
        second = statements.write(complaint, words="返工已开始", actor=cast.zhao, now=now)
        assert statements.in_force(complaint) is first, "a draft replaces nothing"
        third = statements.write(complaint, words="返工周五完成", actor=cast.zhao, now=now)
        with pytest.raises(Conflict, match="replaced"):
            statements.approve(second, actor=cast.roster, now=now)
        statements.approve(third, actor=cast.roster, now=now)
        assert (statements.in_force(complaint), first.replaced_at) == (third, now)
        with pytest.raises(Conflict):
            statements.approve(third, actor=cast.approver, now=now)

    @pytest.mark.parametrize("words", ["", " \n", "长" * 2001, "a\x00b"])
    def test_nothing_and_too_much_are_no_statement(
        self, words: str, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            statements.write(complaint, words=words, actor=cast.zhao, now=now)
        assert refusal.value.field == "words"

    def test_two_who_approve_at_once_approve_once(
        self, complaint: Complaint, cast: Cast, now: datetime, at_once: Callable[..., list[Any]]
    ) -> None:
        draft = statements.write(complaint, words="正在核实", actor=cast.zhao, now=now)
        db.session.commit()
        number, draft_id, ids = complaint.number, draft.id, (cast.roster.id, cast.approver.id)

        def approve(person_id: int) -> None:
            complaint_locks.by_number(number)
            draft = db.session.get_one(OutwardStatement, draft_id)
            statements.approve(draft, actor=db.session.get_one(Person, person_id), now=now)

        done = at_once(lambda: approve(ids[0]), lambda: approve(ids[1]))
        assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"], done

    def test_the_media_know_and_nobody_has_a_word_for_them(self, complaint: Complaint, now: datetime) -> None:
        assert statements.todo(complaint, now=now) == []
        complaint.is_media_involved = True
        assert len(statements.todo(complaint, now=now)) == 1


class TestBadFaith:
    @pytest.fixture
    def review(self, complaint: Complaint, cast: Cast, now: datetime, session: Db) -> MaliceReview:
        """赵磊 thinks so."""
        said = malice.say(complaint, suspicion="同一组照片出现在三家投诉里", actor=cast.zhao, now=now)
        session.commit()
        return said

    def test_counsel_is_asked_and_a_confirmed_complaint_stays(
        self,
        review: MaliceReview,
        complaint: Complaint,
        cast: Cast,
        clock: Hands,
        messages: Messages,
        enter: Callable[..., OutwardCase],
    ) -> None:
        """Decision 8: marked, its clocks end, but not the answer that an authority waits for; nothing is deleted."""
        (asked,) = messages(NotificationKind.MALICE_TO_DECIDE)
        assert asked.person is cast.gao
        assert len(malice.todo(complaint, now=clock.now())) == 1
        enter()
        was = complaint.status
        malice.decide(review, verdict=V.CONFIRMED, grounds="照片拍摄日期早于合同", actor=cast.gao, now=clock.now())
        assert malice.is_confirmed(complaint) and complaint.status is was
        assert {each.kind for each in clocks.unstopped(complaint)} == {ClockKind.OUTWARD}
        assert (complaint.acknowledged_by, complaint.escalation_due_at) == (cast.gao, None)
        assert complaint.lease_until is not None, "somebody has to say when it is closed"
        assert malice.todo(complaint, now=clock.now()) == []
        with pytest.raises(Conflict):
            malice.say(complaint, suspicion="又一次", actor=cast.zhao, now=clock.now())

    def test_counsel_takes_a_finding_back_and_the_customer_is_owed_a_reply_anew(
        self, review: MaliceReview, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        malice.decide(review, verdict=V.CONFIRMED, grounds="照片早于合同", actor=cast.gao, now=clock.now())
        assert [each for each in complaint.clocks if each.is_unstopped] == []
        with pytest.raises(Conflict):
            malice.decide(review, verdict=V.CONFIRMED, grounds="再说一次", actor=cast.gao, now=clock.now())
        malice.decide(review, verdict=V.REJECTED, grounds="照片是同楼盘另一户的", actor=cast.gao, now=clock.now())
        assert not malice.is_confirmed(complaint)
        assert [each.kind for each in complaint.clocks if each.is_unstopped] == [ClockKind.FORMAL_REPLY]
        assert [line.details.get("verdict") for line in lines(complaint, EventKind.MALICE)] == [
            None,
            "confirmed",
            "rejected",
        ]

    def test_a_rejected_one_changes_nothing_and_may_be_said_again(
        self, review: MaliceReview, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        was = {each.kind for each in clocks.unstopped(complaint)}
        malice.decide(review, verdict=V.REJECTED, grounds="照片是客户自己的", actor=cast.gao, now=now)
        assert {each.kind for each in clocks.unstopped(complaint)} == was
        assert not malice.is_confirmed(complaint)
        malice.say(complaint, suspicion="新的证据", actor=cast.lin, now=now)

    def test_only_counsel_decides_once_with_grounds_and_not_on_their_own_word(
        self, review: MaliceReview, complaint: Complaint, cast: Cast, now: datetime, session: Db
    ) -> None:
        for person in (cast.zhao, cast.lin, cast.roster, cast.approver, cast.admin, cast.auditor):
            with pytest.raises(NotAllowed):
                malice.decide(review, verdict=V.CONFIRMED, grounds="因为", actor=person, now=now)
        with pytest.raises(Refusal):
            malice.decide(review, verdict=V.CONFIRMED, grounds=" ", actor=cast.gao, now=now)
        malice.decide(review, verdict=V.REJECTED, grounds="不成立", actor=cast.gao, now=now)
        with pytest.raises(Conflict):
            malice.decide(review, verdict=V.CONFIRMED, grounds="改主意", actor=cast.gao, now=now)
        own = malice.say(complaint, suspicion="我看是", actor=cast.gao, now=now)
        with pytest.raises(Conflict, match="Whoever said"):
            malice.decide(own, verdict=V.CONFIRMED, grounds="我看是", actor=cast.gao, now=now)

    def test_who_only_looks_says_nothing(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        for person in (cast.analyst, cast.auditor, cast.approver):
            with pytest.raises(NotAllowed):
                malice.say(complaint, suspicion="像", actor=person, now=now)
        with pytest.raises(Refusal):
            malice.say(complaint, suspicion="  ", actor=cast.zhao, now=now)

    def test_two_who_say_it_at_once_ask_once(
        self, complaint: Complaint, cast: Cast, now: datetime, at_once: Callable[..., list[Any]]
    ) -> None:
        number, ids = complaint.number, (cast.zhao.id, cast.lin.id)

        def say(person_id: int) -> None:
            actor = db.session.get_one(Person, person_id)
            malice.say(complaint_locks.by_number(number), suspicion="像", actor=actor, now=now)

        done = at_once(lambda: say(ids[0]), lambda: say(ids[1]))
        assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"], done
