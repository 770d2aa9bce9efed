"""Nonsense in any field of any form is answered with a sentence and a 4xx, never with an error of ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from bs4 import Tag
from sqlalchemy.orm import Session, scoped_session
from werkzeug.test import TestResponse

from extensions import db
from models import Complaint
from rules.vocabulary import PolicyKind
from tests import factories
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.stories import recorded

TEXTS = ("", "a\x00b", "😀" * 300, "长" * 30_000, "<script>alert(1)</script>")
NUMBERS = ("", "-1", "9" * 30, "1e400", "NaN", "Infinity", "２０２６", "1\r\n2")
TIMES = ("", "2026-02-30", "2026-02-30T25:00", "0001-01-01T00:00", "9999-12-31T23:59", "%")
CHOICES = ("", "-1", "9" * 30, "a\x00b")
NONSENSE = {"number": NUMBERS, "date": TIMES, "datetime-local": TIMES, "hidden": CHOICES, "select": CHOICES}
"""What a kind of field gets; every other kind gets the texts."""

ROSTER = ("roster", "overrides", "rotations", "leaves", "swaps")
NOUNS = ("customers", "projects", "communities", "buildings", "rooms", "scripts", "people")
PAGES = (
    *(f"{noun}/{way}" for noun in NOUNS for way in ("new", "edit")),
    *(
        "settings/edit",
        "complaints/edit",
        "complaint",
        "roster/new",
        "overrides/new",
        "rotations/new",
        "leaves/new",
        "swaps/new",
        "intake",
    ),
)
Db = scoped_session[Session]
_NOT_TYPED = frozenset({"csrf_token", "version"})


@dataclass(frozen=True)
class Form:
    """Where a form goes, what it would send as it stands, and of which kind each field is."""

    action: str
    typed: dict[str, list[str]]
    kinds: dict[str, str]


def forms_of(page: TestResponse, url: str) -> list[Form]:
    """Every form of a page, the frame's own left out."""
    return [read(form, url) for form in soup_of(page).select("main form[method=post]")]


def read(form: Tag, url: str) -> Form:
    """A form with its fields, ticks only where they are set."""
    typed: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        kind = str(field.get("type", "text")) if field.name == "input" else field.name
        chosen = field.select_one("option[selected]") or field.select_one("option")
        value = chosen["value"] if chosen else field.text if kind == "textarea" else field.get("value", "")
        if kind in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        typed.setdefault(str(field["name"]), []).append(str(value))
        kinds[str(field["name"])] = "number" if field.get("inputmode") else kind
    return Form(str(form.get("action") or url), typed, kinds)


@pytest.fixture
def complaint(cast: Cast, on_duty: object, session: Db, now: datetime) -> Complaint:
    """One with every button on its page."""
    complaint = recorded(cast, now=now)
    session.commit()
    return complaint


def address(page: str, complaint: Complaint) -> str:
    """Where a page with forms is; a record to edit is made for it."""
    noun, _, way = page.partition("/")
    if page == "complaint":
        return f"/complaints/{complaint.number}"
    if way != "edit":
        return f"/{page}" if noun in ROSTER else f"/{page}/"
    record = complaint if noun == "complaints" else RECORDS[noun]()
    db.session.commit()
    return f"/{noun}/edit/?id={record.id}"


RECORDS = {
    "customers": factories.CustomerFactory,
    "projects": factories.ProjectFactory,
    "communities": factories.CommunityFactory,
    "buildings": factories.BuildingFactory,
    "rooms": factories.RoomFactory,
    "scripts": factories.ScriptFactory,
    "settings": factories.SettingFactory,
    "people": factories.PersonFactory,
}


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_in_one_field_is_never_an_error(
    page: str, client: DeskClient, cast: Cast, complaint: Complaint
) -> None:
    client.login(cast.admin)
    url = address(page, complaint)
    forms = forms_of(client.get(url), url)
    assert any(form.typed.keys() - _NOT_TYPED for form in forms)
    broken = []
    for form in forms:
        for name in form.typed.keys() - _NOT_TYPED:
            for nonsense in NONSENSE.get(form.kinds[name], TEXTS):
                answer = client.post(form.action, data={**form.typed, name: nonsense})
                if answer.status_code >= 500 or b"<script>alert(1)" in answer.data:
                    broken.append((form.action, name, nonsense[:20], answer.status_code))
    assert broken == []


@pytest.mark.parametrize("page", ["policies/" + kind for kind in PolicyKind] + ["complaint", "intake", "rotations/new"])
def test_the_same_nonsense_in_every_field_at_once_is_never_an_error(
    page: str, client: DeskClient, cast: Cast, complaint: Complaint
) -> None:
    """Fields that mend each other when one of them is wrong do not when all are."""
    client.login(cast.admin)
    url = f"/{page}/edit" if page.startswith("policies") else address(page, complaint)
    for form in forms_of(client.get(url), url):
        token = {"csrf_token": form.typed["csrf_token"]} if "csrf_token" in form.typed else {}
        for nonsense in ("", "a\x00b", "-1", "9" * 100, "0001-01-01T00:00", "9999-12-31T23:59", "<script>alert(1)"):
            answer = client.post(form.action, data={**dict.fromkeys(form.typed, nonsense), **token})
            assert answer.status_code < 500, (form.action, nonsense)
            assert b"<script>alert(1)" not in answer.data


@pytest.mark.parametrize("amount", ["abc", "1e400", "NaN", "Infinity", "0.001", "-1", "10000000000"])
def test_an_amount_that_is_none_is_refused_beside_its_field(client: DeskClient, cast: Cast, amount: str) -> None:
    project = factories.ProjectFactory()
    client.login(cast.admin)
    url = f"/projects/edit/?id={project.id}"
    (form,) = forms_of(client.get(url), url)
    answer = client.post(url, data={**form.typed, "daily_delay_rate": amount})
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".form-field:has(#daily_delay_rate) .field-error")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "tomorrow", "2026-13-01T00:00"])
def test_a_moment_that_is_none_is_refused_beside_its_field(client: DeskClient, cast: Cast, moment: str) -> None:
    client.login(cast.admin)
    (form,) = forms_of(client.get("/roster/new"), "/roster/new")
    answer = client.post("/roster/new", data={**form.typed, "starts_at": moment})
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".form-field:has(#starts_at) .field-error")
