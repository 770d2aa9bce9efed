"""Why was nobody told? Each person at each step: what was sent, how, what became of it, what they answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Customer, Notification, Shift
from rules.escalation import Target, Whom
from rules.message_fates import Fate
from rules.vocabulary import (
    EventKind,
    MessageRelation,
    NotificationKind,
    NotificationState,
    ReplyOutcome,
    Status,
)
from services import calls, complaints, delivery_report, escalations, notifications, timeline
from services.actors import SYSTEM
from services.delivery_report import Report, Told
from tests.conftest import Hands
from tests.factories import (
    ComplaintFactory,
    CustomerFactory,
    InboundMessageFactory,
    IntakeFactory,
    NotificationFactory,
)
from tests.query_count import queries

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
K, S = NotificationKind, NotificationState


def of(complaint: Complaint, session: Db) -> Report:
    session.flush()
    session.expire_all()
    return delivery_report.of(complaint)


def person(report: Report, name: str) -> Told:
    """The person's newest line."""
    return next(told for step in report.steps for told in step.told if told.name == name)


@pytest.fixture
def call(complaint: Complaint, messages: Messages) -> Notification:
    """周强's first call, which waits."""
    return messages(K.DUTY_CALL)[0]


class TestSteps:
    def test_the_first_call_stands_at_its_step_with_its_message(self, call, complaint, session):
        (step,) = of(complaint, session).steps
        (told,) = step.told
        assert step.escalation is None and told.name == "周强" and told.messages == [call]
        assert told.fate is Fate.ON_ITS_WAY and told.summons is not None

    def test_every_step_has_its_people_the_newest_on_top(self, complaint, clock: Hands, session):
        escalations.sweep(now=clock.set(complaint.escalation_due_at))
        newest, first = of(complaint, session).steps
        assert first.escalation is None and newest.escalation is not None
        assert newest.at == clock.now() and newest.told
        assert all(len(told.messages) == 1 for told in newest.told)

    def test_an_answer_counts_whatever_the_receipts_say(self, call, complaint, cast, now, session):
        call.state, call.finished_at = S.FAILED, now
        complaints.acknowledge(complaint, actor=cast.zhou, now=now)
        told = person(of(complaint, session), "周强")
        assert told.fate is Fate.ANSWERED and not told.is_unreached

    def test_what_was_typed_back_stands_beside_it(self, call, complaint, cast, session):
        InboundMessageFactory(notification=call, person=cast.zhou, text="0 A0238", outcome=ReplyOutcome.DONE)
        assert [reply.text for reply in person(of(complaint, session), "周强").replies] == ["0 A0238"]

    def test_another_way_and_once_more_belong_to_the_same_person(self, call, complaint, cast, now, session):
        call.state, call.finished_at = S.FAILED, now
        also = {"person": cast.zhou, "complaint": complaint, "kind": K.DUTY_CALL}
        mail = NotificationFactory(parent=call, relation=MessageRelation.FALLBACK, state=S.FAILED, **also)
        again = NotificationFactory(parent=mail, relation=MessageRelation.RESENT, state=S.DELIVERED, **also)
        report = of(complaint, session)
        assert person(report, "周强").messages == [call, mail, again]
        assert person(report, "周强").fate is Fate.REACHED and not report.notices

    def test_of_a_bundled_one_the_bundle_says_what_became_of_it(self, call, complaint, cast, now, session):
        bundle = NotificationFactory(person=cast.zhou, kind=K.BUNDLE, state=S.FAILED)
        mail = NotificationFactory(person=cast.zhou, kind=K.BUNDLE, parent=bundle, relation=MessageRelation.FALLBACK)
        voice = NotificationFactory(
            person=cast.zhou, kind=K.BUNDLE, parent=mail, relation=MessageRelation.FALLBACK, state=S.ACCEPTED
        )
        call.state, call.bundle_id, call.finished_at = S.BUNDLED, bundle.id, now
        mail.state = S.FAILED
        told = person(of(complaint, session), "周强")
        assert told.messages == [call, bundle, mail, voice] and told.fate is Fate.TAKEN


class TestUntold:
    @pytest.mark.parametrize(
        ("state", "fate"),
        [(S.FAILED, Fate.LOST), (S.EXPIRED, Fate.LOST), (S.UNKNOWN, Fate.UNCERTAIN), (S.CANCELLED, Fate.SPARED)],
    )
    def test_it_opens_when_somebody_was_not_reached(self, state, fate, call, complaint, session):
        assert not of(complaint, session).is_alarming
        call.state = state
        report = of(complaint, session)
        assert person(report, "周强").fate is fate
        assert report.is_alarming is (fate is not Fate.SPARED)

    def test_it_stays_folded_when_the_case_is_over(self, call, complaint, session):
        call.state, complaint.status = S.FAILED, Status.CLOSED
        report = of(complaint, session)
        assert report.unreached and not report.is_alarming

    def test_who_has_no_number_is_named_with_the_reason(self, cast, on_duty, now, session):
        cast.zhou.phone = None
        complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
        told = person(of(complaint, session), "周强")
        assert (told.fate, told.hindrance, told.messages) == (Fate.UNTOLD, "no_number", [])

    def test_a_post_where_nobody_stood_is_named_at_its_step(self, cast, on_duty, now, session):
        session.execute(delete(Shift).where(Shift.person_id == cast.zhou.id))
        complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
        report = of(complaint, session)
        (step,) = report.steps
        assert [gap.details["role"] for gap in step.gaps] == ["engineering"]
        assert report.is_alarming, "whoever was told instead"

    def test_a_customer_who_wants_nothing_is_named_beside_the_chain(self, complaint, now, session):
        timeline.add(
            complaint,
            EventKind.NOTIFICATION_FAILED,
            actor=SYSTEM,
            now=now + timedelta(minutes=1),
            details={"person": "王女士", "message": K.PROGRESS_REPORT, "state": "opted_out"},
        )
        (told,) = of(complaint, session).notices
        assert (told.name, told.kind, told.hindrance) == ("王女士", K.PROGRESS_REPORT, "opted_out")


class TestNotices:
    def test_other_messages_of_the_case_stand_beside_the_chain(self, complaint, cast, session):
        customer: Customer = CustomerFactory(name="王女士")
        NotificationFactory(
            person=None, customer=customer, phone=customer.phone, kind=K.APPOINTMENT_MADE, complaint=complaint
        )
        NotificationFactory(person=cast.lin, kind=K.CLOCK_WARNING, complaint=complaint)
        assert [told.name for told in of(complaint, session).notices] == ["林晓", "王女士"]

    def test_a_call_by_hand_has_a_step_of_its_own(self, complaint, cast, clock: Hands, session):
        to = Whom(Target.PERSON, str(cast.zhao.id))
        escalations.escalate(complaint, reason="请赵磊处理", to=to, actor=cast.lin, now=clock.forward(minutes=1))
        step = of(complaint, session).steps[0]
        assert [told.name for told in step.told] == ["赵磊"] and step.escalation.raised_by == cast.lin


class TestBounds:
    def test_it_takes_five_questions_however_long_the_case_lasted(self, complaint, cast, clock: Hands, session):
        for _ in range(8):
            escalations.sweep(now=clock.set(complaint.escalation_due_at))
        bundle = NotificationFactory(person=cast.zhou, kind=K.BUNDLE)
        for n in range(40):
            told = NotificationFactory(person=cast.lin, kind=K.CLOCK_WARNING, complaint=complaint)
            told.state, told.bundle_id = S.BUNDLED, bundle.id
            InboundMessageFactory(notification=told, person=cast.lin, provider_id=f"r{n}")
        session.commit()
        complaint_id = complaint.id
        session.expunge_all()
        complaint = session.get_one(Complaint, complaint_id)
        with queries() as asked:
            report = delivery_report.of(complaint)
            names = [each.name for each in report.told], report.unreached, report.is_alarming
        assert names and len(report.steps) == 9 and report.has_more
        assert len(asked) <= 5, "\n".join(asked)

    def test_a_case_without_a_word(self, session):
        report = of(ComplaintFactory(), session)
        assert not report.told and not report.is_alarming and not report.has_more


class TestLostLately:
    def lost(self, **more) -> Notification:
        return NotificationFactory(**{"state": S.FAILED, **more})

    def test_what_did_not_arrive_and_nothing_followed(self, cast, now, session):
        lost = self.lost(person=cast.zhou)
        followed = self.lost(person=cast.zhou)
        NotificationFactory(parent=followed, relation=MessageRelation.FALLBACK, state=S.QUEUED)
        vain = self.lost(person=cast.zhou)
        last = self.lost(person=cast.zhou, parent=vain, relation=MessageRelation.RESENT)
        self.lost(person=cast.zhou, is_drill=True)
        self.lost(person=cast.zhou, created_at=now - timedelta(days=1), due_at=now)
        self.lost(person=cast.zhou, state=S.UNKNOWN, ask_at=now)
        session.commit()
        assert delivery_report.lost_lately(now=now) == [last, lost]

    def test_it_is_bounded(self, cast, now, session):
        for _ in range(delivery_report.LOST_ROWS + 3):
            self.lost(person=cast.zhou)
        session.commit()
        assert len(delivery_report.lost_lately(now=now)) == delivery_report.LOST_ROWS


def test_a_message_that_is_queued_twice_is_no_second_one(complaint, cast, now, session):
    for _ in range(2):
        notifications.queue(
            kind=K.NOBODY_ON_DUTY, person=cast.lin, dedup_key="x", complaint=complaint, now=now, number="1", role="工程"
        )
    assert len(person(of(complaint, session), "林晓").messages) == 1
