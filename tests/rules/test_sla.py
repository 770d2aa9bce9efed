"""Clocks: thirty minutes mean thirty minutes (D-02, D-10, decision 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import working_time
from rules.refusals import Refusal
from rules.sla import (
    DEFAULT_DOCUMENT,
    HISTORY_AFTER,
    ClockPolicy,
    Step,
    Tell,
    Unit,
    due_at,
    is_history,
    lateness,
    next_day_at,
    reminder_at,
    step_moments,
    verdict,
)
from rules.vocabulary import Category, ClockKind, ClockState, Severity
from rules.working_time import ROUND_THE_CLOCK, Calendar, WorkingCalendar, WorkingTime

START = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
DUE = START + timedelta(minutes=30)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


def at(text: str) -> datetime:
    """So long after the start, as a stopwatch shows it: ``at("30:01")``."""
    minutes, seconds = text.split(":")
    return START + timedelta(minutes=int(minutes), seconds=int(seconds))


@pytest.mark.parametrize(
    ("stopped", "now", "state"),
    [
        pytest.param(None, "29:59", ClockState.RUNNING, id="29:59 still runs"),
        pytest.param(None, "30:00", ClockState.RUNNING, id="30:00 is not over yet"),
        pytest.param(None, "30:01", ClockState.BREACHED, id="30:01 is overdue"),
        pytest.param("30:00", "30:00", ClockState.MET, id="stopped at 30:00 is met"),
        pytest.param("30:01", "30:01", ClockState.MISSED, id="stopped at 30:01 is missed"),
        pytest.param("29:59", "99:00", ClockState.MET, id="a clock that was met stays met"),
        pytest.param("30:01", "99:00", ClockState.MISSED, id="a clock that was missed stays missed"),
    ],
)
def test_the_due_moment_itself_is_on_time(stopped: str | None, now: str, state: ClockState) -> None:
    assert verdict(DUE, at(stopped) if stopped else None, at(now)) is state


def test_lateness_is_nothing_up_to_the_due_moment_and_counts_from_it() -> None:
    assert lateness(DUE, None, at("30:00")) == timedelta(0)
    assert lateness(DUE, None, at("30:01")) == timedelta(seconds=1)
    assert lateness(DUE, at("45:00"), at("99:00")) == timedelta(minutes=15)


@given(moments, st.none() | moments, moments)
def test_late_and_over_time_are_the_same_thing(due: datetime, stopped: datetime | None, now: datetime) -> None:
    is_late = verdict(due, stopped, now) in (ClockState.BREACHED, ClockState.MISSED)
    assert is_late == (lateness(due, stopped, now) > timedelta(0))


def test_a_call_becomes_history_after_a_day_not_at_it() -> None:
    assert not is_history(START, START + HISTORY_AFTER)
    assert is_history(START, START + HISTORY_AFTER + timedelta(seconds=1))


def test_a_short_promise_is_reminded_of_half_way_a_long_one_by_the_lead() -> None:
    made, lead = datetime(2026, 11, 21, 14, tzinfo=UTC), timedelta(minutes=30)
    long = reminder_at(made, made + timedelta(hours=10), lead)
    short = reminder_at(made, made + timedelta(minutes=20), lead)
    assert long == made + timedelta(hours=9, minutes=30)
    assert short == made + timedelta(minutes=10)


# --- due times and pauses -------------------------------------------------------------------------------------------

WEEKDAYS = WorkingCalendar(WorkingTime.from_document(working_time.DEFAULT_DOCUMENT), ZoneInfo("Asia/Shanghai"))
MINUTE = timedelta(minutes=1)
FRIDAY = datetime(2026, 9, 18, 0, 0, tzinfo=UTC)
"""Eight in the morning in China, before a weekend whose Sunday is a make-up day."""
ODD_DAYS = [
    FRIDAY,
    datetime(2026, 12, 29, tzinfo=UTC),
    datetime(2028, 2, 26, tzinfo=UTC),
    datetime(2026, 2, 11, tzinfo=UTC),
]
"""And before a new year, a leap day, and Spring Festival between its make-up days."""


def due_by_the_minute(
    start: datetime, budget: timedelta, pauses: list[tuple[datetime, datetime]], calendar: Calendar
) -> datetime:
    """Minute by minute: one that counts and lies in no pause uses up one of the budget."""
    moment = start
    while budget > timedelta(0):
        is_paused = any(begins <= moment < ends for begins, ends in pauses)
        budget -= timedelta(0) if is_paused else calendar.counted(moment, moment + MINUTE)
        moment += MINUTE
    return moment


@st.composite
def intervals(draw: st.DrawFn) -> list[tuple[datetime, datetime]]:
    """Pauses one after the other, some of them of no length, some over a night or a weekend."""
    cuts = sorted(draw(st.lists(st.integers(0, 6 * 1440), max_size=8)))
    return [(FRIDAY + a * MINUTE, FRIDAY + b * MINUTE) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ODD_DAYS),
    st.integers(0, 2 * 1440),
    st.integers(0, 1400),
    intervals(),
    st.sampled_from([ROUND_THE_CLOCK, WEEKDAYS]),
)
def test_a_due_time_is_where_counting_minutes_outside_the_pauses_ends(
    day: datetime, offset: int, minutes: int, pauses: list[tuple[datetime, datetime]], calendar: Calendar
) -> None:
    start, shift = day + offset * MINUTE, day - FRIDAY
    pauses = [(max(begins + shift, start), max(ends + shift, start)) for begins, ends in pauses]
    found = due_at(start, minutes * MINUTE, pauses, calendar)
    assert found == due_by_the_minute(start, minutes * MINUTE, pauses, calendar)


@given(intervals(), st.integers(1, 1400), st.sampled_from([ROUND_THE_CLOCK, WEEKDAYS]))
def test_whoever_resumes_has_as_much_time_left_as_when_the_clock_was_paused(
    pauses: list[tuple[datetime, datetime]], minutes: int, calendar: Calendar
) -> None:
    for place, (paused_at, resumed_at) in enumerate(pauses):
        before = due_at(FRIDAY, minutes * MINUTE, pauses[:place], calendar)
        if before <= paused_at:
            return  # It was over before.
        left = calendar.counted(paused_at, before)
        after = due_at(FRIDAY, minutes * MINUTE, pauses[: place + 1], calendar)
        assert calendar.counted(resumed_at, after) == left
        assert after >= resumed_at


def test_a_pause_in_the_night_gives_nothing_back_to_a_working_clock() -> None:
    night = (at_home("2026-11-23 20:00"), at_home("2026-11-24 07:00"))
    start, day = at_home("2026-11-23 15:00"), timedelta(hours=7, minutes=30)
    assert due_at(start, day, [night], WEEKDAYS) == due_at(start, day, [], WEEKDAYS)


def test_a_pause_over_lunch_gives_back_only_what_would_have_been_worked() -> None:
    start, lunch = at_home("2026-11-23 09:00"), (at_home("2026-11-23 11:30"), at_home("2026-11-23 14:00"))
    assert due_at(start, timedelta(hours=5), [lunch], WEEKDAYS) == at_home("2026-11-23 16:30")


def at_home(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def test_a_report_is_due_at_its_hour_on_the_next_day_of_the_company() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    late_evening = datetime(2026, 12, 31, 15, 30, tzinfo=UTC)  # 23:30 in China.
    assert next_day_at(late_evening, 18, zone) == datetime(2027, 1, 1, 10, 0, tzinfo=UTC)
    assert next_day_at(late_evening + timedelta(hours=1), 18, zone) == datetime(2027, 1, 2, 10, 0, tzinfo=UTC)


# --- the policy -----------------------------------------------------------------------------------------------------

SHIPPED = ClockPolicy.from_document(DEFAULT_DOCUMENT)


@pytest.mark.parametrize(
    ("clock", "category", "severity", "unit", "amount"),
    [
        pytest.param(ClockKind.CONTACT, Category.OTHER, Severity.GENERAL, Unit.MINUTES, 30, id="D-02"),
        pytest.param(ClockKind.TRIAGE, Category.OTHER, Severity.GENERAL, Unit.MINUTES, 30, id="D-10"),
        pytest.param(ClockKind.FIRST_ANSWER, Category.OTHER, Severity.MAJOR, Unit.MINUTES, 30, id="H-03 at once"),
        pytest.param(ClockKind.FIRST_ANSWER, Category.OTHER, Severity.URGENT, Unit.HOURS, 24, id="A-05"),
        pytest.param(ClockKind.FIRST_ANSWER, Category.OTHER, Severity.GENERAL, Unit.WORKING_DAYS, 1, id="H-03"),
        pytest.param(ClockKind.GOLDEN, Category.OTHER, Severity.GENERAL, Unit.HOURS, 2, id="G-02"),
        pytest.param(ClockKind.ON_SITE, Category.QUALITY, Severity.GENERAL, Unit.HOURS, 24, id="D-16"),
        pytest.param(ClockKind.ON_SITE, Category.SAFETY, Severity.MAJOR, Unit.HOURS, 24, id="D-16 safety"),
        pytest.param(ClockKind.FORMAL_REPLY, Category.OTHER, Severity.URGENT, Unit.WORKING_DAYS, 3, id="A-05 reply"),
        pytest.param(ClockKind.PROGRESS, Category.DELAY, Severity.GENERAL, Unit.NEXT_DAY_AT, 18, id="D-17"),
    ],
)
def test_the_shipped_targets_are_the_plan_s(
    clock: ClockKind, category: Category, severity: Severity, unit: Unit, amount: int
) -> None:
    target = SHIPPED.target(clock, category, severity)
    assert target is not None
    assert (target.unit, target.amount) == (unit, amount)


def test_only_quality_and_safety_need_somebody_on_site() -> None:
    needing = {each for each in Category if SHIPPED.target(ClockKind.ON_SITE, each, Severity.GENERAL)}
    assert needing == {Category.QUALITY, Category.SAFETY}


def test_every_complaint_has_every_clock_that_no_complaint_is_without() -> None:
    for kind in ClockKind:
        if kind is not ClockKind.ON_SITE:
            assert all(SHIPPED.target(kind, category, level) for category in Category for level in Severity), kind


def test_no_contact_clock_is_paused_and_its_breach_wakes_the_chain() -> None:
    contact = SHIPPED.target(ClockKind.CONTACT, Category.OTHER, Severity.GENERAL)
    assert contact is not None and not contact.is_pausable and not contact.is_working_time
    assert contact.breach is Tell.CHAIN


def test_warnings_come_at_their_share_of_the_budget_and_never_after_the_due_time() -> None:
    steps = (
        Step(Tell.OWNER, percent=50),
        Step(Tell.OWNER, percent=80),
        Step(Tell.LEADER),
        Step(Tell.LEADER, after=MINUTE),
    )
    start, hour = at_home("2026-11-23 11:30"), timedelta(hours=1)
    due = due_at(start, hour, [], WEEKDAYS)
    assert step_moments(steps, start, hour, due, [], WEEKDAYS) == [
        at_home("2026-11-23 12:00"),
        at_home("2026-11-23 13:48"),
        at_home("2026-11-23 14:00"),
        at_home("2026-11-23 14:01"),
    ]
    assert step_moments(steps, start, hour, start, [], WEEKDAYS)[:2] == [start, start]


def row(kind: ClockKind, /, **changes: Any) -> dict[str, Any]:
    shipped = next(each for each in DEFAULT_DOCUMENT["targets"] if each["clock"] == kind)
    return {**shipped, **changes}


def with_rows(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"targets": [row(ClockKind.CONTACT), row(ClockKind.TRIAGE), *rows]}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        pytest.param({}, "targets", id="empty"),
        pytest.param({"targets": "soon"}, "targets", id="no table"),
        pytest.param({"targets": [row(ClockKind.TRIAGE)]}, "targets", id="no contact clock"),
        pytest.param({"targets": [row(ClockKind.CONTACT)]}, "targets", id="no triage clock"),
        pytest.param(
            {"targets": [row(ClockKind.CONTACT, levels=[1]), row(ClockKind.TRIAGE)]}, "targets", id="contact for some"
        ),
        pytest.param({"targets": [row(ClockKind.CONTACT, amount=31)]}, "targets-0-amount", id="contact in 31 minutes"),
        pytest.param({"targets": [row(ClockKind.CONTACT, unit="hours")]}, "targets-0-unit", id="contact in hours"),
        pytest.param({"targets": [row(ClockKind.CONTACT, is_pausable=True)]}, "targets-0-is_pausable", id="pausable"),
        pytest.param({"targets": [row(ClockKind.CONTACT, breach="nobody")]}, "targets-0-breach", id="no chain"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, amount=0)), "targets-2-amount", id="no time at all"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, amount="2")), "targets-2-amount", id="a word for a number"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, amount=True)), "targets-2-amount", id="a tick for a number"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, amount=10**9)), "targets-2-amount", id="for ever"),
        pytest.param(with_rows(row(ClockKind.PROGRESS, amount=24)), "targets-2-amount", id="at 24 o'clock"),
        pytest.param(with_rows(row(ClockKind.PROGRESS, unit="hours")), "targets-2-unit", id="a report in hours"),
        pytest.param(with_rows(row(ClockKind.REWORK, unit="hours")), "targets-2-unit", id="a rework in hours"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, clock="lunch")), "targets-2-clock", id="an unknown clock"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, levels=[4])), "targets-2-levels", id="an unknown level"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, categories=["x"])), "targets-2-categories", id="no category"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, warn_at=[0])), "targets-2-warn_at", id="warned at the start"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, warn_at=[100])), "targets-2-warn_at", id="warned at the end"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, warn_at=[80, 50])), "targets-2-warn_at", id="out of order"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, warn_at=[50, 50])), "targets-2-warn_at", id="the same twice"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, warn_at=[1, 2, 3, 4, 5, 6])), "targets-2-warn_at", id="too many"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, warn="chain")), "targets-2-warn", id="a warning wakes no chain"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, remind_after=[0])), "targets-2-remind_after", id="at the breach"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, id="")), "targets-2-id", id="no id"),
        pytest.param(with_rows(row(ClockKind.GOLDEN, id="contact")), "targets-2-id", id="an id twice"),
        pytest.param(
            with_rows(row(ClockKind.GOLDEN), row(ClockKind.GOLDEN, id="again", levels=[1])),
            "targets-3-clock",
            id="a row that is never reached",
        ),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_beside_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        ClockPolicy.from_document(document)
    assert refused.value.field == field


def test_the_first_row_that_fits_holds() -> None:
    policy = ClockPolicy.from_document(
        with_rows(row(ClockKind.GOLDEN, id="major", levels=[1], amount=1), row(ClockKind.GOLDEN, amount=5))
    )
    amounts = {level: policy.target(ClockKind.GOLDEN, Category.OTHER, level) for level in Severity}
    assert {level: target.amount for level, target in amounts.items() if target} == {
        Severity.MAJOR: 1,
        Severity.URGENT: 5,
        Severity.GENERAL: 5,
    }
