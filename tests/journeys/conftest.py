"""The desk as people live with it: pages over HTTP, the clock moved by hand, the jobs run when it moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session
from werkzeug.test import TestResponse

from extensions import COMPANY_ZONE
from jobs import tasks
from models import Complaint, Person, SmsInboxMessage, TimelineEvent
from rules.vocabulary import EventKind
from tests.client import DeskClient, soup_of
from tests.conftest import Hands

Db = scoped_session[Session]


class Seat:
    """Somebody at a screen."""

    def __init__(self, client: DeskClient, person: Person) -> None:
        self.client = client
        self.login = person.login
        assert client.login(person).status_code == HTTPStatus.FOUND

    def record(self, **said: Any) -> str:
        """Fill the intake page in and save it; returns the new complaint's number."""
        answer = self.client.send("/intake/", said)
        assert answer.status_code == HTTPStatus.FOUND, _complaint_about(answer)
        return str(answer.location.rsplit("/", 1)[-1])

    def sees(self, number: str) -> str:
        """The words on the complaint's page."""
        return str(soup_of(self.client.get(f"/complaints/{number}")).get_text(" ", strip=True))

    def does(self, action: str, number: str, **words: Any) -> None:
        """Press a button of the complaint's page."""
        answer = self.tries(action, number, **words)
        assert answer.status_code == HTTPStatus.FOUND, _complaint_about(answer)

    def tries(self, action: str, number: str, **words: Any) -> TestResponse:
        """Press a button that may be refused."""
        return self.client.send(f"/complaints/{number}/{action}", words, page=f"/complaints/{number}")

    def decides(self, step: str, number: str, **words: Any) -> None:
        """Follow the complaint's link to its one compensation and take a step there."""
        link = soup_of(self.client.get(f"/complaints/{number}")).select_one("#compensation a[href]")
        assert link is not None, "no way to the compensation"
        page = str(link["href"])
        shown = soup_of(self.client.get(page)).select_one(f"form[action$='/{step}'] [name=version]")
        version = str(shown["value"]) if shown else ""
        answer = self.client.send(f"{page}/{step}", {"version": version, **words}, page=page)
        assert answer.status_code == HTTPStatus.FOUND, _complaint_about(answer)

    def buttons(self, number: str) -> set[str]:
        """The actions that the page offers."""
        page = soup_of(self.client.get(f"/complaints/{number}"))
        forms = [str(form["action"]) for form in page.select("form[action]") if isinstance(form, Tag)]
        found = (re.search(rf"/complaints/{number}/(\w+)$", action) for action in forms)
        return {match[1] for match in found if match}


class Desk:
    """The desk itself: who sits down, what happens while time passes, what the phones show."""

    def __init__(self, new_client: Callable[[], DeskClient], session: Db, clock: Hands) -> None:
        self._new_client = new_client
        self.session = session
        self.clock = clock

    def seat(self, person: Person) -> Seat:
        """Log somebody in, on a screen of their own."""
        return Seat(self._new_client(), person)

    def wait(self, **length: float) -> datetime:
        """Let time pass and let the jobs run at the end of it."""
        self.clock.forward(**length)
        return self.tick()

    def tick(self) -> datetime:
        """Run every periodic job once, now."""
        self.session.commit()
        for job in (tasks.sweep_clocks, tasks.sweep_chains, tasks.remind_shifts, tasks.remind_promises, tasks.dispatch_messages):
            job()
        self.session.commit()
        return self.clock.now()

    def phone(self, person: Person) -> list[str]:
        """Every SMS on somebody's phone, in the order of arrival."""
        self.session.rollback()
        statement = select(SmsInboxMessage.text).where(SmsInboxMessage.phone == person.phone)
        return list(self.session.scalars(statement.order_by(SmsInboxMessage.id)))

    def complaint(self, number: str) -> Complaint:
        """The complaint as it stands in the database."""
        self.session.rollback()
        return self.session.scalars(select(Complaint).where(Complaint.number == number)).one()

    def story(self, number: str) -> list[EventKind]:
        """What the complaint's timeline tells, from the beginning."""
        events = select(TimelineEvent.kind).where(TimelineEvent.complaint_id == self.complaint(number).id)
        return list(self.session.scalars(events.order_by(TimelineEvent.id)))


def typed(moment: datetime) -> str:
    """A moment as a person types it: company time, to the minute."""
    return moment.astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")


def _complaint_about(answer: TestResponse) -> str:
    errors = [error.get_text(strip=True) for error in soup_of(answer).select(".field-error, .alarm, .flash")]
    return f"{answer.status}: {errors}"


@pytest.fixture
def desk(app: Flask, session: Db, new_client: Callable[[], DeskClient], clock: Hands) -> Desk:
    """The desk on Saturday at 22:00."""
    return Desk(new_client, session, clock)
