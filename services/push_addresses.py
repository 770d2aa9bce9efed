"""Where providers bring receipts and replies: an address that nobody guesses, and networks that may use it.

The token is made of the secret key and the channel's name: it needs no storage, is the same in every process, and a
new key gives new addresses.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress

from flask import current_app

from config import Config
from rules.channel_protocols import RECEIPTS, REPLIES

KINDS = (RECEIPTS, REPLIES)
PATH = "/pushes/<channel>/<token>/<what>"
"""The route; ``what`` is one of ``KINDS``."""


def address(channel: str, what: str, settings: Config | None = None) -> str:
    """The whole address for a provider; only its path where ``PUBLIC_URL`` is not set."""
    settings = settings or _settings()
    return f"{settings.public_url}/pushes/{channel}/{token(channel, settings)}/{what}"


def token(channel: str, settings: Config | None = None) -> str:
    """The part of the address that is not to be guessed: 40 hex digits."""
    key = (settings or _settings()).secret_key.encode()
    return hmac.digest(key, f"push address of {channel}".encode(), hashlib.sha256).hex()[:40]


def is_right(channel: str, given: str) -> bool:
    """Whether this is the channel's token; takes as long for a wrong one."""
    return hmac.compare_digest(token(channel).encode(), given.encode(errors="replace"))


def may_push(channel: str, ip: str | None) -> bool:
    """Whether a request from this address may push to the channel; from anywhere where no networks are named."""
    networks = next((each.push_allow for each in _settings().channels if each.name == channel), ())
    if not networks:
        return True
    try:
        source = ipaddress.ip_address(ip or "")
    except ValueError:
        return False
    if isinstance(source, ipaddress.IPv6Address) and source.ipv4_mapped:
        source = source.ipv4_mapped
    return any(source in network for network in networks)


def _settings() -> Config:
    settings: Config = current_app.config["DESK"]
    return settings
