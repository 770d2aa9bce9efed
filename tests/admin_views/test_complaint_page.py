"""One complaint's page: every button does what it says, for whoever may, and tells the timeline."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from admin_views.complaint_forms import FORMS
from extensions import COMPANY_ZONE
from models import Complaint, Escalation, Notification, Promise, Responsibility, TimelineEvent
from rules.permissions import ACTION_PERMISSION
from rules.vocabulary import Action, ClockKind, ClockState, EventKind, Role, Severity, Status
from services import calls, complaints
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import IntakeFactory, PersonFactory, ProjectFactory, PromiseFactory
from tests.stories import recorded


@pytest.fixture
def complaint(cast: Cast, on_duty: object, session, now) -> Complaint:
    """Hollow tiles, recorded just now."""
    complaint = recorded(cast, now=now)
    session.commit()
    return complaint


def press(client: DeskClient, complaint: Complaint, action: str, **said: object):
    return client.send(f"/complaints/{complaint.number}/{action}", said, page=f"/complaints/{complaint.number}")


def grading(cast: Cast) -> dict[str, object]:
    return {
        "severity": "2",
        "reason": "空鼓七块，下周进场",
        "side": "construction",
        "lead": str(cast.zhou.id),
        "cooperators": [str(cast.zhao.id)],
    }


def test_every_action_has_its_form() -> None:
    assert set(FORMS) == set(Action)


def test_the_page_shows_the_story_and_masks_the_phone(client, cast, complaint):
    client.login(cast.lin)
    text = client.get(f"/complaints/{complaint.number}").get_data(as_text=True)
    assert "客厅新铺的砖敲着发空" in text
    assert "138****9999" in text
    assert "13800139999" not in text


def test_until_when_the_customer_is_to_hear_more_stands_on_the_page(client, cast, complaint):
    client.login(cast.lin)
    contact = {"method": "phone", "is_reached": "1", "summary": "已致歉", "purpose": "talk"}
    assert press(client, complaint, "contact", **contact).status_code == 302
    page = soup_of(client.get(f"/complaints/{complaint.number}"))
    label = page.find("dt", string="客户最迟何时再收到消息")
    assert label.find_next("dd").text.strip() == "11-22 22:00 前"


def test_every_label_finds_the_field_of_its_own_dialog(client, cast, complaint):
    client.login(cast.lin)
    page = soup_of(client.get(f"/complaints/{complaint.number}"))
    ids = [element["id"] for element in page.select("[id]")]
    assert sorted(ids) == sorted(set(ids))
    for form in page.select("dialog form"):
        for label in form.select("label[for]"):
            assert form.find(id=label["for"]), label


def test_showing_the_number_is_written_down(client, cast, complaint, session):
    client.login(cast.lin)
    page = press(client, complaint, "phone")
    assert "13800139999" in page.get_data(as_text=True)
    assert session.scalar(select(func.count()).where(TimelineEvent.kind == EventKind.REVEALED)) == 1
    client.login(cast.analyst)
    assert press(client, complaint, "phone").status_code == 403


def test_acknowledge_contact_grade_resolve_close(client, cast, complaint, session, clock):
    client.login(cast.lin)
    clock.forward(minutes=5)
    assert press(client, complaint, "acknowledge").status_code == 302
    clock.forward(minutes=6)
    assert press(client, complaint, "contact", method="phone", is_reached="y", summary="明早上门").status_code == 302
    session.expire_all()
    assert complaint.status is Status.CONTACTED
    assert complaint.handler.login == "lin"
    contact = next(item for item in complaint.clocks if item.kind is ClockKind.CONTACT)
    assert contact.state is ClockState.MET
    assert contact.stopped_at - contact.started_at == timedelta(minutes=11)
    assert press(client, complaint, "grade", **grading(cast)).status_code == 302
    assert press(client, complaint, "resolve", resolution="整片重铺").status_code == 302
    assert press(client, complaint, "close", agreement="客户签字").status_code == 302
    session.expire_all()
    assert complaint.status is Status.CLOSED
    assert complaint.severity is Severity.URGENT
    parts = session.scalars(select(Responsibility).order_by(Responsibility.id)).all()
    assert [(part.person.login, part.kind.value) for part in parts] == [("zhou", "lead"), ("zhao", "cooperator")]
    assert not soup_of(client.get(f"/complaints/{complaint.number}")).select("form[action$=acknowledge]")


def test_the_second_to_acknowledge_is_told_who_was_first(client, new_client, cast, complaint):
    client.login(cast.lin)
    other = new_client()
    other.login(cast.zhou)
    assert press(client, complaint, "acknowledge").status_code == 302
    late = press(other, complaint, "acknowledge")
    assert late.status_code == 409
    assert "林晓" in late.get_data(as_text=True)


def test_escalating_needs_a_reason_and_calls_the_leader(client, cast, complaint, session):
    client.login(cast.zhou)
    empty = press(client, complaint, "escalate", reason="  ")
    assert empty.status_code == 422
    assert soup_of(empty).select("dialog[data-open-now] .field-error")
    assert press(client, complaint, "escalate", reason="客户要找媒体").status_code == 302
    escalation = session.scalars(select(Escalation)).one()
    assert (escalation.from_level, escalation.to_level, escalation.reason) == (0, 1, "客户要找媒体")
    assert escalation.raised_by.login == "zhou"
    told = session.scalars(select(Notification).where(Notification.escalation_id == escalation.id)).all()
    assert [message.person.login for message in told] == ["lin"]
    story = soup_of(client.get(f"/complaints/{complaint.number}")).select_one(".timeline").text
    assert "客户要找媒体" in story
    assert "周强" in story


def test_handing_over_tells_the_other_and_keeps_the_first_responder(client, cast, complaint, session):
    client.login(cast.lin)
    assert press(client, complaint, "assign", to=str(cast.zhao.id), reason="项目经理更熟").status_code == 302
    session.expire_all()
    assert complaint.handler.login == "zhao"
    assert complaint.first_responder.login == "xiaozhou"
    assert press(client, complaint, "assign", to=str(cast.auditor.id), reason="x").status_code == 422


def test_a_delay_compensation_is_days_times_the_contracts_rate(client, cast, complaint, session):
    project = ProjectFactory(customer=complaint.customer, daily_delay_rate=Decimal(100))
    complaint.project = project
    session.commit()
    client.login(cast.lin)
    said = {"kind": "off_final_payment", "basis": "delay", "delay_days": "5", "reason": "水泥晚到两天，缺瓦工三天"}
    assert press(client, complaint, "compensate", **said, amount="9999").status_code == 302
    session.expire_all()
    compensation = complaint.compensations[0]
    assert (compensation.amount, compensation.delay_days, compensation.daily_rate) == (500, 5, 100)
    assert "¥500.00" in client.get(f"/complaints/{complaint.number}").get_data(as_text=True)


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "cash", "basis": "agreed", "amount": "-1", "reason": "x"},
        {"kind": "cash", "basis": "agreed", "amount": "1" * 100, "reason": "x"},
        {"kind": "cash", "basis": "agreed", "amount": "1.005", "reason": "x"},
        {"kind": "cash", "basis": "agreed", "amount": "NaN", "reason": "x"},
        {"kind": "cash", "basis": "agreed", "amount": "viel", "reason": "x"},
        {"kind": "cash", "basis": "agreed", "amount": "", "reason": "x"},
        {"kind": "cash", "basis": "agreed", "amount": "5", "reason": " "},
        {"kind": "cash", "basis": "delay", "delay_days": "5", "reason": "x"},
        {"kind": "transfer", "basis": "delay", "delay_days": "5", "reason": "no project"},
        {"kind": "gold", "basis": "agreed", "amount": "5", "reason": "x"},
    ],
)
def test_a_compensation_that_makes_no_sense_is_refused(client, cast, complaint, session, said):
    client.login(cast.lin)
    answer = press(client, complaint, "compensate", **said)
    assert answer.status_code == 422
    assert soup_of(answer).select("dialog .field-error")
    session.expire_all()
    assert not complaint.compensations


def test_new_facts_change_the_suggestion_and_stand_on_the_timeline(client, cast, complaint, session):
    client.login(cast.lin)
    assert press(client, complaint, "update_facts", is_media_involved="y", household_count="3").status_code == 302
    session.expire_all()
    assert complaint.suggested_severity is Severity.MAJOR
    event = session.scalars(select(TimelineEvent).where(TimelineEvent.kind == EventKind.EDITED)).one()
    assert event.changes["household_count"] == [1, 3]
    assert press(client, complaint, "update_facts", household_count="0").status_code == 422


def test_a_promise_is_made_and_kept(client, cast, complaint, session, now):
    client.login(cast.lin)
    due = (now + timedelta(hours=10)).astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")
    assert press(client, complaint, "promise", text="明早复检", promise_due_at=due).status_code == 302
    promise = session.scalars(select(Promise)).one()
    assert press(client, complaint, f"promises/{promise.id}/keep").status_code == 302
    assert press(client, complaint, f"promises/{promise.id}/keep").status_code == 409
    assert press(client, complaint, "promises/424242/keep").status_code == 404
    past = press(client, complaint, "promise", text="昨天", promise_due_at="2026-01-01T08:00")
    assert past.status_code == 422


def test_a_promise_is_taken_back_with_what_was_agreed(client, cast, complaint, session):
    client.login(cast.zhou)
    assert "withdraw_promise" not in client.get(f"/complaints/{complaint.number}").text, "nothing was promised yet"
    promise, stranger = PromiseFactory(complaint=complaint), PromiseFactory()
    session.commit()
    for said in ({"promise": promise.id, "why": " "}, {"promise": stranger.id, "why": "x"}, {"why": "x"}):
        assert press(client, complaint, "withdraw_promise", **said).status_code == 422
    assert press(client, complaint, "withdraw_promise", promise=promise.id, why="客户改到下周").status_code == 302
    session.expire_all()
    assert not promise.is_open and stranger.is_open
    assert "客户改到下周" in client.get(f"/complaints/{complaint.number}").text


@pytest.mark.parametrize("role", Role)
def test_nobody_does_what_their_role_does_not_allow(client, cast, complaint, session, role):
    person = PersonFactory(roles=[role])
    session.commit()
    client.login(person)
    lines = len(complaint.timeline)
    said = {**grading(cast), "text": "x", "to": str(cast.zhao.id), "is_reached": "y", "summary": "x", "method": "phone"}
    said["csrf_token"] = client.token("/password")
    for action in Action:
        if not person.may(ACTION_PERMISSION[action]):
            answer = client.post(f"/complaints/{complaint.number}/{action.value}", data=said)
            assert answer.status_code in (403, 422), action
    session.expire_all()
    assert (complaint.status, complaint.acknowledged_at, len(complaint.timeline)) == (Status.NEW, None, lines)


@pytest.mark.parametrize("login", ["auditor", "analyst"])
def test_who_only_reads_is_offered_nothing(client, cast, complaint, login):
    client.login(getattr(cast, login))
    assert not soup_of(client.get(f"/complaints/{complaint.number}")).select(".actions form, .actions [data-dialog]")


@pytest.mark.parametrize("url", ["{}/nonsense", "C-9999-9999/acknowledge", "{}/promises/x/keep"])
def test_a_made_up_address_is_not_found(client, cast, complaint, url):
    client.login(cast.lin)
    assert client.send(f"/complaints/{url.format(complaint.number)}", page="/password").status_code == 404


def test_a_get_never_changes_anything(client, cast, complaint, session):
    client.login(cast.lin)
    for action in Action:
        assert client.get(f"/complaints/{complaint.number}/{action.value}").status_code in (404, 405)
    session.expire_all()
    assert complaint.acknowledged_at is None


def test_a_finished_complaint_offers_only_what_is_left(client, cast, complaint, session, now):
    complaints.make_void(complaint, reason="登记错误", actor=cast.roster, now=now)
    session.commit()
    client.login(cast.lin)
    assert press(client, complaint, "acknowledge").status_code == 409
    assert press(client, complaint, "note", text="x").status_code == 409


def test_what_is_closed_is_not_regraded(client, cast, complaint, session, now):
    complaint.status, complaint.severity, complaint.graded_at = Status.CLOSED, Severity.URGENT, now
    session.commit()
    client.login(cast.lin)
    for action, said in (("grade", grading(cast) | {"severity": "1"}), ("update_facts", {"is_media_involved": "y"})):
        answer = press(client, complaint, action, **said)
        assert answer.status_code == 409
        assert soup_of(answer).select_one(".alarm, .field-error, [role=alert]")
    session.expire_all()
    assert complaint.severity is Severity.URGENT


def test_a_long_timeline_costs_no_more_questions(client, cast, complaint, session, now):
    from tests.query_count import queries

    client.login(cast.lin)
    client.get(f"/complaints/{complaint.number}")
    with queries() as few:
        client.get(f"/complaints/{complaint.number}")
    for number in range(30):
        complaints.add_note(complaint, text=f"note {number}", actor=cast.lin, now=now)
    session.commit()
    with queries() as many:
        client.get(f"/complaints/{complaint.number}")
    assert len(many) <= len(few) + 1


def test_a_duplicate_is_merged_by_the_number_of_the_one_that_goes_on(client, cast, complaint, session, now):
    other = calls.record(IntakeFactory(contact_name="王先生"), actor=cast.xiaozhou, now=now)
    session.commit()
    client.login(cast.roster)
    refused = press(client, other, "void", reason="同一件事", duplicate_of="C-2611-9999")
    assert refused.status_code == 422 and "C-2611-9999" in refused.text
    assert press(client, other, "void", reason="同一件事", duplicate_of=complaint.number).status_code == 302
    assert complaint.number in client.get(f"/complaints/{other.number}").text
    assert other.number in client.get(f"/complaints/{complaint.number}").text
    session.expire_all()
    assert other.duplicate_of == complaint
