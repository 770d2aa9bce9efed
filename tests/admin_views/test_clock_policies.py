"""The policies of the clocks and of the working time, as people read and change them; special days."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from models import Policy, SpecialDay
from rules import sla, working_time
from rules.vocabulary import PolicyKind
from services import policies
from tests.admin_views.test_severity_policy import sent
from tests.client import soup_of
from tests.query_count import queries

CLOCKS, WORKING_TIME = "/policies/clocks", "/policies/working_time"


def filled(client, page: str) -> dict[str, list[str]]:
    """What a browser would send when nothing is touched: ticked boxes may stand several times under one name."""
    form = soup_of(client.get(f"{page}/edit")).select_one("form.policy-form")
    fields = {name: [value] for name, value in sent(form).items()}
    for box in form.select("input[type=checkbox]"):
        if not box.find_parent("template"):
            fields.setdefault(box["name"], [])
    for name in {box["name"] for box in form.select("input[type=checkbox]") if not box.find_parent("template")}:
        ticked = form.select(f"input[type=checkbox][name='{name}'][checked]")
        fields[name] = [box.get("value", "y") for box in ticked]
    return fields


def newest(session, kind: PolicyKind) -> Policy:
    session.expire_all()
    return policies.current(kind)


@pytest.mark.parametrize("page", [CLOCKS, WORKING_TIME])
def test_everybody_reads_it_and_only_managers_change_it(client, cast, page):
    client.login(cast.analyst)
    shown = client.get(page)
    assert shown.status_code == 200
    assert not soup_of(shown).select(f"a[href$='{page}/edit']")
    assert client.get(f"{page}/edit").status_code == 403


def test_the_plan_s_clocks_stand_in_a_table(manager):
    table = soup_of(manager.get(CLOCKS)).select(".policy-table tbody tr")
    assert len(table) == len(sla.DEFAULT_DOCUMENT["targets"])


@pytest.mark.parametrize("lang", ["zh_Hans_CN", "en"])
@pytest.mark.parametrize(
    ("page", "kind", "document"),
    [
        (CLOCKS, PolicyKind.CLOCKS, sla.DEFAULT_DOCUMENT),
        (WORKING_TIME, PolicyKind.WORKING_TIME, working_time.DEFAULT_DOCUMENT),
    ],
)
def test_what_nobody_touched_says_the_same(manager, session, lang, page, kind, document):
    manager.set_cookie("lang", lang)
    answer = manager.post(f"{page}/edit", data={**filled(manager, page), "remarks": "未改"})
    assert answer.status_code == 409
    assert newest(session, kind).document == document


def test_a_stricter_contact_is_published_with_who_why_and_what_changed(manager, session, cast):
    data = {**filled(manager, CLOCKS), "targets-0-amount": "15", "remarks": "十五分钟联系客户"}
    assert manager.post(f"{CLOCKS}/edit", data=data).status_code == 303
    policy = newest(session, PolicyKind.CLOCKS)
    assert (policy.number, policy.published_by_id) == (2, cast.roster.id)
    assert policy.document["targets"][0]["amount"] == 15
    assert policy.document["targets"][1:] == sla.DEFAULT_DOCUMENT["targets"][1:]
    page = soup_of(manager.get(CLOCKS))
    assert "十五分钟联系客户" in page.text
    assert len(page.select(".policy-diff ins")) == len(page.select(".policy-diff del")) == 1


def test_an_old_version_stays_readable_and_says_that_it_is_old(manager):
    data = {**filled(manager, CLOCKS), "targets-0-amount": "15", "remarks": "更严"}
    manager.post(f"{CLOCKS}/edit", data=data)
    old = soup_of(manager.get(f"{CLOCKS}/1"))
    assert old.select(".alarm")
    assert "30" in old.select_one(".policy-table tbody tr").text
    assert manager.get(f"{CLOCKS}/99").status_code == 404
    assert manager.get("/policies/weather").status_code == 404


def test_a_row_of_the_company_s_own_stands_above_the_plan_s_and_gets_an_id(manager, session):
    fields = filled(manager, CLOCKS)
    shifted = {
        (f"targets-{int(name.split('-')[1]) + 1}-{name.split('-')[2]}" if name.startswith("targets-") else name): value
        for name, value in fields.items()
    }
    row = {
        "id": "",
        "clock": "on_site",
        "levels": ["1", "2"],
        "categories": ["quality"],
        "amount": "4",
        "unit": "hours",
        "warn_at": "25，50、75",
        "warn": "owner_and_leader",
        "breach": "chain",
        "remind_after": "30, 60",
        "remind": "management",
    }
    data = {**shifted, **{f"targets-0-{name}": value for name, value in row.items()}, "remarks": "一二级四小时到场"}
    assert manager.post(f"{CLOCKS}/edit", data=data).status_code == 303
    first = newest(session, PolicyKind.CLOCKS).document["targets"][0]
    assert first["id"] == "on_site.2"
    assert (first["levels"], first["warn_at"], first["remind_after"]) == ([1, 2], [25, 50, 75], [30, 60])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"targets-0-amount": "31"}, "targets-0-amount", id="contact later than the plan"),
        pytest.param({"targets-0-amount": "bald"}, "targets-0-amount", id="no number"),
        pytest.param({"targets-0-is_pausable": "y"}, "targets-0-is_pausable", id="a contact that is paused"),
        pytest.param({"targets-0-unit": "hours"}, "targets-0-unit", id="a contact in hours"),
        pytest.param({"targets-5-clock": "weather"}, "targets-5-clock", id="no such clock"),
        pytest.param({"targets-5-levels": ["major"]}, "targets-5-levels", id="no such level"),
        pytest.param({"targets-5-warn_at": "50, bald"}, "targets-5-warn_at", id="a word among numbers"),
        pytest.param({"targets-5-warn_at": "80, 50"}, "targets-5-warn_at", id="out of order"),
        pytest.param({"targets-5-warn_at": "1" * 300}, "targets-5-warn_at", id="endless digits"),
        pytest.param({"targets-3-levels": []}, "targets-4-clock", id="a row that is never reached"),
        pytest.param({"remarks": " "}, "remarks", id="no remarks"),
    ],
)
def test_clocks_that_make_no_sense_are_told_beside_their_field(manager, session, change, field):
    answer = manager.post(f"{CLOCKS}/edit", data={**filled(manager, CLOCKS), "remarks": "试行", **change})
    assert answer.status_code == 422
    place = soup_of(answer).select_one(f"[name='{field}']").find_parent(class_="form-field")
    assert place.select(".field-error")
    assert newest(session, PolicyKind.CLOCKS).number == 1


@pytest.mark.parametrize("ticks", ["targets-0-levels", "targets-0-categories"])
def test_a_tick_that_is_none_of_the_list_is_told_and_no_error(manager, session, ticks):
    answer = manager.post(f"{CLOCKS}/edit", data={**filled(manager, CLOCKS), ticks: "9" * 100, "remarks": "试"})
    assert answer.status_code == 422
    assert soup_of(answer).select(f".form-field:has([name='{ticks}']) .field-error")
    assert newest(session, PolicyKind.CLOCKS).number == 1


@pytest.mark.parametrize(("page", "rows"), [(CLOCKS, "targets"), (WORKING_TIME, "hours")])
def test_a_table_without_rows_is_refused(manager, session, page, rows):
    bare = {name: value for name, value in filled(manager, page).items() if not name.startswith(f"{rows}-")}
    answer = manager.post(f"{page}/edit", data={**bare, "remarks": "全删"})
    assert answer.status_code == 422
    assert soup_of(answer).select(".field-error")
    assert [policy.number for policy in session.scalars(select(Policy))] == [1] * len(PolicyKind)


def test_who_edits_an_old_version_is_told_that_there_is_a_newer_one(manager, session):
    fields = filled(manager, CLOCKS)
    manager.post(f"{CLOCKS}/edit", data={**fields, "targets-0-amount": "15", "remarks": "先"})
    late = manager.post(f"{CLOCKS}/edit", data={**fields, "targets-0-amount": "20", "remarks": "后"})
    assert late.status_code == 409
    assert soup_of(late).select(".card.warning")
    assert newest(session, PolicyKind.CLOCKS).document["targets"][0]["amount"] == 15
    again = soup_of(late).select_one("input[name=based_on]")["value"]
    data = {**fields, "targets-0-amount": "20", "remarks": "后", "based_on": again}
    assert manager.post(f"{CLOCKS}/edit", data=data).status_code == 303, "who has looked may publish what was typed"
    assert newest(session, PolicyKind.CLOCKS).document["targets"][0]["amount"] == 20


def test_a_made_up_base_is_a_conflict_and_no_error(manager):
    data = {**filled(manager, CLOCKS), "targets-0-amount": "15", "remarks": "试", "based_on": "9" * 40}
    assert manager.post(f"{CLOCKS}/edit", data=data).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"hours-0-ends": "08:00"}, "hours-0-ends", id="ends before it begins"),
        pytest.param({"hours-1-begins": "11:59"}, "hours-1-begins", id="overlaps"),
        pytest.param({"hours-0-begins": "neun"}, "hours-0-begins", id="no time"),
        pytest.param({"hours-0-days": []}, "hours-0-days", id="no day"),
    ],
)
def test_hours_that_make_no_sense_are_told_beside_their_field(manager, session, change, field):
    data = {**filled(manager, WORKING_TIME), "remarks": "试行", **change}
    answer = manager.post(f"{WORKING_TIME}/edit", data=data)
    assert answer.status_code == 422
    assert soup_of(answer).select_one(f"[name='{field}']").find_parent(class_="form-field").select(".field-error")


def test_a_saturday_morning_is_added(manager, session):
    row = {"hours-2-id": "", "hours-2-begins": "9:00", "hours-2-ends": "12:00", "hours-2-days": ["sat"]}
    data = {**filled(manager, WORKING_TIME), **row, "remarks": "周六上午也上班"}
    assert manager.post(f"{WORKING_TIME}/edit", data=data).status_code == 303
    week = working_time.WorkingTime.from_document(newest(session, PolicyKind.WORKING_TIME).document)
    assert week.of(working_time.Day.SATURDAY) == ((540, 720),)


def test_a_year_whose_make_up_days_are_not_announced_is_named(manager):
    assert "2027" in soup_of(manager.get(WORKING_TIME)).select_one(".policy-card").text


def test_the_history_costs_the_same_for_one_version_and_for_many(manager, cast, session, now):
    def cost() -> int:
        with queries() as seen:
            assert manager.get(CLOCKS).status_code == 200
        return len(seen)

    one = cost()
    for number in range(1, 12):
        targets = [
            {**row, "amount": 29 - number} if row["id"] == "contact" else row for row in sla.DEFAULT_DOCUMENT["targets"]
        ]
        policies.publish(
            PolicyKind.CLOCKS,
            document={"targets": targets},
            remarks=f"第{number}次",
            based_on=number,
            actor=cast.roster,
            now=now,
        )
    session.commit()
    assert cost() <= one + 1


def test_a_special_day_is_entered_and_changed_but_not_twice(manager, session):
    page = "/special-days/new/"
    said = {"day": "2027-02-13", "is_working": "y", "name": "春节调休"}
    assert manager.send(page, said, page=page).status_code == 302
    (day,) = session.scalars(select(SpecialDay)).all()
    assert (day.day, day.is_working, day.name) == (date(2027, 2, 13), True, "春节调休")
    again = manager.send(page, said, page=page)
    assert again.status_code in (409, 422)
    assert len(session.scalars(select(SpecialDay)).all()) == 1
    listed = manager.get("/special-days/")
    assert "春节调休" in listed.text


def test_special_days_are_the_managers_business(client, cast):
    client.login(cast.zhou)
    assert client.get("/special-days/").status_code == 200
    assert client.get("/special-days/new/").status_code == 403
