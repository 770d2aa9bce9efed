"""The authority policy: who may decide on how much compensation, and who signs above that (G-04, G-05)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from wtforms import FieldList, FormField

from admin_views.fields import CountField
from admin_views.policy_form import Document, PolicyEditor, PolicyForm, Row, TicksField, with_ids
from rules.authority import MOST_RUNGS, MOST_SIGNERS, AuthorityPolicy, Holders
from rules.vocabulary import CompensationKind, PolicyKind, Position, Role


class HoldersRow(Row):
    """Whom a row names, by role or by post."""

    roles = TicksField(lazy_gettext("Roles"), words=tuple(Role))
    positions = TicksField(lazy_gettext("Posts"), words=tuple(Position))

    def holders(self) -> Document:
        """Them as ``rules.authority`` reads them."""
        return {"roles": self.roles.data or [], "positions": self.positions.data or []}


class RungRow(HoldersRow):
    """One rung of the ladder."""

    up_to = CountField(lazy_gettext("Up to (yuan)"))
    kinds = TicksField(lazy_gettext("For these kinds"), words=tuple(CompensationKind))

    def rung(self) -> Document:
        """The rung as ``rules.authority`` reads it."""
        return {"id": self.id.data or "", "up_to": self.up_to.data, "kinds": self.kinds.data or [], **self.holders()}


class AuthorityForm(PolicyForm):
    """The ladder from the lowest rung up, the ordinary limit, the cap, and the groups that sign above it."""

    rungs = FieldList(FormField(RungRow), max_entries=MOST_RUNGS)
    ordinary_limit = CountField(lazy_gettext("Ordinary limit (yuan)"))
    cap_percent = CountField(lazy_gettext("Cap for a project, in percent of its contract"))
    signers = FieldList(FormField(HoldersRow), max_entries=MOST_SIGNERS)

    def document(self) -> Document:
        """The ladder as ``rules.authority`` reads it; a new rung gets an id."""
        rungs = [entry.form.rung() for entry in self.rungs]
        return {
            "rungs": with_ids(rungs, lambda rung: "rung"),
            "ordinary_limit": self.ordinary_limit.data,
            "cap_percent": self.cap_percent.data,
            "signers": [entry.form.holders() for entry in self.signers],
        }


def lines(document: Mapping[str, Any]) -> Sequence[str]:
    """A sentence for each rung, for the limit, for the cap and for each group that signs."""
    policy = AuthorityPolicy.from_document(document)
    rungs = [
        gettext(
            "%(who)s: up to ¥%(amount)s, %(kinds)s",
            who=named(rung.holders),
            amount=f"{rung.up_to:,}",
            kinds=gettext(", ").join(gettext(kind.label) for kind in CompensationKind if kind in rung.kinds)
            or gettext("every kind"),
        )
        for rung in policy.rungs
    ]
    return [
        *rungs,
        gettext("Special approval above ¥%(amount)s", amount=f"{policy.ordinary_limit:,}"),
        gettext("or with more than %(percent)s %% of a contract granted in all", percent=policy.cap_percent),
        *(gettext("signed by: %(who)s", who=named(group)) for group in policy.signers),
    ]


def named(holders: Holders) -> str:
    """Whom a row names, in the reader's language."""
    return gettext(", ").join(gettext(word.label) for word in (*holders.roles, *holders.positions))


EDITOR = PolicyEditor(
    kind=PolicyKind.AUTHORITY,
    form=AuthorityForm,
    read=AuthorityPolicy.from_document,
    lines=lines,
    table="policy_authority.html",
    fields="policy_authority_fields.html",
    intro=lazy_gettext("What is offered already goes by the version of its day. Nobody decides on their own offer."),
    extra=lambda: {
        "holders_named": named,
        "blank_rung": RungRow(prefix="rungs-__0__-"),
        "blank_signers": HoldersRow(prefix="signers-__0__-"),
    },
)
