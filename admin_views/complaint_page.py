"""One complaint: where it stands, what was promised, who does what next."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import abort, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user

from admin_views import appointments as appointment_views
from admin_views import chain_words, complaint_chain, meeting_forms, message_words, responsibility_map, timeline_words
from admin_views.base import actor
from admin_views.complaint_forms import FORMS, ActionForm
from admin_views.pages import Page
from admin_views.rows import row_or_404
from extensions import db, timepiece
from models import Complaint, Promise
from rules.compensation import CompensationAction
from rules.permissions import Permission
from rules.vocabulary import Action, Status
from services import (
    appointments,
    clocks,
    compensations,
    complaint_locks,
    complaints,
    delivery_report,
    groups,
    malice,
    meetings,
    next_steps,
    playbooks,
    promises,
    regrading,
    reviews,
    scripts,
    statements,
)
from services.authorities import Seat

MAIN_ACTION = {
    Status.NEW: Action.CONTACT,
    Status.CONTACTED: Action.GRADE,
    Status.HANDLING: Action.RESOLVE,
    Status.RESOLVED: Action.CLOSE,
}
"""The one solid button of the page, once somebody has the complaint; before that it is to acknowledge."""

TIMELINE_ROWS = 200


class ComplaintPage(Page):
    """The page of one complaint and the verbs behind its buttons."""

    is_in_menu = False

    @expose("/<number>")
    def page(self, number: str) -> Any:
        """Show the complaint."""
        return self._page(_shown(number))

    @expose("/<number>/<action>", methods=("POST",))
    def act(self, number: str, action: str) -> Any:
        """Do what the button says, in one transaction; a refusal shows the form again with the sentence beside it."""
        verb = _verb(action)
        return self._attempt(number, FORMS[verb], opened=verb)

    @expose("/<number>/meeting")
    def meeting(self, number: str) -> Any:
        """The panel of the triage meeting alone, for the page that shows it to look again who is there."""
        complaint = _shown(number)
        return self.render("meeting_panel.html", complaint=complaint, meeting=meetings.open_of(complaint))

    @expose("/<number>/meeting/<step>", methods=("POST",))
    def meet(self, number: str, step: str) -> Any:
        """Join the triage meeting that is going on, end it or call it off."""
        if step not in meeting_forms.STEPS:
            abort(HTTPStatus.NOT_FOUND)
        return self._attempt(number, meeting_forms.STEPS[step], opened_step=step)

    @expose("/<number>/promises/<int:promise_id>/keep", methods=("POST",))
    def keep_promise(self, number: str, promise_id: int) -> Any:
        """A promise was kept."""
        complaint = complaint_locks.by_number(number)
        promise = row_or_404(Promise, promise_id)
        if promise.complaint_id != complaint.id:
            abort(HTTPStatus.NOT_FOUND)
        promises.keep(promise, actor=actor(), now=timepiece.now())
        db.session.commit()
        return redirect(url_for(".page", number=number))

    @expose("/<number>/phone", methods=("POST",))
    def phone(self, number: str) -> Any:
        """Show the full number once; the look is written on the timeline (N18)."""
        complaint = complaint_locks.by_number(number)
        revealed = complaints.reveal_phone(complaint, actor=actor(), now=timepiece.now())
        db.session.commit()
        return self._page(_shown(number), revealed=revealed)

    def _attempt(self, number: str, form_of: type[ActionForm], **opened: Any) -> Any:
        """Do what was asked with the complaint locked; what is refused stands on the page as it is now."""
        form = form_of(complaint_locks.by_number(number))
        if form.carries_out(lambda now: form.do(actor=actor(), now=now)):
            return redirect(_next_page(number))
        return self._page(_shown(number), form=form, **opened), form.status

    def _page(
        self,
        complaint: Complaint,
        *,
        opened: Action | None = None,
        opened_step: str | None = None,
        form: ActionForm | None = None,
        revealed: str | None = None,
    ) -> str:
        meeting = meetings.open_of(complaint)
        possible = complaints.possible_actions(complaint, actor())
        forms = {action: FORMS[action](complaint, formdata=None) for action in possible if action is not opened}
        for proposed in forms.values():
            if hasattr(proposed, "propose"):
                proposed.propose()
        if opened is not None and form is not None and opened in possible:
            forms[opened] = form
        return self.render(
            "complaint.html",
            complaint=complaint,
            actions=possible,
            main_action=_main_action(complaint, possible),
            forms=forms,
            opened=opened,
            revealed=revealed,
            why=regrading.explain(complaint),
            chain=complaint_chain.of(complaint, now=timepiece.now()),
            chain_words=chain_words,
            delivery=delivery_report.of(complaint),
            message_words=message_words,
            map=responsibility_map.of(complaint),
            standing=groups.standing(complaint),
            meeting=meeting,
            meeting_forms=meeting_forms.of(meeting, actor(), opened=opened_step, form=form),
            opened_step=opened_step,
            clocks=clocks.shown(complaint),
            next_steps=next_steps.of(complaint, now=timepiece.now()),
            visits=appointments.shown(complaint),
            state_badge=appointment_views.state_badge,
            steps=compensation_steps(complaint),
            events=complaint.timeline[:TIMELINE_ROWS],
            words=timeline_words,
            scripts=scripts.for_complaint(complaint),
            playbook=playbooks.of(complaint),
            lessons=reviews.lessons_for(complaint),
            said=statements.in_force(complaint),
            is_malicious=malice.is_confirmed(complaint),
            now=timepiece.now(),
            may_reveal=current_user.may(Permission.REVEAL),
        )


ComplaintPage._default_view = "page"  # The list stands at the address itself; a page needs a number.


def compensation_steps(complaint: Complaint) -> dict[int, tuple[CompensationAction, ...]]:
    """What the person at the screen can do to each compensation of a complaint."""
    if not complaint.compensations:
        return {}
    seat = Seat.of(actor(), now=timepiece.now())
    return {item.id: compensations.possible_steps(item, seat) for item in complaint.compensations}


def _shown(number: str) -> Complaint:
    complaint = complaints.find(number)
    if complaint is None:
        abort(HTTPStatus.NOT_FOUND)
    return complaint


def _verb(action: str) -> Action:
    try:
        return Action(action)
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)


def _main_action(complaint: Complaint, possible: tuple[Action, ...]) -> Action | None:
    wanted = Action.ACKNOWLEDGE if Action.ACKNOWLEDGE in possible else MAIN_ACTION.get(complaint.status)
    if wanted is Action.RESOLVE and complaint.severity is None:
        wanted = Action.GRADE
    return wanted if wanted in possible else None


def _next_page(number: str) -> str:
    """Back to the page the button was on: the workbench or the complaint."""
    return url_for("admin.index") if request.form.get("back") == "home" else url_for("complaint.page", number=number)
