"""The questions of the short forms, and how answers are read (D-14, D-15, D-19)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from rules.case_forms import QUESTIONS, Apology, DesignCause, difference_mm, read, typed
from rules.refusals import Refusal
from rules.vocabulary import CaseFormKind

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)
DESIGN: dict[str, Any] = {
    "drawing": " G-03 ",
    "place": "吊柜",
    "drawn_mm": 900,
    "measured_mm": 850,
    "measured_by": "赵磊",
}
SERVICE: dict[str, Any] = {"who": "小李", "happened_at": NOW, "said": "说我事多"}
ANSWERS = {CaseFormKind.DESIGN_FAULT: DESIGN, CaseFormKind.SERVICE: SERVICE}


@pytest.mark.parametrize("kind", CaseFormKind)
def test_every_form_asks_and_what_it_keeps_reads_back_the_same(kind: CaseFormKind) -> None:
    kept = read(kind, {**ANSWERS[kind], "never_asked": "x"}, now=NOW)
    assert "never_asked" not in kept
    assert read(kind, kept, now=NOW) == kept, "JSON reads like what was typed"
    assert len({question.key for question in QUESTIONS[kind]}) == len(QUESTIONS[kind])
    for question in QUESTIONS[kind]:
        assert (typed(question, kept.get(question.key)) is None) == (question.key not in kept)


def test_the_difference_to_the_drawing_is_computed() -> None:
    assert difference_mm(read(CaseFormKind.DESIGN_FAULT, DESIGN, now=NOW)) == -50
    assert difference_mm({"drawn_mm": 0, "measured_mm": 0}) == 0
    assert difference_mm({"drawn_mm": 900}) is None


def test_words_days_and_moments_come_back_as_such() -> None:
    kept = read(
        CaseFormKind.DESIGN_FAULT,
        {**DESIGN, "cause": DesignCause.SURVEY, "measured_on": date(2026, 11, 21), "remake_by": "2026-11-23"},
        now=NOW,
    )
    assert (kept["drawing"], kept["cause"], kept["measured_on"]) == ("G-03", "survey", "2026-11-21")
    asked = {question.key: question for question in QUESTIONS[CaseFormKind.DESIGN_FAULT]}
    assert typed(asked["cause"], kept["cause"]) is DesignCause.SURVEY
    assert typed(asked["remake_by"], kept["remake_by"]) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        *(("design_fault", {name: empty}, name) for name in DESIGN for empty in (None, " ")),
        *(("service", {name: None}, name) for name in SERVICE),
        *(("design_fault", {"drawn_mm": bad}, "drawn_mm") for bad in (-1, 100_001, 10**100, True, "900", 1.5)),
        ("design_fault", {"drawing": "长" * 201}, "drawing"),
        ("design_fault", {"remake": "长" * 2001}, "remake"),
        ("design_fault", {"place": "a\x00"}, "place"),
        ("design_fault", {"place": 7}, "place"),
        ("design_fault", {"cause": "fate"}, "cause"),
        ("design_fault", {"cause": []}, "cause"),
        ("design_fault", {"measured_on": "2026-11-22"}, "measured_on"),
        ("design_fault", {"measured_on": "yesterday"}, "measured_on"),
        ("design_fault", {"measured_on": "2026-11-20", "remake_by": "2026-11-19"}, "remake_by"),
        ("service", {"happened_at": "2026-11-21T14:00:01+00:00"}, "happened_at"),
        ("service", {"happened_at": "2026-11-21T14:00:00"}, "happened_at"),
        ("service", {"happened_at": 5}, "happened_at"),
        ("service", {"apology": Apology.MADE}, "apology_by"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_beside_its_question(
    kind: str, changes: dict[str, Any], field: str
) -> None:
    answers = {**ANSWERS[CaseFormKind(kind)], **changes}
    with pytest.raises(Refusal) as refusal:
        read(CaseFormKind(kind), answers, now=NOW)
    assert refusal.value.field == field
