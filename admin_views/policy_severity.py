"""The severity policy: which facts call for which level, each with the sentence that people read (D-11 to D-13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import FieldList, FormField, StringField

from admin_views import severity_words
from admin_views.fields import WordField
from admin_views.policy_form import Document, PolicyEditor, PolicyForm, Row, with_ids
from rules import severity
from rules.severity import COUNTS, Condition, Fact, Match, Operator, SeverityPolicy, SeverityRule
from rules.vocabulary import Category, PolicyKind, Severity


class ConditionRow(Row):
    """One question; ``value`` is asked of numbers only, ``category`` of the category only."""

    fact = WordField(lazy_gettext("Fact"), words=Fact, default=Fact.IS_SAFETY_HAZARD)
    operator = WordField(lazy_gettext("Comparison"), words=Operator, default=Operator.IS)
    value = StringField(lazy_gettext("Number"))
    category = WordField(lazy_gettext("Category"), words=Category, default=Category.SAFETY)

    def condition(self) -> Document:
        """The question as ``rules.severity`` reads it."""
        fact = self.fact.data
        return {"fact": fact.value, "operator": self.operator.data.value, "value": self._value(fact)}

    def _value(self, fact: Fact) -> bool | int | str:
        if fact is Fact.CATEGORY:
            return str(self.category.data.value)
        if fact not in COUNTS:
            return True
        text = (self.value.data or "").strip()[:12]
        return int(text) if text.isdecimal() else text


class RuleRow(Row):
    """One rule: the level, its sentence, and what it asks."""

    level = WordField(lazy_gettext("Level"), words=Severity, default=Severity.URGENT)
    sentence = StringField(lazy_gettext("Sentence that people read"))
    match = WordField(lazy_gettext("It applies with"), words=Match, default=Match.ANY)
    conditions = FieldList(FormField(ConditionRow), max_entries=severity.MAX_CONDITIONS)

    def rule(self) -> Document:
        """The rule as ``rules.severity`` reads it."""
        return {
            "id": self.id.data or "",
            "level": self.level.data.value,
            "sentence": _kept(self.sentence.data or ""),
            "match": self.match.data.value,
            "conditions": [entry.form.condition() for entry in self.conditions],
        }


class SeverityForm(PolicyForm):
    """The table of rules; their order is the order of the page, the gravest match decides."""

    rules = FieldList(FormField(RuleRow), max_entries=severity.MAX_RULES)

    @classmethod
    def values(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rules with their sentences in the reader's language."""
        return {"rules": [_filled(rule) for rule in document.get("rules", [])]}

    def document(self) -> Document:
        """What was typed; a new rule gets an id."""
        rules = [entry.form.rule() for entry in self.rules]
        return {"rules": with_ids(rules, lambda rule: "rule")}


def lines(document: Mapping[str, Any]) -> Sequence[str]:
    """A sentence for each rule."""
    return [_line(rule) for rule in SeverityPolicy.from_document(document).rules]


def _line(rule: SeverityRule) -> str:
    return gettext(
        "%(level)s: %(sentence)s (%(conditions)s)",
        level=gettext(rule.severity.label),
        sentence=gettext(rule.sentence),
        conditions=_asked(rule),
    )


def _asked(rule: SeverityRule) -> str:
    glue = gettext(" or ") if rule.match is Match.ANY else gettext(" and ")
    return glue.join(severity_words.asked(condition) for condition in rule.conditions)


def _filled(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    conditions = [_filled_condition(condition) for condition in rule.get("conditions", [])]
    return {**rule, "sentence": gettext(rule["sentence"]), "conditions": conditions}


def _filled_condition(condition: Mapping[str, Any]) -> Mapping[str, Any]:
    """A tick that is denied is shown as “is not”."""
    fact, value = Fact(condition["fact"]), condition["value"]
    if fact is Fact.CATEGORY:
        return {**condition, "category": value, "value": ""}
    if fact in COUNTS:
        return condition
    is_affirmed = Condition(fact, Operator(condition["operator"]), value).is_affirmative
    return {**condition, "operator": Operator.IS if is_affirmed else Operator.IS_NOT, "value": ""}


def _kept(sentence: str) -> str:
    """A shipped sentence that nobody touched is kept in the words that can be translated."""
    shipped = {gettext(rule.sentence): rule.sentence for rule in severity.SHIPPED.rules}
    return shipped.get(sentence.strip(), sentence.strip())


def _extra() -> Mapping[str, Any]:
    """Blank rows, and how a rule asks."""
    return {
        "blank": RuleRow(prefix="rules-__0__-"),
        "blank_condition": ConditionRow(prefix="rules-__0__-conditions-__1__-"),
        "asked": _asked,
    }


EDITOR = PolicyEditor(
    kind=PolicyKind.SEVERITY,
    form=SeverityForm,
    read=SeverityPolicy.from_document,
    lines=lines,
    table="policy_severity.html",
    fields="policy_severity_fields.html",
    intro=lazy_gettext("The gravest rule that applies gives the level; when none applies, it is general (D-13)."),
    extra=_extra,
)
