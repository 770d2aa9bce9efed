"""The page of channels: how they do, the buttons, and who sees what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from admin_views import channel_words
from gateways import aliyun_sms, aliyun_voice, dingtalk, feishu, tencent_sms, twilio, wecom
from gateways.base import Verdict, VerdictKind
from models import ChannelState, Notification
from rules.vocabulary import ChannelCondition, ChannelKind, NotificationKind, NotificationState
from services import push_addresses
from services.channels import Channels
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import NotificationFactory
from tests.providers import Provider, fleet_of

Db = scoped_session[Session]
ENGLISH = {"lang": "en"}


@pytest.fixture
def provider() -> Provider:
    return Provider(name="aliyun")


@pytest.fixture
def fleet(provider: Provider, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Channels:
    fleet = fleet_of(provider, Provider(name="wecom", kind=ChannelKind.ROBOT), protocol="aliyun")
    monkeypatch.setitem(app.extensions, "channels", fleet)
    return fleet


@pytest.fixture
def admin(client: DeskClient, cast: Cast, fleet: Channels) -> DeskClient:
    client.login(cast.admin)
    client.set_cookie("lang", "en")
    return client


def card(client: DeskClient, name: str = "aliyun") -> str:
    found = soup_of(client.get("/channels/")).select_one(f"#channel-{name}")
    assert found is not None
    return found.get_text(" ", strip=True)


def stop(session: Db, now: datetime, **more: object) -> None:
    given = {"condition": ChannelCondition.STOPPED, "code": "isv.AMOUNT_NOT_ENOUGH", "words": "余额不足", **more}
    session.add(ChannelState(name="aliyun", since=now, failures=6, **given))
    session.commit()


def test_a_quiet_channel_works_and_shows_no_empty_pictures(admin: DeskClient) -> None:
    page = soup_of(admin.get("/channels/"))
    assert "Working" in card(admin)
    assert page.select(".pygal-chart") == []


def test_pictures_say_their_values_and_bring_no_style_and_no_script(
    admin: DeskClient, session: Db, now: datetime
) -> None:
    for state in (NotificationState.DELIVERED, NotificationState.FAILED, NotificationState.FAILED):
        NotificationFactory(
            channel="aliyun",
            attempted_at=now,
            accepted_at=now,
            delivered_at=now + timedelta(seconds=7) if state is NotificationState.DELIVERED else None,
            state=state,
        )
    pictures = soup_of(admin.get("/channels/")).select(".pygal-chart")
    assert len(pictures) == 4
    titles = [title.get_text() for title in pictures[0].select("title")]
    assert {"22:00 Delivered: 1", "22:00 Failed: 2"} <= set(titles)
    assert "22:00: 3.5 s" in [title.get_text() for title in pictures[1].select("title")] or "22:00: 0 s" in str(
        pictures
    )
    for picture in pictures:
        assert picture["aria-label"]
        assert not picture.select("style, script, [style], [onclick]")


def test_a_stopped_channel_says_why_in_plain_words_and_in_the_providers(
    admin: DeskClient, session: Db, now: datetime
) -> None:
    stop(session, now)
    words = card(admin)
    assert "Stopped: trouble with the account" in words
    assert "The account has no money left" in words
    assert "isv.AMOUNT_NOT_ENOUGH 余额不足" in words
    assert "余额不足" in admin.get("/").get_data(as_text=True)


def test_letting_it_go_on(admin: DeskClient, cast: Cast, session: Db, now: datetime) -> None:
    stop(session, now)
    answer = admin.send("/channels/aliyun/resume", page="/channels/", follow_redirects=True)
    assert "aliyun goes on." in answer.get_data(as_text=True)
    assert "Working" in card(admin) and cast.admin.name in card(admin)
    again = admin.send("/channels/aliyun/resume", page="/channels/", follow_redirects=True)
    assert "The channel works already." in again.get_data(as_text=True)
    assert "Stopped: trouble with the account → Working" in card(admin)
    never = admin.send("/channels/wecom/resume", page="/channels/", follow_redirects=True)
    assert "The channel works already." in never.get_data(as_text=True)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict(VerdictKind.ACCEPTED, "1", "OK"), "The provider took the message"),
        (Verdict(VerdictKind.ACCOUNT, code="SignatureDoesNotMatch", words="签名不对"), "the secret is not theirs"),
        (Verdict(VerdictKind.ACCOUNT, code="never.heard.of"), "The provider takes nothing from this account."),
        (Verdict(VerdictKind.RETRY, code="not_reached", words="NameResolutionError"), "could not be reached"),
        (Verdict(VerdictKind.UNKNOWN, code="no_answer"), "nobody knows whether the message goes out"),
        (Verdict(VerdictKind.PERMANENT, code="isv.TEMPLATE_MISSING_PARAMETERS"), "The template is not approved"),
    ],
)
def test_a_test_says_the_providers_answer_in_plain_words(
    verdict: Verdict, sentence: str, admin: DeskClient, provider: Provider, session: Db
) -> None:
    provider.answers = [verdict]
    answer = soup_of(admin.send("/channels/aliyun/test", page="/channels/", follow_redirects=True))
    shown = answer.select_one(".good-news" if verdict.kind is VerdictKind.ACCEPTED else ".alarm")
    assert shown is not None
    assert sentence in shown.get_text()
    assert verdict.words in shown.get_text()
    sent = session.scalars(select(Notification).where(Notification.kind == NotificationKind.TEST)).one()
    assert sent.public_id in provider.ids


def test_a_second_test_at_once_is_refused_with_a_sentence(admin: DeskClient, provider: Provider) -> None:
    admin.send("/channels/aliyun/test", page="/channels/")
    answer = admin.send("/channels/aliyun/test", page="/channels/", follow_redirects=True)
    assert "please wait for half a minute" in answer.get_data(as_text=True)
    assert len(provider.handed) == 1


def test_everybody_hears_when_no_message_leaves_any_more(
    client: DeskClient, cast: Cast, fleet: Channels, session: Db, now: datetime
) -> None:
    client.login(cast.lin)
    client.set_cookie("lang", "en")
    stop(session, now)
    assert "No message leaves the desk now." not in client.get("/").get_data(as_text=True)
    session.add(ChannelState(name="wecom", since=now, condition=ChannelCondition.STOPPED, failures=1))
    session.commit()
    assert "No message leaves the desk now." in client.get("/").get_data(as_text=True)


def test_only_those_who_manage_channels_have_buttons_and_addresses(
    admin: DeskClient, new_client: Callable[[], DeskClient], cast: Cast, app: Flask, session: Db, now: datetime
) -> None:
    stop(session, now)
    with app.app_context():
        address = push_addresses.address("aliyun", "receipts")
    assert address in card(admin)
    other = new_client()
    other.login(cast.lin)
    page = other.get("/channels/").get_data(as_text=True)
    assert "aliyun" in page
    assert address not in page and "/channels/aliyun/test" not in page
    for action in ("test", "resume"):
        assert other.send(f"/channels/aliyun/{action}", page="/channels/").status_code == 403
    assert "余额不足" not in other.get("/").get_data(as_text=True)


def test_nothing_changes_without_a_token_or_by_a_link(admin: DeskClient, provider: Provider) -> None:
    assert admin.post("/channels/aliyun/test").status_code == 400
    assert admin.get("/channels/aliyun/test").status_code == 405
    assert admin.send("/channels/pigeon/test", page="/channels/").status_code == 404
    assert provider.handed == []


def test_the_order_of_each_class_is_shown_and_one_without_a_way(admin: DeskClient, app: Flask, fleet: Channels) -> None:
    orders = soup_of(admin.get("/channels/")).select_one(".orders")
    assert orders is not None
    assert "aliyun → wecom" in orders.get_text(" ", strip=True)
    app.extensions["channels"] = Channels([channel for channel in fleet if channel.name == "wecom"])
    page = admin.get("/channels/").get_data(as_text=True)
    assert "no channel: such messages cannot be sent" in page


def test_the_cards_refresh_by_themselves(admin: DeskClient) -> None:
    assert "channel-aliyun" in admin.get("/channels/cards").get_data(as_text=True)


@pytest.mark.parametrize(
    "codes",
    [
        [code for code, kind in {**aliyun_sms.CODES._kinds, **aliyun_voice.CODES._kinds}.items() if kind == "account"],
        [code for code, kind in tencent_sms.CODES._kinds.items() if kind == "account"],
        sorted(twilio._ACCOUNT),
        sorted({*wecom.DIALECT.account, *dingtalk.DIALECT.account, *feishu.DIALECT.account}),
    ],
    ids=["aliyun", "tencent", "twilio", "robots"],
)
def test_every_code_that_stops_a_channel_has_a_sentence(codes: list[str]) -> None:
    assert [code for code in codes if channel_words._meaning(code.removesuffix("*")) is None] == []
