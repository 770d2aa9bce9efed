"""Group robots: what the group reads, whom it calls, and refusals that come as HTTP 200."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways import robots
from gateways.base import Fate, Gateway, VerdictKind
from gateways.dingtalk import Dingtalk, DingtalkSettings
from gateways.feishu import Feishu, FeishuSettings
from gateways.wecom import Wecom, WecomSettings
from tests.gateways.samples import AT, MESSAGE, NATIONAL, PHONE, SECRET, TEXT, is_discreet, message
from tests.gateways.standins import robots as standins
from tests.gateways.standins.provider import Fault, Refused
from tests.gateways.standins.robots import Robot

KEY = f"{SECRET}-key"
OPEN_ID = "ou_84aad35d084aa403a838cf73ee18467"


@dataclass
class Group:
    """A robot of ours and the far end it talks to."""

    robot: Gateway
    provider: Robot

    def heard(self) -> str:
        return self.provider.arrivals[-1].message_id


@contextmanager
def wecom(**changes: Any) -> Iterator[Group]:
    with standins.Wecom(KEY, read_clock=lambda: AT) as provider:
        settings = WecomSettings(name="wecom", key=KEY, url=f"{provider.url}/cgi-bin/webhook/send", timeout=5)
        yield Group(Wecom(replace(settings, **changes)), provider)


@contextmanager
def dingtalk(**changes: Any) -> Iterator[Group]:
    with standins.Dingtalk(KEY, SECRET, read_clock=lambda: AT) as provider:
        settings = DingtalkSettings("dingtalk", KEY, SECRET, f"{provider.url}/robot/send", timeout=5)
        yield Group(Dingtalk(replace(settings, **changes)), provider)


@contextmanager
def feishu(**changes: Any) -> Iterator[Group]:
    with standins.Feishu(KEY, SECRET, read_clock=lambda: AT) as provider:
        url = f"{provider.url}/open-apis/bot/v2/hook"
        settings = FeishuSettings("feishu", KEY, SECRET, {PHONE: OPEN_ID}, url, timeout=5)
        yield Group(Feishu(replace(settings, **changes)), provider)


Maker = Callable[..., Any]
every_robot = pytest.mark.parametrize("make", [wecom, dingtalk, feishu])


@every_robot
class TestEveryRobot:
    def test_the_group_reads_the_text_under_its_signature(self, make: Maker) -> None:
        with make() as group:
            assert group.robot.send(MESSAGE).kind is VerdictKind.ACCEPTED
            assert f"【安心桥】{TEXT}" in group.heard()

    def test_a_long_text_is_cut_between_characters(self, make: Maker) -> None:
        with make() as group:
            for padding in range(4):  # whatever byte of a character the limit falls on
                assert group.robot.send(message(text="x" * padding + "漏😀" * 9000)).kind is VerdictKind.ACCEPTED
                assert "�" not in group.heard() and "…" in group.heard()

    def test_http_200_is_no_yes(self, make: Maker) -> None:
        with make() as group:
            group.provider.next(Refused("77777", f"a refusal of next year, for {PHONE}"))
            verdict = group.robot.send(MESSAGE)
            assert (verdict.kind, verdict.code) == (VerdictKind.PERMANENT, "77777") and is_discreet(verdict)

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (429, VerdictKind.RETRY),
            (403, VerdictKind.ACCOUNT),
            (404, VerdictKind.ACCOUNT),
            (302, VerdictKind.UNKNOWN),
            (502, VerdictKind.UNKNOWN),
        ],
    )
    def test_a_yes_under_another_status_is_none(self, make: Maker, status: int, kind: VerdictKind) -> None:
        with make() as group:
            group.provider.next(Refused("0", "ok", status))
            assert group.robot.send(MESSAGE).kind is kind

    def test_a_wrong_key_is_the_accounts_trouble(self, make: Maker) -> None:
        with make(**{"token" if make is feishu else "key" if make is wecom else "access_token": "wrong"}) as group:
            assert group.robot.send(MESSAGE).kind is VerdictKind.ACCOUNT

    def test_a_robot_cannot_be_asked(self, make: Maker) -> None:
        with make() as group:
            group.provider.next(Fault.DROP)
            assert group.robot.send(MESSAGE).kind is VerdictKind.UNKNOWN
            assert group.robot.find(MESSAGE, "").fate is Fate.CANNOT_SAY


@pytest.mark.parametrize("make", [dingtalk, feishu])
class TestSigning:
    def test_a_wrong_secret_is_the_accounts_trouble(self, make: Maker) -> None:
        with make(secret="wrong") as group:
            assert group.robot.send(MESSAGE).kind is VerdictKind.ACCOUNT

    def test_so_is_a_clock_that_is_wrong_by_hours(self, make: Maker) -> None:
        with make() as group:
            assert group.robot.send(message(at=AT - timedelta(hours=2))).kind is VerdictKind.ACCOUNT

    def test_a_robot_that_is_secured_otherwise_is_not_signed_to(self, make: Maker) -> None:
        with make(secret="") as group:
            group.provider.secret = ""
            assert group.robot.send(MESSAGE).kind is VerdictKind.ACCEPTED
            assert "sign" not in group.provider.requests[0].target + group.provider.requests[0].body.decode()


@pytest.mark.parametrize(
    ("make", "code", "kind", "wait"),
    [
        (wecom, "45009", VerdictKind.RETRY, timedelta(minutes=1)),
        (wecom, "-1", VerdictKind.RETRY, timedelta(minutes=1)),
        (wecom, "93004", VerdictKind.ACCOUNT, None),
        (wecom, "44004", VerdictKind.PERMANENT, None),
        (dingtalk, "130101", VerdictKind.RETRY, timedelta(minutes=10)),
        (dingtalk, "660026", VerdictKind.RETRY, timedelta(minutes=10)),
        (dingtalk, "310000", VerdictKind.ACCOUNT, None),
        (dingtalk, "400102", VerdictKind.ACCOUNT, None),
        (dingtalk, "430102", VerdictKind.PERMANENT, None),
        (feishu, "11232", VerdictKind.RETRY, timedelta(minutes=1)),
        (feishu, "19022", VerdictKind.ACCOUNT, None),
        (feishu, "19024", VerdictKind.ACCOUNT, None),
        (feishu, "9499", VerdictKind.PERMANENT, None),
    ],
)
def test_a_refusal_is_read_by_its_code(make: Maker, code: str, kind: VerdictKind, wait: timedelta | None) -> None:
    with make() as group:
        group.provider.next(Refused(code, "…"))
        verdict = group.robot.send(MESSAGE)
        assert (verdict.kind, verdict.code, verdict.retry_after) == (kind, code, wait)


class TestWhomItCalls:
    def test_wecom_by_mobile(self) -> None:
        with wecom() as group:
            group.robot.send(MESSAGE)
            assert group.provider.arrivals[0].said["text"]["mentioned_mobile_list"] == [NATIONAL]

    def test_dingtalk_by_mobile_and_in_the_text_even_of_a_long_one(self) -> None:
        with dingtalk() as group:
            group.robot.send(message(text="漏" * 9000))
            assert group.provider.arrivals[0].said["at"] == {"atMobiles": [NATIONAL], "isAtAll": False}
            assert group.heard().endswith(f" @{NATIONAL}")

    @pytest.mark.parametrize("make", [wecom, dingtalk])
    def test_nobody_where_there_is_no_number(self, make: Maker) -> None:
        with make() as group:
            assert group.robot.send(message(phone="")).kind is VerdictKind.ACCEPTED
            assert "@" not in group.heard()

    def test_feishu_by_open_id(self) -> None:
        with feishu() as group:
            group.robot.send(MESSAGE)
            assert group.heard().startswith(f'<at user_id="{OPEN_ID}"></at> ')

    def test_feishu_calls_everybody_for_somebody_it_does_not_know(self) -> None:
        with feishu() as group:
            group.robot.send(message(phone="+8613900139000"))
            assert group.heard().startswith('<at user_id="all"></at> ')

    def test_nobody_who_words_a_complaint_calls_the_group(self) -> None:
        with feishu() as group:
            group.robot.send(message(text='<at user_id="all"></at> 急'))
            assert group.heard().count("<at ") == 1


@given(words=st.text(max_size=60), largest=st.integers(8, 120))
def test_what_fits_is_whole_and_what_does_not_is_cut_between_characters(words: str, largest: int) -> None:
    fitting = robots.fitting(words, largest)
    assert len(fitting.encode()) <= largest
    assert fitting == words or (fitting.endswith("…") and words.startswith(fitting[:-1]))
