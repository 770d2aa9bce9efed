"""A provider on a real socket that journals every arrival before it answers, and misbehaves when told to.

A test, or a worker process that a test started, is pointed at ``url``. What a provider answers is the business of the
subclasses; what goes wrong on the way is here, so that it goes wrong in the same way for all of them.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


class Fault(Enum):
    """What goes wrong with one request."""

    LOSE = auto()
    """The connection is closed before the provider read the request: it has nothing."""
    DROP = auto()
    """The provider has it, and the connection is closed without an answer."""
    SLOW = auto()
    """The provider has it, and answers when ``release`` is called."""
    HALF = auto()
    """The provider has it; half of the answer comes back."""
    HUGE = auto()
    """The provider has it; ten megabytes come back."""
    GARBAGE = auto()
    """The provider has it; no JSON comes back, with a 200."""
    EMPTY = auto()
    """The provider has it; nothing comes back, with a 200."""
    DEEP = auto()
    """The provider has it; JSON that nests too deeply comes back."""
    ERROR_500 = auto()
    """The provider has it; a 500 comes back."""
    ERROR_503 = auto()
    """The provider has it; a 503 of some proxy comes back."""


LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
HTML = b"<html><body><h1>Bad Gateway</h1></body></html>"
RUINED: Mapping[Fault, tuple[int, bytes]] = {
    Fault.HUGE: (200, b'{"Code": "OK", "Response": "' + b"x" * 10_000_000 + b'"}'),
    Fault.GARBAGE: (200, b"\xff\x00 not { json"),
    Fault.EMPTY: (200, b""),
    Fault.DEEP: (200, b"[" * 200_000),
    Fault.ERROR_500: (500, HTML),
    Fault.ERROR_503: (503, HTML),
}


class Kind(Enum):
    """What a request wants."""

    SEND = "send"
    QUERY = "query"


@dataclass(frozen=True)
class Request:
    """A request as it came off the wire; header names in small letters."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def raw_query(self) -> str:
        return urlsplit(self.target).query

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Response:
    """What the provider says."""

    body: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True)
class Arrival:
    """A message that the provider has, and will send."""

    message_id: str
    phone: str
    provider_id: str
    said: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = LONG_AGO
    seen: float = field(default_factory=time.monotonic)


class Refused(Exception):
    """The documented refusal of a request."""

    def __init__(self, code: str, words: str = "", status: int = 200) -> None:
        super().__init__(code)
        self.code, self.words, self.status = code, words, status


class StandIn(ABC):
    """A provider. ``journal`` may be a file, one line of JSON per arrival, for tests that outlive this process.

    ``read_clock`` is the provider's own clock: it dates the messages and judges the signatures' times. ``lag`` is how
    many seconds a message takes to show in its answers to questions; ``float("inf")`` hides all of them.
    """

    def __init__(
        self, *, journal: Path | None = None, read_clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.arrivals: list[Arrival] = []
        self.requests: list[Request] = []
        self.lag = 0.0
        self.read_clock = read_clock
        self._journal = journal
        self._faults: dict[Kind, deque[Fault | Refused]] = {kind: deque() for kind in Kind}
        self._always: dict[Kind, Fault | Refused | None] = dict.fromkeys(Kind)
        self._lock = threading.RLock()
        self._released = threading.Event()
        self._server = _Server(self)
        self._thread = self._ready_thread()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()
        self.leave()

    def _ready_thread(self) -> threading.Thread:
        return threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    # --- what a test tells it ---

    def leave(self) -> None:
        """Stop listening: whoever calls is refused a connection."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def come_back(self) -> None:
        """Listen again where it did."""
        self._server = _Server(self, self._server.server_port)
        self._thread = self._ready_thread()
        self._thread.start()

    def next(self, *faults: Fault | Refused, on: Kind = Kind.SEND) -> None:
        """The next requests go wrong in this way, one after the other."""
        self._faults[on].extend(faults)

    def always(self, fault: Fault | Refused | None, on: Kind = Kind.SEND) -> None:
        """Every request goes wrong in this way, until told otherwise."""
        self._always[on] = fault

    def release(self) -> None:
        """Let the slow answers go."""
        self._released.set()

    def counts(self) -> Counter[str]:
        """How often each message went out, by our id: 0 is lost, more than 1 is doubled."""
        return Counter(arrival.message_id for arrival in self.arrivals)

    # --- what a provider says ---

    @abstractmethod
    def kind_of(self, request: Request) -> Kind:
        """What the request wants."""

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Verify, keep, answer; raise Refused for what is refused."""

    @abstractmethod
    def refusal(self, request: Request, refused: Refused) -> Response:
        """How this provider puts a refusal."""

    def keep(self, arrival: Arrival) -> None:
        """Journal a message; it counts as sent from here on."""
        with self._lock:
            self.arrivals.append(arrival)
            if self._journal:
                with self._journal.open("a", encoding="utf-8") as file:
                    print(json.dumps({"id": arrival.message_id, "phone": arrival.phone}), file=file, flush=True)
                    os.fsync(file.fileno())

    def shown(self) -> list[Arrival]:
        """The messages that show in answers by now."""
        return [arrival for arrival in self.arrivals if time.monotonic() - arrival.seen >= self.lag]

    # --- the wire ---

    def serve(self, request: Request, connection: socket.socket) -> Response | tuple[int, bytes] | Fault | None:
        """What goes back: an answer, ruined bytes, HALF of an answer, or None for a closed connection."""
        self.requests.append(request)
        kind = self.kind_of(request)
        with self._lock:
            fault = self._faults[kind].popleft() if self._faults[kind] else self._always[kind]
        if fault is Fault.LOSE:
            return None
        try:
            if isinstance(fault, Refused):
                raise fault
            response = self.answer(request)
        except Refused as refused:
            return self.refusal(request, refused)
        if fault is Fault.SLOW:
            self._released.wait(60)
        if fault in (None, Fault.SLOW):
            return response
        if fault is Fault.DROP:
            return None
        return Fault.HALF if fault is Fault.HALF else RUINED[fault]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, standin: StandIn, port: int = 0) -> None:
        self.standin = standin
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        answer = self.server.standin.serve(request, self.connection)
        self.close_connection = True
        if answer is None:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif answer is Fault.HALF:
            self._write(200, b'{"Code": "OK", "Message"', promised=500)
        elif isinstance(answer, Response):
            self._write(answer.status, json.dumps(answer.body, ensure_ascii=False).encode())
        elif isinstance(answer, tuple):
            self._write(*answer)

    do_GET = do_POST

    def _write(self, status: int, body: bytes, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(promised or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        """Tests are quiet."""
