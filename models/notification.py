"""The outbox: every message the desk owes somebody, written together with its cause."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.appointment import Appointment
from models.base import Base, SeverityLevel, term
from models.customer import Customer
from models.duty import Shift
from models.message_template import MessageTemplate
from models.person import Person
from rules import phones
from rules.vocabulary import MessageClass, MessageRelation, NotificationKind, NotificationState, Severity

if TYPE_CHECKING:
    from models.complaint import Complaint
    from models.escalation import Escalation
    from models.notification_step import NotificationStep

_SECRET = re.compile(r"\d{6}")

_WAITING = text("state = 'queued'")
_HELD = text("claim_token IS NOT NULL")
_DOUBTED = text("ask_at IS NOT NULL")
_CODED = text("reply_code <> '' AND code_ended_at IS NULL")
_WATCHED = text("fallback_at IS NOT NULL")


class Notification(Base):
    """One message to one person of the company, or to one customer.

    ``public_id`` is the id the provider knows it by; ``dedup_key`` says it once. A worker claims a row with
    ``claim_token`` until ``claimed_until``; it is ATTEMPTED, with ``attempted_at``, before the provider is called, so
    that a CLAIMED one was certainly never sent. ``due_at`` is the earliest moment at which it may leave,
    ``expires_at`` the last. ``severity`` is set on a message that only a complaint of that level deserves.

    ``bundle_key`` says which messages to one phone may go together ('' for none); of one ``thread`` only the newest
    is sent ('' for none); ``parent`` is the message that this
    one follows from, for the reason in ``relation``; a BUNDLED one has its bundle as ``bundle``. ``channels_tried`` are
    those that certainly did not take it. ``reply_code`` is what its receiver types to answer, until ``code_ended_at``;
    ``answer`` is the verb they answered with. The provider is asked about its fate at ``ask_at``; ``asked`` counts the
    questions that found no answer. Without a word of its delivery by ``fallback_at`` it goes out another way as well.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("(state IN ('claimed', 'attempted')) = (claim_token IS NOT NULL)", name="claimed_by_somebody"),
        # An answer may go to somebody who has no file here.
        CheckConstraint(
            "(person_id IS NULL) <> (customer_id IS NULL)"
            " OR (kind = 'answer' AND person_id IS NULL AND customer_id IS NULL)",
            name="one_receiver",
        ),
        CheckConstraint("(parent_id IS NULL) = (relation IS NULL)", name="parent_with_relation"),
        CheckConstraint("(state = 'bundled') = (bundle_id IS NOT NULL)", name="bundled_in_a_bundle"),
        CheckConstraint("due_at <= expires_at", name="may_leave_before_it_expires"),
        # The dispatcher: what may leave now, gravest first. What is sent never enters this index.
        Index("ix_notifications_waiting", "priority", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        # What a dead worker held, and whose fate the provider is asked for.
        Index("ix_notifications_claimed_until", "claimed_until", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_notifications_ask_at", "ask_at", sqlite_where=_DOUBTED, postgresql_where=_DOUBTED),
        # What waits for one phone, and what it got lately: throttles and bundles.
        Index("ix_notifications_phone_attempted_at", "phone", "attempted_at"),
        Index("uq_notifications_reply_code", "reply_code", unique=True, sqlite_where=_CODED, postgresql_where=_CODED),
        Index("ix_notifications_fallback_at", "fallback_at", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
        # Receipts find their message; health looks at the last hour of a channel.
        Index("ix_notifications_channel_provider_id", "channel", "provider_id"),
        Index("ix_notifications_channel_attempted_at", "channel", "attempted_at"),
        Index("ix_notifications_created_at_id", "created_at", "id"),
        Index("ix_notifications_state_created_at_id", "state", "created_at", "id"),
        Index("ix_notifications_kind_created_at_id", "kind", "created_at", "id"),
        Index("ix_notifications_person_id_created_at", "person_id", "created_at"),
    )

    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid.uuid4().hex)
    dedup_key: Mapped[str] = mapped_column(String(160), unique=True)
    kind: Mapped[NotificationKind] = mapped_column(term(NotificationKind, "kind"))
    message_class: Mapped[MessageClass] = mapped_column(term(MessageClass, "message_class"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    phone: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    variables: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    template_id: Mapped[int | None] = mapped_column(ForeignKey("message_templates.id"))
    parts: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")

    complaint_id: Mapped[int | None] = mapped_column(ForeignKey("complaints.id"), index=True)
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalations.id"), index=True)
    shift_id: Mapped[int | None] = mapped_column(ForeignKey("shifts.id"), index=True)
    severity: Mapped[Severity | None] = mapped_column(SeverityLevel)
    is_drill: Mapped[bool] = mapped_column(default=False, server_default=false())
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"), index=True)

    parent_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id"), index=True)
    relation: Mapped[MessageRelation | None] = mapped_column(term(MessageRelation, "relation"))
    bundle_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id"), index=True)
    bundle_key: Mapped[str] = mapped_column(String(40), default="", server_default="")
    thread: Mapped[str] = mapped_column(String(40), default="", server_default="")
    reply_code: Mapped[str] = mapped_column(String(8), default="", server_default="")
    code_ended_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(20), default="", server_default="")

    priority: Mapped[int] = mapped_column(SmallInteger, default=5)
    state: Mapped[NotificationState] = mapped_column(term(NotificationState, "state"), default=NotificationState.QUEUED)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    claim_token: Mapped[str | None] = mapped_column(String(32))
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    attempted_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    ask_at: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    fallback_at: Mapped[datetime | None]
    channel: Mapped[str] = mapped_column(String(32), default="")
    channels_tried: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    provider_id: Mapped[str] = mapped_column(String(64), default="")
    provider_code: Mapped[str] = mapped_column(String(64), default="")
    outcome: Mapped[str] = mapped_column(String(300), default="")

    person: Mapped[Person | None] = relationship()
    customer: Mapped[Customer | None] = relationship()
    template: Mapped[MessageTemplate | None] = relationship()
    complaint: Mapped[Complaint | None] = relationship(back_populates="notifications")
    escalation: Mapped[Escalation | None] = relationship(back_populates="notifications")
    shift: Mapped[Shift | None] = relationship()
    appointment: Mapped[Appointment | None] = relationship()
    parent: Mapped[Notification | None] = relationship(foreign_keys=[parent_id], remote_side="Notification.id")
    bundle: Mapped[Notification | None] = relationship(
        foreign_keys=[bundle_id], remote_side="Notification.id", back_populates="bundled"
    )
    bundled: Mapped[list[Notification]] = relationship(foreign_keys=[bundle_id], back_populates="bundle")
    steps: Mapped[list[NotificationStep]] = relationship(back_populates="notification", order_by="NotificationStep.id")

    @property
    def is_of_played_complaint(self) -> bool:
        """Whether it tells of a complaint that is played: no provider ever gets it (N15)."""
        return bool(self.is_drill) and (self.complaint_id is not None or self.complaint is not None)

    @property
    def masked_phone(self) -> str:
        """The number as it may stand on a screen."""
        return phones.mask(self.phone)

    @property
    def shown_text(self) -> str:
        """The text as it may stand on a screen: a code that proves a phone is for whoever holds it, and nobody else."""
        if self.kind is not NotificationKind.VERIFICATION:
            return self.text
        return _SECRET.sub("••••••", self.text)

    @property
    def receiver_name(self) -> str:
        """Who gets it; the masked number of somebody without a file."""
        receiver = self.person or self.customer
        return receiver.name if receiver else self.masked_phone

    def __str__(self) -> str:
        return f"→ {self.receiver_name}"
