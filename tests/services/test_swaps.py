"""Swaps: one member asks, the other answers, and who plans the shifts may have the last word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Notification, Shift, Swap
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.settings import SettingKey
from rules.swaps import SwapState
from rules.vocabulary import NotificationKind
from services import duty, leaves, swaps
from services.duty import Duty
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import DutyRoleFactory, SettingFactory

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
HOUR = timedelta(hours=1)
ENGINEERING = DutyRoleCode.ENGINEERING


@pytest.fixture
def schedule(cast: Cast, session: Db, now: datetime) -> Callable[..., Shift]:
    """Put somebody on duty for engineering from so many to so many hours from now."""

    def put(person: Any, begin: float, end: float) -> Shift:
        return duty.schedule(
            role=DutyRoleFactory(code=ENGINEERING),
            person=person,
            starts_at=now + begin * HOUR,
            ends_at=now + end * HOUR,
            actor=cast.roster,
            now=now,
        )

    return put


@pytest.fixture
def night(schedule: Callable[..., Shift], cast: Cast) -> Duty:
    """周强's hours: from in two hours to in ten."""
    return _duty(schedule(cast.zhou, 2, 10))


@pytest.fixture
def morning(schedule: Callable[..., Shift], cast: Cast) -> Duty:
    """赵磊's hours: from in ten hours to in eighteen."""
    return _duty(schedule(cast.zhao, 10, 18))


def _duty(shift: Shift) -> Duty:
    return next(found for found in duty.on_duty(at=shift.starts_at) if found.shift is shift)


@pytest.fixture
def ask(cast: Cast, night: Duty, now: datetime) -> Callable[..., Swap]:
    """周强 asks 赵磊 to take his night."""

    def request(**other: Any) -> Swap:
        words = {"to": cast.zhao, "reason": "孩子发烧", "actor": cast.zhou, "now": now}
        return swaps.request(other.pop("asked", night), **{**words, **other})

    return request


def standing(now: datetime) -> list[tuple[str, float, float]]:
    found = duty.between(start=now, end=now + 48 * HOUR, role=ENGINEERING)
    return [(each.person.login, (each.starts_at - now) / HOUR, (each.ends_at - now) / HOUR) for each in found]


class TestTheWholeWay:
    def test_asked_accepted_approved(
        self, ask: Callable[..., Swap], cast: Cast, now: datetime, messages: Messages
    ) -> None:
        swap = ask()
        assert messages()[-1].person is cast.zhao
        assert messages()[-1].text == "有人请您代工程值班：11月22日00:00至08:00，请登录系统答复。"
        swaps.accept(swap, actor=cast.zhao, now=now)
        assert swap.state is SwapState.ACCEPTED and standing(now) == [("zhou", 2, 10)]
        assert [told.person for told in messages(NotificationKind.SWAP_TO_APPROVE)] == [cast.roster]
        swaps.approve(swap, actor=cast.roster, now=now)
        assert swap.state is SwapState.DONE and standing(now) == [("zhao", 2, 10)]
        decided = messages(NotificationKind.SWAP_DECIDED)
        assert {told.person for told in decided} == {cast.zhou, cast.zhao}
        assert decided[0].text == "您的工程换班11月22日00:00至08:00：已生效，请登录系统查看。"

    def test_against_some_of_the_other_s_hours(
        self, ask: Callable[..., Swap], morning: Duty, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        swap = ask(in_return=morning)
        assert swap.is_return
        swaps.accept(swap, actor=cast.zhao, now=now)
        swaps.approve(swap, actor=cast.roster, now=now)
        assert standing(now) == [("zhao", 2, 10), ("zhou", 10, 18)]
        assert len(swap.overrides) == 2
        told = messages()[-2:]
        assert [(message.person, message.text) for message in told] == [
            (cast.zhao, "您的工程值班有变动：取消11月22日08:00至16:00。"),
            (cast.zhou, "您的工程值班有变动：新增11月22日08:00至16:00。"),
        ]

    def test_without_approval_where_none_is_needed(
        self, ask: Callable[..., Swap], cast: Cast, now: datetime, messages: Messages
    ) -> None:
        SettingFactory(key=SettingKey.SWAP_APPROVAL).value = 0
        swap = ask()
        swaps.accept(swap, actor=cast.zhao, now=now)
        assert swap.state is SwapState.DONE and standing(now) == [("zhao", 2, 10)]
        assert messages(NotificationKind.SWAP_TO_APPROVE) == []

    def test_what_was_swapped_can_be_swapped_on(self, ask: Callable[..., Swap], cast: Cast, now: datetime) -> None:
        first = ask()
        swaps.accept(first, actor=cast.zhao, now=now)
        swaps.approve(first, actor=cast.roster, now=now)
        second = ask(asked=duty.next_of_each(after=now)[first.role_id], to=cast.he, actor=cast.zhao)
        swaps.accept(second, actor=cast.he, now=now)
        swaps.approve(second, actor=cast.roster, now=now)
        assert standing(now) == [("he", 2, 10)]

    def test_an_hour_before_the_new_one_is_told_at_once_and_reminded(
        self, ask: Callable[..., Swap], cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        from services import reminders

        swap = ask()
        now = clock.forward(hours=1)
        reminders.remind(now=now)
        swaps.accept(swap, actor=cast.zhao, now=now)
        swaps.approve(swap, actor=cast.roster, now=now)
        reminders.remind(now=clock.forward(minutes=1))
        reminded = [told.person.login for told in messages(NotificationKind.SHIFT_REMINDER)]
        assert reminded == ["zhou", "zhao"]


class TestOtherEnds:
    def test_the_other_says_no(self, ask: Callable[..., Swap], cast: Cast, now: datetime, messages: Messages) -> None:
        swap = ask()
        swaps.refuse(swap, answer="那天我也有事", actor=cast.zhao, now=now)
        assert (swap.state, swap.answer) == (SwapState.REFUSED, "那天我也有事")
        assert [told.person for told in messages(NotificationKind.SWAP_DECIDED)] == [cast.zhou]

    def test_it_is_not_approved(self, ask: Callable[..., Swap], cast: Cast, now: datetime, messages: Messages) -> None:
        swap = ask()
        swaps.accept(swap, actor=cast.zhao, now=now)
        with pytest.raises(Refusal) as refusal:
            swaps.reject(swap, answer="", actor=cast.roster, now=now)
        assert refusal.value.field == "answer"
        swaps.reject(swap, answer="赵磊刚下夜班", actor=cast.roster, now=now)
        assert standing(now) == [("zhou", 2, 10)]
        assert {told.person for told in messages(NotificationKind.SWAP_DECIDED)} == {cast.zhou, cast.zhao}

    def test_it_is_withdrawn(self, ask: Callable[..., Swap], cast: Cast, now: datetime, messages: Messages) -> None:
        swap = ask()
        swaps.withdraw(swap, actor=cast.zhou, now=now)
        assert [told.person for told in messages(NotificationKind.SWAP_DECIDED)] == [cast.zhao]
        assert ask(), "and can be asked anew"

    @pytest.mark.parametrize("is_accepted", [False, True], ids=["unanswered", "not approved"])
    def test_it_expires_when_its_hours_begin(
        self, is_accepted: bool, ask: Callable[..., Swap], cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        swap = ask()
        if is_accepted:
            swaps.accept(swap, actor=cast.zhao, now=clock.now())
        assert swaps.expire(now=clock.forward(minutes=119)) == 0
        assert swaps.expire(now=clock.forward(minutes=1)) == 1
        assert swaps.expire(now=clock.now()) == 0
        assert swap.state is SwapState.EXPIRED
        assert {told.person for told in messages(NotificationKind.SWAP_DECIDED)} == {cast.zhou, cast.zhao}

    def test_it_expires_when_the_hours_in_return_begin(
        self, ask: Callable[..., Swap], schedule: Callable[..., Shift], cast: Cast, clock: Hands
    ) -> None:
        swap = ask(in_return=_duty(schedule(cast.zhao, 1, 2)))
        assert swaps.expire(now=clock.forward(hours=1)) == 1
        assert swap.state is SwapState.EXPIRED


class TestRefusals:
    def test_with_oneself(self, ask: Callable[..., Swap], cast: Cast) -> None:
        with pytest.raises(Refusal) as refusal:
            ask(to=cast.zhou)
        assert refusal.value.field == "to"

    def test_without_a_reason(self, ask: Callable[..., Swap]) -> None:
        with pytest.raises(Refusal) as refusal:
            ask(reason=" ")
        assert refusal.value.field == "reason"

    def test_hours_that_have_begun(self, ask: Callable[..., Swap], clock: Hands) -> None:
        with pytest.raises(Conflict):
            ask(now=clock.forward(hours=2))

    def test_with_somebody_on_leave(self, ask: Callable[..., Swap], cast: Cast, now: datetime) -> None:
        leaves.record(cast.zhao, starts_at=now, ends_at=now + 4 * HOUR, actor=cast.zhao, now=now)
        with pytest.raises(Refusal) as refusal:
            ask()
        assert refusal.value.field == "to"

    def test_with_somebody_who_stands_there_too(
        self, ask: Callable[..., Swap], schedule: Callable[..., Shift], cast: Cast
    ) -> None:
        schedule(cast.zhao, 4, 6)
        with pytest.raises(Conflict):
            ask()

    def test_with_somebody_who_has_no_number(self, ask: Callable[..., Swap], cast: Cast) -> None:
        cast.zhao.phone = None
        with pytest.raises(Refusal) as refusal:
            ask()
        assert refusal.value.field == "to"

    def test_a_return_that_is_not_the_other_s(self, ask: Callable[..., Swap], morning: Duty, cast: Cast) -> None:
        with pytest.raises(Refusal) as refusal:
            ask(to=cast.he, in_return=morning)
        assert refusal.value.field == "in_return"

    def test_the_same_hours_twice(self, ask: Callable[..., Swap], cast: Cast) -> None:
        ask()
        with pytest.raises(Conflict):
            ask(to=cast.he)

    def test_somebody_else_s_hours(self, ask: Callable[..., Swap], cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            ask(actor=cast.he)
        assert ask(actor=cast.roster), "who plans the shifts may"

    @pytest.mark.parametrize("who", ["zhou", "he", "roster", "admin"])
    def test_an_answer_by_somebody_who_was_not_asked(
        self, who: str, ask: Callable[..., Swap], cast: Cast, now: datetime
    ) -> None:
        for verb in (swaps.accept, swaps.refuse):
            with pytest.raises(NotAllowed):
                verb(ask() if verb is swaps.accept else swaps.latest()[0], actor=getattr(cast, who), now=now)

    def test_a_decision_about_one_s_own(
        self, schedule: Callable[..., Shift], cast: Cast, now: datetime, messages: Messages
    ) -> None:
        swap = swaps.request(
            _duty(schedule(cast.roster, 20, 28)), to=cast.zhao, reason="有会", actor=cast.roster, now=now
        )
        swaps.accept(swap, actor=cast.zhao, now=now)
        assert [told.person for told in messages(NotificationKind.SWAP_TO_APPROVE)] == [cast.admin], (
            "nobody else is left"
        )
        with pytest.raises(NotAllowed):
            swaps.approve(swap, actor=cast.roster, now=now)
        swaps.approve(swap, actor=cast.admin, now=now)

    @pytest.mark.parametrize("who", ["zhou", "zhao", "he"])
    def test_a_decision_by_somebody_who_does_not_plan(
        self, who: str, ask: Callable[..., Swap], cast: Cast, now: datetime
    ) -> None:
        swap = ask()
        swaps.accept(swap, actor=cast.zhao, now=now)
        with pytest.raises(NotAllowed):
            swaps.approve(swap, actor=getattr(cast, who), now=now)

    def test_an_approval_that_comes_too_late(self, ask: Callable[..., Swap], cast: Cast, clock: Hands) -> None:
        swap = ask()
        swaps.accept(swap, actor=cast.zhao, now=clock.now())
        with pytest.raises(Conflict):
            swaps.approve(swap, actor=cast.roster, now=clock.forward(hours=2))

    def test_hours_that_changed_meanwhile(
        self, ask: Callable[..., Swap], night: Duty, cast: Cast, now: datetime
    ) -> None:
        swap = ask()
        assert night.shift is not None
        duty.call_off(night.shift, reason="停电", actor=cast.roster, now=now)
        with pytest.raises(Conflict):
            swaps.accept(swap, actor=cast.zhao, now=now)
        assert swap.state is SwapState.ASKED

    def test_two_who_decide_at_once(
        self, ask: Callable[..., Swap], cast: Cast, now: datetime, at_once: Callable[..., list[Any]], session: Db
    ) -> None:
        swap = ask()
        swaps.accept(swap, actor=cast.zhao, now=now)
        swap_id, manager_id = swap.id, cast.roster.id

        def decide(verb: Callable[..., None], **words: Any) -> Callable[[], None]:
            from extensions import db
            from models import Person

            return lambda: verb(
                db.session.get_one(Swap, swap_id), actor=db.session.get_one(Person, manager_id), now=now, **words
            )

        results = at_once(decide(swaps.approve), decide(swaps.reject, answer="不行"))
        assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]


class TestLists:
    def test_everybody_sees_what_waits_for_them(self, ask: Callable[..., Swap], cast: Cast, now: datetime) -> None:
        swap = ask()
        assert swaps.waiting_for(cast.zhao) == [swap] and swaps.waiting_for(cast.roster) == []
        swaps.accept(swap, actor=cast.zhao, now=now)
        assert swaps.waiting_for(cast.zhao) == [] and swaps.waiting_for(cast.roster) == [swap]
        assert swaps.of_person(cast.zhou) == swaps.of_person(cast.zhao) == swaps.latest() == [swap]

    def test_who_could_take_the_hours(
        self, night: Duty, schedule: Callable[..., Shift], cast: Cast, now: datetime
    ) -> None:
        schedule(cast.he, 4, 6)
        leaves.record(cast.gao, starts_at=now, ends_at=now + 3 * HOUR, actor=cast.gao, now=now)
        free = duty.available(role=night.role, start=night.starts_at, end=night.ends_at)
        assert cast.zhao in free and not {cast.zhou, cast.he, cast.gao} & set(free)
