"""How Tencent Cloud wants a request signed: TC3-HMAC-SHA256 over a JSON body."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

ALGORITHM: Final = "TC3-HMAC-SHA256"
_CONTENT_TYPE: Final = "application/json"
_SIGNED: Final = "content-type;host"


def signed_headers(
    *, service: str, action: str, version: str, region: str, host: str, body: bytes, secret_id: str, secret_key: str,
    at: datetime,
) -> dict[str, str]:  # fmt: skip
    """Every header of a POST of ``body`` to ``/``, its Authorization among them; ``at`` within 5 minutes of theirs."""
    timestamp = str(int(at.timestamp()))
    scope = f"{at.astimezone(UTC):%Y-%m-%d}/{service}/tc3_request"
    lines = (f"content-type:{_CONTENT_TYPE}", f"host:{host}")
    canonical = "\n".join(("POST", "/", "", *lines, "", _SIGNED, hashlib.sha256(body).hexdigest()))
    to_sign = "\n".join((ALGORITHM, timestamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = _keyed(_key_of(secret_key, scope), to_sign).hex()
    return {
        "Authorization": f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={_SIGNED}, Signature={signature}",
        "Content-Type": _CONTENT_TYPE,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Region": region,
        "X-TC-Timestamp": timestamp,
        "X-TC-Version": version,
    }


def _key_of(secret_key: str, scope: str) -> bytes:
    """The key of the day: each part of the scope is signed with what came of the one before."""
    key = f"TC3{secret_key}".encode()
    for part in scope.split("/"):
        key = _keyed(key, part)
    return key


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
