"""Scripts (话术): what to say, for the page where it is said (N20)."""

from __future__ import annotations

from sqlalchemy import Select, or_, select

from extensions import db
from models import Complaint, Script
from rules.vocabulary import ScriptStep, Status

INTAKE_STEPS = (ScriptStep.OPENING, ScriptStep.EMPATHY, ScriptStep.FACTS, ScriptStep.READ_BACK, ScriptStep.PROMISE)


def for_intake() -> list[Script]:
    """What is said while a complaint is taken, in the order of the conversation; the page picks by category."""
    return _in_order(select(Script).where(Script.is_active, Script.step.in_(INTAKE_STEPS)), INTAKE_STEPS)


def for_complaint(complaint: Complaint) -> list[Script]:
    """What fits the moment this complaint is in, for its category or for all."""
    steps = _STEPS[complaint.status]
    fitting = or_(Script.category.is_(None), Script.category == complaint.category)
    return _in_order(select(Script).where(Script.is_active, Script.step.in_(steps), fitting), steps)


_STEPS: dict[Status, tuple[ScriptStep, ...]] = {
    Status.NEW: (ScriptStep.CALL_BACK, ScriptStep.EMPATHY, ScriptStep.READ_BACK),
    Status.CONTACTED: (ScriptStep.TRIAGE, ScriptStep.PROMISE),
    Status.HANDLING: (ScriptStep.PROMISE, ScriptStep.TRIAGE),
    Status.RESOLVED: (ScriptStep.CLOSING,),
    Status.CLOSED: (),
    Status.VOID: (),
}


def _in_order(statement: Select[Script], steps: tuple[ScriptStep, ...]) -> list[Script]:
    found = db.session.scalars(statement)
    return sorted(found, key=lambda script: (steps.index(script.step), script.sort_order, script.id))
