"""Crews: who works together on site (A-03)."""

from __future__ import annotations

from sqlalchemy import Select, select

from extensions import db
from models import Crew, Person
from rules.refusals import Refusal
from rules.vocabulary import N_

MOST_LISTED = 200


def active() -> list[Crew]:
    """The crews that may be given work, by name."""
    return list(db.session.scalars(select(Crew).where(Crew.is_active).order_by(Crew.name).limit(MOST_LISTED)))


def led_by(foreman: Person) -> Select[int]:
    """The ids of the crews that somebody leads; what a crew that is switched off was given is still theirs."""
    return select(Crew.id).where(Crew.foreman_id == foreman.id)


def by_id(crew_id: int) -> Crew:
    """The active crew with this id.

    Raises:
        Refusal: there is none.
    """
    crew = db.session.get(Crew, crew_id)
    if crew is None or not crew.is_active:
        raise Refusal(N_("This crew works here no more."), field="crew")
    return crew
