"""What the page of channels counts, and what it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from models import ChannelState, Notification, Person
from rules.vocabulary import ChannelCondition
from rules.vocabulary import NotificationState as State
from services import channel_health
from services.channel_health import DAY, HOUR, Sent, Tally
from tests.factories import NotificationFactory, PersonFactory
from tests.providers import Provider, fleet_of
from tests.query_count import queries

Db = scoped_session[Session]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FLEET = fleet_of(Provider(name="first"), Provider(name="second"))


@pytest.fixture
def person(session: Db) -> Person:
    person: Person = PersonFactory()
    return person


def sent(
    person: Person, at: datetime, state: State, *, delay: timedelta | None = None, channel: str = "first"
) -> Notification:
    """A message that was handed over at that moment, and delivered after ``delay``."""
    is_claimed = state is State.ATTEMPTED
    notification: Notification = NotificationFactory(
        person=person,
        channel=channel,
        attempted_at=at,
        accepted_at=at + SECOND if state in (State.ACCEPTED, State.DELIVERED) else None,
        delivered_at=at + delay if delay else None,
        state=state,
        claim_token="x" if is_claimed else None,
    )
    return notification


def test_the_last_hour_and_day_are_counted_by_what_became_of_messages(
    person: Person, session: Db, now: datetime
) -> None:
    for minutes, state in (
        (1, State.DELIVERED),
        (2, State.ACCEPTED),
        (3, State.FAILED),
        (59, State.UNKNOWN),
        (1, State.ATTEMPTED),
        (1, State.QUEUED),
        (61, State.DELIVERED),
        (24 * 60 - 1, State.FAILED),
        (24 * 60, State.FAILED),
    ):
        sent(person, now - minutes * MINUTE, state, delay=4 * SECOND if state is State.DELIVERED else None)
    sent(person, now, State.UNKNOWN, channel="gone")
    first, second = channel_health.of(FLEET, now=now)
    assert first.hour == Tally(delivered=1, accepted=1, failed=1, unknown=1, open=2, delay=2.5 * SECOND)
    assert first.day == Tally(delivered=2, accepted=1, failed=2, unknown=1, open=2, delay=4 * SECOND)
    assert (second.day, second.condition, second.state) == (Tally(), ChannelCondition.OPEN, None)


def test_steps_begin_as_people_read_a_clock_and_the_last_is_not_over(now: datetime) -> None:
    at = datetime(2026, 11, 21, 14, 33, 20, tzinfo=UTC)
    moments = [at, at - 3 * MINUTE, at - 4 * MINUTE, at - 58 * MINUTE, at - 59 * MINUTE]
    steps = list(channel_health.steps([Sent(each, None, None, State.FAILED) for each in moments], HOUR, now=at))
    assert [step.begins_at.minute for step in steps] == [35, 40, 45, 50, 55, 0, 5, 10, 15, 20, 25, 30]
    assert [step.tally.failed for step in steps] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]
    hours = list(channel_health.steps([], DAY, now=at))
    assert (len(hours), hours[0].begins_at.hour, hours[-1].begins_at.hour) == (24, 15, 14)


@pytest.mark.parametrize(
    ("delivered", "accepted", "delay"),
    [(9, 2, 9), (None, 2, 2), (None, None, None), (-1, None, 0)],
)
def test_the_delay_ends_at_the_phone_or_where_no_more_is_known(
    delivered: int | None, accepted: int | None, delay: int | None, now: datetime
) -> None:
    def after(seconds: int | None) -> datetime | None:
        return None if seconds is None else now + seconds * SECOND

    one = Sent(now, after(accepted), after(delivered), State.DELIVERED)
    assert one.delay == (None if delay is None else delay * SECOND)


def test_channels_in_trouble_are_named_as_long_as_they_are_configured(session: Db, now: datetime) -> None:
    session.add(ChannelState(name="second", condition=ChannelCondition.STOPPED, since=now))
    session.add(ChannelState(name="first", condition=ChannelCondition.OPEN, since=now, failures=2))
    session.add(ChannelState(name="gone", condition=ChannelCondition.TRIPPED, since=now, until=now))
    session.flush()
    assert [state.name for state in channel_health.in_trouble(FLEET)] == ["second"]


def test_a_storm_is_counted_up_to_a_bound(
    person: Person, session: Db, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_health, "MOST", 5)
    for minutes in range(8):
        sent(person, now - minutes * MINUTE, State.FAILED)
    health = channel_health.of(FLEET, now=now)[0]
    assert (health.is_cut, health.day.total, health.hour_steps[-1].tally.total) == (True, 5, 1)


def test_each_channel_costs_one_query_that_its_index_answers(session: Db, now: datetime) -> None:
    session.commit()
    with queries() as seen:
        channel_health.of(FLEET, now=now)
    about = [each for each in seen if "FROM notifications" in each]
    assert (len(about), len(seen)) == (2, 3)


def test_the_index_hands_the_messages_over_in_their_order(session: Db, now: datetime) -> None:
    if session.get_bind().dialect.name != "sqlite":
        return  # PostgreSQL reads an empty table as a whole, whatever there is.
    asked = (
        "SELECT state FROM notifications WHERE channel = 'first' AND attempted_at > '2026-11-20'"
        " ORDER BY attempted_at DESC LIMIT 10000"
    )
    plan = str(session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all())
    assert "ix_notifications_channel_attempted_at (channel=? AND attempted_at>?)" in plan
    assert "TEMP B-TREE" not in plan
