"""Standstill: since when the desk has not done by itself what calls people, so that those who sit before it see it.

A worker that looks at a message either sends it or puts it off; one that is long overdue was looked at by nobody.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from extensions import db
from models import Heartbeat, Notification
from models.base import spelled_out
from rules.vocabulary import NotificationState

PATIENCE: Final = timedelta(minutes=2)
"""Even in a storm everything that is due is looked at within this time."""

VITAL: Final = ("dispatch_messages", "sweep_chains", "sweep_clocks")
"""The jobs without which nobody is told or called; each runs every few seconds."""


def since(*, now: datetime) -> datetime | None:
    """Since when messages are overdue or a vital job is not heard of; None while the desk does its work.

    A job that never ran is no news: a desk that was set up just now has none, and its messages tell soon enough.
    """
    late = now - PATIENCE
    is_waiting = spelled_out(Notification.state, NotificationState.QUEUED)
    overdue = select(func.min(Notification.due_at)).where(is_waiting, Notification.due_at <= late)
    silent = select(func.min(Heartbeat.succeeded_at)).where(Heartbeat.job.in_(VITAL), Heartbeat.succeeded_at <= late)
    found = db.session.execute(select(overdue.scalar_subquery(), silent.scalar_subquery())).one()
    return min(filter(None, found), default=None)
