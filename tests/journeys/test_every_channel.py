"""Each channel from its environment variables to the desk's own page: sent, received, answered with a 1, acknowledged.

The provider is a stand-in on loopback that verifies every request; what it brings back comes over HTTP.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

import config
from gateways.base import Push
from models import Complaint, Notification
from rules.channel_protocols import PROTOCOLS, RECEIPTS, REPLIES, prefix
from rules.vocabulary import (
    MessageLanguage,
    MessageRelation,
    NotificationKind,
    NotificationState,
    RegistrationState,
)
from services import calls, channel_setup, outbox, push_addresses, templates
from services.templates import Registered
from tests.cast import Cast
from tests.client import DeskClient
from tests.conftest import Hands
from tests.factories import IntakeFactory, NotificationFactory
from tests.gateways.standins import aliyun, kannel, mail, robots, signed_http, tencent, twilio
from tests.gateways.test_chinese_pushes import (
    ALIYUN_RECEIPT,
    ALIYUN_REPLY,
    TENCENT_RECEIPT,
    TENCENT_REPLY,
    VOICE_RECEIPT,
)

Db = scoped_session[Session]
SECRET = "s3cret-of-theirs"
TEMPLATES = {"aliyun": "SMS_1001", "tencent": "1112", "aliyun_voice": "TTS_1001"}
SHORT = "新投诉待您接单，请立即登录系统处理。回复1 {code}接单，0不能接。"
"""Tencent refuses a variable of more than six characters, so its words name neither complaint nor time."""

_ALIYUN = {"ACCESS_KEY_ID": aliyun.KEY_ID, "ACCESS_KEY_SECRET": aliyun.SECRET}
_TWILIO = {"ACCOUNT_SID": twilio.ACCOUNT_SID, "AUTH_TOKEN": SECRET, "SENDER": "+15550001"}


@dataclass(frozen=True)
class Route:
    """A channel: its far end, the environment of its account, the key of its address and the path behind it."""

    far_end: Callable[..., Any]
    env: dict[str, str]
    key: str = "ENDPOINT"
    path: str = ""
    arguments: tuple[str, ...] = field(default=())


ROUTES = {
    "aliyun": Route(aliyun.Aliyun, _ALIYUN),
    "aliyun_voice": Route(aliyun.Aliyun, _ALIYUN),
    "tencent": Route(
        tencent.Tencent,
        {"SECRET_ID": tencent.SECRET_ID, "SECRET_KEY": tencent.SECRET_KEY, "SDK_APP_ID": tencent.APP_ID},
    ),
    "twilio": Route(twilio.Twilio, _TWILIO, "BASE_URL", "", (SECRET,)),
    "twilio_voice": Route(twilio.Twilio, _TWILIO, "BASE_URL", "", (SECRET,)),
    "kannel": Route(
        kannel.Kannel,
        {"USERNAME": "desk", "PASSWORD": SECRET, "PUSH_KEY": "0123456789abcdef0123456789abcdef"},
        "URL",
        "/cgi-bin/sendsms",
        ("desk", SECRET),
    ),
    "signed_http": Route(signed_http.SignedHttp, {"SECRET": SECRET}, "URL", signed_http.ADDRESS, (SECRET,)),
    "wecom": Route(robots.Wecom, {"KEY": SECRET}, "URL", "/cgi-bin/webhook/send", (SECRET,)),
    "dingtalk": Route(
        robots.Dingtalk, {"ACCESS_TOKEN": "t0ken", "SECRET": SECRET}, "URL", "/robot/send", ("t0ken", SECRET)
    ),
    "feishu": Route(
        robots.Feishu, {"TOKEN": "t0ken", "SECRET": SECRET}, "URL", "/open-apis/bot/v2/hook", ("t0ken", SECRET)
    ),
}


@pytest.fixture
def wire(app: Flask, tmp_path: Path, clock: Hands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Configure the desk for one channel alone; returns its far end."""
    with ExitStack() as stack:

        def configure(channel: str, env: dict[str, str]) -> config.Config:
            known = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "known", "PUBLIC_URL": "https://desk.example.com"}
            named = {prefix(channel) + key: text for key, text in env.items()}
            read = config.read({**known, "CHANNELS": channel, **named})
            old: config.Config = app.config["DESK"]
            desk = replace(old, public_url=read.public_url, channels=read.channels, channel_orders={})
            monkeypatch.setitem(app.config, "DESK", desk)
            monkeypatch.setitem(app.extensions, "channels", channel_setup.build(app, desk))
            return desk

        def do(channel: str) -> Any:
            if channel == "smtp":
                server = stack.enter_context(mail.MailServer())
                env = {"HOST": "127.0.0.1", "PORT": str(server.port), "SECURITY": "none"}
                configure(channel, {**env, "SENDER": "desk@example.com"})
                return server
            route = ROUTES[channel]
            far_end = stack.enter_context(route.far_end(*route.arguments, read_clock=clock.now))
            configure(channel, {**route.env, route.key: far_end.url + route.path})
            return far_end

        yield do


@pytest.fixture
def call(cast: Cast, on_duty: Any, session: Db, clock: Hands) -> Notification:
    """The one message of a new complaint that is to leave."""
    calls.record(IntakeFactory(), actor=cast.xiaozhou, now=clock.now())
    waiting = session.scalars(select(Notification).where(Notification.state == NotificationState.QUEUED)).all()
    found = next(each for each in waiting if each.kind is NotificationKind.DUTY_CALL)
    assert found.person is not None
    found.person.email = "duty@example.com"
    for other in waiting:
        if other is not found:
            other.due_at = clock.now().replace(year=2027)
    session.commit()
    return found


@pytest.fixture
def sent(wire: Any, call: Notification, app: Flask, cast: Cast, session: Db, clock: Hands) -> Callable[[str], Any]:
    """Send the call by the channel; returns what arrived at its far end."""

    def do(channel: str) -> Any:
        far_end = wire(channel)
        if channel in TEMPLATES:
            about = (call.kind, MessageLanguage.CHINESE)
            version = 0
            if channel == "tencent":
                changed = {"text": SHORT, "remarks": "变量不超过6个字符", "based_on": 0}
                version = templates.publish(*about, **changed, actor=cast.roster, now=clock.now()).number
            approved = Registered(TEMPLATES[channel], "安心桥", RegistrationState.APPROVED)
            templates.register(
                *(*about, version),
                channel=channel,
                registered=approved,
                actor=cast.roster,
                now=clock.now(),
            )
        if channel.endswith("_voice"):  # A phone rings where another way did not work.
            call.relation, call.parent = MessageRelation.FALLBACK, NotificationFactory(state=NotificationState.FAILED)
        session.commit()
        outbox.dispatch(fleet=app.extensions["channels"], clock=clock.now)
        session.expire_all()
        assert (call.state, call.channel) == (NotificationState.ACCEPTED, channel), call.provider_code
        [arrived] = far_end.letters if channel == "smtp" else far_end.arrivals
        return arrived

    return do


def receipt(channel: str, arrived: Any, call: Notification, address: str, clock: Hands) -> Push | object:
    """What the provider brings when the message has arrived."""
    number = call.phone.removeprefix("+86")
    if channel == "aliyun":
        return [ALIYUN_RECEIPT | {"phone_number": number, "biz_id": arrived.provider_id, "out_id": arrived.message_id}]
    if channel == "aliyun_voice":
        return [VOICE_RECEIPT | {"callee": number, "call_id": arrived.provider_id, "out_id": arrived.message_id}]
    if channel == "tencent":
        return [TENCENT_RECEIPT | {"mobile": number, "sid": arrived.provider_id}]
    if channel == "kannel":
        return kannel.report(arrived.said["dlr-url"], state=1, words="id:P1 stat:DELIVRD err:000")
    if channel == "signed_http":
        told = [{"id": arrived.message_id, "status": "delivered", "provider_id": arrived.provider_id}]
        return signed_http.push(SECRET, told, at=clock.now().timestamp())
    if channel == "twilio":
        form = {"MessageSid": arrived.provider_id, "MessageStatus": "delivered", "To": call.phone}
    else:
        form = {"CallSid": arrived.provider_id, "CallStatus": "completed", "To": call.phone}
    return twilio.webhook(SECRET, arrived.said["StatusCallback"], form)


def reply(channel: str, arrived: Any, call: Notification, address: str, clock: Hands) -> Push | object:
    """What the provider brings when its receiver typed a 1."""
    number, words = call.phone.removeprefix("+86"), f"1 {call.reply_code}"
    if channel == "aliyun":
        return [ALIYUN_REPLY | {"phone_number": number, "content": words}]
    if channel == "tencent":
        return TENCENT_REPLY | {"mobile": number, "text": words}
    if channel == "kannel":
        key = quote(ROUTES[channel].env["PUSH_KEY"])
        url = f"{address}?key={key}&id=%I&from=%p&text=%b&charset=%C&ts=%T"
        return kannel.from_phone(url, sender=call.phone, text=words.encode("utf-16-be"), charset="UTF-16BE")
    if channel == "signed_http":
        told = [{"id": "r-1", "phone": call.phone, "text": words}]
        return signed_http.push(SECRET, told, at=clock.now().timestamp())
    if channel == "twilio":
        form = {"MessageSid": "SM9", "From": call.phone, "To": "+15550001", "Body": words}
    else:
        form = {"CallSid": arrived.provider_id, "Digits": "1", "To": call.phone}
    return twilio.webhook(SECRET, address, form)


@pytest.mark.parametrize("channel", [name for name in PROTOCOLS if name != "sandbox"])
def test_a_call_goes_out_arrives_and_is_answered(
    channel: str,
    sent: Any,
    call: Notification,
    app: Flask,
    client: DeskClient,
    session: Db,
    clock: Hands,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    arrived = sent(channel)

    def bring(what: str, make: Callable[..., Push | object]) -> None:
        address = push_addresses.address(channel, what, app.config["DESK"])
        push = make(channel, arrived, call, address, clock)
        if not isinstance(push, Push):
            push = Push("POST", "", {}, {"Content-Type": "application/json"}, json.dumps(push).encode())
        query = urlsplit(push.url).query or urlencode(push.query)
        answer = client.open(
            f"{urlsplit(address).path}?{query}",
            method=push.method,
            data=push.body or None,
            headers=dict(push.headers),
        )
        assert answer.status_code == 200, answer.text
        session.expire_all()

    clock.forward(seconds=20)
    pushes = PROTOCOLS[channel].pushes
    if RECEIPTS in pushes:
        bring(RECEIPTS, receipt)
        assert call.state is NotificationState.DELIVERED
    if REPLIES in pushes:
        bring(REPLIES, reply)
        complaint: Complaint | None = call.complaint
        assert complaint is not None and complaint.acknowledged_by is call.person
    assert not [secret for secret in (SECRET, call.phone.removeprefix("+86"), "1 A0") if secret in caplog.text]
