"""Handovers: opened at the change of shift, accepted by the next one, and the leader hears when they are not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import DutyRole, Handover, Notification, Person
from rules.escalation import DutyRoleCode
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import NotificationKind, NotificationState
from services import complaints, duty, handovers, workbench
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import HandoverFactory, ShiftFactory
from tests.query_count import queries
from tests.stories import recorded

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
HOUR = timedelta(hours=1)


@pytest.fixture
def put(engineering: DutyRole, now: datetime) -> Callable[..., None]:
    """Put somebody on duty for engineering, hours from now."""

    def on_duty(person: Person, begin: float, end: float) -> None:
        ShiftFactory(role=engineering, person=person, starts_at=now + begin * HOUR, ends_at=now + end * HOUR)

    return on_duty


@pytest.fixture
def change(put: Callable[..., None], cast: Cast) -> None:
    """In an hour 赵磊 takes over from 周强."""
    put(cast.zhou, -7, 1)
    put(cast.zhao, 1, 9)


def only(session: Db) -> Handover:
    return session.scalars(select(Handover).where(Handover.given_by_id.is_not(None))).one()


@pytest.fixture
def opened(change: None, clock: Hands, session: Db) -> Handover:
    """The handover of that change, just opened."""
    handovers.sweep(now=clock.forward(hours=1))
    return only(session)


class TestOpening:
    def test_it_opens_at_the_moment_of_the_change(self, change: None, clock: Hands, session: Db) -> None:
        handovers.sweep(now=clock.forward(minutes=59, seconds=59))
        assert handovers.recent(limit=9)[0].given_by_id is None, "only the beginning of 周强's own shift"
        handovers.sweep(now=clock.forward(seconds=1))
        handover = only(session)
        assert (handover.given_by.login, handover.taken_by.login) == ("zhou", "zhao")  # type: ignore[union-attr]
        assert handover.due_at == clock.now() + timedelta(minutes=15)

    def test_the_next_one_is_told_once(self, opened: Handover, clock: Hands, messages: Messages) -> None:
        for _ in range(3):
            assert handovers.sweep(now=clock.forward(seconds=30)) == 0
        told = [message.person.login for message in messages(NotificationKind.HANDOVER_WAITING)]
        assert told.count("zhao") == 1

    def test_what_is_open_is_listed_by_itself(
        self, change: None, cast: Cast, clock: Hands, session: Db, now: datetime
    ) -> None:
        handled = recorded(cast, now=now)
        complaints.acknowledge(handled, actor=cast.zhou, now=now)
        unheard = recorded(cast, now=now, phone="13800137777")
        taken_elsewhere = recorded(cast, now=now, phone="13800136666")
        complaints.acknowledge(taken_elsewhere, actor=cast.lin, now=now)
        handovers.sweep(now=clock.forward(hours=1))
        assert only(session).complaint_numbers == [handled.number, unheard.number]
        assert set(handovers.matters([only(session)])) == {handled.number, unheard.number}

    def test_a_sweep_that_was_away_for_hours_opens_what_still_matters(
        self, change: None, put: Callable[..., None], cast: Cast, clock: Hands, session: Db
    ) -> None:
        put(cast.he, 9, 17)
        handovers.sweep(now=clock.forward(hours=11))
        handover = only(session)
        assert (handover.given_by.login, handover.taken_by.login) == ("zhao", "he")  # type: ignore[union-attr]
        assert handover.due_at == clock.now() + timedelta(minutes=15), "late, but with the whole quarter of an hour"

    def test_somebody_new_within_the_shift_takes_over_too(
        self, opened: Handover, cast: Cast, put: Callable[..., None], clock: Hands, session: Db
    ) -> None:
        session.execute(select(Handover))
        put(cast.he, 1, 9)
        assert handovers.sweep(now=clock.now()) == 1

    def test_the_cost_does_not_grow_with_the_complaints_that_are_closed(
        self, opened: Handover, clock: Hands, session: Db
    ) -> None:
        with queries() as few:
            handovers.sweep(now=clock.now())
        assert len(few) <= 7


class TestTheNote:
    def test_it_may_be_written_before_the_shift_ends_and_goes_with_the_handover(
        self, change: None, cast: Cast, engineering: DutyRole, clock: Hands, session: Db
    ) -> None:
        handovers.write_ahead(role=engineering, note="钥匙在前台", actor=cast.zhou, now=clock.now())
        handovers.write_ahead(role=engineering, note="钥匙在物业", actor=cast.zhou, now=clock.forward(minutes=5))
        assert handovers.recent(limit=9) == []
        handovers.sweep(now=clock.forward(hours=1))
        assert only(session).note == "钥匙在物业"
        assert handovers.prepared(cast.zhou) == {}

    def test_it_goes_with_the_handover_also_when_the_shift_was_swapped_at_the_last_moment(
        self, change: None, cast: Cast, engineering: DutyRole, clock: Hands, session: Db, put: Callable[..., None]
    ) -> None:
        handovers.write_ahead(role=engineering, note="钥匙在前台", actor=cast.zhou, now=clock.now())
        (planned,) = [
            each for each in duty.between(start=clock.now(), end=clock.now() + 2 * HOUR) if each.person == cast.zhao
        ]
        assert planned.shift is not None
        duty.change(
            planned.shift,
            person=cast.he,
            starts_at=planned.starts_at,
            ends_at=planned.ends_at,
            remarks="",
            actor=cast.roster,
            now=clock.now(),
        )
        handovers.sweep(now=clock.forward(hours=1))
        assert (only(session).taken_by, only(session).note) == (cast.he, "钥匙在前台")

    def test_both_who_come_for_one_who_leaves_read_it(
        self,
        change: None,
        put: Callable[..., None],
        cast: Cast,
        engineering: DutyRole,
        clock: Hands,
        session: Db,
        now: datetime,
    ) -> None:
        put(cast.he, 1, 9)
        handovers.write_ahead(role=engineering, note="3 栋的水管还没修好", actor=cast.zhou, now=now)
        handovers.sweep(now=clock.forward(hours=1))
        given = session.scalars(select(Handover).where(Handover.given_by_id == cast.zhou.id))
        assert {handover.taken_by.login: handover.note for handover in given} == {
            "zhao": "3 栋的水管还没修好",
            "he": "3 栋的水管还没修好",
        }

    def test_who_hands_over_may_correct_it_until_it_is_accepted(
        self, opened: Handover, cast: Cast, clock: Hands
    ) -> None:
        handovers.write_note(opened, note="客户下午来", actor=cast.zhou, now=clock.now())
        with pytest.raises(NotAllowed):
            handovers.write_note(opened, note="x", actor=cast.zhao, now=clock.now())
        handovers.accept(opened, actor=cast.zhao, now=clock.now())
        with pytest.raises(Conflict):
            handovers.write_note(opened, note="too late", actor=cast.zhou, now=clock.now())
        assert opened.note == "客户下午来"

    @pytest.mark.parametrize("note", ["", "  ", "长" * 2001, "a\x00b"])
    def test_nonsense_is_refused(
        self, note: str, change: None, cast: Cast, engineering: DutyRole, clock: Hands, session: Db
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            handovers.write_ahead(role=engineering, note=note, actor=cast.zhou, now=clock.now())
        assert refusal.value.field == "note"

    def test_only_who_is_on_duty_writes_ahead(
        self, change: None, cast: Cast, engineering: DutyRole, clock: Hands
    ) -> None:
        for person in (cast.zhao, cast.lin, cast.xiaozhou):
            with pytest.raises(NotAllowed):
                handovers.write_ahead(role=engineering, note="x", actor=person, now=clock.now())


class TestAccepting:
    def test_who_takes_over_says_so_once(self, opened: Handover, cast: Cast, clock: Hands) -> None:
        handovers.accept(opened, actor=cast.zhao, now=clock.forward(minutes=3))
        assert opened.accepted_at == clock.now()
        assert opened not in handovers.waiting()
        with pytest.raises(Conflict):
            handovers.accept(opened, actor=cast.zhao, now=clock.now())

    def test_nobody_else_does(self, opened: Handover, cast: Cast, clock: Hands) -> None:
        for person in (cast.zhou, cast.lin, cast.roster, cast.admin):
            with pytest.raises(NotAllowed):
                handovers.accept(opened, actor=person, now=clock.now())

    def test_it_counts_for_who_takes_over_alone(self, opened: Handover, cast: Cast) -> None:
        assert workbench.counts(cast.zhao).handovers == 1
        assert workbench.counts(cast.lin).handovers == 0

    def test_the_call_is_not_sent_any_more(
        self, opened: Handover, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        handovers.accept(opened, actor=cast.zhao, now=clock.now())
        (call,) = [m for m in messages(NotificationKind.HANDOVER_WAITING) if m.person is cast.zhao]
        assert call.state is NotificationState.CANCELLED


class TestLateness:
    @pytest.mark.parametrize(("minutes", "is_late"), [(15, False), (15.02, True)])
    def test_after_a_quarter_of_an_hour_the_leader_is_told(
        self, minutes: float, is_late: bool, opened: Handover, cast: Cast, clock: Hands, messages: Messages
    ) -> None:
        handovers.sweep(now=clock.forward(minutes=minutes))
        assert (opened in handovers.late()) is is_late
        told = {message.person.login for message in messages(NotificationKind.HANDOVER_LATE)}
        assert told == ({"lin", "roster"} if is_late else set()), "nobody leads: whoever holds the leader's post"

    def test_once(self, opened: Handover, clock: Hands, messages: Messages) -> None:
        for _ in range(3):
            handovers.sweep(now=clock.forward(minutes=20))
        mine = [m for m in messages(NotificationKind.HANDOVER_LATE) if f":{opened.id}:" in m.dedup_key]
        assert len(mine) == 2

    def test_a_leader_who_does_not_accept_is_reported_to_who_manages_duty(
        self, cast: Cast, clock: Hands, session: Db, now: datetime, messages: Messages
    ) -> None:
        leading = duty.role(DutyRoleCode.CS_SUPERVISOR)
        ShiftFactory(role=leading, person=cast.lin, starts_at=now, ends_at=now + 8 * HOUR)
        handovers.sweep(now=clock.now())
        handovers.sweep(now=clock.forward(minutes=16))
        assert {m.person.login for m in messages(NotificationKind.HANDOVER_LATE)} == {"roster"}

    def test_accepted_late_is_still_accepted(self, opened: Handover, cast: Cast, clock: Hands) -> None:
        handovers.sweep(now=clock.forward(minutes=20))
        handovers.accept(opened, actor=cast.zhao, now=clock.now())
        assert opened.late_at is not None
        assert handovers.late() == []

    def test_what_was_never_accepted_goes_on_to_the_next(
        self, opened: Handover, cast: Cast, put: Callable[..., None], clock: Hands, session: Db
    ) -> None:
        put(cast.he, 9, 17)
        handovers.sweep(now=clock.forward(hours=8))
        assert opened.passed_on_at == clock.now()
        assert [each.taken_by.login for each in handovers.waiting() if each.taken_by] == ["he"]
        with pytest.raises(Conflict):
            handovers.accept(opened, actor=cast.zhao, now=clock.now())


def test_two_sweeps_at_once_open_it_once(
    app: Flask, change: None, clock: Hands, session: Db, messages: Messages
) -> None:
    now = clock.forward(hours=1)
    session.commit()

    def sweep(_: int) -> int:
        with app.app_context():
            count = handovers.sweep(now=now)
            db.session.commit()
            db.session.remove()
            return count

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(sweep, range(2)))
    session.expire_all()
    assert sorted(counts)[0] == 0
    assert only(session)
    assert len([m for m in messages(NotificationKind.HANDOVER_WAITING) if m.person.login == "zhao"]) == 1


def test_a_list_is_a_few_queries(session: Db, now: datetime) -> None:
    HandoverFactory.create_batch(8)
    session.commit()
    session.expire_all()
    with queries() as seen:
        found = handovers.waiting()
        handovers.matters(found)
        assert all(str(each) for each in found)
    assert len(seen) <= 3
