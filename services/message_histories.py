"""The history of one message: its steps, what it follows from and what followed, and what was written back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from extensions import db
from models import InboundMessage, Notification, NotificationStep
from rules.vocabulary import MessageRelation

STEPS, RELATIVES, REPLIES = 200, 50, 20
"""The newest of each that are shown."""


@dataclass(frozen=True)
class Story:
    """Everything around a message; ``answers`` are what the desk wrote back to whoever replied to it."""

    steps: Sequence[NotificationStep]
    parent: Notification | None
    followers: Sequence[Notification]
    bundle: Notification | None
    members: Sequence[Notification]
    replies: Sequence[InboundMessage]


def of(message: Notification) -> Story:
    """The story of a message, its steps in the order in which they were taken."""
    steps = select(NotificationStep).where(NotificationStep.notification_id == message.id)
    newest = steps.options(joinedload(NotificationStep.actor)).order_by(NotificationStep.id.desc()).limit(STEPS)
    replies = select(InboundMessage).where(InboundMessage.notification_id == message.id)
    told = joinedload(InboundMessage.person), joinedload(InboundMessage.answer)
    relatives = select(Notification).options(
        joinedload(Notification.person), joinedload(Notification.customer), joinedload(Notification.complaint)
    )
    followers = relatives.where(
        Notification.parent_id == message.id, Notification.relation != MessageRelation.ANSWER
    ).order_by(Notification.id)
    members = relatives.where(Notification.bundle_id == message.id).order_by(Notification.priority, Notification.id)
    return Story(
        steps=db.session.scalars(newest).all()[::-1],
        parent=message.parent,
        followers=db.session.scalars(followers.limit(RELATIVES)).all(),
        bundle=message.bundle,
        members=db.session.scalars(members.limit(RELATIVES)).all(),
        replies=db.session.scalars(replies.options(*told).order_by(InboundMessage.id.desc()).limit(REPLIES)).all(),
    )
