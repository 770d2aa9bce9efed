"""Progress reports: a few words a day to the customer on how the work goes, by SMS (D-17).

What was reported stands among the contacts with the customer: it is the report of the day, and the wait for the next
word begins anew. A report that never reached the customer counts no more, and whoever answers for the customer is
nudged to call them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Complaint, CustomerContact, Notification, Person
from rules import sms_parts, sms_templates, texts
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION
from rules.refusals import Conflict, Refusal
from rules.vocabulary import (
    N_,
    Action,
    ContactMethod,
    ContactPurpose,
    EventKind,
    EvidenceUse,
    MessageLanguage,
    NotificationKind,
    NotificationState,
    Side,
)
from services import acknowledgements, evidence, milestones, notifications, timeline
from services.actors import require
from services.evidence import Upload

_NEVER_TOLD = (NotificationState.FAILED, NotificationState.EXPIRED)


def send(
    complaint: Complaint,
    *,
    words: str,
    percent: int | None,
    actor: Person,
    now: datetime,
    photos: Sequence[Upload] = (),
) -> Notification:
    """Tell the customer how far the work is: in a few words, in percent, or both; photos of the day are kept with it.

    Raises:
        Refusal: nothing is said, too much for an SMS, a name, or no percentage. Conflict: the complaint is not worked
            on, the customer takes no SMS, or this was reported a moment ago.
    """
    require(actor, ACTION_PERMISSION[Action.REPORT])
    next_status(complaint.status, Action.REPORT)
    _check_names(words, complaint, actor)
    said = _said(words, percent, complaint.customer.message_language)
    sent = notifications.queue(
        kind=NotificationKind.PROGRESS_REPORT,
        customer=complaint.customer,
        dedup_key=f"complaint:{complaint.id}:progress:{now:%Y%m%d%H%M}",
        complaint=complaint,
        now=now,
        number=complaint.number,
        words=said,
    )
    if sent is None:
        raise Conflict(
            N_("No SMS can go to this customer: no mobile number, no wish for messages, or one was written just now.")
        )
    if photos:
        evidence.attach(complaint, uploads=photos, use=EvidenceUse.DURING, side=Side.OURS, actor=actor, now=now)
    contact = CustomerContact(
        complaint=complaint,
        at=now,
        by=actor,
        method=ContactMethod.SMS,
        purpose=ContactPurpose.PROGRESS,
        is_reached=True,
        summary=said,
    )
    db.session.add(contact)
    details = {"method": contact.method, "purpose": contact.purpose, "is_reached": True, "is_read_back": False}
    timeline.add(complaint, EventKind.CONTACT_LOGGED, actor=actor, now=now, note=said, details=details)
    milestones.progress_reported(complaint, actor=actor, now=now)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    return sent


def was_never_told(notification: Notification, *, now: datetime) -> bool:
    """The report failed for good: it is no contact, and the wait for a word to the customer is over now.

    What the clock of the day says stays: somebody did write the report in time. Returns whether this was news.
    """
    complaint = notification.complaint
    if complaint is None or notification.state not in _NEVER_TOLD:
        return False
    contact = db.session.scalar(
        select(CustomerContact).where(
            CustomerContact.complaint_id == complaint.id,
            CustomerContact.at == notification.created_at,
            CustomerContact.method == ContactMethod.SMS,
            CustomerContact.is_reached,
        )
    )
    if contact is None:
        return False
    contact.is_reached = False
    if complaint.nudge_at is not None:
        complaint.nudge_at = min(complaint.nudge_at, now)
    db.session.flush()
    return True


def _check_names(words: str, complaint: Complaint, actor: Person) -> None:
    """An SMS may be read over somebody's shoulder: it says neither whose home this is nor who works there."""
    if any(_names(words, name) for name in (complaint.customer.name, actor.name)):
        raise Refusal(N_("A name cannot stand in an SMS to a customer."), field="words")


def _names(words: str, name: str) -> bool:
    """Whether the words hold the name; one in Latin letters only as a word: Li is not in “living room”."""
    if name.isascii():
        return bool(name) and re.search(rf"\b{re.escape(name)}\b", words, re.IGNORECASE) is not None
    return len(name) > 1 and "".join(name.split()) in "".join(words.split())


def _said(words: str, percent: int | None, language: MessageLanguage) -> str:
    """What stands in the SMS; a variable has little room, and a percentage takes some of it."""
    words = " ".join(words.split())
    texts.check(words, field="words")
    if percent is not None and not 0 <= percent <= 100:
        raise Refusal(N_("A percentage lies between 0 and 100."), field="percent")
    share = "" if percent is None else f"{percent}%"
    if not words and not share:
        raise Refusal(N_("Please say how far the work is."), field="words")
    room = sms_templates.VARIABLES["words"].longest_in(language) - sms_parts.units(share)
    if sms_parts.units(words) > room:
        raise Refusal(N_("An SMS has room for %(count)s characters here."), field="words", count=room)
    said = f"{words}{share}"
    if sms_templates.fit("words", said, language) != said:
        raise Refusal(N_("A link, a mobile number or a bracket cannot stand in an SMS to a customer."), field="words")
    return said
