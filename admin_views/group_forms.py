"""What is asked before something is done to a group complaint: to one member, or to all of them at once (N1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import flash
from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from admin_views.verb_form import DialogForm
from models import GroupCase, Person
from rules.permissions import ACTION_PERMISSION, Permission
from rules.texts import LONGEST
from rules.vocabulary import Action
from services import complaint_locks, groups


class GroupForm(DialogForm):
    """One thing to do to a group."""

    needs = ACTION_PERMISSION[Action.GROUP]
    title: Any = ""
    hint: Any = ""

    def do(self, group: GroupCase, *, actor: Person, now: datetime) -> None:
        """Call the service."""
        raise NotImplementedError


class AddForm(GroupForm):
    """Which complaint belongs here too."""

    title = lazy_gettext("Add a complaint")
    with_number = StringField(
        lazy_gettext("Number of the complaint"),
        [Length(max=40)],
        render_kw={"list": "near-by", "autocomplete": "off"},
    )
    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=groups.MAX_REASON)]
    )

    def do(self, group: GroupCase, *, actor: Person, now: datetime) -> None:
        """Add it by hand."""
        complaint = complaint_locks.another((self.with_number.data or "").strip().upper(), field="with_number")
        groups.join(group, complaint, reason=self.reason.data or "", actor=actor, now=now)


class TakeOutForm(GroupForm):
    """Why a member's home does not belong here."""

    number = HiddenField()
    reason = StringField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=groups.MAX_REASON)]
    )

    def do(self, group: GroupCase, *, actor: Person, now: datetime) -> None:
        """Take the home out by hand, with all of its complaints."""
        complaint = complaint_locks.another(self.number.data or "", field="reason")
        groups.leave(complaint, group=group, reason=self.reason.data or "", actor=actor, now=now)


class NoteForm(GroupForm):
    """One note for all."""

    needs = Permission.NOTE
    title = lazy_gettext("Write a note to all")
    hint = lazy_gettext("It stands on the timeline of every member.")
    text = TextAreaField(lazy_gettext("Note"), [InputRequired(lazy_gettext("The note is empty.")), Length(max=LONGEST)])

    def do(self, group: GroupCase, *, actor: Person, now: datetime) -> None:
        """Write it."""
        count = groups.write_to_all(group, text=self.text.data or "", actor=actor, now=now)
        flash(ngettext("Written to %(num)s complaint.", "Written to %(num)s complaints.", count), "success")


class MessageForm(GroupForm):
    """One message to everybody who handles a member."""

    title = lazy_gettext("Message to all handlers")
    hint = lazy_gettext("Each handler gets a short SMS that there is word; the words stand on every timeline.")
    text = TextAreaField(
        lazy_gettext("Message"), [InputRequired(lazy_gettext("Please write the message.")), Length(max=LONGEST)]
    )

    def do(self, group: GroupCase, *, actor: Person, now: datetime) -> None:
        """Send it."""
        told = groups.message_handlers(group, text=self.text.data or "", actor=actor, now=now)
        flash(gettext("Told: %(names)s.", names=gettext(", ").join(person.name for person in told)), "success")


class CloseForm(GroupForm):
    """Why the group is done with."""

    title = lazy_gettext("Close the group")
    hint = lazy_gettext(
        "Its complaints stay as they are, each with its own clocks; the desk will not count them again."
    )
    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=groups.MAX_REASON)]
    )

    def do(self, group: GroupCase, *, actor: Person, now: datetime) -> None:
        """Close it."""
        groups.close(group, reason=self.reason.data or "", actor=actor, now=now)


STEPS: Mapping[str, type[GroupForm]] = {
    "note": NoteForm,
    "message": MessageForm,
    "add": AddForm,
    "close": CloseForm,
    "take-out": TakeOutForm,
}
"""What can be done to a group, by the last word of its address; the order is that of the buttons."""


def of(group: GroupCase, person: Person, *, opened: str | None = None, form: GroupForm | None = None) -> dict[str, Any]:
    """The forms behind the buttons for this person; the one that was refused comes back as it was sent."""
    if group.closed_at is not None:
        return {}
    forms = {step: ask(formdata=None) for step, ask in STEPS.items() if person.may(ask.needs)}
    if opened in forms and form is not None:
        forms[opened] = form
    return forms
