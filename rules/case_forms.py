"""The questions of the short forms for design faults and for service, and how answers are read (D-14, D-15, D-19).

A question is a row; the pages make a field of each, and what comes back is read here, whoever sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from rules import texts
from rules.refusals import Refusal
from rules.vocabulary import N_, CaseFormKind, ContactMethod, Stage, Term

MOST_MM = 100_000
"""A hundred metres: no home has more to measure."""


class AnswerKind(Term):
    """What an answer is."""

    LINE = "line", N_("A line")
    TEXT = "text", N_("A text")
    MILLIMETRES = "millimetres", N_("Millimetres")
    DAY = "day", N_("A day")
    MOMENT = "moment", N_("A day and an hour")
    WORD = "word", N_("One of several words")


class DesignCause(Term):
    """Where a design fault began."""

    SURVEY = "survey", N_("Measured wrongly")
    DRAWING = "drawing", N_("Drawn wrongly")
    PRODUCTION = "production", N_("Made otherwise than drawn")
    FITTING = "fitting", N_("Fitted otherwise than drawn")
    CHANGE = "change", N_("A change that was not passed on")
    NOT_KNOWN = "not_known", N_("Not known yet")


class Recording(Term):
    """Whether the call was listened to again."""

    HEARD = "heard", N_("Heard")
    NOT_YET = "not_yet", N_("Not yet")
    NONE = "none", N_("There is none")


class Apology(Term):
    """Whether somebody apologised to the customer."""

    MADE = "made", N_("Made")
    NOT_YET = "not_yet", N_("Not yet")
    NOT_DUE = "not_due", N_("Not called for")


@dataclass(frozen=True)
class Question:
    """One question: under which key its answer is kept, how it is asked, and what an answer is.

    ``words`` are those to choose from. A day or moment that ``is_past`` cannot lie ahead.
    """

    key: str
    label: str
    kind: AnswerKind
    is_required: bool = False
    words: type[Term] | None = None
    is_past: bool = False

    @property
    def choices(self) -> Mapping[str, Term]:
        """The words to choose from, by their values."""
        return {word.value: word for word in self.words or ()}

    @property
    def longest(self) -> int:
        """Characters of the longest answer in words."""
        return 200 if self.kind is AnswerKind.LINE else 2_000


_K = AnswerKind

QUESTIONS: Mapping[CaseFormKind, tuple[Question, ...]] = MappingProxyType(
    {
        CaseFormKind.DESIGN_FAULT: (
            Question("drawing", N_("Drawing no."), _K.LINE, is_required=True),
            Question("place", N_("What does not fit, and where"), _K.LINE, is_required=True),
            Question("drawn_mm", N_("As drawn (mm)"), _K.MILLIMETRES, is_required=True),
            Question("measured_mm", N_("As measured (mm)"), _K.MILLIMETRES, is_required=True),
            Question("measured_by", N_("Who measured"), _K.LINE, is_required=True),
            Question("measured_on", N_("Measured on"), _K.DAY, is_past=True),
            Question("found_at", N_("Found at which stage"), _K.WORD, words=Stage),
            Question("cause", N_("Where the fault began"), _K.WORD, words=DesignCause),
            Question("remake", N_("What is made anew, and by whom"), _K.TEXT),
            Question("remake_by", N_("Made anew by"), _K.DAY),
        ),
        CaseFormKind.SERVICE: (
            Question("who", N_("Who is complained about"), _K.LINE, is_required=True),
            Question("happened_at", N_("When it happened"), _K.MOMENT, is_required=True, is_past=True),
            Question("way", N_("How they talked"), _K.WORD, words=ContactMethod),
            Question("said", N_("What was said or done, by the customer's account"), _K.TEXT, is_required=True),
            Question("our_account", N_("What our colleague says"), _K.TEXT),
            Question("witnesses", N_("Who else was there"), _K.LINE),
            Question("recording", N_("Recording of the call"), _K.WORD, words=Recording),
            Question("apology", N_("Apology"), _K.WORD, words=Apology),
            Question("apology_by", N_("Who apologised, or will"), _K.LINE),
            Question("follows", N_("What follows from it inside the company"), _K.TEXT),
        ),
    }
)


def read(kind: CaseFormKind, answers: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The answers as they are kept: JSON, without those that were left open and those nobody asked for.

    Days and moments come as such or in ISO, words as terms or their values, millimetres as whole numbers.

    Raises:
        Refusal: an answer is missing, of another kind, or contradicts another; beside its question's key.
    """
    found: dict[str, Any] = {}
    for question in QUESTIONS[kind]:
        value = answers.get(question.key)
        if value is None or (isinstance(value, str) and not value.strip()):
            if question.is_required:
                raise Refusal(N_("This answer is needed."), field=question.key)
        else:
            found[question.key] = _READERS[question.kind](question, value, now)
    _check_together(found)
    return found


def difference_mm(answers: Mapping[str, Any]) -> int | None:
    """How far what was built is off the drawing, in millimetres; below nought it is too small."""
    drawn, measured = answers.get("drawn_mm"), answers.get("measured_mm")
    return None if drawn is None or measured is None else int(measured) - int(drawn)


def typed(question: Question, kept: Any) -> Any:
    """A kept answer as a page shows it: a term, a day, a moment, a number or a text; None for none."""
    if kept is None:
        return None
    if question.kind is AnswerKind.WORD:
        return question.choices.get(kept)
    if question.kind is AnswerKind.DAY:
        return date.fromisoformat(kept)
    return datetime.fromisoformat(kept) if question.kind is AnswerKind.MOMENT else kept


def _text(question: Question, value: Any, now: datetime) -> str:
    if not isinstance(value, str):
        raise Refusal(N_("This is no text."), field=question.key)
    texts.check(value, field=question.key, longest=question.longest)
    return value.strip()


def _millimetres(question: Question, value: Any, now: datetime) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_MM:
        sentence = N_("Please give whole millimetres from 0 to %(most)s.")
        raise Refusal(sentence, field=question.key, most=MOST_MM)
    return value


def _day(question: Question, value: Any, now: datetime) -> str:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refusal(N_("This is no date."), field=question.key) from None
    if question.is_past and day > now.date():
        raise Refusal(N_("This lies ahead."), field=question.key)
    return day.isoformat()


def _moment(question: Question, value: Any, now: datetime) -> str:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refusal(N_("This is no date and time."), field=question.key) from None
    if moment.tzinfo is None:
        raise Refusal(N_("This is no date and time."), field=question.key)
    if question.is_past and moment > now:
        raise Refusal(N_("This lies ahead."), field=question.key)
    return moment.isoformat()


def _word(question: Question, value: Any, now: datetime) -> str:
    if not isinstance(value, str) or value not in question.choices:
        raise Refusal(N_("This is none of the choices."), field=question.key)
    return str(question.choices[value].value)


_READERS = MappingProxyType(
    {
        AnswerKind.LINE: _text,
        AnswerKind.TEXT: _text,
        AnswerKind.MILLIMETRES: _millimetres,
        AnswerKind.DAY: _day,
        AnswerKind.MOMENT: _moment,
        AnswerKind.WORD: _word,
    }
)


def _check_together(found: Mapping[str, Any]) -> None:
    """What no single answer can tell."""
    if found.get("measured_on") and found.get("remake_by") and found["remake_by"] < found["measured_on"]:
        raise Refusal(N_("It cannot be made anew before it was measured."), field="remake_by")
    if found.get("apology") == Apology.MADE and not found.get("apology_by"):
        raise Refusal(N_("Who apologised?"), field="apology_by")
