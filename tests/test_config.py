"""The environment, read once: what is missing or makes no sense stops the start with a sentence that names it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

import pytest

import config
from config import BadSetting
from rules.channel_protocols import PROTOCOLS, Form, Variable, prefix
from rules.vocabulary import ChannelKind, MessageClass

EXAMPLES = {
    Form.TEXT: "given",
    Form.SECRET: "s3cret-of-theirs",
    Form.URL: "https://gateway.example.com/send",
    Form.HOST: "mail.example.com",
    Form.EMAIL: "desk@example.com",
}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"DATA_DIR": str(tmp_path), "SECRET_KEY": "known to every test"}


def told(channel: str) -> dict[str, str]:
    """The least that a channel must be told."""
    protocol = PROTOCOLS[channel.partition("-")[0]]
    variables = {each.key: EXAMPLES[each.form] for each in protocol.variables if each.default is None}
    return {prefix(channel) + key: text for key, text in variables.items()}


def refused(env: dict[str, str]) -> str:
    with pytest.raises(BadSetting) as refusal:
        config.read(env)
    return refusal.value.message


def test_without_a_word_about_channels_everything_goes_to_the_sandbox(home: dict[str, str]) -> None:
    [channel] = config.read(home).channels
    assert (channel.name, channel.protocol.name, channel.signature) == ("sandbox", "sandbox", "安心桥")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_can_be_configured_and_says_which_variable_is_missing(
    protocol: str, home: dict[str, str]
) -> None:
    env = {**home, "CHANNELS": protocol, "PUBLIC_URL": "https://desk.example.com", **told(protocol)}
    [channel] = config.read(env).channels
    assert set(channel.values) == {variable.key for variable in PROTOCOLS[protocol].variables}
    for name in told(protocol):
        assert refused({**env, name: ""}).startswith(f"{name} is missing: ")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_secret_is_ever_shown(protocol: str, home: dict[str, str]) -> None:
    env = {**home, "CHANNELS": protocol, "PUBLIC_URL": "https://desk.example.com", **told(protocol)}
    env |= {"DEMO_PASSWORD": "s3cret", "DATABASE_URL": "postgresql://desk:s3cret@db/desk"}
    settings = config.read({**env, "REDIS_URL": "redis://:s3cret@queue/0", "SECRET_KEY": "s3cret"})
    assert "s3cret" not in f"{settings!r}{settings}"


def test_two_accounts_of_one_provider_have_variables_of_their_own(home: dict[str, str]) -> None:
    env = {**home, "CHANNELS": "tencent, tencent-2", **told("tencent"), **told("tencent-2")}
    first, second = config.read({**env, "TENCENT_2_SECRET_ID": "another", "TENCENT_2_SIGNATURE": "别家"}).channels
    assert (first.values["SECRET_ID"], second.values["SECRET_ID"]) == ("given", "another")
    assert (first.signature, second.signature) == ("安心桥", "别家")
    assert first.protocol is second.protocol


def test_a_class_of_messages_may_have_an_order_of_its_own(home: dict[str, str]) -> None:
    env = {**home, "CHANNELS": "sandbox sandbox-2", "CHANNELS_CUSTOMER": "sandbox-2 sandbox"}
    assert config.read(env).channel_orders == {MessageClass.CUSTOMER: ("sandbox-2", "sandbox")}


def test_networks_that_may_push_are_read(home: dict[str, str]) -> None:
    env = {**home, "CHANNELS": "aliyun-1", **told("aliyun-1"), "PUSH_ALLOW_ALIYUN_1": "203.0.113.0/24, 2001:db8::1"}
    [channel] = config.read(env).channels
    assert channel.push_allow == (ipaddress.ip_network("203.0.113.0/24"), ipaddress.ip_network("2001:db8::1/128"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"CHANNELS": "pigeon"}, r"CHANNELS names 'pigeon'; a channel is called sandbox, aliyun, .*"),
        ({"CHANNELS": "sandbox-"}, r"CHANNELS names 'sandbox-'; .*"),
        ({"CHANNELS": "sandbox sandbox"}, r"CHANNELS names 'sandbox' twice\."),
        ({"CHANNELS": "sandbox-" + "x" * 40}, r"CHANNELS names 'sandbox-x+'…; at most 32 characters\."),
        ({"CHANNELS": "aliyun-voice aliyun_voice"}, r"CHANNELS names two channels whose variables begin with .*"),
        ({"CHANNELS_DUTY": "aliyun"}, r"CHANNELS_DUTY names 'aliyun', which CHANNELS has not; it has: sandbox\."),
        ({"CHANNELS": "kannel"}, r"PUBLIC_URL is missing: the channel kannel tells its provider where the desk is\."),
        ({"PUBLIC_URL": "desk.example.com"}, r"PUBLIC_URL is no address; it looks like https://desk\.example\.com\."),
        ({"PUBLIC_URL": "https://desk:port"}, r"PUBLIC_URL is no address; .*"),
        ({"PUBLIC_URL": "https://desk/?a=b"}, r"PUBLIC_URL must be an address without \? and %, .*"),
        ({"PUSH_ALLOW_SANDBOX": "10.0.0.1/8"}, r"PUSH_ALLOW_SANDBOX names '10\.0\.0\.1/8', which is no network; .*"),
        ({"SMS_SIGNATURE": "【安心桥】"}, r"SMS_SIGNATURE is a name of at most 20 characters, without 【】\."),
        ({"SMS_SIGNATURE": "安心\n桥"}, r"SMS_SIGNATURE must be one line of plain characters\."),
        ({"SEND_THREADS": "0"}, r"SEND_THREADS='0' must be a whole number from 1 to 32\."),
    ],
)
def test_what_makes_no_sense_is_named(given: dict[str, str], sentence: str, home: dict[str, str]) -> None:
    assert re.fullmatch(sentence, refused({**home, **given}))


@pytest.mark.parametrize(
    ("channel", "key", "text"),
    [
        ("aliyun", "TIMEOUT", "never"),
        ("aliyun", "TIMEOUT", "60"),
        ("aliyun", "ENDPOINT", "dysmsapi.aliyuncs.com"),
        ("aliyun", "ACCESS_KEY_SECRET", "with a\ttab"),
        ("aliyun_voice", "PLAY_TIMES", "9"),
        ("tencent", "SHOWS_OUR_ID", "perhaps"),
        ("smtp", "PORT", "70000"),
        ("smtp", "SECURITY", "ssl"),
        ("smtp", "SENDER", "the desk"),
        ("smtp", "HOST", "smtp://mail"),
        ("smtp", "CA_FILE", "/nowhere/ca.pem"),
        ("feishu", "OPEN_IDS", "13800138000=ou_1"),
    ],
)
def test_a_senseless_value_of_a_channel_is_named(channel: str, key: str, text: str, home: dict[str, str]) -> None:
    name = prefix(channel) + key
    assert refused({**home, "CHANNELS": channel, **told(channel), name: text}).startswith(name)


def test_a_secret_that_cannot_be_used_is_not_repeated(home: dict[str, str]) -> None:
    env = {**home, "CHANNELS": "aliyun", **told("aliyun"), "ALIYUN_ACCESS_KEY_SECRET": "s3cret\nkey"}
    assert "s3cret" not in refused(env)


def test_the_table_of_protocols_is_sound() -> None:
    for protocol in PROTOCOLS.values():
        assert protocol.kind in ChannelKind
        assert len({variable.key for variable in protocol.variables}) == len(protocol.variables)
        assert not {"SIGNATURE", "CHANNELS"} & {variable.key for variable in protocol.variables}
        for variable in protocol.variables:
            assert _default_is_good(variable)


def _default_is_good(variable: Variable) -> bool:
    return not variable.default or config._READ[variable.form]("NAME", variable.default, variable) == variable.default
