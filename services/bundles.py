"""Bundles: many messages that wait for one person become one; what is overtaken is dropped, nothing lost (ES8, SM4)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update

from extensions import db
from models import Complaint, Notification
from rules import bundling
from rules.bundling import Bundle, Waiting
from rules.message_states import MessageEvent
from rules.vocabulary import NotificationKind, NotificationState
from services import bulk, message_steps, notifications, still_wanted, templates

SUPERSEDED = "superseded"
"""Beside a message that was dropped since a newer one of its thread says more."""

EMPTIED = "emptied"
"""Beside a bundle that was dropped since an older one took in what it held."""


def gather(waiting: Sequence[Notification], *, now: datetime) -> list[Notification]:
    """Drop what is overtaken, put together what goes together; returns what leaves, the most urgent first.

    The caller is the only one who plans (``claims.claim``).
    """
    rows = {each.id: each for each in waiting}
    plan = bundling.plan([_described(each) for each in waiting])
    for older, newer in plan.superseded.items():
        words = rows[newer].public_id
        message_steps.move(rows[older], MessageEvent.CANCEL, now=now, code=SUPERSEDED, words=words)
    leaving = [rows[each] for each in plan.alone]
    for bundle in plan.bundles:
        leaving += _put_together(bundle, rows, now=now)
    return sorted(leaving, key=lambda each: (each.priority, each.created_at, each.id))


def members(bundle: Notification) -> list[Notification]:
    """What went out inside it, the most urgent first; one that was sent another way, or again, stands for the same."""
    return notifications.inside(bundle)


def numbers(bundle: Notification) -> list[str]:
    """The numbers of the complaints that its words are about, as they were when it left; none for anything else."""
    return bundle.variables.get("all", "").split() if bundle.kind is NotificationKind.BUNDLE else []


def shrink(bundle: Notification, *, now: datetime) -> bool:
    """Say it anew for the members that are still wanted; returns whether any is.

    Of one whose time ran out while the bundle waited its complaint is told.
    """
    inside = members(bundle)
    moot = still_wanted.moot_members(inside)
    unsettled = [each for each in inside if each.id not in moot]
    wanted = [each for each in unsettled if each.expires_at > now]
    still = _numbers(wanted)
    lost = set(numbers(bundle)) - set(still)
    for each in unsettled:
        if each not in wanted and _number(each) in lost:
            notifications.note_lost(each, state=NotificationState.EXPIRED, now=now)
    if wanted and len(wanted) < len(inside):
        _say(bundle, still)
    return bool(wanted)


def _number(notification: Notification) -> str:
    return notification.complaint.number if notification.complaint else ""


def _described(notification: Notification) -> Waiting:
    is_bundle = notification.kind is NotificationKind.BUNDLE
    about = numbers(notification) if is_bundle else [_number(notification)] if notification.complaint else []
    return Waiting(
        id=notification.id,
        phone=notification.phone,
        message_class=notification.message_class,
        numbers=tuple(about),
        created_at=notification.created_at,
        expires_at=notification.expires_at,
        priority=notification.priority,
        thread=notification.thread,
        # What is sent again stands for what it follows and for nothing else: it takes nobody in and goes in nowhere.
        bundle_key="" if notification.parent_id else notification.bundle_key,
        is_bundle=is_bundle,
        person_id=notification.person_id,
    )


def _put_together(bundle: Bundle, rows: Mapping[int, Notification], *, now: datetime) -> list[Notification]:
    """Write the bundle, unless so many of its members are moot by now that what is left leaves by itself."""
    standing = rows[bundle.into] if bundle.into is not None else None
    merged = [rows[each] for each in bundle.members if rows[each].kind is NotificationKind.BUNDLE]
    inside = [rows[each] for each in bundle.members if rows[each] not in merged]
    moot = still_wanted.moot_members(inside)
    for each in inside:
        if each.id in moot:
            message_steps.move(each, MessageEvent.CANCEL, now=now)
    wanted = [each for each in inside if each.id not in moot]
    if standing is None and len(wanted) < 2:
        return wanted
    written = standing or _new(wanted, now=now)
    if wanted or merged:
        _fill(written, wanted, merged, now=now)
    return [written]


def _new(inside: Sequence[Notification], *, now: datetime) -> Notification:
    first = inside[0]
    written = Notification(
        kind=NotificationKind.BUNDLE,
        message_class=first.message_class,
        person_id=first.person_id,
        phone=first.phone,
        text="",
        variables={},
        dedup_key=f"bundle:{uuid.uuid4().hex}",
        bundle_key=first.bundle_key,
        state=NotificationState.QUEUED,
        created_at=now,
        due_at=now,
        expires_at=max(each.expires_at for each in inside),
        priority=min(each.priority for each in inside),
    )
    db.session.add(written)
    db.session.flush()
    message_steps.note(written, now=now)
    return written


def _fill(
    bundle: Notification, inside: Sequence[Notification], merged: Sequence[Notification], *, now: datetime
) -> None:
    """Put these into the bundle, and what other bundles hold; only what counts as one message with it belongs to it.

    While a phone has to rest, whatever comes for it in the meantime may become a bundle more than once. When they may
    leave, the oldest takes all of it in: a bundle holds messages, never a bundle, since words and replies are about
    its members.
    """
    ids = [each.id for each in (*inside, *(one for other in merged for one in members(other)))]
    for some in bulk.batches(ids):
        statement = update(Notification).where(Notification.id.in_(some))
        values = {"state": NotificationState.BUNDLED, "bundle_id": bundle.id, "finished_at": now}
        db.session.execute(statement.values(values), execution_options={"synchronize_session": "fetch"})
    message_steps.note_all(ids, NotificationState.BUNDLED, now=now, words=bundle.public_id)
    for each in merged:
        message_steps.move(each, MessageEvent.CANCEL, now=now, code=EMPTIED, words=bundle.public_id)
    bundle.priority = min(each.priority for each in (bundle, *inside, *merged))
    bundle.expires_at = max(each.expires_at for each in (bundle, *inside, *merged))
    _say(bundle, _numbers(members(bundle)))


def _say(bundle: Notification, numbers: Sequence[str]) -> None:
    """Its words: how many complaints, and the first numbers; all of them are kept beside."""
    shown = Bundle(members=(), numbers=tuple(numbers), priority=bundle.priority, expires_at=bundle.expires_at).variables
    bundle.variables = {**shown, "all": " ".join(numbers)}
    assert bundle.person is not None, "only the company's people get bundles"
    templates.worded(NotificationKind.BUNDLE, bundle.person.message_language, bundle.variables).put_on(bundle)


def _numbers(inside: Sequence[Notification]) -> list[str]:
    """The numbers of their complaints, each once, in one question."""
    ids = [each.complaint_id for each in inside if each.complaint_id is not None]
    found: dict[int, str] = {}
    for some in bulk.batches(ids):
        rows = db.session.execute(select(Complaint.id, Complaint.number).where(Complaint.id.in_(some)))
        found.update((row.id, row.number) for row in rows)
    return list(dict.fromkeys(found[each] for each in ids if each in found))
