"""Pushes as providers make them, over HTTP: kept, thanked for, and never believed further than they can be proved."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, scoped_session
from werkzeug.test import TestResponse

import config
from gateways.base import Push
from gateways.untrusted import LARGEST_PUSH
from models import InboundMessage, Notification, Receipt
from rules.channel_protocols import PROTOCOLS, RECEIPTS, REPLIES
from rules.vocabulary import EventKind, NotificationKind, NotificationState, ReplyOutcome
from services import calls, channel_setup, push_addresses, receipts
from tests.cast import Cast
from tests.client import DeskClient
from tests.factories import IntakeFactory, NotificationFactory
from tests.gateways.standins import kannel, signed_http, twilio
from tests.gateways.test_chinese_pushes import (
    ALIYUN_RECEIPT,
    ALIYUN_REPLY,
    TENCENT_RECEIPT,
    TENCENT_REPLY,
    VOICE_RECEIPT,
)
from tests.test_config import told

Db = scoped_session[Session]
STATE = NotificationState
PUBLIC = "https://desk.example.com"
PUSHING = tuple(name for name, protocol in PROTOCOLS.items() if protocol.pushes)
PHONE = "+8613800138000"
"""林晓's, in the cast; the samples of the providers are about her."""


@pytest.fixture
def desk(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Any) -> config.Config:
    """A desk with every channel whose provider pushes, behind a public address."""
    env = {name: value for channel in PUSHING for name, value in told(channel).items()}
    read = config.read(
        {"DATA_DIR": str(tmp_path), "SECRET_KEY": "known", "PUBLIC_URL": PUBLIC, "CHANNELS": " ".join(PUSHING), **env}
    )
    old: config.Config = app.config["DESK"]
    desk = replace(old, public_url=read.public_url, channels=read.channels, channel_orders={})
    monkeypatch.setitem(app.config, "DESK", desk)
    monkeypatch.setitem(app.extensions, "channels", channel_setup.build(app, desk))
    return desk


@pytest.fixture
def message(desk: config.Config, cast: Cast, session: Db, now: datetime) -> Callable[..., Notification]:
    """A message to 林晓 that a channel took."""

    def make(channel: str, **changes: Any) -> Notification:
        given = {
            "person": cast.lin,
            "channel": channel,
            "state": STATE.ACCEPTED,
            "attempts": 1,
            "attempted_at": now - timedelta(minutes=1),
            "accepted_at": now - timedelta(minutes=1),
            "kind": NotificationKind.SHIFT_REMINDER,
        }
        found: Notification = NotificationFactory(**(given | changes))
        session.commit()
        return found

    return make


@pytest.fixture
def bring(client: DeskClient, desk: config.Config) -> Callable[..., TestResponse]:
    """Make a push to the desk, as its provider would: no cookies, no token."""

    def send(channel: str, what: str, push: Push | object, **more: Any) -> TestResponse:
        path = urlsplit(push_addresses.address(channel, what, desk)).path
        if not isinstance(push, Push):
            push = Push("POST", "", {}, {"Content-Type": "application/json"}, json.dumps(push).encode())
        query = urlsplit(push.url).query
        url = f"{path}?{query}" if query else path
        return client.open(url, method=push.method, data=push.body or None, headers=dict(push.headers), **more)

    return send


def address(desk: config.Config, channel: str, what: str) -> str:
    return push_addresses.address(channel, what, desk)


class TestReceipts:
    """Each provider's own, as its documentation or its own gateway writes it."""

    def test_of_aliyun(self, message: Any, bring: Any) -> None:
        sent = message("aliyun", provider_id=ALIYUN_RECEIPT["biz_id"])
        answer = bring("aliyun", RECEIPTS, [ALIYUN_RECEIPT | {"out_id": sent.public_id}])
        assert (answer.status_code, answer.get_json()["code"], answer.mimetype) == (200, 0, "application/json")
        assert sent.state is STATE.DELIVERED

    def test_of_aliyuns_calls(self, message: Any, bring: Any) -> None:
        sent = message("aliyun_voice", provider_id=VOICE_RECEIPT["call_id"])
        answer = bring("aliyun_voice", RECEIPTS, [VOICE_RECEIPT | {"out_id": sent.public_id[:15]}])
        assert answer.status_code == 200 and sent.state is STATE.DELIVERED

    def test_of_tencent(self, message: Any, bring: Any) -> None:
        sent = message("tencent", provider_id=TENCENT_RECEIPT["sid"])
        answer = bring("tencent", RECEIPTS, [TENCENT_RECEIPT])
        assert answer.get_json() == {"result": 0, "errmsg": "OK"} and sent.state is STATE.DELIVERED

    @pytest.mark.parametrize(
        ("channel", "form"),
        [
            ("twilio", {"MessageSid": "SM1", "MessageStatus": "delivered", "To": PHONE}),
            ("twilio_voice", {"CallSid": "SM1", "CallStatus": "completed", "To": PHONE}),
        ],
    )
    def test_of_twilio_which_signs_the_public_address(
        self, message: Any, bring: Any, desk: config.Config, channel: str, form: dict[str, str]
    ) -> None:
        sent = message(channel, provider_id="SM1")
        url = f"{address(desk, channel, RECEIPTS)}?{urlencode({'id': sent.public_id})}"
        answer = bring(channel, RECEIPTS, twilio.webhook(_secret(desk, channel, "AUTH_TOKEN"), url, form))
        assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/xml", "<Response/>")
        assert sent.state is STATE.DELIVERED

    def test_of_kannel_which_comes_by_get(self, message: Any, bring: Any, app: Flask) -> None:
        sent = message("kannel")
        gateway: Any = app.extensions["channels"].named("kannel").gateway
        push = kannel.report(gateway._callback(sent.public_id), state=1, words="id:P1 stat:DELIVRD err:000")
        answer = bring("kannel", RECEIPTS, push)
        assert (answer.status_code, answer.data) == (200, b""), "Kannel would send the words of an answer to the phone"
        assert (sent.state, sent.provider_code) == (STATE.DELIVERED, "DELIVRD 000")

    def test_of_a_gateway_of_ones_own(self, message: Any, bring: Any, desk: config.Config, now: datetime) -> None:
        sent = message("signed_http", provider_id="g-1")
        told = [{"id": sent.public_id, "status": "delivered", "provider_id": "g-1", "parts": 2}]
        secret = _secret(desk, "signed_http", "SECRET")
        answer = bring("signed_http", RECEIPTS, signed_http.push(secret, told, at=now.timestamp()))
        assert answer.get_json() == {"ok": True} and (sent.state, sent.parts) == (STATE.DELIVERED, 2)

    def test_of_somebody_elses_messages_are_thanked_for_and_left_out(
        self, message: Any, bring: Any, session: Db
    ) -> None:
        answer = bring("aliyun", RECEIPTS, [ALIYUN_RECEIPT])
        assert answer.status_code == 200
        assert session.scalar(select(func.count(Receipt.id))) == 0


class TestReplies:
    @pytest.fixture
    def called(self, message: Any, cast: Cast, on_duty: Any, session: Db, now: datetime) -> Notification:
        """The call that 林晓 answers."""
        complaint = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
        found: Notification = message("aliyun", kind=NotificationKind.DUTY_CALL, complaint=complaint)
        found.reply_code = "A0238"
        session.commit()
        return found

    def assert_acted(self, called: Notification, cast: Cast) -> None:
        complaint = called.complaint
        assert complaint is not None and complaint.acknowledged_by is cast.lin
        assert [line.actor for line in complaint.timeline if line.kind is EventKind.ACKNOWLEDGED] == [cast.lin]

    def test_of_aliyun(self, called: Notification, cast: Cast, bring: Any) -> None:
        answer = bring("aliyun", REPLIES, [ALIYUN_REPLY | {"content": "1 A0238"}])
        assert answer.get_json()["code"] == 0
        self.assert_acted(called, cast)

    def test_of_tencent(self, called: Notification, cast: Cast, bring: Any) -> None:
        assert bring("tencent", REPLIES, TENCENT_REPLY | {"text": "1 A0238"}).status_code == 200
        self.assert_acted(called, cast)

    def test_of_twilio(self, called: Notification, cast: Cast, bring: Any, desk: config.Config) -> None:
        form = {"MessageSid": "SM9", "From": PHONE, "To": "+15550001", "Body": "1 A0238"}
        push = twilio.webhook(_secret(desk, "twilio", "AUTH_TOKEN"), address(desk, "twilio", REPLIES), form)
        assert bring("twilio", REPLIES, push).status_code == 200
        self.assert_acted(called, cast)

    def test_of_a_key_pressed_during_twilios_call(
        self, called: Notification, cast: Cast, bring: Any, desk: config.Config, session: Db
    ) -> None:
        called.channel, called.provider_id = "twilio_voice", "CA1"
        session.commit()
        form = {"CallSid": "CA1", "Digits": "1", "To": PHONE}
        token = _secret(desk, "twilio_voice", "AUTH_TOKEN")
        push = twilio.webhook(token, address(desk, "twilio_voice", REPLIES), form)
        assert bring("twilio_voice", REPLIES, push).status_code == 200
        self.assert_acted(called, cast)

    def test_of_kannel_in_raw_utf_16(self, called: Notification, cast: Cast, bring: Any, desk: config.Config) -> None:
        url = f"{address(desk, 'kannel', REPLIES)}?key={quote(_secret(desk, 'kannel', 'PUSH_KEY'))}"
        url += "&id=%I&from=%p&text=%b&charset=%C&ts=%T"
        push = kannel.from_phone(url, sender=PHONE, text="接单 A0238".encode("utf-16-be"), charset="UTF-16BE")
        answer = bring("kannel", REPLIES, push)
        assert (answer.status_code, answer.data) == (200, b"")
        self.assert_acted(called, cast)

    def test_of_a_gateway_of_ones_own(
        self, called: Notification, cast: Cast, bring: Any, desk: config.Config, now: datetime
    ) -> None:
        told = [{"id": "r-1", "phone": PHONE, "text": "1 A0238"}]
        push = signed_http.push(_secret(desk, "signed_http", "SECRET"), told, at=now.timestamp())
        assert bring("signed_http", REPLIES, push).status_code == 200
        self.assert_acted(called, cast)

    def test_brought_again_act_once(self, called: Notification, cast: Cast, bring: Any, session: Db) -> None:
        reply = ALIYUN_REPLY | {"content": "2 A0238"}
        assert {bring("aliyun", REPLIES, [reply, reply]).status_code for _ in range(3)} == {200}
        assert session.scalar(select(func.count(InboundMessage.id))) == 1
        assert called.complaint is not None and called.complaint.escalation_level == 1

    def test_of_strangers_are_kept(self, desk: config.Config, bring: Any, session: Db) -> None:
        bring("aliyun", REPLIES, [ALIYUN_REPLY | {"phone_number": "13900139999"}])
        kept = session.scalars(select(InboundMessage)).one()
        assert kept.outcome is ReplyOutcome.UNKNOWN_NUMBER

    def test_several_in_one_push_are_all_kept(self, desk: config.Config, bring: Any, session: Db) -> None:
        brought = [ALIYUN_REPLY | {"sequence_id": number, "content": f"第{number}条"} for number in range(20)]
        assert bring("aliyun", REPLIES, brought).status_code == 200
        assert session.scalar(select(func.count(InboundMessage.id))) == 20


class TestRefused:
    """Never a 500, never kept, and the log has a line without a word of it."""

    @pytest.fixture(autouse=True)
    def nothing_kept(self, desk: config.Config, session: Db, caplog: pytest.LogCaptureFixture) -> Any:
        yield
        session.rollback()
        assert session.scalar(select(func.count(Receipt.id))) == 0
        assert session.scalar(select(func.count(InboundMessage.id))) == 0
        assert "13800138000" not in caplog.text and "A0238" not in caplog.text

    @pytest.mark.parametrize("channel", PUSHING)
    def test_a_forged_or_unreadable_push(
        self, bring: Any, desk: config.Config, channel: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        forged = [
            Push("POST", "", {}, {"Content-Type": "application/json"}, b"nonsense"),
            Push("POST", "", {}, {"Content-Type": "application/json"}, b"[" * 60_000),
            Push(
                "POST", "", {}, {"Content-Type": "application/json"}, b'[{"phone":"+8613800138000","text":"1 A0238"}]'
            ),
            Push("POST", "", {}, {"Content-Type": "application/x-www-form-urlencoded"}, b"Body=1+A0238&From=x"),
            Push("POST", "", {}, {"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\n\r\n1 A0238\r\n--x--"),
            Push("POST", "", {}, {"X-Twilio-Signature": "x", "X-Signature": "x", "X-Timestamp": "9" * 400}, b""),
            Push("GET", "https://x/?id=1&mac=2&key=3&text=%FF%FE&from=13800138000", {}, {}, b""),
            Push("GET", "https://x/?%00=%F0%9F&a=&&&=;", {}, {}, b""),
        ]
        for what in PROTOCOLS[channel].pushes:
            for push in forged:
                caplog.clear()
                answer = bring(channel, what, push)
                assert answer.status_code == 400, (what, push)
                assert f"{channel}: a push of {what} was refused" in caplog.text

    @pytest.mark.parametrize(
        "path",
        [
            "/pushes/aliyun/{wrong}/receipts",
            "/pushes/aliyun/{right}x/receipts",
            "/pushes/tencent/{right}/receipts",
            "/pushes/nobody/{nobody}/receipts",
            "/pushes/wecom/{wecom}/receipts",
            "/pushes/aliyun/{right}/nothing",
            "/pushes/aliyun/{right}/send",
            "/pushes/aliyun_voice/{voice}/name",
            "/pushes/%00/%00/receipts",
            "/pushes/aliyun/%F0%9F/receipts",
        ],
    )
    def test_a_wrong_address(self, client: DeskClient, desk: config.Config, path: str) -> None:
        tokens = {
            name: push_addresses.token(channel, desk)
            for name, channel in (
                ("right", "aliyun"), ("nobody", "nobody"), ("wecom", "wecom"), ("voice", "aliyun_voice")
            )
        }  # fmt: skip
        url = path.format(wrong="0" * 40, **tokens)
        for method in ("GET", "POST"):
            assert client.open(url, method=method, json=[ALIYUN_RECEIPT]).status_code == 404

    @pytest.mark.parametrize("size", [LARGEST_PUSH + 1, 1024 * 1024])
    def test_a_push_of_a_megabyte_is_not_even_read(self, bring: Any, desk: config.Config, size: int) -> None:
        body = json.dumps([ALIYUN_REPLY | {"content": "字" * size}]).encode()[:size]
        push = Push("POST", "", {}, {"Content-Type": "application/json"}, body)
        assert bring("aliyun", REPLIES, push).status_code == 413

    def test_from_a_network_that_may_not(
        self, bring: Any, desk: config.Config, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        networks = (ipaddress.ip_network("203.0.113.0/24"),)
        closed = tuple(replace(each, push_allow=networks) for each in desk.channels)
        monkeypatch.setitem(app.config, "DESK", replace(desk, channels=closed))
        from_outside = {"REMOTE_ADDR": "198.51.100.7"}
        assert bring("aliyun", RECEIPTS, [ALIYUN_RECEIPT], environ_overrides=from_outside).status_code == 403
        from_within = {"REMOTE_ADDR": "203.0.113.9"}
        assert bring("aliyun", RECEIPTS, [ALIYUN_RECEIPT], environ_overrides=from_within).status_code == 200

    def test_a_replayed_signature_of_another_time(self, bring: Any, desk: config.Config, now: datetime) -> None:
        told = [{"id": "r-1", "phone": PHONE, "text": "1 A0238"}]
        old = signed_http.push(_secret(desk, "signed_http", "SECRET"), told, at=now.timestamp() - 301)
        assert bring("signed_http", REPLIES, old).status_code == 400

    def test_twilios_signature_for_another_address(self, bring: Any, desk: config.Config) -> None:
        form = {"MessageSid": "SM9", "From": PHONE, "To": "+15550001", "Body": "1 A0238"}
        url = address(desk, "twilio", REPLIES)
        push = twilio.webhook(_secret(desk, "twilio", "AUTH_TOKEN"), url, form, signed_url=f"{url}?x=1")
        assert bring("twilio", REPLIES, push).status_code == 400

    def test_whoever_guesses_is_shut_out_and_the_provider_is_not(
        self, client: DeskClient, bring: Any, desk: config.Config
    ) -> None:
        guesses = [client.get(f"/pushes/aliyun/{number:040d}/receipts").status_code for number in range(70)]
        assert guesses[0] == 404 and guesses[-1] == 429
        from_elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
        for _ in range(70):
            answer = bring("aliyun", RECEIPTS, [ALIYUN_RECEIPT], environ_overrides=from_elsewhere)
            assert answer.status_code == 200


def test_what_the_desk_cannot_keep_is_to_be_brought_again(
    message: Any, bring: Any, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent = message("aliyun", provider_id=ALIYUN_RECEIPT["biz_id"])
    push = [ALIYUN_RECEIPT | {"out_id": sent.public_id}]
    with monkeypatch.context() as broken:
        broken.setattr(receipts, "take", _fail)
        app.testing = False
        try:
            assert bring("aliyun", RECEIPTS, push).status_code >= 500
        finally:
            app.testing = True
    assert "13800138000" not in caplog.text
    assert sent.state is STATE.ACCEPTED
    assert bring("aliyun", RECEIPTS, push).status_code == 200 and sent.state is STATE.DELIVERED


def test_addresses_are_not_guessed_from_one_another(desk: config.Config) -> None:
    tokens = {push_addresses.token(channel, desk) for channel in PUSHING}
    assert len(tokens) == len(PUSHING) and all(len(token) == 40 for token in tokens)
    assert hashlib.sha256(b"aliyun").hexdigest()[:40] not in tokens


def _fail(*args: Any, **more: Any) -> int:
    raise OperationalError("INSERT", {}, Exception("disk I/O error"))


def _secret(desk: config.Config, channel: str, key: str) -> str:
    return next(each for each in desk.channels if each.name == channel).values[key]
