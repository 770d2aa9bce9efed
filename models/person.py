"""The company's own people: who they are, what they may do, where their phone rings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Editable, term
from rules import phones
from rules.permissions import Permission, allowed
from rules.vocabulary import MessageLanguage, Position, Role


class PersonRole(Base):
    """One role of one person."""

    __tablename__ = "person_roles"
    __table_args__ = (Index("uq_person_roles_person_id_role", "person_id", "role", unique=True),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    role: Mapped[Role] = mapped_column(term(Role, "role"))

    def __str__(self) -> str:
        return self.role.label


class Person(Editable, Base):
    """Somebody who works here. People are deactivated, never deleted: history names them."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("login = lower(login)", name="login_lower"),
        Index("ix_people_position", "position"),
    )

    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    position: Mapped[Position | None] = mapped_column(term(Position, "position"))
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=False)
    phone_verified_at: Mapped[datetime | None]
    message_language: Mapped[MessageLanguage] = mapped_column(
        term(MessageLanguage, "message_language"),
        default=MessageLanguage.CHINESE,
        server_default=MessageLanguage.CHINESE.value,
    )
    is_active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    superior_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]

    superior: Mapped[Person | None] = relationship(remote_side="Person.id")
    role_rows: Mapped[list[PersonRole]] = relationship(cascade="all, delete-orphan")

    @property
    def roles(self) -> frozenset[Role]:
        """The person's roles."""
        return frozenset(row.role for row in self.role_rows)

    @property
    def masked_phone(self) -> str:
        """The number as it may stand on a screen; '' for none."""
        return phones.mask(self.phone or "")

    @property
    def permissions(self) -> frozenset[Permission]:
        """Everything the person may do."""
        return allowed(self.roles)

    def may(self, permission: Permission) -> bool:
        """Whether the person may do this now."""
        return self.is_active and permission in self.permissions

    # What Flask-Login asks of a user:
    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """The session's key; a new epoch ends every session opened before it."""
        return f"{self.id}.{self.session_epoch}"

    def __str__(self) -> str:
        return self.name
