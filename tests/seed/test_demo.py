"""The demo week: believable, complete, and true to every rule of the desk. Loaded once for each database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

import seed
from admin_views.labels import labels_of
from admin_views.records import KINDS
from extensions import db
from models import (
    Clock,
    Compensation,
    Complaint,
    CorrectiveAction,
    Crew,
    Customer,
    Evidence,
    ExtraItem,
    Finding,
    FollowUp,
    Notification,
    OutwardCase,
    Person,
    Project,
    Promise,
    RecordChange,
    Shift,
    SmsInboxMessage,
    TimelineEvent,
    WorkOrder,
)
from rules.compensation import CompensationAction
from rules.escalation import DutyRoleCode
from rules.lifecycle import OPEN
from rules.vocabulary import (
    Category,
    ClockKind,
    ClockState,
    CompensationBasis,
    CompensationStatus,
    EscalationCause,
    EventKind,
    EvidenceUse,
    ExtraItemOutcome,
    FindingKind,
    FindingVerdict,
    NotificationState,
    OutwardBody,
    ResponsibilityKind,
    Role,
    Status,
    WorkOrderState,
)
from services import compensations, duty, evidence, inspections, people, responsibilities, statements, substitutions
from services.authorities import Seat
from tests.client import DeskClient, soup_of
from tests.conftest import SATURDAY_NIGHT, Databases, Hands, wipe

pytestmark = pytest.mark.xdist_group("demo")
PASSWORD = "a demo for everybody"
NOW = SATURDAY_NIGHT + timedelta(hours=16, minutes=47)


@pytest.fixture(scope="module")
def demo(databases: Databases, engine_name: str) -> Iterator[datetime]:
    """The demo around Sunday afternoon, 14:47; the value is that moment."""
    app = databases.app(engine_name, has_pages=False)
    with app.app_context():
        wipe(databases.get(engine_name).reference)
        seed.load_demo(NOW, PASSWORD)
        db.session.commit()
        yield NOW
        db.session.remove()


@pytest.fixture(autouse=True)
def forget(demo: datetime) -> Iterator[None]:
    """Whatever a test changes is not kept."""
    yield
    db.session.rollback()


def all_of(model: Any) -> list[Any]:
    return list(db.session.scalars(select(model).order_by(model.id)))


class TestThePeople:
    def test_there_is_one_login_for_each_role(self, demo: datetime) -> None:
        roles = {login: person_called(login).roles for login in seed.DEMO_LOGINS}
        assert roles == {
            "admin": {Role.ADMINISTRATOR},
            "intake": {Role.INTAKE},
            "duty": {Role.DUTY},
            "handler": {Role.HANDLER},
            "roster": {Role.DUTY_MANAGER},
            "approver": {Role.APPROVER},
            "analyst": {Role.ANALYST},
            "auditor": {Role.AUDITOR},
        }

    def test_everybody_logs_in_with_the_one_password_and_need_not_change_it(self, demo: datetime) -> None:
        for login in seed.DEMO_LOGINS:
            person = people.authenticate(login=login, password=PASSWORD, now=demo)
            assert not person.must_change_password

    def test_everybody_can_be_called(self, demo: datetime) -> None:
        assert all(person.phone.startswith("+8613800138") for person in all_of(Person))

    def test_no_two_share_a_number(self, demo: datetime) -> None:
        assert max(Counter(person.phone for person in all_of(Person)).values()) == 1


class TestThePassword:
    def test_moves_for_all_who_did_not_choose_their_own(self, demo: datetime) -> None:
        people.change_password(person_called("handler"), old=PASSWORD, new="my very own words", now=demo)
        assert seed.set_demo_password(old=PASSWORD, new="another for everybody", now=demo) == len(all_of(Person)) - 1
        assert people.has_password(person_called("duty"), "another for everybody")
        assert people.has_password(person_called("handler"), "my very own words")

    def test_stays_when_the_old_one_is_not_theirs(self, demo: datetime) -> None:
        assert seed.set_demo_password(old="never given out", new="another for everybody", now=demo) == 0


class TestTheRoster:
    def test_every_role_is_covered_at_this_moment(self, demo: datetime) -> None:
        assert {shift.role.code for shift in duty.on_duty(at=demo)} == set(DutyRoleCode)

    def test_the_login_duty_is_on_duty_for_engineering_and_roster_leads(self, demo: datetime) -> None:
        assert [shift.person.login for shift in duty.on_duty(at=demo, role=DutyRoleCode.ENGINEERING)] == ["duty"]
        assert [leader.login for leader in duty.leaders(at=demo)] == ["roster"]

    def test_only_legal_has_gaps_in_the_coming_week(self, demo: datetime) -> None:
        hours = [demo + timedelta(hours=hour) for hour in range(7 * 24)]
        gaps = {role for hour in hours for role in DutyRoleCode if not duty.on_duty(at=hour, role=role)}
        assert gaps == {DutyRoleCode.LEGAL}

    def test_nobody_entered_a_shift_after_it_began(self, demo: datetime) -> None:
        assert all(shift.created_at < shift.starts_at for shift in all_of(Shift))

    def test_no_complaint_ever_met_an_empty_post(self, demo: datetime) -> None:
        assert not lines(EventKind.NOBODY_ON_DUTY)


class TestTheComplaints:
    def test_every_state_and_every_kind_can_be_seen(self, demo: datetime) -> None:
        complaints = all_of(Complaint)
        assert {complaint.status for complaint in complaints} == set(Status)
        assert {complaint.category for complaint in complaints} == set(Category)
        assert {complaint.severity for complaint in complaints} == {1, 2, 3, None}

    def test_their_numbers_follow_the_order_in_which_they_came(self, demo: datetime) -> None:
        complaints = sorted(all_of(Complaint), key=lambda complaint: complaint.recorded_at)
        assert [complaint.number for complaint in complaints] == sorted(complaint.number for complaint in complaints)

    def test_each_has_both_clocks(self, demo: datetime) -> None:
        for complaint in all_of(Complaint):
            assert {ClockKind.CONTACT, ClockKind.TRIAGE} <= {clock.kind for clock in complaint.clocks}
            assert not complaint.is_history

    def test_only_open_ones_have_a_running_clock_but_for_what_follows_the_solution(self, demo: datetime) -> None:
        afterwards = (ClockKind.FOLLOW_UP, ClockKind.FORMAL_REPLY, ClockKind.COMPENSATION)
        running = [clock for clock in all_of(Clock) if clock.is_unstopped]
        assert all(clock.complaint.is_open or clock.kind in afterwards for clock in running)
        assert not any(clock.complaint.is_finished for clock in running)

    def test_each_graded_one_has_exactly_one_lead(self, demo: datetime) -> None:
        for complaint in all_of(Complaint):
            leads = [part for part in responsibilities.current(complaint) if part.kind is ResponsibilityKind.LEAD]
            assert len(leads) == (complaint.severity is not None)

    def test_each_closed_one_tells_how_the_customer_agreed(self, demo: datetime) -> None:
        for complaint in all_of(Complaint):
            if complaint.status is Status.CLOSED:
                assert complaint.resolution
                assert [line.note for line in complaint.timeline if line.kind is EventKind.CLOSED] != [""]

    def test_the_contracts_of_the_sample_files_are_known(self, demo: datetime) -> None:
        known = {project.contract_no for project in all_of(Project)}
        assert known >= {"ZX2025-0533", "ZX2026-0018", "ZX2026-0107", "ZX2026-0251"}

    def test_some_customers_have_no_project(self, demo: datetime) -> None:
        assert db.session.scalar(select(func.count(Customer.id)).where(~Customer.projects.any()))


class TestRightNow:
    def test_one_waits_for_its_acknowledgement_with_minutes_left(self, demo: datetime) -> None:
        fresh = [c for c in open_ones() if not c.acknowledged_at and not c.escalations]
        assert [demo < clock.due_at < demo + timedelta(minutes=10) for c in fresh for clock in contact_clocks(c)] == [
            True
        ]
        assert all(c.escalation_due_at > demo for c in fresh)

    def test_one_is_overdue_and_has_climbed_by_itself(self, demo: datetime) -> None:
        climbed = [c for c in open_ones() if not c.acknowledged_at and c.escalations]
        assert [contact.state for c in climbed for contact in contact_clocks(c)] == [ClockState.BREACHED]
        assert {step.cause for c in climbed for step in c.escalations} == {EscalationCause.UNANSWERED}
        assert all(c.escalation_due_at > demo for c in climbed)

    def test_one_waits_for_its_level(self, demo: datetime) -> None:
        waiting = [c for c in open_ones() if c.status is Status.CONTACTED and c.severity is None]
        assert [clock.state for c in waiting for clock in c.clocks if clock.kind is ClockKind.TRIAGE] == [
            ClockState.RUNNING
        ]

    def test_promises_fall_due_today(self, demo: datetime) -> None:
        today = timedelta(hours=9)  # From 14:47 to midnight by the company's clock.
        assert [p for p in all_of(Promise) if p.kept_at is None and demo < p.due_at <= demo + today]

    def test_some_compensations_wait_for_the_approver(self, demo: datetime) -> None:
        assert len([c for c in all_of(Compensation) if c.status is CompensationStatus.OFFERED]) == 3

    def test_a_special_approval_lacks_the_signature_of_the_one_who_looks_at_the_demo(self, demo: datetime) -> None:
        [special] = [c for c in all_of(Compensation) if c.status is CompensationStatus.OFFERED and c.special]
        seat = Seat.of(person_called("approver"), now=demo)
        assert [row.by.login for row in compensations.signatures(special)] == ["guchanghe"]
        assert CompensationAction.SIGN in compensations.possible_steps(special, seat)

    def test_nothing_lies_in_the_future(self, demo: datetime) -> None:
        assert all(line.at <= demo for line in all_of(TimelineEvent))
        assert all(message.created_at <= demo for message in all_of(Notification))


class TestThePastMonth:
    def test_some_were_called_back_in_time_and_some_were_not(self, demo: datetime) -> None:
        states = Counter(clock.state for clock in all_of(Clock) if clock.kind is ClockKind.CONTACT)
        assert states[ClockState.MET] > 3 * states[ClockState.MISSED] >= 9

    def test_it_goes_back_thirty_days(self, demo: datetime) -> None:
        first = min(complaint.first_word_at for complaint in all_of(Complaint))
        assert timedelta(days=25) < demo - first < timedelta(days=31)

    def test_every_timeline_begins_with_the_record_and_runs_forward(self, demo: datetime) -> None:
        for complaint in all_of(Complaint):
            story = sorted(complaint.timeline, key=lambda line: line.id)
            assert story[0].kind is EventKind.RECORDED
            assert all(earlier.at <= later.at for earlier, later in pairwise(story))

    def test_somebody_escalated_by_hand_with_a_reason(self, demo: datetime) -> None:
        steps = [step for complaint in all_of(Complaint) for step in complaint.escalations]
        assert [step.reason for step in steps if step.cause is EscalationCause.MANUAL] != [""]


class TestTheMoney:
    def test_compensations_of_every_status_can_be_seen(self, demo: datetime) -> None:
        assert {compensation.status for compensation in all_of(Compensation)} == set(CompensationStatus)

    def test_a_delay_is_worth_its_days_times_the_contracts_rate(self, demo: datetime) -> None:
        delays = [c for c in all_of(Compensation) if c.basis is CompensationBasis.DELAY]
        assert all(c.amount == c.delay_days * c.complaint.project.daily_delay_rate for c in delays)
        assert "500.00" in {str(c.amount) for c in delays}

    def test_nobody_decided_on_their_own_offer(self, demo: datetime) -> None:
        assert all(c.decided_by_id != c.offered_by_id for c in all_of(Compensation))


class TestTheMessages:
    def test_all_of_them_arrived_on_a_sandbox_phone_by_themselves_or_inside_another(self, demo: datetime) -> None:
        apart = [message for message in all_of(Notification) if message.bundle is None]
        assert {message.state for message in apart} == {NotificationState.DELIVERED}
        assert {message.message_id for message in all_of(SmsInboxMessage)} == {message.public_id for message in apart}

    def test_each_arrived_within_a_minute_of_when_it_was_due(self, demo: datetime) -> None:
        arrived = [(message, message.bundle or message) for message in all_of(Notification)]
        assert all(sent.accepted_at - message.due_at < timedelta(minutes=1) for message, sent in arrived)

    def test_each_tells_its_own_history(self, demo: datetime) -> None:
        assert all(message.steps[-1].state is message.state for message in all_of(Notification))


class TestTheEvidence:
    def test_every_picture_is_on_the_disk(self, demo: datetime) -> None:
        pictures = all_of(Evidence)
        assert {picture.use for picture in pictures} >= {EvidenceUse.GENERAL, EvidenceUse.AFTER, EvidenceUse.PROOF}
        assert all(evidence.path(picture).read_bytes().startswith(b"\x89PNG") for picture in pictures)
        assert {picture.media_type for picture in pictures} == {"image/png"}


class TestWhatFollowsThePromise:
    def test_somebody_outside_waits_for_an_answer_and_all_say_the_same(self, demo: datetime) -> None:
        waiting = [case for case in all_of(OutwardCase) if case.ended_at is None]
        assert {case.body for case in waiting} == {OutwardBody.CONSUMER_ASSOCIATION, OutwardBody.CONSUMER_HOTLINE}
        assert all(case.due_at > demo and case.course and case.reference for case in waiting)
        asked = {case.complaint for case in all_of(OutwardCase) if case.body is not OutwardBody.CONSUMER_HOTLINE}
        assert all(statements.in_force(complaint) for complaint in asked)

    def test_extra_items_were_decided_on_with_the_contract_open(self, demo: datetime) -> None:
        items = all_of(ExtraItem)
        assert {item.outcome for item in items} == {ExtraItemOutcome.WITHDRAWN, ExtraItemOutcome.REDUCED}
        assert all(item.clause and item.page and item.necessity for item in items)

    def test_a_bad_answer_took_a_complaint_up_again(self, demo: datetime) -> None:
        [bad] = [asked for asked in all_of(FollowUp) if asked.is_satisfied is False]
        assert bad.complaint.status is Status.HANDLING
        assert bad.complaint.acknowledged_at is not None

    def test_water_stands_on_a_floor(self, demo: datetime) -> None:
        [water] = [found for found in all_of(Finding) if found.kind is FindingKind.WATER_HOLDING]
        assert inspections.verdict(water) is FindingVerdict.RUNNING

    def test_every_crew_has_an_order_and_one_belongs_to_no_complaint(self, demo: datetime) -> None:
        orders = all_of(WorkOrder)
        assert {order.crew for order in orders} == set(all_of(Crew))
        assert {order.state for order in orders} == {
            WorkOrderState.PLANNED,
            WorkOrderState.QUOTED,
            WorkOrderState.RUNNING,
            WorkOrderState.CLOSED,
        }
        assert [order for order in orders if order.complaint is None]

    def test_one_action_was_looked_at_and_one_is_to_be(self, demo: datetime) -> None:
        done = [action for action in all_of(CorrectiveAction) if action.done_at]
        assert sorted(action.effect is None for action in done) == [False, True]

    def test_somebody_stands_in_today(self, demo: datetime) -> None:
        assert [person.login for person in substitutions.stands_for(person_called("yelan"), now=demo)] == ["guchanghe"]

    def test_money_was_paid_with_the_picture_of_its_proof(self, demo: datetime) -> None:
        proofs = [picture for picture in all_of(Evidence) if picture.use is EvidenceUse.PROOF]
        assert [proof.compensation.status for proof in proofs] == [CompensationStatus.PAID]


class TestLoadingItAgain:
    def test_does_nothing(self, demo: datetime) -> None:
        before = len(all_of(Complaint)), len(all_of(Person)), len(all_of(Shift))
        assert seed.has_demo()
        assert not seed.load_demo(demo + timedelta(days=3), "something else")
        assert (len(all_of(Complaint)), len(all_of(Person)), len(all_of(Shift))) == before


def person_called(login: str) -> Person:
    return db.session.scalars(select(Person).where(Person.login == login)).one()


def open_ones() -> list[Complaint]:
    return [complaint for complaint in all_of(Complaint) if complaint.status in OPEN]


def contact_clocks(complaint: Complaint) -> list[Clock]:
    return [clock for clock in complaint.clocks if clock.kind is ClockKind.CONTACT]


def lines(kind: EventKind) -> list[TimelineEvent]:
    return [line for line in all_of(TimelineEvent) if line.kind is kind]


class TestTheRecordOfChanges:
    def test_everything_in_it_has_a_name(self, demo: datetime) -> None:
        """Neither a table's name nor a column's stands on a screen as the database spells it."""
        for change in all_of(RecordChange):
            assert change.record_type in KINDS
            assert change.changes.keys() <= labels_of(change.record_type).keys(), change.record_type


class TestOnScreen:
    """Somebody looks at it for the first time. The last class of the file: a login leaves its trace."""

    @pytest.fixture
    def new_client(
        self, demo: datetime, databases: Databases, engine_name: str, redis_url: str, clock: Hands
    ) -> Callable[[], DeskClient]:
        """Visitors of the desk that has the demo."""
        clock.set(demo)
        return databases.app(engine_name, has_pages=True).test_client

    @pytest.mark.timeout(300)
    def test_every_login_comes_in_and_every_page_opens(self, new_client: Callable[[], DeskClient]) -> None:
        numbers = db.session.scalars(select(Complaint.number)).all()
        for login in seed.DEMO_LOGINS:
            visitor = new_client()
            assert visitor.login(login, PASSWORD).status_code == HTTPStatus.FOUND
            for page in menu(visitor):
                assert visitor.get(page, follow_redirects=True).status_code == HTTPStatus.OK, (login, page)

        leader = new_client()
        leader.login("roster", PASSWORD)
        workbench = soup_of(leader.get("/")).get_text(" ", strip=True)
        for words in ("翠湖花园", "梧桐苑", "金地名郡", "每日进度：发全屋视频"):
            assert words in workbench
        for number in numbers:
            assert leader.get(f"/complaints/{number}").status_code == HTTPStatus.OK, number


def menu(visitor: DeskClient) -> list[str]:
    """Every page that the navigation offers this visitor."""
    links = {str(link["href"]) for link in soup_of(visitor.get("/")).select("nav a[href^='/']")}
    pages = sorted(link for link in links if "log" not in link and "lang" not in link)
    assert pages
    return pages
