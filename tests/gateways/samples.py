"""One message, one moment, and secrets that must never be seen again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateways.base import Message

AT = datetime(2026, 11, 22, 3, 15, 30, tzinfo=UTC)
PHONE = "+8613800138000"
NATIONAL = "13800138000"
EMAIL = "lin.duty@anxinqiao.example"
SECRET = "never-in-a-log-7f3b"
MESSAGE_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
TEXT = "投诉 T-1024 升级到您，请在30分钟内处理。回复 1 A0231 接单"

MESSAGE = Message(MESSAGE_ID, PHONE, TEXT, "安心桥", AT, EMAIL)


def message(**changes: Any) -> Message:
    """The message with something different about it."""
    return replace(MESSAGE, **changes)


def is_discreet(*said: object) -> bool:
    """Whether nothing of this shows a secret, a number or an address."""
    return not any(word in repr(one) + str(one) for one in said for word in (SECRET, NATIONAL, EMAIL))
