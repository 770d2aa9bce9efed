"""The services are tested without the pages, and often two at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, DutyRole, Notification, Person, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import EventKind, FaultSide, NotificationKind, Severity
from services import calls, complaints, duty, notifications, outbox
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, IntakeFactory
from tests.providers import fleet_of

Db = scoped_session[Session]


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


@pytest.fixture
def complaint(cast: Cast, on_duty: dict[DutyRoleCode, Shift], session: Db, now: datetime) -> Complaint:
    """王女士's hollow tiles, recorded by 小周 two minutes after her first word; 周强's phone rings."""
    recorded = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
    session.commit()
    return recorded


@pytest.fixture
def engineering(session: Db) -> DutyRole:
    """The role of the duty group that answers for construction."""
    return duty.role(DutyRoleCode.ENGINEERING)


@pytest.fixture
def shift(cast: Cast, engineering: DutyRole, now: datetime) -> Shift:
    """周强 is on duty from in two hours to in ten."""
    return duty.schedule(
        role=engineering,
        person=cast.zhou,
        starts_at=now + timedelta(hours=2),
        ends_at=now + timedelta(hours=10),
        actor=cast.roster,
        now=now,
    )


@pytest.fixture
def at_once(app: Flask, session: Db) -> Callable[..., list[Any]]:
    """Run functions at the same moment, each in a thread, app context and transaction of its own.

    Returns what each returned, or the exception that ended it.
    """

    def run(*functions: Callable[[], Any]) -> list[Any]:
        session.commit()
        results: list[Any] = [None] * len(functions)
        start = threading.Barrier(len(functions))

        def one(place: int, function: Callable[[], Any]) -> None:
            with app.app_context():
                start.wait(10)
                try:
                    results[place] = function()
                    db.session.commit()
                except Exception as error:
                    db.session.rollback()
                    results[place] = error
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=one, args=(place, each)) for place, each in enumerate(functions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run


@pytest.fixture
def messages(session: Db) -> Callable[..., list[Notification]]:
    """The outbox in the order it was written, of one kind or of all."""

    def read(kind: NotificationKind | None = None) -> list[Notification]:
        statement = select(Notification).order_by(Notification.id).execution_options(populate_existing=True)
        if kind is not None:
            statement = statement.where(Notification.kind == kind)
        return list(session.scalars(statement))

    return read


def lines(complaint: Complaint, kind: EventKind | None = None) -> list[Any]:
    """A complaint's timeline from the beginning, of one kind or all."""
    db.session.flush()
    db.session.expire(complaint, ["timeline"])
    return sorted((line for line in complaint.timeline if kind is None or line.kind is kind), key=lambda line: line.id)


def grade(
    complaint: Complaint, cast: Cast, now: datetime, severity: Severity | None = None, *, actor: Person | None = None
) -> None:
    """The leader fixes the level, or ``actor`` does; the one that the facts propose if nothing is said."""
    complaints.grade(
        complaint,
        severity=severity or complaint.suggested_severity,
        reason="按事实",
        side=FaultSide.CONSTRUCTION,
        lead=cast.zhao,
        cooperators=[],
        actor=actor or cast.lin,
        now=now,
    )


@pytest.fixture
def send(clock: Hands, session: Db) -> Callable[..., int]:
    """Let the worker come by, with these providers."""

    def dispatch(*providers: Any, **more: Any) -> int:
        session.commit()
        return outbox.dispatch(fleet=fleet_of(*providers), clock=clock.now, **more)

    return dispatch


def call(cast: Cast, now: datetime, **more: Any) -> Notification:
    """A call to Zhou about a complaint of its own."""
    complaint = ComplaintFactory()
    about: dict[str, Any] = {"person": cast.zhou, "number": complaint.number, **more}
    queued = notifications.queue(
        kind=NotificationKind.DUTY_CALL, dedup_key=f"call:{complaint.id}", complaint=complaint, now=now, **about
    )
    assert queued is not None
    return queued
