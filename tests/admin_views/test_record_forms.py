"""Forms of records: whoever may, with a token, checked, written down, and never over somebody else's work."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from admin_views.menu import NOUNS
from models import Complaint, Customer, Project, RecordChange, Room, Script, Setting, TimelineEvent
from rules.settings import SettingKey
from rules.texts import LONGEST
from rules.vocabulary import Category, EventKind, Severity, Status
from tests import factories
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.stories import recorded

EDITABLE = [(endpoint, view.edit_permission) for view, _, _, endpoint, _ in NOUNS if view.edit_permission]


def fields_of(client: DeskClient, url: str) -> dict[str, object]:
    """What the form on a page holds, as a browser would send it."""
    form = soup_of(client.get(url)).select_one("form.record-form")
    sent: dict[str, object] = {}
    for item in form.select("input[name], textarea[name], select[name]"):
        name = str(item["name"])
        if item.name == "textarea":
            value = item.get_text().removeprefix("\r\n").removeprefix("\n")
        elif item.name == "select":
            chosen = item.select_one("option[selected]")
            value = str(chosen["value"]) if chosen else ""
        elif item.get("type") == "checkbox":
            if not item.has_attr("checked"):
                continue
            value = "y"
        else:
            value = str(item.get("value", ""))
        sent[name] = (
            [*([sent[name]] if isinstance(sent.get(name), str) else sent.get(name, [])), value]
            if name in sent
            else value
        )
    return sent


def save(client: DeskClient, url: str, **changed: object):
    return client.post(url, data={**fields_of(client, url), **changed})


def words_of(answer) -> str:
    return soup_of(answer).get_text(" ", strip=True)


@pytest.fixture
def customer(session) -> Customer:
    customer = factories.CustomerFactory(name="王女士", phone="+8613612345678")
    session.commit()
    return customer


@pytest.fixture
def project(session) -> Project:
    project = factories.ProjectFactory(contract_no="ZX2026-7777")
    session.commit()
    return project


@pytest.fixture
def complaint(cast: Cast, on_duty: object, session, now) -> Complaint:
    complaint = recorded(cast, now=now)
    session.commit()
    return complaint


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("endpoint", "permission"), EDITABLE)
def test_only_who_may_change_a_record_gets_a_form_or_is_heard(endpoint, permission, client, cast, app):
    with app.test_request_context():
        pages = [f"{endpoint}.{page}" for page in ("create_view", "edit_view")]
        urls = [app.url_for(page, id=1) for page in pages if page in app.view_functions]
    for person in (cast.xiaozhou, cast.zhao, cast.roster, cast.analyst, cast.auditor):
        client.login(person)
        token = client.token("/password")
        for url in urls:
            if not person.may(permission):
                assert client.get(url).status_code in (403, 404), person.login
                assert client.post(url, data={"csrf_token": token}).status_code == 403, person.login


def test_a_form_without_its_token_is_refused(client, cast, customer, session):
    client.login(cast.xiaozhou)
    url = f"/customers/edit/?id={customer.id}"
    data = {**fields_of(client, url), "name": "李女士"}
    data.pop("csrf_token")
    assert client.post(url, data=data).status_code == 400
    session.expire_all()
    assert customer.name == "王女士"


def test_history_has_no_forms(client, cast):
    client.login(cast.admin)
    for noun in ("clocks", "escalations", "contacts", "responsibilities", "timeline", "changes"):
        assert client.get(f"/{noun}/new/").status_code == 403
        assert client.post(f"/{noun}/new/", data={"csrf_token": client.token("/password")}).status_code == 403


# --- saving ----------------------------------------------------------------------------------------------------------


def test_an_edit_is_saved_and_written_down(client, cast, customer, session, now):
    client.login(cast.xiaozhou)
    answer = save(client, f"/customers/edit/?id={customer.id}", name="  李女士 ", wechat="li-1990", phone="13612345679")
    assert answer.status_code == 302
    session.expire_all()
    assert (customer.name, customer.wechat, customer.phone) == ("李女士", "li-1990", "+8613612345679")
    (change,) = session.scalars(select(RecordChange).where(RecordChange.record_type == "customers"))
    assert change.actor_id == cast.xiaozhou.id and change.at == now
    assert change.changes == {
        "name": ["王女士", "李女士"],
        "phone": ["136****5678", "136****5679"],
        "wechat": ["", "li-1990"],
    }
    page = words_of(client.get(answer.location))
    assert "王女士" in page and "李女士" in page


def test_a_new_customer_with_a_number_in_any_form(client, cast, session, now):
    client.login(cast.xiaozhou)
    answer = save(client, "/customers/new/", name="赵先生", phone="０１３８ 0013-9000".replace("０", "", 1))
    assert answer.status_code == 302, words_of(answer)
    (made,) = session.scalars(select(Customer).where(Customer.name == "赵先生"))
    assert (made.phone, made.phone_tail, made.created_at) == ("+8613800139000", "9000", now)
    assert made.created_by_id == cast.xiaozhou.id


def test_another_persons_number_is_a_sentence_beside_the_field(client, cast, customer, session):
    other = factories.CustomerFactory(name="孙先生")
    session.commit()
    client.login(cast.xiaozhou)
    answer = save(client, f"/customers/edit/?id={other.id}", phone="136 1234 5678", name="孙女士")
    assert answer.status_code == 409
    error = soup_of(answer).select_one(".has-error:has([name=phone]) .field-error")
    assert "王女士" in error.get_text()
    assert soup_of(answer).select_one("[name=name]")["value"] == "孙女士"
    session.expire_all()
    assert other.name == "孙先生"


def test_a_contract_number_twice_is_a_sentence_beside_the_field(client, cast, project, session):
    other = factories.ProjectFactory()
    session.commit()
    client.login(cast.xiaozhou)
    answer = save(client, f"/projects/edit/?id={other.id}", contract_no="ZX2026-7777")
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".has-error:has([name=contract_no]) .field-error")
    assert session.scalar(select(func.count()).where(Project.contract_no == "ZX2026-7777")) == 1


def test_a_place_twice_is_a_sentence_beside_the_field(client, cast, session):
    room = factories.RoomFactory(unit="1单元", number="101")
    session.commit()
    client.login(cast.xiaozhou)
    url = "/rooms/new/"
    data = {"building_id": [str(room.building_id), "x"], "unit": "1单元", "number": "101"}
    answer = save(client, url, **data)
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".has-error:has([name=number])")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "王" * 65),
        ("name", "王\x00女士"),
        ("wechat", "x" * 65),
        ("remarks", "话" * (LONGEST + 1)),
        ("phone", "letters"),
        ("phone", "138"),
        ("room_id", ["", "somewhere"]),
        ("room_id", ["9" * 30, ""]),
        ("room_id", ["424242", ""]),
        ("room_id", ["-1", ""]),
        ("room_id", ["x", ""]),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(field, value, client, cast, customer, session):
    client.login(cast.xiaozhou)
    answer = save(client, f"/customers/edit/?id={customer.id}", **{field: value})
    assert answer.status_code == 422
    assert soup_of(answer).select_one(f".has-error:has([name={field}]) .field-error")
    assert session.scalar(select(func.count()).select_from(RecordChange)) == 0


def test_emoji_and_rare_characters_are_kept(client, cast, customer, session):
    client.login(cast.xiaozhou)
    assert save(client, f"/customers/edit/?id={customer.id}", remarks="𠮷野家 👷🏽‍♀️ <b>").status_code == 302
    session.expire_all()
    assert customer.remarks == "𠮷野家 👷🏽‍♀️ <b>"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "-1"),
        ("amount", "1.001"),
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("amount", "1e30"),
        ("amount", "viel"),
        ("amount", ""),
        ("daily_delay_rate", "-0.01"),
        ("planned_finish_on", "2026-01-01"),
        ("accepted_on", "2026-01-01"),
        ("starts_on", "2026-02-30"),
        ("starts_on", "soon"),
        ("customer_id", ["", ""]),
        ("contract_no", "x" * 41),
    ],
)
def test_a_contract_that_cannot_be(field, value, client, cast, project, session):
    client.login(cast.xiaozhou)
    answer = save(client, f"/projects/edit/?id={project.id}", **{"starts_on": "2026-03-01", field: value})
    assert answer.status_code == 422
    assert soup_of(answer).select_one(f".has-error:has([name={field}]) .field-error")


def test_a_new_contract(client, cast, customer, session):
    room = factories.RoomFactory()
    session.commit()
    client.login(cast.xiaozhou)
    answer = save(
        client,
        "/projects/new/",
        contract_no="ZX2026-8888",
        customer_id=[str(customer.id), str(customer)],
        room_id=[str(room.id), ""],
        amount="168,000.50",
        daily_delay_rate="100",
        project_manager_id=[str(cast.zhao.id), ""],
    )
    assert answer.status_code == 302, words_of(answer)
    (made,) = session.scalars(select(Project).where(Project.contract_no == "ZX2026-8888"))
    assert made.amount == Decimal("168000.50") and made.customer is customer and made.project_manager == cast.zhao
    page = words_of(client.get(answer.location))
    assert "168,000.50" in page and "赵磊" in page


def test_a_building_is_added_from_its_community(client, cast, session):
    community = factories.CommunityFactory()
    session.commit()
    client.login(cast.xiaozhou)
    page = soup_of(client.get(f"/communities/details/?id={community.id}"))
    link = page.select_one(f'a[href*="/buildings/new/?community_id={community.id}"]')
    answer = save(client, link["href"], name="18栋")
    assert answer.status_code == 302
    assert "18栋" in words_of(client.get(f"/communities/details/?id={community.id}"))


def test_scripts_and_settings(client, cast, session, now):
    script = factories.ScriptFactory()
    session.commit()
    client.login(cast.roster)
    assert save(client, f"/scripts/edit/?id={script.id}", body_zh="您好。", category="delay").status_code == 302
    session.expire_all()
    assert session.get(Script, script.id).category is Category.DELAY
    setting = session.scalars(select(Setting).where(Setting.key == SettingKey.PROMISE_REMINDER_MINUTES)).one()
    assert save(client, f"/settings/edit/?id={setting.id}", value="15").status_code == 302
    refused = save(client, f"/settings/edit/?id={setting.id}", value="100000")
    assert refused.status_code == 422 and soup_of(refused).select_one(".field-error")
    for nonsense in ("", "ten", "9" * 30, "1.5"):
        assert save(client, f"/settings/edit/?id={setting.id}", value=nonsense).status_code == 422
    session.expire_all()
    assert (setting.value, setting.changed_by, setting.changed_at) == (15, cast.roster, now)


# --- two people, one record ------------------------------------------------------------------------------------------


def test_a_stale_save_shows_both_values_and_overwrites_nothing(client, cast, customer, session, app):
    client.login(cast.xiaozhou)
    url = f"/customers/edit/?id={customer.id}"
    mine = fields_of(client, url)
    other = app.test_client()
    other.login(cast.admin)
    assert save(other, url, name="王太太").status_code == 302
    answer = client.post(url, data={**mine, "name": "王小姐"})
    assert answer.status_code == 409
    page = words_of(answer)
    assert "王小姐" in page and "王太太" in page and "冯工" in page
    session.expire_all()
    assert customer.name == "王太太"
    # Save mine: the page's own form, sent as it is.
    again = {
        item["name"]: item["value"] for item in soup_of(answer).select("main form input[name]") if item["name"] != "q"
    }
    assert client.post(url, data=again).status_code == 302
    session.expire_all()
    assert customer.name == "王小姐"


def test_two_people_who_type_the_same_have_no_conflict(client, cast, customer, session, app):
    client.login(cast.xiaozhou)
    url = f"/customers/edit/?id={customer.id}"
    mine = fields_of(client, url)
    other = app.test_client()
    other.login(cast.admin)
    save(other, url, name="王太太")
    assert client.post(url, data={**mine, "name": "王太太"}).status_code == 302


def test_the_loser_of_a_race_is_told_too(client, cast, customer, session, monkeypatch):
    """The version was right when the form was checked and wrong when it was written."""
    from admin_views import conflicts

    client.login(cast.xiaozhou)
    url = f"/customers/edit/?id={customer.id}"
    mine = {**fields_of(client, url), "name": "王小姐"}
    customer.name = "王太太"
    session.commit()
    monkeypatch.setattr(conflicts, "is_stale", lambda form, record: False)
    from sqlalchemy.orm.exc import StaleDataError

    from services import customers

    def too_late(*args, **kwargs):
        raise StaleDataError

    monkeypatch.setattr(customers, "save", too_late)
    answer = client.post(url, data=mine)
    assert answer.status_code == 409
    assert "王太太" in words_of(answer)


# --- correcting a complaint ------------------------------------------------------------------------------------------


def test_correcting_a_complaint_stands_on_its_timeline(client, cast, complaint, session):
    client.login(cast.xiaozhou)
    url = f"/complaints/edit/?id={complaint.id}"
    answer = save(client, url, problem="主卧飘窗渗水", community_stated="翠湖花园", room_stated="8栋2单元1302")
    assert answer.status_code == 302 and answer.location == f"/complaints/{complaint.number}"
    session.expire_all()
    assert complaint.room.number == "1302" and complaint.place == "翠湖花园 8栋2单元1302"
    event = session.scalars(select(TimelineEvent).where(TimelineEvent.kind == EventKind.EDITED)).one()
    assert event.changes["problem"] == ["客厅新铺的砖敲着发空", "主卧飘窗渗水"]
    assert isinstance(event.changes["room_id"][1], str)
    assert complaint.number in client.get("/complaints/?search=飘窗渗水").get_data(as_text=True)
    assert complaint.number not in client.get("/complaints/?search=敲着发空").get_data(as_text=True)


def test_a_corrected_category_changes_the_proposal_only(client, cast, complaint, session):
    client.login(cast.xiaozhou)
    assert save(client, f"/complaints/edit/?id={complaint.id}", category="safety").status_code == 302
    session.expire_all()
    assert complaint.category is Category.SAFETY and complaint.severity is None
    assert complaint.suggested_severity is Severity.MAJOR


def test_states_sent_along_are_not_heard(client, cast, complaint, session):
    client.login(cast.xiaozhou)
    save(client, f"/complaints/edit/?id={complaint.id}", status="closed", severity="3", escalation_level="0", id="1")
    session.expire_all()
    assert complaint.status is Status.NEW and complaint.severity is None


def test_somebody_elses_project_is_refused(client, cast, complaint, project, session):
    client.login(cast.xiaozhou)
    answer = save(client, f"/complaints/edit/?id={complaint.id}", project_id=[str(project.id), ""])
    assert answer.status_code == 422
    assert soup_of(answer).select_one(".has-error:has([name=project_id])")


def test_a_closed_complaint_stays_as_it_was_written(client, cast, complaint, session):
    client.login(cast.xiaozhou)
    url = f"/complaints/edit/?id={complaint.id}"
    data = {**fields_of(client, url), "problem": "别的"}
    complaint.status = Status.VOID
    session.commit()
    data["version"] = str(complaint.version)
    assert client.post(url, data=data).status_code == 409
    session.expire_all()
    assert complaint.problem != "别的"


def test_rooms_know_who_lives_there(client, cast, complaint, session):
    client.login(cast.lin)
    room = session.scalars(select(Room)).one()
    page = words_of(client.get(f"/rooms/details/?id={room.id}"))
    assert complaint.number in page and "郑丽华" in page
