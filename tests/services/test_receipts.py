"""Receipts in any order, any number of times and from anybody: the message ends the same, nothing is believed twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, scoped_session

from gateways import base
from gateways.base import Fate
from models import Complaint, Notification, NotificationStep, Receipt
from rules.vocabulary import EventKind, MessageRelation, NotificationKind, NotificationState
from services import outbox, receipts
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, NotificationFactory, PersonFactory
from tests.providers import Provider, fleet_of
from tests.services.conftest import lines

Db = scoped_session[Session]
STATE = NotificationState
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def fleet(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two channels that give receipts."""
    fleet = fleet_of(Provider(name="one"), Provider(name="two"))
    monkeypatch.setitem(app.extensions, "channels", fleet)
    return fleet


@pytest.fixture
def accepted(session: Db, now: datetime) -> Callable[..., Notification]:
    """A message that channel ``one`` took a minute ago as ``P1``."""

    def make(**changes: Any) -> Notification:
        given = {
            "channel": "one",
            "provider_id": "P1",
            "state": STATE.ACCEPTED,
            "attempts": 1,
            "attempted_at": now - timedelta(minutes=1),
            "accepted_at": now - timedelta(minutes=1),
        }
        notification: Notification = NotificationFactory(**(given | changes))
        session.commit()
        return notification

    return make


def said(fate: Fate = Fate.DELIVERED, **more: Any) -> base.Receipt:
    """A receipt of ``P1``."""
    return base.Receipt(fate, **({"provider_id": "P1"} | more))


class TestOneReceipt:
    @pytest.mark.parametrize(
        ("fate", "state"),
        [(Fate.DELIVERED, STATE.DELIVERED), (Fate.FAILED, STATE.FAILED), (Fate.ON_ITS_WAY, STATE.ACCEPTED)],
    )
    def test_says_what_became_of_the_message(
        self, accepted: Callable[..., Notification], now: datetime, fate: Fate, state: STATE
    ) -> None:
        notification = accepted()
        assert receipts.take("one", [said(fate, code="X1", words="said so")], now=now) == 1
        assert (notification.state, notification.provider_code, notification.outcome) == (state, "X1", "said so")

    def test_of_a_delivery_ends_the_watch_and_withdraws_what_was_to_go_another_way(
        self, accepted: Callable[..., Notification], now: datetime, session: Db
    ) -> None:
        notification = accepted(fallback_at=now + timedelta(minutes=4), ask_at=now)
        instead = NotificationFactory(
            parent=notification, relation=MessageRelation.FALLBACK, person=notification.person
        )
        receipts.take("one", [said(at=now - SECOND)], now=now)
        session.flush()
        assert (notification.fallback_at, notification.ask_at) == (None, None)
        assert notification.delivered_at == now - SECOND
        assert instead.state is STATE.CANCELLED

    def test_keeps_how_many_parts_were_billed(self, accepted: Callable[..., Notification], now: datetime) -> None:
        notification = accepted()
        receipts.take("one", [said(parts=3)], now=now)
        assert notification.parts == 3

    @pytest.mark.parametrize(("at", "delivered"), [(-3600, -60), (-30, -30), (3600, 0)])
    def test_no_clock_of_a_provider_makes_a_message_arrive_before_it_left_or_tomorrow(
        self, accepted: Callable[..., Notification], now: datetime, at: int, delivered: int
    ) -> None:
        notification = accepted()
        receipts.take("one", [said(at=now + at * SECOND)], now=now)
        assert notification.delivered_at == now + delivered * SECOND

    def test_of_a_failure_stands_on_the_timeline_and_the_message_goes_another_way(
        self, accepted: Callable[..., Notification], cast: Cast, now: datetime, session: Db
    ) -> None:
        complaint: Complaint = ComplaintFactory()
        notification = accepted(kind=NotificationKind.LEVEL_RAISED, complaint=complaint, person=cast.zhou)
        receipts.take("one", [said(Fate.FAILED)], now=now)
        assert len(lines(complaint, EventKind.NOTIFICATION_FAILED)) == 1
        instead = session.scalars(select(Notification).where(Notification.parent_id == notification.id)).one()
        assert (instead.relation, instead.channels_tried) == (MessageRelation.FALLBACK, ["one"])

    def test_by_our_own_id_needs_none_of_theirs(self, accepted: Callable[..., Notification], now: datetime) -> None:
        notification = accepted(provider_id="")
        receipts.take("one", [base.Receipt(Fate.DELIVERED, "fid-9", notification.public_id)], now=now)
        assert notification.state is STATE.DELIVERED

    def test_may_bring_our_id_cut_to_fifteen_digits(self, accepted: Callable[..., Notification], now: datetime) -> None:
        notification, other = accepted(), accepted(provider_id="P2")
        receipts.take("one", [said(message_id=notification.public_id[:15])], now=now)
        assert (notification.state, other.state) == (STATE.DELIVERED, STATE.ACCEPTED)

    def test_of_a_message_whose_answer_was_lost_makes_it_known_again(
        self, accepted: Callable[..., Notification], now: datetime
    ) -> None:
        notification = accepted(provider_id="", state=STATE.UNKNOWN, accepted_at=None, ask_at=now)
        receipts.take("one", [base.Receipt(Fate.ON_ITS_WAY, "P1", notification.public_id)], now=now)
        assert (notification.state, notification.accepted_at) == (STATE.ACCEPTED, now)


class TestThatFitsNothing:
    """Somebody else's, forged or early: no error, and no message changes."""

    @pytest.mark.parametrize(
        "receipt",
        [
            said(provider_id="P2"),
            said(provider_id=""),
            said(provider_id="", message_id="f" * 32),
            said(message_id="f" * 32),
            said(provider_id="", message_id="%" * 32),
            said(provider_id="", message_id="_" * 15),
            said(provider_id="", message_id="0"),
            said(phone="+8613900000000"),
            said(Fate.NEVER_SEEN),
        ],
    )
    def test_is_left_out(
        self, accepted: Callable[..., Notification], now: datetime, session: Db, receipt: base.Receipt
    ) -> None:
        notification = accepted()
        assert receipts.take("one", [receipt], now=now) == 0
        assert notification.state is STATE.ACCEPTED
        assert session.scalar(select(func.count(Receipt.id))) == 0

    def test_of_another_channel_is_left_out(self, accepted: Callable[..., Notification], now: datetime) -> None:
        notification = accepted()
        assert receipts.take("two", [said()], now=now) == 0
        assert notification.state is STATE.ACCEPTED

    def test_of_an_earlier_attempt_is_kept_and_changes_nothing(
        self, accepted: Callable[..., Notification], now: datetime, session: Db
    ) -> None:
        notification = accepted(provider_id="P2", attempts=2)
        assert receipts.take("one", [said(message_id=notification.public_id)], now=now) == 1
        assert receipts.take("two", [said(provider_id="P2", message_id=notification.public_id)], now=now) == 1
        assert notification.state is STATE.ACCEPTED
        assert [each.provider_id for each in receipts.of(notification)] == ["P1", "P2"]

    def test_is_told_in_the_log_without_a_number(
        self, accepted: Callable[..., Notification], now: datetime, caplog: pytest.LogCaptureFixture
    ) -> None:
        accepted()
        receipts.take("one", [said(phone="+8613900000000"), said()], now=now)
        assert "1 of 2 receipts" in caplog.text and "13900000000" not in caplog.text and "P1" not in caplog.text


class TestThatComesBeforeItsVerdict:
    """Tencent's receipts carry its own id alone, and may overtake the answer that brings it."""

    def test_waits_for_it(self, accepted: Callable[..., Notification], now: datetime, session: Db) -> None:
        notification = accepted(
            state=STATE.ATTEMPTED, provider_id="", accepted_at=None, claim_token="t", claimed_until=now + SECOND
        )
        assert receipts.take("one", [said(phone=notification.phone)], now=now) == 1
        assert notification.state is STATE.ATTEMPTED
        notification.provider_id = "P1"
        receipts.claim_loose([notification], now=now)
        assert notification.state is STATE.DELIVERED
        assert receipts.of(notification)[0].notification is notification

    def test_is_nobodys_where_nothing_is_on_its_way_to_that_phone(
        self, accepted: Callable[..., Notification], now: datetime, session: Db
    ) -> None:
        notification = accepted(
            state=STATE.ATTEMPTED, provider_id="", accepted_at=None, claim_token="t", claimed_until=now + SECOND
        )
        assert receipts.take("one", [said(phone="+8613900000000"), said()], now=now) == 0
        assert receipts.take("two", [said(phone=notification.phone)], now=now) == 0

    def test_comes_through_the_whole_outbox(
        self, session: Db, app: Flask, clock: Hands, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one: Notification = NotificationFactory(person=PersonFactory())
        session.commit()

        class Hasty(Provider):
            """Reports before it answers."""

            def send(self, message: base.Message) -> base.Verdict:
                verdict = super().send(message)
                early = base.Receipt(Fate.DELIVERED, verdict.provider_id, phone=message.phone)
                receipts.take("sms", [early], now=clock.now())
                session.commit()
                return verdict

        fleet = fleet_of(Hasty(name="sms"))
        monkeypatch.setitem(app.extensions, "channels", fleet)
        outbox.dispatch(fleet=fleet, clock=clock.now)
        session.expire_all()
        assert one.state is STATE.DELIVERED


class TestABundle:
    def test_has_the_receipts_and_its_members_stay_bundled(
        self, accepted: Callable[..., Notification], now: datetime, session: Db
    ) -> None:
        bundle = accepted(kind=NotificationKind.BUNDLE)
        member = NotificationFactory(
            kind=NotificationKind.DUTY_CALL, person=bundle.person, state=STATE.BUNDLED, bundle=bundle
        )
        receipts.take("one", [said()], now=now)
        assert (bundle.state, member.state) == (STATE.DELIVERED, STATE.BUNDLED)
        assert receipts.carrier(member) is bundle and receipts.carrier(bundle) is bundle
        assert receipts.of(member) == receipts.of(bundle) != []


RECEIPTS = st.builds(
    base.Receipt,
    fate=st.sampled_from([Fate.DELIVERED, Fate.FAILED, Fate.ON_ITS_WAY]),
    provider_id=st.sampled_from(["P1", "P1", "P0"]),
    message_id=st.sampled_from(["", "own"]),
    phone=st.sampled_from(["", "+8613900139001", "+8613900000000"]),
    code=st.sampled_from(["", "DELIVRD", "UNDELIV"]),
    at=st.sampled_from([None, 1, 2]),
    parts=st.sampled_from([None, 1, 2, 3]),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), given_receipts=st.lists(RECEIPTS, min_size=1, max_size=6))
def test_any_order_and_any_repetition_end_the_same(
    session: Db, now: datetime, data: st.DataObject, given_receipts: list[base.Receipt]
) -> None:
    ends = []
    repeated = data.draw(st.permutations([*given_receipts, *data.draw(st.lists(st.sampled_from(given_receipts)))]))
    cuts = data.draw(st.integers(1, len(repeated)))
    person = PersonFactory(phone="+8613900139001")
    for order in (given_receipts, repeated):
        notification: Notification = NotificationFactory(
            person=person, channel="one", provider_id="P1", state=STATE.ACCEPTED, attempted_at=now, accepted_at=now
        )
        session.flush()
        some = _told(order, notification, now)
        receipts.take("one", some[:cuts], now=now)
        receipts.take("one", some[cuts:], now=now)
        session.flush()
        facts = (notification.state, notification.provider_code, notification.parts, notification.delivered_at)
        ends.append((*facts, notification.fallback_at, _kept(session, notification)))
        session.execute(delete(Receipt))
        notification.provider_id, notification.channel = "", "gone"
        session.flush()
    session.rollback()
    assert ends[0] == ends[1]


def _told(order: Sequence[base.Receipt], notification: Notification, now: datetime) -> list[base.Receipt]:
    return [
        base.Receipt(
            each.fate,
            each.provider_id,
            notification.public_id if each.message_id else "",
            each.phone,
            each.code,
            at=now + each.at * SECOND if each.at else None,
            parts=each.parts,
        )
        for each in order
    ]


def _kept(session: Db, notification: Notification) -> set[Any]:
    rows = session.execute(select(Receipt.state, Receipt.code, Receipt.at, Receipt.parts, Receipt.provider_id))
    return {tuple(row) for row in rows}


def test_the_same_push_in_two_threads_is_kept_once(
    accepted: Callable[..., Notification], at_once: Callable[..., list[Any]], session: Db, now: datetime
) -> None:
    ids = [accepted(provider_id=f"P{place}").id for place in range(6)]
    pushed = [said(provider_id=f"P{place}") for place in range(6)]
    answers = at_once(
        lambda: receipts.take("one", pushed, now=now), lambda: receipts.take("one", pushed[::-1], now=now)
    )
    assert sum(answers) == 6
    session.expire_all()
    found = session.scalars(select(Notification.state).where(Notification.id.in_(ids)))
    assert set(found) == {STATE.DELIVERED}
    steps = select(func.count(NotificationStep.id)).where(NotificationStep.state == STATE.DELIVERED)
    assert session.scalar(steps) == 6
