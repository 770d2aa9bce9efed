"""Places: find a home by the words it was given in, or write it down."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Select, select

from extensions import db
from models import Building, Community, Room
from rules import addresses
from services import first_writer

Place = TypeVar("Place", Community, Building, Room)


def find_or_create_room(*, community: str, room: str) -> tuple[Community | None, Room | None]:
    """The community and the room behind the words; each is made when it is new, None when the words do not say.

    Who is first to name a place writes it down; the unique index makes the second find it.
    """
    name = addresses.fold(community)
    if not name:
        return None, None
    place = _community(name[:100])
    home = addresses.parse(room)
    return place, _room(place, home) if home else None


def _community(name: str) -> Community:
    known = select(Community).where(Community.name == name).order_by(Community.id).limit(1)
    return db.session.scalar(known) or _written(Community(name=name), known)


def _building(community: Community, name: str) -> Building:
    known = select(Building).where(Building.community_id == community.id, Building.name == name)
    return db.session.scalar(known) or _written(Building(community_id=community.id, name=name), known)


def _room(community: Community, home: addresses.Home) -> Room:
    building = _building(community, home.building)
    known = select(Room).where(Room.building_id == building.id, Room.unit == home.unit, Room.number == home.number)
    new = Room(building_id=building.id, unit=home.unit, number=home.number)
    return db.session.scalar(known) or _written(new, known)


def _written(new: Place, known: Select[Place]) -> Place:
    """The new place, or the one that somebody else wrote down at the same moment."""
    return new if first_writer.insert(new) else db.session.scalars(known).one()
