"""A message is sent again by hand: once, with a reason, to today's number, and only while somebody still needs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Customer, Notification, OptOut, Person
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    EventKind,
    MessageRelation,
    NotificationKind,
    NotificationState,
    Status,
)
from services import bundles, complaints, notifications, resending, templates
from services.resending import PATIENCE
from tests.cast import Cast
from tests.factories import CustomerFactory, NotificationFactory, ShiftFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
LOST = (NotificationState.FAILED, NotificationState.EXPIRED, NotificationState.UNKNOWN, NotificationState.ACCEPTED)
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def call(complaint: Complaint, messages: Messages, session: Db, now: datetime) -> Notification:
    """周强's first call, which nobody could deliver."""
    return fail(messages(NotificationKind.DUTY_CALL)[0], now)


def fail(message: Notification, now: datetime, state: NotificationState = NotificationState.FAILED) -> Notification:
    message.state, message.finished_at = state, now
    message.attempts, message.attempted_at = 3, now - LONG_AGO
    message.channel, message.channels_tried = "sms", ["sms"]
    return message


def again(message: Notification, cast: Cast, now: datetime, **more: Any) -> Notification:
    return resending.resend(message.id, **{"reason": "周强说没收到", "actor": cast.lin, "now": now, **more})


class TestAgain:
    def test_a_new_row_begins_anew_beside_the_old_one(self, call, cast, session, now):
        new = again(call, cast, now)
        assert (new.parent_id, new.relation) == (call.id, MessageRelation.RESENT)
        assert (new.state, new.attempts, new.channel, new.channels_tried) == (NotificationState.QUEUED, 0, "", [])
        assert new.text == call.text and new.complaint_id == call.complaint_id
        assert new.escalation_id == call.escalation_id and new.priority == call.priority
        assert new.expires_at > now

    def test_it_goes_to_todays_number(self, call, cast, session, now):
        cast.zhou.phone = "+8613900139000"
        assert again(call, cast, now).phone == "+8613900139000"

    def test_both_histories_and_the_timeline_say_who_and_why(self, call, complaint, cast, session, now):
        new = again(call, cast, now)
        for message in (call, new):
            step = message.steps[-1]
            assert (step.actor, step.words, step.code) == (cast.lin, "周强说没收到", resending.AGAIN)
        told = lines(complaint, EventKind.NOTIFIED)
        assert [line.actor for line in told[1:]] == [cast.lin], "one line, and not the desk's"
        assert told[-1].note == "周强说没收到" and told[-1].details["is_again"]

    @pytest.mark.parametrize("state", LOST)
    def test_what_was_lost_or_may_be_can_be_sent_again(self, state, call, cast, session, now):
        assert again(fail(call, now, state), cast, now).state is NotificationState.QUEUED

    def test_nobody_asks_about_the_old_one_any_more(self, call, cast, session, now):
        fail(call, now, NotificationState.UNKNOWN)
        call.ask_at = call.fallback_at = now + timedelta(minutes=5)
        again(call, cast, now)
        assert call.ask_at is None and call.fallback_at is None, "it is not sent a second time by itself"

    def test_of_an_accepted_one_the_receipt_is_still_asked_for(self, call, cast, session, now):
        fail(call, now, NotificationState.ACCEPTED)
        call.ask_at = now + timedelta(minutes=5)
        again(call, cast, now)
        assert call.ask_at is not None, "it cannot be sent twice, and the truth is worth knowing"

    def test_a_bundle_goes_again_for_what_is_still_wanted_of_it(self, call, cast, session, now):
        bundle = NotificationFactory(
            kind=NotificationKind.BUNDLE,
            person=cast.zhou,
            variables={"count": "1", "numbers": call.complaint.number, "all": call.complaint.number},
        )
        call.state, call.bundle_id = NotificationState.BUNDLED, bundle.id
        new = again(fail(bundle, now), cast, now)
        assert (
            bundles.members(new) == [call]
            and new.text == templates.worded(NotificationKind.BUNDLE, cast.zhou.message_language, bundle.variables).text
        )
        complaints.acknowledge(call.complaint, actor=cast.lin, now=now)
        with pytest.raises(Refusal):
            again(fail(new, now), cast, now)

    def test_a_clock_that_stops_withdraws_it_too(self, complaint, cast, session, now):
        clock = complaint.clocks[0]
        late = notifications.queue(
            kind=NotificationKind.CLOCK_WARNING,
            person=cast.zhou,
            dedup_key=f"clock:{clock.id}:80:{cast.zhou.id}",
            complaint=complaint,
            now=now,
            number=complaint.number,
            clock="联系客户",
            time="6分钟",
        )
        new = again(fail(late, now), cast, now)
        notifications.withdraw_notices(clock, now=now)
        session.refresh(new)
        assert new.state is NotificationState.CANCELLED

    def test_the_second_one_can_be_sent_again_in_its_turn(self, call, cast, session, now):
        third = again(fail(again(call, cast, now), now), cast, now)
        assert len({call.dedup_key, third.dedup_key, third.parent.dedup_key}) == 3
        assert third.dedup_key.count(":again:") == 1, "the key does not grow for ever"

    def test_one_that_went_another_way_can_be_sent_again(self, call, cast, session, now):
        other = NotificationFactory(
            kind=call.kind,
            person=cast.zhou,
            complaint=call.complaint,
            dedup_key=f"{call.dedup_key}:via:1",
            parent=call,
            relation=MessageRelation.FALLBACK,
            variables=call.variables,
        )
        new = again(fail(other, now), cast, now)
        assert new.dedup_key == f"{call.dedup_key}:again:{other.id}"


class TestOnce:
    def test_a_double_click_makes_one(self, call, cast, session, now):
        again(call, cast, now)
        with pytest.raises(Conflict):
            again(call, cast, now)

    def test_two_people_at_once_make_one(self, call, cast, session, now, at_once, messages):
        call_id = call.id

        def press(person_id: int) -> Callable[[], Notification]:
            return lambda: resending.resend(call_id, reason="没收到", actor=session.get_one(Person, person_id), now=now)

        outcomes = at_once(press(cast.lin.id), press(cast.admin.id))
        assert sorted(isinstance(each, Conflict) for each in outcomes) == [False, True], outcomes
        assert len([each for each in messages() if each.relation is MessageRelation.RESENT]) == 1


class TestRefusals:
    def why(self, message: Notification, cast: Cast, now: datetime, **more: Any) -> str:
        with pytest.raises(Refusal) as refused:
            again(message, cast, now, **more)
        return refused.value.message

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\x00b"])
    def test_a_reason_is_needed(self, reason, call, cast, session, now):
        with pytest.raises(Refusal) as refused:
            again(call, cast, now, reason=reason)
        assert refused.value.field == "reason"

    @pytest.mark.parametrize("who", ["xiaozhou", "analyst", "auditor", "approver"])
    def test_only_who_may_send_messages(self, who, call, cast, session, now):
        with pytest.raises(NotAllowed):
            again(call, cast, now, actor=getattr(cast, who))

    @pytest.mark.parametrize("state", sorted(set(NotificationState) - set(LOST)))
    def test_no_other_state(self, state, call, cast, session, now):
        call.state = state
        call.claim_token = "t" if state in (NotificationState.CLAIMED, NotificationState.ATTEMPTED) else None
        call.bundle_id = call.id if state is NotificationState.BUNDLED else None
        assert self.why(call, cast, now)

    def test_two_minutes_are_the_providers(self, call, cast, session, now):
        fail(call, now, NotificationState.ACCEPTED).attempted_at = now - PATIENCE + timedelta(seconds=1)
        assert "two minutes" in self.why(call, cast, now)
        assert again(call, cast, now + timedelta(seconds=1))

    def test_a_closed_complaint(self, call, complaint, cast, session, now):
        complaint.status, complaint.closed_at = Status.CLOSED, now
        assert "closed" in self.why(call, cast, now)

    def test_somebody_has_it_by_now(self, call, complaint, cast, session, now):
        complaints.acknowledge(complaint, actor=cast.lin, now=now)
        assert "Somebody has" in self.why(call, cast, now)

    def test_who_left_the_company(self, call, cast, session, now):
        cast.zhou.is_active = False
        assert "does not work here" in self.why(call, cast, now)

    def test_who_has_no_number_any_more(self, call, cast, session, now):
        cast.zhou.phone = None
        assert "no mobile number" in self.why(call, cast, now)

    def test_a_customer_who_wants_no_more(self, complaint, cast, session, now):
        customer: Customer = CustomerFactory()
        told = fail(
            NotificationFactory(
                kind=NotificationKind.APPOINTMENT_MADE,
                person=None,
                customer=customer,
                phone=customer.phone,
                complaint=complaint,
            ),
            now,
        )
        session.add(OptOut(phone=customer.phone, words="T", opted_out_at=now))
        assert "no more messages" in self.why(told, cast, now)

    @pytest.mark.parametrize(
        "kind",
        [
            NotificationKind.VERIFICATION,
            NotificationKind.TEST,
            NotificationKind.ANSWER,
            NotificationKind.PROGRESS_REPORT,
        ],
    )
    def test_what_is_done_anew_where_it_comes_from(self, kind, cast, session, now):
        assert self.why(fail(NotificationFactory(kind=kind, person=cast.zhou), now), cast, now)

    def test_a_shift_that_has_begun(self, cast, session, now):
        reminder = NotificationFactory(
            kind=NotificationKind.SHIFT_REMINDER,
            person=cast.zhou,
            shift=ShiftFactory(person=cast.zhou),
            due_at=now - LONG_AGO,
            expires_at=now,
        )
        assert "time is over" in self.why(fail(reminder, now, NotificationState.EXPIRED), cast, now)

    @pytest.mark.parametrize(
        ("state", "words"),
        [(NotificationState.DELIVERED, "arrived another way"), (NotificationState.QUEUED, "another channel")],
    )
    def test_what_goes_another_way_already(self, state, words, call, cast, session, now):
        NotificationFactory(person=cast.zhou, parent=call, relation=MessageRelation.FALLBACK, state=state)
        assert words in self.why(call, cast, now)

    def test_nothing_is_written_when_it_is_refused(self, call, complaint, cast, session, now):
        complaint.status = Status.VOID
        before = session.scalars(select(Notification.id)).all()
        self.why(call, cast, now)
        assert session.scalars(select(Notification.id)).all() == before
