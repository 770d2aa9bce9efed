"""Promises to customers: made, reminded of, kept or taken back (H-06)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import Complaint, Promise
from rules import sla, sms_values, texts
from rules.lifecycle import next_status
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.settings import SettingKey
from rules.vocabulary import N_, Action, EventKind, NotificationKind, PromiseKind, Status
from services import acknowledgements, milestones, notifications, settings, timeline
from services.actors import SYSTEM, Actor, require

MAX_PROMISE = 500


def check(text: str, due_at: datetime | None, *, now: datetime, text_field: str = "text") -> None:
    """Both or neither: words and a moment ahead.

    Raises:
        Refusal: one of the two is missing, or the moment is past.
    """
    if bool(text.strip()) != (due_at is not None):
        missing = text_field if due_at is not None else "promise_due_at"
        raise Refusal(N_("A promise needs both: what, and by when."), field=missing)
    texts.check(text, field=text_field, longest=MAX_PROMISE)
    if due_at is not None and due_at <= now:
        raise Refusal(N_("A promise lies ahead, not behind."), field="promise_due_at")


def make(
    complaint: Complaint,
    *,
    text: str,
    due_at: datetime,
    kind: PromiseKind = PromiseKind.GENERAL,
    actor: Actor,
    now: datetime,
) -> Promise:
    """Write down what the customer was promised and by when; a rework starts its clock and the daily report (D-16).

    Raises:
        Refusal: no words, or the moment is past.
    """
    if actor is not SYSTEM:
        require(actor, Permission.NOTE)
    next_status(complaint.status, Action.PROMISE)
    if not text.strip():
        raise Refusal(N_("A promise needs both: what, and by when."), field="text")
    check(text, due_at, now=now)
    promise = Promise(
        complaint=complaint, kind=kind, text=text.strip(), made_at=now, made_by_id=actor.id, due_at=due_at
    )
    db.session.add(promise)
    details = {"due_at": due_at, "kind": kind}
    timeline.add(complaint, EventKind.PROMISED, actor=actor, now=now, note=text.strip(), details=details)
    db.session.flush()
    milestones.promise_made(promise, actor=actor, now=now)
    return promise


def keep(promise: Promise, *, actor: Actor, now: datetime) -> None:
    """Say that a promise was kept; late or not stays visible from the two moments.

    Raises:
        Conflict: it was kept, or taken back before.
    """
    require(actor, Permission.NOTE)
    if not promise.is_open:
        raise Conflict(N_("This promise was kept or taken back already."))
    promise.kept_at, promise.kept_by_id = now, actor.id
    timeline.add(
        promise.complaint,
        EventKind.PROMISE_KEPT,
        actor=actor,
        now=now,
        note=promise.text,
        details={"is_late": now > promise.due_at},
    )
    milestones.promise_kept(promise, actor=actor, now=now)
    acknowledgements.renew(promise.complaint, now=now)
    db.session.flush()


def withdraw(promise: Promise, *, why: str, actor: Actor, now: datetime) -> None:
    """Take a promise back: what was told the customer stays readable, and the customer reads it too. Its clock ends;
    what was overdue stays missed.

    Raises:
        Refusal: no reason. Conflict: it was kept, or taken back before.
    """
    require(actor, Permission.NOTE)
    if not promise.is_open:
        raise Conflict(N_("This promise was kept or taken back already."))
    texts.check_given(
        why, N_("Please write down why, and what was agreed with the customer."), field="why", longest=MAX_PROMISE
    )
    promise.withdrawn_at, promise.withdrawn_by_id, promise.withdrawn_why = now, actor.id, why.strip()
    details = {"promise": promise.text}
    timeline.add(
        promise.complaint, EventKind.PROMISE_WITHDRAWN, actor=actor, now=now, note=why.strip(), details=details
    )
    milestones.promise_withdrawn(promise, actor=actor, now=now)
    acknowledgements.renew(promise.complaint, now=now)
    db.session.flush()


def of(complaint: Complaint, promise_id: int | None) -> Promise:
    """The complaint's promise with this id.

    Raises:
        Refusal: it has none of this id.
    """
    found = next((each for each in complaint.promises if each.id == promise_id), None)
    if found is None:
        raise Refusal(N_("Please choose the promise."), field="promise")
    return found


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """What was promised and is not kept; nothing is closed before it is."""
    return [
        NextStep(Tab.OVERVIEW, N_("Keep the promise: %(promise)s"), {"promise": each.text}, each.due_at, True)
        for each in complaint.promises
        if each.is_open
    ]


def remind(*, now: datetime, limit: int = 200) -> int:
    """Remind whoever has the complaint of a promise that falls due soon, once; returns how many."""
    lead = settings.minutes(SettingKey.PROMISE_REMINDER_MINUTES)
    soon = (
        select(Promise)
        .join(Promise.complaint)
        .where(
            Promise.is_open,
            Promise.reminded_at.is_(None),
            Promise.due_at <= now + lead,
            Complaint.status != Status.VOID,
        )
        .order_by(Promise.due_at, Promise.id)
        .limit(limit)
        .with_for_update(of=Promise, skip_locked=True)
    )
    reminded = [
        promise for promise in db.session.scalars(soon) if sla.reminder_at(promise.made_at, promise.due_at, lead) <= now
    ]
    for promise in reminded:
        promise.reminded_at = now
        _remind_of(promise, now=now)
    db.session.flush()
    return len(reminded)


def _remind_of(promise: Promise, *, now: datetime) -> None:
    complaint = promise.complaint
    person = complaint.handler or promise.made_by
    timeline.add(complaint, EventKind.PROMISE_DUE, actor=SYSTEM, now=now, note=promise.text)
    if person is not None:
        notifications.queue(
            kind=NotificationKind.PROMISE_DUE,
            person=person,
            dedup_key=f"promise:{promise.id}:due",
            complaint=complaint,
            now=now,
            number=complaint.number,
            due=sms_values.moment(promise.due_at.astimezone(COMPANY_ZONE)),
        )
