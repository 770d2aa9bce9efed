"""A complaint that is played: the whole real way, in the sandbox only, and no figure knows of it (G-02, N15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Reply
from models import Complaint, Customer, GroupCase, Notification, SmsInboxMessage
from rules.drills import LENGTH, Script, marked
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    AppointmentPurpose,
    ClockState,
    MessageLanguage,
    NotificationKind,
    NotificationState,
    Status,
)
from services import (
    appointments,
    channels,
    complaint_drills,
    complaints,
    digests,
    duplicates,
    escalations,
    outbox,
    replies,
    sandbox,
    search,
    workbench,
)
from services.channels import Channels
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory
from tests.providers import Provider, fleet_of
from tests.stories import recorded

Db = scoped_session[Session]


@pytest.fixture
def played(cast: Cast, on_duty: Any, clock: Hands, session: Db) -> Complaint:
    """孙梅 plays a leak at night."""
    made = complaint_drills.start(Script.LEAK, actor=cast.roster, now=clock.now())
    session.commit()
    return made


def send(session: Db, clock: Hands, fleet: Channels | None = None) -> int:
    session.commit()
    return outbox.dispatch(fleet=fleet or sandbox.fleet(clock.now), clock=clock.now)


def told(session: Db, complaint: Complaint) -> list[Notification]:
    session.expire_all()
    return list(session.scalars(select(Notification).where(Notification.complaint_id == complaint.id)))


@pytest.mark.parametrize("script", Script)
def test_every_script_runs_its_clocks_and_calls_whoever_is_on_duty(
    script: Script, cast: Cast, on_duty: Any, clock: Hands, session: Db
) -> None:
    played = complaint_drills.start(script, actor=cast.roster, now=clock.now())
    assert played.is_drill and not played.is_counted and played.status is Status.NEW
    assert any(each.state is ClockState.RUNNING for each in played.clocks)
    assert [each.person for each in told(session, played) if each.kind is NotificationKind.DUTY_CALL]


def test_every_word_of_it_is_marked_even_with_the_code_that_comes_later(
    played: Complaint, session: Db, clock: Hands
) -> None:
    send(session, clock)
    texts = [each.text for each in told(session, played)]
    assert texts and all(text.startswith("【演练】") and text.count("【演练】") == 1 for text in texts)
    arrived = session.scalars(select(SmsInboxMessage.text)).all()
    assert arrived and all("【演练】" in text for text in arrived)


def test_no_real_channel_is_ever_asked_whatever_fails(played: Complaint, session: Db, clock: Hands) -> None:
    real = Provider()
    fleet = fleet_of(real)
    send(session, clock, fleet)
    escalations.sweep(now=clock.forward(minutes=20))
    send(session, clock, fleet)
    assert real.ids == []
    assert {each.channel for each in told(session, played)} == {""}


def test_beside_real_channels_the_sandbox_takes_them(played: Complaint, session: Db, clock: Hands) -> None:
    real = Provider()
    practice = next(iter(sandbox.fleet(clock.now)))
    send(session, clock, Channels(list(fleet_of(real)), for_drills=practice))
    assert real.ids == []
    sent = [each for each in told(session, played) if each.attempted_at]
    assert sent and {each.channel for each in sent} == {"sandbox"}


def test_a_message_that_was_meant_for_a_real_channel_is_dropped_before_it_leaves(
    played: Complaint, session: Db, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Provider()
    fleet = fleet_of(real)
    monkeypatch.setattr(channels, "choose", lambda fleet, notification, now: next(iter(fleet)))
    send(session, clock, fleet)
    assert real.ids == []
    assert {each.state for each in told(session, played)} == {NotificationState.CANCELLED}


def test_the_customer_who_does_not_exist_is_told_nothing(
    played: Complaint, cast: Cast, session: Db, clock: Hands
) -> None:
    start = clock.now() + timedelta(hours=20)
    appointments.make(
        played,
        purpose=AppointmentPurpose.INSPECTION,
        person=cast.zhao,
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        actor=cast.zhou,
        now=clock.now(),
    )
    assert [each for each in told(session, played) if each.customer_id is not None] == []


def test_no_figure_changes_by_a_drill(cast: Cast, on_duty: Any, session: Db, clock: Hands) -> None:
    recorded(cast, now=clock.now())

    def figures() -> dict[str, object]:
        session.expire_all()
        return {
            "counts": workbench.counts(cast.zhou),
            "urgent": [each.complaint.id for each in workbench.urgent()],
            "nobody": [each.complaint.id for each in workbench.unacknowledged()],
            "mine": [each.complaint.id for each in workbench.mine(cast.zhou)],
            "promises": [each.id for each in workbench.promises_today(now=clock.now())],
            "digest": digests.tallies_by_handler(clock.now()),
            "groups": session.scalars(select(GroupCase.id)).all(),
            "customers": search.customer_ids("演练客户", 10) + search.customer_ids("0000", 10),
        }

    before = figures()
    played = complaint_drills.start(Script.MEDIA, actor=cast.roster, now=clock.now())
    complaints.acknowledge(played, actor=cast.zhou, now=clock.now())
    assert figures() == before
    clock.forward(minutes=40)
    at_forty = figures()
    assert played.id not in [*at_forty["urgent"], *at_forty["nobody"], *at_forty["mine"]]  # type: ignore[misc]
    complaint_drills.end(played, actor=cast.roster, now=clock.now())
    assert figures() == at_forty


def test_two_drills_are_no_repeat_of_each_other_and_use_one_customer(
    played: Complaint, cast: Cast, session: Db, clock: Hands
) -> None:
    complaint_drills.end(played, actor=cast.roster, now=clock.now())
    again = complaint_drills.start(Script.LEAK, actor=cast.roster, now=clock.forward(minutes=1))
    assert again.repeat_of_id is None and again.customer_id == played.customer_id
    assert session.scalars(select(Customer).where(Customer.is_made_up)).one().id == played.customer_id


def test_a_drill_is_merged_with_no_complaint_in_earnest(played: Complaint, cast: Cast, clock: Hands) -> None:
    real = ComplaintFactory()
    with pytest.raises(Refusal):
        duplicates.merge(real, into=played.number, reason="同一件事", actor=cast.roster, now=clock.now())


def test_an_answer_by_sms_takes_it_and_the_report_says_after_how_long(
    played: Complaint, session: Db, clock: Hands
) -> None:
    send(session, clock)
    call = next(each for each in told(session, played) if each.reply_code)
    replies.take("sandbox", [Reply("r1", phone=call.phone, text=f"1 {call.reply_code}")], now=clock.forward(seconds=42))
    session.expire_all()
    report = complaint_drills.report(played)
    answered = {each.person.name: each.answered_after for each in report.calls if each.answered_at}
    assert call.person is not None and answered == {call.person.name: timedelta(seconds=42)}
    assert report.first_answer == clock.now()
    assert report.missed == 0


def test_it_ends_by_itself_after_two_hours_and_no_phone_rings_any_more(
    played: Complaint, session: Db, clock: Hands
) -> None:
    assert complaint_drills.end_overdue(now=clock.now() + LENGTH - timedelta(seconds=1)) == 0
    assert complaint_drills.end_overdue(now=clock.forward(hours=2)) == 1
    assert complaint_drills.end_overdue(now=clock.now()) == 0
    session.expire_all()
    assert played.status is Status.VOID and complaint_drills.running() is None
    assert not [each for each in told(session, played) if each.state is NotificationState.QUEUED]


def test_one_at_a_time_and_ended_once(played: Complaint, cast: Cast, clock: Hands) -> None:
    with pytest.raises(Conflict):
        complaint_drills.start(Script.DELAY, actor=cast.roster, now=clock.now())
    complaint_drills.end(played, actor=cast.roster, now=clock.now())
    with pytest.raises(Conflict):
        complaint_drills.end(played, actor=cast.roster, now=clock.now())


def test_a_complaint_in_earnest_is_never_ended_as_a_drill(cast: Cast, now: datetime) -> None:
    real = ComplaintFactory()
    with pytest.raises(Conflict):
        complaint_drills.end(real, actor=cast.roster, now=now)
    assert real.status is not Status.VOID


def test_without_anybody_on_duty_nothing_is_played(cast: Cast, session: Db, now: datetime) -> None:
    with pytest.raises(Conflict):
        complaint_drills.start(Script.LEAK, actor=cast.roster, now=now)


def test_only_who_plans_the_shifts_may_play_and_end_one(played: Complaint, cast: Cast, clock: Hands) -> None:
    for act in (
        lambda: complaint_drills.start(Script.LEAK, actor=cast.zhou, now=clock.now()),
        lambda: complaint_drills.end(played, actor=cast.zhou, now=clock.now()),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_the_mark_is_put_once() -> None:
    once: Callable[[str], str] = lambda text: marked(text, MessageLanguage.CHINESE)  # noqa: E731
    assert once(once("请接单")) == "【演练】请接单"
    assert marked("Please", MessageLanguage.ENGLISH) == "[Drill] Please"
