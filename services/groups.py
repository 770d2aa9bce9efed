"""Group complaints as people handle them: correct what the desk counted, speak to all members at once, close (N1).

A group never swallows its members: each keeps its number, its clocks and its customer.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import defer, joinedload

from extensions import db
from models import Complaint, GroupCase, GroupMember, Person, TimelineEvent
from rules import texts
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION, Permission
from rules.refusals import Conflict, NotFound, Refusal
from rules.vocabulary import N_, Action, EventKind, NotificationKind
from services import bulk, complaint_locks, group_members, notifications, timeline
from services.actors import Actor, require
from services.group_members import PRESENT, Tally

MAX_REASON = 500
MEMBERS_A_PAGE = 50
LEFT_SHOWN = 50


@dataclass(frozen=True)
class Standing:
    """A complaint's group as its page shows it, with the first few of the other members."""

    member: GroupMember
    tally: Tally
    others: Sequence[GroupMember]


def join(group: GroupCase, complaint: Complaint, *, reason: str, actor: Actor, now: datetime) -> None:
    """Add a complaint by hand.

    Raises:
        Refusal: no reason. Conflict: the group is closed, or the complaint is over or in a group already.
    """
    _may(complaint, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    _refuse_closed(group)
    complaint_locks.more_communities([group.community_id, complaint.community_id])
    group_members.free(complaint, now=now)
    group_members.admit(group, [complaint.id], reason=reason.strip(), actor=actor, now=now)


def start(complaint: Complaint, other: Complaint, *, reason: str, actor: Actor, now: datetime) -> GroupCase:
    """Open a group of two complaints by hand, before the desk would; the level follows when enough households join.

    Raises:
        Refusal: no reason, the two are one, or the community is not known. Conflict: see ``join``.
    """
    _may(complaint, actor)
    _may(other, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    if other.id == complaint.id:
        raise Conflict(N_("A group needs another complaint."), field="with_number")
    if complaint.community_id is None:
        raise Conflict(N_("The community of this complaint is not known."), field="with_number")
    complaint_locks.more_communities([complaint.community_id, other.community_id])
    group_members.free(complaint, now=now)
    group_members.free(other, now=now)
    tag = complaint.cause_tag if complaint.cause_tag == other.cause_tag else ""
    category = None if tag else complaint.category
    group, told = group_members.open_about(complaint, category=category, cause_tag=tag, now=now)
    group_members.admit(group, [complaint.id, other.id], reason=reason.strip(), actor=actor, now=now, told=told)
    return group


def put_together(complaint: Complaint, *, with_number: str, reason: str, actor: Actor, now: datetime) -> None:
    """Add a complaint to the group of this number, or to the one of the complaint of this number; that of two, if none.

    Raises:
        Refusal: nothing has this number, or see ``join`` and ``start``.
    """
    number = with_number.strip().upper()
    group = find(number)
    other = complaint if group else _known(number)
    group = group or open_of(other)
    if group is not None:
        join(group, complaint, reason=reason, actor=actor, now=now)
    else:
        other = complaint_locks.another(other.number, field="with_number")
        start(complaint, other, reason=reason, actor=actor, now=now)


def leave(complaint: Complaint, *, group: GroupCase | None = None, reason: str, actor: Person, now: datetime) -> None:
    """Take a complaint's home out: this one and all others of the same household (N1). No level is lowered.

    The desk will not count them in again for the same matter. Where ``group`` is given, it must be the one.

    Raises:
        Refusal: no reason. Conflict: it is in no open group, not in ``group``, it is over, or somebody else is
            changing one of the home's complaints.
    """
    _may(complaint, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    member = group_members.membership(complaint)
    if member is None or (group is not None and member.group_id != group.id):
        raise Conflict(N_("%(complaint)s is not in the group."), field="reason", complaint=complaint.number)
    _refuse_closed(member.group)
    complaint_locks.more_communities([member.group.community_id, complaint.community_id])
    for each in complaint_locks.all_of(group_members.homes(member.group)[complaint.id]):
        if (leaving := group_members.membership(each)) is not None:
            group_members.take_out(leaving, by=actor, reason=reason.strip(), actor=actor, now=now)
    group_members.close_if_over(member.group, now=now)


def close(group: GroupCase, *, reason: str, actor: Actor, now: datetime) -> None:
    """Close a group; its members stay what they are, each with its own way to the end.

    Raises:
        Refusal: no reason. Conflict: it is closed already.
    """
    require(actor, ACTION_PERMISSION[Action.GROUP])
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    _refuse_closed(group)
    group.closed_at, group.closed_by_id, group.close_reason = now, actor.id, reason.strip()
    db.session.flush()


def write_to_all(group: GroupCase, *, text: str, actor: Actor, now: datetime) -> int:
    """Write one note on the timeline of every member; returns how many.

    Raises:
        Refusal: it is empty or endless. Conflict: the group is closed.
    """
    require(actor, Permission.NOTE)
    texts.check_given(text, N_("The note is empty."), field="text")
    _refuse_closed(group)
    ids = list(db.session.scalars(group_members.member_ids(group)))
    _tell_on_timelines(group, ids, text, actor=actor, now=now, people=[])
    return len(ids)


def message_handlers(group: GroupCase, *, text: str, actor: Actor, now: datetime) -> list[Person]:
    """Give everybody who handles a member one message: a short SMS, and the words on the members' timelines.

    The SMS says only that there is word, for it may carry no free text. Returns who was told.

    Raises:
        Refusal: it is empty or endless. Conflict: the group is closed, or nobody handles any of its complaints yet.
    """
    require(actor, ACTION_PERMISSION[Action.GROUP])
    texts.check_given(text, N_("Please write the message."), field="text")
    _refuse_closed(group)
    handled = (
        select(Complaint)
        .where(Complaint.id.in_(group_members.member_ids(group)), Complaint.is_open, Complaint.handler_id.is_not(None))
        .options(joinedload(Complaint.handler), defer(Complaint.search_text))
        .order_by(Complaint.id)
    )
    first = {complaint.handler_id: complaint for complaint in reversed(db.session.scalars(handled).all())}
    if not first:
        raise Conflict(N_("Nobody handles any of these complaints yet."), field="text")
    told = [complaint.handler for complaint in first.values() if complaint.handler is not None]
    ids = list(db.session.scalars(group_members.member_ids(group)))
    _tell_on_timelines(group, ids, text, actor=actor, now=now, people=[person.name for person in told])
    message = uuid.uuid4().hex
    for complaint in first.values():
        if complaint.handler is not None:
            notifications.queue(
                kind=NotificationKind.GROUP_MESSAGE,
                person=complaint.handler,
                dedup_key=f"group:{group.id}:message:{message}:{complaint.handler_id}",
                complaint=complaint,
                now=now,
                number=group.number,
            )
    return told


def find(number: str) -> GroupCase | None:
    """The group with this number."""
    if not number.isprintable():
        return None
    return db.session.scalar(select(GroupCase).where(GroupCase.number == number))


def to_change(number: str) -> GroupCase:
    """The group, read afresh, with its community locked until the transaction ends.

    Raises:
        NotFound: there is no such group.
    """
    if number.isprintable():
        complaint_locks.communities(
            db.session.scalars(select(GroupCase.community_id).where(GroupCase.number == number))
        )
    statement = select(GroupCase).where(GroupCase.number == number).execution_options(populate_existing=True)
    group = db.session.scalar(statement) if number.isprintable() else None
    if group is None:
        raise NotFound(N_("There is no group with this number."))
    return group


def standing(complaint: Complaint, *, others: int = 6) -> Standing | None:
    """The group that a complaint is in, open or closed, with a few of the other members."""
    member = group_members.membership(complaint)
    if member is None:
        return None
    rows = _shown_members().where(
        GroupMember.group_id == member.group_id, PRESENT, GroupMember.complaint_id != complaint.id
    )
    return Standing(member, group_members.tally(member.group), list(db.session.scalars(rows.limit(others))))


def open_of(complaint: Complaint) -> GroupCase | None:
    """The open group that a complaint is in."""
    member = group_members.membership(complaint)
    return member.group if member is not None and member.group.closed_at is None else None


def open_in(community_id: int | None, *, limit: int = 5) -> list[GroupCase]:
    """The open groups of a community, the newest on top."""
    statement = select(GroupCase).where(GroupCase.community_id == community_id, GroupCase.closed_at.is_(None))
    return list(db.session.scalars(statement.order_by(GroupCase.id.desc()).limit(limit))) if community_id else []


def going_on(*, limit: int = 5) -> list[tuple[GroupCase, Tally]]:
    """The open groups, the newest on top, each with how much stands behind it."""
    statement = select(GroupCase).where(GroupCase.closed_at.is_(None)).options(joinedload(GroupCase.community))
    found = list(db.session.scalars(statement.order_by(GroupCase.id.desc()).limit(limit)))
    counted = group_members.tallies([group.id for group in found])
    return [(group, counted.get(group.id, Tally())) for group in found]


def near(group: GroupCase, *, limit: int = 30) -> list[Complaint]:
    """Open complaints of the same community that are in no group, the newest on top."""
    is_in_one = exists().where(GroupMember.complaint_id == Complaint.id, PRESENT)
    statement = (
        select(Complaint)
        .where(Complaint.community_id == group.community_id, Complaint.is_open, ~is_in_one)
        .options(defer(Complaint.search_text))
        .order_by(Complaint.first_word_at.desc())
    )
    return list(db.session.scalars(statement.limit(limit)))


def members(group: GroupCase, *, page: int = 0) -> list[GroupMember]:
    """A page of those who are in it, in the order they joined."""
    rows = _shown_members().where(GroupMember.group_id == group.id, PRESENT)
    return list(db.session.scalars(rows.limit(MEMBERS_A_PAGE).offset(page * MEMBERS_A_PAGE)))


def left(group: GroupCase) -> list[GroupMember]:
    """Those who are not in it any more, the latest on top."""
    rows = _shown_members().where(GroupMember.group_id == group.id, ~PRESENT)
    return list(db.session.scalars(rows.order_by(None).order_by(GroupMember.left_at.desc()).limit(LEFT_SHOWN)))


def _tell_on_timelines(
    group: GroupCase, ids: Sequence[int], text: str, *, actor: Actor, now: datetime, people: Sequence[str]
) -> None:
    """The same line on every timeline, in one statement."""
    details = {"group": group.number, "people": people}
    lines = (
        timeline.draft(each, EventKind.GROUP_MESSAGE, actor=actor, now=now, note=text.strip(), details=details)
        for each in ids
    )
    bulk.write(TimelineEvent, lines)


def _known(number: str) -> Complaint:
    """The complaint of a number that somebody typed.

    Raises:
        Refusal: there is none.
    """
    complaint = db.session.scalar(select(Complaint).where(Complaint.number == number)) if number.isprintable() else None
    if complaint is None:
        raise Refusal(N_("There is no group and no complaint with this number."), field="with_number")
    return complaint


def _may(complaint: Complaint, actor: Actor) -> None:
    require(actor, ACTION_PERMISSION[Action.GROUP])
    next_status(complaint.status, Action.GROUP)


def _refuse_closed(group: GroupCase) -> None:
    if group.closed_at is not None:
        raise Conflict(N_("The group %(number)s is closed."), number=group.number)


def _shown_members() -> Select[GroupMember]:
    complaint = joinedload(GroupMember.complaint)
    return (
        select(GroupMember)
        .options(
            complaint.defer(Complaint.search_text),
            complaint.joinedload(Complaint.handler),
            joinedload(GroupMember.joined_by),
            joinedload(GroupMember.left_by),
        )
        .order_by(GroupMember.id)
    )
