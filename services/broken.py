"""One message that cannot be worked on is no reason to tell nobody anything: it is found, and set aside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from extensions import db
from models import Notification
from rules.vocabulary import NotificationState

PAUSE = timedelta(minutes=1)
"""When it is looked at again, so that it keeps no other waiting meanwhile."""

_log = logging.getLogger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parts(
    step: Callable[[Sequence[Item]], Sequence[Result] | None],
    items: Sequence[Item],
    set_aside: Callable[[Item], None] | None = None,
) -> list[Result]:
    """Take a step with all of them at once; where one is broken, with each half, until that one stands alone.

    It keeps no other from leaving: it is ``set_aside``, or left to its lease. What cannot be begun is then tried again
    later, what cannot be judged becomes unknown.
    """
    if not items:
        return []
    try:
        return list(step(items) or ())
    except OperationalError:
        # No message is at fault: the database was away, or busy, or chose this one of two that waited for each other.
        db.session.rollback()
        return list(step(items) or ())
    except Exception:
        db.session.rollback()
        if len(items) > 1:
            middle = len(items) // 2
            return [each for half in (items[:middle], items[middle:]) for each in in_parts(step, half, set_aside)]
        _log.exception("a message cannot be worked on: %s", items[0])
        if set_aside is not None:
            set_aside(items[0])
        return []


def set_aside(notification_id: int, *, now: datetime) -> None:
    """Look again later at a message that cannot be worked on; until it expires it stands where people look."""
    notification = db.session.get(Notification, notification_id, with_for_update=True, populate_existing=True)
    if notification is not None:
        _put_off(notification, now + PAUSE)
    db.session.commit()


def _put_off(notification: Notification, later: datetime) -> None:
    if notification.state is NotificationState.QUEUED:
        notification.due_at = min(later, notification.expires_at)
    elif notification.claim_token is not None:
        notification.claimed_until = later
    elif notification.ask_at is not None:
        notification.ask_at = later
