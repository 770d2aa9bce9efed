"""What every push shares: how its head, its form and its query are read, and when it is too much."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from gateways.base import Push, Unreadable
from gateways.untrusted import LARGEST_PUSH

_MOST_FIELDS: Final = 200


def header(push: Push, name: str) -> str:
    """A header in whatever case it came; '' where there is none."""
    return next((value for key, value in push.headers.items() if key.lower() == name.lower()), "")


def body(push: Push) -> bytes:
    """The body.

    Raises:
        Unreadable: it is larger than any provider's.
    """
    if len(push.body) > LARGEST_PUSH:
        raise Unreadable("The push is too large.")
    return push.body


def form(push: Push) -> list[tuple[str, str]]:
    """The fields of the body, empty ones too.

    Raises:
        Unreadable: it is too large or no form.
    """
    try:
        return fields(body(push).decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        raise Unreadable("The push is no form.") from None


def fields(text: str, encoding: str) -> list[tuple[str, str]]:
    """The fields of a form or of a query, empty ones too; ``encoding`` is what its escaped bytes are.

    Raises:
        Unreadable: they are too large, more than anybody needs, or in no such encoding.
    """
    if len(text) > LARGEST_PUSH:
        raise Unreadable("The push is too large.")
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=encoding, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Unreadable("The push is no form.") from None
