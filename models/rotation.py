"""Rotations: who takes turns for a role of the duty group, in which order, and when they hand over."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, SmallInteger, String, Time
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from models.duty import DutyRole
from models.person import Person
from rules.rotations import Pattern, RotationKind, Slot, Unit


class RotationMember(Base):
    """One place in the order of a rotation; somebody may have several."""

    __tablename__ = "rotation_members"
    __table_args__ = (Index("uq_rotation_members_rotation_id_place", "rotation_id", "place", unique=True),)

    rotation_id: Mapped[int] = mapped_column(ForeignKey("rotations.id"))
    place: Mapped[int] = mapped_column(SmallInteger)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)

    person: Mapped[Person] = relationship()

    def __str__(self) -> str:
        return f"{self.place + 1}. {self.person}"


class Rotation(Editable, Base):
    """People who take turns. Its shifts are made up to ``made_until`` and stay as they were made.

    ``slots`` are the day's shifts of a rotation by shifts: a list of {"name", "starts", "ends"}, local times "HH:MM".
    """

    __tablename__ = "rotations"
    __table_args__ = (
        CheckConstraint("every >= 1", name="every_positive"),
        CheckConstraint("(stopped_at IS NULL) = (stop_reason = '')", name="stopped_with_reason"),
        Index("ix_rotations_role_id", "role_id"),
    )

    role_id: Mapped[int] = mapped_column(ForeignKey("duty_roles.id"))
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[RotationKind] = mapped_column(term(RotationKind, "kind"))
    every: Mapped[int] = mapped_column(SmallInteger, default=1)
    unit: Mapped[Unit] = mapped_column(term(Unit, "unit"))
    slots: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    first_day: Mapped[date] = mapped_column(Date)
    handover_at: Mapped[time] = mapped_column(Time)
    zone: Mapped[str] = mapped_column(String(64))
    made_until: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    stopped_at: Mapped[datetime | None]
    stopped_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    stop_reason: Mapped[str] = mapped_column(String(200), default="")

    role: Mapped[DutyRole] = relationship(lazy="joined", innerjoin=True)
    members: Mapped[list[RotationMember]] = relationship(
        cascade="all, delete-orphan", order_by=RotationMember.place, lazy="selectin"
    )
    created_by: Mapped[Person | None] = relationship(foreign_keys=[created_by_id])
    stopped_by: Mapped[Person | None] = relationship(foreign_keys=[stopped_by_id])

    @property
    def people(self) -> list[Person]:
        """Who takes turns, in order."""
        return [member.person for member in self.members]

    @property
    def pattern(self) -> Pattern:
        """When its turns begin and end, as the rules read it."""
        return Pattern(
            kind=self.kind,
            every=self.every,
            unit=self.unit,
            slots=tuple(Slot.from_document(slot) for slot in self.slots),
            first_day=self.first_day,
            handover_at=self.handover_at,
            zone=self.zone,
        )

    def __str__(self) -> str:
        return self.name
