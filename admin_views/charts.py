"""Pictures drawn on the server: pygal makes the shapes, ``static/charts.css`` the colours, so that they suit dark too.

pygal's own styles and scripts are left out: the page allows none, and what a script would show at the pointer stands in
the ``<title>`` of every shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from xml.etree import ElementTree

import pygal
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup
from pygal.style import Style

from admin_views.words import company_time
from services.channel_health import Step

FATES: Final = {
    "delivered": lazy_gettext("Delivered"),
    "accepted": lazy_gettext("Accepted by the provider"),
    "open": lazy_gettext("Under way"),
    "unknown": lazy_gettext("Unknown"),
    "failed": lazy_gettext("Failed"),
}
"""The series of the picture of outcomes, from the bottom up; ``charts.css`` colours them in this order."""

_STEPS_OF_TEN: Final = (1, 2, 4, 5, 10)
_STEPS_OF_SIXTY: Final = (2, 4, 10, 20, 30, 60)
_SHAPE: Final[dict[str, Any]] = {
    "style": Style(label_font_size=11, major_label_font_size=11, font_family="inherit"),
    "width": 480,
    "height": 150,
    "margin": 4,
    "margin_left": 16,  # A Chinese unit is wider than pygal thinks.
    "spacing": 4,
    "js": (),
    "show_legend": False,
    "disable_xml_declaration": True,
    "truncate_label": -1,
    "show_minor_x_labels": False,
}


def outcomes(steps: Sequence[Step], *, name: str) -> Markup:
    """What became of the messages, step by step, one bar on the other; ``name`` is read out."""
    top = _round_up(max((step.tally.total for step in steps), default=0), _STEPS_OF_TEN)
    chart = pygal.StackedBar(**_SHAPE, range=(0, top), y_labels=_ticks(top), value_formatter=lambda value: f"{value:g}")
    for fate, label in FATES.items():
        chart.add(fate, [_labelled(step, getattr(step.tally, fate) or None, str(label)) for step in steps])
    return _drawn(chart, steps, name)


def delays(steps: Sequence[Step], *, name: str) -> Markup:
    """The median delay, step by step; a step without messages is a gap."""
    seconds = [step.tally.delay.total_seconds() if step.tally.delay is not None else None for step in steps]
    top = _round_up(max((each for each in seconds if each is not None), default=0), _STEPS_OF_SIXTY)
    chart = pygal.Line(**_SHAPE, range=(0, top), y_labels=_ticks(top), value_formatter=length, dots_size=3)
    chart.add("delay", [_labelled(step, each) for step, each in zip(steps, seconds, strict=True)])
    return _drawn(chart, steps, name)


def bars(rows: Sequence[Sequence[Any]], *, name: str) -> Markup:
    """How many of each, one bar a row: the first column is its word, the second how many."""
    top = _round_up(max((row[1] for row in rows), default=0), _STEPS_OF_TEN)
    shape = {**_SHAPE, "height": 40 + 24 * len(rows), "show_x_labels": True}
    chart = pygal.HorizontalBar(**shape, range=(0, top), value_formatter=lambda value: f"{value:g}")
    chart.x_labels = [str(row[0]) for row in reversed(rows)]
    chart.add("count", [{"value": row[1], "label": str(row[0])} if row[1] else None for row in reversed(rows)])
    chart.add_xml_filter(lambda root: _bare(root, name))
    return Markup(chart.render(is_unicode=True))  # noqa: S704 - pygal escapes every word


def length(seconds: float) -> str:
    """A length of time in the unit that says enough."""
    if seconds < 60:
        return gettext("%(seconds)s s", seconds=f"{seconds:.3g}")
    if seconds < 60 * 60:
        return gettext("%(minutes)s min", minutes=f"{seconds / 60:.3g}")
    return gettext("%(hours)s h", hours=f"{seconds / 3600:.3g}")


def _labelled(step: Step, value: float | None, what: str = "") -> dict[str, Any] | None:
    """A value with what is said of it at the pointer."""
    if value is None:
        return None
    return {"value": value, "label": f"{company_time(step.begins_at, 'HH:mm')} {what}".strip()}


def _drawn(chart: Any, steps: Sequence[Step], name: str) -> Markup:
    chart.x_labels = [company_time(step.begins_at, "HH:mm") for step in steps]
    chart.x_labels_major = chart.x_labels[:: max(1, len(steps) // 6)]
    chart.add_xml_filter(lambda root: _bare(root, name))
    return Markup(chart.render(is_unicode=True))  # noqa: S704 - numbers, times and our own words


def _bare(root: ElementTree.Element, name: str) -> ElementTree.Element:
    """The shapes alone, each with its value as title; no styles, no scripts, no bars of nothing, no word on no data."""
    for child in list(root):
        if child.tag in ("defs", "title") or not isinstance(child.tag, str):
            root.remove(child)
    for parent in list(root.iter()):
        for child in list(parent):
            is_bar_of_nothing = child.get("class") == "bar" and not child.findtext("desc[@class='label']")
            if is_bar_of_nothing or child.get("class") == "text-overlay":
                parent.remove(child)
        parent.attrib.pop("style", None)
        _entitle(parent)
    root.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", name)
    return root


def _entitle(shape: ElementTree.Element) -> None:
    told = {child.get("class"): child for child in shape if child.tag == "desc"}
    for child in told.values():
        shape.remove(child)
    if "value" in told and "label" in told:
        ElementTree.SubElement(shape, "title").text = f"{told['label'].text}: {told['value'].text}"


def _ticks(top: float) -> list[float]:
    return [0, top / 2, top]


def _round_up(most: float, steps: Sequence[int]) -> int:
    """The end of the scale: the first round even number that is not lower."""
    unit = 1
    while True:
        for step in steps:
            if most <= step * unit and step * unit % 2 == 0:
                return step * unit
        unit *= steps[-1]
