"""A table of codes: the exact code before a beginning, a longer beginning before a shorter one."""

from __future__ import annotations

import pytest

from gateways.base import VerdictKind
from gateways.codes import Codes

CODES = Codes(
    {VerdictKind.PERMANENT: ["isv.*", "isv.BAD"], VerdictKind.ACCOUNT: ["isv.MONEY", "Forbidden*"]},
    {VerdictKind.RETRY: ["isv.LIMIT*"]},
)


@pytest.mark.parametrize(
    ("code", "kind", "entry"),
    [
        ("isv.BAD", VerdictKind.PERMANENT, "isv.BAD"),
        ("isv.BADLY", VerdictKind.PERMANENT, "isv.*"),
        ("isv.MONEY", VerdictKind.ACCOUNT, "isv.MONEY"),
        ("isv.MONEY_GONE", VerdictKind.PERMANENT, "isv.*"),
        ("isv.LIMIT_OF_DAY", VerdictKind.RETRY, "isv.LIMIT*"),
        ("Forbidden", VerdictKind.ACCOUNT, "Forbidden*"),
        ("forbidden", VerdictKind.UNKNOWN, ""),
        ("isp.NEW", VerdictKind.UNKNOWN, ""),
        ("", VerdictKind.UNKNOWN, ""),
    ],
)
def test_the_entry_that_says_most_decides(code: str, kind: VerdictKind, entry: str) -> None:
    assert (CODES.kind_of(code), CODES.entry_of(code)) == (kind, entry)


def test_a_code_with_two_verdicts_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="OK stands twice"):
        Codes({VerdictKind.RETRY: ["OK"]}, {VerdictKind.ACCOUNT: ["OK"]})
