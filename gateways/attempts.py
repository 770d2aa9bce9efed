"""What every attempt over HTTP shares: what a lost connection means, and an answer that nobody understands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateways import untrusted
from gateways.base import Fate, Finding, Verdict, VerdictKind
from gateways.web import AnswerLost, NotSent, Page


def attempt(ask: Callable[[], Page], read: Callable[[Page], Verdict]) -> Verdict:
    """Ask once and read the answer; ``read`` must make something of every page."""
    try:
        page = ask()
    except NotSent as failure:
        return Verdict(VerdictKind.RETRY, code="not_reached", words=str(failure))
    except AnswerLost as failure:
        return Verdict(VerdictKind.UNKNOWN, code="no_answer", words=str(failure))
    except ValueError as failure:
        # A key with a line break in it: no such request can be written, and none was.
        return Verdict(VerdictKind.ACCOUNT, code="unwritable", words=type(failure).__name__)
    return read(page)


def question(ask: Callable[[], Page], read: Callable[[Page], Finding]) -> Finding:
    """Ask what became of a message; whoever gives no whole answer cannot say."""
    try:
        page = ask()
    except (NotSent, AnswerLost, ValueError) as failure:
        return Finding(Fate.CANNOT_SAY, words=type(failure).__name__)
    return read(page)


def unclear(page: Page) -> Verdict:
    """The verdict on an answer that is none of the provider's: nobody knows what it did."""
    return Verdict(VerdictKind.UNKNOWN, code=f"http_{page.status}", words=untrusted.words(page.text))


def answer(page: Page) -> dict[str, Any]:
    """The JSON object of an answer; empty where it is none."""
    said = page.json()
    return said if isinstance(said, dict) else {}
