"""Kannel in front of an SMPP centre: ``sendsms`` takes a message, Kannel calls back with receipts and replies.

Kannel signs nothing. Its receipts carry an authenticator that the desk puts into their address; for replies the key
stands in Kannel's own configuration:

    group = sms-service
    keyword = default
    catch-all = true
    max-messages = 0
    get-url = "https://desk.example/…?key=PUSH_KEY&id=%I&from=%p&text=%b&charset=%C&ts=%T"

and ``http-request-retry = 20`` with ``http-queue-delay = 10`` in group smsbox, or a receipt that finds the desk down is
thrown away. In group sendsms-user stand ``concatenation = true`` and a ``max-messages`` for the longest text: what is
beyond it Kannel cuts off without a word. Of a long text it reports the first part only.

Kannel cannot be asked for a message: one whose answer was lost stays unknown until its receipt comes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from gateways import attempts, pushes, untrusted, web, wording
from gateways.base import Answer, Fate, Finding, Message, Push, Receipt, Reply, Unreadable, Verdict, VerdictKind
from gateways.untrusted import Record
from rules.vocabulary import ChannelKind

_UCS2: Final = "2"
_EVERY_REPORT: Final = "31"
_REPORT: Final = "st=%d&fid=%F&ts=%T&ans=%A"
"""Kannel fills in: the state, the centre's id, seconds since 1970, the centre's own words."""

_REFUSALS: Final = {
    "Temporal failure": VerdictKind.RETRY,
    "Authorization failed": VerdictKind.ACCOUNT,
    "Sender missing": VerdictKind.ACCOUNT,
    "Not routable": VerdictKind.PERMANENT,
    "Sending failed": VerdictKind.PERMANENT,
}
_DELIVERED: Final = 1
_FAILED: Final = 2 | 16  # by the phone, by the centre; expired (34) and unknown (66) carry the first bit
_READABLE: Final = {"UTF-16BE", "UTF-16", "UTF-8", "WINDOWS-1252", "ISO-8859-1"}


@dataclass(frozen=True)
class KannelSettings:
    """Where ``sendsms`` listens, its user, and where Kannel reaches the desk; ``callback_url`` without any ``%``.

    ``sender`` and ``smsc`` may be '' where Kannel has them; ``timeout`` in seconds.
    """

    name: str
    url: str
    username: str
    password: str = field(repr=False)
    push_key: str = field(repr=False)
    callback_url: str = field(repr=False)
    sender: str = ""
    smsc: str = ""
    timeout: float = 10


class Kannel:
    """One user of a Kannel gateway."""

    kind = ChannelKind.SMS

    def __init__(self, settings: KannelSettings) -> None:
        self.name = settings.name
        self._settings = settings

    def send(self, message: Message) -> Verdict:
        """Hand it over once. Accepted means kept in Kannel's store, whether or not the centre is there."""
        return attempts.attempt(lambda: self._ask(message), _verdict)

    def find(self, message: Message, provider_id: str) -> Finding:
        """Kannel has no such question."""
        return Finding(Fate.CANNOT_SAY)

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read a delivery report.

        Raises:
            Unreadable: it is forged or no delivery report.
        """
        said = _fields(push)
        message_id, given = said.text("id"), said.text("mac")
        if not hmac.compare_digest(given.encode(), self._authenticator(message_id).encode()):
            raise Unreadable("The report was not asked for by the desk.")
        state = said.number("st")
        if state is None:
            raise Unreadable("The report has no state.")
        receipt = Receipt(
            _fate(state),
            provider_id=said.token("fid"),
            message_id=message_id,
            code=_code(said.text("ans")) or str(state),
            words=said.words("ans"),
            at=_moment(said.text("ts")),
        )
        return [receipt]

    def replies(self, push: Push) -> Sequence[Reply]:
        """Read a message from a phone; its text is raw bytes in the charset named beside it.

        Raises:
            Unreadable: it is forged or no message.
        """
        said = _fields(push)
        if not hmac.compare_digest(said.text("key").encode(), self._settings.push_key.encode()):
            raise Unreadable("The key is not the desk's.")
        provider_id, phone = said.token("id"), untrusted.e164(said.text("from"))
        if not provider_id or not phone or not said.has("text"):
            raise Unreadable("This is no message from a phone.")
        return [Reply(provider_id, phone, said.reply("text"), _moment(said.text("ts")))]

    def thanks(self, *, is_kept: bool) -> Answer:
        """Nothing: Kannel would send the words of an answer to the phone."""
        return Answer(200 if is_kept else 503, "", "text/plain")

    def _ask(self, message: Message) -> web.Page:
        # Without quote_via a space would be "+", which some proxies leave as it is.
        url = f"{self._settings.url}?{urlencode(self._query(message), quote_via=quote)}"
        return web.request("GET", url, timeout=self._settings.timeout)

    def _query(self, message: Message) -> dict[str, str]:
        settings = self._settings
        query = {
            "username": settings.username,
            "password": settings.password,
            "to": message.phone,
            "from": settings.sender,
            "smsc": settings.smsc,
            "coding": _UCS2,
            "charset": "UTF-8",
            "text": wording.under_signature(message),
            "dlr-mask": _EVERY_REPORT,
            "dlr-url": self._callback(message.message_id),
        }
        return {name: value for name, value in query.items() if value}

    def _callback(self, message_id: str) -> str:
        url = self._settings.callback_url
        ours = urlencode({"id": message_id, "mac": self._authenticator(message_id)})
        return f"{url}{'&' if '?' in url else '?'}{ours}&{_REPORT}"

    def _authenticator(self, message_id: str) -> str:
        key = self._settings.push_key.encode()
        return hmac.digest(key, message_id.encode(), hashlib.sha256).hex()[:32]


def _verdict(page: web.Page) -> Verdict:
    words = untrusted.words(page.text)
    if page.status == 202:
        return Verdict(VerdictKind.ACCEPTED, code=words.partition(":")[0][:1], words=words)
    kind = next((kind for start, kind in _REFUSALS.items() if words.startswith(start)), None)
    if kind is None and 400 <= page.status < 500:
        kind = VerdictKind.ACCOUNT if page.status in (401, 403, 404, 407) else VerdictKind.PERMANENT
    return Verdict(kind, code=f"http_{page.status}", words=words) if kind else attempts.unclear(page)


def _fields(push: Push) -> Record:
    """The query of a push. Kannel writes the bytes of a message into it as they are, in the charset it names beside."""
    query = urlsplit(push.url).query
    if not query.isascii():
        raise Unreadable("The push is no query.")
    raw = dict(pushes.fields(query, "latin-1"))
    charset = raw.get("charset", "").upper()
    encoding = charset if charset in _READABLE else "latin-1"
    return Record({**raw, "text": raw["text"].encode("latin-1").decode(encoding, "replace")} if "text" in raw else raw)


def _fate(state: int) -> Fate:
    if state == _DELIVERED:
        return Fate.DELIVERED
    return Fate.FAILED if state & _FAILED else Fate.ON_ITS_WAY


def _code(words: str) -> str:
    """The centre's state and error: ``UNDELIV 005`` of a receipt, ``0x00000058`` of a refusal."""
    if match := re.search(r"\bstat:(\w{1,16})(?:.*?\berr:(\w{1,16}))?", words):
        return " ".join(filter(None, match.groups()))
    match = re.match(r"NACK/(0x[0-9a-fA-F]{1,8})", words)
    return match.group(1) if match else ""


def _moment(seconds: str) -> datetime | None:
    # Eleven digits reach the year 5138, which datetime can still say.
    return datetime.fromtimestamp(int(seconds), UTC) if re.fullmatch(r"\d{1,11}", seconds, re.ASCII) else None
