"""Quiet hours: nobody is woken who need not be, and nobody on duty waits for the morning."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.quiet_hours import CHINA, HOURS, earliest, expires_unsent
from rules.vocabulary import MessageClass

ANY_HOUR = [each for each in MessageClass if HOURS[each] is None]
MOST_OF_A_DAY = [each for each in MessageClass if HOURS[each] is not None]
NEW_YORK = ZoneInfo("America/New_York")

moments = st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
zones = st.none() | st.sampled_from(
    [
        *("Asia/Shanghai", "Asia/Urumqi", "Asia/Kathmandu", "Europe/London", "America/New_York", "America/St_Johns"),
        *("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "Pacific/Chatham"),
    ]
).map(ZoneInfo)


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("message_class", "at", "may_come"),
    [
        pytest.param(MessageClass.CUSTOMER, "22 07:59:59", "22 08:00", id="a customer sleeps until eight"),
        pytest.param(MessageClass.CUSTOMER, "22 08:00:00", "22 08:00", id="eight is not too early"),
        pytest.param(MessageClass.CUSTOMER, "22 20:59:59", "22 20:59:59", id="just before nine in the evening"),
        pytest.param(MessageClass.CUSTOMER, "22 21:00:00", "23 08:00", id="nine is too late"),
        pytest.param(MessageClass.CUSTOMER, "22 23:59:59", "23 08:00", id="before midnight"),
        pytest.param(MessageClass.CUSTOMER, "22 00:00:00", "22 08:00", id="after midnight"),
        pytest.param(MessageClass.CUSTOMER, "30 22:00:00", "30 22:00:00+10", id="over the end of the month"),
        pytest.param(MessageClass.STAFF, "22 06:59:59", "22 07:00", id="staff not before seven"),
        pytest.param(MessageClass.STAFF, "22 07:00:00", "22 07:00", id="seven is not too early"),
        pytest.param(MessageClass.STAFF, "22 21:59:59", "22 21:59:59", id="just before ten in the evening"),
        pytest.param(MessageClass.STAFF, "22 22:00:00", "23 07:00", id="ten is too late"),
        pytest.param(MessageClass.DUTY, "22 03:00:00", "22 03:00", id="duty at three in the night"),
        pytest.param(MessageClass.ALARM, "22 03:00:00", "22 03:00", id="an alarm too"),
        pytest.param(MessageClass.ANSWER, "22 03:00:00", "22 03:00", id="and the answer to what is typed then"),
    ],
)
def test_the_earliest_moment(message_class: MessageClass, at: str, may_come: str) -> None:
    day, _, hours = may_come.partition("+")
    assert earliest(message_class, china(at)) == china(day) + timedelta(hours=int(hours or 0))


def test_what_is_urgent_wakes_staff_but_no_customer() -> None:
    night = china("22 03:00")
    assert earliest(MessageClass.STAFF, night, is_urgent=True) == night
    assert earliest(MessageClass.CUSTOMER, night, is_urgent=True) == china("22 08:00")


def test_a_customer_abroad_has_hours_of_their_own() -> None:
    noon = china("22 12:00")  # Eleven in the evening of the day before in New York.
    assert earliest(MessageClass.CUSTOMER, noon, NEW_YORK) == datetime(2026, 11, 22, 8, tzinfo=NEW_YORK)


def test_eight_is_eight_on_the_morning_after_the_clocks_changed() -> None:
    night = datetime(2026, 10, 31, 23, tzinfo=NEW_YORK)
    at = earliest(MessageClass.CUSTOMER, night, NEW_YORK)
    assert at.astimezone(NEW_YORK).time() == time(8) and at - night == timedelta(hours=10)


def test_the_morning_after_a_day_that_never_was() -> None:
    apia = ZoneInfo("Pacific/Apia")  # Went from the 29th to the 31st of December.
    at = earliest(MessageClass.CUSTOMER, datetime(2011, 12, 29, 22, tzinfo=apia), apia)
    assert at == datetime(2011, 12, 31, 8, tzinfo=apia)


@pytest.mark.parametrize(
    ("expires", "is_lost"),
    [
        pytest.param("23 07:59:59", True, id="before it may come"),
        pytest.param("23 08:00:00", True, id="at the very moment"),
        pytest.param("23 08:00:01", False, id="a second later"),
    ],
)
def test_what_expires_before_it_may_come(expires: str, is_lost: bool) -> None:
    assert expires_unsent(MessageClass.CUSTOMER, china("22 21:30"), china(expires)) is is_lost


def test_urgency_keeps_a_message_from_expiring() -> None:
    at, expires = china("22 23:00"), china("23 01:00")
    assert expires_unsent(MessageClass.STAFF, at, expires)
    assert not expires_unsent(MessageClass.STAFF, at, expires, is_urgent=True)


@given(st.sampled_from(ANY_HOUR), moments, zones)
def test_duty_never_waits(message_class: MessageClass, at: datetime, zone: tzinfo | None) -> None:
    assert earliest(message_class, at, zone) == at


@given(st.sampled_from(MOST_OF_A_DAY), moments, zones)
def test_the_moment_lies_within_the_hours_and_is_the_first_that_does(
    message_class: MessageClass, at: datetime, zone: tzinfo | None
) -> None:
    hours = HOURS[message_class]
    assert hours is not None
    found = earliest(message_class, at, zone)
    assert found >= at and hours.include(found.astimezone(zone or CHINA).time())
    assert earliest(message_class, found, zone) == found
    step = (found - at) / 20
    assert not any(hours.include((at + n * step).astimezone(zone or CHINA).time()) for n in range(20) if step)


@given(st.sampled_from(list(MessageClass)), moments, zones, st.integers(0, 7 * 86400), st.booleans())
def test_who_asks_later_is_never_told_an_earlier_moment(
    message_class: MessageClass, at: datetime, zone: tzinfo | None, seconds: int, is_urgent: bool
) -> None:
    later = at + timedelta(seconds=seconds)
    assert earliest(message_class, at, zone, is_urgent=is_urgent) <= earliest(
        message_class, later, zone, is_urgent=is_urgent
    )


@given(st.sampled_from(MOST_OF_A_DAY), moments, zones)
def test_nobody_waits_longer_than_a_night(message_class: MessageClass, at: datetime, zone: tzinfo | None) -> None:
    assert earliest(message_class, at, zone) - at <= timedelta(hours=12)


def test_every_class_has_its_hours() -> None:
    assert HOURS.keys() == set(MessageClass)
