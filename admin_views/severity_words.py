"""What a severity rule saw, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from rules.severity import COUNTS, Condition, Fact, Facts
from rules.vocabulary import Category


def behind(condition: Condition, facts: Facts) -> str:
    """The fact that made the condition hold: “Households: 3 (at least 3)”."""
    if condition.fact not in COUNTS:
        return asked(condition)
    return _(
        "%(fact)s: %(known)s (%(operator)s %(value)s)",
        fact=_(condition.fact.label),
        known=getattr(facts, condition.fact),
        operator=_(condition.operator.label),
        value=condition.value,
    )


def asked(condition: Condition) -> str:
    """The question as the policy puts it: “Households at least 3”, “Media involved”, “not: Media involved”."""
    fact = _(condition.fact.label)
    if condition.fact in COUNTS:
        return _(
            "%(fact)s: %(operator)s %(value)s", fact=fact, operator=_(condition.operator.label), value=condition.value
        )
    if condition.fact is Fact.CATEGORY:
        fact = _("%(fact)s: %(value)s", fact=fact, value=_(Category(str(condition.value)).label))
    return fact if condition.is_affirmative else _("not: %(fact)s", fact=fact)
