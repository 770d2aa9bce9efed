"""Correcting how a complaint is described: what was said, by whom, where. Where it stands is no description."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from extensions import db
from models import Complaint, Project
from rules import search as words
from rules import texts
from rules.addresses import fold
from rules.escalation import REQUIRED_DUTY_ROLE
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, Category, Stage
from services import calls, duty, escalations, group_counting, milestones, places, records, regrading
from services.actors import Actor, require


@dataclass(frozen=True)
class Description:
    """The words of a complaint as they should have been written down."""

    contact_name: str
    category: Category
    problem: str
    stage: Stage | None = None
    impact: str = ""
    demand: str = ""
    community: str = ""
    room: str = ""
    contract_no: str = ""
    project_id: int | None = None


def edit(complaint: Complaint, description: Description, *, actor: Actor, now: datetime) -> None:
    """Write the description down; old and new stand on the timeline, the search and the proposed level follow.

    Raises:
        Conflict: the complaint is over. Refusal: a text is missing or endless, or the project is somebody else's.
    """
    require(actor, Permission.RECORD)
    if complaint.is_finished:
        raise Conflict(N_("This complaint is over; what was said stays as it was written."))
    _check(description)
    was = _counted_by(complaint)
    # Whatever has to be looked up comes first: a question in between would write half of the changes unnoticed.
    project_id = _project_id(complaint, description)
    role_id = duty.role(REQUIRED_DUTY_ROLE[description.category]).id
    _place(complaint, description)
    complaint.project_id = project_id
    is_other_kind, was_role_id = complaint.category is not description.category, complaint.duty_role_id
    complaint.duty_role_id = role_id if is_other_kind else was_role_id
    _describe(complaint, description)
    complaint.search_text = words.index_text(calls.searchable(complaint))
    records.note_edit(complaint, actor=actor, now=now)
    if is_other_kind:
        db.session.flush()
        db.session.expire(complaint, ["duty_role"])
        escalations.kind_changed(complaint, is_other_role=role_id != was_role_id, now=now)
    regrading.follow_facts(complaint, actor=actor, now=now)
    if is_other_kind:
        milestones.category_changed(complaint, actor=actor, now=now)
    if was != _counted_by(complaint):
        group_counting.describe_anew(complaint, actor=actor, now=now)


def _counted_by(complaint: Complaint) -> tuple[object, ...]:
    """What decides in which group of households it is counted, and as which."""
    return complaint.community_id, complaint.room_stated, complaint.category


def _check(description: Description) -> None:
    texts.check_given(
        description.contact_name, N_("Please give the customer's name."), field="contact_name", longest=64
    )
    texts.check_given(description.problem, N_("Please write down what the problem is."), field="problem")
    for field, longest in {"impact": texts.LONGEST, "demand": texts.LONGEST}.items():
        texts.check(getattr(description, field), field=field, longest=longest)
    for field, attribute, longest in (
        ("community_stated", "community", 100),
        ("room_stated", "room", 100),
        ("contract_no_stated", "contract_no", 40),
    ):
        texts.check(getattr(description, attribute), field=field, longest=longest)


def _describe(complaint: Complaint, description: Description) -> None:
    complaint.contact_name = description.contact_name.strip()
    if complaint.category is not description.category:
        complaint.category = description.category
        complaint.is_category_guessed = False
    complaint.stage = description.stage
    complaint.problem = description.problem
    complaint.impact = description.impact
    complaint.demand = description.demand
    complaint.contract_no_stated = description.contract_no.strip().upper()


def _place(complaint: Complaint, description: Description) -> None:
    """Find the home again when it was said differently."""
    if (description.community.strip(), fold(description.room)) == (complaint.community_stated, complaint.room_stated):
        return
    community, room = places.find_or_create_room(community=description.community, room=description.room)
    complaint.community_stated = community.name if community else description.community.strip()
    complaint.room_stated = fold(description.room)[:100]
    complaint.room_id = room.id if room else None
    complaint.community_id = community.id if community else None


def _project_id(complaint: Complaint, description: Description) -> int | None:
    if description.project_id is None:
        return None
    project = db.session.get(Project, description.project_id)
    if project is None or project.customer_id != complaint.customer_id:
        raise Refusal(N_("This project does not belong to this customer."), field="project_id")
    return project.id
