"""Replies: a digit does what its button would, in its writer's name; everything else is kept, answered and harmless."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Reply
from models import Complaint, InboundMessage, Notification, Person
from rules import reply_codes as codes
from rules.answers import LONGEST, SENTENCES, Say, sentence
from rules.severity import Facts
from rules.vocabulary import (
    Category,
    EscalationCause,
    EventKind,
    MessageLanguage,
    MessageRelation,
    NotificationKind,
    NotificationState,
    ReplyOutcome,
    Role,
    Status,
)
from services import calls, complaints, drills, people, replies, reply_codes, summonses
from tests.cast import Cast
from tests.factories import (
    ComplaintFactory,
    CustomerFactory,
    IntakeFactory,
    NotificationFactory,
    PersonFactory,
    ShiftFactory,
)
from tests.services.conftest import lines

Db = scoped_session[Session]
STATE = NotificationState
STRANGER = "+8613900139999"


@pytest.fixture
def sent(session: Db, now: datetime) -> Callable[..., list[Notification]]:
    """Everything that waits goes out now, with codes where it can be answered; what went out newly, in order."""

    def send() -> list[Notification]:
        waiting = session.scalars(
            select(Notification).where(Notification.state == STATE.QUEUED).order_by(Notification.id)
        ).all()
        for notification in waiting:
            notification.state, notification.channel = STATE.ACCEPTED, "sandbox"
            notification.attempted_at = notification.accepted_at = now
        reply_codes.give(waiting, now=now)
        session.commit()
        return list(waiting)

    return send


@pytest.fixture
def call(complaint: Complaint, sent: Callable[..., list[Notification]], cast: Cast) -> Notification:
    """The message that made 周强's phone ring."""
    return next(each for each in sent() if each.person_id == cast.zhou.id)


class Writes:
    """Somebody writes; what the desk made of it."""

    def __init__(self, session: Db, now: datetime) -> None:
        self.session, self.now, self.count = session, now, 0

    def __call__(
        self,
        who: Person | str,
        text: str,
        *,
        at: datetime | None = None,
        provider_id: str = "",
        channel: str = "sandbox",
    ) -> InboundMessage:
        self.count += 1
        phone = who if isinstance(who, str) else str(who.phone)
        reply = Reply(provider_id or f"r{self.count}", phone, text)
        replies.take(channel, [reply], now=at or self.now)
        self.session.commit()
        newest = select(InboundMessage).where(InboundMessage.provider_id == reply.provider_id)
        return self.session.scalars(newest).one()


@pytest.fixture
def writes(session: Db, now: datetime) -> Writes:
    """Write as somebody."""
    return Writes(session, now)


def answer_of(inbound: InboundMessage) -> str:
    """What was written back."""
    assert inbound.answer is not None
    answer = inbound.answer
    assert (answer.kind, answer.phone) == (NotificationKind.ANSWER, inbound.phone)
    return answer.text


class TestADigit:
    @pytest.mark.parametrize("text", ["1", "１", " 1。", "接单", "1 {code}", "{code} 1", "1{code}", "１　{code}"])
    def test_one_acknowledges(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, text: str
    ) -> None:
        inbound = writes(cast.zhou, text.format(code=call.reply_code))
        assert (complaint.acknowledged_by, complaint.handler) == (cast.zhou, cast.zhou)
        assert complaint.escalation_due_at is None
        assert lines(complaint, EventKind.ACKNOWLEDGED)[0].actor is cast.zhou
        assert (inbound.outcome, inbound.notification, inbound.person) == (ReplyOutcome.DONE, call, cast.zhou)
        assert answer_of(inbound) == f"{complaint.number}您已接单。"
        assert inbound.answer is not None and inbound.answer.relation is MessageRelation.ANSWER
        assert inbound.answer.parent is call and (call.answer, call.answered_at) == ("acknowledge", writes.now)

    def test_two_escalates(self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes) -> None:
        inbound = writes(cast.zhou, f"2 {call.reply_code}")
        assert complaint.escalation_level == 1 and inbound.outcome is ReplyOutcome.DONE
        told = lines(complaint, EventKind.ESCALATED)[0]
        assert (told.actor, told.details["cause"]) == (cast.zhou, EscalationCause.MANUAL)

    def test_two_twice_climbs_once(self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes) -> None:
        writes(cast.zhou, f"2 {call.reply_code}")
        inbound = writes(cast.zhou, f"2 {call.reply_code}")
        assert complaint.escalation_level == 1
        assert (inbound.outcome, inbound.words) == (
            ReplyOutcome.REFUSED,
            sentence(Say.DONE_BEFORE, about=complaint.number),
        )

    def test_three_passes_it_on_to_somebody_else_on_duty(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, sent: Any
    ) -> None:
        inbound = writes(cast.zhou, "3")
        assert complaint.handler is not None and complaint.handler is not cast.zhou
        handed = lines(complaint, EventKind.ASSIGNED)[0]
        assert (handed.actor, handed.note) == (cast.zhou, "短信回复：转下一位")
        assert complaint.escalation_due_at is not None, "if they do not answer either, the chain goes on"
        called = [each for each in sent() if each.kind is NotificationKind.ASSIGNED]
        assert [each.person for each in called] == [complaint.handler]
        assert answer_of(inbound) == f"{complaint.number}已转给下一位，正在呼叫。"

    def test_three_goes_to_the_same_post_first(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, on_duty: Any, session: Db
    ) -> None:
        beside = PersonFactory(roles=[Role.DUTY])
        ShiftFactory(role=complaint.duty_role, person=beside)
        session.commit()
        writes(cast.zhou, "3")
        assert complaint.handler is beside

    def test_nought_says_no_in_their_name_and_the_chain_goes_on_at_once(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes
    ) -> None:
        inbound = writes(cast.zhou, f"0 {call.reply_code}")
        said = lines(complaint, EventKind.REPLIED)[0]
        assert (said.actor, said.details["action"]) == (cast.zhou, "cannot")
        assert complaint.escalation_level == 1 and complaint.acknowledged_at is None
        assert inbound.outcome is ReplyOutcome.DONE

    def test_nought_of_one_of_several_waits_for_the_others(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, sent: Any, now: datetime
    ) -> None:
        summonses.summon(complaint, [cast.he], escalation=None, each=False, now=now)
        writes(cast.zhou, "0")
        assert complaint.escalation_level == 0
        NotificationFactory(
            kind=NotificationKind.DUTY_CALL,
            person=cast.he,
            complaint=complaint,
            state=STATE.ACCEPTED,
            attempted_at=now,
        )
        writes(cast.he, "0")
        assert complaint.escalation_level == 1, "nobody else is left"

    def test_nought_of_whoever_has_it_lets_it_go(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes
    ) -> None:
        writes(cast.zhou, "1")
        writes(cast.zhou, f"0 {call.reply_code}")
        assert complaint.acknowledged_at is None and complaint.escalation_due_at is not None

    def test_of_several_who_must_answer_the_first_hears_that_others_must(
        self, cast: Cast, on_duty: Any, now: datetime, sent: Any, writes: Writes
    ) -> None:
        major = calls.record(
            IntakeFactory(facts=Facts(Category.QUALITY, is_media_involved=True)), actor=cast.xiaozhou, now=now
        )
        sent()
        assert answer_of(writes(cast.zhou, "1")) == f"{major.number}已记录您接单，还须其他人接单。"
        assert major.acknowledged_at is None
        assert answer_of(writes(cast.lin, "1")) == f"{major.number}您已接单。"
        assert major.acknowledged_at is not None

    def test_the_same_reply_again_acts_once(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, session: Db
    ) -> None:
        reply = Reply("same", str(cast.zhou.phone), "2")
        assert [replies.take("sandbox", [reply, reply], now=writes.now) for _ in range(3)] == [1, 0, 0]
        assert complaint.escalation_level == 1
        assert session.scalar(select(func.count(InboundMessage.id))) == 1

    def test_a_key_pressed_in_a_call_means_the_message_that_was_read_out(
        self,
        call: Notification,
        complaint: Complaint,
        cast: Cast,
        writes: Writes,
        session: Db,
        now: datetime,
        sent: Any,
    ) -> None:
        other = calls.record(IntakeFactory(problem="窗台渗水"), actor=cast.xiaozhou, now=now)
        sent()
        call.channel, call.provider_id = "voice", "CA1"
        session.commit()
        writes(cast.zhou, "1", provider_id="CA1", channel="voice")
        assert complaint.acknowledged_by is cast.zhou and other.acknowledged_by is None

    def test_the_answer_comes_in_the_language_of_the_person(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes
    ) -> None:
        cast.zhou.message_language = MessageLanguage.ENGLISH
        assert answer_of(writes(cast.zhou, "1")) == f"{complaint.number}: it is yours."


class TestWithoutACode:
    def test_of_two_that_wait_none_is_guessed(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, now: datetime, sent: Any
    ) -> None:
        other = calls.record(IntakeFactory(problem="窗台渗水"), actor=cast.xiaozhou, now=now)
        newer = next(each for each in sent() if each.person_id == cast.zhou.id)
        inbound = writes(cast.zhou, "1")
        assert inbound.outcome is ReplyOutcome.AMBIGUOUS
        assert (complaint.acknowledged_by, other.acknowledged_by) == (None, None)
        assert f"1 {newer.reply_code}" in answer_of(inbound) and other.number in answer_of(inbound)
        assert writes(cast.zhou, f"1 {call.reply_code}").outcome is ReplyOutcome.DONE
        assert writes(cast.zhou, "1").outcome is ReplyOutcome.DONE, "one is left"
        assert (complaint.acknowledged_by, other.acknowledged_by) == (cast.zhou, cast.zhou)

    def test_where_the_words_told_no_code_none_is_asked_for(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, now: datetime, sent: Any
    ) -> None:
        calls.record(IntakeFactory(problem="窗台渗水"), actor=cast.xiaozhou, now=now)
        for each in sent():
            each.reply_code = ""
        assert writes(cast.zhou, "1").words == sentence(Say.WHICH_UNSAID, count=2)

    def test_two_calls_to_the_same_complaint_are_one_matter(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, now: datetime
    ) -> None:
        NotificationFactory(
            kind=NotificationKind.ESCALATION,
            person=cast.zhou,
            complaint=complaint,
            state=STATE.DELIVERED,
            attempted_at=now,
        )
        assert writes(cast.zhou, "1").outcome is ReplyOutcome.DONE

    def test_what_somebody_else_took_meanwhile_is_said(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, now: datetime
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.lin, now=now)
        inbound = writes(cast.zhou, "1")
        assert (inbound.outcome, answer_of(inbound)) == (
            ReplyOutcome.REFUSED,
            f"{complaint.number}已有人接单，不用再接。",
        )
        assert cast.lin.name not in answer_of(inbound), "no name stands in an SMS"
        assert complaint.acknowledged_by is cast.lin

    @pytest.mark.parametrize("state", [STATE.QUEUED, STATE.FAILED, STATE.CANCELLED, STATE.EXPIRED])
    def test_what_never_arrived_is_not_meant(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, state: STATE
    ) -> None:
        call.state = state
        inbound = writes(cast.zhou, "1")
        assert inbound.words == sentence(Say.NOTHING_WAITS) and complaint.acknowledged_by is None

    def test_after_a_week_nothing_waits(self, call: Notification, cast: Cast, writes: Writes, now: datetime) -> None:
        late = now + reply_codes.LIVES + timedelta(seconds=1)
        assert writes(cast.zhou, "1", at=late).words == sentence(Say.NOTHING_WAITS)


class TestNoEffect:
    """A clear answer, kept with its outcome, and nothing else."""

    @pytest.fixture(autouse=True)
    def untouched(self, complaint: Complaint, call: Notification) -> Any:
        before = self.facts(complaint)
        yield
        assert self.facts(complaint) == before

    @staticmethod
    def facts(complaint: Complaint) -> tuple[Any, ...]:
        return (complaint.acknowledged_at, complaint.handler_id, complaint.escalation_level, complaint.status)

    @pytest.mark.parametrize("text", ["1", "1 {code}", "你好", "2 {code}"])
    def test_for_a_number_that_nobody_has(self, call: Notification, writes: Writes, text: str) -> None:
        inbound = writes(STRANGER, text.format(code=call.reply_code))
        assert (inbound.outcome, inbound.person_id) == (ReplyOutcome.UNKNOWN_NUMBER, None)
        assert answer_of(inbound) == "本号码未登记，回复未作处理。"
        assert inbound.answer is not None and inbound.answer.person_id is inbound.answer.customer_id is None

    def test_a_stranger_who_goes_on_hears_no_more(self, writes: Writes) -> None:
        answered = [writes(STRANGER, "1").answer is not None for _ in range(6)]
        assert answered == [True, True, False, False, False, False]
        assert writes(STRANGER, "1", at=writes.now + timedelta(hours=1, seconds=1)).answer is not None

    def test_for_somebody_who_left(self, call: Notification, cast: Cast, writes: Writes) -> None:
        cast.zhou.is_active = False
        assert writes(cast.zhou, f"1 {call.reply_code}").outcome is ReplyOutcome.UNKNOWN_NUMBER

    def test_for_the_old_phone_of_somebody_with_a_new_one(
        self, call: Notification, cast: Cast, writes: Writes, now: datetime
    ) -> None:
        old = str(cast.zhou.phone)
        people.edit(cast.zhou, name="周强", position=None, phone="13900135555", email="", actor=cast.admin, now=now)
        assert writes(old, f"1 {call.reply_code}").outcome is ReplyOutcome.UNKNOWN_NUMBER
        assert writes(cast.zhou, f"1 {call.reply_code}").outcome is ReplyOutcome.OF_ANOTHER

    def test_for_a_code_of_somebody_else(self, call: Notification, cast: Cast, writes: Writes) -> None:
        inbound = writes(cast.he, f"1 {call.reply_code}")
        assert (inbound.outcome, answer_of(inbound)) == (
            ReplyOutcome.OF_ANOTHER,
            f"编号{call.reply_code}不是发给您的，未作处理。",
        )

    def test_for_a_code_that_was_never_given_and_for_a_slip_of_the_finger(
        self, call: Notification, cast: Cast, writes: Writes
    ) -> None:
        never = codes.next_code(call.reply_code)
        slip = f"{call.reply_code[:-1]}{(int(call.reply_code[-1]) + 1) % 10}"
        for code in (never, slip):
            inbound = writes(cast.zhou, f"1 {code}")
            assert (inbound.outcome, code in answer_of(inbound)) == (ReplyOutcome.UNKNOWN_CODE, True)

    def test_for_a_code_that_is_too_old(self, call: Notification, cast: Cast, writes: Writes, now: datetime) -> None:
        late = now + reply_codes.LIVES + timedelta(seconds=1)
        inbound = writes(cast.zhou, f"1 {call.reply_code}", at=late)
        assert (inbound.outcome, inbound.notification) == (ReplyOutcome.EXPIRED, call)

    @pytest.mark.parametrize("text", ["", "?", "好的收到", "4", "11", "1 2", "不接单", "1 A02", "1\x00", "😀" * 300])
    def test_for_what_nobody_understands(self, cast: Cast, writes: Writes, text: str) -> None:
        inbound = writes(cast.zhou, text)
        assert inbound.outcome in (ReplyOutcome.NOT_UNDERSTOOD, ReplyOutcome.DONE) and len(inbound.text) <= 500

    def test_for_a_role_that_may_not(
        self, complaint: Complaint, cast: Cast, writes: Writes, now: datetime, sent: Any, session: Db
    ) -> None:
        theirs = NotificationFactory(
            kind=NotificationKind.DUTY_CALL,
            person=cast.analyst,
            complaint=complaint,
            state=STATE.ACCEPTED,
            attempted_at=now,
        )
        session.commit()
        for digit in "1230":
            inbound = writes(cast.analyst, digit)
            assert (inbound.outcome, inbound.words) == (ReplyOutcome.REFUSED, sentence(Say.NOT_ALLOWED)), digit
        assert theirs.answered_at is None and lines(complaint, EventKind.REPLIED) == []


class TestAfterTheEnd:
    @pytest.mark.parametrize("digit", "1230")
    def test_nothing_is_done_and_it_is_said(
        self, call: Notification, complaint: Complaint, cast: Cast, writes: Writes, now: datetime, digit: str
    ) -> None:
        complaints.make_void(complaint, reason="误录", actor=cast.roster, now=now)
        for text in (digit, f"{digit} {call.reply_code}"):
            inbound = writes(cast.zhou, text)
            assert answer_of(inbound) == f"{complaint.number}已办结，未作处理。"
            assert inbound.outcome in (ReplyOutcome.REFUSED, ReplyOutcome.EXPIRED)
        assert complaint.status is Status.VOID and complaint.acknowledged_by is None


class TestABundle:
    @pytest.fixture
    def three(self, cast: Cast, on_duty: Any, now: datetime) -> list[Complaint]:
        """Three complaints that 周强 was called to."""
        return [
            calls.record(IntakeFactory(problem=f"第{number}户"), actor=cast.xiaozhou, now=now) for number in range(3)
        ]

    @pytest.fixture
    def bundle(self, three: list[Complaint], cast: Cast, session: Db, now: datetime) -> Notification:
        """The one message they went out in."""
        bundle: Notification = NotificationFactory(
            kind=NotificationKind.BUNDLE, person=cast.zhou, state=STATE.ACCEPTED, attempted_at=now, reply_code="A0001"
        )
        bundle.reply_code = codes.code(700)
        theirs = select(Notification).where(
            Notification.person_id == cast.zhou.id, Notification.kind == NotificationKind.DUTY_CALL
        )
        for member in session.scalars(theirs):
            member.state, member.bundle = STATE.BUNDLED, bundle
        session.commit()
        return bundle

    @pytest.mark.parametrize("text", ["1", "1 {code}"])
    def test_is_acknowledged_as_a_whole(
        self, three: list[Complaint], bundle: Notification, cast: Cast, writes: Writes, text: str
    ) -> None:
        inbound = writes(cast.zhou, text.format(code=bundle.reply_code))
        assert {complaint.acknowledged_by for complaint in three} == {cast.zhou}
        assert answer_of(inbound) == "3件投诉您已接单。"
        assert {member.answer for member in bundle.bundled} == {"acknowledge"}

    def test_of_which_somebody_has_one_is_done_for_the_others(
        self, three: list[Complaint], bundle: Notification, cast: Cast, writes: Writes, now: datetime
    ) -> None:
        complaints.acknowledge(three[0], actor=cast.lin, now=now)
        inbound = writes(cast.zhou, f"1 {bundle.reply_code}")
        assert [complaint.acknowledged_by for complaint in three] == [cast.lin, cast.zhou, cast.zhou]
        assert (inbound.outcome, answer_of(inbound)) == (ReplyOutcome.DONE, "3件中2件已办理，其余请登录系统查看。")

    def test_that_was_sent_another_way_stands_for_the_same(
        self, three: list[Complaint], bundle: Notification, cast: Cast, writes: Writes, now: datetime, session: Db
    ) -> None:
        again = NotificationFactory(
            kind=NotificationKind.BUNDLE, person=cast.zhou, state=STATE.ACCEPTED, attempted_at=now,
            reply_code=codes.code(701), parent=bundle, relation=MessageRelation.FALLBACK,
        )  # fmt: skip
        assert writes(cast.zhou, f"1 {again.reply_code}").outcome is ReplyOutcome.DONE
        assert {complaint.acknowledged_by for complaint in three} == {cast.zhou}


class TestADrill:
    @pytest.fixture
    def practice(self, cast: Cast, on_duty: Any, now: datetime, sent: Any) -> Notification:
        """The drill's call to 周强."""
        drills.start(remarks="", actor=cast.roster, now=now)
        return next(each for each in sent() if each.person_id == cast.zhou.id)

    def test_one_is_counted(self, practice: Notification, cast: Cast, writes: Writes, now: datetime) -> None:
        inbound = writes(cast.zhou, "1")
        assert (inbound.outcome, practice.answered_at) == (ReplyOutcome.DONE, now)
        running = drills.running(now=now)
        assert running is not None
        assert [each.person for each in running.calls if each.answered_at] == [cast.zhou]

    def test_anything_else_is_answered(self, practice: Notification, cast: Cast, writes: Writes) -> None:
        assert writes(cast.zhou, "2").words == sentence(Say.DRILL_TAKES_ONE)
        assert practice.answered_at is None

    def test_that_is_over_counts_no_more(
        self, practice: Notification, cast: Cast, writes: Writes, now: datetime
    ) -> None:
        inbound = writes(cast.zhou, f"1 {practice.reply_code}", at=now + timedelta(hours=3))
        assert (inbound.outcome, practice.answered_at) == (ReplyOutcome.EXPIRED, None)


class TestACustomer:
    @pytest.fixture
    def theirs(self, complaint: Complaint) -> Complaint:
        """A complaint that is going on; its customer's phone is a mobile."""
        return complaint

    def test_is_shown_on_the_timeline_and_not_answered(self, theirs: Complaint, cast: Cast, writes: Writes) -> None:
        inbound = writes(theirs.customer.phone, "明天下午才在家")
        assert (inbound.outcome, inbound.answer) == (ReplyOutcome.KEPT, None)
        line = lines(theirs, EventKind.REPLIED)[0]
        assert (line.actor_id, line.note, line.details) == (None, "明天下午才在家", {"is_customer": True})

    def test_means_the_complaint_that_the_last_message_was_about(
        self, theirs: Complaint, writes: Writes, now: datetime, session: Db
    ) -> None:
        newer = ComplaintFactory(customer=theirs.customer, first_word_at=now)
        NotificationFactory(
            kind=NotificationKind.APPOINTMENT_SOON, person=None, customer=theirs.customer, complaint=theirs,
            phone=theirs.customer.phone, state=STATE.DELIVERED, attempted_at=now,
        )  # fmt: skip
        writes(theirs.customer.phone, "1")
        assert len(lines(theirs, EventKind.REPLIED)) == 1 and lines(newer, EventKind.REPLIED) == []
        assert theirs.acknowledged_at is None, "a customer's 1 acknowledges nothing"

    def test_fills_no_timeline(self, theirs: Complaint, writes: Writes, session: Db) -> None:
        for number in range(replies.LINES_A_DAY + 5):
            writes(theirs.customer.phone, f"第{number}次")
        assert len(lines(theirs, EventKind.REPLIED)) == replies.LINES_A_DAY
        assert session.scalar(select(func.count(InboundMessage.id))) == replies.LINES_A_DAY + 5

    def test_without_a_complaint_is_kept(self, writes: Writes, session: Db) -> None:
        customer = CustomerFactory()
        session.commit()
        assert writes(customer.phone, "谢谢").outcome is ReplyOutcome.KEPT


def test_every_sentence_fits_one_message_and_names_nobody() -> None:
    values = {"about": "C-2611-0231", "count": 999, "done": 998, "code": "A0238", "digit": "1"}
    for say in Say:
        for language in MessageLanguage:
            assert 0 < len(sentence(say, language, **values)) <= LONGEST, say
        assert "{" not in sentence(say, **values)
    assert set(SENTENCES) == set(Say)
