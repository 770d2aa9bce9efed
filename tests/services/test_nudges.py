"""The nudge after a commit: quick when Redis is there, harmless when it is not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from rq import Queue
from sqlalchemy.orm import Session, scoped_session

from extensions import redis_connection
from rules.vocabulary import NotificationKind
from services import first_writer, notifications, nudges
from tests.cast import Cast
from tests.factories import CommunityFactory
from tests.servers import RedisServer

Db = scoped_session[Session]


@pytest.fixture
def waiting(redis_server: RedisServer) -> Any:
    """How many nudges lie in the queue."""
    return lambda: len(Queue(nudges.MESSAGES_QUEUE, connection=redis_server.connection))


def queue(cast: Cast, now: datetime) -> None:
    """Owe somebody a message."""
    notifications.queue(kind=NotificationKind.TEST, person=cast.lin, dedup_key="x", now=now)


def test_the_worker_is_woken_by_the_commit_not_before_it(cast: Cast, now: datetime, session: Db, waiting: Any) -> None:
    queue(cast, now)
    assert waiting() == 0
    session.commit()
    assert waiting() == 1


def test_a_commit_without_a_message_wakes_nobody(cast: Cast, session: Db, waiting: Any) -> None:
    cast.lin.email = "lin@example.com"
    session.commit()
    assert waiting() == 0


def test_a_rollback_wakes_nobody(cast: Cast, now: datetime, session: Db, waiting: Any) -> None:
    queue(cast, now)
    session.rollback()
    session.commit()
    assert waiting() == 0


def test_a_savepoint_inside_the_transaction_wakes_nobody_and_forgets_nothing(
    cast: Cast, now: datetime, session: Db, waiting: Any
) -> None:
    place = CommunityFactory()
    queue(cast, now)
    assert first_writer.insert(CommunityFactory.build())
    assert not first_writer.insert(CommunityFactory.build(name=place.name, city=place.city))
    assert waiting() == 0
    session.commit()
    assert waiting() == 1


def test_a_redis_that_is_away_costs_nothing_but_the_nudge(
    cast: Cast, now: datetime, session: Db, app: Flask, waiting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = {"connection": redis_connection("unix:///tmp/nobody-listens-here.sock"), "quiet_until": 0.0}
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions, "nudge", away)
        queue(cast, now)
        session.commit()
        assert away["quiet_until"] > 0, "the next pages do not even try"
        assert not nudges.wake_worker()
    assert waiting() == 0
    assert nudges.wake_worker()
