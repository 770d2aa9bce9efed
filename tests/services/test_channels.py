"""Channels: which one takes a message, when one rests or stands still, and who hears of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from gateways.base import Fate, Message, Verdict, VerdictKind
from models import ChannelState, Complaint, Notification, RecordChange, SmsInboxMessage
from rules import backoff
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import ChannelCondition, ChannelKind, MessageClass, MessageRelation, NotificationKind
from rules.vocabulary import NotificationState as State
from services import (
    channel_conditions,
    channel_states,
    channel_tests,
    channels,
    escalations,
    outbox,
    push_addresses,
    sandbox,
)
from services.channel_states import Sign
from services.channels import Channel, Channels
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import CustomerFactory, NotificationFactory, PersonFactory
from tests.providers import Provider, fleet_of
from tests.query_count import queries

Db = scoped_session[Session]
ACCEPTED, RETRY, ACCOUNT, PERMANENT, UNKNOWN = (Verdict(kind, code="C", words="的话") for kind in VerdictKind)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def first() -> Provider:
    return Provider(name="first")


@pytest.fixture
def second() -> Provider:
    return Provider(name="second")


@pytest.fixture
def fleet(first: Provider, second: Provider, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Channels:
    """Two providers of SMS; the desk has no other."""
    fleet = fleet_of(first, second)
    monkeypatch.setitem(app.extensions, "channels", fleet)
    return fleet


@pytest.fixture
def dispatch(fleet: Channels, session: Db, clock: Hands) -> Callable[..., int]:
    def run(**more: Any) -> int:
        session.commit()
        return outbox.dispatch(fleet=fleet, clock=clock.now, **more)

    return run


def channel(fleet: Channels, name: str = "first") -> Channel:
    found = fleet.named(name)
    assert found is not None
    return found


def state_of(name: str = "first") -> ChannelState:
    return db.session.scalars(
        select(ChannelState).where(ChannelState.name == name).execution_options(populate_existing=True)
    ).one()


def hear(fleet: Channels, *verdicts: Verdict, now: datetime, name: str = "first") -> None:
    """Let the channel hear these, each in a transaction of its own."""
    for verdict in verdicts:
        channel_states.note_verdict(channel(fleet, name), verdict, now=now)
        db.session.commit()


def chosen(fleet: Channels, notification: Notification, *, now: datetime) -> str:
    found = channels.choose(fleet, notification, now=now)
    return found.name if found else ""


# --- order -----------------------------------------------------------------------------------------------------------


class TestWhichChannel:
    def test_the_first_in_the_order_takes_it(self, fleet: Channels, session: Db, now: datetime) -> None:
        assert chosen(fleet, NotificationFactory(), now=now) == "first"

    def test_one_that_was_tried_is_passed_over(self, fleet: Channels, session: Db, now: datetime) -> None:
        one = NotificationFactory(channels_tried=["first"])
        assert chosen(fleet, one, now=now) == "second"
        assert channels.others_left(fleet, one, now=now)
        one.channels_tried = ["first", "second"]
        assert chosen(fleet, one, now=now) == ""
        assert not channels.others_left(fleet, one, now=now)
        assert channels.looks_again_at(fleet, one, now=now) is None

    def test_a_class_may_have_an_order_of_its_own(self, fleet: Channels, session: Db, now: datetime) -> None:
        fleet = Channels(tuple(fleet), {MessageClass.CUSTOMER: ("second",)})
        to_customer = NotificationFactory(message_class=MessageClass.CUSTOMER)
        assert chosen(fleet, to_customer, now=now) == "second"
        assert chosen(fleet, NotificationFactory(), now=now) == "first"

    def test_a_robot_tells_staff_and_never_a_code_or_a_customer(self, session: Db, now: datetime) -> None:
        fleet = fleet_of(Provider(name="robot", kind=ChannelKind.ROBOT))
        assert chosen(fleet, NotificationFactory(message_class=MessageClass.DUTY), now=now) == "robot"
        for other in (MessageClass.VERIFICATION, MessageClass.CUSTOMER, MessageClass.ANSWER):
            assert chosen(fleet, NotificationFactory(message_class=other), now=now) == ""

    def test_a_letter_goes_to_whoever_has_an_address(self, session: Db, now: datetime) -> None:
        fleet = fleet_of(Provider(name="mail", kind=ChannelKind.EMAIL))
        duty = {"message_class": MessageClass.DUTY}
        assert chosen(fleet, NotificationFactory(person=PersonFactory(email="a@example.com"), **duty), now=now)
        assert not chosen(fleet, NotificationFactory(person=PersonFactory(email=None), **duty), now=now)

    def test_a_customer_gets_an_sms_and_nothing_else(self, session: Db, now: datetime) -> None:
        kinds = (ChannelKind.ROBOT, ChannelKind.EMAIL, ChannelKind.VOICE, ChannelKind.SMS)
        fleet = fleet_of(*(Provider(name=kind.value, kind=kind) for kind in kinds))
        customer = CustomerFactory()
        one = NotificationFactory(
            person=None, customer=customer, phone="+8613900139000", message_class=MessageClass.CUSTOMER
        )
        assert chosen(fleet, one, now=now) == "sms"

    def test_a_phone_rings_as_a_fall_back_or_at_the_end_of_a_chain(
        self, complaint: Complaint, cast: Cast, session: Db, now: datetime
    ) -> None:
        fleet = fleet_of(Provider(name="voice", kind=ChannelKind.VOICE))
        call = session.scalars(select(Notification).where(Notification.complaint_id == complaint.id)).first()
        assert call is not None
        assert chosen(fleet, call, now=now) == ""
        again = NotificationFactory(
            kind=NotificationKind.DUTY_CALL, person=cast.zhou, parent=call, relation=MessageRelation.FALLBACK
        )
        assert chosen(fleet, again, now=now) == "voice"
        for _ in range(10):
            escalations.escalate(complaint, reason="没人接", actor=cast.roster, now=now)
        last = session.scalars(
            select(Notification).where(Notification.escalation_id.is_not(None)).order_by(Notification.id.desc())
        ).first()
        assert last is not None
        assert chosen(fleet, last, now=now) == "voice"


# --- the breaker -----------------------------------------------------------------------------------------------------


class TestFailures:
    def test_a_few_failures_are_nothing(self, fleet: Channels, session: Db, now: datetime) -> None:
        hear(fleet, *[UNKNOWN] * (backoff.TRIPS_AFTER - 1), now=now)
        assert state_of().condition is ChannelCondition.OPEN
        hear(fleet, ACCEPTED, UNKNOWN, now=now)
        assert (state_of().condition, state_of().failures) == (ChannelCondition.OPEN, 1)

    def test_failures_in_a_row_let_it_rest_and_others_take_over(
        self, fleet: Channels, session: Db, now: datetime
    ) -> None:
        hear(fleet, *[UNKNOWN, RETRY] * backoff.TRIPS_AFTER, now=now)
        state = state_of()
        assert (state.condition, state.since, state.until) == (ChannelCondition.TRIPPED, now, now + MINUTE)
        assert (state.code, state.words) == ("C", "的话")
        assert chosen(fleet, NotificationFactory(), now=now) == "second"
        assert chosen(fleet, NotificationFactory(), now=now + MINUTE - timedelta(microseconds=1)) == "second"

    def test_what_left_before_the_rest_and_fails_in_it_prolongs_nothing(
        self, fleet: Channels, session: Db, now: datetime
    ) -> None:
        hear(fleet, *[UNKNOWN] * 50, now=now)
        assert state_of().until == now + MINUTE

    def test_after_the_rest_a_few_try_it_and_the_others_go_on_around_it(
        self, fleet: Channels, session: Db, now: datetime
    ) -> None:
        hear(fleet, *[UNKNOWN] * backoff.TRIPS_AFTER, now=now)
        many = [NotificationFactory() for _ in range(10)]
        took = [chosen(fleet, one, now=now + MINUTE) for one in many]
        assert took == ["first"] * channel_conditions.LET_THROUGH + ["second"] * 7
        session.commit()
        assert chosen(fleet, many[0], now=now + MINUTE) == "first"

    def test_success_opens_it_and_one_more_failure_doubles_the_rest(
        self, fleet: Channels, session: Db, now: datetime
    ) -> None:
        hear(fleet, *[UNKNOWN] * backoff.TRIPS_AFTER, now=now)
        hear(fleet, UNKNOWN, now=now + MINUTE)
        assert state_of().until == now + 3 * MINUTE
        hear(fleet, ACCEPTED, now=now + 3 * MINUTE)
        state = state_of()
        assert (state.condition, state.until, state.failures) == (ChannelCondition.OPEN, None, 0)
        assert chosen(fleet, NotificationFactory(), now=now + 3 * MINUTE) == "first"

    def test_a_refused_message_is_a_sign_of_life(self, fleet: Channels, session: Db, now: datetime) -> None:
        hear(fleet, *[UNKNOWN] * 4, PERMANENT, *[UNKNOWN] * 4, now=now)
        hear(fleet, Verdict(VerdictKind.RETRY, retry_after=MINUTE), *[UNKNOWN] * 4, now=now)
        assert state_of().condition is ChannelCondition.OPEN

    def test_a_robot_that_was_asked_too_fast_rests_as_long_as_it_wishes(self, session: Db, now: datetime) -> None:
        fleet = fleet_of(Provider(name="first", kind=ChannelKind.ROBOT))
        hear(fleet, Verdict(VerdictKind.RETRY, code="130101", retry_after=10 * MINUTE), now=now)
        state = state_of()
        assert (state.condition, state.until) == (ChannelCondition.TRIPPED, now + 10 * MINUTE)

    @pytest.mark.parametrize("code", sorted(channel_states.OWN_CODES))
    def test_verdicts_that_no_provider_gave_say_nothing(self, code: str) -> None:
        for kind in (VerdictKind.RETRY, VerdictKind.PERMANENT):
            assert channel_states.sign_of(ChannelKind.SMS, Verdict(kind, code=code)) is Sign.NOTHING

    def test_a_message_without_a_channel_looks_again_when_one_is_to_be_tried(
        self, fleet: Channels, session: Db, now: datetime
    ) -> None:
        one = NotificationFactory(channels_tried=["second"])
        hear(fleet, *[UNKNOWN] * backoff.TRIPS_AFTER, now=now)
        assert channels.looks_again_at(fleet, one, now=now) == now + MINUTE
        assert channels.looks_again_at(fleet, one, now=now + 50 * timedelta(seconds=1)) == now + MINUTE
        assert channels.looks_again_at(fleet, one, now=now + 5 * MINUTE) == now + 5 * MINUTE + channels.SOON
        assert channels.others_left(fleet, one, now=now)

    def test_a_storm_goes_through_the_other_channel_in_order_and_loses_nothing(
        self, dispatch: Callable[..., int], first: Provider, second: Provider, session: Db, clock: Hands
    ) -> None:
        first.answers = [Verdict(VerdictKind.RETRY, code="not_reached")] * 500
        waiting = [NotificationFactory(priority=place % 3) for place in range(40)]
        for _ in range(30):
            dispatch(threads=1)
            clock.forward(seconds=20)
        assert sorted(second.ids) == sorted({one.public_id for one in waiting})
        assert len(first.handed) < 20
        at_once = second.ids[:30]
        priorities = [next(one.priority for one in waiting if one.public_id == each) for each in at_once]
        assert priorities[:8] == sorted(priorities[:8])

    def test_a_choice_reads_the_conditions_once_in_a_transaction(
        self, fleet: Channels, session: Db, now: datetime
    ) -> None:
        many = [NotificationFactory() for _ in range(20)]
        session.commit()
        for one in many:
            session.refresh(one, ["person"])
        with queries() as seen:
            for one in many:
                channels.choose(fleet, one, now=now)
                hear_nothing_new(fleet, now)
        assert len([each for each in seen if "channel_states" in each]) == 1


def hear_nothing_new(fleet: Channels, now: datetime) -> None:
    """Success of a channel that works changes nothing and costs nothing."""
    channel_states.note_verdict(channel(fleet), ACCEPTED, now=now)


# --- trouble with the account ----------------------------------------------------------------------------------------


class TestAccountTrouble:
    def test_it_stops_the_channel_until_somebody_lets_it_go_on(
        self, fleet: Channels, cast: Cast, session: Db, now: datetime
    ) -> None:
        hear(fleet, ACCOUNT, now=now)
        hear(fleet, ACCEPTED, now=now + MINUTE)  # It left before.
        state = state_of()
        assert (state.condition, state.until) == (ChannelCondition.STOPPED, None)
        assert chosen(fleet, NotificationFactory(), now=now + timedelta(days=1)) == "second"
        channel_states.resume(state, actor=cast.admin, now=now + timedelta(days=1))
        assert (state.condition, state.failures, state.resumed_by) == (ChannelCondition.OPEN, 0, cast.admin)
        assert chosen(fleet, NotificationFactory(), now=now + timedelta(days=1)) == "first"

    def test_administrators_hear_of_it_once_by_another_channel(
        self, fleet: Channels, cast: Cast, session: Db, now: datetime
    ) -> None:
        hear(fleet, ACCOUNT, ACCOUNT, now=now)
        [alarm] = session.scalars(select(Notification)).all()
        assert (alarm.kind, alarm.person) == (NotificationKind.CHANNEL_ALARM, cast.admin)
        assert "first" in alarm.text
        assert chosen(fleet, alarm, now=now) == "second"
        channel_states.resume(state_of(), actor=cast.admin, now=now + MINUTE)
        hear(fleet, ACCOUNT, now=now + 2 * MINUTE)
        assert len(session.scalars(select(Notification)).all()) == 2

    def test_the_message_itself_takes_the_other_channel_at_once(
        self, dispatch: Callable[..., int], first: Provider, second: Provider, session: Db
    ) -> None:
        first.answers = [ACCOUNT] * 9
        one = NotificationFactory()
        dispatch()
        session.expire_all()
        assert (one.state, one.channel) == (State.ACCEPTED, "second")
        assert len(first.handed) == 1

    def test_a_stopped_channel_is_no_way_out_and_yet_waited_for(
        self, fleet: Channels, session: Db, now: datetime
    ) -> None:
        hear(fleet, ACCOUNT, now=now)
        one = NotificationFactory(channels_tried=["second"])
        assert not channels.others_left(fleet, one, now=now)
        assert channels.looks_again_at(fleet, one, now=now) == now + backoff.ACCOUNT_PAUSE

    def test_only_who_may_lets_it_go_on_and_only_what_does_not_work(
        self, fleet: Channels, cast: Cast, session: Db, now: datetime
    ) -> None:
        hear(fleet, ACCOUNT, now=now)
        with pytest.raises(NotAllowed):
            channel_states.resume(state_of(), actor=cast.lin, now=now)
        channel_states.resume(state_of(), actor=cast.admin, now=now)
        with pytest.raises(Conflict):
            channel_states.resume(state_of(), actor=cast.admin, now=now)

    def test_every_change_stands_in_the_record(self, fleet: Channels, cast: Cast, session: Db, now: datetime) -> None:
        hear(fleet, *[UNKNOWN] * 9, ACCEPTED, ACCOUNT, now=now)
        channel_states.resume(state_of(), actor=cast.admin, now=now)
        changes = session.scalars(
            select(RecordChange).where(RecordChange.record_type == "channel_states").order_by(RecordChange.id)
        ).all()
        assert [change.changes["condition"] for change in changes] == [
            ["open", "tripped"],
            ["tripped", "open"],
            ["open", "stopped"],
            ["stopped", "open"],
        ]
        assert {change.record_name for change in changes} == {"first"}
        assert changes[2].changes["words"] == ["", "C 的话"]
        assert [change.actor_id for change in changes] == [None, None, None, cast.admin.id]


class TestTwoWorkers:
    def test_that_note_the_first_failure_of_all_make_one_row(
        self, fleet: Channels, at_once: Callable[..., list[Any]], session: Db, now: datetime
    ) -> None:
        assert at_once(*[lambda: channel_states.note_verdict(channel(fleet), UNKNOWN, now=now)] * 6) == [None] * 6
        assert state_of().failures == backoff.TRIPS_AFTER  # The sixth came during the rest.

    def test_that_hear_of_the_account_alarm_once(
        self, fleet: Channels, cast: Cast, at_once: Callable[..., list[Any]], session: Db, now: datetime
    ) -> None:
        assert at_once(*[lambda: channel_states.note_verdict(channel(fleet), ACCOUNT, now=now)] * 6) == [None] * 6
        assert len(session.scalars(select(Notification)).all()) == 1

    def test_that_note_two_channels_in_either_order_never_wait_in_a_circle(
        self, fleet: Channels, at_once: Callable[..., list[Any]], session: Db, now: datetime
    ) -> None:
        hear(fleet, UNKNOWN, now=now)
        hear(fleet, UNKNOWN, now=now, name="second")
        met = threading.Barrier(2, timeout=0.5)

        def note(*names: str) -> None:
            for name in names:
                channel_states.note_verdict(channel(fleet, name), UNKNOWN, now=now)
                try:
                    met.wait()
                except threading.BrokenBarrierError:
                    pass

        assert at_once(lambda: note("first", "second"), lambda: note("second", "first")) == [None, None]
        assert (state_of().failures, state_of("second").failures) == (3, 3)


# --- the test button -------------------------------------------------------------------------------------------------


class TestTesting:
    def test_it_goes_to_oneself_through_exactly_this_channel(
        self, fleet: Channels, first: Provider, second: Provider, cast: Cast, session: Db, now: datetime
    ) -> None:
        verdict = channel_tests.test(channel(fleet, "second"), actor=cast.admin, now=now)
        assert verdict.kind is VerdictKind.ACCEPTED
        assert (first.handed, second.handed[0].phone) == ([], cast.admin.phone)
        [sent] = session.scalars(select(Notification)).all()
        assert (sent.kind, sent.channel, sent.state) == (NotificationKind.TEST, "second", State.ACCEPTED)
        assert [step.state for step in sent.steps] == [State.QUEUED, State.CLAIMED, State.ATTEMPTED, State.ACCEPTED]

    @pytest.mark.parametrize(
        ("verdict", "state"),
        [(RETRY, State.FAILED), (ACCOUNT, State.FAILED), (PERMANENT, State.FAILED), (UNKNOWN, State.UNKNOWN)],
    )
    def test_a_refusal_is_the_answer_and_nothing_is_tried_again(
        self,
        verdict: Verdict,
        state: State,
        fleet: Channels,
        first: Provider,
        second: Provider,
        cast: Cast,
        dispatch: Callable[..., int],
        session: Db,
        now: datetime,
    ) -> None:
        first.answers = [verdict]
        assert channel_tests.test(channel(fleet), actor=cast.admin, now=now) == verdict
        dispatch()
        sent = session.scalars(select(Notification).where(Notification.kind == NotificationKind.TEST)).one()
        assert (sent.state, sent.outcome, sent.provider_code) == (state, "的话", "C")
        assert len(first.handed) == 1

    def test_a_test_that_succeeds_does_not_start_a_stopped_channel(
        self, fleet: Channels, cast: Cast, session: Db, now: datetime
    ) -> None:
        hear(fleet, ACCOUNT, now=now)
        assert channel_tests.test(channel(fleet), actor=cast.admin, now=now).kind is VerdictKind.ACCEPTED
        assert state_of().condition is ChannelCondition.STOPPED

    def test_one_every_half_minute_and_only_by_who_may_to_a_number(
        self, fleet: Channels, cast: Cast, session: Db, now: datetime
    ) -> None:
        channel_tests.test(channel(fleet), actor=cast.admin, now=now)
        with pytest.raises(Conflict):
            channel_tests.test(channel(fleet), actor=cast.admin, now=now)
        with pytest.raises(NotAllowed):
            channel_tests.test(channel(fleet), actor=cast.lin, now=now)
        cast.admin.phone = None
        with pytest.raises(Refusal):
            channel_tests.test(channel(fleet), actor=cast.admin, now=now + MINUTE)

    def test_the_sandbox_answers_a_test_too(self, cast: Cast, clock: Hands, session: Db, now: datetime) -> None:
        fleet = sandbox.fleet(clock.now)
        assert channel_tests.test(channel(fleet, "sandbox"), actor=cast.admin, now=now).code == "OK"
        assert session.scalars(select(SmsInboxMessage.phone)).all() == [cast.admin.phone]


# --- the sandbox and the addresses -----------------------------------------------------------------------------------


def message(message_id: str = "a" * 32, *, now: datetime) -> Message:
    return Message(message_id=message_id, phone="+8613800138000", text="您好", signature="安心桥", at=now)


def test_the_sandbox_works_in_threads_of_its_own(app: Flask, clock: Hands, session: Db, now: datetime) -> None:
    gateway = channel(sandbox.fleet(clock.now), "sandbox").gateway
    session.commit()
    ids = [f"{number:032x}" for number in range(8)]
    threads = [threading.Thread(target=lambda each=each: gateway.send(message(each, now=now))) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(session.scalars(select(SmsInboxMessage.message_id)).all()) == ids
    session.commit()
    assert gateway.find(message(ids[0], now=now), "").fate is Fate.DELIVERED
    assert gateway.find(message("f" * 32, now=now), "").fate is Fate.NEVER_SEEN


def test_several_threads_hand_messages_to_the_sandbox(app: Flask, clock: Hands, session: Db) -> None:
    ids = sorted(NotificationFactory().public_id for _ in range(12))
    session.commit()
    assert outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now, threads=4) == 12
    assert sorted(session.scalars(select(SmsInboxMessage.message_id)).all()) == ids


def test_the_desk_has_the_channels_of_its_settings(app: Flask, session: Db) -> None:
    assert [each.name for each in channels.configured()] == ["sandbox"]


def test_push_addresses_are_not_to_be_guessed_and_are_each_channels_own(session: Db) -> None:
    token = push_addresses.token("aliyun")
    assert len(token) >= 32 and int(token, 16)
    assert token != push_addresses.token("aliyun-2")
    assert push_addresses.address("aliyun", "receipts").endswith(f"/pushes/aliyun/{token}/receipts")
    assert push_addresses.is_right("aliyun", token)
    for wrong in ("", token[:-1], token.upper() + "x", "é\ud800", push_addresses.token("aliyun-2")):
        assert not push_addresses.is_right("aliyun", wrong)
