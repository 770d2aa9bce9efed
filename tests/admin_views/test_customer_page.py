"""The customer's page: opened by a secret that dies, and silent to everybody else (N22, N13)."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from PIL import Image
from sqlalchemy import func, select

from models import Complaint, CustomerLink, Evidence, FollowUp, TimelineEvent
from rules.vocabulary import (
    CompensationStatus,
    ContactMethod,
    EventKind,
    EvidenceUse,
    FollowUpState,
    FollowUpWay,
    MessageLanguage,
    Severity,
    Side,
    Status,
    WorkOrderState,
)
from services import complaints, customer_links, follow_ups
from services.actors import SYSTEM
from tests.client import soup_of
from tests.factories import (
    AppointmentFactory,
    CompensationFactory,
    EvidenceFactory,
    PersonFactory,
    PromiseFactory,
    WorkOrderFactory,
)
from tests.services.conftest import grade
from tests.stories import recorded

GOOD = {"attitude": "5", "quality": "4", "efficiency": "3", "solved": "yes", "words": "修得好"}
CROSS = {**GOOD, "quality": "2", "words": "又裂了"}


def link_of(complaint: Complaint, now) -> tuple[CustomerLink, str]:
    link, address = customer_links.make(complaint, actor=SYSTEM, now=now)
    return link, customer_links.unsealed(address)


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
def address(resolved, clock, session) -> str:
    """The link in the SMS of the day after, without the desk's own address."""
    follow_up = follow_ups.to_ask(resolved)
    follow_up.link, address = link_of(resolved, clock.forward(hours=25))
    session.commit()
    return address


def token(client, address: str) -> str:
    return soup_of(client.get(address)).select_one("input[name=form_token]")["value"]


def answer(client, address: str, said: dict, **more):
    return client.post(address, data={"form_token": token(client, address), **said}, **more)


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "JPEG")
    return content.getvalue()


def test_it_shows_what_the_customer_may_know_and_nothing_else(client, cast, session, resolved, address, clock):
    now = clock.now()
    PromiseFactory(
        complaint=resolved, text="送一次保洁", made_at=now - timedelta(days=3), due_at=now - timedelta(days=1)
    )
    AppointmentFactory(complaint=resolved, starts_at=now + timedelta(hours=2), ends_at=now + timedelta(hours=4))
    boss = PersonFactory()
    CompensationFactory(complaint=resolved, amount=Decimal("111.11"))
    CompensationFactory(
        complaint=resolved,
        amount=Decimal("222.22"),
        status=CompensationStatus.APPROVED,
        decided_at=now,
        decided_by=boss,
    )
    page = client.get(address)
    text = soup_of(page).get_text(" ", strip=True)
    for known in (resolved.number, resolved.problem, "整面重铺", "送一次保洁", "222.22"):
        assert known in text
    for secret in ("111.11", resolved.contact_phone, resolved.contact_name, resolved.room_stated, cast.zhou.name):
        assert secret not in page.text, secret
    assert "<script" not in page.text and "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    session.expire_all()
    assert session.scalars(select(CustomerLink.opened_at)).one() == now


def test_it_is_in_the_customer_s_language_and_switches(client, session, resolved, address):
    assert soup_of(client.get(address)).html["lang"] == "zh-CN"
    assert soup_of(client.get(f"{address}?lang=en")).html["lang"] == "en"
    resolved.customer.message_language = MessageLanguage.ENGLISH
    page = soup_of(client.get(address))
    assert page.html["lang"] == "en" and "How was it?" in page.text
    assert soup_of(client.get(f"{address}?lang=zh_Hans_CN")).html["lang"] == "zh-CN"


def test_satisfied_the_complaint_is_confirmed_and_the_link_is_used_up(client, session, resolved, address):
    said = answer(client, address, GOOD)
    assert said.status_code == 200
    session.expire_all()
    (asked,) = session.scalars(select(FollowUp).where(FollowUp.state == FollowUpState.ANSWERED))
    assert (asked.way, asked.entered_by, asked.words) == (FollowUpWay.LINK, None, "修得好")
    assert (resolved.confirmed_way, resolved.status) == (FollowUpWay.LINK, Status.RESOLVED)
    assert client.get(address).status_code == 404


def test_dissatisfied_it_is_open_again_under_the_same_number(client, session, resolved, address):
    page = answer(client, address, CROSS)
    assert resolved.number in page.text
    session.expire_all()
    assert (resolved.status, resolved.confirmed_at) == (Status.HANDLING, None)


def test_every_link_that_does_not_open_is_answered_with_the_same_bytes(client, cast, session, resolved, address, clock):
    replayed = {"form_token": token(client, address), **GOOD}
    client.post(address, data=replayed)
    other = recorded(cast, now=clock.now(), phone="13800137777")
    expired_link, expired = link_of(other, clock.now() - timedelta(days=7))
    _revoked_link, revoked = link_of(other, clock.now())
    void = recorded(cast, now=clock.now(), phone="13800136666")
    _void_link, of_void = link_of(void, clock.now())
    of_void_living = client.get(of_void).status_code
    complaints.make_void(void, reason="录错", actor=cast.admin, now=clock.now())
    _newer, living = link_of(other, clock.now())
    answers = [
        *(client.get(each) for each in (address, expired, revoked, of_void, "/c/" + "a" * 22, "/c/1", "/c/%00")),
        client.post(address, data=replayed),
        client.post("/c/" + "a" * 22, data=replayed),
        client.post(living, data=replayed),  # The form of another case.
        client.post(living, data=GOOD),
        client.post(f"{living}/photos", data={"form_token": "é"}),
    ]
    assert of_void_living == 200 and client.get(living).status_code == 200
    assert {each.status_code for each in answers} == {404}
    assert len({each.data for each in answers}) == 1
    headers = {tuple(sorted((name, value) for name, value in each.headers if name != "Date")) for each in answers}
    assert len(headers) == 1
    assert expired_link.used_at is None


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"quality": "9"}, id="a score of nine"),
        pytest.param({"quality": "0"}, id="none"),
        pytest.param({"quality": "-1"}, id="less than none"),
        pytest.param({"quality": "五"}, id="a word"),
        pytest.param({"quality": "9" * 100}, id="a hundred digits"),
        pytest.param({"solved": ""}, id="solved or not"),
        pytest.param({"solved": "maybe"}, id="neither"),
        pytest.param({"words": "字" * 2001}, id="endless words"),
        pytest.param({"words": "a\0b"}, id="a NUL"),
    ],
)
def test_nonsense_is_refused_beside_the_question_and_the_link_goes_on(client, session, resolved, address, wrong):
    refused = answer(client, address, {**GOOD, **wrong})
    assert refused.status_code == 422
    page = soup_of(refused)
    assert page.select_one("[role=alert]")
    assert page.select_one("input[name=attitude][value='5']").has_attr("checked"), "what was ticked stays"
    session.expire_all()
    assert resolved.confirmed_at is None
    assert answer(client, address, GOOD).status_code == 200


def test_two_answers_at_the_same_moment_are_one(new_client, session, resolved, address):
    clients = [new_client(), new_client()]
    forms = [{"form_token": token(each, address), **CROSS} for each in clients]
    session.commit()
    start, found = threading.Barrier(2), []

    def press(client, form):
        start.wait(10)
        found.append(client.post(address, data=form).status_code)

    threads = [threading.Thread(target=press, args=each) for each in zip(clients, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [200, 404]
    session.expire_all()
    reopened = select(func.count()).where(TimelineEvent.kind == EventKind.REOPENED)
    assert session.scalar(reopened) == 1


class TestPhotos:
    def send(self, client, address: str, *files: tuple[str, bytes], **said: str):
        data = {
            "form_token": token(client, address),
            "photos": [(io.BytesIO(content), name) for name, content in files],
            **said,
        }
        return client.post(f"{address}/photos", data=data)

    def test_they_are_the_customer_s_evidence_and_the_link_goes_on(self, client, session, resolved, address):
        sent = self.send(client, address, ("../空鼓.jpg", picture()))
        assert (sent.status_code, sent.location) == (303, address)
        (item,) = session.scalars(select(Evidence))
        assert (item.complaint, item.side, item.uploaded_by) == (resolved, Side.CUSTOMERS, None)
        assert "/" not in item.original_name
        assert client.get(address).status_code == 200

    def test_with_the_answer(self, client, session, resolved, address):
        form = {"form_token": token(client, address), "photos": [(io.BytesIO(picture()), "a.jpg")], **GOOD}
        assert client.post(address, data=form).status_code == 200
        assert session.scalar(select(func.count(Evidence.id))) == 1

    def test_a_program_is_no_photo(self, client, session, resolved, address):
        refused = self.send(client, address, ("a.jpg", b"MZ\x90\x00" + b"\0" * 100))
        assert refused.status_code == 422
        assert session.scalar(select(func.count(Evidence.id))) == 0

    def test_with_a_score_of_nine_nothing_is_kept(self, client, session, resolved, address):
        form = {"form_token": token(client, address), "photos": [(io.BytesIO(picture()), "a.jpg")], **GOOD}
        assert client.post(address, data={**form, "quality": "9"}).status_code == 422
        assert session.scalar(select(func.count(Evidence.id))) == 0

    def test_there_is_an_end(self, client, session, resolved, address):
        for _each in range(2):
            assert self.send(client, address, *[("a.jpg", picture())] * 10).status_code == 303
        assert not soup_of(client.get(address)).select_one(f"form[action='{address}/photos']")


def test_a_repair_is_confirmed_once_and_its_promise_is_kept(client, session, resolved, address, clock):
    promise = PromiseFactory(complaint=resolved, made_at=clock.now() - timedelta(days=3), due_at=clock.now())
    about = {"customer": resolved.customer, "state": WorkOrderState.DONE, "done_at": clock.now()}
    begun = {"planned_start_at": clock.now() - timedelta(days=1), "started_at": clock.now() - timedelta(days=1)}
    done = WorkOrderFactory(complaint=resolved, promise=promise, **about, **begun)
    unseen = WorkOrderFactory(complaint=resolved, **about, **begun)
    other = WorkOrderFactory(**about, **begun)
    for order in (done, other):
        EvidenceFactory(complaint=None, work_order=order, use=EvidenceUse.AFTER)
    form = {"form_token": token(client, address)}
    shown = [each["value"] for each in soup_of(client.get(address)).select("input[name=number]")]
    assert shown == [done.number], "what no photo shows, and another's, is not offered"
    for number in (done.number, done.number, unseen.number, other.number, "é", ""):
        assert client.post(f"{address}/repair", data={**form, "number": number}).status_code == 303
    assert client.post(f"{address}/repair", data={"number": done.number}).status_code == 404
    session.expire_all()
    assert [each.state.value for each in (done, unseen, other)] == ["closed", "done", "done"]
    assert (done.ended_at, promise.kept_at, promise.kept_by) == (clock.now(), clock.now(), None)


def test_whoever_guesses_is_stopped_and_the_page_stays_silent(client, resolved, address):
    answers = [client.get(f"/c/{number:022d}") for number in range(16)]
    assert [each.status_code for each in answers] == [404] * 15 + [429]
    assert soup_of(answers[-1]).select_one("form") is None
    assert client.get(address).status_code == 429, "it is no way to tell which one is right"
