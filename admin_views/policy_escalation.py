"""The escalation policy: who is called in which order, how long each step waits, how long an acknowledgement holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext
from wtforms import BooleanField, FieldList, FormField, StringField

from admin_views import chain_words
from admin_views.callee_fields import CalleeField
from admin_views.fields import WordField
from admin_views.policy_form import Document, PolicyEditor, PolicyForm, Row, TicksField, with_ids
from extensions import timepiece
from rules import escalation
from rules.escalation import EscalationPolicy
from rules.vocabulary import Category, PolicyKind, Severity
from services import chains, escalations, policies


class StepRow(Row):
    """One step; the last one of a chain calls again and again, and its wait and its way back are not asked for."""

    whom = FieldList(
        CalleeField(lazy_gettext("Whom"), first=lazy_gettext("nobody else")),
        lazy_gettext("Whom it calls"),
        min_entries=escalation.MAX_WHOM,
        max_entries=escalation.MAX_WHOM,
    )
    each = BooleanField(lazy_gettext("Each must acknowledge for themselves"))
    repeats = StringField(lazy_gettext("Calls again (times)"), default="0")
    every = StringField(lazy_gettext("Every (min)"))
    wait = StringField(lazy_gettext("Then waits (min)"), default="10")
    back_to = StringField(lazy_gettext("Then back to step"))
    back_times = StringField(lazy_gettext("At most (times)"))

    def step(self, *, is_last: bool) -> Document:
        """The step as ``rules.escalation`` reads it: what does not apply is left out."""
        step: Document = {
            "whom": [entry.data for entry in self.whom if entry.data],
            "each": bool(self.each.data),
        }
        if is_last:
            return {**step, "repeats": None, "every": _number(self.every)}
        step["wait"] = _number(self.wait)
        if _number(self.repeats) not in (None, 0):
            step |= {"repeats": _number(self.repeats), "every": _number(self.every)}
        if (back_to := _number(self.back_to)) is not None:
            step["back_to"] = back_to - 1 if isinstance(back_to, int) else back_to
            step["back_times"] = _number(self.back_times)
        return step


class ChainRow(Row):
    """One chain: for which complaints, and its steps."""

    levels = TicksField(lazy_gettext("Levels"), words=Severity)
    categories = TicksField(lazy_gettext("Categories"), words=Category)
    steps = FieldList(FormField(StepRow), max_entries=escalation.MAX_STEPS)

    def chain(self) -> Document:
        """The chain as ``rules.escalation`` reads it."""
        last = len(self.steps) - 1
        return {
            "id": self.id.data or "",
            "levels": self.levels.data or [],
            "categories": self.categories.data or [],
            "steps": [entry.form.step(is_last=place == last) for place, entry in enumerate(self.steps)],
        }


class EscalationForm(PolicyForm):
    """All chains, and for each level how long an acknowledgement holds without progress."""

    lease_1 = StringField(lazy_gettext("Level 1 major"))
    lease_2 = StringField(lazy_gettext("Level 2 urgent"))
    lease_3 = StringField(lazy_gettext("Level 3 general"))
    chains = FieldList(FormField(ChainRow), max_entries=escalation.MAX_CHAINS)

    @property
    def leases(self) -> list[StringField]:
        """The lengths, the gravest level first."""
        return [self.lease_1, self.lease_2, self.lease_3]

    @classmethod
    def values(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Steps are counted from 1 where people read them."""
        leases = document.get("leases", {})
        return {
            **{f"lease_{level}": minutes for level, minutes in leases.items()},
            "chains": [
                {**chain, "steps": [_filled(step) for step in chain.get("steps", [])]}
                for chain in document.get("chains", [])
            ],
        }

    def document(self) -> Document:
        """What was typed; a new chain gets an id."""
        return {
            "leases": {str(level): _number(field) for level, field in enumerate(self.leases, start=1)},
            "chains": with_ids([entry.form.chain() for entry in self.chains], lambda chain: "chain"),
        }


class PreviewForm(Row):
    """For which kind of complaint the preview is."""

    level = WordField(lazy_gettext("Level"), words=Severity, default=Severity.GENERAL)
    category = WordField(lazy_gettext("Category"), words=Category, default=Category.QUALITY)


def _filled(step: Mapping[str, Any]) -> Mapping[str, Any]:
    back_to = step.get("back_to")
    is_last = step.get("repeats", 0) is None
    return {
        "whom": step.get("whom", []),
        "each": step.get("each", False),
        "repeats": step.get("repeats") or 0,
        "every": step.get("every", ""),
        "wait": step.get("every" if is_last else "wait", ""),
        "back_to": back_to + 1 if isinstance(back_to, int) else "",
        "back_times": step.get("back_times", ""),
    }


def _number(field: StringField) -> int | str | None:
    """What was typed as a number; words stay words, and the rules refuse them beside the field."""
    text = str(field.data or "").strip()[:12]
    if not text:
        return None
    return int(text) if text.isdecimal() else text


def _extra() -> Mapping[str, Any]:
    """Blank rows, the words of a chain, and the preview that was asked for."""
    form = PreviewForm(request.args)
    return {
        "blank": ChainRow(prefix="chains-__0__-"),
        "blank_step": StepRow(prefix="chains-__0__-steps-__1__-"),
        "chain_words": chain_words,
        "severities": Severity,
        "preview_form": form,
        "preview": _preview(form) if "level" in request.args and form.validate() else None,
    }


def _preview(form: PreviewForm) -> list[Any]:
    """Who would be called by the present version, starting now (ES7)."""
    policy = chains.read(policies.current(PolicyKind.ESCALATION))
    return escalations.preview_of(policy, severity=form.level.data, category=form.category.data, now=timepiece.now())


EDITOR = PolicyEditor(
    kind=PolicyKind.ESCALATION,
    form=EscalationForm,
    read=EscalationPolicy.from_document,
    lines=chain_words.lines,
    table="policy_escalation.html",
    fields="policy_escalation_fields.html",
    intro=lazy_gettext(
        "Who is called, step after step, until somebody has the complaint; the last step never gives up (G-04)."
    ),
    extra=_extra,
)
