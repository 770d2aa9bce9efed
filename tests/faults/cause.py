"""Why messages are written: complaints that got worse, each with somebody of its own to be told."""

from __future__ import annotations

from flask import Flask

from extensions import db, timepiece
from models import Complaint, Notification, Person
from rules.escalation import DutyRoleCode
from rules.vocabulary import NotificationKind
from services import duty, notifications
from tests.factories import ComplaintFactory, PersonFactory


def record(app: Flask, count: int) -> None:
    """What the web process does: causes and messages in one transaction, and the nudge after it."""
    with app.app_context():
        write(count)
        db.session.commit()


def write(count: int) -> list[Notification]:
    """So many complaints, and a message about each to a phone of its own."""
    people = PersonFactory.build_batch(count)
    db.session.add_all(people)
    return [_told(complaint, person=person) for complaint, person in zip(_complaints(count), people, strict=True)]


def write_to_one(count: int, kind: NotificationKind, person_id: int | None = None) -> list[Notification]:
    """So many complaints, and a message of this kind about each to one phone, a new one or this person's."""
    person = PersonFactory() if person_id is None else db.session.get_one(Person, person_id)
    return [_told(complaint, kind, person=person) for complaint in _complaints(count)]


def _complaints(count: int) -> list[Complaint]:
    """All in one go, with whatever else waits to be written."""
    made = ComplaintFactory.build_batch(count, duty_role=duty.role(DutyRoleCode.ENGINEERING))
    db.session.add_all(made)
    db.session.flush()
    return made


def _told(
    complaint: Complaint, kind: NotificationKind = NotificationKind.LEVEL_RAISED, *, person: Person
) -> Notification:
    notification = notifications.queue(
        kind=kind,
        person=person,
        complaint=complaint,
        dedup_key=f"fault:{complaint.id}",
        now=timepiece.now(),
        number=complaint.number,
    )
    assert notification is not None
    return notification
