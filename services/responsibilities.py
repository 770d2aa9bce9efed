"""The responsibility map: who leads, who cooperates (D-10, D-14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update

from extensions import db
from models import Complaint, Person, Project, Responsibility
from rules.refusals import Refusal
from rules.severity import FAULT_SIDE, LEAD_POSITIONS
from rules.vocabulary import N_, EventKind, FaultSide, Position, ResponsibilityKind
from services import people, timeline
from services.actors import Actor


def name(
    complaint: Complaint,
    *,
    side: FaultSide,
    lead: Person,
    cooperators: Sequence[Person],
    actor: Actor,
    now: datetime,
) -> None:
    """Name exactly one lead and any number of cooperators; the earlier map stays on record as ended.

    Raises:
        Refusal: the lead also stands among the cooperators, or somebody is named twice or inactive.
    """
    _check(lead, cooperators)
    db.session.execute(
        update(Responsibility)
        .where(Responsibility.complaint_id == complaint.id, Responsibility.ended_at.is_(None))
        .values(ended_at=now)
    )
    for person in (lead, *cooperators):
        kind = ResponsibilityKind.LEAD if person is lead else ResponsibilityKind.COOPERATOR
        db.session.add(
            Responsibility(complaint=complaint, person=person, kind=kind, side=side, named_at=now, named_by_id=actor.id)
        )
    timeline.add(
        complaint,
        EventKind.RESPONSIBILITY,
        actor=actor,
        now=now,
        details={"side": side, "lead": lead.name, "cooperators": [person.name for person in cooperators]},
    )
    db.session.flush()


def current(complaint: Complaint) -> list[Responsibility]:
    """The map as it stands, the lead on top."""
    standing = [part for part in complaint.responsibilities if part.ended_at is None]
    return sorted(standing, key=lambda part: (part.kind is not ResponsibilityKind.LEAD, part.id))


def proposal(complaint: Complaint) -> tuple[FaultSide, Person | None, list[Person]]:
    """The side, lead and cooperators that D-14 names for this kind of complaint, from the project's own people."""
    side = FAULT_SIDE[complaint.category]
    positions = LEAD_POSITIONS[side]
    company = people.with_position(*positions)
    found = [person for position in positions if (person := _in_charge(position, complaint.project, company))]
    named = people.distinct(found)
    return side, (named[0] if named else None), named[1:]


def _in_charge(position: Position, project: Project | None, company: Sequence[Person]) -> Person | None:
    """The project's own person for the post, or the first one the company has."""
    own = _own_person(position, project) if project else None
    if own is not None and own.is_active:
        return own
    return next((person for person in company if person.position is position), None)


def _own_person(position: Position, project: Project) -> Person | None:
    return {
        Position.ENGINEERING_MANAGER: project.engineering_manager,
        Position.PROJECT_MANAGER: project.project_manager,
        Position.LEAD_DESIGNER: project.lead_designer,
        Position.ADVISER: project.adviser,
    }.get(position)


def _check(lead: Person, cooperators: Sequence[Person]) -> None:
    ids = [person.id for person in cooperators]
    if lead.id in ids or len(set(ids)) != len(ids):
        raise Refusal(N_("Each person has one part only: lead or cooperator."), field="cooperators")
    if not all(person.is_active for person in (lead, *cooperators)):
        raise Refusal(N_("Somebody named here does not work here any more."), field="lead")
