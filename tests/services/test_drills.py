"""Drills: everybody on duty is called for practice, and it is seen who answered when (G-02, N15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from gateways.base import Reply
from models import Drill, Notification, Person, TimelineEvent
from rules.refusals import Conflict, NotAllowed, NotFound, Refusal
from rules.vocabulary import NotificationKind, NotificationState
from services import drills, outbox, replies, sandbox
from tests.cast import Cast
from tests.conftest import Hands

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]


@pytest.fixture
def drill(cast: Cast, on_duty: Any, clock: Hands, session: Db) -> Drill:
    """孙梅 has just started one."""
    started = drills.start(remarks="周六夜间", actor=cast.roster, now=clock.now())
    session.commit()
    return started


@pytest.fixture
def send(clock: Hands, session: Db) -> Callable[[], int]:
    """The worker takes what is due."""

    def dispatch() -> int:
        session.commit()
        return outbox.dispatch(fleet=sandbox.fleet(clock.now), clock=clock.now)

    return dispatch


def answers(drill: Drill, session: Db) -> dict[str, bool]:
    session.expire_all()
    return {call.person.name: call.answered_at is not None for call in drill.calls}


def test_everybody_on_duty_is_called_with_a_code_to_answer_by(
    drill: Drill, send: Callable[[], int], messages: Messages, session: Db
) -> None:
    assert [call.person.name for call in drill.calls] == ["林晓", "周强", "何静", "高岩"]
    send()
    calls = messages(NotificationKind.DRILL)
    assert len(calls) == 4
    assert all(each.is_drill and each.reply_code and each.reply_code in each.text for each in calls)
    assert session.scalars(select(TimelineEvent)).all() == []


def test_an_answer_by_sms_counts_with_its_moment(
    drill: Drill, cast: Cast, send: Callable[[], int], messages: Messages, clock: Hands, session: Db
) -> None:
    send()
    call = next(each for each in messages(NotificationKind.DRILL) if each.person_id == cast.zhou.id)
    reply = Reply("r1", phone=call.phone, text=f"1 {call.reply_code}")
    assert replies.take("sandbox", [reply], now=clock.forward(seconds=42)) == 1
    assert answers(drill, session) == {"林晓": False, "周强": True, "何静": False, "高岩": False}
    assert drill.calls[1].answered_at == clock.now()


def test_an_answer_on_the_screen_counts_as_well_and_once(drill: Drill, cast: Cast, clock: Hands, session: Db) -> None:
    drills.answer_here(drill, actor=cast.lin, now=clock.forward(minutes=1))
    assert answers(drill, session)["林晓"]
    with pytest.raises(Conflict):
        drills.answer_here(drill, actor=cast.lin, now=clock.now())
    with pytest.raises(NotFound):
        drills.answer_here(drill, actor=cast.zhao, now=clock.now())


def test_who_answered_before_the_message_left_is_not_called(
    drill: Drill, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages
) -> None:
    drills.answer_here(drill, actor=cast.lin, now=clock.now())
    send()
    mine = [each for each in messages(NotificationKind.DRILL) if each.person_id == cast.lin.id]
    assert [each.state for each in mine] == [NotificationState.CANCELLED]


def test_one_goes_on_at_a_time(drill: Drill, cast: Cast, clock: Hands, session: Db) -> None:
    with pytest.raises(Conflict):
        drills.start(remarks="", actor=cast.roster, now=clock.forward(minutes=1))
    drills.end(drill, actor=cast.roster, now=clock.now())
    assert drills.start(remarks="", actor=cast.roster, now=clock.now()).id != drill.id


def test_two_who_press_at_once_start_one(
    cast: Cast, on_duty: Any, now: datetime, at_once: Callable[..., list[Any]], session: Db
) -> None:
    roster_id = cast.roster.id

    def start() -> int:
        return drills.start(remarks="", actor=session.get_one(Person, roster_id), now=now).id

    results = at_once(start, start)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True], results


def test_it_ends_by_itself_and_an_answer_after_that_is_none(
    drill: Drill, cast: Cast, clock: Hands, session: Db
) -> None:
    assert drills.end_overdue(now=clock.forward(minutes=29, seconds=59)) == 0
    assert drills.running(now=clock.now()) == drill
    assert drills.end_overdue(now=clock.forward(seconds=1)) == 1
    assert (drills.running(now=clock.now()), drills.recent(limit=5)) == (None, [drill])
    with pytest.raises(Conflict):
        drills.answer_here(drill, actor=cast.lin, now=clock.now())


def test_a_late_message_is_not_sent(
    drill: Drill, cast: Cast, clock: Hands, send: Callable[[], int], messages: Messages
) -> None:
    drills.end(drill, actor=cast.roster, now=clock.now())
    send()
    assert {each.state for each in messages(NotificationKind.DRILL)} == {NotificationState.CANCELLED}


def test_who_has_no_number_stands_on_the_page_all_the_same(cast: Cast, on_duty: Any, clock: Hands, session: Db) -> None:
    cast.he.phone = None
    started = drills.start(remarks="", actor=cast.roster, now=clock.now())
    assert [call.person.name for call in started.calls if call.notification is None] == ["何静"]


def test_with_nobody_on_duty_there_is_nobody_to_call(cast: Cast, now: datetime) -> None:
    with pytest.raises(Refusal):
        drills.start(remarks="", actor=cast.roster, now=now)


def test_only_who_plans_the_shifts_starts_one(cast: Cast, on_duty: Any, now: datetime, session: Db) -> None:
    with pytest.raises(NotAllowed):
        drills.start(remarks="", actor=cast.zhou, now=now)
    assert drills.running(now=now + timedelta(minutes=1)) is None
