"""E-mail through the company's mail server: one connection, one letter, and a Message-ID made of our id.

Everything before the text is sent is certainly not sent when it fails. A connection lost between the text and the
server's last word leaves the letter unknown, and no mail server can be asked.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from gateways import untrusted, wording
from gateways.base import Fate, Finding, Message, Verdict, VerdictKind
from rules.vocabulary import ChannelKind

_LONGEST_SUBJECT: Final = 60
_NO_LOGIN: Final = 530
"""The server wants a login first."""


class Security(StrEnum):
    """How the connection is protected: from the first byte, after a greeting, or (inside the company) not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class SmtpSettings:
    """A mail server and who writes; ``username`` '' for a server that wants no login, ``timeout`` in seconds.

    ``ca_file`` names the certificates of a company's own authority; '' for those of the system.
    """

    name: str
    host: str
    sender: str
    port: int = 465
    security: Security = Security.TLS
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 10

    @property
    def domain(self) -> str:
        """What the desk calls itself to the server."""
        return self.sender.rpartition("@")[2]


class Smtp:
    """One mail account."""

    kind = ChannelKind.EMAIL

    def __init__(self, settings: SmtpSettings) -> None:
        self.name = settings.name
        self._settings = settings

    def send(self, message: Message) -> Verdict:
        """Hand the letter over once."""
        try:
            letter = self._letter(message)
        except (ValueError, IndexError, MessageError):  # What the parser of addresses raises, by the address.
            return Verdict(VerdictKind.PERMANENT, code="unwritable")
        try:
            session = self._session()
        except _FAILURES as failure:
            return _before(failure)
        try:
            return self._hand_over(session, letter, message)
        finally:
            with suppress(*_FAILURES):
                session.putcmd("quit")  # Its answer would change nothing and may never come.
            session.close()

    def find(self, message: Message, provider_id: str) -> Finding:
        """No mail server has such a question."""
        return Finding(Fate.CANNOT_SAY)

    def _letter(self, message: Message) -> bytes:
        settings, letter = self._settings, EmailMessage(SMTP)
        message.email.encode("ascii")  # Few servers take others, and an account must not stop for one of them.
        letter["From"] = Address(message.signature, addr_spec=settings.sender)
        letter["To"] = Address(addr_spec=message.email)
        letter["Subject"] = " ".join(wording.under_signature(message).split())[:_LONGEST_SUBJECT]
        letter["Date"] = format_datetime(message.at)
        letter["Message-ID"] = f"<{message.message_id}@{settings.domain}>"
        letter["Auto-Submitted"] = "auto-generated"  # No answering machine answers it.
        letter.set_content(wording.whole(message.text), cte="base64")
        return letter.as_bytes()

    def _session(self) -> smtplib.SMTP:
        """Connect and log in."""
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        host, port, desk, timeout = settings.host, settings.port, settings.domain, settings.timeout
        if settings.security is Security.TLS:
            session: smtplib.SMTP = smtplib.SMTP_SSL(host, port, desk, timeout=timeout, context=context)
        else:
            session = smtplib.SMTP(host, port, desk, timeout)
        try:
            if settings.security is Security.STARTTLS:
                session.starttls(context=context)
            if settings.username:
                session.login(settings.username, settings.password)
            session.ehlo_or_helo_if_needed()
        except BaseException:
            session.close()
            raise
        return session

    def _hand_over(self, session: smtplib.SMTP, letter: bytes, message: Message) -> Verdict:
        try:
            refusal = _refusal(session.mail, self._settings.sender, VerdictKind.ACCOUNT)
            refusal = refusal or _refusal(session.rcpt, message.email, VerdictKind.PERMANENT)
        except _FAILURES as failure:
            return _before(failure)
        if refusal:
            return refusal
        try:
            code, words = session.data(letter)
        except smtplib.SMTPDataError as failure:
            return _judged(failure.smtp_code, failure.smtp_error, VerdictKind.PERMANENT)
        except _FAILURES as failure:
            return Verdict(VerdictKind.UNKNOWN, code="no_answer", words=type(failure).__name__)
        if 200 <= code < 300:
            return Verdict(VerdictKind.ACCEPTED, code=str(code), words=_text(words))
        if code < 0:
            return Verdict(VerdictKind.UNKNOWN, code="no_answer", words=_text(words))
        return _judged(code, words, VerdictKind.PERMANENT)


_FAILURES: Final = (OSError, smtplib.SMTPException, ValueError)
"""What the network, the server and an unwritable command raise."""


def _refusal(command: Callable[[str], tuple[int, bytes]], address: str, lasting: VerdictKind) -> Verdict | None:
    code, words = command(address)
    return None if 200 <= code < 300 else _judged(code, words, lasting)


def _judged(code: int, words: bytes | str, lasting: VerdictKind) -> Verdict:
    """4xx and nonsense may be otherwise later; 5xx lasts, and is the desk's own trouble if the server knows it not."""
    said = _text(words)
    if not 500 <= code < 600:
        return Verdict(VerdictKind.RETRY, code=str(code), words=said)
    is_stranger = code == _NO_LOGIN or "relay" in said.lower()
    return Verdict(VerdictKind.ACCOUNT if is_stranger else lasting, code=str(code), words=said)


def _before(failure: BaseException) -> Verdict:
    """The verdict on a failure before the text: the network may heal, settings do not."""
    if isinstance(failure, smtplib.SMTPResponseException):
        return _judged(failure.smtp_code, failure.smtp_error, VerdictKind.ACCOUNT)
    # smtplib's own complaints, a certificate (which is a ValueError) and a name that is none last.
    lasts = isinstance(failure, smtplib.SMTPException | ValueError)
    is_network = isinstance(failure, smtplib.SMTPServerDisconnected) or not lasts
    kind = VerdictKind.RETRY if is_network else VerdictKind.ACCOUNT
    return Verdict(kind, code="not_reached", words=type(failure).__name__)


def _text(words: bytes | str) -> str:
    return untrusted.words(words.decode("utf-8", "replace") if isinstance(words, bytes) else words)
