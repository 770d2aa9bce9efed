"""Any gateway a company runs itself, if it speaks this page. All bodies are JSON in UTF-8; one address does it all.

Signing, in both directions: two headers,

    X-Timestamp: seconds since 1970, within five minutes of the receiver's clock
    X-Signature: hex(HMAC-SHA256(secret, X-Timestamp + "." + content))

where content is the body as it was sent, byte by byte, or of a GET the id in its query. Compare in constant time. With
the secret ``s3cret``, the timestamp 1700000000 and the body ``{"id":"1"}`` the signature is
2b9dee6c893e4bf012ad34ee7b89d492b9567b4f47740ccbf0f161ba3717dc08.

The desk sends a message: POST to the address, with ``Idempotency-Key: id``,

    {"id": "32 hex digits", "phone": "+8613800138000", "text": "…", "signature": "without 【】", "at": "ISO 8601",
     "template": {"id": "…", "variables": {"code": "A0231"}}}          template is left out where there is none

    200  {"provider_id": "your id of it, up to 64 characters"}        taken; the same id again gets the same answer,
                                                                       and the message goes out once
    429  {"code": "…", "words": "…", "retry_after": seconds}           not taken; later it may be
    401, 402, 403, 404  {"code": "…", "words": "…"}                    not taken; nothing is until somebody sees to it
    other 4xx  {"code": "…", "words": "…"}                             not taken; this one never will be
    5xx, anything else, or nothing                                     the desk asks:

The desk asks for a message: GET of the address with ``?id=…``,

    200  {"status": "delivered" | "failed" | "on_its_way" | "never_seen", "provider_id": "…", "code": "…", "words": "…"}

"never_seen" is a promise that it will not go out either; the desk sends it again, with the same id.

The gateway reports receipts and replies: POST to the addresses that the desk shows, up to 64 kB at once,

    [{"id": "…", "status": "delivered" | "failed" | "on_its_way",
      "provider_id": "…", "code": "…", "words": "…", "parts": 1, "at": "ISO 8601"}]     only id and status are needed
    [{"id": "yours, unique", "phone": "+8613800138000", "text": "1 A0231", "at": "ISO 8601"}]       at may be left out

    200 {"ok": true}   kept: never again.     Anything else: again later. The same one twice does no harm.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from gateways import attempts, pushes, untrusted, web, wording
from gateways.base import Answer, Fate, Finding, Message, Push, Receipt, Reply, Unreadable, Verdict, VerdictKind
from gateways.untrusted import Record
from rules.vocabulary import ChannelKind

_CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)
_LONGEST_WAIT: Final = timedelta(days=1)
_FATES: Final = {fate.value: fate for fate in (Fate.DELIVERED, Fate.FAILED, Fate.ON_ITS_WAY, Fate.NEVER_SEEN)}
_KINDS: Final = {
    429: VerdictKind.RETRY,
    401: VerdictKind.ACCOUNT,
    402: VerdictKind.ACCOUNT,
    403: VerdictKind.ACCOUNT,
    404: VerdictKind.ACCOUNT,
}


@dataclass(frozen=True)
class SignedHttpSettings:
    """The gateway's address and the secret shared with it; ``timeout`` in seconds."""

    name: str
    url: str
    secret: str = field(repr=False)
    timeout: float = 10


class SignedHttp:
    """One gateway that speaks this page; ``read_clock`` says what time it is when a push comes in."""

    kind = ChannelKind.SMS

    def __init__(self, settings: SignedHttpSettings, read_clock: Callable[[], datetime]) -> None:
        self.name = settings.name
        self._settings = settings
        self._read_clock = read_clock

    def send(self, message: Message) -> Verdict:
        """Hand it over once; the gateway itself would take a second one for the first."""
        return attempts.attempt(lambda: self._tell(message), _verdict)

    def find(self, message: Message, provider_id: str) -> Finding:
        """Ask by our own id."""
        return attempts.question(lambda: self._ask(message.message_id), _finding)

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read reported receipts.

        Raises:
            Unreadable: it is forged, too old, or no report of receipts.
        """
        return untrusted.readings(self._authentic(push), _receipt)

    def replies(self, push: Push) -> Sequence[Reply]:
        """Read reported replies.

        Raises:
            Unreadable: it is forged, too old, or no report of replies.
        """
        return untrusted.readings(self._authentic(push), _reply)

    def thanks(self, *, is_kept: bool) -> Answer:
        """Kept, or come again."""
        return Answer(200 if is_kept else 503, json.dumps({"ok": is_kept}))

    def _tell(self, message: Message) -> web.Page:
        body = json.dumps(_told(message), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.message_id}
        headers |= self._signed(body, message.at)
        return web.request("POST", self._settings.url, headers=headers, body=body, timeout=self._settings.timeout)

    def _ask(self, message_id: str) -> web.Page:
        url = f"{self._settings.url}{'&' if '?' in self._settings.url else '?'}{urlencode({'id': message_id})}"
        headers = self._signed(message_id.encode(), self._read_clock())
        return web.request("GET", url, headers=headers, timeout=self._settings.timeout)

    def _signed(self, content: bytes, at: datetime) -> dict[str, str]:
        timestamp = str(int(at.timestamp()))
        return {"X-Timestamp": timestamp, "X-Signature": signature(self._settings.secret, timestamp, content)}

    def _authentic(self, push: Push) -> Push:
        timestamp, given = pushes.header(push, "X-Timestamp"), pushes.header(push, "X-Signature")
        expected = signature(self._settings.secret, timestamp, pushes.body(push))
        if not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
            raise Unreadable("The signature is not the gateway's.")
        if not _is_near(timestamp, self._read_clock()):
            raise Unreadable("The push is from another time.")
        return push


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """The signature of either side."""
    signed = timestamp.encode(errors="replace") + b"." + content
    return hmac.digest(secret.encode(), signed, hashlib.sha256).hex()


def _told(message: Message) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": message.message_id,
        "phone": message.phone,
        "text": wording.whole(message.text),
        "signature": message.signature,
        "at": message.at.isoformat(),
    }
    if message.template:
        told["template"] = {"id": message.template.provider_id, "variables": dict(message.template.variables)}
    return told


def _verdict(page: web.Page) -> Verdict:
    said = Record(attempts.answer(page))
    if page.status == 200 and said.token("provider_id"):
        return Verdict(VerdictKind.ACCEPTED, said.token("provider_id"))
    if not 400 <= page.status < 500:
        return attempts.unclear(page)
    return Verdict(
        _KINDS.get(page.status, VerdictKind.PERMANENT),
        code=said.token("code") or f"http_{page.status}",
        words=said.words("words"),
        retry_after=_wait(said.text("retry_after")),
    )


def _wait(seconds: str) -> timedelta | None:
    return min(timedelta(seconds=int(seconds)), _LONGEST_WAIT) if re.fullmatch("[0-9]{1,9}", seconds) else None


def _finding(page: web.Page) -> Finding:
    said = Record(attempts.answer(page))
    fate = _FATES.get(said.token("status"))
    if page.status != 200 or fate is None:
        return Finding(Fate.CANNOT_SAY, code=f"http_{page.status}")
    return Finding(fate, said.token("provider_id"), said.token("code"), said.words("words"))


def _is_near(timestamp: str, now: datetime) -> bool:
    try:
        return abs(int(timestamp) - now.timestamp()) <= _CLOCKS_DIFFER_BY.total_seconds()
    except (ValueError, OverflowError):
        return False


def _receipt(said: Record) -> Receipt:
    message_id, fate = said.token("id"), _FATES.get(said.text("status"), Fate.NEVER_SEEN)
    if not message_id or fate is Fate.NEVER_SEEN:
        raise Unreadable("A receipt has no id or no status.")
    return Receipt(
        fate,
        provider_id=said.token("provider_id"),
        message_id=message_id,
        code=said.token("code"),
        words=said.words("words"),
        at=_moment(said.text("at")),
        parts=said.number("parts"),
    )


def _reply(said: Record) -> Reply:
    provider_id, phone = said.token("id"), untrusted.e164(said.text("phone"))
    if not provider_id or not phone or not said.has("text"):
        raise Unreadable("A reply has no id, no phone or no text.")
    return Reply(provider_id, phone, said.reply("text"), _moment(said.text("at")))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
