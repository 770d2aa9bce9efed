"""The sections of the analysis report as tables of words and numbers, for page, paper and workbook alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from admin_views.words import in_language
from services.analysis import Count, Kept, Report
from services.analysis_money import Cost
from services.analysis_satisfaction import ENOUGH, Share

Cell = str | int | float | Decimal | None


@dataclass(frozen=True)
class Section:
    """A heading, a table, and a sentence below; ``is_drawn`` where the second column is worth a picture."""

    key: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: str = ""
    is_drawn: bool = False


def sections(report: Report) -> list[Section]:
    """Every section in the order of the report."""
    return [
        _counts("category", _("By category"), report.categories, is_drawn=True),
        _counts("level", _("By level"), report.levels, is_drawn=True),
        _counts("channel", _("By channel"), report.channels, is_drawn=True),
        _counts("community", _("By community (the first ten)"), report.communities),
        _counts("department", _("By department at fault"), report.departments, is_drawn=True),
        _counts("person", _("By person responsible (the first ten)"), report.people),
        _counts("manager", _("By project manager (the first ten)"), report.project_managers),
        _counts("crew", _("By crew (the first ten)"), report.crews),
        _counts("batch", _("By batch of material (the first ten)"), report.batches),
        _clocks(report.clocks),
        _given(report),
        _costs("costs-department", _("Cost of poor quality by department"), report.costs.departments, report),
        _costs("costs-manager", _("Cost of poor quality by project manager"), report.costs.project_managers, report),
        _causes_cost(report),
        _satisfaction(report),
        _repeats(report),
        _causes(report),
        _actions(report),
    ]


def shown(value: object) -> str:
    """A cell as it is read: amounts to the cent, '—' for what there is not."""
    if value is None:
        return "—"
    return f"{value:,.2f}" if isinstance(value, Decimal) else str(value)


def _counts(key: str, title: str, counts: Sequence[Count], *, is_drawn: bool = False) -> Section:
    total = sum(count.number for count in counts)
    rows = [(_word(count.what), count.number, _share(count.number, total)) for count in counts]
    return Section(key, title, ("", _("Complaints"), _("Share")), rows, is_drawn=is_drawn)


def _clocks(clocks: Sequence[Kept]) -> Section:
    head = (_("Clock"), _("Met"), _("Missed"), _("Running"), _("Met of those decided"))
    rows = [(_word(each.kind), each.met, each.missed, each.running, _percent(each.rate)) for each in clocks]
    return Section("clocks", _("Clocks met and missed"), head, rows)


def _given(report: Report) -> Section:
    head = (_("Kind"), _("Granted"), _("Granted, yuan"), _("Paid or delivered"), _("Paid, yuan"))
    rows = [(_word(each.kind), each.granted, each.granted_yuan, each.paid, each.paid_yuan) for each in report.given]
    return Section("compensation", _("Compensation"), head, rows)


def _costs(key: str, title: str, costs: Sequence[Cost], report: Report) -> Section:
    head = ("", _("Compensation, yuan"), _("Rework, yuan"), _("Together, yuan"), _("Contracts, yuan"), _("Share"))
    lines = [(_word(cost.who), cost) for cost in costs] + [(_("Altogether"), report.costs.total)]
    rows = [
        (who, cost.compensation, cost.rework, cost.total, cost.contracts, _percent(cost.share)) for who, cost in lines
    ]
    return Section(key, title, head, rows, _("Each contract is counted once in a line."))


def _causes_cost(report: Report) -> Section:
    head = (_("Cause"), _("Compensation, yuan"), _("Rework, yuan"), _("Together, yuan"))
    rows = [(in_language(each, "name"), each.compensation, each.rework, each.total) for each in report.costs.causes]
    words = _("Of complaints whose review is done.")
    return Section("costs-cause", _("Cost of poor quality by cause"), head, rows, words)


def _satisfaction(report: Report) -> Section:
    told = report.satisfaction
    names = {"attitude": _("Attitude"), "quality": _("Quality"), "efficiency": _("Efficiency")}
    rows = [
        (names[score.name], None if score.average is None else round(score.average, 2), *score.given)
        for score in told.scores
    ]
    words = _(
        "%(asked)s asked, %(answered)s answered, %(satisfied)s satisfied.",
        asked=told.asked,
        answered=told.answered,
        satisfied=told.satisfied,
    )
    return Section("satisfaction", _("Satisfaction"), ("", _("Average"), "1", "2", "3", "4", "5"), rows, words)


def _repeats(report: Report) -> Section:
    found = report.repeats
    head = (_("First answer"), _("Complaints"), _("Again within 30 days"), _("Share"))

    def row(name: str, share: Share) -> Sequence[Cell]:
        return (name, share.complaints, share.again, _percent(share.rate))

    if found.times is not None:
        words = _(
            "After a late answer customers complained again %(times)s times as often.", times=f"{found.times:.1f}"
        )
    elif not found.is_enough:
        words = _("Too few to compare: at least %(enough)s complaints on either side are needed.", enough=ENOUGH)
    else:
        words = _("Nobody complained again after an answer in time; there is nothing to compare.")
    linked = _("Linked as repeats: %(count)s.", count=found.repeats)
    rows = [row(_("In time"), found.in_time), row(_("Late"), found.late)]
    return Section("repeats", _("Repeat complaints and late answers"), head, rows, f"{linked} {words}")


def _causes(report: Report) -> Section:
    found = report.causes
    rows = [(in_language(each, "name"), each.number) for each in found.top]
    words = _("Reviews done: %(done)s, under way: %(open)s.", done=found.done, open=found.under_way)
    return Section("causes", _("Most frequent causes"), (_("Cause"), _("Reviews")), rows, words, is_drawn=True)


def _actions(report: Report) -> Section:
    found = report.actions
    rows = [
        (_("Open"), found.open),
        (_("of these overdue"), found.overdue),
        (_("Done"), found.done),
        (_("It helped"), found.worked),
        (_("It did not help"), found.failed),
        (_("Too early or too few to say"), found.unclear),
    ]
    return Section("actions", _("Corrective actions"), ("", _("Actions")), rows)


def _word(what: Any) -> str:
    """A word in the reader's language, a name as it is."""
    if what is None:
        return _("Not named")
    return _(what.label) if hasattr(what, "label") else str(what)


def _share(number: int, total: int) -> str:
    return _percent(number / total if total else None)


def _percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate:.1%}"
