"""Exports are tested from the file to the database, without the pages unless a test is about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint
from services import import_reports
from services.actors import SYSTEM, Actor
from services.import_reports import Report
from tests.services.conftest import at_once, messages

__all__ = ["at_once", "messages"]


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


@pytest.fixture
def judged(session: scoped_session[Session], now: datetime) -> Callable[..., Report]:
    """A dry run: ``judged(content)``."""

    def run(content: bytes, name: str = "hotline.csv") -> Report:
        return import_reports.judge(import_reports.read(content, name=name, now=now), now=now)

    return run


@pytest.fixture
def written(session: scoped_session[Session], now: datetime) -> Callable[..., Report]:
    """The real thing, committed: ``written(content)``."""

    def run(content: bytes, name: str = "hotline.csv", actor: Actor = SYSTEM) -> Report:
        report = import_reports.write(import_reports.read(content, name=name, now=now), actor=actor, now=now)
        session.commit()
        return report

    return run


@pytest.fixture
def recorded(session: scoped_session[Session]) -> Callable[[], dict[str, Any]]:
    """The complaints by the other system's number."""

    def read() -> dict[str, Complaint]:
        return {complaint.external_ref or "": complaint for complaint in session.scalars(select(Complaint))}

    return read
