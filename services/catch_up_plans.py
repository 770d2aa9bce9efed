"""Catch-up plans: how lost days are to be won back, and by when; the newest one counts (D-17)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import CatchUpPlan, Complaint, DelayEntry, Person
from rules import texts
from rules.compensation import MAX_DELAY_DAYS
from rules.lifecycle import SECTION_STATUSES, check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.vocabulary import N_, DelayEntryKind, EventKind, Section
from services import acknowledgements, timeline
from services.actors import require

MAX_CREWS = 50
FARTHEST = timedelta(days=366)


def of(complaint: Complaint) -> list[CatchUpPlan]:
    """The complaint's plans, the one that counts first."""
    statement = (
        select(CatchUpPlan)
        .where(CatchUpPlan.complaint_id == complaint.id)
        .options(joinedload(CatchUpPlan.made_by))
        .order_by(CatchUpPlan.id.desc())
    )
    return list(db.session.scalars(statement))


def make(
    complaint: Complaint,
    *,
    words: str,
    crews: int,
    more_hours: int,
    days: int,
    done_on: date,
    actor: Person,
    now: datetime,
) -> CatchUpPlan:
    """Write down how ``days`` are to be won back by ``done_on``: so many crews, so many hours more a day.

    Raises:
        Refusal: no words, or numbers and a day beyond all reason.
    """
    require(actor, Permission.WORK)
    check_section(Section.DISPUTE, complaint.status)
    texts.check_given(words, N_("Please say how the days are won back."), field="words")
    _check_between(crews, 1, MAX_CREWS, field="crews")
    _check_between(more_hours, 0, 24, field="more_hours")
    _check_between(days, 1, MAX_DELAY_DAYS, field="days")
    today = now.astimezone(COMPANY_ZONE).date()
    if not today <= done_on <= today + FARTHEST:
        raise Refusal(N_("A plan ends today at the earliest and within a year."), field="done_on")
    plan = CatchUpPlan(
        complaint=complaint,
        words=words.strip(),
        crews=crews,
        more_hours=more_hours,
        days=days,
        done_on=done_on,
        made_at=now,
        made_by=actor,
    )
    db.session.add(plan)
    details = {"step": "planned", "days": days, "last_on": done_on, "crews": crews, "more_hours": more_hours}
    timeline.add(complaint, EventKind.DELAY_LEDGER, actor=actor, now=now, note=plan.words, details=details)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    return plan


def waiting(complaint: Complaint) -> CatchUpPlan | None:
    """The newest plan while nobody wrote down what it won back."""
    newest = (
        select(CatchUpPlan).where(CatchUpPlan.complaint_id == complaint.id).order_by(CatchUpPlan.id.desc()).limit(1)
    )
    plan = db.session.scalar(newest)
    return None if plan is None or _is_answered(plan) else plan


def is_running(complaint: Complaint, *, now: datetime) -> bool:
    """Whether days may still be won back: the plan's last day is not over."""
    plan = waiting(complaint)
    return plan is not None and now.astimezone(COMPANY_ZONE).date() <= plan.done_on


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """The plan's day has come: were the days won back?"""
    if complaint.status not in SECTION_STATUSES[Section.DISPUTE]:
        return []
    plan = waiting(complaint)
    if plan is None or now.astimezone(COMPANY_ZONE).date() < plan.done_on:
        return []
    sentence = N_("The catch-up plan is over: enter the days won back, or a new plan")
    return [NextStep(Tab.DISPUTES, sentence)]


def _is_answered(plan: CatchUpPlan) -> bool:
    """Whether days were entered as won back since it was made."""
    entered = select(DelayEntry.id).where(
        DelayEntry.project_id == plan.complaint.project_id,
        DelayEntry.kind == DelayEntryKind.WON_BACK,
        DelayEntry.struck_at.is_(None),
        DelayEntry.entered_at >= plan.made_at,
    )
    return db.session.scalar(entered.limit(1)) is not None


def _check_between(number: int, lowest: int, highest: int, *, field: str) -> None:
    if not lowest <= number <= highest:
        sentence = N_("Please give a number from %(lowest)s to %(highest)s.")
        raise Refusal(sentence, field=field, lowest=lowest, highest=highest)
