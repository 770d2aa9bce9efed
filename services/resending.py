"""Resending: a person sends a message again that did not arrive, as a new row beside the old one, and says why.

The new one begins anew: with every channel, at the number that its receiver has today. Each message is sent again once;
after that it is the new one that can be. What the desk still does by itself is not done by hand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from extensions import db
from models import Customer, Notification, Person
from rules import texts
from rules.message_kinds import CALLS, KINDS
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, EventKind, MessageRelation, NotificationKind, NotificationState
from services import bundles, message_steps, notifications, still_wanted, timeline
from services.actors import Actor, require
from services.notifications import Receiver

MAX_REASON = 200
PATIENCE = timedelta(minutes=2)
"""How long a provider's word is waited for before somebody may doubt it."""

AGAIN = "again"
"""Beside a step that somebody took by hand."""

_ON_ITS_WAY = frozenset({NotificationState.QUEUED, NotificationState.CLAIMED, NotificationState.ATTEMPTED})

_STATES: Mapping[NotificationState, str] = {
    **dict.fromkeys(_ON_ITS_WAY, N_("It is still on its way; the desk goes on by itself.")),
    NotificationState.DELIVERED: N_("It has arrived."),
    NotificationState.CANCELLED: N_("It was withdrawn, since nobody needed it any more."),
    NotificationState.BUNDLED: N_("It went out together with others; please send that message again."),
}
"""States in which nothing is sent again: it failed, expired, or nobody knows whether it arrived."""

_KINDS: Mapping[NotificationKind, str] = {
    NotificationKind.VERIFICATION: N_("A code is sent anew from the person's page."),
    NotificationKind.TEST: N_("Please test the channel once more."),
    NotificationKind.ANSWER: N_("An answer to a reply is not sent twice."),
    NotificationKind.PROGRESS_REPORT: N_("Please write a new progress report."),
    NotificationKind.FOLLOW_UP_LINK: N_("Please send the customer a new link."),
}
"""Kinds that are done anew where they come from."""

_HINDRANCES: Mapping[str, str] = {
    "no_number": N_("%(name)s has no mobile number."),
    "no_mobile": N_("The number of %(name)s is no mobile."),
    "opted_out": N_("%(name)s wants no more messages."),
}


def resend(notification_id: int, *, reason: str, actor: Actor, now: datetime) -> Notification:
    """Send a message again; both rows and the complaint's timeline say who did it and why.

    Raises:
        NotAllowed: the role does not allow it. Refusal: no reason, or ``why_not``.
        Conflict: it was sent again already, a moment ago or before.
    """
    require(actor, Permission.SEND_MESSAGES)
    texts.check_given(reason, N_("Please say why it is sent again."), field="reason", longest=MAX_REASON)
    asked_for = select(Notification).where(Notification.id == notification_id).with_for_update(of=Notification)
    old = db.session.scalars(asked_for.execution_options(populate_existing=True)).one()
    refusal = why_not(old, now=now)
    if refusal is not None:
        raise refusal
    new = _queue_again(old, now=now)
    if new is None:
        raise Conflict(_DONE, field="reason")
    # A person has decided: whatever its provider says now, the old one is not sent a second time by itself.
    old.fallback_at = None
    if old.state is NotificationState.UNKNOWN:
        old.ask_at = None
    for message in (old, new):
        message_steps.note(message, now=now, code=AGAIN, words=reason.strip(), actor=actor)
    _tell(new, reason=reason.strip(), actor=actor, now=now)
    db.session.flush()
    return new


def why_not(notification: Notification, *, now: datetime) -> Refusal | None:
    """Why a message is not sent again, for the page and for whoever tries; None when it may be."""
    sentence = _STATES.get(notification.state) or _KINDS.get(notification.kind)
    if sentence is not None:
        return Refusal(sentence, field="reason")
    if notification.attempted_at is not None and notification.attempted_at + PATIENCE > now:
        return Refusal(N_("It went out just now; please give the provider two minutes."), field="reason")
    return _of_the_family(notification) or _of_the_receiver(notification) or _of_the_matter(notification, now=now)


_DONE = N_("It was sent again already; please look at that message.")


def _of_the_family(notification: Notification) -> Refusal | None:
    """It was sent again before, or it arrived another way, or is just about to."""
    children = list(db.session.scalars(select(Notification).where(Notification.parent_id == notification.id)))
    if any(child.relation is MessageRelation.RESENT for child in children):
        return Conflict(_DONE, field="reason")
    states = {child.state for child in children if child.relation is MessageRelation.FALLBACK}
    if notification.relation is MessageRelation.FALLBACK and notification.parent is not None:
        states.add(notification.parent.state)
    if NotificationState.DELIVERED in states:
        return Refusal(N_("It has arrived another way."), field="reason")
    if states & _ON_ITS_WAY:
        return Refusal(N_("It is on its way through another channel."), field="reason")
    return None


def _of_the_receiver(notification: Notification) -> Refusal | None:
    receiver = notification.person or notification.customer
    if receiver is None:
        return Refusal(N_("It has no receiver who is known here."), field="reason")
    if isinstance(receiver, Person) and not receiver.is_active:
        return Refusal(N_("%(name)s does not work here any more."), field="reason", name=receiver.name)
    hindrance = Receiver.of(receiver).hindrance
    return Refusal(_HINDRANCES[hindrance], field="reason", name=receiver.name) if hindrance else None


def _of_the_matter(notification: Notification, *, now: datetime) -> Refusal | None:
    """What it tells of is over."""
    if not _is_renewed(notification) and notification.expires_at <= now:
        return Refusal(N_("Its time is over: what it says is not true any more."), field="reason")
    if notification.kind is NotificationKind.BUNDLE:
        inside = bundles.members(notification)
        is_moot = {each.id for each in inside} <= still_wanted.moot_members(inside)
    else:
        is_moot = still_wanted.is_moot(notification, now=now)
    return Refusal(_why_moot(notification), field="reason") if is_moot else None


def _why_moot(notification: Notification) -> str:
    complaint = notification.complaint
    if complaint is not None and complaint.is_finished:
        return N_("The complaint is closed: nobody has to be told any more.")
    if complaint is not None and complaint.acknowledged_at is not None and notification.kind in CALLS:
        return N_("Somebody has the complaint by now.")
    return N_("Nobody needs this message any more: things have moved on.")


def _is_renewed(notification: Notification) -> bool:
    """Whether it is worth as much today as then. What tells of a shift, a visit or a morning has its own end."""
    is_of_a_moment = notification.shift_id or notification.appointment_id or KINDS[notification.kind].lives
    return notification.complaint_id is not None and not is_of_a_moment


def _queue_again(old: Notification, *, now: datetime) -> Notification | None:
    receiver = old.person or old.customer
    return notifications.queue(
        kind=old.kind,
        person=receiver if isinstance(receiver, Person) else None,
        customer=receiver if isinstance(receiver, Customer) else None,
        dedup_key=_key(old),
        complaint=old.complaint,
        escalation=old.escalation,
        shift=old.shift,
        appointment=old.appointment,
        severity=old.severity,
        priority=old.priority,
        expires_at=None if _is_renewed(old) else old.expires_at,
        thread=old.thread,
        parent=old,
        relation=MessageRelation.RESENT,
        is_drill=old.is_drill,
        now=now,
        **old.variables,
    )


def _key(old: Notification) -> str:
    """The key of its cause, which others look for by its beginning, and of which message it is the second one."""
    root = old.dedup_key.partition(":via:")[0].partition(f":{AGAIN}:")[0]
    return f"{root}:{AGAIN}:{old.id}"


def _tell(notification: Notification, *, reason: str, actor: Actor, now: datetime) -> None:
    if notification.complaint is None:
        return
    kind = EventKind.CUSTOMER_TOLD if notification.customer_id else EventKind.NOTIFIED
    details = {"person": notification.receiver_name, "message": notification.kind, "is_again": True}
    timeline.add(notification.complaint, kind, actor=actor, now=now, note=reason, details=details)
