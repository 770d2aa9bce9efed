"""Rotations: people take turns, and the shifts of the coming weeks are made from that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import DutyRole, Notification, Rotation, Shift
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.rotations import THREE_SHIFTS, Pattern, RotationKind
from rules.vocabulary import NotificationKind
from services import departures, duty, leaves, rotations
from tests.cast import Cast
from tests.conftest import Hands

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
ENGINEERING = DutyRoleCode.ENGINEERING
DAY = timedelta(days=1)
SUNDAY = date(2026, 11, 22)
"""The day after the test's present, which is Saturday 22:00."""


def at(day: int, hour: int = 8) -> datetime:
    """A moment of November 2026, in the company's time."""
    return datetime(2026, 11, day, hour, tzinfo=COMPANY_ZONE)


@pytest.fixture
def create(cast: Cast, engineering: DutyRole, now: datetime) -> Callable[..., Rotation]:
    """A daily rotation of 周强 and 赵磊 from Sunday on."""

    def make(*members: Any, **more: Any) -> Rotation:
        words = {"role": engineering, "name": "工程轮值", "actor": cast.roster, "now": now}
        pattern = Pattern(
            **{"kind": RotationKind.DAILY, "first_day": SUNDAY, **{k: more.pop(k) for k in list(more) if k in FIELDS}}
        )
        return rotations.create(members=members or (cast.zhou, cast.zhao), pattern=pattern, **{**words, **more})

    return make


FIELDS = frozenset(Pattern.__dataclass_fields__)


def on(moment: datetime) -> list[str]:
    """Who is on duty for engineering."""
    return [found.person.login for found in duty.on_duty(at=moment, role=ENGINEERING)]


def edit(rotation: Rotation, cast: Cast, now: datetime, *members: Any, **pattern: Any) -> None:
    """Change members or some of the pattern."""
    old = rotation.pattern
    rotations.edit(
        rotation,
        name=rotation.name,
        pattern=Pattern(**{name: pattern.get(name, getattr(old, name)) for name in FIELDS}),
        members=members or rotation.people,
        actor=cast.roster,
        now=now,
    )


class TestMaking:
    def test_the_shifts_of_four_weeks_are_made_at_once(self, create: Callable[..., Rotation], now: datetime) -> None:
        rotation = create()
        made = duty.between(start=now, end=now + 60 * DAY, role=ENGINEERING)
        assert len(made) == 28
        assert {found.shift.rotation_id for found in made if found.shift} == {rotation.id}
        assert on(at(22)) == ["zhou"] and on(at(23)) == ["zhao"] and on(at(24)) == ["zhou"]

    def test_nobody_stands_there_before_it_begins(self, create: Callable[..., Rotation], now: datetime) -> None:
        create()
        assert on(at(22) - timedelta(seconds=1)) == []

    def test_a_rotation_from_today_begins_now(self, create: Callable[..., Rotation], now: datetime) -> None:
        create(first_day=date(2026, 11, 21))
        assert duty.on_duty(at=now)[0].starts_at == now

    def test_three_shifts_move_on_every_day(self, create: Callable[..., Rotation], cast: Cast) -> None:
        """早 → 中 → 夜 → free."""
        create(cast.zhou, cast.zhao, cast.he, cast.gao, kind=RotationKind.SHIFT, slots=THREE_SHIFTS)
        early = [on(at(22 + day, 9))[0] for day in range(4)]
        assert early == ["zhou", "gao", "he", "zhao"]
        assert on(at(23, 17)) == ["zhou"] and on(at(24, 1)) == ["zhou"]

    def test_hours_that_somebody_has_by_hand_already_are_theirs_once(
        self, create: Callable[..., Rotation], engineering: DutyRole, cast: Cast, now: datetime
    ) -> None:
        """The night of a day stands last among its shifts and begins first."""
        night = {"role": engineering, "starts_at": at(22, 0), "ends_at": at(22, 8), "actor": cast.roster, "now": now}
        duty.schedule(person=cast.he, **night)
        create(cast.zhou, cast.zhao, cast.he, kind=RotationKind.SHIFT, slots=THREE_SHIFTS)
        assert on(at(22, 1)) == ["he"]

    def test_everybody_hears_of_it_in_one_message(
        self, create: Callable[..., Rotation], cast: Cast, messages: Messages
    ) -> None:
        create()
        told = messages(NotificationKind.SHIFT_CHANGED)
        assert [message.person for message in told] == [cast.zhou, cast.zhao]
        assert told[0].text == "您的工程值班有变动：新增11月22日08:00至23日08:00等14班。"

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [
            pytest.param("zone", {"zone": "Asia/Nowhere"}, id="no such zone"),
            pytest.param("zone", {"zone": "../../etc/passwd"}, id="a path for a zone"),
            pytest.param("first_day", {"first_day": date(2026, 11, 20)}, id="begun yesterday"),
            pytest.param("first_day", {"first_day": date(2028, 1, 1)}, id="more than a year ahead"),
            pytest.param("every", {"kind": RotationKind.HOURLY, "every": 0}, id="no length"),
            pytest.param("every", {"kind": RotationKind.CUSTOM, "every": 15}, id="too long"),
            pytest.param("slots", {"kind": RotationKind.SHIFT}, id="no shifts in a day"),
            pytest.param("name", {"name": " "}, id="no name"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, field: str, wrong: dict[str, Any], create: Callable[..., Rotation]
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            create(**wrong)
        assert refusal.value.field == field

    def test_a_rotation_with_nobody_in_it_is_refused(self, cast: Cast, engineering: DutyRole, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            rotations.create(
                role=engineering,
                name="无人",
                pattern=Pattern(RotationKind.DAILY, SUNDAY),
                members=[],
                actor=cast.roster,
                now=now,
            )
        assert refusal.value.field == "members"

    def test_who_cannot_be_called_takes_no_turns(self, create: Callable[..., Rotation], cast: Cast) -> None:
        cast.zhao.phone = None
        with pytest.raises(Refusal) as refusal:
            create()
        assert refusal.value.field == "members"

    @pytest.mark.parametrize("who", ["zhou", "zhao", "xiaozhou", "auditor"])
    def test_only_who_plans_the_shifts_may(self, who: str, create: Callable[..., Rotation], cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            create(actor=getattr(cast, who))


class TestPreview:
    def test_it_shows_turns_leave_and_who_stands_there_already(
        self, cast: Cast, engineering: DutyRole, now: datetime, session: Db
    ) -> None:
        standing = duty.schedule(
            role=engineering, person=cast.gao, starts_at=at(22), ends_at=at(22, 12), actor=cast.roster, now=now
        )
        leaves.record(cast.zhao, starts_at=at(25, 0), ends_at=at(26, 0), actor=cast.zhao, now=now)
        seen = rotations.preview(
            role=engineering, pattern=Pattern(RotationKind.DAILY, SUNDAY), members=[cast.zhou, cast.zhao], now=now
        )
        assert [turn.person.login for turn in seen.turns[:3]] == ["zhou", "zhao", "zhou"]
        assert [turn.starts_at for turn in seen.turns if turn.away] == [at(25)]
        assert [found.shift for found in seen.clashes] == [standing]
        assert session.scalars(select(Rotation)).all() == []


class TestEditing:
    def test_only_what_has_not_begun_is_made_anew(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands, session: Db
    ) -> None:
        rotation = create()
        now = clock.set(at(23, 12))
        edit(rotation, cast, now, cast.zhou, cast.zhao, cast.he)
        assert on(at(22, 12)) == ["zhou"] and on(at(23, 12)) == ["zhao"], "what was and what runs stays"
        assert [on(at(day, 12))[0] for day in (24, 25, 26)] == ["he", "zhou", "zhao"]
        assert session.scalars(select(Shift).where(Shift.cancelled_at.is_not(None))).first() is not None

    def test_whoever_takes_turns_no_more_leaves_at_once(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands
    ) -> None:
        rotation = create()
        now = clock.set(at(23, 12))
        edit(rotation, cast, now, cast.zhou, cast.he)
        assert on(at(23, 11)) == ["zhao"] and on(at(23, 12)) == ["he"]
        assert on(at(23, 11)) == ["zhao"], "and was there until then, for ever"

    def test_shifts_that_stay_the_same_are_not_touched_and_nobody_hears_of_them(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands, messages: Messages, session: Db
    ) -> None:
        rotation = create()
        before = {shift.id for shift in session.scalars(select(Shift).where(Shift.person_id == cast.zhou.id))}
        told = len(messages(NotificationKind.SHIFT_CHANGED))
        edit(rotation, cast, clock.forward(minutes=5), cast.zhou, cast.he)
        standing = select(Shift).where(Shift.person_id == cast.zhou.id, Shift.cancelled_at.is_(None))
        assert {shift.id for shift in session.scalars(standing)} == before
        assert [m.person for m in messages(NotificationKind.SHIFT_CHANGED)[told:]] == [cast.zhao, cast.he]

    def test_another_hour_of_handover_is_told_with_old_and_new_hours(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        rotation = create(cast.zhou)
        edit(rotation, cast, clock.forward(minutes=5), handover_at=time(9))
        texts = [message.text for message in messages(NotificationKind.SHIFT_CHANGED)]
        assert texts[-1].startswith("您的工程值班有变动：11月22日08:00至20日08:00改为11月22日09:00至20日09:00")

    def test_a_change_from_a_later_day_on_leaves_the_days_before(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands
    ) -> None:
        rotation = create()
        edit(rotation, cast, clock.forward(minutes=5), cast.he, first_day=date(2026, 11, 25))
        assert [on(at(day, 12))[0] for day in (22, 23, 24, 25, 26)] == ["zhou", "zhao", "zhou", "he", "he"]

    def test_a_change_after_all_that_is_planned_is_refused(
        self, create: Callable[..., Rotation], cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            edit(create(), cast, now, first_day=date(2027, 1, 1))
        assert refusal.value.field == "first_day"

    def test_a_new_name_makes_no_shift_anew(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands, session: Db
    ) -> None:
        rotation = create()
        first = session.scalars(select(Shift).order_by(Shift.starts_at)).first()
        duty.call_off(first, reason="停电", actor=cast.roster, now=clock.forward(minutes=1))
        rotations.edit(
            rotation, name="新名", pattern=rotation.pattern, members=rotation.people, actor=cast.roster, now=clock.now()
        )
        assert on(at(22, 12)) == [] and rotation.name == "新名"

    def test_what_somebody_called_off_is_not_made_anew(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands, session: Db
    ) -> None:
        rotation = create()
        shift_of = {shift.starts_at: shift for shift in session.scalars(select(Shift))}
        now = clock.set(at(22, 12))
        for begins_at in (at(22), at(24)):
            duty.call_off(shift_of[begins_at], reason="停电", actor=cast.roster, now=now)
        edit(rotation, cast, clock.forward(minutes=5), cast.zhou, cast.he)
        assert [on(at(day, 13)) for day in (22, 23, 24, 25, 26)] == [[], ["he"], [], ["he"], ["zhou"]]
        edit(rotation, cast, clock.forward(minutes=5), cast.zhou, cast.zhao)
        assert [on(at(day, 13)) for day in (22, 23, 24, 25, 26)] == [[], ["zhao"], [], ["zhao"], ["zhou"]], (
            "what an edit called off, the next one makes anew"
        )
        seen = rotations.preview(
            role=rotation.role, pattern=rotation.pattern, members=rotation.people, now=clock.now(), rotation=rotation
        )
        assert [turn.starts_at for turn in seen.turns[:2]] == [at(23), at(25)]

    def test_editing_is_on_record(self, create: Callable[..., Rotation], cast: Cast, clock: Hands) -> None:
        from services import change_log

        rotation = create()
        edit(rotation, cast, clock.forward(minutes=5), cast.zhou, cast.he)
        assert change_log.of(rotation)[0].changes["members"] == [["周强", "赵磊"], ["周强", "何静"]]


class TestStopping:
    def test_what_runs_is_left_to_its_end(self, create: Callable[..., Rotation], cast: Cast, clock: Hands) -> None:
        rotation = create()
        now = clock.set(at(23, 12))
        rotations.stop(rotation, reason="改为外包", actor=cast.roster, now=now)
        assert on(at(24, 7)) == ["zhao"] and on(at(24, 8)) == []
        assert rotations.active() == []

    def test_with_a_reason_and_once(self, create: Callable[..., Rotation], cast: Cast, now: datetime) -> None:
        rotation = create()
        with pytest.raises(Refusal):
            rotations.stop(rotation, reason=" ", actor=cast.roster, now=now)
        rotations.stop(rotation, reason="改为外包", actor=cast.roster, now=now)
        with pytest.raises(Conflict):
            rotations.stop(rotation, reason="改为外包", actor=cast.roster, now=now)
        with pytest.raises(Conflict):
            edit(rotation, cast, now, cast.he)


class TestHorizon:
    def test_it_moves_on_day_by_day_without_a_word(
        self, create: Callable[..., Rotation], clock: Hands, messages: Messages
    ) -> None:
        create()
        told = len(messages())
        assert rotations.extend(now=clock.now()) == 0
        assert rotations.extend(now=clock.forward(hours=23)) == 0
        assert rotations.extend(now=clock.forward(hours=1)) == 1
        assert rotations.extend(now=clock.now()) == 0
        assert len(messages()) == told

    def test_turns_go_on_where_they_stood(self, create: Callable[..., Rotation], clock: Hands) -> None:
        create()
        rotations.extend(now=clock.forward(days=20))
        order = [found.person.login for found in duty.between(start=clock.now(), end=clock.now() + 30 * DAY)]
        assert order == (["zhao", "zhou"] * 20)[: len(order)] or order == (["zhou", "zhao"] * 20)[: len(order)]
        assert len(order) >= 28

    def test_what_a_desk_that_stood_still_did_not_make_stays_empty(
        self, create: Callable[..., Rotation], clock: Hands
    ) -> None:
        """Nobody stood there: the past is not filled in afterwards."""
        create()
        now = clock.forward(days=40)
        assert rotations.extend(now=now) > 0
        assert on(now - 2 * DAY) == [] and len(on(now)) == 1
        assert duty.on_duty(at=now)[0].starts_at == now

    def test_whoever_left_leaves_their_turns_empty(
        self, create: Callable[..., Rotation], cast: Cast, clock: Hands
    ) -> None:
        create()
        departures.set_active(cast.zhao, is_active=False, actor=cast.admin, now=clock.now())
        rotations.extend(now=clock.forward(days=10))
        assert on(at(22, 12)) == ["zhou"] and on(at(23, 12)) == []

    def test_two_jobs_at_once_make_each_shift_once(
        self, create: Callable[..., Rotation], clock: Hands, session: Db, at_once: Callable[..., list[Any]]
    ) -> None:
        create()
        now = clock.forward(days=5)
        assert sum(at_once(*[lambda: rotations.extend(now=now)] * 3)) == 5
