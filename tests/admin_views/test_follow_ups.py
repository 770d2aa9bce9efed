"""Follow-ups on the screen: the tab of a complaint, the list, the visits of finished projects, the policy."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models import Complaint, FollowUp
from rules.vocabulary import (
    ContactMethod,
    FollowUpState,
    FollowUpWay,
    PolicyKind,
    Severity,
    Status,
)
from services import complaints, follow_ups, policies
from tests.client import soup_of
from tests.factories import ComplaintFactory, FollowUpFactory, ProjectFactory
from tests.services.conftest import grade
from tests.stories import recorded

SAID = {"way": "phone", "attitude": "5", "quality": "4", "efficiency": "5", "is_solved": "y", "words": "满意"}


@pytest.fixture
def resolved(cast, on_duty, clock, session) -> Complaint:
    complaint = recorded(cast, now=clock.now())
    complaints.log_contact(
        complaint, method=ContactMethod.PHONE, is_reached=True, summary="约好", actor=cast.zhou, now=clock.now()
    )
    grade(complaint, cast, clock.now(), Severity.GENERAL)
    complaints.resolve(complaint, resolution="整面重铺", actor=cast.zhou, now=clock.forward(hours=5))
    session.commit()
    return complaint


@pytest.fixture
def tab(resolved) -> str:
    return f"/complaints/{resolved.number}/follow-up/"


@pytest.fixture
def visit(session, clock) -> FollowUp:
    project = ProjectFactory(accepted_on=date(2026, 8, 21), starts_on=date(2026, 1, 5))
    made = FollowUpFactory(complaint=None, project=project, round=3, due_at=clock.now() - timedelta(hours=1))
    session.commit()
    return made


def buttons(client, url: str) -> set[str]:
    return {form["action"].removeprefix(url) for form in soup_of(client.get(url)).select("dialog form")}


def test_only_somebody_else_finds_the_buttons(client, cast, resolved, tab):
    first = follow_ups.to_ask(resolved).id
    offered = {f"answer/{first}", f"unreached/{first}"}
    for person, found in ((cast.zhao, offered), (cast.xiaozhou, offered), (cast.zhou, set()), (cast.auditor, set())):
        client.login(person)
        assert buttons(client, tab) == found, person.login


def test_staff_enter_what_the_customer_said_and_it_is_marked(client, cast, session, resolved, tab):
    client.login(cast.zhao)
    asked = follow_ups.to_ask(resolved)
    assert client.send(f"{tab}answer/{asked.id}", SAID, page=tab).status_code == 302
    session.expire_all()
    assert (asked.state, asked.entered_by, resolved.confirmed_way) == (
        FollowUpState.ANSWERED,
        cast.zhao,
        FollowUpWay.PHONE,
    )
    text = soup_of(client.get(tab)).get_text(" ", strip=True)
    assert cast.zhao.name in text
    assert client.send(f"{tab}answer/{asked.id}", SAID, page=tab).status_code == 409, "a replay"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"quality": "9"}, "quality"), ({"attitude": ""}, "attitude"), ({"efficiency": "5" * 100}, "efficiency")],
)
def test_a_score_of_nine_is_refused_beside_its_field(client, cast, session, resolved, tab, wrong, field):
    client.login(cast.zhao)
    asked = follow_ups.to_ask(resolved)
    page = client.send(f"{tab}answer/{asked.id}", {**SAID, **wrong}, page=tab)
    assert page.status_code == 422
    assert soup_of(page).select_one(f".has-error [name={field}]")
    session.expire_all()
    assert asked.state is FollowUpState.PLANNED


def test_another_complaint_s_question_is_not_found(client, cast, session, resolved, tab):
    other = FollowUpFactory(complaint=ComplaintFactory(status=Status.RESOLVED))
    client.login(cast.zhao)
    assert client.send(f"{tab}answer/{other.id}", SAID, page=tab).status_code == 404


def test_the_handler_is_refused_and_the_next_steps_say_what_is_left(client, cast, session, resolved, tab):
    client.login(cast.zhou)
    asked = follow_ups.to_ask(resolved)
    assert client.send(f"{tab}answer/{asked.id}", SAID, page=tab).status_code == 409
    steps = soup_of(client.get(f"/complaints/{resolved.number}")).select(".next-steps a")
    assert tab in {step["href"] for step in steps}


def test_closing_asks_how_and_names_what_is_in_the_way(client, cast, session, resolved, clock):
    page = f"/complaints/{resolved.number}"
    client.login(cast.zhou)
    refused = client.send(f"{page}/close", {"agreement": "联系不上", "way": ""}, page=page)
    assert refused.status_code == 409
    assert soup_of(refused).select_one(".has-error [name=way]")
    assert client.send(f"{page}/close", {"agreement": "满意", "way": "visit"}, page=page).status_code == 302
    session.expire_all()
    assert (resolved.status, resolved.confirmed_way) == (Status.CLOSED, FollowUpWay.VISIT)


def test_the_list_tells_today_overdue_and_dissatisfied_apart(client, cast, session, resolved, visit, clock):
    now = clock.now()
    said = {"way": FollowUpWay.PHONE, "entered_by": cast.zhao, "quality": 2, "efficiency": 5, "is_satisfied": False}
    bad = FollowUpFactory(
        complaint=resolved, state=FollowUpState.ANSWERED, due_at=now, ended_at=now, attitude=1, **said
    )
    late = FollowUpFactory(complaint=resolved, due_at=now - timedelta(days=2))
    FollowUpFactory(complaint=ComplaintFactory(is_drill=True), due_at=now - timedelta(days=2))
    client.login(cast.zhao)
    views = {
        view: {row["href"] for row in soup_of(client.get(f"/follow-ups/?view={view}")).select("a.row-link")}
        for view in ("today", "overdue", "dissatisfied")
    }
    of_complaint, of_visit = f"/complaints/{resolved.number}/follow-up/", f"/follow-up/{visit.id}"
    assert late.complaint is bad.complaint
    assert views == {"today": {of_complaint, of_visit}, "overdue": {of_complaint}, "dissatisfied": {of_complaint}}
    row = soup_of(client.get("/follow-ups/?view=dissatisfied")).select_one("td.col-scores").get_text(strip=True)
    assert "1" in row and "2" in row and "5" in row


def test_the_visit_of_a_finished_project_is_answered_on_its_own_page(client, cast, session, visit):
    page = f"/follow-up/{visit.id}"
    client.login(cast.auditor)
    assert client.send(f"{page}/answer", SAID, page=page).status_code == 403
    client.login(cast.zhao)
    assert client.send(f"{page}/answer", {**SAID, "quality": "9"}, page=page).status_code == 422
    assert client.send(f"{page}/answer", {**SAID, "way": "visit"}, page=page).status_code == 302
    session.expire_all()
    assert (visit.state, visit.way) == (FollowUpState.ANSWERED, FollowUpWay.VISIT)
    assert client.send(f"{page}/answer", SAID, page=page).status_code == 409
    assert client.get(f"/follow-up/{visit.id + 1}").status_code == 404


def test_a_visit_that_finds_something_wrong_opens_a_complaint(client, cast, on_duty, session, visit):
    page = f"/follow-up/{visit.id}"
    client.login(cast.zhou)
    cross = {**SAID, "quality": "1", "words": "阳台门关不严"}
    answer = client.send(f"{page}/answer", {**cross, "words": ""}, page=page)
    assert answer.status_code == 422 and soup_of(answer).select_one(".has-error [name=words]")
    assert client.send(f"{page}/answer", cross, page=page).status_code == 302
    session.expire_all()
    assert visit.opened.problem == "阳台门关不严"
    assert soup_of(client.get(page)).select_one(f"a[href='/complaints/{visit.opened.number}']")


def test_the_rhythm_is_a_policy(client, cast, session):
    client.login(cast.admin)
    page = "/policies/follow_up/edit"
    assert client.get("/policies/follow_up").status_code == 200
    form = {
        "based_on": "1",
        "remarks": "一级多问一次",
        **{f"level_{level}": "1, 3, 7, 30" for level in (1, 2, 3)},
        "visits": "1，6",
        "tries": "4",
    }
    for wrong in ({"level_1": ""}, {"level_1": "7, 1"}, {"tries": "0"}, {"visits": "x"}, {"tries": "9" * 100}):
        assert client.send(page, {**form, **wrong}).status_code == 422, wrong
    assert client.send(page, form).status_code == 303
    assert policies.current(PolicyKind.FOLLOW_UP).document["visits"] == [1, 6]
