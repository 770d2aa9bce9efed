"""Heartbeats: each periodic job writes down that it ran, so that silence can be seen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Heartbeat
from services import first_writer


def beat(job: str, *, count: int, now: datetime) -> None:
    """Write down that the job ended well and how much it did."""
    heartbeat = _of(job)
    heartbeat.succeeded_at, heartbeat.count = now, count
    db.session.flush()


def stumble(job: str, *, error: str, now: datetime) -> None:
    """Write down that the job failed, with the error's first words."""
    heartbeat = _of(job)
    heartbeat.failed_at, heartbeat.error = now, error[:2000]
    db.session.flush()


def latest() -> list[Heartbeat]:
    """Every job's heartbeat, by name."""
    return list(db.session.scalars(select(Heartbeat).order_by(Heartbeat.job)))


def _of(job: str) -> Heartbeat:
    locked = select(Heartbeat).where(Heartbeat.job == job).with_for_update()
    heartbeat = db.session.scalar(locked)
    if heartbeat is None:
        first_writer.insert(Heartbeat(job=job))
        heartbeat = db.session.scalars(locked).one()
    return heartbeat
