"""Fields that ask whom to call: posts of the roster, roles, and people by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from wtforms import SelectField, SelectMultipleField

from admin_views import chain_words
from admin_views.fields import person_label
from rules.escalation import ANSWERING_ROLES, NAMED, DutyRoleCode, Target, Whom
from rules.permissions import Permission
from services import people

Choice = tuple[str, str]


def choices() -> dict[str, list[Choice]]:
    """Everybody who can be called, under headings."""
    return {
        gettext("By the roster"): _worded(
            [
                *(Whom(target) for target in Target if target not in NAMED),
                *(Whom(Target.DUTY_ROLE, role) for role in DutyRoleCode),
            ]
        ),
        gettext("By role"): _worded([Whom(Target.ROLE, role) for role in ANSWERING_ROLES]),
        gettext("By name"): [
            (f"{Target.PERSON}:{person.id}", person_label(person)) for person in people.who_may(Permission.ACKNOWLEDGE)
        ],
    }


class CalleeField(SelectField):
    """One of them, or what the ``first`` choice says; ``whom`` is what the rules made of it, None for the first."""

    def __init__(self, label: Any = None, validators: Any = None, *, first: Any, **kwargs: Any) -> None:
        self._first = first
        super().__init__(label, validators, choices=self._listed, default="", **kwargs)

    def _listed(self) -> dict[str, list[Choice]]:
        return {"": [("", str(self._first))], **choices()}

    @property
    def whom(self) -> Whom | None:
        """Whom to call.

        Raises:
            Refusal: nobody is called that.
        """
        return Whom.parse(self.data, field=self.short_name) if self.data else None


class CalleesField(SelectMultipleField):
    """Several of them."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, choices=choices, **kwargs)


def _worded(callees: Sequence[Whom]) -> list[Choice]:
    return [(str(callee), chain_words.whom(callee)) for callee in callees]
