"""Providers in a process of their own: two that answer questions, one that has none (Kannel).

Each writes every arrival to the disk before it answers.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.faults.hands import SharedHands
from tests.faults.programs import line
from tests.gateways.standins.kannel import Kannel
from tests.gateways.standins.provider import Arrival, Kind, Request, Response, StandIn
from tests.gateways.standins.signed_http import SignedHttp

SECRET = USERNAME = PASSWORD = "known to both sides"


class _Provider(StandIn):
    """What all have: they go by the shared hands and can be told everything from afar."""

    def tell(self, what: str, *said: Any) -> Any:
        """Misbehave in this way, or say where you are."""
        return getattr(self, what)(*said)

    def address(self) -> str:
        """Where it listens."""
        return self.url

    def late(self, seconds: float) -> None:
        """Show messages in answers only after so long."""
        self.lag = seconds

    def forget(self) -> None:
        """A new test: behave, and know nothing."""
        self.release()
        self._released = threading.Event()
        self.arrivals.clear()
        for kind in Kind:
            self._faults[kind].clear()
            self._always[kind] = None
        self.lag = 0.0
        assert self._journal is not None
        self._journal.write_text("")

    def shown(self) -> list[Arrival]:
        """By the shared hands."""
        late = timedelta(seconds=self.lag)
        return [arrival for arrival in self.arrivals if self.read_clock() - arrival.at >= late]


class Faithful(_Provider, SignedHttp):
    """It can be asked for a message by our id, and one id goes out once: our own protocol asks for both."""


class Asked(_Provider, SignedHttp):
    """It can be asked for a message by our id; one that comes twice goes out twice, as with every big provider."""

    def answer(self, request: Request) -> Response:
        """Keep whatever comes."""
        if request.method == "GET":
            return super().answer(request)
        self._verify(request, request.body)
        said = request.json()
        arrival = Arrival(said["id"], said["phone"], f"G{len(self.arrivals) + 1}", said, self.read_clock())
        self.keep(arrival)
        return Response({"provider_id": arrival.provider_id})


class Mute(_Provider, Kannel):
    """It cannot be asked."""


def main() -> None:
    """Listen, and take orders until the line is cut."""
    home, hands = Path(sys.argv[2]), SharedHands(Path(sys.argv[3]))
    providers: dict[str, _Provider] = {
        "asked": Asked(SECRET, journal=home / "asked.jsonl", read_clock=hands.now),
        "faithful": Faithful(SECRET, journal=home / "faithful.jsonl", read_clock=hands.now),
        "mute": Mute(USERNAME, PASSWORD, journal=home / "mute.jsonl", read_clock=hands.now),
    }
    orders = line()
    with ExitStack() as listening, suppress(EOFError):
        for provider in providers.values():
            listening.enter_context(provider)
        while True:
            name, what, *said = orders.recv()
            orders.send(providers[name].tell(what, *said))


if __name__ == "__main__":
    main()
