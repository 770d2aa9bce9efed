"""What a triage meeting asks: who is there, what it decided, or why it is called off (D-10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import lazy_gettext
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from admin_views.complaint_forms import ActionForm, GradeForm
from admin_views.fields import MomentField
from admin_views.rows import row_or_404
from models import Person, TriageMeeting
from rules.permissions import ACTION_PERMISSION
from rules.texts import LONGEST
from rules.vocabulary import Action
from services import meetings, people, promises


class JoinForm(ActionForm):
    """Who is there: whoever presses, or the one whose name stands beside the button."""

    person = HiddenField()

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        text = self.person.data or ""
        is_other = text.isascii() and text.isdigit() and len(text) < 10
        person = row_or_404(Person, int(text)) if is_other else actor
        meetings.join(meetings.going_on(self.complaint), person=person, actor=actor, now=now)


class EndForm(GradeForm):
    """The decisions: level, lead, cooperators, and what the customer is promised."""

    promise_text = StringField(lazy_gettext("What the customer is promised"), [Length(max=promises.MAX_PROMISE)])
    promise_due_at = MomentField(lazy_gettext("By when"), [Optional()])

    def do(self, *, actor: Person, now: datetime) -> None:
        """End the meeting."""
        meetings.end(
            meetings.going_on(self.complaint),
            severity=self.severity.data,
            reason=self.reason.data or "",
            side=self.side.data,
            lead=people.by_id(self.lead.data),
            cooperators=[people.by_id(person_id) for person_id in self.cooperators.data or []],
            promise_text=self.promise_text.data or "",
            promise_due_at=self.promise_due_at.data,
            actor=actor,
            now=now,
        )


class CallOffForm(ActionForm):
    """Why it decided nothing."""

    reason = TextAreaField(
        lazy_gettext("Reason"), [InputRequired(lazy_gettext("Please give a reason.")), Length(max=LONGEST)]
    )

    def do(self, *, actor: Person, now: datetime) -> None:
        """Call it off."""
        meetings.call_off(meetings.going_on(self.complaint), reason=self.reason.data or "", actor=actor, now=now)


STEPS: Mapping[str, type[ActionForm]] = {"join": JoinForm, "end": EndForm, "call-off": CallOffForm}
"""What can be done to a meeting that is going on, by the last word of its address."""

ASKING = ("end", "call-off")
"""Steps that ask something in a dialog."""


def of(
    meeting: TriageMeeting | None, person: Person, *, opened: str | None = None, form: ActionForm | None = None
) -> dict[str, ActionForm]:
    """The forms behind the meeting's buttons; the one that was refused comes back as it was sent."""
    if meeting is None or not person.may(ACTION_PERMISSION[Action.MEET]):
        return {}
    forms = {step: STEPS[step](meeting.complaint, formdata=None) for step in ASKING if step != opened}
    for proposed in forms.values():
        if isinstance(proposed, EndForm):
            proposed.propose()
    if opened in ASKING and form is not None:
        forms[opened] = form
    return forms
