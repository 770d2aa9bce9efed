"""Every noun's list: who may see it, what it asks of the database, and that nothing in an address breaks it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import url_for
from sqlalchemy import event

from admin_views.base import COUNT_CAP, DEEPEST, DeskView
from admin_views.labels import LABELS
from admin_views.menu import NOUNS
from extensions import db
from models import Community, Complaint
from rules.permissions import ROLE_PERMISSIONS
from rules.vocabulary import Category, ClockState, Severity, Status
from tests import factories
from tests.client import soup_of
from tests.query_count import queries

ENDPOINTS = [endpoint for _, _, _, endpoint, _ in NOUNS]
VIEWS = {endpoint: view for view, _, _, endpoint, _ in NOUNS}
FACTORIES = {
    factory._meta.model: factory
    for factory in vars(factories).values()
    if isinstance(factory, type) and issubclass(factory, factories.DeskFactory) and not factory._meta.abstract
}
MODELS = {endpoint: model for _, model, _, endpoint, _ in NOUNS}
ONCE_EACH = {"settings", "duty_roles"}
"""Nouns whose rows are given."""


@pytest.fixture
def address(app):
    """The address of a view's page."""

    def of(endpoint: str, page: str = "index_view", **arguments: object) -> str:
        with app.test_request_context():
            return url_for(f"{endpoint}.{page}", **arguments)

    return of


def rows_of(page) -> list[str]:
    return [row.get_text(" ", strip=True) for row in soup_of(page).select("table.list tbody tr")]


@pytest.mark.one_engine
@pytest.mark.parametrize("login", ["xiaozhou", "lin", "zhao", "roster", "approver", "analyst", "auditor"])
def test_who_may_see_a_list_sees_it_and_nobody_else(login, client, cast, address):
    person = getattr(cast, login)
    client.login(person)
    allowed = set().union(*(ROLE_PERMISSIONS[role] for role in person.roles))
    expected = {endpoint: 200 if VIEWS[endpoint].view_permission in allowed else 403 for endpoint in ENDPOINTS}
    assert {endpoint: client.get(address(endpoint)).status_code for endpoint in ENDPOINTS} == expected


def test_a_stranger_is_sent_to_the_login(client, address):
    answers = {endpoint: client.get(address(endpoint)).status_code for endpoint in ENDPOINTS}
    assert answers == dict.fromkeys(ENDPOINTS, 302)


@pytest.mark.one_engine
@pytest.mark.parametrize("endpoint", [endpoint for endpoint in ENDPOINTS if endpoint not in ONCE_EACH])
def test_a_list_asks_the_same_few_questions_whatever_its_length(endpoint, client, cast, address, session):
    client.login(cast.admin)
    make = FACTORIES[MODELS[endpoint]]
    asked = []
    for more in (5, 20):
        make.create_batch(more)
        session.commit()
        with queries() as seen:
            assert client.get(address(endpoint, page_size=50)).status_code == 200
        asked.append(seen)
    assert len(asked[0]) == len(asked[1]), "\n".join(asked[1])
    assert len(asked[1]) <= 18, "\n".join(asked[1])


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_sort_filter_and_search_answers(endpoint, client, cast, address, session):
    client.login(cast.admin)
    if endpoint not in ONCE_EACH:
        FACTORIES[MODELS[endpoint]].create_batch(2)
        session.commit()
    page = client.get(address(endpoint))
    soup = soup_of(page)
    asked = [link["href"] for link in soup.select("thead a")] + [link["href"] for link in soup.select(".tabs a")]
    asked += [
        address(endpoint, **{choice["name"]: option["value"]})
        for choice in soup.select(".list-filters select")
        for option in choice.select("option")
    ]
    asked += [
        address(endpoint, **{box["name"]: value})
        for box in soup.select(".list-filters input[name]")
        for value in ("2026-11-21", "王", "%_\\", "'; --", "\x00", "１３８", "😀", "x" * 3000, "-1")
    ]
    for url in asked:
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize(
    "query",
    [
        "page=-5",
        "page=99999999999999999999",
        "page=x&page_size=1000000&sort=99&desc=7",
        "sort=-1",
        "endpoint=evil&_external=1&_scheme=javascript&_anchor=a&_method=POST",
        "status=made-up&severity=9&handler=-1&first_word_at_from=yesterday&first_word_at_to=9999-99-99",
        "handler=99999999999999999",
        "view=nothing",
        "flt0_0=1",
    ],
)
def test_an_address_made_up_by_somebody_breaks_nothing(query, client, cast):
    client.login(cast.lin)
    assert client.get(f"/complaints/?{query}").status_code == 200


def test_a_list_does_not_count_beyond_its_cap(client, cast, session):
    client.login(cast.lin)
    session.execute(
        db.insert(Community),
        [{"name": f"小区{n}", "city": "", "district": "", "version": 1} for n in range(COUNT_CAP + 5)],
    )
    session.commit()
    head = soup_of(client.get("/communities/")).select_one(".page-head").get_text()
    assert str(COUNT_CAP) in head and str(COUNT_CAP + 5) not in head


def test_nobody_pages_deeper_than_the_database_likes(client, cast):
    client.login(cast.lin)
    deepest: list[int] = []

    def note(connection, cursor, statement, parameters, *rest):
        if "OFFSET" in statement:
            deepest.extend(
                value
                for value in (parameters.values() if isinstance(parameters, dict) else parameters)
                if isinstance(value, int)
            )

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.get("/complaints/?page=4000000")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert deepest and max(deepest) <= DEEPEST


def test_complaints_show_level_status_place_handler_and_the_next_clock(client, cast, session, now):
    complaint = factories.ComplaintFactory(
        severity=Severity.URGENT, graded_at=now, handler=cast.zhao, community_stated="滨江壹号", room_stated="2栋905"
    )
    complaint.acknowledged_at, complaint.acknowledged_by = now, cast.zhao
    factories.ClockFactory(complaint=complaint, due_at=now + timedelta(minutes=9))
    session.commit()
    client.login(cast.lin)
    page = client.get("/complaints/")
    (row,) = rows_of(page)
    for words in (complaint.number, "滨江壹号 2栋905", "赵磊", "09:00"):
        assert words in row
    assert soup_of(page).select_one(".level-2") and soup_of(page).select_one("time[data-countdown]")


def test_the_tabs_of_the_complaints(client, cast, session, now):
    nobodys = factories.ComplaintFactory()
    mine = factories.ComplaintFactory(handler=cast.lin, acknowledged_at=now, acknowledged_by=cast.lin)
    late = factories.ComplaintFactory(handler=cast.zhao, acknowledged_at=now, acknowledged_by=cast.zhao)
    factories.ClockFactory(complaint=late, state=ClockState.BREACHED, breached_at=now)
    over = factories.ComplaintFactory(status=Status.CLOSED)
    session.commit()
    numbers = {complaint.number for complaint in (nobodys, mine, late, over)}
    client.login(cast.lin)

    def shown(view: str) -> set[str]:
        text = client.get(f"/complaints/?view={view}").get_data(as_text=True)
        return {number for number in numbers if f">{number}<" in text}

    assert shown("") == numbers
    assert shown("unacknowledged") == {nobodys.number}
    assert shown("mine") == {mine.number}
    assert shown("overdue") == {late.number}
    assert shown("open") == numbers - {over.number}


def test_filters_narrow_a_list_and_stay_in_its_links(client, cast, session):
    factories.ComplaintFactory(category=Category.DELAY, problem="工期拖延")
    factories.ComplaintFactory.create_batch(25, category=Category.DESIGN, problem="设计不符")
    session.commit()
    client.login(cast.lin)
    assert len(rows_of(client.get("/complaints/?category=delay"))) == 1
    page = client.get("/complaints/?category=design")
    assert "category=design" in soup_of(page).select_one("a[rel=next]")["href"]


def test_days_are_company_days(client, cast, session, now):
    """Saturday 22:00 in Shanghai is Saturday; the day ends at 16:00 UTC."""
    factories.ComplaintFactory(first_word_at=now)
    factories.ComplaintFactory(first_word_at=now + timedelta(hours=3))
    session.commit()
    client.login(cast.lin)
    assert len(rows_of(client.get("/complaints/?first_word_at_from=2026-11-21&first_word_at_to=2026-11-21"))) == 1
    assert len(rows_of(client.get("/complaints/?first_word_at_from=2026-11-22"))) == 1


def test_a_percent_sign_means_itself(client, cast, session):
    factories.CommunityFactory(name="百分%之园")
    factories.CommunityFactory(name="梧桐苑")
    session.commit()
    client.login(cast.lin)
    assert rows_of(client.get("/communities/?search=%25")) == []
    assert len(rows_of(client.get("/communities/?search=百分%25"))) == 1


def test_masked_phones_only(client, cast, session):
    factories.CustomerFactory(phone="+8613612345678")
    session.commit()
    client.login(cast.lin)
    text = client.get("/customers/").get_data(as_text=True)
    assert "136****5678" in text and "1361234" not in text


def test_every_column_has_a_label(app):
    for view in panel(app):
        for name in (*view.column_list, *(view.column_export_list or ()), *view.form_columns):
            label = view.column_labels.get(name.rpartition(".")[2])
            assert label is not None, f"{view.endpoint}: {name}"
        for each in view.desk_filters:
            assert each.label, f"{view.endpoint}: {each.key}"
    assert "search_text" not in LABELS


def test_no_state_is_a_form_field(app):
    states = {
        "status", "state", "severity", "due_at", "breached_at", "stopped_at", "escalation_level", "escalation_due_at",
        "acknowledged_at", "acknowledged_by_id", "graded_at", "contacted_at", "resolved_at", "closed_at", "version",
        "password_hash", "search_text", "id",
    }  # fmt: skip
    for view in panel(app):
        if view.endpoint != "promises":
            assert not states & set(view.form_columns), view.endpoint


def test_nothing_can_be_deleted_from_a_screen(app):
    assert not any(view.can_delete for view in panel(app))
    rules = {str(rule) for rule in app.url_map.iter_rules()}
    assert not [rule for rule in rules if "delete" in rule or rule.endswith(("/action/", "/ajax/update/"))]
    assert not [rule for rule in app.url_map.iter_rules() if "DELETE" in (rule.methods or ())]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_made_up_id_is_a_page_that_says_so(endpoint, client, cast, app, address):
    client.login(cast.admin)
    pages = [page for page in ("details_view", "edit_view") if f"{endpoint}.{page}" in app.view_functions]
    for record_id in ("0", "-1", "999999", "9" * 40, "x", "1,2", "", "１", "\x00"):
        for page in pages:
            answer = client.get(address(endpoint, page, id=record_id))
            assert answer.status_code in (403, 404), f"{page} {record_id!r}"


@pytest.mark.one_engine
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_record_has_its_page(endpoint, client, cast, address, session):
    client.login(cast.admin)
    record = FACTORIES[MODELS[endpoint]]()
    session.commit()
    answer = client.get(address(endpoint, "details_view", id=record.id), follow_redirects=True)
    assert answer.status_code == 200


def test_a_picker_offers_a_few_that_begin_so(client, cast, session):
    factories.CommunityFactory.create_batch(60)
    factories.CommunityFactory(name="滨江壹号")
    session.commit()
    client.login(cast.xiaozhou)
    url = "/buildings/ajax/lookup/?name=community_id"
    assert [name for _, name in client.get(f"{url}&query=滨江").get_json()] == ["滨江壹号"]
    assert len(client.get(f"{url}&query=&limit=1000000").get_json()) == 50
    assert client.get(f"{url}&query=%25").get_json() == []
    assert client.get("/buildings/ajax/lookup/?name=nothing").status_code == 404


def panel(app) -> list[DeskView]:
    return [view for view in app.extensions["admin"][0]._views if isinstance(view, DeskView)]


def test_a_complaint_row_leads_to_the_complaint(client, cast, session):
    complaint: Complaint = factories.ComplaintFactory()
    session.commit()
    client.login(cast.lin)
    link = soup_of(client.get("/complaints/")).select_one("a.row-link")
    assert link["href"] == f"/complaints/{complaint.number}"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_picker_answers_whatever_is_typed(endpoint, client, cast, app, address, session):
    room = factories.RoomFactory()
    factories.ProjectFactory(room=room)
    session.commit()
    client.login(cast.admin)
    view = next(view for view in panel(app) if view.endpoint == endpoint)
    for name in view.form_ajax_refs or ():
        for words in (
            "",
            "王",
            "梧桐苑",
            "%",
            "_",
            "13800138000",
            "ZX2026",
            "滨江壹号 2栋905",
            "\x00",
            "😀",
            "x" * 5000,
        ):
            answer = client.get(address(endpoint, "ajax_lookup", name=name, query=words))
            assert answer.status_code == 200, f"{name} {words[:20]!r}"
            assert all(len(each) == 2 for each in answer.get_json())


@pytest.mark.one_engine
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_no_page_holds_a_script_that_the_browser_is_told_to_refuse(endpoint, client, cast, app, address, session):
    client.login(cast.admin)
    record = FACTORIES[MODELS[endpoint]]()
    session.commit()
    view = next(view for view in panel(app) if view.endpoint == endpoint)
    pages = [address(endpoint), address(endpoint, "details_view", id=record.id)]
    if view.edit_permission and view.form_columns:
        pages.append(address(endpoint, "edit_view", id=record.id))
    for page in pages:
        for tag in soup_of(client.get(page, follow_redirects=True)).find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on") or name == "style"], f"{page}: {tag.name}"
            assert not str(tag.get("href", "")).startswith("javascript:"), page
