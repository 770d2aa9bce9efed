"""What the outbox is measured against: one job for each message, as such desks are mostly built.

It is at its best here: the worker has imported everything before it forks, no attempt is committed before the call, no
history is written, nobody asks whether the message is still wanted. It loses and doubles messages; it does not do less.
"""

from __future__ import annotations

from extensions import db, timepiece
from gateways.base import Message, VerdictKind
from models import Notification
from rules.vocabulary import NotificationState
from services import channels


def send(notification_id: int) -> None:
    """Send one message."""
    notification = db.session.get_one(Notification, notification_id)
    (channel,) = channels.configured().order(notification.message_class)
    message = Message(
        notification.public_id, notification.phone, notification.text, channel.signature, at=timepiece.now()
    )
    verdict = channel.gateway.send(message)
    is_taken = verdict.kind is VerdictKind.ACCEPTED
    notification.state = NotificationState.ACCEPTED if is_taken else NotificationState.FAILED
    notification.provider_id = verdict.provider_id
    notification.accepted_at = timepiece.now()
    db.session.commit()
