"""A message centre that really speaks SMPP 3.4, as a carrier's would: Kannel binds to it over the loopback.

It runs in a thread of the test, which can ask it what arrived and tell it how the next message fares.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Self

import smpp34

_UCS2 = 8
_HAS_HEADER = 0x40
_IS_RECEIPT = 0x04
_INTERNATIONAL = 1
_DELIVERED, _UNDELIVERABLE = ("DELIVRD", "000", 2), ("UNDELIV", "005", 5)
"""The word, the error and the number of a receipt."""


@dataclass(frozen=True)
class Arrival:
    """One ``submit_sm``: a whole message, or one part of a long one with its header."""

    phone: str
    text: str
    data_coding: int
    header: bytes
    is_taken: bool

    @property
    def place(self) -> tuple[int, int, int]:
        """Of a long message: which one, how many parts it has, which of them this is; a short one is its only part."""
        return (self.header[3], self.header[4], self.header[5]) if self.header else (0, 1, 1)


class Centre:
    """Takes what is submitted, sends receipts and what phones say; ``port`` is where it listens."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrivals: list[Arrival] = []
        self._throttled: Counter[str] = Counter()
        self._unreachable: set[str] = set()
        self._sessions: dict[str, smpp34.Esme] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server = smpp34.Server(host="127.0.0.1", port=port, system_id="CENTRE")
        self._work: Future[None] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._server.start)
        self._work = asyncio.run_coroutine_threadsafe(self._serve(), self._loop)
        return self

    def __exit__(self, *error: object) -> None:
        if self._work is not None:
            self._work.cancel()
        self._wait(self._server.stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # --- what a test asks and tells ---

    def taken(self, phone: str) -> list[str]:
        """The messages that the phone got, put together from their parts."""
        messages: dict[object, dict[int, str]] = defaultdict(dict)
        for place, arrival in enumerate(self.arrivals):
            if arrival.phone == phone and arrival.is_taken:
                number, total, part = arrival.place
                messages[(number, total) if total > 1 else place][part] = arrival.text
        return ["".join(text for _, text in sorted(parts.items())) for parts in messages.values()]

    def submitted(self, phone: str) -> list[Arrival]:
        """Everything that was submitted for the phone, taken or not."""
        return [arrival for arrival in self.arrivals if arrival.phone == phone]

    def throttle(self, phone: str, *, times: int) -> None:
        """Answer the next submissions for this phone with ESME_RTHROTTLED."""
        self._throttled[phone] = times

    def lose(self, phone: str) -> None:
        """Take what is for this phone, and report that it could not be delivered."""
        self._unreachable.add(phone)

    def say(self, phone: str, text: str, *, to: str) -> None:
        """Somebody writes back from the phone."""
        is_plain = text.isascii()
        self._wait(
            lambda: self._session.deliver_sm(
                source_addr=phone.removeprefix("+"),
                source_addr_ton=_INTERNATIONAL,
                source_addr_npi=1,
                destination_addr=to,
                data_coding=0 if is_plain else _UCS2,
                short_message=text.encode("ascii" if is_plain else "utf-16-be"),
            )
        )

    # --- the wire ---

    @property
    def _session(self) -> smpp34.Esme:
        """The one bound gateway."""
        return next(iter(self._sessions.values()))

    def _wait(self, begin: Callable[[], Awaitable[object]]) -> None:
        async def done() -> None:
            await begin()

        asyncio.run_coroutine_threadsafe(done(), self._loop).result(10)

    async def _serve(self) -> None:
        while True:
            event = await self._server.next()
            if isinstance(event, smpp34.Esme):
                self._sessions[event.session_id] = event
            elif isinstance(event, smpp34.Unbound):
                self._sessions.pop(event.session_id, None)
            else:
                self._take(event)

    def _take(self, submitted: smpp34.SubmitSmEvent) -> None:
        phone = f"+{submitted.destination_addr.removeprefix('+')}"
        is_throttled = self._throttled[phone] > 0
        self.arrivals.append(_arrival(submitted, phone, is_taken=not is_throttled))
        if is_throttled:
            self._throttled[phone] -= 1
            submitted.reject(smpp34.ESME_RTHROTTLED)
            return
        message_id = f"C{len(self.arrivals)}"
        submitted.accept(message_id=message_id)
        if submitted.registered_delivery & 1:
            errand = self._loop.create_task(self._report(submitted, phone, message_id))
            self._errands.add(errand)
            errand.add_done_callback(self._errands.discard)

    async def _report(self, submitted: smpp34.SubmitSmEvent, phone: str, message_id: str) -> None:
        await asyncio.sleep(0.1)  # A receipt that overtakes the answer is a fault of its own, and not tried here.
        word, error, number = _UNDELIVERABLE if phone in self._unreachable else _DELIVERED
        words = (
            f"id:{message_id} sub:001 dlvrd:{'001' if number == 2 else '000'} submit date:2611220800 "
            f"done date:2611220801 stat:{word} err:{error} text:"
        )
        await self._sessions[submitted.session_id].deliver_sm(
            source_addr=submitted.destination_addr,
            destination_addr=submitted.source_addr,
            esm_class=_IS_RECEIPT,
            short_message=words.encode(),
            tlvs=[
                smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, message_id.encode() + b"\0"),
                smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, bytes([number])),
            ],
        )


def _arrival(submitted: smpp34.SubmitSmEvent, phone: str, *, is_taken: bool) -> Arrival:
    header, body = b"", submitted.short_message
    if submitted.esm_class & _HAS_HEADER:
        header, body = body[: body[0] + 1], body[body[0] + 1 :]
    text = body.decode("utf-16-be" if submitted.data_coding == _UCS2 else "latin-1")
    return Arrival(phone, text, submitted.data_coding, header, is_taken)
