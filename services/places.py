"""Places: find a home by the words it was given in, or write it down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select, select

from extensions import db
from models import Building, Community, Room
from rules import addresses
from services import bulk, first_writer

Place = TypeVar("Place", Community, Building, Room)


def community_names(*, limit: int = 200) -> list[str]:
    """Names to choose from while typing, by the alphabet; a longer list is only typed."""
    return list(db.session.scalars(select(Community.name).order_by(Community.name).limit(limit)))


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


@dataclass(frozen=True)
class Spot:
    """Where something is: the community and the room, as far as the words said."""

    community: str = ""
    community_id: int | None = None
    room_id: int | None = None


def find_or_create_rooms(said: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Spot]:
    """The same for many pairs of community and room at once, in a handful of statements.

    Raises:
        IntegrityError: somebody else wrote one of these places at the same moment; trying again finds it.
    """
    names = {words: addresses.fold(words[0])[:100] for words in said}
    homes = {words: addresses.parse(words[1]) for words, name in names.items() if name}
    communities = _communities({name for name in names.values() if name})
    buildings = _buildings({(communities[names[words]], home.building) for words, home in homes.items() if home})
    rooms = _rooms(
        {
            (buildings[communities[names[words]], home.building], home.unit, home.number)
            for words, home in homes.items()
            if home
        }
    )

    def spot(words: tuple[str, str]) -> Spot:
        name, home = names[words], homes.get(words)
        if home is None:
            return Spot(name, communities.get(name))
        return Spot(name, communities[name], rooms[buildings[communities[name], home.building], home.unit, home.number])

    return {words: spot(words) for words in names}


def _communities(names: set[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for some in bulk.batches(names):
        rows = select(Community.name, Community.id).where(Community.name.in_(some)).order_by(Community.id.desc())
        known.update((row.name, row.id) for row in db.session.execute(rows))
    new = [Community(name=name) for name in sorted(names - known.keys())]
    bulk.write_and_identify(Community, new, by=["name"])
    return known | {place.name: place.id for place in new}


def _buildings(wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    known: dict[tuple[int, str], int] = {}
    for some in bulk.batches({community_id for community_id, _ in wanted}):
        rows = select(Building.community_id, Building.name, Building.id).where(Building.community_id.in_(some))
        known.update(((row.community_id, row.name), row.id) for row in db.session.execute(rows))
    new = [Building(community_id=community_id, name=name) for community_id, name in sorted(wanted - known.keys())]
    bulk.write_and_identify(Building, new, by=["community_id", "name"])
    return known | {(place.community_id, place.name): place.id for place in new}


def _rooms(wanted: set[tuple[int, str, str]]) -> dict[tuple[int, str, str], int]:
    known: dict[tuple[int, str, str], int] = {}
    for some in bulk.batches({building_id for building_id, _, _ in wanted}):
        rows = select(Room.building_id, Room.unit, Room.number, Room.id).where(Room.building_id.in_(some))
        known.update(((row.building_id, row.unit, row.number), row.id) for row in db.session.execute(rows))
    new = [Room(building_id=of, unit=unit, number=number) for of, unit, number in sorted(wanted - known.keys())]
    bulk.write_and_identify(Room, new, by=["building_id", "unit", "number"])
    return known | {(place.building_id, place.unit, place.number): place.id for place in new}


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
