"""The words of a message as a channel without templates sends them."""

from __future__ import annotations

from gateways.base import Message


def under_signature(message: Message) -> str:
    """The text after its signature in 【】, as every Chinese SMS begins."""
    return whole(f"【{message.signature}】{message.text}" if message.signature else message.text)


def whole(text: str) -> str:
    """The text with a question mark for every half of a character, which nothing can send."""
    return text.encode(errors="replace").decode()
