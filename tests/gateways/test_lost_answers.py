"""What each sender makes of a connection that goes wrong: UNKNOWN wherever the provider may have the message."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from gateways.base import Fate, Gateway, Message, Verdict, VerdictKind
from tests.gateways.senders import MESSAGE_ID, aliyun_sms, aliyun_voice, message, tencent_sms
from tests.gateways.standins.aliyun import Aliyun
from tests.gateways.standins.provider import RUINED, Fault, StandIn
from tests.gateways.standins.tencent import Tencent


@dataclass(frozen=True)
class Case:
    """A sender, its provider, and a message that the provider would take."""

    provider: Callable[[], StandIn]
    sender: Callable[..., Gateway]
    message: Message


CASES = {
    "aliyun_sms": Case(Aliyun, aliyun_sms, message()),
    "tencent_sms": Case(Tencent, tencent_sms, message("1110")),
    "aliyun_voice": Case(Aliyun, aliyun_voice, message("TTS_1001", {"number": "T1024"})),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def provider(case: Case) -> Iterator[StandIn]:
    with case.provider() as standin:
        yield standin


@contextmanager
def nobody() -> Iterator[str]:
    """The address of a port on which nobody listens, and nobody will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


AFTERWARDS = [Fault.DROP, Fault.HALF, *RUINED]
"""What goes wrong after the provider has the message."""


@pytest.mark.parametrize("fault", AFTERWARDS)
def test_a_message_that_the_provider_has_is_unknown_and_asked_for_once(
    case: Case, provider: StandIn, fault: Fault
) -> None:
    provider.next(fault)
    verdict = case.sender(provider).send(case.message)
    assert verdict.kind is VerdictKind.UNKNOWN
    assert verdict.code and not verdict.provider_id
    assert len(provider.requests) == len(provider.arrivals) == 1


def test_a_good_answer_under_a_bad_status_is_unknown(
    case: Case, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something on the way had trouble; what it hands on proves nothing."""
    answer = provider.answer
    monkeypatch.setattr(provider, "answer", lambda request: replace(answer(request), status=502))
    sender = case.sender(provider)
    verdict = sender.send(case.message)
    assert (verdict.kind, verdict.provider_id) == (VerdictKind.UNKNOWN, "")
    assert sender.find(case.message, "").fate is Fate.CANNOT_SAY


def test_a_slow_answer_is_unknown_and_asked_for_once(case: Case, provider: StandIn) -> None:
    provider.next(Fault.SLOW)
    verdict = case.sender(provider, timeout=0.15).send(case.message)
    assert (verdict.kind, verdict.code) == (VerdictKind.UNKNOWN, "no_answer")
    assert len(provider.requests) == len(provider.arrivals) == 1


def test_a_request_that_was_lost_on_the_way_is_unknown_too(case: Case, provider: StandIn) -> None:
    """From here it looks as if the answer had been lost."""
    provider.next(Fault.LOSE)
    assert case.sender(provider).send(case.message).kind is VerdictKind.UNKNOWN
    assert not provider.arrivals


def test_the_next_one_goes_out_as_if_nothing_had_been(case: Case, provider: StandIn) -> None:
    provider.next(*AFTERWARDS)
    sender = case.sender(provider)
    verdicts = [sender.send(case.message) for _ in range(len(AFTERWARDS) + 1)]
    assert [verdict.kind for verdict in verdicts[:-1]] == [VerdictKind.UNKNOWN] * len(AFTERWARDS)
    assert verdicts[-1].kind is VerdictKind.ACCEPTED


@pytest.mark.parametrize("endpoint", ["http://", "nonsense://x", "http://[", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_was_certainly_not_reached(case: Case, provider: StandIn, endpoint: str) -> None:
    verdict = case.sender(provider, endpoint=endpoint).send(case.message)
    assert verdict.kind in (VerdictKind.RETRY, VerdictKind.ACCOUNT)


def test_a_slash_too_many_is_forgiven(case: Case, provider: StandIn) -> None:
    assert case.sender(provider, endpoint=f"{provider.url}/").send(case.message).kind is VerdictKind.ACCEPTED


def test_a_name_that_nobody_knows_was_certainly_not_reached(
    case: Case, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*asked: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    sender = case.sender(provider, endpoint="http://no-such-host.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert sender.send(case.message).kind is VerdictKind.RETRY


def test_a_refused_connection_was_certainly_not_reached(case: Case, provider: StandIn) -> None:
    with nobody() as endpoint:
        verdict = case.sender(provider, endpoint=endpoint).send(case.message)
    assert (verdict.kind, verdict.code) == (VerdictKind.RETRY, "not_reached")


@pytest.mark.parametrize("key", ["line\nbreak", "钥匙"])
def test_a_key_that_no_header_can_hold_is_an_accounts_trouble(case: Case, provider: StandIn, key: str) -> None:
    name = "secret_id" if isinstance(provider, Tencent) else "access_key_id"
    assert case.sender(provider, **{name: key}).send(case.message).kind is VerdictKind.ACCOUNT
    assert not provider.requests


def test_an_accepted_message_says_so_whatever_else_the_answer_holds(case: Case, provider: StandIn) -> None:
    verdict: Verdict = case.sender(provider).send(case.message)
    assert verdict.kind is VerdictKind.ACCEPTED
    assert next(iter(provider.counts())) in (MESSAGE_ID, MESSAGE_ID[:15])
