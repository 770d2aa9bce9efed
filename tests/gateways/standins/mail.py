"""A mail server on a real socket: RFC 5321 as far as one letter needs it, and every way to break off."""

from __future__ import annotations

import socketserver
import ssl
import threading
from base64 import b64decode
from collections.abc import Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self

import trustme


class Break(Enum):
    """Where the server breaks off."""

    AT_ONCE = auto()
    BEFORE_DATA = auto()
    AT_DATA = auto()
    """Instead of the word that lets the text come."""
    AFTER_DATA = auto()
    """The server has the letter, and closes the connection."""
    SILENT_AFTER_DATA = auto()
    """The server has the letter, and answers when it is closed."""
    GARBAGE_AFTER_DATA = auto()


class MailServer:
    """``replies`` overrules the answer to a command, by its name; "TEXT" is the answer to the letter itself."""

    def __init__(
        self, *, password: str = "", authority: trustme.CA | None = None, is_tls: bool = False, offers_tls: bool = True
    ) -> None:
        self.password, self.is_tls, self.offers_tls = password, is_tls, authority is not None and offers_tls
        self.replies: dict[str, str] = {}
        self.break_off: Break | None = None
        self.letters: list[tuple[str, str, EmailMessage]] = []
        self.commands: list[str] = []
        self.closing = threading.Event()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if authority:
            authority.issue_cert("127.0.0.1").configure_cert(self.context)
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.mail = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mail: MailServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Closed(Exception):
    pass


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        mail = self.server.mail
        self.sender = self.recipient = ""
        try:
            if mail.break_off is Break.AT_ONCE:
                return
            if mail.is_tls:
                self._protect()
            self._say("220 mail.example ESMTP", "CONNECT")
            while line := self.rfile.readline():
                self._obey(line.decode().strip())
        except (_Closed, OSError):
            return
        finally:
            self.connection.close()

    def _obey(self, line: str) -> None:
        name, _, rest = line.partition(" ")
        mail, name = self.server.mail, name.upper()
        mail.commands.append(name)
        if mail.break_off is Break.BEFORE_DATA and name == "RCPT":
            raise _Closed
        answers: Mapping[str, Any] = {
            "EHLO": self._greet,
            "STARTTLS": self._start_tls,
            "AUTH": lambda: self._authenticate(rest),
            "MAIL": lambda: self._say("250 2.1.0 Ok"),
            "RCPT": lambda: self._say("250 2.1.5 Ok"),
            "DATA": self._take,
            "QUIT": self._leave,
        }
        if name in mail.replies and name != "DATA":
            self._say(mail.replies[name])
            return
        if name in ("MAIL", "RCPT"):
            setattr(self, "sender" if name == "MAIL" else "recipient", rest.partition("<")[2].partition(">")[0])
        answers.get(name, lambda: self._say("502 5.5.2 Error: command not recognized"))()

    def _greet(self) -> None:
        mail, lines = self.server.mail, ["mail.example"]
        if mail.offers_tls and not isinstance(self.connection, ssl.SSLSocket):
            lines.append("STARTTLS")
        if mail.password:
            lines.append("AUTH PLAIN LOGIN")
        for line in lines[:-1]:
            self._say(f"250-{line}")
        self._say(f"250 {lines[-1]}")

    def _start_tls(self) -> None:
        self._say("220 2.0.0 Ready to start TLS")
        self._protect()

    def _protect(self) -> None:
        self.connection = self.server.mail.context.wrap_socket(self.connection, server_side=True)
        self.rfile.close()
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def _authenticate(self, rest: str) -> None:
        given = b64decode(rest.partition(" ")[2]).decode().split("\0")
        fits = given[1:] == ["desk", self.server.mail.password]
        self._say("235 2.7.0 Authentication successful" if fits else "535 5.7.8 Error: authentication failed")

    def _take(self) -> None:
        mail = self.server.mail
        if mail.break_off is Break.AT_DATA:
            raise _Closed
        if "DATA" in mail.replies:
            self._say(mail.replies["DATA"])
            return
        self._say("354 End data with <CR><LF>.<CR><LF>")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _Closed
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self._keep(b"".join(lines))

    def _keep(self, text: bytes) -> None:
        mail, answer = self.server.mail, self.server.mail.replies.get("TEXT", "250 2.0.0 Ok: queued as 4F1A")
        if answer.startswith("2"):
            letter = message_from_bytes(text, policy=default)
            assert isinstance(letter, EmailMessage)
            mail.letters.append((self.sender, self.recipient, letter))
        if mail.break_off is Break.AFTER_DATA:
            raise _Closed
        if mail.break_off is Break.SILENT_AFTER_DATA:
            mail.closing.wait(60)
        self._say("\0\xff what" if mail.break_off is Break.GARBAGE_AFTER_DATA else answer)

    def _leave(self) -> None:
        self._say("221 2.0.0 Bye")
        raise _Closed

    def _say(self, line: str, name: str = "") -> None:
        self.wfile.write(f"{self.server.mail.replies.get(name, line)}\r\n".encode())
