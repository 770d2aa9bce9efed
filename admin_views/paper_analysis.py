"""The analysis report on paper: what is worth a picture as bars, everything else as tables (G-06, N7, N21)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from admin_views.analysis_sections import Section, shown
from admin_views.paper_words import day, issuer, wording
from services.analysis import Report
from services.papers import Bars, Block, Facts, Heading, Paper, Table, Words

_NAME, _FIGURE = 3.0, 1.4
"""How wide the first column of a table is against each of the others."""


def paper(report: Report, sections: Sequence[Section]) -> Paper:
    """The report with every section that has something to say."""
    period = f"{day(report.period.first_on)} – {day(report.period.last_on)}"
    return Paper(
        title=_("Analysis report"),
        number=period,
        subtitle=_(
            "By the day of the customer’s first word, in company time. Void complaints, duplicates and drills are not "
            "counted."
        ),
        issuer=issuer(),
        blocks=[*_summary(report), *(block for section in sections for block in _section(section))],
        wording=wording(),
    )


def _summary(report: Report) -> Iterator[Block]:
    yield Facts(
        [
            (_("Complaints"), str(report.total)),
            (_("of these imported"), str(report.history)),
            (_("in bad faith"), str(report.malicious)),
        ]
    )


def _section(section: Section) -> Iterator[Block]:
    yield Heading(section.title)
    if not section.rows:
        yield Words(_("Nothing in this period."), is_muted=True)
    elif section.is_drawn:
        yield Bars([(str(name), float(number or 0), _figure(number, rest)) for name, number, *rest in section.rows])
    else:
        figures = range(1, len(section.head))
        rows = [[shown(value) for value in row] for row in section.rows]
        yield Table(section.head, rows, (_NAME, *(_FIGURE for _each in figures)), numbers=figures)
    if section.words:
        yield Words(section.words, is_muted=True)


def _figure(number: object, rest: Sequence[object]) -> str:
    """The number of a bar, with its share where it has one."""
    return f"{shown(number)} · {shown(rest[0])}" if rest else shown(number)
