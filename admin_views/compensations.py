"""Compensations: what waits for a decision, how each amount came about, and the steps behind the buttons (D-17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from admin_views.base import DeskView, actor
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import DialogForm
from models import Compensation, Complaint, Person
from rules.compensation import CompensationAction
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.texts import LONGEST
from rules.vocabulary import N_, CompensationKind, CompensationStatus
from services import compensations, complaint_locks, people, search

FOUND = 200


def _waiting_for_me() -> Sequence[ColumnElement[bool]]:
    """What this person could decide or pay: never their own offer."""
    is_offered = Compensation.status == CompensationStatus.OFFERED
    is_mine = Compensation.offered_by_id == current_user.id
    statuses = []
    if current_user.may(Permission.APPROVE):
        statuses.append(CompensationStatus.OFFERED)
    if current_user.may(Permission.PAY):
        statuses.append(CompensationStatus.APPROVED)
    # The statuses by themselves come first: they have an index, the exception has none.
    return [Compensation.status.in_(statuses), ~(is_offered & is_mine)] if statuses else [is_offered, is_mine]


class CompensationsView(DeskView):
    """Every compensation; they are offered on their complaint's page."""

    has_new = False
    search_hint = lazy_gettext("Number of the complaint")
    tabs = (
        Tab("mine", lazy_gettext("Waiting for me"), _waiting_for_me),
        Tab(
            "approved",
            lazy_gettext("Approved, not paid"),
            lambda: [Compensation.status == CompensationStatus.APPROVED],
        ),
        Tab("all", lazy_gettext("All")),
    )
    column_list = ("offered_at", "complaint", "kind", "amount", "offered_by", "status", "reason")
    column_export_list = (
        *("offered_at", "complaint", "kind", "basis", "delay_days", "daily_rate", "amount", "reason", "offered_by"),
        *("status", "decided_by", "decided_at", "decision_note", "paid_at", "payment_proof"),
    )
    column_default_order = ("offered_at", True)
    column_sortable_list = ("offered_at",)
    desk_filters = (
        WordFilter("status", Compensation.status, CompensationStatus),
        WordFilter("kind", Compensation.kind, CompensationKind),
        PersonFilter("offered_by", Compensation.offered_by_id, people.everybody),
        DaysFilter("offered_at", Compensation.offered_at),
    )

    def record_url(self, record: Compensation) -> str:
        """The page with how the amount came about."""
        return compensation_link(record)

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Those of the complaints that the search box would find."""
        return Compensation.complaint_id.in_(search.complaint_ids(text, FOUND))


class CompensationPage(Page):
    """One compensation: what, why, how much and how that came about, who decided."""

    is_in_menu = False

    @expose("/")
    def index(self) -> Response:
        """A compensation needs a number; without one the list is meant."""
        return redirect(url_for("compensations.index_view"))

    @expose("/<int:compensation_id>")
    def page(self, compensation_id: int) -> Any:
        """Show it."""
        return self._page(row_or_404(Compensation, compensation_id))

    @expose("/<int:compensation_id>/<step>", methods=("POST",))
    def take(self, compensation_id: int, step: str) -> Any:
        """Take one step; the complaint is held meanwhile, so that two people cannot both decide."""
        action = _step(step)
        compensation = row_or_404(Compensation, compensation_id)
        form = FORMS[action]()
        if form.carries_out(lambda now: _take(compensation_id, form, actor=actor(), now=now)):
            flash(gettext("Done: %(step)s.", step=gettext(action.label)), "success")
            return redirect(compensation_link(compensation))
        return self._page(row_or_404(Compensation, compensation_id), opened=action, form=form), form.status

    def _page(
        self, compensation: Compensation, *, opened: CompensationAction | None = None, form: StepForm | None = None
    ) -> str:
        possible = compensations.possible_steps(compensation, actor())
        forms = {step: FORMS[step](formdata=None) for step in possible}
        if opened in forms and form is not None:
            forms[opened] = form
        for shown in forms.values():
            shown.version.process_data(compensation.version)
        return self.render(
            "compensation.html",
            compensation=compensation,
            possible=possible,
            forms=forms,
            opened=opened,
            is_own_offer=compensation.offered_by_id == current_user.id,
        )


class StepForm(DialogForm):
    """What a step asks; ``version`` is the state of things the person saw when deciding."""

    version = HiddenField()

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Call the service."""
        raise NotImplementedError


class ApproveForm(StepForm):
    """A note, if there is something to say."""

    note = TextAreaField(lazy_gettext("Note"), [Length(max=LONGEST)])

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Approve it."""
        compensations.approve(compensation, note=self.note.data or "", actor=actor, now=now)


class RefuseForm(StepForm):
    """The reason; the decision is final."""

    note = TextAreaField(lazy_gettext("Reason"), [Length(max=LONGEST)])

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Refuse it."""
        compensations.refuse(compensation, note=self.note.data or "", actor=actor, now=now)


class WithdrawForm(RefuseForm):
    """Why the offer is taken back."""

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Withdraw it."""
        compensations.withdraw(compensation, note=self.note.data or "", actor=actor, now=now)


class PayForm(StepForm):
    """The proof: a receipt or transfer number."""

    proof = StringField(lazy_gettext("Proof of payment"), [Length(max=compensations.MAX_PROOF)])

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Confirm the payment."""
        compensations.pay(compensation, proof=self.proof.data or "", actor=actor, now=now)


FORMS: Mapping[CompensationAction, Callable[..., StepForm]] = {
    CompensationAction.APPROVE: ApproveForm,
    CompensationAction.REFUSE: RefuseForm,
    CompensationAction.WITHDRAW: WithdrawForm,
    CompensationAction.PAY: PayForm,
}
"""Every step has its form; a test holds the two against each other."""


def compensation_link(compensation: Compensation) -> str:
    """The page of a compensation."""
    return url_for("compensation.page", compensation_id=compensation.id)


def _step(name: str) -> CompensationAction:
    try:
        return CompensationAction(name)
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)


def _take(compensation_id: int, form: StepForm, *, actor: Person, now: datetime) -> None:
    compensation = row_or_404(Compensation, compensation_id)
    _hold(compensation.complaint)
    if form.version.data != str(compensation.version):
        raise Conflict(N_("Somebody else changed this meanwhile. Please look again and decide."))
    form.take(compensation, actor=actor, now=now)


def _hold(complaint: Complaint) -> None:
    complaint_locks.by_number(complaint.number)
