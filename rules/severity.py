"""The level of a complaint, computed from its facts by a table of rules and explained (D-11, D-12, D-13).

A rule is the level, the sentence of the plan it stands for, and what it asks of the facts. The gravest match wins; all
matches are shown with the facts behind them, so that a person can see why. Managers edit the table as a policy; the
shipped one is the plan's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from rules import documents, texts
from rules.compensation import MAX_DELAY_DAYS
from rules.refusals import Refusal
from rules.vocabulary import N_, Category, FaultSide, Position, Severity, Term

MAX_RULES = 50
MAX_CONDITIONS = 10
MAX_SENTENCE = 200
SMALLEST_GROUP = 2


@dataclass(frozen=True)
class Facts:
    """What is known about the risk when the complaint is recorded or changes."""

    category: Category
    is_safety_hazard: bool = False
    is_media_involved: bool = False
    household_count: int = 1
    delay_days: int = 0
    is_leak: bool = False
    mentions_consumer_association: bool = False

    def joined(self, other: Facts) -> Facts:
        """What is known when another record tells of the same matter: the graver of each; the category is our own."""
        return Facts(
            category=self.category,
            is_safety_hazard=self.is_safety_hazard or other.is_safety_hazard,
            is_media_involved=self.is_media_involved or other.is_media_involved,
            household_count=max(self.household_count, other.household_count),
            delay_days=max(self.delay_days, other.delay_days),
            is_leak=self.is_leak or other.is_leak,
            mentions_consumer_association=self.mentions_consumer_association or other.mentions_consumer_association,
        )


class Fact(Term):
    """What a rule may ask about; the value is the name of the field in ``Facts``."""

    IS_SAFETY_HAZARD = "is_safety_hazard", N_("Somebody could come to harm")
    IS_MEDIA_INVOLVED = "is_media_involved", N_("Media involved")
    IS_LEAK = "is_leak", N_("Water comes through")
    MENTIONS_CONSUMER_ASSOCIATION = "mentions_consumer_association", N_("Speaks of the consumer association")
    HOUSEHOLD_COUNT = "household_count", N_("Households")
    DELAY_DAYS = "delay_days", N_("Days of delay")
    CATEGORY = "category", N_("Category")


class Operator(Term):
    """How a rule compares a fact with its value."""

    IS = "is", N_("is")
    IS_NOT = "is_not", N_("is not")
    AT_LEAST = "at_least", N_("at least")
    MORE_THAN = "more_than", N_("more than")


class Match(Term):
    """How many of a rule's conditions must hold."""

    ANY = "any", N_("any of these")
    ALL = "all", N_("all of these")


COUNTS: Mapping[Fact, tuple[int, int]] = MappingProxyType(
    {Fact.HOUSEHOLD_COUNT: (1, 10_000), Fact.DELAY_DAYS: (0, MAX_DELAY_DAYS)}
)
"""Facts that are numbers, with the lowest and the highest that make sense."""


def is_sensible(fact: Fact, count: int) -> bool:
    """Whether a number makes sense for the fact."""
    lowest, highest = COUNTS[fact]
    return lowest <= count <= highest


def operators(fact: Fact) -> tuple[Operator, ...]:
    """The comparisons that make sense for a fact."""
    return (Operator.AT_LEAST, Operator.MORE_THAN) if fact in COUNTS else (Operator.IS, Operator.IS_NOT)


@dataclass(frozen=True)
class Condition:
    """One question to the facts."""

    fact: Fact
    operator: Operator
    value: bool | int | Category

    @property
    def is_affirmative(self) -> bool:
        """Whether it asks for the fact, not for its absence: “is yes” and “is not no” do."""
        return (self.operator is Operator.IS) is (self.value is not False)

    @property
    def lowest(self) -> int:
        """The lowest number that it holds for; asked of counts only."""
        return int(self.value) + (self.operator is Operator.MORE_THAN)

    def holds(self, facts: Facts) -> bool:
        """Whether the facts say so."""
        known = getattr(facts, self.fact)
        if self.operator is Operator.AT_LEAST:
            return bool(known >= self.value)
        if self.operator is Operator.MORE_THAN:
            return bool(known > self.value)
        return bool((known == self.value) is (self.operator is Operator.IS))


@dataclass(frozen=True)
class SeverityRule:
    """One sentence of the plan: when it matches, the complaint is at least of this level."""

    id: str
    severity: Severity
    sentence: str
    match: Match
    conditions: tuple[Condition, ...]

    def behind(self, facts: Facts) -> tuple[Condition, ...]:
        """The conditions that hold and make the rule match; none when it does not match."""
        holding = tuple(condition for condition in self.conditions if condition.holds(facts))
        return holding if self.match is Match.ANY or len(holding) == len(self.conditions) else ()

    def matches(self, facts: Facts) -> bool:
        """Whether the rule applies to the facts."""
        return bool(self.behind(facts))

    @property
    def households(self) -> int | None:
        """From how many households on it matches whatever else is known; None where they alone are not enough."""
        counts = [condition.lowest for condition in self.conditions if condition.fact is Fact.HOUSEHOLD_COUNT]
        if self.match is Match.ANY:
            return min(counts, default=None)
        return max(counts) if len(counts) == len(self.conditions) else None


@dataclass(frozen=True)
class Reason:
    """A rule that matched, and what it saw."""

    rule: SeverityRule
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Assessment:
    """The level that the facts call for and every rule that says so (empty for the general level)."""

    severity: Severity
    reasons: tuple[Reason, ...]

    @property
    def rules(self) -> tuple[SeverityRule, ...]:
        """The rules that matched."""
        return tuple(reason.rule for reason in self.reasons)

    @property
    def rule_ids(self) -> list[str]:
        """What a timeline keeps of it."""
        return [rule.id for rule in self.rules]


@dataclass(frozen=True)
class SeverityPolicy:
    """The table of severity rules, as one version of the policy has it."""

    rules: tuple[SeverityRule, ...]

    @property
    def households_of_a_group(self) -> int | None:
        """From how many households on they alone make a complaint major: those are a group (D-11, N1).

        None where no rule says so: then no group opens by itself. One household is none, whatever a rule says.
        """
        major = [rule.households for rule in self.rules if rule.severity is Severity.MAJOR]
        enough = min((count for count in major if count is not None), default=None)
        return None if enough is None else max(SMALLEST_GROUP, enough)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> SeverityPolicy:
        """Read a policy's document.

        Raises:
            Refusal: it makes no sense; ``field`` names the place, such as ``rules-2-conditions-0-value``.
        """
        rows = documents.rows(document, "rules", most=MAX_RULES)
        if not rows:
            raise Refusal(N_("A policy needs at least one rule."), field="rules")
        rules = tuple(_rule(row, f"rules-{place}") for place, row in enumerate(rows))
        documents.check_ids((rule.id for rule in rules), "rules")
        return cls(rules)


def assess(facts: Facts, policy: SeverityPolicy) -> Assessment:
    """Grade the facts: the gravest matching rule gives the level, nothing matching means general (D-13)."""
    reasons = tuple(Reason(rule, behind) for rule in policy.rules if (behind := rule.behind(facts)))
    return Assessment(min((reason.rule.severity for reason in reasons), default=Severity.GENERAL), reasons)


def _rule(row: Mapping[str, Any], field: str) -> SeverityRule:
    sentence = str(row.get("sentence", ""))
    texts.check_given(
        sentence, N_("Please write the sentence that people read."), field=f"{field}-sentence", longest=MAX_SENTENCE
    )
    conditions = documents.rows(row, "conditions", most=MAX_CONDITIONS, at=field)
    if not conditions:
        raise Refusal(N_("A rule needs at least one condition."), field=f"{field}-conditions")
    return SeverityRule(
        id=documents.own_id(row, at=field),
        severity=documents.word(Severity, row.get("level"), field=f"{field}-level"),
        sentence=sentence,
        match=documents.word(Match, row.get("match"), field=f"{field}-match"),
        conditions=tuple(
            _condition(condition, f"{field}-conditions-{place}") for place, condition in enumerate(conditions)
        ),
    )


def _condition(row: Mapping[str, Any], field: str) -> Condition:
    fact = documents.word(Fact, row.get("fact"), field=f"{field}-fact")
    operator = documents.word(Operator, row.get("operator"), field=f"{field}-operator")
    if operator not in operators(fact):
        raise Refusal(
            N_("“%(fact)s” cannot be compared by “%(operator)s”."),
            field=f"{field}-operator",
            fact=fact,
            operator=operator,
        )
    return Condition(fact, operator, _value(fact, row.get("value"), f"{field}-value"))


def _value(fact: Fact, value: Any, field: str) -> bool | int | Category:
    if fact is Fact.CATEGORY:
        return documents.word(Category, value, field=field)
    if fact in COUNTS:
        lowest, highest = COUNTS[fact]
        return documents.whole(value, field=field, lowest=lowest, highest=highest)
    if not isinstance(value, bool):
        raise Refusal(N_("This is none of the choices."), field=field)
    return value


def _shipped(
    rule_id: str, level: Severity, sentence: str, *conditions: tuple[Fact, Operator, bool | int | Category]
) -> dict[str, Any]:
    return {
        "id": rule_id,
        "level": level.value,
        "sentence": sentence,
        "match": Match.ANY.value,
        "conditions": [
            {"fact": fact.value, "operator": operator.value, "value": getattr(value, "value", value)}
            for fact, operator, value in conditions
        ],
    }


DEFAULT_DOCUMENT: dict[str, Any] = {
    "rules": [
        _shipped(
            "D-11.safety",
            Severity.MAJOR,
            N_("Somebody could come to harm (D-11)."),
            (Fact.IS_SAFETY_HAZARD, Operator.IS, True),
            (Fact.CATEGORY, Operator.IS, Category.SAFETY),
        ),
        _shipped(
            "D-11.group",
            Severity.MAJOR,
            N_("Three or more households of one community complain (D-11)."),
            (Fact.HOUSEHOLD_COUNT, Operator.AT_LEAST, 3),
        ),
        _shipped(
            "D-11.media",
            Severity.MAJOR,
            N_("The media are involved (D-11)."),
            (Fact.IS_MEDIA_INVOLVED, Operator.IS, True),
        ),
        _shipped(
            "D-12.delay",
            Severity.URGENT,
            N_("The delay is longer than 10 days, the move-in suffers (D-12)."),
            (Fact.DELAY_DAYS, Operator.MORE_THAN, 10),
        ),
        _shipped(
            "D-12.leak",
            Severity.URGENT,
            N_("A grave quality fault: water comes through (D-12)."),
            (Fact.IS_LEAK, Operator.IS, True),
        ),
        _shipped(
            "D-12.association",
            Severity.URGENT,
            N_("The customer speaks of the consumer association (D-12)."),
            (Fact.MENTIONS_CONSUMER_ASSOCIATION, Operator.IS, True),
        ),
    ]
}
"""The plan's own table, version 1 of the policy. Decision 3: three households are a group, ten days are no delay."""

SHIPPED = SeverityPolicy.from_document(DEFAULT_DOCUMENT)
"""The plan's table, read."""


LEAD_POSITIONS: Mapping[FaultSide, tuple[Position, ...]] = MappingProxyType(
    {
        FaultSide.CONSTRUCTION: (Position.ENGINEERING_MANAGER, Position.PROJECT_MANAGER),
        FaultSide.DESIGN: (Position.LEAD_DESIGNER, Position.DESIGN_DIRECTOR),
        FaultSide.SERVICE: (Position.ADVISER, Position.CS_SUPERVISOR),
        FaultSide.MIXED: (Position.CS_SUPERVISOR,),
    }
)
"""Who answers for which side (D-14): the first is proposed as lead, the others as cooperators."""

FAULT_SIDE: Mapping[Category, FaultSide] = MappingProxyType(
    {
        Category.QUALITY: FaultSide.CONSTRUCTION,
        Category.DELAY: FaultSide.CONSTRUCTION,
        Category.EXTRA_ITEMS: FaultSide.SERVICE,
        Category.SERVICE: FaultSide.SERVICE,
        Category.DESIGN: FaultSide.DESIGN,
        Category.SAFETY: FaultSide.CONSTRUCTION,
        Category.OTHER: FaultSide.MIXED,
    }
)
"""The side that is proposed for a category until a person decides."""
