"""The rows of a hotline's or a shop's export: which columns there are and how each cell is read.

A cell comes from CSV as text and from a workbook as whatever the workbook holds: text, a number, a date. What
identifies (number, phone, moment, channel) is folded from full-width characters; what the customer said stays
untouched.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from rules import phones
from rules.addresses import fold
from rules.phones import Phone
from rules.refusals import Refusal
from rules.vocabulary import N_, Channel

Cell = str | int | float | datetime | date | time | timedelta | None


class Column(StrEnum):
    """The columns of an export, by their headings."""

    REF = "工单号"
    FIRST_WORD = "来电时间"
    NAME = "客户姓名"
    PHONE = "联系电话"
    COMMUNITY = "小区"
    ROOM = "楼栋房号"
    CONTRACT = "合同编号"
    CHANNEL = "渠道"
    PROBLEM = "问题描述"
    IMPACT = "影响程度"
    DEMAND = "客户诉求"
    ANSWERED_BY = "接听人"


class ReasonColumn(StrEnum):
    """What a file of refused rows has on top of the export's columns; ignored when it comes back corrected."""

    FIELD = "退回栏目"
    REASON = "退回原因"


@dataclass(frozen=True)
class Row:
    """One row of the file; ``number`` counts as the file does, the heading being row 1.

    ``cells`` holds the export's columns. ``overflow`` is what stands where there is no heading.
    """

    number: int
    cells: Mapping[Column, Cell]
    overflow: tuple[Cell, ...] = ()

    @property
    def ref(self) -> str:
        """The number the call has in the other system, '' when it has none."""
        return fold(text_of(self.cells[Column.REF]))


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row: the column ('' for the row as a whole) and a sentence, to be translated when shown."""

    column: str
    message: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A row that could be read. ``first_word_at`` is aware UTC."""

    ref: str
    first_word_at: datetime
    name: str
    phone: Phone
    community: str
    room: str
    contract_no: str
    channel: Channel
    problem: str
    impact: str
    demand: str
    answered_by: str


def positions(headings: Sequence[Cell]) -> dict[Column, int]:
    """Where each column stands. The order does not matter, and empty headings do not count.

    Raises:
        Refusal: a column is missing, twice there, or none of ours.
    """
    found = [fold(text_of(heading)) for heading in headings]
    ours = {*Column, *ReasonColumn}
    missing = [column.value for column in Column if column not in found]
    unknown = [heading for heading in found if heading and heading not in ours]
    if len(missing) == len(Column):
        raise Refusal(
            N_("These are not the headings of a hotline export, or the text is in another encoding: %(found)s."),
            field="file",
            found=_listed(unknown) or "—",
        )
    if missing:
        raise Refusal(N_("Columns are missing: %(columns)s."), field="file", columns=_listed(missing))
    doubled = sorted({heading for heading in found if heading and found.count(heading) > 1})
    if doubled:
        raise Refusal(N_("Columns stand there twice: %(columns)s."), field="file", columns=_listed(doubled))
    if unknown:
        raise Refusal(N_("Columns are not known: %(columns)s."), field="file", columns=_listed(unknown))
    return {column: found.index(column) for column in Column}


def reason_positions(headings: Sequence[Cell]) -> set[int]:
    """Where the columns stand that we added to a file of refused rows; none in any other file."""
    ours = {*ReasonColumn}
    return {place for place, heading in enumerate(headings) if fold(text_of(heading)) in ours}


def read(row: Row, *, zone: tzinfo) -> tuple[Call | None, list[Fault]]:
    """The call that a row tells of, or everything that is wrong with it, in the order of the columns.

    ``zone`` is where the file's times were written down.
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    if row.overflow:
        faults.append(Fault("", OVERFLOW, {}))
    for column, (attribute, reader) in _READERS.items():
        try:
            values[attribute] = reader(row.cells[column])
        except Refusal as refusal:
            faults.append(Fault(column, refusal.message, refusal.params))
    if faults:
        return None, faults
    local: datetime = values.pop("first_word_at")
    return Call(first_word_at=local.replace(tzinfo=zone).astimezone(UTC), **values), []


def text_of(cell: Cell) -> str:
    """What a person reads in the cell: whole numbers without a decimal point or an exponent."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def is_blank(cell: Cell) -> bool:
    """Whether a person sees nothing in the cell; invisible characters count as nothing."""
    return all(char.isspace() or unicodedata.category(char) == "Cf" for char in text_of(cell))


def moment(cell: Cell) -> datetime:
    """A moment in any of the forms that occur, to the second, as the clock on the wall showed it (without a zone).

    2026-10-06 17:36, 2026/10/6 17:36:00, 2026.10.06 17:36, 2026年10月6日17时36分, 2026/10/6 下午5:36, the same in
    full-width characters, and a workbook's own dates. A day without a time of day is not enough (N2).

    Raises:
        Refusal: it is none of these, or no such moment exists.
    """
    if is_blank(cell):
        raise Refusal(N_("The time of the call is missing."))
    try:
        if isinstance(cell, datetime):
            return _to_second(cell)
        if isinstance(cell, float) and _FIRST_SERIAL <= cell <= _LAST_SERIAL and not cell.is_integer():
            return _to_second(_SERIAL_ZERO + timedelta(days=cell))
        match = _MOMENT.fullmatch(fold(text_of(cell)))
        if match is None:
            raise Refusal(
                N_("“%(text)s” is no date with a time of day; write it like 2026-10-06 17:36."), text=excerpt(cell)
            )
        return datetime(  # noqa: DTZ001 - the caller knows the zone
            int(match["year"]),
            int(match["month"]),
            int(match["day"]),
            _hour(int(match["hour"]), (match["before"] or match["after"] or "").lower()),
            int(match["minute"] or 0),
            int(match["second"] or 0),
        )
    except (ValueError, OverflowError):
        raise Refusal(N_("“%(text)s” does not exist in the calendar or on the clock."), text=excerpt(cell)) from None


def phone_of(cell: Cell) -> Phone:
    """The number to call, however the file holds it.

    Raises:
        Refusal: it is missing, or no number that could be called.
    """
    if is_blank(cell):
        raise Refusal(N_("The phone number is missing."))
    text = text_of(cell).strip()
    return phones.parse(text.partition(".")[0] if _DECIMAL.fullmatch(text) else text)


def channel_of(cell: Cell) -> Channel:
    """The channel behind the word that the other system uses.

    Raises:
        Refusal: it is missing or not known.
    """
    word = fold(text_of(cell)).replace(" ", "").lower()
    if not word:
        raise Refusal(N_("The channel is missing."))
    if word not in _CHANNELS:
        raise Refusal(
            N_("The channel “%(text)s” is not known; known are: %(known)s."),
            text=excerpt(cell),
            known=_listed(_CHANNEL_WORDS[channel][0] for channel in Channel),
        )
    return _CHANNELS[word]


def excerpt(cell: Cell, longest: int = 30) -> str:
    """The beginning of a cell, for a sentence about it."""
    words = " ".join(text_of(cell).split())
    return words if len(words) <= longest else words[:longest] + "…"


OVERFLOW = N_("Text stands where there is no heading; most likely a comma inside a text lacks its quotation marks.")
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")
_DECIMAL = re.compile(r"\d{7,15}\.0+")
"""A number that some program wrote down as if it could have decimals."""


_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook counts local days from here
_FIRST_SERIAL, _LAST_SERIAL = 36526.0, 73050.0
"""A workbook's day numbers of the years 2000 to 2099."""

_MOMENT = re.compile(
    r"""(?P<year>[12]\d{3}) [-/.年] (?P<month>\d{1,2}) [-/.月] (?P<day>\d{1,2})
        (?: 日 | [T\s] | (?=[上下]午) ) \s* (?P<before>上午|下午)? \s*
        (?P<hour>\d{1,2}) (?: [时点] | [:时点] (?P<minute>\d{1,2}) (?: 分 | [:分] (?P<second>\d{1,2}) (?:\.0+)? 秒?)? )
        \s* (?P<after>[AaPp][Mm])?""",
    re.VERBOSE,
)
_CHANNEL_WORDS: Mapping[Channel, tuple[str, ...]] = {
    Channel.HOTLINE: ("400热线", "400", "400电话", "热线", "客服热线", "电话"),
    Channel.WEBSITE: ("官网", "网站", "官方网站"),
    Channel.WECHAT: ("微信公众号", "公众号", "微信"),
    Channel.ADVISER: ("专属顾问", "顾问"),
    Channel.SHOP: ("门店", "店面", "到店"),
    Channel.OWNERS_GROUP: ("业主群", "微信群"),
    Channel.SOCIAL_MEDIA: ("社交媒体", "抖音", "小红书", "微博"),
    Channel.EMAIL: ("电子邮件", "邮件", "邮箱"),
    Channel.AUTHORITY: ("政府部门", "主管部门", "消协", "12315", "12345"),
}
_CHANNELS = {word: channel for channel, words in _CHANNEL_WORDS.items() for word in words}


def _to_second(local: datetime) -> datetime:
    """A workbook's dates are fractions of a day and miss the second by microseconds: round them."""
    return (local + timedelta(milliseconds=500)).replace(microsecond=0)


def _hour(hour: int, half: str) -> int:
    """The hour of the day; ``half`` says which half of it a clock of twelve means, '' for a clock of 24.

    Raises:
        ValueError: a clock of twelve has no such hour.
    """
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half in ("下午", "pm") else 0)


def _ref(cell: Cell) -> str:
    if is_blank(cell):
        raise Refusal(N_("The number is missing; without it nobody can tell whether the row was imported before."))
    return _folded(cell)


def _name(cell: Cell) -> str:
    if is_blank(cell):
        raise Refusal(N_("The customer's name is missing."))
    return _stripped(cell)


def _problem(cell: Cell) -> str:
    if is_blank(cell):
        raise Refusal(N_("The description of the problem is missing."))
    return _plain(cell)


def _plain(cell: Cell) -> str:
    """The text as it stands; a character that no database keeps is refused, not dropped."""
    text = text_of(cell)
    if _UNKEEPABLE.search(text):
        raise Refusal(N_("The text holds a character that cannot be kept."))
    return text


def _stripped(cell: Cell) -> str:
    return _plain(cell).strip()


def _folded(cell: Cell) -> str:
    return fold(_plain(cell))


def _contract(cell: Cell) -> str:
    return _folded(cell).upper()


def _listed(words: Iterable[str]) -> str:
    return "、".join(excerpt(word) for word in words)


_READERS: Mapping[Column, tuple[str, Callable[[Cell], object]]] = {
    Column.REF: ("ref", _ref),
    Column.FIRST_WORD: ("first_word_at", moment),
    Column.NAME: ("name", _name),
    Column.PHONE: ("phone", phone_of),
    Column.COMMUNITY: ("community", _folded),
    Column.ROOM: ("room", _folded),
    Column.CONTRACT: ("contract_no", _contract),
    Column.CHANNEL: ("channel", channel_of),
    Column.PROBLEM: ("problem", _problem),
    Column.IMPACT: ("impact", _plain),
    Column.DEMAND: ("demand", _plain),
    Column.ANSWERED_BY: ("answered_by", _stripped),
}
"""For each column the attribute of the call it becomes, and who reads it."""
