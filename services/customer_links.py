"""Links for customers: a page of their complaint without a login, by a secret that dies (N22).

The database keeps a digest of the secret only. The outbox needs the link until it is sent, so it holds it sealed: made
of the desk's key, it is opened at the moment in which the provider gets it. Who reads the database opens no page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import joinedload

from config import Config
from extensions import db
from models import Complaint, CustomerLink
from rules import sms_templates
from rules.vocabulary import Status
from services.actors import Actor

LASTS = timedelta(days=7)
PATH = "/c/"
LENGTH = 22
"""Characters of a secret: 132 bits."""

_SEALED = re.compile(rf"(?<={PATH})~([A-Za-z0-9_-]{{{LENGTH}}})")


def are_possible() -> bool:
    """Whether the desk knows an address that a customer's phone reaches, and that has room in an SMS."""
    public_url = _settings().public_url
    return bool(public_url) and bool(sms_templates.fit("link", f"{public_url}{PATH}~{'0' * LENGTH}"))


def make(complaint: Complaint, *, actor: Actor, now: datetime) -> tuple[CustomerLink, str]:
    """A new link, which ends the older ones of the complaint, and its sealed address for the outbox."""
    revoke_all(complaint, now=now)
    seed = secrets.token_urlsafe(16)[:LENGTH]
    link = CustomerLink(
        digest=_digest(_secret(seed)),
        complaint=complaint,
        made_at=now,
        expires_at=now + LASTS,
        made_by_id=actor.id,
    )
    db.session.add(link)
    db.session.flush()
    return link, f"{_settings().public_url}{PATH}~{seed}"


def unsealed(text: str) -> str:
    """The text as the customer gets it, every sealed link in it opened."""
    return _SEALED.sub(lambda found: _secret(found[1]), text)


def find(secret: str, *, now: datetime) -> CustomerLink | None:
    """The living link with this secret: not expired, used or revoked, and its complaint is not void."""
    if len(secret) != LENGTH:
        return None
    statement = (
        select(CustomerLink)
        .join(CustomerLink.complaint)
        .where(CustomerLink.digest == _digest(secret), _lives(now), Complaint.status != Status.VOID)
        .options(joinedload(CustomerLink.complaint).joinedload(Complaint.customer))
        .execution_options(populate_existing=True)
    )
    return db.session.scalar(statement)


def of(complaint: Complaint, *, limit: int = 20) -> list[CustomerLink]:
    """The complaint's links, the newest on top."""
    statement = select(CustomerLink).where(CustomerLink.complaint_id == complaint.id)
    return list(db.session.scalars(statement.order_by(CustomerLink.id.desc()).limit(limit)))


def note_opened(link_id: int, *, now: datetime) -> None:
    """Remember that the customer looked, the first time."""
    opened = update(CustomerLink).where(CustomerLink.id == link_id, CustomerLink.opened_at.is_(None))
    db.session.execute(opened.values(opened_at=now))


def use(link: CustomerLink, *, now: datetime) -> bool:
    """Use it up; False when somebody was first, or it lives no more."""
    used = update(CustomerLink).where(CustomerLink.id == link.id, _lives(now)).values(used_at=now)
    return db.session.scalar(used.returning(CustomerLink.id)) is not None


def revoke_all(complaint: Complaint, *, now: datetime) -> None:
    """End every link of the complaint that still opens the page."""
    living = update(CustomerLink).where(CustomerLink.complaint_id == complaint.id, _lives(now))
    db.session.execute(living.values(revoked_at=now))


def form_token(link: CustomerLink) -> str:
    """What a form of the page carries: made of the desk's key and this link, it fits no other."""
    return hmac.digest(_key(), f"form of {link.digest}".encode(), hashlib.sha256).hex()


def is_form_token(link: CustomerLink, given: str) -> bool:
    """Whether this is the link's own; takes as long for a wrong one."""
    return hmac.compare_digest(form_token(link).encode(), given.encode(errors="replace"))


def _lives(now: datetime) -> ColumnElement[bool]:
    return and_(CustomerLink.used_at.is_(None), CustomerLink.revoked_at.is_(None), CustomerLink.expires_at > now)


def _secret(seed: str) -> str:
    made = hmac.digest(_key(), f"customer link {seed}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode()[:LENGTH]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _key() -> bytes:
    return _settings().secret_key.encode()


def _settings() -> Config:
    settings: Config = current_app.config["DESK"]
    return settings
