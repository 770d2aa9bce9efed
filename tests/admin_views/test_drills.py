"""Drills on the screen: started by who plans the shifts, watched by everybody, answered by who was called."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from admin_views.menu import NOUNS
from models import Complaint, Drill
from tests import factories
from tests.client import soup_of
from tests.factories import ComplaintFactory, DrillFactory


@pytest.fixture
def started(client, cast, on_duty, session) -> Drill:
    """孙梅 has just pressed the button."""
    client.login(cast.roster)
    answer = client.send("/drills/start", {"remarks": "周六夜间"}, page="/drills/")
    assert answer.status_code == 303
    return session.scalars(select(Drill)).one()


def names(page) -> list[str]:
    return [name.text for name in page.select("[data-refresh] .rows strong")]


def test_who_plans_the_shifts_starts_one_and_sees_everybody(client, started):
    page = soup_of(client.get("/drills/"))
    assert "周六夜间" in page.text
    assert [name.text for name in page.select("#drill-title ~ *, .rows strong")][-4:] == [
        "林晓",
        "周强",
        "何静",
        "高岩",
    ]
    assert not page.select("form[action='/drills/start']"), "one goes on at a time"


def test_who_was_called_answers_on_the_screen(client, cast, started, clock, session):
    client.login(cast.zhou)
    clock.forward(seconds=95)
    assert client.send(f"/drills/{started.id}/answer", {}, page="/drills/").status_code == 303
    session.expire_all()
    assert [call.person.name for call in started.calls if call.answered_at == clock.now()] == ["周强"]
    assert "35" in soup_of(client.get("/drills/now")).select_one(".rows li:nth-of-type(2)").text


def test_who_only_looks_has_no_buttons(client, cast, started):
    client.login(cast.auditor)
    page = soup_of(client.get("/drills/"))
    assert page.select("form[action^='/drills/']") == []
    assert client.send(f"/drills/{started.id}/end", {}, page="/drills/").status_code == 403


def test_ended_it_stands_among_the_last_ones(client, cast, started, session):
    assert client.send(f"/drills/{started.id}/end", {}, page="/drills/").status_code == 303
    session.expire_all()
    assert started.is_over
    page = soup_of(client.get("/drills/"))
    assert not page.select("[data-refresh]") and len(page.select("details.handover .rows li")) == 4


def test_with_nobody_on_duty_it_says_so(client, cast, session):
    client.login(cast.roster)
    answer = client.send("/drills/start", {"remarks": ""}, page="/drills/")
    assert answer.status_code == 422
    assert session.scalars(select(Drill)).all() == []


@pytest.mark.parametrize("step", ["answer", "end"])
def test_what_was_made_up_is_not_found(client, cast, step):
    client.login(cast.roster)
    DrillFactory()
    assert client.send(f"/drills/999999999999999999999/{step}", {}, page="/drills/").status_code == 404


class TestPlayedComplaint:
    """A complaint that is played (N15)."""

    def play(self, client, script="leak"):
        return client.send("/drills/play", {"script": script}, page="/drills/")

    def test_it_is_played_shown_with_its_badge_and_ended(self, client, cast, on_duty, session):
        client.login(cast.roster)
        assert self.play(client).status_code == 303
        made = session.scalars(select(Complaint)).one()
        report = soup_of(client.get(f"/drills/complaints/{made.number}"))
        assert made.is_drill and "周强" in report.text and report.select(".head-facts .badge")
        assert soup_of(client.get(f"/complaints/{made.number}/papers/")).select(".head-facts .badge.level-2")
        assert soup_of(client.get(f"/complaints/{made.number}")).select(".head-facts .badge.level-2")
        everything = soup_of(client.get("/complaints/"))
        assert made.number not in everything.select_one("main").text
        assert made.number in soup_of(client.get("/complaints/?view=drills")).select_one("main").text
        url = f"/drills/complaints/{made.number}"
        assert client.send(f"{url}/end", {}, page=url).status_code == 303
        assert not session.get_one(Complaint, made.id, populate_existing=True).is_open
        assert not soup_of(client.get(url)).select("form[action$='/end']")

    def test_a_script_that_does_not_exist_is_refused(self, client, cast, on_duty, session):
        client.login(cast.roster)
        assert self.play(client, "fire").status_code == 422
        assert session.scalars(select(Complaint)).all() == []

    def test_who_does_not_plan_shifts_sees_no_form_and_is_refused(self, client, cast, on_duty, session):
        client.login(cast.zhou)
        assert not soup_of(client.get("/drills/")).select("form[action$='/play']")
        assert self.play(client).status_code == 403

    def test_a_complaint_in_earnest_has_no_such_report(self, client, cast):
        ComplaintFactory(number="C-2611-0001")
        client.login(cast.roster)
        assert client.get("/drills/complaints/C-2611-0001").status_code == 404
        assert client.send("/drills/complaints/C-2611-0001/end", {}, page="/drills/").status_code == 404


OF_COMPLAINTS = [
    (endpoint, next(getattr(factories, name) for name in dir(factories) if name == f"{model.__name__}Factory"))
    for _view, model, _title, endpoint, _menu in NOUNS
    if hasattr(model, "complaint_id") and endpoint not in ("notifications", "complaints")
]


def test_what_was_done_for_practice_is_in_no_list(client, cast, session):
    """N15: the page of the complaint that was played shows it, and nobody else's list of work."""
    practice, earnest = ComplaintFactory(is_drill=True), ComplaintFactory()
    for _endpoint, factory in OF_COMPLAINTS:
        factory(complaint=practice)
        factory(complaint=earnest)
    session.commit()
    client.login(cast.admin)
    assert len(OF_COMPLAINTS) >= 9
    for endpoint, _factory in OF_COMPLAINTS:
        shown = soup_of(client.get(f"/{endpoint.replace('_', '-')}/?view=all")).select("tbody tr")
        assert len(shown) == 1, endpoint
