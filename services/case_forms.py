"""The short forms for design faults and for service: one of a kind for a complaint, filled in and corrected (D-19)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import CaseForm, Complaint, Person
from rules import case_forms as rule
from rules.lifecycle import SECTION_STATUSES, check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.vocabulary import N_, CaseFormKind, Category, EventKind, Section
from services import acknowledgements, records, timeline
from services.actors import require

FORM_OF: Mapping[Category, CaseFormKind] = {
    Category.DESIGN: CaseFormKind.DESIGN_FAULT,
    Category.SERVICE: CaseFormKind.SERVICE,
}
"""Which category is worked on with which form; either may be filled in for any complaint."""


def of(complaint: Complaint) -> dict[CaseFormKind, CaseForm]:
    """The forms that were filled in."""
    statement = (
        select(CaseForm)
        .where(CaseForm.complaint_id == complaint.id)
        .options(joinedload(CaseForm.filled_by))
        .order_by(CaseForm.kind)
    )
    return {form.kind: form for form in db.session.scalars(statement)}


def fill_in(
    complaint: Complaint,
    *,
    kind: CaseFormKind,
    answers: Mapping[str, Any],
    version: int | None,
    actor: Person,
    now: datetime,
) -> CaseForm:
    """Fill a form in, or correct it; ``version`` is the one that was shown, None for an empty form.

    Raises:
        Refusal: an answer is missing or makes no sense. Conflict: somebody else filled it in meanwhile.
    """
    require(actor, Permission.WORK)
    check_section(Section.DISPUTE, complaint.status)
    kept = rule.read(kind, answers, now=now.astimezone(COMPANY_ZONE))
    form = of(complaint).get(kind)
    if (form.version if form else None) != version:
        raise Conflict(N_("Somebody else filled this in meanwhile; here it is as it stands now."))
    if form is None:
        form = CaseForm(complaint=complaint, kind=kind, answers=kept, filled_at=now, filled_by=actor)
        db.session.add(form)
    elif form.answers != kept:
        records.note_change(form, {"answers": (form.answers, kept)}, actor=actor, now=now)
        form.answers, form.filled_at, form.filled_by = kept, now, actor
    details = {"kind": kind, "difference_mm": rule.difference_mm(kept)}
    timeline.add(complaint, EventKind.CASE_FORM, actor=actor, now=now, details=details)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    return form


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """The form that belongs to this kind of complaint is still empty; what is made anew has its day."""
    kind = FORM_OF.get(complaint.category)
    if kind is None or complaint.status not in SECTION_STATUSES[Section.DISPUTE] or kind in of(complaint):
        return []
    return [NextStep(Tab.DISPUTES, N_("Fill in the form “%(form)s”"), {"form": kind})]
