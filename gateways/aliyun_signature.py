"""How Aliyun wants a request signed: ACS3-HMAC-SHA256, the parameters in the address and nothing in the body."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "ACS3-HMAC-SHA256"
_NOTHING: Final = hashlib.sha256(b"").hexdigest()


def query_string(parameters: Mapping[str, str]) -> str:
    """The parameters as they stand in the address; they are signed exactly so, sorted and percent-encoded."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(parameters.items()))


def signed_headers(
    *, action: str, version: str, host: str, query: str, key_id: str, secret: str, at: datetime, nonce: str
) -> dict[str, str]:
    """Every header of a POST to ``/?{query}``, its Authorization among them; ``at`` within 15 minutes of Aliyun's."""
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": _NOTHING,
        "x-acs-date": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(headers)  # They stand in the order of the alphabet, which is the order wanted.
    lines = (f"{name}:{value}" for name, value in headers.items())
    canonical = "\n".join(("POST", "/", query, *lines, "", names, _NOTHING))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return {**headers, "Authorization": f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"}


def _encoded(text: str) -> str:
    return quote(text, safe="~")
