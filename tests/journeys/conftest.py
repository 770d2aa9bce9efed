"""The desk as people live with it: pages over HTTP, the clock moved by hand, the jobs run when it moves.

Each journey is made on one of the two engines; what is done on its way is tested on both, service by service.
"""

from __future__ import annotations

import base64
import contextvars
import io
import re
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session
from werkzeug.test import TestResponse

from extensions import COMPANY_ZONE, db, timepiece
from jobs import tasks
from jobs.schedule import SCHEDULE
from models import Complaint, Customer, Person, SmsInboxMessage, TimelineEvent
from rules.vocabulary import EventKind
from seed.demo import pictures
from services.evidence import Upload
from tests import engines
from tests.client import DeskClient, csrf_token, soup_of
from tests.conftest import Hands, whole_app

Db = scoped_session[Session]

ON_BOTH = ("test_nobody_on_duty", "test_sweep_was_down", "test_two_workers")
"""Restarts, and sweeps at the same moment: what they leave to each other lies in the database."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out a journey on its other engine, except where two processes meet in the database."""
    engines.one_for_each(items, folder=Path(__file__).parent, on_both=ON_BOTH)


_HOW_TO_ANSWER = re.compile("回复1 [A-Z][0-9]{4}[^。]*。")


class Seat:
    """Somebody at a screen."""

    def __init__(self, client: DeskClient, person: Person) -> None:
        self.client = client
        self.login = person.login
        assert client.login(person).status_code == HTTPStatus.FOUND

    def record(self, **said: Any) -> str:
        """Fill the intake page in and save it; returns the new complaint's number."""
        answer = self.client.send("/intake/", said)
        assert answer.status_code == HTTPStatus.FOUND, about(answer)
        return str(answer.location.rsplit("/", 1)[-1])

    def hears(self, **said: Any) -> str:
        """Record a call in a few words: hollow tiles in 滨江壹号, the first word now."""
        return self.record(
            **{
                "channel": "hotline",
                "first_word_at": typed(timepiece.now()),
                "contact_name": "郑丽华",
                "phone": "13900139005",
                "community": "滨江壹号",
                "room": "2栋905",
                "category": "quality",
                "problem": "客厅新铺的地砖敲着是空的",
                "household_count": "1",
                "delay_days": "0",
                **said,
            }
        )

    def publishes(self, kind: str, remarks: str, **changed: Any) -> None:
        """Edit a policy as its page shows it: every field as it stands, but for the changed ones."""
        answer = self.client.send(f"/policies/{kind}/edit", {**self.policy_form(kind), **changed, "remarks": remarks})
        assert answer.status_code in (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER), about(answer)

    def policy_form(self, kind: str) -> dict[str, Any]:
        """The fields of a policy's form as they stand."""
        page = soup_of(self.client.get(f"/policies/{kind}/edit"))
        return fields_of(page.select_one("form:has([name=based_on])"))

    def sees(self, number: str) -> str:
        """The words on the complaint's page."""
        return str(soup_of(self.client.get(f"/complaints/{number}")).get_text(" ", strip=True))

    def does(self, action: str, number: str, **words: Any) -> None:
        """Press a button of the complaint's page."""
        answer = self.tries(action, number, **words)
        assert answer.status_code == HTTPStatus.FOUND, about(answer)

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
        assert answer.status_code == HTTPStatus.FOUND, about(answer)

    def works(self, tab: str, verb: str, number: str, **said: Any) -> None:
        """Press a button of one of the complaint's tabs."""
        answer = self.attempts(tab, verb, number, **said)
        assert answer.status_code == HTTPStatus.FOUND, about(answer)

    def attempts(self, tab: str, verb: str, number: str, **said: Any) -> TestResponse:
        """Press a button of a tab that may be refused; a ``verb`` about one record finds the record on the page."""
        page = f"/complaints/{number}/{tab}/"
        shown = self.client.get(page)
        form = soup_of(shown).select_one(f"form[action='{page}{verb}'], form[action^='{page}{verb}/']")
        url = str(form["action"]) if form else f"{page}{verb}"
        version = form.select_one("[name=version]") if form else None
        known = {"version": str(version["value"])} if version and version.get("value") else {}
        return self.client.post(url, data={"csrf_token": csrf_token(shown), **known, **said})

    def offers(self, tab: str, number: str) -> set[str]:
        """The verbs of the buttons on a tab."""
        page = f"/complaints/{number}/{tab}/"
        forms = soup_of(self.client.get(page)).select(f"form[action^='{page}']")
        return {str(form["action"]).removeprefix(page).split("/")[0] for form in forms}

    def reads(self, tab: str, number: str) -> str:
        """The words on a tab, without those in its dialogs."""
        page = soup_of(self.client.get(f"/complaints/{number}/{tab}/")).select_one("main")
        assert page is not None
        for dialog in page.select("dialog"):
            dialog.decompose()
        return str(page.get_text(" ", strip=True))

    def is_to_do(self, number: str) -> list[str]:
        """What the complaint's page says is to be done next."""
        page = soup_of(self.client.get(f"/complaints/{number}"))
        return [step.get_text(strip=True) for step in page.select(".next-steps li a")]

    def buttons(self, number: str) -> set[str]:
        """The actions that the page offers."""
        page = soup_of(self.client.get(f"/complaints/{number}"))
        forms = [str(form["action"]) for form in page.select("form[action]") if isinstance(form, Tag)]
        found = (re.search(rf"/complaints/{number}/(\w+)$", action) for action in forms)
        return {match[1] for match in found if match}


class Desk:
    """The desk itself: who sits down, what happens while time passes, what the phones show.

    Every job runs as a worker runs it: in an app context and a session of its own, with nothing left in memory from
    the one before.
    """

    def __init__(self, app: Flask, session: Db, clock: Hands) -> None:
        self.app = app
        self.session = session
        self.clock = clock
        self._has_restarted = False

    def seat(self, person: Person) -> Seat:
        """Log somebody in, on a screen of their own."""
        client = self.app.test_client()
        assert isinstance(client, DeskClient)
        return Seat(client, person)

    def wait(self, **length: float) -> datetime:
        """Let time pass and let the jobs run at the end of it."""
        self.clock.forward(**length)
        return self.tick()

    def live(self, *, until: datetime, step: timedelta = timedelta(minutes=1)) -> datetime:
        """Let time pass with the jobs running on the way, as they do all day."""
        while self.clock.now() + step < until:
            self.wait(seconds=step.total_seconds())
        self.clock.set(until)
        return self.tick()

    def tick(self) -> datetime:
        """Run every periodic job once, now; what they have to say is sent at the end."""
        self.sweep()
        self.send()
        return self.clock.now()

    def sweep(self) -> None:
        """Run every periodic job but the sending of messages."""
        for periodic in SCHEDULE:
            if periodic.function is not tasks.dispatch_messages:
                self.run(periodic.function)

    def send(self) -> None:
        """Send what stands in the outbox."""
        self.run(tasks.dispatch_messages)

    def run(self, job: Callable[[], int]) -> int:
        """Run one job as a worker does."""
        self.session.commit()
        return contextvars.Context().run(self._work, job)

    def run_at_once(self, *jobs: Callable[[], int]) -> list[Any]:
        """Run jobs in as many workers at the same moment; what each returned, or what ended it."""
        self.session.commit()
        results: list[Any] = [None] * len(jobs)
        start = threading.Barrier(len(jobs))

        def work(place: int, job: Callable[[], int]) -> None:
            start.wait(10)
            try:
                results[place] = self._work(job)
            except Exception as error:
                results[place] = error

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    def restart(self) -> None:
        """Stop and start everything: what is not in the database is gone, and everybody logs in anew."""
        self.session.commit()
        self.shut_down()
        self.app = whole_app(self.app.config["DESK"])
        self._has_restarted = True

    def shut_down(self) -> None:
        """Let go of what a restart opened; the first app belongs to the other tests too."""
        if self._has_restarted:
            with self.app.app_context():
                db.engine.dispose()
            self.app.extensions["nudge"]["connection"].close()

    def _work(self, job: Callable[[], int]) -> int:
        with self.app.app_context():
            return job()

    def phone(self, person: Person | Customer, *, about: str = "") -> list[str]:
        """Every SMS on somebody's phone, in the order of arrival, without how to answer it.

        ``about`` is the number of what they speak of.
        """
        self.session.rollback()
        statement = select(SmsInboxMessage.text).where(
            SmsInboxMessage.phone == person.phone, SmsInboxMessage.text.contains(about)
        )
        texts = self.session.scalars(statement.order_by(SmsInboxMessage.id))
        return [_HOW_TO_ANSWER.sub("", text) for text in texts]

    def complaint(self, number: str) -> Complaint:
        """The complaint as it stands in the database."""
        self.session.rollback()
        return self.session.scalars(select(Complaint).where(Complaint.number == number)).one()

    def story(self, number: str) -> list[EventKind]:
        """What the complaint's timeline tells, from the beginning."""
        events = select(TimelineEvent.kind).where(TimelineEvent.complaint_id == self.complaint(number).id)
        return list(self.session.scalars(events.order_by(TimelineEvent.id)))


def fields_of(form: Tag | None) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched."""
    assert form is not None, "no such form"
    filled: dict[str, Any] = {}
    for field in form.select("input[name], select[name], textarea[name]"):
        if field.find_parent("template"):
            continue  # A blank row that a script would copy.
        name, kind = str(field["name"]), str(field.get("type", ""))
        if kind in ("checkbox", "radio"):
            if field.has_attr("checked"):
                filled.setdefault(name, []).append(field.get("value", "on"))
        elif field.name == "select":
            chosen = field.select("option[selected]") or field.select("option")[:1]
            filled[name] = [option.get("value", "") for option in chosen]
        else:
            filled[name] = field.get_text() if field.name == "textarea" else field.get("value", "")
    return filled


def typed(moment: datetime) -> str:
    """A moment as a person types it: company time, to the minute."""
    return moment.astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")


def proof_of(upload: Upload) -> tuple[io.BytesIO, str]:
    """A picture as a browser sends it."""
    return io.BytesIO(upload.stream.read()), upload.name


def drawn_name() -> str:
    """A signature as the script of the page sends it."""
    return f"data:image/png;base64,{base64.b64encode(pictures.signature()).decode()}"


def about(answer: TestResponse) -> str:
    """What a page that refuses says, and with which status."""
    errors = [error.get_text(strip=True) for error in soup_of(answer).select(".field-error, .alarm, .flash")]
    return f"{answer.status}: {errors}"


@pytest.fixture
def desk(app: Flask, session: Db, clock: Hands) -> Iterator[Desk]:
    """The desk on Saturday at 22:00."""
    desk = Desk(app, session, clock)
    yield desk
    desk.shut_down()
