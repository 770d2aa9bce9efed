"""Promises: both what and by when, reminded of once, kept by somebody (H-06)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Notification
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import ClockKind, ClockState, EventKind, NotificationKind, PromiseKind
from services import calls, complaints, promises
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import IntakeFactory, PromiseFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
TEXT = "明早九点上门复查"


def test_a_promise_made_during_the_call_is_recorded_with_it(complaint: Complaint, cast: Cast, now: datetime) -> None:
    intake = IntakeFactory(promise_text=TEXT, promise_due_at=now + timedelta(hours=11))
    recorded = calls.record(intake, actor=cast.xiaozhou, now=now)
    (promise,) = recorded.promises
    assert (promise.text, promise.made_by, promise.kept_at) == (TEXT, cast.xiaozhou, None)
    assert lines(recorded, EventKind.PROMISED)[0].note == TEXT


@pytest.mark.parametrize(
    ("text", "after", "field"),
    [
        pytest.param(" ", timedelta(hours=1), "text", id="nothing said"),
        pytest.param("长" * 501, timedelta(hours=1), "text", id="endless"),
        pytest.param(TEXT, timedelta(0), "promise_due_at", id="due now"),
        pytest.param(TEXT, timedelta(days=-1), "promise_due_at", id="due yesterday"),
    ],
)
def test_what_is_no_promise_is_refused(
    text: str, after: timedelta, field: str, complaint: Complaint, cast: Cast, now: datetime
) -> None:
    with pytest.raises(Refusal) as refusal:
        promises.make(complaint, text=text, due_at=now + after, actor=cast.zhou, now=now)
    assert refusal.value.field == field


def test_a_promise_is_kept_once_and_late_stays_visible(complaint: Complaint, cast: Cast, clock: Hands) -> None:
    promise = promises.make(
        complaint, text=TEXT, due_at=clock.now() + timedelta(hours=1), actor=cast.zhou, now=clock.now()
    )
    promises.keep(promise, actor=cast.zhao, now=clock.forward(hours=2))
    assert (promise.kept_by, promise.kept_at) == (cast.zhao, clock.now())
    assert lines(complaint, EventKind.PROMISE_KEPT)[0].details == {"is_late": True}
    with pytest.raises(Conflict):
        promises.keep(promise, actor=cast.zhao, now=clock.now())


def test_who_only_looks_keeps_nothing(complaint: Complaint, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        promises.keep(PromiseFactory(complaint=complaint), actor=cast.auditor, now=now)


class TestTakenBack:
    def test_it_stays_readable_with_why_and_waits_no_more(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        promise = PromiseFactory(complaint=complaint, due_at=clock.now() + timedelta(hours=1))
        assert len(promises.todo(complaint, now=clock.now())) == 1
        promises.withdraw(promise, why=" 客户改到下周 ", actor=cast.zhou, now=clock.now())
        assert (promise.withdrawn_why, promise.withdrawn_by, promise.kept_at) == ("客户改到下周", cast.zhou, None)
        assert lines(complaint, EventKind.PROMISE_WITHDRAWN)[0].details == {"promise": promise.text}
        assert promises.todo(complaint, now=clock.now()) == []
        assert promises.remind(now=clock.forward(hours=2)) == 0
        for again in (promises.keep, lambda it, **by: promises.withdraw(it, why="再来", **by)):
            with pytest.raises(Conflict):
                again(promise, actor=cast.zhou, now=clock.now())

    @pytest.mark.parametrize("why", ["", " ", "长" * 501])
    def test_it_takes_a_reason(self, why: str, complaint: Complaint, cast: Cast, now: datetime) -> None:
        promise = PromiseFactory(complaint=complaint)
        with pytest.raises(Refusal) as refusal:
            promises.withdraw(promise, why=why, actor=cast.zhou, now=now)
        assert refusal.value.field == "why" and promise.is_open

    def test_another_complaint_s_promise_is_not_found(self, complaint: Complaint) -> None:
        with pytest.raises(Refusal) as refusal:
            promises.of(complaint, PromiseFactory().id)
        assert refusal.value.field == "promise"

    def test_what_was_overdue_stays_missed(self, complaint: Complaint, cast: Cast, clock: Hands) -> None:
        """D-16: taking the promise back afterwards does not make the rework punctual."""
        due = clock.now() + timedelta(hours=1)
        promise = promises.make(
            complaint, text=TEXT, due_at=due, kind=PromiseKind.REWORK, actor=cast.zhou, now=clock.now()
        )
        promises.withdraw(promise, why="客户改期", actor=cast.zhou, now=clock.forward(hours=2))
        (rework,) = (each for each in complaint.clocks if each.kind is ClockKind.REWORK)
        assert (rework.state, rework.breached_at) == (ClockState.MISSED, due)


class TestReminders:
    def test_whoever_has_the_complaint_is_reminded_half_an_hour_before_once(
        self, complaint: Complaint, cast: Cast, clock: Hands, session: Db, messages: Messages
    ) -> None:
        complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
        PromiseFactory(complaint=complaint, due_at=clock.now() + timedelta(hours=1), made_by=cast.xiaozhou)
        assert promises.remind(now=clock.forward(minutes=29, seconds=59)) == 0
        assert [promises.remind(now=clock.forward(seconds=1)), promises.remind(now=clock.now())] == [1, 0]
        (reminder,) = messages(NotificationKind.PROMISE_DUE)
        assert reminder.person is cast.zhou
        assert "王" not in reminder.text and "23:00" in reminder.text

    def test_who_made_it_is_reminded_while_nobody_has_the_complaint(
        self, complaint: Complaint, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        PromiseFactory(complaint=complaint, due_at=clock.now() + timedelta(hours=1), made_by=cast.xiaozhou)
        promises.remind(now=clock.forward(hours=1))
        assert [told.person for told in messages(NotificationKind.PROMISE_DUE)] == [cast.xiaozhou]

    def test_a_reminder_that_comes_late_still_comes(self, complaint: Complaint, clock: Hands) -> None:
        PromiseFactory(complaint=complaint, due_at=clock.now() + timedelta(hours=1))
        assert promises.remind(now=clock.forward(days=3)) == 1

    def test_a_promise_that_was_kept_or_belongs_to_a_void_record_is_left_alone(
        self, complaint: Complaint, cast: Cast, clock: Hands
    ) -> None:
        kept = PromiseFactory(complaint=complaint)
        PromiseFactory(complaint=complaint)
        promises.keep(kept, actor=cast.zhou, now=clock.now())
        complaints.make_void(complaint, reason="误录", actor=cast.admin, now=clock.now())
        assert promises.remind(now=clock.forward(days=3)) == 0

    def test_two_reminders_at_once_remind_once(
        self, complaint: Complaint, clock: Hands, at_once: Callable[..., list[Any]], messages: Messages
    ) -> None:
        for _ in range(5):
            PromiseFactory(complaint=complaint)
        now = clock.forward(days=1)
        assert sum(at_once(*[lambda: promises.remind(now=now)] * 4)) == 5
        assert len(messages(NotificationKind.PROMISE_DUE)) == 5
