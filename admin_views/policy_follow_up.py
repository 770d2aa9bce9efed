"""The follow-up policy: when customers are asked, when finished projects are visited, how often one tries in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext

from admin_views.fields import CountField
from admin_views.policy_form import Document, NumbersField, PolicyEditor, PolicyForm
from rules.follow_ups import FollowUpPolicy
from rules.vocabulary import PolicyKind, Severity


class FollowUpForm(PolicyForm):
    """Days of every level, months of the visits, and the tries."""

    level_1 = NumbersField(lazy_gettext("Level 1: days after it was resolved"))
    level_2 = NumbersField(lazy_gettext("Level 2: days after it was resolved"))
    level_3 = NumbersField(lazy_gettext("Level 3: days after it was resolved"))
    visits = NumbersField(lazy_gettext("Finished projects: months after acceptance"))
    tries = CountField(lazy_gettext("Tries before a complaint may be closed without the customer's word"))

    def document(self) -> Document:
        """The rhythm as ``rules.follow_ups`` reads it."""
        names = (*(f"level_{level.value}" for level in Severity), "visits", "tries")
        return {name: self[name].data for name in names}


def lines(document: Mapping[str, Any]) -> Sequence[str]:
    """A sentence for each level, one for the visits, one for the tries."""
    levels = [
        gettext(
            "%(level)s: asked after %(days)s days",
            level=gettext(level.label),
            days=_numbers(document.get(f"level_{level.value}")),
        )
        for level in Severity
    ]
    visits = gettext("Finished projects are visited after %(months)s months", months=_numbers(document.get("visits")))
    tries = gettext("Closed without the customer's word after %(tries)s tries", tries=document.get("tries"))
    return [*levels, visits, tries]


def _numbers(counts: Any) -> str:
    return gettext(", ").join(str(count) for count in counts or []) or "—"


EDITOR = PolicyEditor(
    kind=PolicyKind.FOLLOW_UP,
    form=FollowUpForm,
    read=FollowUpPolicy.from_document,
    lines=lines,
    table="policy_follow_up.html",
    fields="policy_follow_up_fields.html",
    intro=lazy_gettext("What is planned already keeps its day; a new version holds for what is resolved from now on."),
    extra=lambda: {"levels": tuple(Severity)},
)
