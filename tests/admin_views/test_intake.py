"""Recording while the customer talks (issue step 2; D-06 to D-09, N2)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from extensions import COMPANY_ZONE
from models import Complaint, Customer, Evidence, Notification, TimelineEvent
from rules.vocabulary import Category, Channel, Severity, Status
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import CustomerFactory, ProjectFactory

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c6300010000050001"
)


@pytest.fixture
def desk(client: DeskClient, cast: Cast, on_duty: object) -> DeskClient:
    """小周 at the hotline, the duty group on duty."""
    client.login(cast.xiaozhou)
    return client


@pytest.fixture
def call(now) -> dict[str, Any]:
    """What a caller says."""
    return {
        "phone": "138 0013 9999",
        "contact_name": "郑丽华",
        "community": "滨江壹号",
        "room": "2栋905",
        "channel": "owners_group",
        "first_word_at": (now - timedelta(minutes=7)).astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M"),
        "category": "quality",
        "problem": "客厅新铺的砖敲着发空",
        "impact": "下周三家具进场",
        "demand": "重新铺贴",
        "is_read_back": "y",
        "household_count": "1",
        "delay_days": "0",
    }


def count(session, model) -> int:
    return session.scalar(select(func.count()).select_from(model))


def test_one_save_records_the_complaint_the_file_and_the_home_and_calls_the_duty_member(desk, call, session, cast, now):
    answer = desk.send("/intake/", call)
    assert answer.status_code == 302, soup_of(answer).select(".field-error, .alarm")
    complaint = session.scalars(select(Complaint)).one()
    assert answer.headers["Location"].endswith(f"/complaints/{complaint.number}")
    assert complaint.channel is Channel.OWNERS_GROUP
    assert complaint.first_word_at == now - timedelta(minutes=7)
    assert complaint.recorded_at == now
    assert complaint.first_responder.login == "xiaozhou"
    assert complaint.category is Category.QUALITY
    assert complaint.read_back_at == now
    assert complaint.customer.phone == "+8613800139999"
    assert str(complaint.room) == "滨江壹号 2栋 905"
    assert [message.person.login for message in session.scalars(select(Notification))] == ["zhou"]
    assert desk.get(answer.headers["Location"]).status_code == 200


def test_the_contact_clock_runs_from_the_first_word_and_triage_from_the_record(desk, call, session, now):
    desk.send("/intake/", call)
    clocks = {clock.kind: clock for clock in session.scalars(select(Complaint)).one().clocks}
    assert clocks["contact"].due_at == now + timedelta(minutes=23)
    assert clocks["triage"].due_at == now + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("problem", ""),
        ("problem", "   "),
        ("problem", "很" * 10_001),
        ("contact_name", ""),
        ("contact_name", "名" * 65),
        ("phone", "call me"),
        ("phone", ""),
        ("phone", "12345"),
        ("phone", "1380013999９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９９"),
        ("first_word_at", "2031-01-01T09:00"),
        ("first_word_at", "2025-01-01T09:00"),
        ("first_word_at", "yesterday"),
        ("first_word_at", ""),
        ("category", "magic"),
        ("channel", "pigeon"),
        ("household_count", "0"),
        ("household_count", "-3"),
        ("household_count", "many"),
        ("delay_days", "99999999999999999999"),
        ("delay_days", "-1"),
        ("project_id", "424242"),
        ("promise_text", "明早回电"),
        ("promise_due_at", "2026-11-22T09:00"),
        ("community", "区" * 101),
        ("contract_no", "Z" * 41),
        ("problem", "砖\x00空"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_nothing_is_written(desk, call, session, field, value):
    answer = desk.send("/intake/", {**call, field: value})
    assert answer.status_code in (422, 409)
    page = soup_of(answer)
    assert page.select(".field-error"), page.select_one(".alarm")
    assert count(session, Complaint) == 0
    assert count(session, Customer) == 0
    if field != "problem":
        assert "客厅新铺的砖敲着发空" in page.select_one("textarea[name=problem]").text, "what was typed stays"


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", '=HYPERLINK("x")', "地板翘起😡𠮷字号", "a\u202eb", "'; drop table"]
)
def test_any_text_comes_back_as_text(desk, call, session, words):
    answer = desk.send("/intake/", {**call, "problem": words, "contact_name": "𠮷😡"})
    page = desk.get(answer.headers["Location"])
    assert session.scalars(select(Complaint)).one().problem == words
    assert words in soup_of(page).text
    assert "<script>alert" not in page.get_data(as_text=True)


def test_a_customer_without_a_project_is_fine_and_said_so(desk, call, session):
    answer = desk.send("/intake/", call)
    assert session.scalars(select(Complaint)).one().project is None
    assert soup_of(desk.get(answer.headers["Location"])).find(string=lambda text: "项目" in text)


def test_an_unknown_contract_is_kept_and_marked(desk, call, session):
    answer = desk.send("/intake/", {**call, "contract_no": "ZX1999-0001"})
    complaint = session.scalars(select(Complaint)).one()
    assert complaint.contract_no_stated == "ZX1999-0001"
    assert complaint.is_contract_unknown
    assert "ZX1999-0001" in soup_of(desk.get(answer.headers["Location"])).text


def test_the_look_up_shows_the_customers_file_and_projects(desk, session, call):
    customer = CustomerFactory(phone="+8613800139999", name="郑丽华")
    project = ProjectFactory(customer=customer)
    session.commit()
    piece = desk.send("/intake/lookup", {"phone": "138-0013-9999"}, page="/intake/")
    assert project.contract_no in piece.get_data(as_text=True)
    assert "+8613800139999" not in piece.get_data(as_text=True), "numbers are masked"
    desk.send("/intake/", {**call, "project_id": str(project.id)})
    assert session.scalars(select(Complaint)).one().project_id == project.id


@pytest.mark.parametrize("phone", ["", "x", "138", "\x00", "1" * 500])
def test_the_look_up_of_nonsense_is_a_sentence(desk, phone):
    assert desk.send("/intake/lookup", {"phone": phone}, page="/intake/").status_code == 200


def test_somebody_elses_project_is_refused(desk, session, call):
    project = ProjectFactory()
    session.commit()
    answer = desk.send("/intake/", {**call, "project_id": str(project.id)})
    assert answer.status_code == 422
    assert count(session, Complaint) == 0


def test_the_same_complaint_within_the_hour_is_asked_about(desk, call, session, clock):
    desk.send("/intake/", call)
    clock.forward(minutes=20)
    asked = desk.send("/intake/", call)
    assert asked.status_code == 409
    assert count(session, Complaint) == 1
    number = soup_of(asked).select_one("input[name=repeat_of]")["value"]
    linked = desk.send("/intake/", {**call, "repeat_of": number, "repeat_decision": "link"})
    assert linked.status_code == 302
    assert session.scalar(select(Complaint).order_by(Complaint.id.desc())).repeat_of.number == number


def test_the_user_may_record_it_alone_or_only_note_it(desk, call, session):
    desk.send("/intake/", call)
    number = session.scalars(select(Complaint)).one().number
    answer = {**call, "repeat_of": number}
    desk.send("/intake/", {**answer, "repeat_decision": "note", "demand": "再催一次"})
    assert count(session, Complaint) == 1
    assert any("再催一次" in event.note for event in session.scalars(select(TimelineEvent)))
    desk.send("/intake/", {**answer, "repeat_decision": "separate"})
    second = session.scalar(select(Complaint).order_by(Complaint.id.desc()))
    assert second.number != number
    assert second.repeat_of is None


def test_a_made_up_repeat_does_not_skip_the_question(desk, call, session):
    desk.send("/intake/", call)
    assert desk.send("/intake/", {**call, "repeat_of": "C-1", "repeat_decision": "separate"}).status_code == 409
    assert count(session, Complaint) == 1


def with_files(client: DeskClient, call: dict[str, Any], *files: tuple[bytes, str]) -> Any:
    data: MultiDict[str, Any] = MultiDict({**call, "csrf_token": client.token("/intake/")})
    for content, name in files:
        data.add("evidence", FileStorage(io.BytesIO(content), filename=name))
    boundary, body = encode_multipart(data)
    return client.post("/intake/", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_photos_are_kept_with_the_complaint(desk, call, session):
    assert with_files(desk, call, (PNG, "裂缝.png"), (PNG, "../../etc/passwd")).status_code == 302
    names = [item.original_name for item in session.scalars(select(Evidence).order_by(Evidence.id))]
    assert names == ["裂缝.png", "passwd"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + b"\0" * 600, "photo.jpg"),
        (b"", "empty.png"),
        (b"<html>", "x.html"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 21_000_000, "big.png"),
    ],
)
def test_a_file_that_is_not_taken_stops_the_whole_save(desk, call, session, content, name):
    answer = with_files(desk, call, (content, name))
    assert answer.status_code == 422
    assert soup_of(answer).select(".field-error")
    assert count(session, Complaint) == 0


def test_a_file_of_50_mb_gets_a_sentence(desk, call, session):
    answer = with_files(desk, call, (PNG + b"\0" * 50_000_000, "huge.png"))
    assert answer.status_code == 422
    assert count(session, Complaint) == 0


def test_risk_facts_suggest_the_level_and_wake_the_leader(desk, call, session):
    desk.send("/intake/", {**call, "category": "safety", "is_safety_hazard": "y"})
    assert session.scalars(select(Complaint)).one().suggested_severity is Severity.MAJOR
    assert {message.person.login for message in session.scalars(select(Notification))} == {"zhou", "lin"}


def test_a_promise_made_on_the_phone_is_written_down(desk, call, session, now):
    due = (now + timedelta(hours=1)).astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")
    desk.send("/intake/", {**call, "promise_text": "工程总监一小时内回电", "promise_due_at": due})
    complaint = session.scalars(select(Complaint)).one()
    assert [(promise.text, promise.due_at) for promise in complaint.promises] == [
        ("工程总监一小时内回电", now + timedelta(hours=1))
    ]
    assert complaint.status is Status.NEW


def test_only_people_who_may_record_come_in(client, cast):
    client.login(cast.auditor)
    assert client.get("/intake/").status_code == 403
    assert client.send("/intake/", {"problem": "x"}, page="/password").status_code == 403


def test_the_scripts_stand_beside_the_form(desk):
    assert len(soup_of(desk.get("/intake/")).select(".script")) >= 5
