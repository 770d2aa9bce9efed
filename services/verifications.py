"""Verifications: a code goes to a person's phone and is typed back, so that the phone that rings at night is theirs."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select, update

from extensions import db
from models import Person, PhoneVerification
from rules import throttles
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, MessageClass, NotificationKind
from services import duty, notifications, people, records
from services.actors import Actor, require

HOLDS = timedelta(minutes=10)
MOST_TRIES = 5

_CODE = re.compile("[0-9]{6}")


def send(person: Person, *, actor: Actor, now: datetime) -> PhoneVerification:
    """Send a new code to the person's number; whatever was sent before proves nothing any more.

    Raises:
        NotAllowed: it is neither the actor's own number nor theirs to look after.
        Refusal: there is no number, or codes were sent too often. Conflict: the number is verified.
    """
    _may(person, actor)
    if not person.phone:
        raise Refusal(N_("There is no mobile number to verify."), field="code")
    if person.phone_verified_at is not None:
        raise Conflict(N_("This number is verified."), field="code")
    _refuse_too_often(person, now=now)
    code = f"{secrets.randbelow(10**6):06d}"
    verification = PhoneVerification(
        person_id=person.id,
        phone=person.phone,
        code_hash=_hashed(person.id, person.phone, code),
        sent_at=now,
        expires_at=now + HOLDS,
        tries=0,
    )
    db.session.add(verification)
    db.session.flush()
    notifications.queue(
        kind=NotificationKind.VERIFICATION,
        person=person,
        dedup_key=f"verification:{verification.id}",
        expires_at=verification.expires_at,
        now=now,
        password=code,
    )
    return verification


def prove(person: Person, *, code: str, actor: Actor, now: datetime) -> bool:
    """Compare what was typed with the newest code; False for a wrong one, which is counted: commit that too.

    Raises:
        NotAllowed: see ``send``.
        Refusal: these are no six digits, no code waits, it ran out, or too many wrong ones were typed.
    """
    _may(person, actor)
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    if not _CODE.fullmatch(typed):
        raise Refusal(N_("A code has six digits."), field="code")
    verification = waiting(person, now=now)
    if verification is None:
        raise Refusal(N_("No code waits to be typed; please send another one."), field="code")
    # Counted before it is compared, by the database: a hundred guesses at once are not five.
    count = update(PhoneVerification).where(
        PhoneVerification.id == verification.id, PhoneVerification.tries < MOST_TRIES
    )
    if db.session.scalar(count.values(tries=PhoneVerification.tries + 1).returning(PhoneVerification.id)) is None:
        raise Refusal(N_("Too many wrong codes were typed; please send another one."), field="code")
    if not hmac.compare_digest(verification.code_hash, _hashed(person.id, verification.phone, typed)):
        return False
    verification.verified_at = person.phone_verified_at = now
    records.note_edit(person, actor=actor, now=now)
    db.session.flush()
    return True


def waiting(person: Person, *, now: datetime) -> PhoneVerification | None:
    """The code that can be typed now: the newest one, sent to the number that the person has."""
    statement = (
        select(PhoneVerification)
        .where(PhoneVerification.person_id == person.id)
        .order_by(PhoneVerification.sent_at.desc(), PhoneVerification.id.desc())
        .limit(1)
    )
    newest = db.session.scalar(statement)
    if newest is None or newest.verified_at is not None or newest.expires_at <= now or newest.phone != person.phone:
        return None
    return newest


def unverified_on_duty(*, at: datetime) -> list[Person]:
    """Who is on duty with a number of which nobody knows whether it is theirs; each once, in the roster's order."""
    members = people.distinct(found.person for found in duty.on_duty(at=at))
    return [person for person in members if person.phone and person.phone_verified_at is None]


def _refuse_too_often(person: Person, *, now: datetime) -> None:
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    sent = select(PhoneVerification.sent_at).where(
        PhoneVerification.person_id == person.id, PhoneVerification.sent_at > now - throttles.DAY
    )
    windows = throttles.OF_CLASS[MessageClass.VERIFICATION]
    if throttles.next_permitted(list(db.session.scalars(sent)), windows, now) > now:
        raise Refusal(N_("A code was sent a moment ago; please wait before you send another one."), field="code")


def _may(person: Person, actor: Actor) -> None:
    """One's own number is everybody's; the others' belong to whoever looks after the accounts."""
    if actor.id != person.id:
        require(actor, Permission.EDIT_PEOPLE)


def _hashed(person_id: int, phone: str, code: str) -> str:
    """Useless to whoever reads the table: six digits are soon tried, but not without the key."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, f"{person_id}:{phone}:{code}".encode(), hashlib.sha256).hex()
