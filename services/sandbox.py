"""The sandbox's far end: a table of the desk, which the inbox page shows as the phones would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import Flask, current_app, has_app_context
from sqlalchemy import select

from extensions import db
from gateways.base import Message
from gateways.sandbox import SandboxGateway
from models import SmsInboxMessage
from rules.channel_protocols import PROTOCOLS
from services.channels import Channel, Channels

NAME = "sandbox"


def gateway(app: Flask, clock: Callable[[], datetime], *, name: str = NAME) -> SandboxGateway:
    """A provider whose far end is the desk's own database, in transactions of its own and from any thread."""

    def store(message: Message) -> None:
        with _at_home(app):
            db.session.add(
                SmsInboxMessage(
                    phone=message.phone,
                    text=f"【{message.signature}】{message.text}",
                    message_id=message.message_id,
                    received_at=clock(),
                )
            )
            db.session.commit()

    def stored(message_id: str) -> bool:
        with _at_home(app):
            known = select(SmsInboxMessage.id).where(SmsInboxMessage.message_id == message_id)
            found = db.session.scalar(known.limit(1))
            db.session.commit()
            return found is not None

    return SandboxGateway(store, stored, name=name)


def channel(app: Flask, clock: Callable[[], datetime], *, signature: str, name: str = NAME) -> Channel:
    """The sandbox as a channel."""
    return Channel.of(PROTOCOLS[NAME], name=name, signature=signature, gateway=gateway(app, clock, name=name))


def fleet(clock: Callable[[], datetime]) -> Channels:
    """The sandbox and nothing else; what it stores is dated by ``clock``."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return Channels((channel(app, clock, signature=app.config["DESK"].sms_signature),))


@contextmanager
def _at_home(app: Flask) -> Iterator[None]:
    """Inside the app: where a thread has no context it gets one, and with it a session of its own."""
    if has_app_context():
        yield
    else:
        with app.app_context():
            yield
