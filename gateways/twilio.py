"""What Twilio's messages and calls share: the account, the request, the refusals and the signature of its webhooks.

A webhook carries no time, so a replay cannot be told from Twilio's own repetition; receipts are read so that the same
one twice says nothing new, and a reply has Twilio's id.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from gateways import attempts, pushes, untrusted, web
from gateways.base import Answer, Fate, Finding, Message, Push, Unreadable, Verdict, VerdictKind
from gateways.untrusted import Record

_VERSION: Final = "2010-04-01"
_CLOCKS_DIFFER_BY: Final = timedelta(seconds=30)
_PAGE_SIZE: Final = 100
_PORTS: Final = {"https": "443", "http": "80"}

_THROTTLED: Final = {"20429", "14107", "21611", "30001"}
_ACCOUNT: Final = {
    *("10001", "20003", "20005", "20008", "20404", "30002"),  # suspended, wrong token, no such account
    *("21212", "21215", "21408", "21606", "21608", "21659", "21660"),  # number not ours, region off, trial
}
_STATUS: Final = {401: VerdictKind.ACCOUNT, 403: VerdictKind.ACCOUNT, 404: VerdictKind.ACCOUNT, 429: VerdictKind.RETRY}


@dataclass(frozen=True, kw_only=True)
class TwilioAccount:
    """An account and who it sends as: ``sender`` is a number, or the sid of a messaging service (MG…).

    ``callback_url`` is where Twilio brings receipts to; ``timeout`` in seconds.
    """

    name: str
    account_sid: str
    sender: str
    auth_token: str = field(repr=False)
    callback_url: str = field(repr=False)
    base_url: str = "https://api.twilio.com"
    timeout: float = 10

    def callback(self, message: Message) -> str:
        """The address of this message's receipts: the only place where Twilio keeps our id."""
        return f"{self.callback_url}{'&' if '?' in self.callback_url else '?'}{urlencode({'id': message.message_id})}"


@dataclass(frozen=True)
class Known:
    """How a resource is read: what its final states mean, and which of those to a number is the message."""

    fates: Mapping[str, Fate]
    is_ours: Callable[[Record, Message], bool]

    def fate(self, status: str) -> Fate:
        """What a state means; one that is not final, or not known yet, is on its way."""
        return self.fates.get(status, Fate.ON_ITS_WAY)


def create(account: TwilioAccount, resource: str, form: Mapping[str, str], message: Message) -> Verdict:
    """Make a message or a call (``resource``: Messages, Calls) and judge the answer."""
    return attempts.attempt(
        lambda: _request(account, "POST", f"{resource}.json", urlencode(form).encode()),
        _verdict,
    )


def find(account: TwilioAccount, resource: str, message: Message, provider_id: str, known: Known) -> Finding:
    """Ask for one by its sid; where the sid was lost, look through everything that went to this number since.

    Twilio has no date of sending for what still waits, so its filter by day would not show it; the newest come first
    and carry the moment they were made.
    """
    if provider_id:
        return attempts.question(
            lambda: _request(account, "GET", f"{resource}/{quote(provider_id, safe='')}.json"),
            lambda page: _finding(Record(attempts.answer(page)), known),
        )
    query = urlencode({"To": message.phone, "PageSize": _PAGE_SIZE})
    return attempts.question(
        lambda: _request(account, "GET", f"{resource}.json?{query}"),
        lambda page: _search(untrusted.records(attempts.answer(page).get(resource.lower())), message, known),
    )


def authentic(account: TwilioAccount, push: Push) -> Record:
    """The fields of a webhook that Twilio signed.

    Raises:
        Unreadable: the signature is missing or another, or the push is no form.
    """
    form = pushes.form(push)
    given = pushes.header(push, "X-Twilio-Signature").encode(errors="replace")
    expected = [signature(account.auth_token, url, form).encode() for url in _spellings(push.url)]
    if not any(hmac.compare_digest(given, one) for one in expected):
        raise Unreadable("The signature is not Twilio's.")
    return Record(dict(form))


def signature(auth_token: str, url: str, form: Sequence[tuple[str, str]]) -> str:
    """Twilio's signature: the address, then every field's name and value, sorted, each pair once."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(auth_token.encode(), signed.encode(errors="replace"), hashlib.sha1)).decode()


def thanks(*, is_kept: bool) -> Answer:
    """An empty TwiML document says nothing back; Twilio repeats what was answered with an error."""
    return Answer(200 if is_kept else 503, "<Response/>", "text/xml")


def _request(account: TwilioAccount, method: str, path: str, body: bytes = b"") -> web.Page:
    secret = b64encode(f"{account.account_sid}:{account.auth_token}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Accept": "application/json"}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    url = f"{account.base_url}/{_VERSION}/Accounts/{account.account_sid}/{path}"
    return web.request(method, url, headers=headers, body=body, timeout=account.timeout)


def _verdict(page: web.Page) -> Verdict:
    said = Record(attempts.answer(page))
    if page.status in (200, 201) and said.token("sid"):
        return Verdict(VerdictKind.ACCEPTED, said.token("sid"), said.token("status"))
    if not 400 <= page.status < 500:
        return attempts.unclear(page)
    code = said.token("code") or f"http_{page.status}"
    return Verdict(_refusal(page.status, code), code=code, words=said.words("message"))


def _refusal(status: int, code: str) -> VerdictKind:
    if code in _THROTTLED:
        return VerdictKind.RETRY
    if code in _ACCOUNT:
        return VerdictKind.ACCOUNT
    return _STATUS.get(status, VerdictKind.PERMANENT)


def _finding(said: Record, known: Known) -> Finding:
    sid, status = said.token("sid"), said.token("status")
    if not sid or not status:
        return Finding(Fate.CANNOT_SAY, code=said.token("code"))
    return Finding(known.fate(status), sid, said.token("error_code") or status)


def _search(listed: list[Record] | None, message: Message, known: Known) -> Finding:
    if listed is None:
        return Finding(Fate.CANNOT_SAY)
    since = [one for one in listed if _may_be_since(one, message.at - _CLOCKS_DIFFER_BY)]
    ours = [one for one in since if known.is_ours(one, message)]
    if ours:
        return _finding(ours[-1], known)  # The first that was made since the attempt.
    return Finding(Fate.CANNOT_SAY if len(since) >= _PAGE_SIZE else Fate.NEVER_SEEN)


def _may_be_since(one: Record, moment: datetime) -> bool:
    try:
        made_at = parsedate_to_datetime(one.text("date_created"))
    except ValueError:
        return True  # Better found by its words than sent twice.
    return made_at.tzinfo is None or made_at >= moment


def _spellings(url: str) -> set[str]:
    """The address with and without its port: Twilio signs one or the other, as its own validators allow."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.partition(":")
    port = port or _PORTS.get(parts.scheme, "443")
    return {url, urlunsplit(parts._replace(netloc=host)), urlunsplit(parts._replace(netloc=f"{host}:{port}"))}
