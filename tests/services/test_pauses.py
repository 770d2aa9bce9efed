"""A clock waits for the customer and goes on with the time it had left (SL5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import ClockPause, Complaint, Notification
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import Action, ClockKind, ClockState, ContactMethod, ContactPurpose, EventKind
from services import clock_sweep, complaint_locks, complaints, pauses
from tests.cast import Cast
from tests.conftest import Hands
from tests.services.conftest import lines
from tests.services.test_complaints import clock_of

Db = scoped_session[Session]


def company(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COMPANY_ZONE)


def pause(complaint: Complaint, kind: ClockKind, actor: Any, now: datetime, reason: str = "等客户回家开门") -> None:
    pauses.pause(complaint, clock_ids=[clock_of(complaint, kind).id], reason=reason, actor=actor, now=now)


def resume(complaint: Complaint, kind: ClockKind, actor: Any, now: datetime) -> None:
    pauses.resume(complaint, clock_ids=[clock_of(complaint, kind).id], actor=actor, now=now)


def test_a_pause_has_its_reason_and_its_person_and_moves_the_due_time_by_its_length(
    complaint: Complaint, cast: Cast, clock: Hands
) -> None:
    on_site = clock_of(complaint, ClockKind.ON_SITE)
    due_at = on_site.due_at
    pause(complaint, ClockKind.ON_SITE, cast.zhou, clock.forward(hours=1))
    assert (on_site.state, on_site.next_action_at) == (ClockState.PAUSED, None)
    resume(complaint, ClockKind.ON_SITE, cast.lin, clock.forward(hours=30))
    (waited,) = on_site.pauses
    assert (waited.reason, waited.paused_by, waited.resumed_by) == ("等客户回家开门", cast.zhou, cast.lin)
    assert (on_site.state, on_site.due_at) == (ClockState.RUNNING, due_at + timedelta(hours=30))
    assert [line.details["clock"] for line in lines(complaint, EventKind.CLOCK_RESUMED)] == ["on_site"]


def test_nobody_is_warned_during_a_pause_and_nothing_is_overdue_on_resuming(
    complaint: Complaint, cast: Cast, clock: Hands, messages: Callable[..., list[Notification]]
) -> None:
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    pause(complaint, ClockKind.ON_SITE, cast.zhou, clock.forward(hours=1))
    clock_sweep.sweep(now=clock.forward(days=5))
    resume(complaint, ClockKind.ON_SITE, cast.zhou, clock.now())
    clock_sweep.sweep(now=clock.forward(seconds=2))
    assert not [each for each in messages() if "上门" in each.text]
    assert clock_of(complaint, ClockKind.ON_SITE).state is ClockState.RUNNING


def test_the_warnings_come_at_the_same_share_of_the_time_that_is_left(
    complaint: Complaint, cast: Cast, clock: Hands, now: datetime
) -> None:
    pause(complaint, ClockKind.ON_SITE, cast.zhou, clock.forward(hours=1))
    resume(complaint, ClockKind.ON_SITE, cast.zhou, clock.forward(hours=10))
    assert clock_of(complaint, ClockKind.ON_SITE).next_action_at == now + timedelta(hours=22)
    clock_sweep.sweep(now=now + timedelta(hours=22, seconds=1))
    pause(complaint, ClockKind.ON_SITE, cast.zhou, now + timedelta(hours=23))
    resume(complaint, ClockKind.ON_SITE, cast.zhou, now + timedelta(hours=24))
    warned = [line for line in lines(complaint, EventKind.CLOCK_WARNED) if line.details["clock"] == "on_site"]
    assert [line.details["percent"] for line in warned] == [50]
    # 80 % of 24 h are 19 h 12 min, and it stood still for 11 h.
    assert clock_of(complaint, ClockKind.ON_SITE).next_action_at == now + timedelta(hours=30, minutes=12)


def test_a_working_time_clock_gets_back_only_working_time(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    reply = clock_of(complaint, ClockKind.FORMAL_REPLY)
    assert reply.due_at == company("2026-11-25 18:00")
    pause(complaint, ClockKind.FORMAL_REPLY, cast.zhou, clock.set(company("2026-11-23 17:00")))
    resume(complaint, ClockKind.FORMAL_REPLY, cast.zhou, clock.set(company("2026-11-24 10:00")))
    assert reply.due_at == company("2026-11-26 11:00")  # One hour in the evening, one in the morning.


def test_what_is_done_during_a_pause_was_in_time(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    pause(complaint, ClockKind.ON_SITE, cast.zhou, clock.forward(hours=1))
    complaints.log_contact(
        complaint,
        method=ContactMethod.VISIT,
        is_reached=True,
        summary="客户回来后已上门",
        purpose=ContactPurpose.TALK,
        actor=cast.zhou,
        now=clock.forward(days=3),
    )
    on_site = clock_of(complaint, ClockKind.ON_SITE)
    assert (on_site.state, on_site.pauses[0].ended_at) == (ClockState.MET, clock.now())


def test_a_paused_clock_ends_with_its_complaint(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    pause(complaint, ClockKind.ON_SITE, cast.zhou, clock.forward(hours=1))
    complaints.make_void(complaint, reason="误录", actor=cast.roster, now=clock.forward(days=3))
    on_site = clock_of(complaint, ClockKind.ON_SITE)
    assert on_site.state is ClockState.CANCELLED and on_site.pauses[0].ended_at is not None


@pytest.mark.parametrize("kind", [ClockKind.CONTACT, ClockKind.TRIAGE, ClockKind.GOLDEN])
def test_some_clocks_are_never_paused(complaint: Complaint, cast: Cast, now: datetime, kind: ClockKind) -> None:
    """Decision 6."""
    with pytest.raises(Conflict, match="never paused"):
        pause(complaint, kind, cast.zhou, now)


def test_an_overdue_clock_is_not_paused_even_before_the_sweep_saw_it(
    complaint: Complaint, cast: Cast, clock: Hands
) -> None:
    now = clock.forward(hours=24, seconds=1)
    with pytest.raises(Conflict, match="overdue"):
        pause(complaint, ClockKind.ON_SITE, cast.zhou, now)
    clock_sweep.sweep(now=now)
    with pytest.raises(Conflict, match="overdue"):
        pause(complaint, ClockKind.ON_SITE, cast.zhou, now)


def test_nonsense_is_refused_with_a_sentence(complaint: Complaint, cast: Cast, now: datetime) -> None:
    on_site = clock_of(complaint, ClockKind.ON_SITE).id
    with pytest.raises(Refusal) as no_reason:
        pauses.pause(complaint, clock_ids=[on_site], reason=" ", actor=cast.zhou, now=now)
    assert no_reason.value.field == "reason"
    for ids in ([], [on_site, 999_999]):
        with pytest.raises(Refusal) as no_clock:
            pauses.pause(complaint, clock_ids=ids, reason="等客户", actor=cast.zhou, now=now)
        assert no_clock.value.field == "clocks"
    with pytest.raises(Conflict, match="not paused"):
        pauses.resume(complaint, clock_ids=[on_site], actor=cast.zhou, now=now)
    pause(complaint, ClockKind.ON_SITE, cast.zhou, now)
    with pytest.raises(Conflict, match="does not run"):
        pause(complaint, ClockKind.ON_SITE, cast.zhou, now)
    with pytest.raises(NotAllowed):
        pause(complaint, ClockKind.FORMAL_REPLY, cast.analyst, now)


def test_the_buttons_stand_where_there_is_something_to_pause_or_to_resume(
    complaint: Complaint, cast: Cast, now: datetime
) -> None:
    assert Action.PAUSE in complaints.possible_actions(complaint, cast.zhou)
    assert Action.RESUME not in complaints.possible_actions(complaint, cast.zhou)
    pause(complaint, ClockKind.ON_SITE, cast.zhou, now)
    assert Action.RESUME in complaints.possible_actions(complaint, cast.zhou)


def test_two_who_pause_at_once_make_one_pause(
    complaint: Complaint, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]]
) -> None:
    number, zhou_id = complaint.number, cast.zhou.id

    def one() -> None:
        from extensions import db
        from models import Person

        locked = complaint_locks.by_number(number)
        pause(locked, ClockKind.ON_SITE, db.session.get_one(Person, zhou_id), now)

    results = at_once(one, one)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert session.scalar(select(func.count(ClockPause.id))) == 1
