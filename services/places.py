"""Places: find a home by the words it was given in, or write it down."""

from __future__ import annotations

from sqlalchemy import select

from extensions import db
from models import Building, Community, Room
from rules import addresses


def find_or_create_room(*, community: str, room: str) -> tuple[Community | None, Room | None]:
    """The community and the room behind the words; each is made when it is new, None when the words do not say.

    Who is first to name a place writes it down; the unique index makes the second find it.
    """
    name = addresses.fold(community)
    if not name:
        return None, None
    place = db.session.scalar(select(Community).where(Community.name == name).order_by(Community.id).limit(1))
    if place is None:
        place = Community(name=name[:100])
        db.session.add(place)
        db.session.flush()
    home = addresses.parse(room)
    return place, _room(place, home) if home else None


def _room(community: Community, home: addresses.Home) -> Room:
    building = db.session.scalar(
        select(Building).where(Building.community_id == community.id, Building.name == home.building)
    )
    if building is None:
        building = Building(community=community, name=home.building)
        db.session.add(building)
        db.session.flush()
    room = db.session.scalar(
        select(Room).where(Room.building_id == building.id, Room.unit == home.unit, Room.number == home.number)
    )
    if room is None:
        room = Room(building=building, unit=home.unit, number=home.number)
        db.session.add(room)
        db.session.flush()
    return room
