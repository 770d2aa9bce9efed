"""Overrides: for a while somebody comes, goes, or stands in; the shifts below stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import DutyRole, HistoryIsFinal, Notification, Override, Shift
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.roster import OverrideKind
from rules.vocabulary import NotificationKind
from services import coverage, departures, duty, leaves, overrides
from tests.cast import Cast
from tests.conftest import Hands

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
Lay = Callable[..., Override]
HOUR = timedelta(hours=1)
ENGINEERING = DutyRoleCode.ENGINEERING


@pytest.fixture
def lay(cast: Cast, engineering: DutyRole, now: datetime) -> Lay:
    """Lay an override from so many to so many hours from now."""

    def put(verb: Callable[..., Override], begin: float, end: float, **words: Any) -> Override:
        start = words.get("now", now)
        return verb(
            **{
                "role": engineering,
                "reason": "去医院",
                "actor": cast.roster,
                "now": now,
                "starts_at": start + begin * HOUR,
                "ends_at": start + end * HOUR,
                **words,
            }
        )

    return put


def standing(now: datetime) -> list[tuple[str, float, float]]:
    """Who stands for engineering from and until how many hours from now."""
    found = duty.between(start=now - 24 * HOUR, end=now + 48 * HOUR, role=ENGINEERING)
    return [(each.person.login, (each.starts_at - now) / HOUR, (each.ends_at - now) / HOUR) for each in found]


class TestLaying:
    def test_somebody_stands_in(self, lay: Lay, shift: Shift, cast: Cast, now: datetime) -> None:
        override = lay(overrides.replace, 4, 6, person=cast.zhou, substitute=cast.zhao)
        assert override.kind is OverrideKind.REPLACE
        assert standing(now) == [("zhou", 2, 4), ("zhao", 4, 6), ("zhou", 6, 10)]
        stands_in = duty.on_duty(at=now + 5 * HOUR, role=ENGINEERING)[0]
        assert (stands_in.shift, stands_in.override, stands_in.remarks) == (shift, override, "去医院")
        assert (shift.person, shift.ends_at) == (cast.zhou, now + 10 * HOUR), "the shift itself stays"

    def test_somebody_comes_beside(self, lay: Lay, shift: Shift, cast: Cast, now: datetime) -> None:
        assert lay(overrides.add, 8, 12, person=cast.zhao).kind is OverrideKind.ADD
        assert standing(now) == [("zhou", 2, 10), ("zhao", 8, 12)]

    def test_somebody_goes_and_leaves_a_gap(self, lay: Lay, shift: Shift, cast: Cast, now: datetime) -> None:
        assert lay(overrides.remove, 8, 12, person=cast.zhou).kind is OverrideKind.REMOVE
        assert standing(now) == [("zhou", 2, 8)]
        gaps = coverage.between(start=now + 2 * HOUR, end=now + 10 * HOUR).gaps[ENGINEERING]
        assert gaps == [(now + 8 * HOUR, now + 10 * HOUR)]

    def test_both_are_told_what_they_had_and_have(self, lay: Lay, shift: Shift, cast: Cast, messages: Messages) -> None:
        lay(overrides.replace, 4, 10, person=cast.zhou, substitute=cast.zhao)
        told = {message.person.login: message.text for message in messages(NotificationKind.SHIFT_CHANGED)[1:]}
        assert told == {
            "zhou": "您的工程值班有变动：11月22日00:00至08:00改为11月22日00:00至02:00。",
            "zhao": "您的工程值班有变动：新增11月22日02:00至08:00。",
        }

    def test_it_can_be_listed(self, lay: Lay, shift: Shift, cast: Cast, now: datetime) -> None:
        override = lay(overrides.add, 8, 12, person=cast.zhao)
        assert overrides.between(start=now, end=now + 9 * HOUR) == [override]
        assert overrides.between(start=now, end=now + 8 * HOUR) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("begin", "end", "field"),
        [
            pytest.param(4, 4, "ends_at", id="no length"),
            pytest.param(4, 3, "ends_at", id="ends before it begins"),
            pytest.param(4, 4 + 31 * 24 + 0.01, "ends_at", id="longer than 31 days"),
            pytest.param(-2, -1, "ends_at", id="over already"),
            pytest.param(-1, 4, "starts_at", id="begun an hour ago"),
        ],
    )
    def test_hours_that_make_no_sense(self, begin: float, end: float, field: str, lay: Lay, cast: Cast) -> None:
        with pytest.raises(Refusal) as refusal:
            lay(overrides.add, begin, end, person=cast.zhao)
        assert refusal.value.field == field

    def test_no_reason(self, lay: Lay, cast: Cast) -> None:
        with pytest.raises(Refusal) as refusal:
            lay(overrides.add, 4, 6, person=cast.zhao, reason=" ")
        assert refusal.value.field == "reason"

    def test_somebody_whose_phone_does_not_ring(self, lay: Lay, shift: Shift, cast: Cast) -> None:
        cast.zhao.phone = None
        with pytest.raises(Refusal) as refusal:
            lay(overrides.replace, 4, 6, person=cast.zhou, substitute=cast.zhao)
        assert refusal.value.field == "substitute"

    def test_somebody_on_leave(self, lay: Lay, cast: Cast, now: datetime) -> None:
        leaves.record(cast.zhao, starts_at=now + 5 * HOUR, ends_at=now + 9 * HOUR, actor=cast.zhao, now=now)
        with pytest.raises(Refusal) as refusal:
            lay(overrides.add, 4, 6, person=cast.zhao)
        assert refusal.value.field == "person"
        assert lay(overrides.add, 9, 10, person=cast.zhao), "back again"

    def test_oneself_for_oneself(self, lay: Lay, shift: Shift, cast: Cast) -> None:
        with pytest.raises(Refusal) as refusal:
            lay(overrides.replace, 4, 6, person=cast.zhou, substitute=cast.zhou)
        assert refusal.value.field == "substitute"

    def test_somebody_who_stands_there_already(self, lay: Lay, shift: Shift, cast: Cast) -> None:
        with pytest.raises(Conflict):
            lay(overrides.add, 9, 11, person=cast.zhou)

    @pytest.mark.parametrize(
        ("verb", "words"),
        [(overrides.remove, {}), (overrides.replace, {"substitute": "gao"})],
        ids=["remove", "replace"],
    )
    def test_somebody_who_does_not_stand_there(
        self, verb: Callable[..., Override], words: dict[str, str], lay: Lay, shift: Shift, cast: Cast
    ) -> None:
        with pytest.raises(Conflict):
            lay(verb, 4, 6, person=cast.zhao, **{name: getattr(cast, who) for name, who in words.items()})

    @pytest.mark.parametrize("who", ["zhou", "zhao", "xiaozhou", "auditor"])
    def test_only_who_plans_the_shifts_may(self, who: str, lay: Lay, cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            lay(overrides.add, 4, 6, person=cast.zhao, actor=getattr(cast, who))


class TestTakingBack:
    def test_before_it_begins_it_never_was(self, lay: Lay, shift: Shift, cast: Cast, now: datetime) -> None:
        override = lay(overrides.replace, 4, 6, person=cast.zhou, substitute=cast.zhao)
        overrides.cancel(override, reason="不去了", actor=cast.roster, now=now + HOUR)
        assert standing(now) == [("zhou", 2, 10)]

    def test_while_it_runs_it_ends_now_and_its_past_stays(
        self, lay: Lay, shift: Shift, cast: Cast, clock: Hands
    ) -> None:
        now = clock.now()
        override = lay(overrides.replace, 4, 8, person=cast.zhou, substitute=cast.zhao)
        overrides.cancel(override, reason="回来了", actor=cast.roster, now=clock.forward(hours=5))
        assert standing(now) == [("zhou", 2, 4), ("zhao", 4, 5), ("zhou", 5, 10)]

    def test_what_is_over_stays(self, lay: Lay, shift: Shift, cast: Cast, clock: Hands) -> None:
        override = lay(overrides.add, 4, 6, person=cast.zhao)
        with pytest.raises(Conflict):
            overrides.cancel(override, reason="晚了", actor=cast.roster, now=clock.forward(hours=6))

    def test_with_a_reason_and_once(self, lay: Lay, cast: Cast, now: datetime) -> None:
        override = lay(overrides.add, 4, 6, person=cast.zhao)
        with pytest.raises(Refusal):
            overrides.cancel(override, reason="", actor=cast.roster, now=now)
        overrides.cancel(override, reason="不用了", actor=cast.roster, now=now)
        with pytest.raises(Conflict):
            overrides.cancel(override, reason="不用了", actor=cast.roster, now=now)

    def test_nothing_of_it_can_be_rewritten(self, lay: Lay, cast: Cast, session: Db, now: datetime) -> None:
        override = lay(overrides.add, 4, 6, person=cast.zhao)
        session.commit()
        override.ends_at = now + 20 * HOUR
        with pytest.raises(HistoryIsFinal):
            session.flush()


class TestHistoryIsForEver:
    """ "Who was on duty at 22:00 that Saturday" has the same answer, whatever happens later."""

    def test_whoever_leaves_the_company_was_there(self, shift: Shift, cast: Cast, clock: Hands) -> None:
        now = clock.now()
        departures.set_active(cast.zhou, is_active=False, actor=cast.admin, now=clock.forward(hours=5))
        assert standing(now) == [("zhou", 2, 5)]
        departures.set_active(cast.zhou, is_active=True, actor=cast.admin, now=clock.forward(hours=2))
        assert standing(now) == [("zhou", 2, 5), ("zhou", 7, 10)], "back, but not for what is past"

    def test_a_shift_called_off_while_it_ran_was_there_until_then(self, shift: Shift, cast: Cast, clock: Hands) -> None:
        now = clock.now()
        duty.call_off(shift, reason="病假", actor=cast.roster, now=clock.forward(hours=3))
        assert standing(now) == [("zhou", 2, 3)]

    def test_a_shift_given_to_another_while_it_ran(self, shift: Shift, cast: Cast, clock: Hands) -> None:
        now = clock.now()
        other = duty.change(
            shift,
            person=cast.zhao,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            remarks="",
            actor=cast.roster,
            now=clock.forward(hours=3),
        )
        assert standing(now) == [("zhou", 2, 3), ("zhao", 3, 10)]
        assert shift.cancel_reason == "→ 赵磊 11-22 01:00 – 11-22 08:00" and other.starts_at == clock.now()

    def test_a_shift_that_is_refused_stays_whole(
        self, shift: Shift, cast: Cast, engineering: DutyRole, now: datetime
    ) -> None:
        duty.schedule(
            role=engineering,
            person=cast.zhao,
            starts_at=now + 9 * HOUR,
            ends_at=now + 12 * HOUR,
            actor=cast.roster,
            now=now,
        )
        with pytest.raises(Conflict):
            duty.change(
                shift,
                person=cast.zhao,
                starts_at=shift.starts_at,
                ends_at=shift.ends_at,
                remarks="",
                actor=cast.roster,
                now=now,
            )
        assert shift.cancelled_at is None and standing(now) == [("zhou", 2, 10), ("zhao", 9, 12)]
