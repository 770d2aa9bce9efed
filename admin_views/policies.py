"""Policies: the plan's tables, who changed them and how, and the page to publish the next version on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_login import current_user

from admin_views import (
    policy_authority,
    policy_clocks,
    policy_escalation,
    policy_follow_up,
    policy_severity,
    policy_warranty,
    policy_working_time,
)
from admin_views.base import actor
from admin_views.pages import Page
from admin_views.policy_form import PolicyEditor, PolicyForm
from admin_views.rows import LARGEST_ID
from models import Policy
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.vocabulary import PolicyKind
from services import policies
from services.actors import require

EDITORS: Mapping[PolicyKind, PolicyEditor] = {
    editor.kind: editor
    for editor in (
        policy_severity.EDITOR,
        policy_clocks.EDITOR,
        policy_escalation.EDITOR,
        policy_working_time.EDITOR,
        policy_warranty.EDITOR,
        policy_authority.EDITOR,
        policy_follow_up.EDITOR,
    )
}
"""Every kind of policy and its editor, in the order of the tabs."""


@dataclass(frozen=True)
class Change:
    """A sentence that one version has and the other has not."""

    is_new: bool
    sentence: str


@dataclass(frozen=True)
class Published:
    """A version of the history with what it changed in the one before; None when that one is not shown."""

    policy: Policy
    changes: Sequence[Change] | None


class PoliciesView(Page):
    """Everybody reads what the desk goes by; managers publish the next version."""

    @expose("/")
    def index(self) -> Any:
        """The first of them."""
        return redirect(url_for(".show", kind=next(iter(EDITORS))))

    @expose("/<kind>")
    @expose("/<kind>/<int:number>")
    def show(self, kind: str, number: int | None = None) -> Any:
        """One version, the present one unless asked for another, and the history."""
        editor = _editor(kind)
        versions = policies.versions(editor.kind)
        shown = versions[0] if number is None else _numbered(editor.kind, number)
        return self.render(
            "policy.html",
            editor=editor,
            editors=EDITORS,
            version=shown,
            newest=versions[0],
            policy=_read(editor, shown),
            document=shown.document,
            sentences=_sentences(editor, shown),
            history=_history(editor, versions),
            may_edit=current_user.may(Permission.EDIT_POLICIES),
            **editor.extra(),
        )

    @expose("/<kind>/edit", methods=("GET", "POST"))
    def edit(self, kind: str) -> Any:
        """The form of the next version; a refusal stands beside the row it belongs to."""
        editor = _editor(kind)
        require(actor(), Permission.EDIT_POLICIES)
        if request.method == "GET":
            present = policies.current(editor.kind)
            return self._form(editor, editor.form.of(present.document, based_on=present.number))
        form = editor.form()
        is_published = form.carries_out(
            lambda now: policies.publish(
                editor.kind,
                document=form.document(),
                remarks=form.remarks.data or "",
                based_on=form.based_on_number,
                actor=actor(),
                now=now,
            )
        )
        if not is_published:
            return self._form(editor, form), form.status
        flash(gettext("Published. What runs already keeps the version it began with."), "success")
        return redirect(url_for(".show", kind=editor.kind), code=HTTPStatus.SEE_OTHER)

    def _form(self, editor: PolicyEditor, form: PolicyForm) -> str:
        newest = policies.current(editor.kind)
        is_stale = form.go_on_from(newest.number)
        return self.render(
            "policy_edit.html", editor=editor, form=form, newest=newest, is_stale=is_stale, **editor.extra()
        )


def _editor(kind: str) -> PolicyEditor:
    found = next((editor for editor in EDITORS.values() if editor.kind == kind), None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _numbered(kind: PolicyKind, number: int) -> Policy:
    policy = policies.numbered(kind, number) if number <= LARGEST_ID else None
    if policy is None:
        abort(HTTPStatus.NOT_FOUND)
    return policy


def _read(editor: PolicyEditor, version: Policy) -> Any:
    """What the rules make of the version; None for an old one that they would refuse today."""
    try:
        return editor.read(version.document)
    except Refusal:
        return None


def _sentences(editor: PolicyEditor, version: Policy) -> list[str]:
    """What the version says; one that the rules would refuse today is shown as it was kept."""
    try:
        return list(editor.lines(version.document))
    except Refusal:
        return json.dumps(version.document, ensure_ascii=False, indent=1).splitlines()


def _history(editor: PolicyEditor, versions: Sequence[Policy]) -> list[Published]:
    sentences = [_sentences(editor, version) for version in versions]
    changes: list[Sequence[Change] | None] = [changed(before, after) for after, before in pairwise(sentences)]
    return [Published(*pair) for pair in zip(versions, [*changes, None], strict=True)]


def changed(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """The sentences that went and that came, in the order of the table."""
    found = []
    for _, old, past, new, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if before[old:past] == after[new:end]:
            continue
        found += [Change(False, sentence) for sentence in before[old:past]]
        found += [Change(True, sentence) for sentence in after[new:end]]
    return found
