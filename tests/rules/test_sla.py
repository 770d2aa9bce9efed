"""Clocks: thirty minutes mean thirty minutes (D-02, D-10, decision 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.sla import HISTORY_AFTER, is_history, lateness, reminder_at, verdict
from rules.vocabulary import ClockState

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
