"""The complaint: what the customer said, how grave it is, who has it, where it stands."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, SmallInteger, String, Text, false, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import BYTEWISE, Base, Editable, SeverityLevel, spelled_out, term
from models.customer import Customer
from models.duty import DutyRole
from models.person import Person
from models.place import Community, Room
from models.policy import Policy
from models.project import Project
from rules import phones
from rules.lifecycle import FINISHED, OPEN
from rules.severity import Facts
from rules.vocabulary import Category, Channel, FollowUpWay, Severity, Stage, Status

if TYPE_CHECKING:
    from models.appointment import Appointment
    from models.clock import Clock
    from models.compensation import Compensation
    from models.customer_contact import CustomerContact
    from models.escalation import Escalation
    from models.evidence import Evidence
    from models.group_case import GroupMember
    from models.notification import Notification
    from models.promise import Promise
    from models.responsibility import Responsibility
    from models.summons import Summons
    from models.timeline import TimelineEvent
    from models.triage_meeting import TriageMeeting

_OPEN_SQL = "status IN ('new', 'contacted', 'handling')"


class Complaint(Editable, Base):
    """One complaint. The contact and place are kept as they were said; the links are what the desk made of them.

    ``first_word_at`` is when the customer first spoke (N2), ``recorded_at`` when the desk wrote it down. Nobody has
    it while ``acknowledged_at`` is empty; then ``escalation_due_at`` says when the next person is called. Once somebody
    has it, ``lease_until`` says until when without real progress (ES2). ``escalation_chain`` is the chain's id inside
    the policy version it began with. ``nudge_at`` is when the first responder is told that the customer hears nothing.
    ``confirmed_at`` is when the customer agreed that it is solved. A drill rings the phones in the sandbox only, and no
    figure counts it (N15).
    """

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint("severity BETWEEN 1 AND 3", name="severity_in_scale"),
        CheckConstraint("suggested_severity BETWEEN 1 AND 3", name="suggested_severity_in_scale"),
        CheckConstraint("household_count >= 1", name="household_count_positive"),
        CheckConstraint("delay_days >= 0", name="delay_days_not_negative"),
        CheckConstraint("escalation_level >= 0", name="escalation_level_not_negative"),
        CheckConstraint("problem <> ''", name="problem_given"),
        CheckConstraint("repeat_of_id <> id", name="repeat_of_another"),
        CheckConstraint("duplicate_of_id <> id", name="duplicate_of_another"),
        CheckConstraint("duplicate_of_id IS NULL OR status = 'void'", name="duplicate_is_void"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by_id IS NULL)", name="acknowledged_by_somebody"),
        CheckConstraint("(severity IS NULL) = (graded_at IS NULL)", name="graded_with_time"),
        CheckConstraint("acknowledged_at IS NULL OR escalation_due_at IS NULL", name="acknowledged_stops_escalation"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_way IS NULL)", name="confirmed_in_a_way"),
        # The list, newest first, alone and under each filter:
        Index("ix_complaints_recorded_at_id", "recorded_at", "id"),
        Index("ix_complaints_first_word_at_id", "first_word_at", "id"),
        Index("ix_complaints_status_recorded_at_id", "status", "recorded_at", "id"),
        Index("ix_complaints_severity_recorded_at_id", "severity", "recorded_at", "id"),
        Index("ix_complaints_category_recorded_at_id", "category", "recorded_at", "id"),
        Index("ix_complaints_channel_recorded_at_id", "channel", "recorded_at", "id"),
        # Imported history alone. Partial: with an index over "is it history" SQLite would find all that is not by it.
        Index(
            "ix_complaints_history_recorded_at_id",
            "recorded_at",
            "id",
            sqlite_where=text("is_history IS 1"),
            postgresql_where=text("is_history IS TRUE"),
        ),
        # Drills alone: whatever counts leaves them out (N15).
        Index(
            "ix_complaints_drill_recorded_at_id",
            "recorded_at",
            "id",
            sqlite_where=text("is_drill IS 1"),
            postgresql_where=text("is_drill IS TRUE"),
        ),
        Index("ix_complaints_handler_id_recorded_at_id", "handler_id", "recorded_at", "id"),
        Index("ix_complaints_customer_id_first_word_at", "customer_id", "first_word_at"),
        Index("ix_complaints_contact_phone", "contact_phone", postgresql_ops={"contact_phone": BYTEWISE}),
        Index("ix_complaints_contact_phone_tail", "contact_phone_tail"),
        # Group complaints: who else of this community complains (N1).
        Index(
            "ix_complaints_open_community_id_first_word_at",
            "community_id",
            "first_word_at",
            sqlite_where=text(_OPEN_SQL),
            postgresql_where=text(_OPEN_SQL),
        ),
        # The sweep: whose acknowledgement goes stale (ES2).
        Index(
            "ix_complaints_lease_until",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
        # The sweep: whose customer has heard nothing for too long (N6).
        Index(
            "ix_complaints_nudge_at",
            "nudge_at",
            sqlite_where=text("nudge_at IS NOT NULL"),
            postgresql_where=text("nudge_at IS NOT NULL"),
        ),
        Index("ix_complaints_contact_name", "contact_name"),
        Index(
            "ix_complaints_contract_no_stated", "contract_no_stated", postgresql_ops={"contract_no_stated": BYTEWISE}
        ),
        # The sweep: whose next escalation is due.
        Index(
            "ix_complaints_escalation_due_at",
            "escalation_due_at",
            sqlite_where=text("escalation_due_at IS NOT NULL"),
            postgresql_where=text("escalation_due_at IS NOT NULL"),
        ),
        # The home page: what nobody has, and what is mine and open.
        Index(
            "ix_complaints_unacknowledged",
            "first_word_at",
            sqlite_where=text(f"acknowledged_at IS NULL AND is_history = 0 AND {_OPEN_SQL}"),
            postgresql_where=text(f"acknowledged_at IS NULL AND NOT is_history AND {_OPEN_SQL}"),
        ),
        Index(
            "ix_complaints_open_handler_id_recorded_at_id",
            "handler_id",
            "recorded_at",
            "id",
            sqlite_where=text(_OPEN_SQL),
            postgresql_where=text(_OPEN_SQL),
        ),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    external_ref: Mapped[str | None] = mapped_column(String(40), unique=True)
    channel: Mapped[Channel] = mapped_column(term(Channel, "channel"))
    first_word_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    first_responder_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    first_responder_stated: Mapped[str] = mapped_column(String(64), default="")
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    is_history: Mapped[bool] = mapped_column(default=False)
    is_drill: Mapped[bool] = mapped_column(default=False, server_default=false())

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), index=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("rooms.id"), index=True)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id"))
    contact_name: Mapped[str] = mapped_column(String(64))
    contact_phone: Mapped[str] = mapped_column(String(20))
    contact_phone_extension: Mapped[str] = mapped_column(String(8), default="")
    contact_phone_tail: Mapped[str] = mapped_column(String(4))
    community_stated: Mapped[str] = mapped_column(String(100), default="")
    room_stated: Mapped[str] = mapped_column(String(100), default="")
    contract_no_stated: Mapped[str] = mapped_column(String(40), default="")

    category: Mapped[Category] = mapped_column(term(Category, "category"))
    is_category_guessed: Mapped[bool] = mapped_column(default=False)
    stage: Mapped[Stage | None] = mapped_column(term(Stage, "stage"))
    problem: Mapped[str] = mapped_column(Text)
    impact: Mapped[str] = mapped_column(Text, default="")
    demand: Mapped[str] = mapped_column(Text, default="")
    read_back_at: Mapped[datetime | None]

    cause_tag: Mapped[str] = mapped_column(String(40), default="", server_default="")

    is_safety_hazard: Mapped[bool] = mapped_column(default=False)
    is_media_involved: Mapped[bool] = mapped_column(default=False)
    household_count: Mapped[int] = mapped_column(default=1)
    delay_days: Mapped[int] = mapped_column(default=0)
    is_leak: Mapped[bool] = mapped_column(default=False)
    mentions_consumer_association: Mapped[bool] = mapped_column(default=False)

    status: Mapped[Status] = mapped_column(term(Status, "status"), default=Status.NEW)
    suggested_severity: Mapped[Severity] = mapped_column(SeverityLevel)
    severity_policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    severity: Mapped[Severity | None] = mapped_column(SeverityLevel)
    severity_reason: Mapped[str] = mapped_column(Text, default="")
    graded_at: Mapped[datetime | None]
    graded_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    duty_role_id: Mapped[int] = mapped_column(ForeignKey("duty_roles.id"))
    escalation_level: Mapped[int] = mapped_column(SmallInteger, default=0)
    escalation_round: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    escalation_due_at: Mapped[datetime | None]
    escalation_policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    escalation_chain: Mapped[str] = mapped_column(String(40), default="", server_default="")
    lease_until: Mapped[datetime | None]
    nudge_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    contacted_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str] = mapped_column(Text, default="")
    confirmed_at: Mapped[datetime | None]
    confirmed_way: Mapped[FollowUpWay | None] = mapped_column(term(FollowUpWay, "confirmed_way"))
    closed_at: Mapped[datetime | None]
    repeat_of_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    search_text: Mapped[str] = mapped_column(Text, default="")

    recorded_by: Mapped[Person | None] = relationship(foreign_keys=[recorded_by_id])
    first_responder: Mapped[Person | None] = relationship(foreign_keys=[first_responder_id])
    handler: Mapped[Person | None] = relationship(foreign_keys=[handler_id])
    graded_by: Mapped[Person | None] = relationship(foreign_keys=[graded_by_id])
    acknowledged_by: Mapped[Person | None] = relationship(foreign_keys=[acknowledged_by_id])
    customer: Mapped[Customer] = relationship()
    project: Mapped[Project | None] = relationship()
    room: Mapped[Room | None] = relationship()
    duty_role: Mapped[DutyRole] = relationship()
    community: Mapped[Community | None] = relationship()
    severity_policy: Mapped[Policy | None] = relationship(foreign_keys=[severity_policy_id])
    escalation_policy: Mapped[Policy | None] = relationship(foreign_keys=[escalation_policy_id])
    repeat_of: Mapped[Complaint | None] = relationship(foreign_keys=[repeat_of_id], remote_side="Complaint.id")
    duplicate_of: Mapped[Complaint | None] = relationship(
        foreign_keys=[duplicate_of_id], remote_side="Complaint.id", back_populates="duplicates"
    )
    duplicates: Mapped[list[Complaint]] = relationship(
        foreign_keys=[duplicate_of_id], back_populates="duplicate_of", order_by="Complaint.id"
    )

    clocks: Mapped[list[Clock]] = relationship(back_populates="complaint", order_by="Clock.due_at")
    timeline: Mapped[list[TimelineEvent]] = relationship(
        back_populates="complaint", order_by="TimelineEvent.at.desc(), TimelineEvent.id.desc()"
    )
    evidence: Mapped[list[Evidence]] = relationship(back_populates="complaint", order_by="Evidence.id")
    contacts: Mapped[list[CustomerContact]] = relationship(back_populates="complaint", order_by="CustomerContact.id")
    responsibilities: Mapped[list[Responsibility]] = relationship(
        back_populates="complaint", order_by="Responsibility.id"
    )
    promises: Mapped[list[Promise]] = relationship(back_populates="complaint", order_by="Promise.due_at")
    escalations: Mapped[list[Escalation]] = relationship(back_populates="complaint", order_by="Escalation.id")
    compensations: Mapped[list[Compensation]] = relationship(back_populates="complaint", order_by="Compensation.id")
    notifications: Mapped[list[Notification]] = relationship(
        back_populates="complaint", order_by="Notification.created_at"
    )
    appointments: Mapped[list[Appointment]] = relationship(back_populates="complaint", order_by="Appointment.starts_at")
    summonses: Mapped[list[Summons]] = relationship(back_populates="complaint", order_by="Summons.id")
    meetings: Mapped[list[TriageMeeting]] = relationship(back_populates="complaint", order_by="TriageMeeting.id")
    group_memberships: Mapped[list[GroupMember]] = relationship(back_populates="complaint", order_by="GroupMember.id")

    @hybrid_property
    def is_open(self) -> bool:
        """Whether somebody still has to act; in a query, the condition of the partial indexes."""
        return self.status in OPEN

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls) -> ColumnElement[bool]:
        return spelled_out(cls.status, Status.NEW, Status.CONTACTED, Status.HANDLING)

    @hybrid_property
    def is_counted(self) -> bool:
        """Whether lists, figures and statistics know of it; a drill is for practice (N15)."""
        return not self.is_drill

    @is_counted.inplace.expression
    @classmethod
    def _is_counted(cls) -> ColumnElement[bool]:
        return cls.is_drill.is_(False)

    @property
    def is_finished(self) -> bool:
        """Whether no clock runs and no phone rings any more."""
        return self.status in FINISHED

    @property
    def level(self) -> Severity:
        """The level it is treated as: the one that was fixed, before that the one that the facts suggest."""
        return self.severity or self.suggested_severity

    @property
    def facts(self) -> Facts:
        """What the level is computed from."""
        return Facts(
            category=self.category,
            is_safety_hazard=self.is_safety_hazard,
            is_media_involved=self.is_media_involved,
            household_count=self.household_count,
            delay_days=self.delay_days,
            is_leak=self.is_leak,
            mentions_consumer_association=self.mentions_consumer_association,
        )

    @property
    def is_contract_unknown(self) -> bool:
        """Whether the customer named a contract that the desk does not know."""
        return bool(self.contract_no_stated) and self.project_id is None

    @property
    def masked_phone(self) -> str:
        """The contact's number as a screen may show it (N18)."""
        return phones.mask(self.contact_phone, self.contact_phone_extension)

    @property
    def place(self) -> str:
        """Where it is, as it was said."""
        return f"{self.community_stated} {self.room_stated}".strip()

    def __str__(self) -> str:
        return self.number
