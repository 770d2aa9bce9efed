"""What does not get through takes another channel; where none is left, the chain goes on at once (SM6, ES8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Fate, Verdict, VerdictKind
from models import Complaint, Notification, Person
from rules.message_states import MessageEvent
from rules.vocabulary import (
    ChannelKind,
    EscalationCause,
    EventKind,
    MessageRelation,
    NotificationKind,
    NotificationState,
)
from services import channels, complaints, escalations, fallbacks, message_steps, outbox
from tests.cast import Cast
from tests.chains import chain, last, publish, step
from tests.conftest import Hands
from tests.factories import NotificationFactory
from tests.providers import Provider, fleet_of
from tests.services.conftest import lines
from tests.stories import recorded

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
Send = Callable[..., int]
MINUTE = timedelta(minutes=1)
REFUSED, LOST = Verdict(VerdictKind.PERMANENT, code="NO"), Verdict(VerdictKind.UNKNOWN)


class Deaf(Provider):
    """It refuses every message for good."""

    def send(self, message: Any) -> Verdict:
        super().send(message)
        return REFUSED


@pytest.fixture
def send(app: Flask, clock: Hands, session: Db, monkeypatch: pytest.MonkeyPatch) -> Send:
    """Dispatch with these providers and no others, at the test's time."""

    def dispatch(*providers: Provider, **more: Any) -> int:
        session.commit()
        fleet = fleet_of(*providers, **more)
        monkeypatch.setitem(app.extensions, "channels", fleet)
        return outbox.dispatch(fleet=fleet, clock=clock.now)

    return dispatch


@pytest.fixture
def mail(cast: Cast, session: Db) -> Provider:
    """A mailbox for everybody, and the channel to it."""
    for person in session.scalars(select(Person)):
        person.email = f"{person.login}@example.com"
    session.commit()
    return Provider(name="mail", kind=ChannelKind.EMAIL)


def of(relation: MessageRelation | None, found: Sequence[Notification]) -> list[Notification]:
    return [each for each in found if each.relation is relation]


class TestAnotherWay:
    def test_while_nobody_knows_a_call_takes_a_second_channel(
        self, complaint: Complaint, mail: Provider, send: Send, messages: Messages, clock: Hands
    ) -> None:
        sms = Provider([LOST], name="sms")
        send(sms, mail)
        clock.forward(minutes=1)  # One phone takes one call a minute.
        send(sms, mail)
        (call,), (second,) = (of(each, messages()) for each in (None, MessageRelation.FALLBACK))
        assert (call.state, call.channel) == (NotificationState.UNKNOWN, "sms")
        assert (second.parent, second.person, second.kind) == (call, call.person, call.kind)
        assert (second.state, second.channel, second.channels_tried) == (NotificationState.ACCEPTED, "mail", ["sms"])
        assert second.dedup_key == f"{call.dedup_key}:via:1"
        assert (second.escalation, second.severity, second.expires_at) == (
            call.escalation,
            call.severity,
            call.expires_at,
        )

    def test_what_can_wait_waits_for_the_provider_s_word(
        self, cast: Cast, mail: Provider, send: Send, messages: Messages
    ) -> None:
        NotificationFactory(kind=NotificationKind.SWAP_TO_APPROVE, person=cast.lin, created_at=SATURDAY_NOON)
        send(Provider([LOST], name="sms"), mail)
        assert of(MessageRelation.FALLBACK, messages()) == []

    def test_a_call_that_was_accepted_and_never_confirmed_goes_out_another_way_after_five_minutes(
        self, complaint: Complaint, mail: Provider, send: Send, messages: Messages, clock: Hands
    ) -> None:
        sms = Provider(name="sms")
        send(sms, mail, gives_receipts=True)
        assert messages()[0].fallback_at == clock.now() + 5 * MINUTE
        assert fallbacks.sweep(now=clock.forward(minutes=4, seconds=59)) == 0
        assert [fallbacks.sweep(now=clock.forward(seconds=1)), fallbacks.sweep(now=clock.now())] == [1, 0]
        send(sms, mail, gives_receipts=True)
        (second,) = of(MessageRelation.FALLBACK, messages())
        assert (second.channel, second.state) == ("mail", NotificationState.ACCEPTED)

    def test_one_that_arrived_is_left_alone(
        self, complaint: Complaint, mail: Provider, send: Send, messages: Messages, clock: Hands
    ) -> None:
        send(Provider(name="sms"), mail, gives_receipts=True)
        message_steps.move(messages()[0], MessageEvent.DELIVERED, now=clock.now())
        assert fallbacks.sweep(now=clock.forward(minutes=6)) == 0
        assert of(MessageRelation.FALLBACK, messages()) == []

    def test_one_that_somebody_acknowledged_is_not_sent_another_way(
        self, complaint: Complaint, cast: Cast, mail: Provider, send: Send, messages: Messages, clock: Hands
    ) -> None:
        sms = Provider(name="sms")
        send(sms, mail, gives_receipts=True)
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        fallbacks.sweep(now=clock.forward(minutes=6))
        send(sms, mail, gives_receipts=True)
        assert mail.handed == []

    def test_a_channel_without_receipts_is_not_watched(
        self, complaint: Complaint, mail: Provider, send: Send, messages: Messages
    ) -> None:
        send(Provider(name="sms"), mail)
        assert messages()[0].fallback_at is None

    def test_nobody_is_told_twice_however_often_it_is_found_out(
        self, complaint: Complaint, mail: Provider, send: Send, messages: Messages, clock: Hands, session: Db
    ) -> None:
        send(Provider([LOST], name="sms"), mail)
        call = messages()[0]
        for _ in range(3):
            fallbacks.after(call, channels.configured(), now=clock.now())
        session.commit()
        assert len(of(MessageRelation.FALLBACK, messages())) == 1

    def test_two_workers_at_once_write_one_fall_back(
        self,
        complaint: Complaint,
        mail: Provider,
        send: Send,
        messages: Messages,
        clock: Hands,
        at_once: Callable[..., list[Any]],
    ) -> None:
        send(Provider(name="sms"), mail, gives_receipts=True)
        now = clock.forward(minutes=6)
        at_once(*[lambda: fallbacks.sweep(now=now)] * 2)
        assert len(of(MessageRelation.FALLBACK, messages())) == 1

    def test_a_drill_is_for_practice(self, cast: Cast, mail: Provider, send: Send, messages: Messages) -> None:
        NotificationFactory(kind=NotificationKind.DUTY_CALL, person=cast.zhou, is_drill=True)
        send(Provider([LOST], name="sms"), mail)
        assert of(MessageRelation.FALLBACK, messages()) == []


SATURDAY_NOON = datetime.fromisoformat("2026-11-21T12:00:00+08:00")


class TestNobodyLeft:
    def test_the_next_step_is_due_now_and_the_timeline_says_why(
        self, complaint: Complaint, send: Send, clock: Hands
    ) -> None:
        assert complaint.escalation_due_at is not None and complaint.escalation_due_at > clock.now()
        send(Deaf(name="sms"))
        assert complaint.escalation_due_at == clock.now()
        (line,) = lines(complaint, EventKind.CALLS_FAILED)
        assert (line.actor, line.details) == (None, {"names": ["周强"]})
        assert escalations.sweep(now=clock.now()) == 1
        assert complaint.escalations[-1].cause is EscalationCause.UNANSWERED

    def test_a_number_that_does_not_exist_any_more_keeps_nobody_waiting(
        self, complaint: Complaint, send: Send, clock: Hands, messages: Messages
    ) -> None:
        """The provider took it; its receipt says that it failed."""
        sms = Provider(name="sms", knows=Fate.FAILED)
        send(sms, gives_receipts=True)
        clock.forward(seconds=210)
        send(sms, gives_receipts=True)
        assert messages()[0].state is NotificationState.FAILED
        assert complaint.escalation_due_at == clock.now()

    def test_with_another_channel_left_that_is_tried_first(
        self, complaint: Complaint, mail: Provider, send: Send, clock: Hands
    ) -> None:
        send(Deaf(name="sms"), mail)
        assert len(mail.handed) == 1
        assert complaint.escalation_due_at is not None and complaint.escalation_due_at > clock.now()

    def test_as_long_as_one_of_the_step_may_be_reached_the_chain_waits(
        self, cast: Cast, on_duty: Any, send: Send, clock: Hands, session: Db
    ) -> None:
        publish(chain(step("required_role", "leader"), last()), by=cast.roster, now=clock.now())
        complaint = recorded(cast, now=clock.now())
        send(Provider([REFUSED], name="sms"))
        assert complaint.escalation_due_at is not None and complaint.escalation_due_at > clock.now()
        assert lines(complaint, EventKind.CALLS_FAILED) == []

    def test_when_the_last_of_the_step_fails_too_it_goes_on(
        self, cast: Cast, on_duty: Any, send: Send, clock: Hands
    ) -> None:
        publish(chain(step("required_role", "leader"), last()), by=cast.roster, now=clock.now())
        complaint = recorded(cast, now=clock.now())
        send(Deaf(name="sms"))
        assert complaint.escalation_due_at == clock.now()
        assert sorted(lines(complaint, EventKind.CALLS_FAILED)[0].details["names"]) == ["周强", "林晓"]

    def test_the_last_step_keeps_its_pace(self, cast: Cast, on_duty: Any, send: Send, clock: Hands) -> None:
        publish(chain(last("required_role")), by=cast.roster, now=clock.now())
        complaint = recorded(cast, now=clock.now())
        due_at = complaint.escalation_due_at
        send(Deaf(name="sms"))
        assert complaint.escalation_due_at == due_at

    def test_who_has_it_is_not_relieved_by_a_failed_message(
        self, complaint: Complaint, cast: Cast, send: Send, clock: Hands, messages: Messages, session: Db
    ) -> None:
        call = messages()[0]
        call.state, call.finished_at = NotificationState.FAILED, clock.now()
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        session.commit()
        assert fallbacks.after(call, fleet_of(), now=clock.now()) is None
        assert (complaint.escalation_due_at, complaint.acknowledged_by) == (None, cast.zhou)

    def test_a_stand_down_stands(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages, session: Db
    ) -> None:
        until = clock.now() + timedelta(hours=2)
        complaints.stand_down(complaint, until=until, reason="业主在飞机上", actor=cast.lin, now=clock.now())
        call = messages()[0]
        call.state, call.finished_at = NotificationState.FAILED, clock.now()
        fallbacks.after(call, fleet_of(), now=clock.now())
        assert complaint.escalation_due_at == until

    def test_several_calls_that_went_out_as_one_and_failed_as_one(
        self, cast: Cast, on_duty: Any, send: Send, clock: Hands, messages: Messages
    ) -> None:
        both = [recorded(cast, now=clock.now(), phone=f"1380013999{n}", room=f"{n}栋101") for n in (1, 2)]
        send(Deaf(name="sms"))
        assert [each.kind for each in messages() if each.state is NotificationState.FAILED] == [NotificationKind.BUNDLE]
        assert [each.escalation_due_at for each in both] == [clock.now()] * 2

    def test_a_bundle_that_takes_another_way_says_the_same(
        self, cast: Cast, on_duty: Any, mail: Provider, send: Send, clock: Hands, messages: Messages
    ) -> None:
        both = [recorded(cast, now=clock.now(), phone=f"1380013999{n}", room=f"{n}栋101") for n in (1, 2)]
        send(Provider([LOST], name="sms"), mail)
        clock.forward(minutes=1)
        send(Provider(name="sms"), mail)
        (text,) = mail.texts
        assert all(each.number in text for each in both)

    def test_what_something_kept_from_reacting_is_found_by_the_sweep(
        self,
        complaint: Complaint,
        clock: Hands,
        messages: Messages,
        session: Db,
        app: Flask,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        call = messages()[0]
        call.state, call.finished_at = NotificationState.FAILED, clock.now()
        session.commit()
        monkeypatch.setitem(app.extensions, "channels", fleet_of())
        fallbacks.sweep(now=clock.forward(seconds=15))
        assert complaint.escalation_due_at == clock.now()

    def test_many_failures_that_nothing_follows_hide_no_new_one(
        self,
        complaint: Complaint,
        clock: Hands,
        messages: Messages,
        session: Db,
        app: Flask,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(app.extensions, "channels", fleet_of())
        over = {"state": NotificationState.FAILED, "finished_at": clock.now()}
        NotificationFactory.create_batch(6, kind=NotificationKind.DUTY_CALL, created_at=clock.now() - MINUTE, **over)
        call = messages(NotificationKind.DUTY_CALL)[0]
        call.state, call.finished_at = NotificationState.FAILED, clock.forward(seconds=10)
        session.commit()
        fallbacks.sweep(now=clock.forward(seconds=5), limit=3)
        assert complaint.escalation_due_at == clock.now()

    def test_an_old_failure_is_history(
        self, complaint: Complaint, clock: Hands, messages: Messages, session: Db
    ) -> None:
        call = messages()[0]
        call.state, call.finished_at = NotificationState.FAILED, clock.now()
        session.commit()
        due_at = complaint.escalation_due_at
        fallbacks.sweep(now=clock.now() + timedelta(minutes=16))
        assert complaint.escalation_due_at == due_at
