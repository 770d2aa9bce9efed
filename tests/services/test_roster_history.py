"""Whatever is planned, changed, swapped and taken back: what the roster said about the past, it says for ever.

Random weeks of planning through the services. After every step the roster is asked about every quarter of an hour that
is over, and must answer as it did when that quarter was the present; about the present and the days ahead it must
answer like somebody who reads the rows one by one, minute after minute.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE, db
from models import Leave, Override, Person, Shift
from rules.escalation import DutyRoleCode
from rules.refusals import Refusal
from rules.rotations import THREE_SHIFTS, Pattern, RotationKind, Unit
from rules.settings import SettingKey
from rules.swaps import SwapState
from services import departures, duty, leaves, overrides, rotations, swaps
from services.duty import Duty
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import SettingFactory

Db = scoped_session[Session]
Answer = frozenset[tuple[str, str]]
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
STEPS = 40


class Planner:
    """Somebody who does one thing after another, some of them nonsense."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast = cast
        self.chance = random.Random(seed)
        self.members = [cast.zhou, cast.zhao, cast.he, cast.gao]
        self.roles = [duty.role(code) for code in (DutyRoleCode.ENGINEERING, DutyRoleCode.DESIGN)]

    def act(self, now: datetime) -> None:
        """One thing; what is refused is refused, and changes nothing."""
        verbs: list[Callable[[datetime], Any]] = [
            self.schedule,
            self.change,
            self.call_off,
            self.start_rotation,
            self.edit_rotation,
            self.edit_rotation,
            self.override,
            self.override,
            self.take_back,
            self.swap,
            self.swap,
            self.leave,
            self.come_back,
            self.hire_and_fire,
            lambda now: rotations.extend(now=now),
        ]
        try:
            with db.session.begin_nested():
                self.chance.choice(verbs)(now)
        except Refusal:
            db.session.expire_all()

    def hours(self, now: datetime, longest: int = 30) -> dict[str, datetime]:
        starts_at = now + self.chance.randint(-2, 60) * HOUR
        return {"starts_at": starts_at, "ends_at": starts_at + self.chance.randint(0, longest) * HOUR}

    def who(self) -> Person:
        return self.chance.choice(self.members)

    def pick(self, kind: type[Any], now: datetime) -> Any:
        """A row of this kind that is not over, mostly one that stands at this moment."""
        rows = [row for row in db.session.scalars(select(kind).order_by(kind.id)) if not row.is_over(now)]
        begun = [row for row in rows if row.starts_at <= now]
        return self.chance.choice(begun or rows) if rows else None

    def somebody_on_duty(self, now: datetime) -> Duty | None:
        ahead = duty.between(start=now, end=now + 48 * HOUR)
        return self.chance.choice(ahead) if ahead else None

    def schedule(self, now: datetime) -> None:
        duty.schedule(
            role=self.chance.choice(self.roles), person=self.who(), **self.hours(now), actor=self.cast.roster, now=now
        )

    def change(self, now: datetime) -> None:
        if shift := self.pick(Shift, now):
            hours = self.chance.choice(
                [self.hours(now), {"starts_at": shift.starts_at, "ends_at": shift.ends_at + 2 * HOUR}]
            )
            duty.change(shift, person=self.who(), **hours, remarks="", actor=self.cast.roster, now=now)

    def call_off(self, now: datetime) -> None:
        if shift := self.pick(Shift, now):
            duty.call_off(shift, reason="停电", actor=self.cast.roster, now=now)

    def pattern(self, now: datetime) -> Pattern:
        return Pattern(
            kind=self.chance.choice(list(RotationKind)),
            first_day=self.day(now) + timedelta(days=self.chance.randint(0, 3)),
            zone=self.chance.choice(["Asia/Shanghai", "America/New_York"]),
            every=self.chance.choice([5, 6, 8]),
            unit=self.chance.choice(list(Unit)),
            slots=THREE_SHIFTS,
        )

    def day(self, now: datetime) -> date:
        return now.astimezone(COMPANY_ZONE).date()

    def order(self) -> list[Person]:
        return [self.who() for _ in range(self.chance.randint(1, 4))]

    def start_rotation(self, now: datetime) -> None:
        if len(rotations.active()) < 2:
            rotations.create(
                role=self.chance.choice(self.roles),
                name="轮值",
                pattern=self.pattern(now),
                members=self.order(),
                actor=self.cast.roster,
                now=now,
            )

    def edit_rotation(self, now: datetime) -> None:
        for rotation in rotations.active()[:1]:
            pattern = self.chance.choice([rotation.pattern, self.pattern(now)])
            rotations.edit(
                rotation, name="轮值", pattern=pattern, members=self.order(), actor=self.cast.roster, now=now
            )

    def override(self, now: datetime) -> None:
        words = {"reason": "去医院", "actor": self.cast.roster, "now": now}
        found = self.somebody_on_duty(now)
        verb = self.chance.choice([overrides.add, overrides.remove, overrides.replace, overrides.replace])
        if found is None or verb is overrides.add:
            overrides.add(role=self.chance.choice(self.roles), person=self.who(), **self.hours(now, 12), **words)
            return
        starts_at = max(found.starts_at, now) + self.chance.randint(0, 2) * HOUR
        hours = {"starts_at": starts_at, "ends_at": starts_at + self.chance.randint(1, 12) * HOUR}
        more = {"substitute": self.who()} if verb is overrides.replace else {}
        verb(role=found.role, person=found.person, **hours, **more, **words)

    def take_back(self, now: datetime) -> None:
        if override := self.pick(Override, now):
            overrides.cancel(override, reason="不用了", actor=self.cast.roster, now=now)

    def swap(self, now: datetime) -> None:
        swaps.expire(now=now)
        open_ones = [swap for swap in swaps.latest() if swap.state.is_open]
        if open_ones:
            swap = self.chance.choice(open_ones)
            if swap.state is SwapState.ASKED:
                swaps.accept(swap, actor=swap.taker, now=now)
            else:
                swaps.approve(swap, actor=self.cast.admin, now=now)
            return
        asked = self.somebody_on_duty(now)
        if asked is not None:
            free = duty.available(role=asked.role, start=asked.starts_at, end=asked.ends_at)
            to = self.chance.choice([person for person in free if person in self.members] or self.members)
            theirs = [found for found in duty.of_person(to, after=now, limit=3) if found.starts_at > now]
            in_return = self.chance.choice([None, *theirs])
            swaps.request(asked, to=to, in_return=in_return, reason="换班", actor=self.cast.roster, now=now)

    def leave(self, now: datetime) -> None:
        leaves.record(self.who(), **self.hours(now), actor=self.cast.roster, now=now)

    def come_back(self, now: datetime) -> None:
        if leave := self.pick(Leave, now):
            leaves.cancel(leave, actor=self.cast.roster, now=now)

    def hire_and_fire(self, now: datetime) -> None:
        person = self.cast.gao
        departures.set_active(person, is_active=not person.is_active, actor=self.cast.admin, now=now)


def roster_says(start: datetime, end: datetime) -> dict[datetime, Answer]:
    """The roster's answer for every quarter of an hour, from one look at it."""
    found = duty.between(start=start, end=end + QUARTER)
    answers: dict[datetime, Answer] = {}
    at = start
    while at <= end:
        present = [each for each in found if each.starts_at <= at < each.ends_at]
        answers[at] = frozenset((each.role.code, each.person.login) for each in present)
        assert len(present) == len(answers[at]), "nobody stands twice for one role"
        at += QUARTER
    return answers


def rows_say(at: datetime) -> Answer:
    """The same by reading every row."""

    def stands(row: Any) -> bool:
        ends_at = min(filter(None, (row.ends_at, row.cancelled_at)))
        return bool(row.starts_at <= at < ends_at)

    standing = {(row.role.code, row.person.login) for row in db.session.scalars(select(Shift)) if stands(row)}
    for row in db.session.scalars(select(Override).order_by(Override.id)):
        goes = row.instead_of and (row.role.code, row.instead_of.login)
        if stands(row) and (goes is None or goes in standing):
            standing.discard(goes)
            if row.person:
                standing.add((row.role.code, row.person.login))
    away = {row.person.login for row in db.session.scalars(select(Leave)) if stands(row)}
    return frozenset((code, login) for code, login in standing if login not in away)


@pytest.mark.parametrize("seed", range(2))
def test_the_past_stays_as_it_was(seed: int, cast: Cast, session: Db, clock: Hands) -> None:
    SettingFactory(key=SettingKey.ROTATION_HORIZON_DAYS).value = 7
    planner, begin = Planner(cast, seed), clock.now()
    planner.start_rotation(begin)
    lived: dict[datetime, Answer] = {}
    for step in range(STEPS):
        planner.act(clock.now())
        then = clock.now()
        clock.forward(minutes=15 * planner.chance.randint(1, 16))
        lived |= roster_says(then, clock.now() - QUARTER)
        for at in (then, clock.now() + planner.chance.randint(0, 200) * QUARTER):
            assert {(each.role.code, each.person.login) for each in duty.on_duty(at=at)} == rows_say(at)
        if step % 5 == 4:
            assert roster_says(begin, clock.now() - QUARTER) == lived
    assert len(set(lived.values())) > 5, "something happened"
