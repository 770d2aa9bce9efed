"""Progress reports: a few words a day to the customer, the report of the day as long as they arrive (D-17)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE, db
from gateways.base import Verdict, VerdictKind
from models import Complaint, Notification
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    ClockKind,
    ClockState,
    ContactMethod,
    ContactPurpose,
    EventKind,
    EvidenceUse,
    MessageLanguage,
    NotificationKind,
    NotificationState,
    PromiseKind,
    Side,
)
from services import complaints, opt_outs, outbox, progress_reports, promises, silences
from services.evidence import Upload
from tests.cast import Cast
from tests.conftest import Hands
from tests.providers import Provider, fleet_of
from tests.services.conftest import lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
SATURDAY_AFTERNOON = datetime(2026, 11, 21, 16, tzinfo=COMPANY_ZONE)


@pytest.fixture
def rework(complaint: Complaint, cast: Cast, clock: Hands, session: Db) -> Complaint:
    """The tiles are being laid anew since yesterday, and the customer is owed a report a day."""
    clock.set(SATURDAY_AFTERNOON)
    due_at = clock.now() + timedelta(days=3)
    complaints.acknowledge(complaint, actor=cast.zhou, now=clock.now())
    promises.make(complaint, text="重铺", due_at=due_at, kind=PromiseKind.REWORK, actor=cast.zhou, now=clock.now())
    session.commit()
    clock.forward(hours=1)
    return complaint


def report(
    complaint: Complaint, cast: Cast, now: datetime, *, words: str = "刷漆", percent: int | None = 80
) -> Notification:
    return progress_reports.send(complaint, words=words, percent=percent, actor=cast.zhou, now=now)


def progress_clocks(complaint: Complaint, session: Db) -> list[ClockState]:
    session.expire(complaint, ["clocks"])
    found = sorted((each for each in complaint.clocks if each.kind is ClockKind.PROGRESS), key=lambda each: each.id)
    return [each.state for each in found]


def test_the_customer_gets_it_in_a_few_words(rework: Complaint, cast: Cast, clock: Hands) -> None:
    sent = report(rework, cast, clock.now())
    assert (sent.kind, sent.customer, sent.person) == (NotificationKind.PROGRESS_REPORT, rework.customer, None)
    assert "刷漆80%" in sent.text and rework.number in sent.text
    assert lines(rework, EventKind.CUSTOMER_TOLD)[0].details["message"] == "progress_report"


def test_the_photos_of_the_day_are_kept_with_the_complaint(rework: Complaint, cast: Cast, clock: Hands) -> None:
    """D-17: with a picture; a file that is none stops the report as well."""
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(picture, "PNG")
    asked: dict[str, Any] = {"words": "刷漆", "percent": 80, "actor": cast.zhou}
    exe = Upload("刷漆.png", io.BytesIO(b"MZ\x90\x00" * 40))
    with pytest.raises(Refusal) as refusal:
        progress_reports.send(rework, **asked, photos=[exe], now=clock.now())
    assert refusal.value.field == "evidence"
    db.session.rollback()
    progress_reports.send(rework, **asked, photos=[Upload("刷漆.png", picture)], now=clock.now())
    db.session.expire(rework, ["evidence"])
    assert [(item.original_name, item.use, item.side) for item in rework.evidence] == [
        ("刷漆.png", EvidenceUse.DURING, Side.OURS)
    ]


def test_it_is_the_report_of_the_day_and_ends_the_silence(
    rework: Complaint, cast: Cast, clock: Hands, session: Db
) -> None:
    assert progress_clocks(rework, session) == [ClockState.RUNNING]
    report(rework, cast, clock.now())
    assert progress_clocks(rework, session) == [ClockState.MET, ClockState.RUNNING]
    (contact,) = rework.contacts
    assert (contact.method, contact.purpose, contact.is_reached) == (
        ContactMethod.SMS,
        ContactPurpose.PROGRESS,
        True,
    )
    assert rework.nudge_at == clock.now() + timedelta(hours=24)


def test_an_sms_is_no_call_to_the_customer(rework: Complaint, cast: Cast, clock: Hands) -> None:
    report(rework, cast, clock.now())
    contact = [each for each in rework.clocks if each.kind is ClockKind.CONTACT]
    assert all(each.stopped_at is None for each in contact)
    assert rework.contacted_at is None


@pytest.mark.parametrize(
    ("words", "percent", "field"),
    [
        pytest.param(" ", None, "words", id="nothing said"),
        pytest.param("墙面已经全部刷好了", None, "words", id="more than an SMS has room for"),
        pytest.param("墙面刷漆", 100, "words", id="the percentage takes room as well"),
        pytest.param("", -1, "percent", id="less than nothing"),
        pytest.param("", 101, "percent", id="more than all"),
        pytest.param("【好】", None, "words", id="brackets"),
        pytest.param("a.cn", None, "words", id="a link"),
        pytest.param("\x00", None, "words", id="what no database keeps"),
    ],
)
def test_what_no_sms_can_say_is_refused(
    words: str, percent: int | None, field: str, rework: Complaint, cast: Cast, clock: Hands, messages: Messages
) -> None:
    with pytest.raises(Refusal) as refusal:
        report(rework, cast, clock.now(), words=words, percent=percent)
    assert refusal.value.field == field
    assert messages(NotificationKind.PROGRESS_REPORT) == []


@pytest.mark.parametrize("whose", ["customer", "actor"])
def test_no_name_stands_in_it(whose: str, rework: Complaint, cast: Cast, clock: Hands, messages: Messages) -> None:
    rework.customer.name = "欧阳建国"
    name = rework.customer.name if whose == "customer" else cast.zhou.name
    with pytest.raises(Refusal) as refusal:
        report(rework, cast, clock.now(), words=f"{name[:1]} {name[1:]}", percent=None)
    assert (refusal.value.field, refusal.value.message) == ("words", "A name cannot stand in an SMS to a customer.")
    assert messages(NotificationKind.PROGRESS_REPORT) == []


@pytest.mark.parametrize(("words", "is_refused"), [("tiling", False), ("tell Li", True), ("LI: tiled", True)])
def test_a_short_latin_name_is_one_as_a_word_only(
    words: str, is_refused: bool, rework: Complaint, cast: Cast, clock: Hands
) -> None:
    rework.customer.name = "Li"
    rework.customer.message_language = MessageLanguage.ENGLISH
    if not is_refused:
        report(rework, cast, clock.now(), words=words, percent=None)
        return
    with pytest.raises(Refusal) as refusal:
        report(rework, cast, clock.now(), words=words, percent=None)
    assert refusal.value.message == "A name cannot stand in an SMS to a customer."


def test_a_double_click_is_one_report(rework: Complaint, cast: Cast, clock: Hands, messages: Messages) -> None:
    report(rework, cast, clock.now())
    with pytest.raises(Conflict):
        report(rework, cast, clock.now())
    assert len(messages(NotificationKind.PROGRESS_REPORT)) == 1


def test_who_wants_no_messages_is_to_be_called(rework: Complaint, cast: Cast, clock: Hands) -> None:
    opt_outs.opt_out(rework.customer.phone, "TD", clock.now())
    with pytest.raises(Conflict):
        report(rework, cast, clock.now())


def test_it_is_written_in_the_customer_s_language(rework: Complaint, cast: Cast, clock: Hands) -> None:
    rework.customer.message_language = MessageLanguage.ENGLISH
    assert "We are working on" in report(rework, cast, clock.now()).text


def test_who_only_looks_reports_nothing(rework: Complaint, cast: Cast, clock: Hands) -> None:
    with pytest.raises(NotAllowed):
        progress_reports.send(rework, words="好", percent=None, actor=cast.auditor, now=clock.now())


def test_a_report_that_never_arrived_counts_no_more_and_somebody_is_nudged(
    rework: Complaint,
    cast: Cast,
    clock: Hands,
    session: Db,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    messages: Messages,
) -> None:
    sent = report(rework, cast, clock.now())
    session.commit()
    fleet = fleet_of(Provider([Verdict(VerdictKind.PERMANENT)] * 9, name="sms"))
    monkeypatch.setitem(app.extensions, "channels", fleet)
    clock.forward(minutes=1)
    outbox.dispatch(fleet=fleet, clock=clock.now)
    session.expire_all()
    assert sent.state is NotificationState.FAILED
    assert [each.is_reached for each in rework.contacts] == [False]
    assert rework.nudge_at == clock.now()
    monday_morning = clock.set(datetime(2026, 11, 23, 9, tzinfo=COMPANY_ZONE))
    assert silences.sweep(now=monday_morning) == 1
    assert messages(NotificationKind.CUSTOMER_SILENT)[-1].person is cast.xiaozhou
