"""What belongs together: the records a page shows beside the one it is about; a handful at most, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload

from extensions import db
from models import (
    Building,
    Community,
    Compensation,
    Complaint,
    Crew,
    Customer,
    Project,
    Review,
    Room,
    RootCause,
    WorkOrder,
)
from rules.vocabulary import ReviewState

ROWS = 20


def projects_of(customer: Customer) -> Sequence[Project]:
    """The customer's contracts."""
    statement = select(Project).where(Project.customer_id == customer.id).order_by(Project.id.desc()).limit(ROWS)
    return _all(statement.options(joinedload(Project.room), joinedload(Project.project_manager)))


def orders_of(crew: Crew) -> Sequence[WorkOrder]:
    """What the crew is to do, and did."""
    return _all(select(WorkOrder).where(WorkOrder.crew_id == crew.id).order_by(WorkOrder.id.desc()).limit(ROWS))


def orders_for(project: Project) -> Sequence[WorkOrder]:
    """What was done at the home, or is to be done."""
    return _all(select(WorkOrder).where(WorkOrder.project_id == project.id).order_by(WorkOrder.id.desc()).limit(ROWS))


def causes_below(cause: RootCause) -> Sequence[RootCause]:
    """The causes right below one, by code."""
    return _all(select(RootCause).where(RootCause.parent_id == cause.id).order_by(RootCause.code).limit(100))


def reviews_of(cause: RootCause) -> Sequence[Review]:
    """The last reviews that found a cause."""
    statement = select(Review).where(Review.root_cause_id == cause.id, Review.state == ReviewState.DONE)
    return _all(
        statement.options(joinedload(Review.complaint).defer(Complaint.search_text), joinedload(Review.ended_by))
        .order_by(Review.ended_at.desc(), Review.id.desc())
        .limit(ROWS)
    )


def complaints_of(customer: Customer) -> Sequence[Complaint]:
    """The customer's complaints."""
    return _complaints(select(Complaint).where(Complaint.customer_id == customer.id))


def complaints_about(project: Project) -> Sequence[Complaint]:
    """The complaints about a contract."""
    return _complaints(select(Complaint).where(Complaint.project_id == project.id))


def compensations_for(project: Project) -> Sequence[Compensation]:
    """What a contract's complaints cost."""
    statement = (
        select(Compensation)
        .join(Compensation.complaint)
        .where(Complaint.project_id == project.id)
        .options(joinedload(Compensation.complaint).defer(Complaint.search_text))
        .order_by(Compensation.id.desc())
        .limit(ROWS)
    )
    return _all(statement)


def open_complaints_in(place: Community | Building | Room) -> Sequence[Complaint]:
    """The complaints from a place that somebody still has to act on."""
    return _complaints(select(Complaint).where(Complaint.room_id.in_(_rooms_in(place)), Complaint.is_open))


def customers_in(room: Room) -> Sequence[Customer]:
    """Whose home it is."""
    statement = select(Customer).where(Customer.room_id == room.id).options(joinedload(Customer.room))
    return _all(statement.order_by(Customer.id.desc()).limit(ROWS))


def projects_in(room: Room) -> Sequence[Project]:
    """The contracts for a home."""
    statement = select(Project).where(Project.room_id == room.id).options(joinedload(Project.customer))
    return _all(statement.order_by(Project.id.desc()).limit(ROWS))


def buildings_of(community: Community) -> Sequence[Building]:
    """A community's buildings by name."""
    statement = select(Building).where(Building.community_id == community.id).order_by(Building.name).limit(100)
    return _all(statement)


def rooms_of(building: Building) -> Sequence[Room]:
    """A building's rooms by unit and number."""
    statement = select(Room).where(Room.building_id == building.id).order_by(Room.unit, Room.number).limit(200)
    return _all(statement)


def _rooms_in(place: Community | Building | Room) -> Select[int]:
    statement = select(Room.id)
    if isinstance(place, Room):
        return statement.where(Room.id == place.id)
    if isinstance(place, Building):
        return statement.where(Room.building_id == place.id)
    return statement.join(Building, Room.building_id == Building.id).where(Building.community_id == place.id)


def _complaints(statement: Select[Complaint]) -> Sequence[Complaint]:
    return _all(
        statement.options(defer(Complaint.search_text), joinedload(Complaint.handler))
        .order_by(Complaint.first_word_at.desc(), Complaint.id.desc())
        .limit(ROWS)
    )


def _all(statement: Select[Any]) -> Sequence[Any]:
    return db.session.scalars(statement).unique().all()
