"""Kannel's smsbox as its user's guide and its source describe it: ``sendsms``, reports, messages from phones."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, quote_from_bytes, urlsplit

from gateways.base import Push
from tests.gateways.standins.provider import Arrival, Kind, Refused, Request, Response, StandIn

NOWHERE = "+8613800000404"


class Kannel(StandIn):
    """One sendsms user; with ``is_connected`` off the centre is away and Kannel keeps what it is given."""

    def __init__(self, username: str, password: str, **options: Any) -> None:
        super().__init__(**options)
        self.username, self.password = username, password
        self.is_connected = True

    def kind_of(self, request: Request) -> Kind:
        return Kind.SEND

    def refusal(self, request: Request, refused: Refused) -> Response:
        return (refused.status, refused.words.encode())  # type: ignore[return-value]

    def answer(self, request: Request) -> Response:
        said = request.parameters
        if request.path != "/cgi-bin/sendsms":
            raise Refused("", "Unknown request.", 404)
        if (said.get("username"), said.get("password")) != (self.username, self.password):
            raise Refused("", "Authorization failed for sendsms", 403)
        if not said.get("to"):
            raise Refused("", "Empty receiver number not allowed, rejected", 400)
        if not said.get("dlr-url", "").startswith(("http://", "https://")) or said.get("dlr-mask") != "31":
            raise Refused("", "DLR-URL field misformed, rejected", 400)
        if said.get("coding") != "2" or said.get("charset") != "UTF-8":
            raise Refused("", "Charset or body misformed, rejected", 400)
        if said["to"] == NOWHERE:
            raise Refused("", "Not routable. Do not try again.", 403)
        own_id = parse_qs(urlsplit(said["dlr-url"]).query)["id"][0]
        self.keep(Arrival(own_id, said["to"], f"P{len(self.arrivals) + 1}", said, self.read_clock()))
        words = b"0: Accepted for delivery" if self.is_connected else b"3: Queued for later delivery"
        return (202, words)  # type: ignore[return-value]


def report(dlr_url: str, *, state: int, centres_id: str = "P1", words: str = "", at: int = 1795317600) -> Push:
    """A delivery report: Kannel puts its values where the address has its escapes."""
    values = {"%d": str(state), "%F": centres_id, "%T": str(at), "%A": words}
    for escape, value in values.items():
        dlr_url = dlr_url.replace(escape, quote(value, safe=""))
    return get(dlr_url)


def from_phone(
    get_url: str, *, sender: str, text: bytes, charset: str, number: str = "6f8a", at: int = 1795317600
) -> Push:
    """A message from a phone: its bytes as they came from the centre, each one escaped."""
    values = {"%I": number, "%p": sender, "%C": charset, "%T": str(at)}
    get_url = get_url.replace("%b", "\0")
    for escape, value in values.items():
        get_url = get_url.replace(escape, quote(value, safe=""))
    return get(get_url.replace("\0", quote_from_bytes(text, safe="")))


def get(url: str) -> Push:
    """A GET on its way to the desk, its query read as most servers read it."""
    return Push("GET", url, dict(parse_qsl(urlsplit(url).query, errors="replace")), {"User-Agent": "Kannel/1.4.5"}, b"")
