"""Places: communities (小区), their buildings, their rooms."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BYTEWISE, Base, Editable


class Community(Editable, Base):
    """A residential community; group complaints are counted inside one (D-11)."""

    __tablename__ = "communities"
    __table_args__ = (
        Index("uq_communities_city_name", "city", "name", unique=True),
        Index("ix_communities_name", "name", postgresql_ops={"name": BYTEWISE}),
    )

    name: Mapped[str] = mapped_column(String(100))
    city: Mapped[str] = mapped_column(String(50), default="")
    district: Mapped[str] = mapped_column(String(50), default="")

    buildings: Mapped[list[Building]] = relationship(back_populates="community")

    def __str__(self) -> str:
        return self.name


class Building(Editable, Base):
    """A building of a community, named as its people name it (18栋)."""

    __tablename__ = "buildings"
    __table_args__ = (Index("uq_buildings_community_id_name", "community_id", "name", unique=True),)

    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    name: Mapped[str] = mapped_column(String(30))

    # No inner join: behind an outer one SQLite would first join every building there is.
    community: Mapped[Community] = relationship(back_populates="buildings", lazy="joined")
    rooms: Mapped[list[Room]] = relationship(back_populates="building")

    def __str__(self) -> str:
        return f"{self.community.name} {self.name}"


class Room(Editable, Base):
    """A home: one household for counting (N1)."""

    __tablename__ = "rooms"
    __table_args__ = (Index("uq_rooms_building_id_unit_number", "building_id", "unit", "number", unique=True),)

    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    unit: Mapped[str] = mapped_column(String(20), default="")
    number: Mapped[str] = mapped_column(String(20))

    # No inner join, for the same reason.
    building: Mapped[Building] = relationship(back_populates="rooms", lazy="joined")

    def __str__(self) -> str:
        return f"{self.building} {self.unit}{self.number}"
