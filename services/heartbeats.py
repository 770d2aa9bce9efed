"""Heartbeats: each periodic job writes down that it ran, so that silence can be seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db, just_looking
from models import Heartbeat
from services import first_writer

BEAT = timedelta(seconds=5)
"""A job that commits by itself need not write down more often that it ran."""


def beat(job: str, *, count: int, now: datetime) -> None:
    """Write down that the job ended well and how much it did."""
    heartbeat = _of(job)
    heartbeat.succeeded_at, heartbeat.count = now, count
    db.session.flush()


def is_heard(job: str, *, now: datetime) -> bool:
    """Whether the job said within the last seconds that it ends well, seen without a lock."""
    said = select(Heartbeat.succeeded_at, Heartbeat.failed_at).where(Heartbeat.job == job)
    with just_looking():
        last = db.session.execute(said).one_or_none()
        db.session.commit()
    succeeded_at, failed_at = last or (None, None)
    if succeeded_at is None or (failed_at is not None and failed_at >= succeeded_at):
        return False
    return bool(now - succeeded_at < BEAT)


def stumble(job: str, *, error: str, now: datetime) -> None:
    """Write down that the job failed, with the error's first words."""
    heartbeat = _of(job)
    heartbeat.failed_at, heartbeat.error = now, error[:2000]
    db.session.flush()


def _of(job: str) -> Heartbeat:
    locked = select(Heartbeat).where(Heartbeat.job == job).with_for_update()
    heartbeat = db.session.scalar(locked)
    if heartbeat is None:
        first_writer.insert(Heartbeat(job=job))
        heartbeat = db.session.scalars(locked).one()
    return heartbeat
