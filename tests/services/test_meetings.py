"""Triage meetings: called, joined, ended with decisions, never two at once, flagged when they run over (D-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, MeetingAttendee, Notification, Person, TriageMeeting
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    Action,
    ClockKind,
    ClockState,
    EventKind,
    FaultSide,
    NotificationKind,
    NotificationState,
    ResponsibilityKind,
    Severity,
    Status,
)
from services import complaint_locks, complaints, meetings, responsibilities
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import PersonFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]


def start(complaint: Complaint, cast: Cast, now: datetime, **known: Any) -> TriageMeeting:
    """林晓 calls 周强 and 赵磊."""
    words: dict[str, Any] = {"attendees": [cast.zhou, cast.zhao], "place": "", "actor": cast.lin, **known}
    return meetings.start(complaint, now=now, **words)


def end(meeting: TriageMeeting, cast: Cast, now: datetime, **known: Any) -> None:
    """Level 2, 赵磊 leads, 周强 cooperates."""
    decisions: dict[str, Any] = {
        "severity": Severity.URGENT,
        "reason": "空鼓面积大，须整面返工",
        "side": FaultSide.CONSTRUCTION,
        "lead": cast.zhao,
        "cooperators": [cast.zhou],
        "actor": cast.lin,
        **known,
    }
    meetings.end(meeting, now=now, **decisions)


@pytest.fixture
def meeting(complaint: Complaint, cast: Cast, now: datetime, session: Db) -> TriageMeeting:
    """One that has just begun."""
    begun = start(complaint, cast, now)
    session.commit()
    return begun


class TestTheBeginning:
    def test_it_takes_ten_minutes_and_calls_everybody_but_who_begins_it(
        self, meeting: TriageMeeting, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        assert meeting.due_at == now + timedelta(minutes=10)
        calls = messages(NotificationKind.MEETING_CALLED)
        assert [call.person for call in calls] == [cast.zhou, cast.zhao]
        assert calls[0].text == f"{meeting.complaint.number}研判会现在开始，请立即入会，限时10分钟。"
        assert {who.person.login: who.joined_at for who in meeting.attendees} == {
            "lin": now,
            "zhou": None,
            "zhao": None,
        }
        assert lines(meeting.complaint, EventKind.MEETING_STARTED)[0].details["people"] == ["周强", "赵磊"]

    def test_it_proposes_the_leader_and_the_people_of_the_plan_s_map(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        manager = PersonFactory(position=cast.zhao.position.ENGINEERING_MANAGER)
        proposed = meetings.proposed_attendees(complaint, at=now)
        assert proposed == [cast.lin, manager, cast.zhao]

    @pytest.mark.parametrize("alone", [[], ["lin"], ["lin", "lin"]])
    def test_nobody_meets_alone(self, alone: list[str], complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            start(complaint, cast, now, attendees=[getattr(cast, login) for login in alone])
        assert refusal.value.field == "attendees"

    def test_a_crowd_or_somebody_who_left_is_refused(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        for attendees in (PersonFactory.create_batch(31), [PersonFactory(is_active=False)]):
            with pytest.raises(Refusal) as refusal:
                start(complaint, cast, now, attendees=attendees)
            assert refusal.value.field == "attendees"

    def test_an_endless_place_is_refused(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            start(complaint, cast, now, place="x" * 201)
        assert refusal.value.field == "place"

    @pytest.mark.parametrize("who", ["xiaozhou", "analyst", "approver"])
    def test_who_may_not_grade_calls_no_meeting(
        self, who: str, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(NotAllowed):
            start(complaint, cast, now, actor=getattr(cast, who))

    def test_there_is_one_at_a_time(self, meeting: TriageMeeting, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            start(meeting.complaint, cast, now, actor=cast.zhou, attendees=[cast.he])
        meetings.call_off(meeting, reason="没有人来", actor=cast.lin, now=now)
        assert start(meeting.complaint, cast, now) is not meeting

    def test_two_who_press_at_once_begin_one(
        self, complaint: Complaint, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        number, pairs = complaint.number, [(cast.lin.id, cast.zhou.id), (cast.zhou.id, cast.lin.id)]

        def press(actor_id: int, called_id: int) -> Callable[[], None]:
            def act() -> None:
                mine = complaint_locks.by_number(number)
                actor, called = (db.session.get_one(Person, key) for key in (actor_id, called_id))
                meetings.start(mine, attendees=[called], place="", actor=actor, now=now)

            return act

        results = at_once(*(press(*pair) for pair in pairs))
        assert [type(result) for result in results if result is not None] == [Conflict]
        assert session.scalar(select(func.count(TriageMeeting.id))) == 1

    def test_the_database_itself_keeps_one_open(self, meeting: TriageMeeting, cast: Cast, session: Db) -> None:
        session.add(
            TriageMeeting(
                complaint_id=meeting.complaint_id,
                started_at=meeting.started_at,
                started_by_id=cast.zhou.id,
                due_at=meeting.due_at,
            )
        )
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


class TestWhoIsThere:
    def test_whoever_was_called_says_so_once(self, meeting: TriageMeeting, cast: Cast, now: datetime) -> None:
        for seconds in (40, 90):
            meetings.join(meeting, person=cast.zhou, actor=cast.zhou, now=now + timedelta(seconds=seconds))
        (row,) = (who for who in meeting.attendees if who.person is cast.zhou)
        assert row.joined_at == now + timedelta(seconds=40)

    def test_an_approver_who_was_called_may_join_and_nothing_more(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        meeting = start(complaint, cast, now, attendees=[cast.approver, cast.zhou])
        meetings.join(meeting, person=cast.approver, actor=cast.approver, now=now)
        with pytest.raises(NotAllowed):
            meetings.join(meeting, person=cast.zhou, actor=cast.approver, now=now)
        with pytest.raises(NotAllowed):
            end(meeting, cast, now, actor=cast.approver)

    def test_who_was_not_called_joins_when_they_may_grade(
        self, meeting: TriageMeeting, cast: Cast, now: datetime
    ) -> None:
        meetings.join(meeting, person=cast.he, actor=cast.he, now=now)
        assert "he" in {who.person.login for who in meeting.attendees}
        with pytest.raises(NotAllowed):
            meetings.join(meeting, person=cast.analyst, actor=cast.analyst, now=now)

    def test_pressed_twice_at_once_they_are_there_once(
        self, meeting: TriageMeeting, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        meeting_id, he_id = meeting.id, cast.he.id

        def press() -> None:
            he = db.session.get_one(Person, he_id)
            meetings.join(db.session.get_one(TriageMeeting, meeting_id), person=he, actor=he, now=now)

        assert at_once(press, press) == [None, None]
        rows = select(func.count()).where(MeetingAttendee.meeting_id == meeting_id, MeetingAttendee.person_id == he_id)
        assert session.scalar(rows) == 1

    def test_nobody_joins_what_has_ended(self, meeting: TriageMeeting, cast: Cast, now: datetime) -> None:
        end(meeting, cast, now)
        with pytest.raises(Conflict):
            meetings.join(meeting, person=cast.zhou, actor=cast.zhou, now=now)


class TestTheEnd:
    def test_its_decisions_are_the_level_the_map_and_the_promise(
        self, meeting: TriageMeeting, cast: Cast, now: datetime
    ) -> None:
        complaint, later = meeting.complaint, now + timedelta(minutes=8)
        meetings.join(meeting, person=cast.zhou, actor=cast.zhou, now=now)
        end(meeting, cast, later, promise_text="明早九点带空鼓锤复查", promise_due_at=now + timedelta(hours=11))
        assert (complaint.severity, complaint.severity_reason) == (Severity.URGENT, "空鼓面积大，须整面返工")
        parts = [(part.kind, part.person) for part in responsibilities.current(complaint)]
        assert parts == [(ResponsibilityKind.LEAD, cast.zhao), (ResponsibilityKind.COOPERATOR, cast.zhou)]
        assert [promise.text for promise in complaint.promises] == ["明早九点带空鼓锤复查"]
        triage = next(clock for clock in complaint.clocks if clock.kind is ClockKind.TRIAGE)
        assert triage.state is ClockState.MET
        line = lines(complaint, EventKind.MEETING_ENDED)[0]
        assert line.details == {
            "took_seconds": 480,
            "over_seconds": 0,
            "people": ["林晓", "周强"],
            "is_called_off": False,
        }
        assert (meeting.ended_at, meeting.ended_by, meeting.overrun_at) == (later, cast.lin, None)
        assert meeting.decision == complaint.severity_reason

    def test_half_a_promise_leaves_everything_as_it_was(
        self, meeting: TriageMeeting, cast: Cast, now: datetime, session: Db
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            end(meeting, cast, now, promise_text="尽快")
        assert refusal.value.field == "promise_due_at"
        session.rollback()
        assert meeting.ended_at is None
        assert meeting.complaint.severity is None

    def test_without_a_reason_it_goes_on(self, meeting: TriageMeeting, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            end(meeting, cast, now, reason=" ")
        assert refusal.value.field == "reason"

    def test_the_lead_cooperates_with_others(
        self, meeting: TriageMeeting, cast: Cast, now: datetime, session: Db
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            end(meeting, cast, now, cooperators=[cast.zhao])
        assert refusal.value.field == "cooperators"
        session.rollback()
        assert meeting.ended_at is None

    def test_it_ends_once(self, meeting: TriageMeeting, cast: Cast, now: datetime) -> None:
        end(meeting, cast, now)
        with pytest.raises(Conflict):
            end(meeting, cast, now, severity=Severity.MAJOR)
        with pytest.raises(Conflict):
            meetings.call_off(meeting, reason="重复", actor=cast.lin, now=now)
        with pytest.raises(Conflict):
            meetings.going_on(meeting.complaint)
        assert meeting.complaint.severity is Severity.URGENT

    def test_calls_that_were_not_sent_yet_are_withdrawn(
        self, meeting: TriageMeeting, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        end(meeting, cast, now)
        states = {call.state for call in messages(NotificationKind.MEETING_CALLED)}
        assert states == {NotificationState.CANCELLED}

    def test_called_off_it_decides_nothing(self, meeting: TriageMeeting, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal):
            meetings.call_off(meeting, reason="", actor=cast.lin, now=now)
        meetings.call_off(meeting, reason="没有人来", actor=cast.lin, now=now)
        assert meeting.complaint.severity is None
        line = lines(meeting.complaint, EventKind.MEETING_ENDED)[0]
        assert (line.note, line.details["is_called_off"]) == ("没有人来", True)

    def test_a_complaint_does_not_end_under_its_meeting(
        self, meeting: TriageMeeting, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Conflict):
            complaints.make_void(meeting.complaint, reason="记错", actor=cast.roster, now=now)
        meetings.call_off(meeting, reason="记错", actor=cast.roster, now=now)
        complaints.make_void(meeting.complaint, reason="记错", actor=cast.roster, now=now)
        assert meeting.complaint.status is Status.VOID
        with pytest.raises(Conflict):
            start(meeting.complaint, cast, now)

    def test_while_it_goes_on_no_second_one_is_offered(self, meeting: TriageMeeting, cast: Cast, session: Db) -> None:
        session.expire_all()
        assert Action.MEET not in complaints.possible_actions(meeting.complaint, cast.lin)

    def test_two_who_end_it_at_once_decide_once_and_one_leads(
        self, meeting: TriageMeeting, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        number, ids = meeting.complaint.number, (cast.zhao.id, cast.zhou.id)

        def press(lead_id: int) -> Callable[[], None]:
            def act() -> None:
                mine = complaint_locks.by_number(number)
                lead = db.session.get_one(Person, lead_id)
                meetings.end(
                    meetings.going_on(mine),
                    severity=Severity.URGENT,
                    reason="返工",
                    side=FaultSide.CONSTRUCTION,
                    lead=lead,
                    cooperators=[],
                    actor=lead,
                    now=now,
                )

            return act

        results = at_once(*(press(lead_id) for lead_id in ids))
        assert [type(result) for result in results if result is not None] == [Conflict]
        session.expire_all()
        parts = responsibilities.current(meeting.complaint)
        assert [part.kind for part in parts] == [ResponsibilityKind.LEAD]
        assert len(lines(meeting.complaint, EventKind.GRADED)) == 1


class TestTheSweep:
    @pytest.mark.parametrize(
        ("seconds", "flagged"),
        [pytest.param(600, 0, id="10:00 is on time"), pytest.param(601, 1, id="10:01 is over")],
    )
    def test_what_goes_on_after_ten_minutes_is_flagged(
        self, seconds: int, flagged: int, meeting: TriageMeeting, clock: Hands, session: Db
    ) -> None:
        later = clock.forward(seconds=seconds)
        assert meetings.flag_overruns(now=later) == flagged
        session.commit()
        assert meeting.overrun_at == (meeting.due_at if flagged else None)
        assert len(lines(meeting.complaint, EventKind.MEETING_OVERRUN)) == flagged

    def test_it_is_flagged_once_however_often_one_looks(
        self, meeting: TriageMeeting, clock: Hands, now: datetime, at_once: Callable[..., list[Any]]
    ) -> None:
        later = clock.forward(hours=3)
        assert sum(at_once(*[lambda: meetings.flag_overruns(now=later)] * 3)) == 1
        assert meetings.flag_overruns(now=clock.forward(hours=1)) == 0
        assert len(lines(meeting.complaint, EventKind.MEETING_OVERRUN)) == 1

    def test_ending_late_is_on_record_without_a_sweep(self, meeting: TriageMeeting, cast: Cast, clock: Hands) -> None:
        later = clock.forward(minutes=12)
        end(meeting, cast, later)
        assert meeting.overrun_at == meeting.due_at
        assert lines(meeting.complaint, EventKind.MEETING_ENDED)[0].details["over_seconds"] == 120
        assert meetings.flag_overruns(now=later) == 0
