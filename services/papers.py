"""Papers: what the desk prints, as A4 pages of headings, facts, words and tables in Chinese and Latin letters (A-11).

A paper is described in plain values, with every word already in its reader's language; nothing here knows what a
complaint is. The same description is what a checksum is made of (``contents``), so that paper and record can be
compared without comparing fonts.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont
from fpdf import FPDF, XPos, YPos

from rules.line_breaks import wrap

FONT = "NotoSansSC-Regular.otf"
MAX_CHARACTERS = 12_000
"""Of one text; what is longer is cut with a word on how much is left out."""
MAX_LINES = 400
"""Of one text, by its own line ends."""

_INK = (28, 36, 43)
_GREY = (100, 112, 122)
_LINE = (205, 212, 217)
_SHADE = (242, 245, 246)
_BRAND = (14, 98, 92)

_MARGIN = 18.0
_BOTTOM = 20.0
_WIDTH = 210.0 - 2 * _MARGIN
_END = 297.0 - _BOTTOM
_PAD = 1.6
_KEY = 34.0


@dataclass(frozen=True)
class Heading:
    """Begins a part of the paper."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Names and values, one pair a line."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Words:
    """A paragraph; ``is_muted`` for what explains rather than says."""

    text: str
    is_muted: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under a head that is repeated on every page. ``shares`` are the widths of the columns against each other,
    ``numbers`` the columns that stand to the right.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[float]
    numbers: Sequence[int] = ()
    is_summed: bool = False
    """Whether the last row adds the others up."""


@dataclass(frozen=True)
class Bars:
    """A name, how long its bar is against the others, and the figure as it is read."""

    rows: Sequence[tuple[str, float, str]]


@dataclass(frozen=True)
class Signatures:
    """Lines to sign on, side by side."""

    who: Sequence[str]


Block = Heading | Facts | Words | Table | Bars | Signatures


@dataclass(frozen=True)
class Wording:
    """The few words that pages have by themselves, in the reader's language.

    ``page_of`` has ``{page}`` and ``{pages}``, ``left_out`` has ``{count}``; ``checksum`` names the checksum of a paper
    that is sealed, ``checksum_means`` says what it is of.
    """

    page_of: str
    left_out: str
    checksum: str = ""
    checksum_means: str = ""


@dataclass(frozen=True)
class Paper:
    """Everything that is printed. A sealed one has the checksum of its contents at its end."""

    title: str
    number: str
    subtitle: str
    issuer: str
    blocks: Sequence[Block]
    wording: Wording
    is_sealed: bool = False


@dataclass(frozen=True)
class Printed:
    """A finished file and the number of its pages."""

    content: bytes
    pages: int


def contents(paper: Paper) -> bytes:
    """What the paper says, in one canonical spelling (JSON, sorted keys, UTF-8), each block with its kind."""
    said = {
        "title": paper.title,
        "number": paper.number,
        "subtitle": paper.subtitle,
        "issuer": paper.issuer,
        "blocks": [{"kind": type(block).__name__, **asdict(block)} for block in paper.blocks],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def checksum(paper: Paper) -> str:
    """The SHA-256 of its contents, in hexadecimal digits."""
    return hashlib.sha256(contents(paper)).hexdigest()


def render(paper: Paper, *, now: datetime) -> Printed:
    """Draw the pages; the same paper at the same moment gives the same file."""
    page = _Page(paper, now=now)
    for block in paper.blocks:
        _DRAW[type(block)](page, block)
    if paper.is_sealed:
        page.seal(checksum(paper))
    return Printed(bytes(page.pdf.output()), page.pdf.pages_count)


class _Sheet(FPDF):
    """The pages' own head and foot; fpdf2 asks for them whenever a page begins and ends."""

    paper: Paper

    def header(self) -> None:
        """The number on every page but the first, which has the title."""
        if self.page_no() == 1:
            return
        self.set_xy(_MARGIN, 9)
        self._small(f"{self.paper.title} · {self.paper.number}", "L")
        self._rule(14.5)
        self.set_y(19)

    def footer(self) -> None:
        """Who issues it, and which page of how many."""
        self._rule(297 - 14)
        self.set_xy(_MARGIN, 297 - 13)
        self._small(self.paper.issuer, "L")
        self.set_xy(_MARGIN, 297 - 13)
        words = self.paper.wording.page_of.format(page=self.page_no(), pages=self.str_alias_nb_pages)
        self._small(words, "R")

    def _small(self, text: str, align: str) -> None:
        self.set_font("sans", size=8)
        self.set_text_color(*_GREY)
        self.cell(_WIDTH, 4, text, align=align)

    def _rule(self, y: float) -> None:
        self.set_draw_color(*_LINE)
        self.set_line_width(0.2)
        self.line(_MARGIN, y, 210 - _MARGIN, y)


class _Page:
    """The pen: where it is on the page, and how each kind of block is drawn."""

    def __init__(self, paper: Paper, *, now: datetime) -> None:
        self.paper, self.pdf = paper, _Sheet(format="A4")
        pdf = self.pdf
        pdf.paper = paper
        pdf.set_creation_date(now)
        pdf.set_title(f"{paper.title} {paper.number}".strip())
        pdf.set_creator(paper.issuer)
        pdf.set_lang("zh-CN")
        pdf.set_margins(_MARGIN, _MARGIN)
        pdf.set_auto_page_break(False)
        pdf.add_font("sans", fname=_font())
        pdf.set_font("sans", size=10)
        pdf.add_page()
        self._title()

    def heading(self, block: Heading) -> None:
        """A part begins; never alone at the foot of a page, nor with nothing but the head of a table."""
        self._need(34)
        self.pdf.set_y(self.pdf.get_y() + 4)
        self._line(block.text, size=12, color=_BRAND, height=7, is_strong=True)
        self.pdf.set_y(self.pdf.get_y() + 1)

    def facts(self, block: Facts) -> None:
        """Name to the left, value to the right."""
        for name, value in block.rows:
            self._row([name, value or "—"], [_KEY, _WIDTH - _KEY], colors=[_GREY, _INK])

    def words(self, block: Words) -> None:
        """A paragraph over the whole width."""
        size, color = (8.5, _GREY) if block.is_muted else (10.0, _INK)
        height = size * 0.54
        for line in self._wrapped(block.text, _WIDTH, size):
            self._need(height)
            self._line(line, size=size, color=color, height=height)
        self.pdf.set_y(self.pdf.get_y() + 2)

    def table(self, block: Table) -> None:
        """The head, then row after row; the head again on each new page."""
        unit = _WIDTH / sum(block.shares)
        widths = [share * unit for share in block.shares]

        def head() -> None:
            self._row(block.head, widths, numbers=block.numbers, size=8.5, colors=[_GREY] * len(widths), is_shaded=True)

        self._need(18)
        head()
        for index, row in enumerate(block.rows):
            is_sum = block.is_summed and index == len(block.rows) - 1
            self._row(row, widths, numbers=block.numbers, size=9, is_ruled=True, on_new_page=head, is_strong=is_sum)
        self.pdf.set_y(self.pdf.get_y() + 2)

    def bars(self, block: Bars) -> None:
        """Bars of one colour, the longest of them the whole width of its column."""
        most = max((value for _name, value, _figure in block.rows), default=0) or 1
        left, room = 46.0, _WIDTH - 46.0 - 26.0
        for name, value, figure in block.rows:
            self._need(6)
            y = self.pdf.get_y()
            self._text(_MARGIN, y, self._wrapped(name, left - 2, 9)[0], size=9, color=_INK)
            self.pdf.set_fill_color(*_BRAND)
            length = room * max(value, 0) / most
            if length:
                self.pdf.rect(_MARGIN + left, y + 0.9, length, 3.2, style="F")
            self._text(_MARGIN + left + length + 2, y, figure, size=9, color=_GREY)
            self.pdf.set_y(y + 5.4)
        self.pdf.set_y(self.pdf.get_y() + 2)

    def signatures(self, block: Signatures) -> None:
        """A line each, with room for a hand."""
        self._need(30)
        y, width = self.pdf.get_y() + 18, _WIDTH / max(len(block.who), 1)
        for index, who in enumerate(block.who):
            x = _MARGIN + index * width
            self.pdf.set_draw_color(*_GREY)
            self.pdf.line(x, y, x + width - 8, y)
            self._text(x, y + 1, who, size=8.5, color=_GREY)
        self.pdf.set_y(y + 9)

    def seal(self, sha256: str) -> None:
        """The checksum in a frame at the end, and what it is of."""
        self._need(26)
        self.pdf.set_y(self.pdf.get_y() + 4)
        wording, widths = self.paper.wording, [_KEY, _WIDTH - _KEY]
        self._row([wording.checksum, sha256], widths, size=8.5, colors=[_GREY, _INK], is_shaded=True)
        self._row(["", wording.checksum_means], widths, size=8, colors=[_GREY, _GREY], is_shaded=True)

    def _title(self) -> None:
        paper, pdf = self.paper, self.pdf
        pdf.set_y(_MARGIN)
        self._text(_MARGIN, pdf.get_y() + 2.2, paper.number, size=10, color=_GREY, align="R")
        self._line(self._wrapped(paper.title, _WIDTH - 50, 19)[0], size=19, color=_INK, height=10, is_strong=True)
        for line in self._wrapped(paper.subtitle, _WIDTH, 10):
            self._line(line, size=10, color=_GREY, height=5.5)
        pdf.set_draw_color(*_BRAND)
        pdf.set_line_width(0.7)
        pdf.line(_MARGIN, pdf.get_y() + 2, 210 - _MARGIN, pdf.get_y() + 2)
        pdf.set_y(pdf.get_y() + 5)

    def _row(
        self,
        cells: Sequence[str],
        widths: Sequence[float],
        *,
        numbers: Sequence[int] = (),
        size: float = 9.5,
        colors: Sequence[tuple[int, int, int]] = (),
        is_shaded: bool = False,
        is_ruled: bool = False,
        is_strong: bool = False,
        on_new_page: Callable[[], None] = lambda: None,
    ) -> None:
        """Cells side by side, line by line: a row that no page can hold goes on on the next one."""
        columns = [self._wrapped(text, width - 2 * _PAD, size) for text, width in zip(cells, widths, strict=True)]
        lines, height = max(map(len, columns)), size * 0.5
        if lines * height + 2 * _PAD < 120:
            self._need(lines * height + 2 * _PAD, on_new_page)
        self._space(_PAD, is_shaded)
        for index in range(lines):
            self._need(height + _PAD, on_new_page)
            y, x = self.pdf.get_y(), _MARGIN
            self._space(height, is_shaded)
            for number, (column, width) in enumerate(zip(columns, widths, strict=True)):
                if index < len(column):
                    color, align = colors[number] if colors else _INK, "R" if number in numbers else "L"
                    self._text(
                        x + _PAD,
                        y,
                        column[index],
                        size=size,
                        color=color,
                        width=width - 2 * _PAD,
                        align=align,
                        is_strong=is_strong,
                    )
                x += width
            self.pdf.set_y(y + height)
        self._space(_PAD, is_shaded)
        if is_ruled:
            self.pdf._rule(self.pdf.get_y())

    def _space(self, height: float, is_shaded: bool) -> None:
        y = self.pdf.get_y()
        if is_shaded:
            self.pdf.set_fill_color(*_SHADE)
            self.pdf.rect(_MARGIN, y, _WIDTH, height + 0.05, style="F")
        self.pdf.set_y(y + height)

    def _need(self, height: float, on_new_page: Callable[[], None] = lambda: None) -> None:
        """Begin a new page unless this one has so many millimetres left."""
        if self.pdf.get_y() + height > _END:
            self.pdf.add_page()
            on_new_page()

    def _line(
        self, text: str, *, size: float, color: tuple[int, int, int], height: float, is_strong: bool = False
    ) -> None:
        y = self.pdf.get_y()
        self._text(_MARGIN, y, text, size=size, color=color, is_strong=is_strong)
        self.pdf.set_y(y + height)

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        color: tuple[int, int, int],
        width: float = 0,
        align: str = "L",
        is_strong: bool = False,
    ) -> None:
        """One line where it is said; strong letters are the same ones with a rim, since the font has one weight."""
        pdf = self.pdf
        text = readable(text)
        pdf.set_xy(x, y)
        pdf.set_font("sans", size=size)
        with pdf.local_context(
            text_color=color, draw_color=color, line_width=0.12, text_mode="FILL_STROKE" if is_strong else "FILL"
        ):
            pdf.cell(width or _MARGIN + _WIDTH - x, size * 0.5, text, align=align, new_x=XPos.LEFT, new_y=YPos.TOP)

    def _wrapped(self, text: str, width: float, size: float) -> list[str]:
        unit = size * 25.4 / 72 / 1000
        return wrap(readable(self._bounded(text)), width, lambda character: _advance(character) * unit)

    def _bounded(self, text: str) -> str:
        """A text as long as paper bears it; what is left out is said."""
        kept = "\n".join(text[:MAX_CHARACTERS].splitlines()[:MAX_LINES])
        left_out = len(text.rstrip()) - len(kept)
        return f"{kept}\n{self.paper.wording.left_out.format(count=left_out)}" if left_out > 0 else kept


_DRAW: dict[type, Callable[[_Page, object], None]] = {
    Heading: _Page.heading,  # type: ignore[dict-item]
    Facts: _Page.facts,  # type: ignore[dict-item]
    Words: _Page.words,  # type: ignore[dict-item]
    Table: _Page.table,  # type: ignore[dict-item]
    Bars: _Page.bars,  # type: ignore[dict-item]
    Signatures: _Page.signatures,  # type: ignore[dict-item]
}


def readable(text: str) -> str:
    """The text with a name in brackets for each character that the font cannot draw, an emoji for example."""
    return "".join(_drawable(text))


_SILENT = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Sk"})
"""Joiners, selectors, shades of skin and controls: they say nothing by themselves."""


def _drawable(text: str) -> Iterator[str]:
    known = _advances()
    for character in text:
        if ord(character) in known or character == "\n":
            yield character
        elif character == "\t":
            yield "    "
        elif unicodedata.category(character) not in _SILENT:
            yield f"[{unicodedata.name(character, f'U+{ord(character):04X}').lower()}]"


@cache
def _font() -> Path:
    return Path(pylopdf_fonts_zh_cn.__file__).parent / FONT


@cache
def _advances() -> dict[int, int]:
    """How wide the font draws each character it has, in thousandths of its size."""
    with TTFont(_font(), lazy=True) as font:
        scale = 1000 / font["head"].unitsPerEm
        metrics = font["hmtx"].metrics
        return {code: round(metrics[glyph][0] * scale) for code, glyph in font.getBestCmap().items()}


def _advance(character: str) -> int:
    return _advances().get(ord(character), 1000)
