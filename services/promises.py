"""Promises to customers: made, reminded of, kept (H-06)."""

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
        Conflict: it was kept before.
    """
    require(actor, Permission.NOTE)
    if promise.kept_at is not None:
        raise Conflict(N_("This promise was kept already."))
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


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """What was promised and is not kept; nothing is closed before it is."""
    return [
        NextStep(Tab.OVERVIEW, N_("Keep the promise: %(promise)s"), {"promise": each.text}, each.due_at, True)
        for each in complaint.promises
        if each.kept_at is None
    ]


def remind(*, now: datetime, limit: int = 200) -> int:
    """Remind whoever has the complaint of a promise that falls due soon, once; returns how many."""
    lead = settings.minutes(SettingKey.PROMISE_REMINDER_MINUTES)
    soon = (
        select(Promise)
        .join(Promise.complaint)
        .where(
            Promise.kept_at.is_(None),
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
