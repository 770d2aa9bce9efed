"""Recording a complaint while the customer talks: one page, one save."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import redirect, request, url_for
from flask_admin import expose

from admin_views.base import actor
from admin_views.fact_fields import RiskForm
from admin_views.fields import put_refusal, sentence
from admin_views.intake_form import NOTE_ON_EARLIER, RECORD_AND_LINK, IntakeForm
from admin_views.pages import Page
from extensions import db, timepiece
from models import Complaint
from rules import phones
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.severity import Facts
from rules.vocabulary import Category
from services import calls, complaint_locks, complaints, customers, evidence, places, regrading, scripts


class IntakeView(Page):
    """The intake page and the look-up beside it."""

    view_permission = Permission.RECORD

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        """Show the form; on POST record the complaint and go to its page."""
        form = IntakeForm()
        if request.method == "GET":
            form.first_word_at.process_data(timepiece.now())
            _prefill(form)
        elif form.validate():
            return self._save(form)
        return self._page(form, status=_status(form))

    @expose("/lookup", methods=("POST",))
    def lookup(self) -> Any:
        """The customer behind a phone number, as a piece of the page: file, projects, open complaints.

        It changes nothing; it is a POST because addresses end up in the logs of proxies, and this one names a phone.
        """
        try:
            phone = phones.parse(request.form.get("phone", "")[:60])
        except Refusal as refusal:
            return self.render("intake_lookup.html", refusal=sentence(refusal), customer=None)
        customer = customers.find_by_phone(phone)
        return self.render(
            "intake_lookup.html",
            refusal=None,
            customer=customer,
            projects=customers.projects_of(customer) if customer else [],
            open_complaints=complaints.open_of(customer) if customer else [],
            picked=request.form.get("project_id", ""),
        )

    @expose("/level", methods=("POST",))
    def level(self) -> Any:
        """The level that the facts ticked so far call for, as a piece of the page; it changes nothing."""
        return self.render("intake_level.html", **_proposal(RiskForm().facts()))

    def _save(self, form: IntakeForm) -> Any:
        """Record, or ask what to do about a probable repeat. Nothing is half-written: a refusal rolls back."""
        try:
            uploads = form.uploads()
            evidence.check(uploads)
            earlier = _probable_repeat(form)
            decision = form.repeat_decision.data if earlier and form.repeat_of.data == earlier.number else None
            if earlier is not None and decision is None:
                form.repeat_of.data = earlier.number
                return self._page(form, status=HTTPStatus.CONFLICT, earlier=earlier)
            if earlier is not None and decision == NOTE_ON_EARLIER:
                return _add_to(earlier, form, uploads)
            linked = earlier.id if earlier is not None and decision == RECORD_AND_LINK else None
            complaint = calls.record(form.intake(repeat_of_id=linked), actor=actor(), now=timepiece.now())
            evidence.attach(complaint, uploads=uploads, actor=actor(), now=timepiece.now())
            number = complaint.number
            db.session.commit()
        except Refusal as refusal:
            db.session.rollback()
            problem = None if put_refusal(form, refusal) else sentence(refusal)
            return self._page(form, status=refusal.status, problem=problem)
        return redirect(url_for("complaint.page", number=number))

    def _page(
        self, form: IntakeForm, *, status: int, earlier: Complaint | None = None, problem: str | None = None
    ) -> tuple[str, int]:
        page = self.render(
            "intake.html",
            form=form,
            earlier=earlier,
            problem=problem,
            scripts=scripts.for_intake(),
            communities=places.community_names(),
            **_proposal(form.facts_of(form.category.data or Category.OTHER)),
        )
        return page, status


def _proposal(facts: Facts) -> dict[str, Any]:
    """What the severity policy in force says to the facts."""
    return {"facts": facts, "assessment": regrading.yardstick().assess(facts)}


def _status(form: IntakeForm) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def _prefill(form: IntakeForm) -> None:
    """A caller's number handed over by the telephone system, or a customer's file the clerk came from."""
    form.phone.process_data(request.args.get("phone", "")[:40])
    form.contact_name.process_data(request.args.get("name", "")[:64])
    form.project_id.process_data(request.args.get("project_id", "")[:16])


def _probable_repeat(form: IntakeForm) -> Complaint | None:
    said = form.intake(repeat_of_id=None)
    calls.check(said, now=timepiece.now())
    return calls.probable_repeat(
        phone=said.phone, problem=said.problem, category=said.category, first_word_at=said.first_word_at
    )


def _add_to(earlier: Complaint, form: IntakeForm, uploads: list[evidence.Upload]) -> Any:
    now = timepiece.now()
    complaint = complaint_locks.by_number(earlier.number)
    complaints.add_note(complaint, text=form.words_for_note(), actor=actor(), now=now)
    evidence.attach(complaint, uploads=uploads, actor=actor(), now=now)
    db.session.commit()
    return redirect(url_for("complaint.page", number=complaint.number))
