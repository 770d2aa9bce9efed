"""JSON that strangers sent, read with care: a provider's answers, and pushes that anybody may have written.

Nothing in it is believed to have the promised type, length or characters.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from gateways.base import Push, Unreadable

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LARGEST_PUSH: Final = 64 * 1024
"""Bytes; no provider writes more."""

_LONGEST_WORDS: Final = 200
_LONGEST_TOKEN: Final = 64
_LONGEST_REPLY: Final = 2000
_WALL_CLOCK: Final = "%Y-%m-%d %H:%M:%S"
_BREAKS: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONG_NUMBER: Final = re.compile(r"\d{7,}")
_ADDRESS: Final = re.compile(r"[^\s<>@,;:]+@[^\s<>@,;:]+")
_MAINLAND: Final = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})", re.ASCII)
_ABROAD: Final = re.compile(r"(?:\+|00)?([1-9]\d{6,14})", re.ASCII)

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Record:
    """One object of a provider's JSON."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    def has(self, *names: str) -> bool:
        """Whether all these fields are there, whatever they hold."""
        return all(name in self._fields for name in names)

    def text(self, name: str) -> str:
        """The field as text, a whole number too; '' where there is none, or something else."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            return ""
        return storable(value) if isinstance(value, str) else str(value) if abs(value) < 10**20 else ""

    def token(self, name: str) -> str:
        """The field as an id, a state or a code, cut where none goes on; '' where it is none."""
        return self.text(name)[:_LONGEST_TOKEN]

    def identity(self, name: str) -> str:
        """The field as an id that must be whole; '' where there is none.

        Raises:
            Unreadable: nobody gives such ids.
        """
        text = self.text(name)
        if len(text) > _LONGEST_TOKEN or _BREAKS.search(text):
            raise Unreadable(f"{name} is no id")
        return text

    def words(self, name: str) -> str:
        """The field as a sentence that may be kept and shown."""
        return words(self.text(name))

    def reply(self, name: str) -> str:
        """The field as somebody wrote it, cut where nobody writes on."""
        return self.text(name)[:_LONGEST_REPLY]

    def truth(self, name: str) -> bool | None:
        """The field as yes or no; None where it is neither."""
        return {"true": True, "false": False}.get(str(self._fields.get(name)).lower())

    def number(self, name: str) -> int | None:
        """The field as a whole number up to 9999; None where it is none."""
        text = self.text(name)
        return int(text) if re.fullmatch("[0-9]{1,4}", text) else None

    def moment(self, name: str) -> datetime | None:
        """The field as aware UTC: Shanghai's wall clock, or seconds since 1970; None where it is neither."""
        text = self.text(name)
        try:
            if re.fullmatch("[0-9]+", text):
                return datetime.fromtimestamp(int(text), UTC)
            return datetime.strptime(text, _WALL_CLOCK).replace(tzinfo=SHANGHAI).astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            return None


def records(listed: object) -> list[Record] | None:
    """The objects of a list; None where it is no list of objects."""
    if not isinstance(listed, list) or not all(isinstance(fields, dict) for fields in listed):
        return None
    return [Record(fields) for fields in listed]


def readings(push: Push, read: Callable[[Record], _T]) -> list[_T]:
    """Read every object of a push; what cannot be read is left out, and a line of the log says how many.

    Raises:
        Unreadable: it is no JSON of objects, or none of them can be read.
    """
    objects = _objects(push)
    good: list[_T] = []
    reasons: list[Unreadable] = []
    for record in objects:
        try:
            good.append(read(record))
        except Unreadable as reason:
            reasons.append(reason)
    if reasons and not good:
        raise reasons[0]
    if reasons:
        _log.warning("Left out %d of %d objects of a push: %s", len(reasons), len(objects), reasons[0])
    return good


def words(text: str) -> str:
    """A provider's sentence as it may be kept and shown: one line, not long, without anybody's number or address.

    Refusals like to repeat whom they refuse.
    """
    line = _BREAKS.sub(" ", storable(text[: 4 * _LONGEST_WORDS])).strip()
    line = _LONG_NUMBER.sub(lambda number: f"{number[0][:3]}****{number[0][-4:]}", line)
    return _ADDRESS.sub("…", line)[:_LONGEST_WORDS]


def e164(number: str) -> str:
    """A number as a provider writes it, with or without its country; '' where it is none."""
    if match := _MAINLAND.fullmatch(number):
        return f"+86{match[1]}"
    match = _ABROAD.fullmatch(number)
    return f"+{match[1]}" if match else ""


def fingerprint(*parts: str) -> str:
    """An id for what the provider gave none: the same push repeated has the same one."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def storable(text: str) -> str:
    """The text without what no database takes: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _objects(push: Push) -> list[Record]:
    if len(push.body) > LARGEST_PUSH:
        raise Unreadable("the push is too long")
    try:
        said = json.loads(push.body)
    except (ValueError, RecursionError):
        raise Unreadable("the push is no JSON") from None
    objects = records(said if isinstance(said, list) else [said])
    if objects is None:
        raise Unreadable("the push holds no objects")
    return objects
