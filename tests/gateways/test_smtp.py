"""E-mail through a mail server on a real socket."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from gateways.base import Fate, Verdict, VerdictKind
from gateways.smtp import Security, Smtp, SmtpSettings
from tests.gateways.samples import AT, EMAIL, MESSAGE, MESSAGE_ID, SECRET, TEXT, is_discreet, message
from tests.gateways.standins.mail import Break, MailServer

SENDER = "desk@anxinqiao.example"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as standin:
        yield standin


def settings_for(server: MailServer, **changes: object) -> SmtpSettings:
    plain = SmtpSettings("mail", "127.0.0.1", SENDER, server.port, Security.NONE, timeout=5)
    return replace(plain, **changes)  # type: ignore[arg-type]


def send(server: MailServer, **changes: object) -> Verdict:
    return Smtp(settings_for(server, **changes)).send(MESSAGE)


class TestTheLetter:
    def test_arrives_as_it_was_written(self, server: MailServer) -> None:
        assert send(server).kind is VerdictKind.ACCEPTED
        [(sender, recipient, letter)] = server.letters
        assert (sender, recipient, letter["To"]) == (SENDER, EMAIL, EMAIL)
        assert letter["From"] == f"安心桥 <{SENDER}>"
        assert letter["Subject"].startswith("【安心桥】投诉 T-1024")
        assert letter["Message-ID"] == f"<{MESSAGE_ID}@anxinqiao.example>"
        assert letter["Date"].datetime == AT
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter.get_content().splitlines() == [TEXT]

    @pytest.mark.parametrize("text", [".\n..\n.leading dots", "one\r\ntwo\nthree", "急" * 5000, "half \ud83d", ""])
    def test_whatever_its_text_is(self, server: MailServer, text: str) -> None:
        assert Smtp(settings_for(server)).send(message(text=text)).kind is VerdictKind.ACCEPTED
        expected = text.encode(errors="replace").decode().splitlines()
        assert server.letters[0][2].get_content().splitlines() == (expected or [""])

    @pytest.mark.parametrize(
        "email", ["", "no address", "a@b\r\nBcc: c@d", "a@b, c@d", "a <a@b>", "@", "李@anxinqiao.example", "\ud83d@x"]
    )
    def test_is_not_sent_to_what_is_no_address(self, server: MailServer, email: str) -> None:
        verdict = Smtp(settings_for(server)).send(message(email=email))
        assert verdict.kind is VerdictKind.PERMANENT and server.commands == []

    def test_does_not_wait_for_a_goodbye(self, server: MailServer) -> None:
        server.replies["QUIT"] = "500 never"
        assert send(server).kind is VerdictKind.ACCEPTED


class TestProtection:
    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_by_a_certificate_and_a_login(self, authority: trustme.CA, ca_file: str, security: Security) -> None:
        with MailServer(password=SECRET, authority=authority, is_tls=security is Security.TLS) as server:
            login = {"username": "desk", "password": SECRET, "security": security, "ca_file": ca_file}
            assert send(server, **login).kind is VerdictKind.ACCEPTED
            wrong = send(server, **{**login, "password": "wrong"})
            assert (wrong.kind, wrong.code) == (VerdictKind.ACCOUNT, "535") and is_discreet(wrong)

    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_not_by_a_strangers_certificate(self, authority: trustme.CA, security: Security) -> None:
        with MailServer(authority=authority, is_tls=security is Security.TLS) as server:
            assert send(server, security=security).kind is VerdictKind.ACCOUNT
            assert server.letters == []

    def test_nothing_is_said_in_the_open_where_it_was_promised_otherwise(self, authority: trustme.CA) -> None:
        with MailServer(password=SECRET, authority=authority, offers_tls=False) as server:
            verdict = send(server, security=Security.STARTTLS, username="desk", password=SECRET)
            assert verdict.kind is VerdictKind.ACCOUNT and "AUTH" not in server.commands

    def test_a_login_that_the_server_does_not_know_is_the_accounts_trouble(self, server: MailServer) -> None:
        assert send(server, username="desk", password=SECRET).kind is VerdictKind.ACCOUNT


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("CONNECT", "421 4.3.2 try later", VerdictKind.RETRY),
        ("CONNECT", "554 5.7.1 blocked", VerdictKind.ACCOUNT),
        ("CONNECT", "hello", VerdictKind.RETRY),
        ("MAIL", "451 4.3.0 try later", VerdictKind.RETRY),
        ("MAIL", "550 5.7.1 sender not allowed", VerdictKind.ACCOUNT),
        ("MAIL", "530 5.7.0 Authentication required", VerdictKind.ACCOUNT),
        ("RCPT", "450 4.2.0 greylisted", VerdictKind.RETRY),
        ("RCPT", "452 4.2.2 mailbox full", VerdictKind.RETRY),
        ("RCPT", f"550 5.1.1 <{EMAIL}>: user unknown", VerdictKind.PERMANENT),
        ("RCPT", "554 5.7.1 Relay access denied", VerdictKind.ACCOUNT),
        ("RCPT", "530 5.7.0 Authentication required", VerdictKind.ACCOUNT),
        ("DATA", "451 4.3.0 try later", VerdictKind.RETRY),
        ("DATA", "554 5.5.1 no valid recipients", VerdictKind.PERMANENT),
        ("TEXT", "451 4.7.1 try later", VerdictKind.RETRY),
        ("TEXT", "421 4.3.2 shutting down", VerdictKind.RETRY),
        ("TEXT", "552 5.3.4 message too big", VerdictKind.PERMANENT),
        ("TEXT", f"550 5.7.1 this looks like spam for {EMAIL}", VerdictKind.PERMANENT),
    ],
)
def test_a_refusal_is_read_by_its_code(server: MailServer, command: str, answer: str, kind: VerdictKind) -> None:
    server.replies[command] = answer
    verdict = send(server)
    assert verdict.kind is kind and is_discreet(verdict) and server.letters == []
    assert verdict.code == (answer[:3] if answer[:3].isdecimal() else "-1")


class TestTheConnection:
    @pytest.mark.parametrize("where", [Break.AT_ONCE, Break.BEFORE_DATA])
    def test_lost_before_the_text_means_that_it_was_not_sent(self, server: MailServer, where: Break) -> None:
        server.break_off = where
        assert send(server).kind is VerdictKind.RETRY

    @pytest.mark.parametrize("where", [Break.AT_DATA, Break.AFTER_DATA, Break.GARBAGE_AFTER_DATA])
    def test_lost_around_the_text_leaves_it_unknown(self, server: MailServer, where: Break) -> None:
        server.break_off = where
        assert send(server).kind is VerdictKind.UNKNOWN
        assert Smtp(settings_for(server)).find(MESSAGE, "").fate is Fate.CANNOT_SAY

    def test_silent_after_the_text_leaves_it_unknown(self, server: MailServer) -> None:
        server.break_off = Break.SILENT_AFTER_DATA
        assert send(server, timeout=0.15).kind is VerdictKind.UNKNOWN
        assert len(server.letters) == 1

    def test_nobody_at_home_means_that_it_was_not_sent(self, server: MailServer) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        verdict = send(server, port=port)
        assert (verdict.kind, verdict.code) == (VerdictKind.RETRY, "not_reached")

    def test_nobody_who_speaks_tls_at_home(self, authority: trustme.CA, ca_file: str, server: MailServer) -> None:
        server.break_off = Break.AT_ONCE
        assert send(server, security=Security.TLS, ca_file=ca_file).kind is VerdictKind.RETRY


def test_nothing_personal_and_no_secret_is_logged_or_shown(
    server: MailServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_for(server, username="desk", password=SECRET)
    verdicts = [Smtp(settings).send(MESSAGE), send(server)]
    assert is_discreet(settings, *verdicts, caplog.text, *capfd.readouterr())
