"""The running desk's channels are those of its environment, each with what it was told."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import config
from gateways.base import Push, Unreadable
from rules.channel_protocols import PROTOCOLS, RECEIPTS, REPLIES
from rules.vocabulary import MessageClass
from services import channel_setup, push_addresses
from tests.test_config import told


@pytest.fixture
def has_pages() -> bool:
    return False


@pytest.fixture
def engine_name() -> str:
    return "sqlite"


def settings(tmp_path: Path, **env: str) -> config.Config:
    known = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "known", "PUBLIC_URL": "https://desk.example.com/"}
    return config.read({**known, **env})


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_becomes_a_channel_that_can_what_the_table_says(
    protocol: str, app: Flask, tmp_path: Path
) -> None:
    name = f"{protocol}-2"
    [channel] = channel_setup.build(app, settings(tmp_path, CHANNELS=name, **told(name)))
    said = PROTOCOLS[protocol]
    assert (channel.name, channel.protocol, channel.signature) == (name, protocol, "安心桥")
    assert (channel.gateway.name, channel.gateway.kind, channel.kind) == (name, said.kind, said.kind)
    assert channel.needs_template is said.needs_template
    assert channel.gives_receipts is (RECEIPTS in said.pushes)
    assert "s3cret" not in f"{channel!r}{vars(channel.gateway)!r}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_channel_reads_exactly_the_pushes_that_the_table_says(protocol: str, app: Flask, tmp_path: Path) -> None:
    [channel] = channel_setup.build(app, settings(tmp_path, CHANNELS=protocol, **told(protocol)))
    nonsense = Push("POST", "https://desk.example.com/x", {}, {}, b"nonsense")
    for what in PROTOCOLS[protocol].pushes:
        with pytest.raises(Unreadable):
            getattr(channel.gateway, what)(nonsense)
    if not PROTOCOLS[protocol].pushes:
        assert not hasattr(channel.gateway, RECEIPTS) and not hasattr(channel.gateway, REPLIES)


def test_classes_have_their_own_order(app: Flask, tmp_path: Path) -> None:
    desk = settings(
        tmp_path, CHANNELS="sandbox sandbox-2 wecom", CHANNELS_CUSTOMER="sandbox-2 sandbox", **told("wecom")
    )
    fleet = channel_setup.build(app, desk)
    assert [each.name for each in fleet.order(MessageClass.CUSTOMER)] == ["sandbox-2", "sandbox"]
    assert [each.name for each in fleet.order(MessageClass.DUTY)] == ["sandbox", "sandbox-2", "wecom"]
    assert [each.name for each in fleet.order(MessageClass.VERIFICATION)] == ["sandbox", "sandbox-2"]


def test_twilio_is_told_where_to_bring_receipts(app: Flask, tmp_path: Path) -> None:
    desk = settings(tmp_path, CHANNELS="twilio", **told("twilio"))
    [channel] = channel_setup.build(app, desk)
    address = push_addresses.address("twilio", RECEIPTS, desk)
    assert address.startswith("https://desk.example.com/pushes/twilio/")
    assert vars(channel.gateway)["_account"].callback_url == address


def test_only_the_named_networks_may_push(app: Flask) -> None:
    networks = (ipaddress.ip_network("203.0.113.0/24"), ipaddress.ip_network("2001:db8::/32"))
    desk: config.Config = app.config["DESK"]
    guarded = replace(desk.channels[0], name="guarded", push_allow=networks)
    app.config["DESK"] = replace(desk, channels=(*desk.channels, guarded))
    try:
        with app.app_context():
            for ip in ("203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1"):
                assert push_addresses.may_push("guarded", ip)
            for ip in ("198.51.100.1", "::1", "", None, "nonsense"):
                assert not push_addresses.may_push("guarded", ip)
            assert push_addresses.may_push("sandbox", "198.51.100.1")
    finally:
        app.config["DESK"] = desk
