"""Compensations: what waits for a decision, how each amount came about, and the steps behind the buttons (D-17)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from flask_wtf.file import MultipleFileField
from sqlalchemy import ColumnElement, and_, false, or_
from werkzeug.wrappers import Response
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from admin_views.base import DeskView, actor
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import DialogForm
from extensions import COMPANY_ZONE, timepiece
from models import Compensation, Complaint, Person
from rules.authority import Needed, Rung
from rules.compensation import GRANTED, UNSETTLED, CompensationAction
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.texts import LONGEST
from rules.vocabulary import N_, CompensationKind, CompensationStatus
from services import authorities, compensations, complaint_locks, people, search
from services.authorities import Deciders, Seat
from services.evidence import Upload

FOUND = 200


def _waiting_for_me() -> Sequence[ColumnElement[bool]]:
    """What this person could decide, sign or pay: never their own offer.

    What their authority covers goes by today's ladder; whoever opens one that an older version names somebody else for
    sees no button.
    """
    is_offered = Compensation.status == CompensationStatus.OFFERED
    is_mine = Compensation.offered_by_id == current_user.id
    wanted = []
    if current_user.may(Permission.APPROVE):
        covered = _covered(Seat.of(actor(), now=timepiece.now()))
        wanted.append(and_(is_offered, ~is_mine, or_(*covered)) if covered else false())
    if current_user.may(Permission.PAY):
        wanted.append(Compensation.status == CompensationStatus.ACCEPTED)
    # The statuses by themselves come first: they have an index, the rest has none.
    statuses = [CompensationStatus.OFFERED, CompensationStatus.ACCEPTED]
    return [Compensation.status.in_(statuses), or_(false(), *wanted)]


def _offered_by_me() -> Sequence[ColumnElement[bool]]:
    """What this person offered and nobody has settled."""
    return [Compensation.status.in_(UNSETTLED), Compensation.offered_by_id == current_user.id]


def _covered(seat: Seat) -> list[ColumnElement[bool]]:
    """A condition for every amount of their authority, with the kinds that it is for."""
    policy = authorities.current()
    kinds: dict[Decimal, list[CompensationKind]] = {}
    for kind in CompensationKind:
        kinds.setdefault(seat.authority(policy, kind), []).append(kind)
    found = [
        and_(Compensation.kind.in_(some), Compensation.amount <= up_to) for up_to, some in kinds.items() if up_to > 0
    ]
    if seat.may_sign(policy):
        is_signed = Compensation.decisions.any(step=CompensationAction.SIGN, by_id=seat.person.id)
        is_special = or_(Compensation.special.has(), Compensation.amount > policy.ordinary_limit)
        found.append(and_(is_special, ~is_signed))
    return found


class CompensationsView(DeskView):
    """Every compensation; they are offered on their complaint's page."""

    has_new = False
    list_template = "compensation_list.html"
    search_hint = lazy_gettext("Number of the complaint")
    tabs = (
        Tab("mine", lazy_gettext("Waiting for me"), _waiting_for_me),
        Tab("offered", lazy_gettext("Offered by me"), _offered_by_me),
        Tab(
            "approved",
            lazy_gettext("Approved, the customer's word is missing"),
            lambda: [Compensation.status == CompensationStatus.APPROVED],
        ),
        Tab(
            "to_pay",
            lazy_gettext("Accepted, to be paid"),
            lambda: [Compensation.status == CompensationStatus.ACCEPTED],
        ),
        Tab("paid", lazy_gettext("Paid out"), lambda: [Compensation.status == CompensationStatus.PAID]),
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
        DaysFilter("paid_at", Compensation.paid_at),
    )

    def last_month(self) -> str:
        """What was paid in the month before this one, for finance to look at and export."""
        last_day = timepiece.now().astimezone(COMPANY_ZONE).date().replace(day=1) - timedelta(days=1)
        days = {"paid_at_from": last_day.replace(day=1).isoformat(), "paid_at_to": last_day.isoformat()}
        return url_for("compensations.index_view", view="paid", **days)

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

    @expose("/<int:compensation_id>/ask-specially", methods=("POST",))
    def ask_specially(self, compensation_id: int) -> Any:
        """Fill in the form of a special approval (G-05)."""
        form = SpecialForm()
        if form.carries_out(lambda now: _ask_specially(compensation_id, form, actor=actor(), now=now)):
            flash(gettext("Those who sign see it now."), "success")
            return redirect(url_for(".page", compensation_id=compensation_id))
        return self._page(row_or_404(Compensation, compensation_id), special_form=form), form.status

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
        self,
        compensation: Compensation,
        *,
        opened: CompensationAction | None = None,
        form: StepForm | None = None,
        special_form: SpecialForm | None = None,
    ) -> str:
        possible = compensations.possible_steps(compensation, Seat.of(actor(), now=timepiece.now()))
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
            special_form=special_form or self._special_form(compensation),
            is_own_offer=compensation.offered_by_id == current_user.id,
            ladder=ladder_of(compensation),
        )

    def _special_form(self, compensation: Compensation) -> SpecialForm | None:
        """The form of a special approval, for whoever may fill it in while it is missing."""
        is_missing = compensation.status is CompensationStatus.OFFERED and compensation.special is None
        if not (is_missing and current_user.may(Permission.OFFER) and authorities.needed(compensation).is_special):
            return None
        return SpecialForm(formdata=None)


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


class SignForm(ApproveForm):
    """A note beside the signature, if there is something to say."""

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Sign it."""
        compensations.sign(compensation, note=self.note.data or "", actor=actor, now=now)


class AcceptForm(StepForm):
    """How the customer said yes."""

    note = TextAreaField(lazy_gettext("What the customer said, and how"), [Length(max=LONGEST)])

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        compensations.accept(compensation, note=self.note.data or "", actor=actor, now=now)


class DeclineForm(AcceptForm):
    """How the customer said no."""

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        compensations.decline(compensation, note=self.note.data or "", actor=actor, now=now)


class SpecialForm(DialogForm):
    """Why the ordinary limit is not enough (G-05)."""

    reason = TextAreaField(lazy_gettext("Why so much"), [Length(max=compensations.MAX_FORM)])
    risk = TextAreaField(lazy_gettext("What happens otherwise"), [Length(max=compensations.MAX_FORM)])
    budget = TextAreaField(lazy_gettext("From which budget"), [Length(max=compensations.MAX_FORM)])


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
    evidence = MultipleFileField(lazy_gettext("Picture of the receipt"))

    def take(self, compensation: Compensation, *, actor: Person, now: datetime) -> None:
        """Confirm the payment."""
        uploads = [Upload(file.filename, file.stream) for file in self.evidence.data or [] if file.filename]
        compensations.pay(compensation, proof=self.proof.data or "", uploads=uploads, actor=actor, now=now)


FORMS: Mapping[CompensationAction, Callable[..., StepForm]] = {
    CompensationAction.APPROVE: ApproveForm,
    CompensationAction.SIGN: SignForm,
    CompensationAction.ACCEPT: AcceptForm,
    CompensationAction.DECLINE: DeclineForm,
    CompensationAction.REFUSE: RefuseForm,
    CompensationAction.WITHDRAW: WithdrawForm,
    CompensationAction.PAY: PayForm,
}
"""Every step but the offer, which is made on the complaint's page, has its form; a test holds the two against each
other."""


@dataclass(frozen=True)
class Ladder:
    """How far up a compensation has to go, as the page draws it; yuan."""

    rungs: Sequence[Rung]
    need: Needed
    deciders: Sequence[Person]
    granted: Decimal
    cap: Decimal | None
    limit: Decimal

    @property
    def used(self) -> int:
        """How much of the cap is used with this one, in percent."""
        return int(min(self.granted / self.cap * 100, Decimal(100))) if self.cap else 0


def ladder_of(compensation: Compensation) -> Ladder:
    """The ladder as it stands for this compensation now."""
    policy, project = authorities.policy_of(compensation), compensation.complaint.project
    is_offered = compensation.status is CompensationStatus.OFFERED
    counts = compensation.amount if is_offered or compensation.status in GRANTED else Decimal(0)
    return Ladder(
        rungs=[rung for rung in policy.rungs if not rung.kinds or compensation.kind in rung.kinds],
        need=authorities.needed(compensation),
        deciders=Deciders(timepiece.now()).of(compensation) if is_offered else [],
        granted=authorities.granted(project, but=compensation) + counts,
        cap=policy.cap(project.amount) if project is not None and project.amount else None,
        limit=policy.ordinary_limit,
    )


def compensation_link(compensation: Compensation) -> str:
    """The page of a compensation."""
    return url_for("compensation.page", compensation_id=compensation.id)


def _step(name: str) -> CompensationAction:
    try:
        return CompensationAction(name)
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)


def _ask_specially(compensation_id: int, form: SpecialForm, *, actor: Person, now: datetime) -> None:
    compensation = row_or_404(Compensation, compensation_id)
    _hold(compensation.complaint)
    words = {name: form[name].data or "" for name in ("reason", "risk", "budget")}
    compensations.ask_specially(compensation, **words, actor=actor, now=now)


def _take(compensation_id: int, form: StepForm, *, actor: Person, now: datetime) -> None:
    compensation = row_or_404(Compensation, compensation_id)
    _hold(compensation.complaint)
    if form.version.data != str(compensation.version):
        raise Conflict(N_("Somebody else changed this meanwhile. Please look again and decide."))
    form.take(compensation, actor=actor, now=now)


def _hold(complaint: Complaint) -> None:
    complaint_locks.by_number(complaint.number)
