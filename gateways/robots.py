"""What the robots of group chats share: a text to a secret address, and a refusal that comes as HTTP 200.

No robot has an id for what it said, a receipt or a question: a message is accepted, never delivered, and one whose
answer was lost stays unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gateways import attempts, web
from gateways.base import Verdict, VerdictKind
from gateways.untrusted import Record

_ELLIPSIS: Final = "…"
_STATUS: Final = {401: VerdictKind.ACCOUNT, 403: VerdictKind.ACCOUNT, 404: VerdictKind.ACCOUNT}


@dataclass(frozen=True)
class Dialect:
    """How one kind of robot answers: the field of its code, the field of its words, and what its codes mean.

    A code that is not named refuses this one message. ``wait`` is how long a robot that was talked to too fast stays
    silent.
    """

    code: str
    words: str
    wait: timedelta
    too_fast: frozenset[str]
    account: frozenset[str]

    def read(self, page: web.Page) -> Verdict:
        """Judge an answer; only the code 0 is a yes, whatever HTTP says."""
        said = Record(attempts.answer(page))
        code, words = said.token(self.code), said.words(self.words)
        if page.status == 429 or code in self.too_fast:
            return Verdict(VerdictKind.RETRY, code=code or "http_429", words=words, retry_after=self.wait)
        if code == "0" and page.status == 200:
            return Verdict(VerdictKind.ACCEPTED, code=code, words=words)
        if not code or code == "0":
            kind = _STATUS.get(page.status)
            return Verdict(kind, code=f"http_{page.status}") if kind else attempts.unclear(page)
        kind = VerdictKind.ACCOUNT if code in self.account else VerdictKind.PERMANENT
        return Verdict(kind, code=code, words=words)


def post(url: str, body: Mapping[str, object], *, timeout: float) -> web.Page:
    """Say it once.

    Raises:
        NotSent: nobody could be reached. AnswerLost: no whole answer came back.
    """
    headers = {"Content-Type": "application/json; charset=utf-8"}
    encoded = json.dumps(body, ensure_ascii=False).encode()
    return web.request("POST", url, headers=headers, body=encoded, timeout=timeout)


def fitting(words: str, largest: int) -> str:
    """As much of the words as ``largest`` bytes of UTF-8 hold, with a sign where they were cut; no half characters."""
    encoded = words.encode()
    if len(encoded) <= largest:
        return words
    return encoded[: largest - len(_ELLIPSIS.encode())].decode(errors="ignore") + _ELLIPSIS
