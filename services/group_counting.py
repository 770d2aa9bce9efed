"""Counting households: which open complaints of a community make a group, and who joins one (D-11, N1).

Whoever counts holds the lock of the community, so that two third calls at the same moment make one group.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from extensions import db
from models import Complaint, GroupCase, GroupMember
from rules import households, texts
from rules.households import Household
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION
from rules.settings import SettingKey
from rules.vocabulary import N_, Action, Category, EventKind, Status
from services import bulk, complaint_locks, group_members, regrading, settings, timeline
from services.actors import SYSTEM, Actor, require
from services.group_members import PRESENT


class Matter(NamedTuple):
    """What the complaints of a group have in common: a category, or a cause tag."""

    category: Category | None = None
    cause_tag: str = ""

    @property
    def rank(self) -> tuple[str, ...]:
        """Tags come first: what is behind complaints says more than their kind."""
        return ("", self.cause_tag) if self.cause_tag else ("category", self.category or "")

    def of_complaints(self) -> ColumnElement[bool]:
        """Whether a complaint is about this."""
        return Complaint.cause_tag == self.cause_tag if self.cause_tag else Complaint.category == self.category

    def of_groups(self) -> ColumnElement[bool]:
        """Whether a group is about this."""
        return GroupCase.cause_tag == self.cause_tag if self.cause_tag else GroupCase.category == self.category


class Peer(NamedTuple):
    """A complaint that counts, and the open group it is in already."""

    complaint_id: int
    household: Household
    group_id: int | None


def count_in(complaints: Sequence[Complaint], *, now: datetime, are_new: bool = False) -> None:
    """Count complaints that are new, open again or described anew; enough households of one matter open a group.

    What is counted: open complaints of one community whose first word lies within the window; imported history is left
    aside, and so is whatever a person took out of a group about the same matter. ``are_new`` says that these have no
    clocks and called nobody yet: the level they begin with is theirs from the first word, nothing was raised.
    """
    # The level that a group gives and the number that opens one are the same rule of the same version.
    enough = regrading.yardstick().policy.households_of_a_group
    counted = [complaint for complaint in complaints if complaint.is_counted]
    wanted = {(complaint.community_id, matter) for complaint in counted for matter in _matters(complaint)}
    complaint_locks.communities(community_id for community_id, _ in wanted)
    places = {community_id for community_id, _ in wanted if community_id is not None}
    crowded = _crowded(places, enough=enough, now=now)
    new = frozenset(complaint.id for complaint in complaints) if are_new else frozenset[int]()
    for community_id, matter in sorted(wanted, key=lambda pair: (pair[0] or 0, *pair[1].rank)):
        if community_id in crowded:
            _gather(community_id, matter, enough=enough, new=new, now=now)


def describe_anew(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """Follow a correction of the place, the category or the cause: out of the group it does not fit, into another.

    Whoever was added by hand stays.
    """
    complaint_locks.more_communities([complaint.community_id])
    member = group_members.membership(complaint)
    if member is not None and member.group.closed_at is None:
        if member.joined_by_id is None and not _fits(complaint, member.group):
            group_members.take_out(member, by=None, reason=N_("The record was corrected."), actor=actor, now=now)
        else:
            before = group_members.tally(member.group).households
            member.household = group_members.household(complaint).home
            group_members.recount(member.group, before=before, now=now)
    count_in([complaint], now=now)


def set_cause(complaint: Complaint, *, cause_tag: str, actor: Actor, now: datetime) -> None:
    """Say what is behind the complaint in a word or two; complaints with the same tag are counted together.

    Raises:
        Refusal: the tag is too long. Conflict: the complaint is over.
    """
    require(actor, ACTION_PERMISSION[Action.UPDATE_FACTS])
    next_status(complaint.status, Action.UPDATE_FACTS)
    texts.check(cause_tag, field="cause_tag")
    tag = households.tag(cause_tag)
    if tag == complaint.cause_tag:
        return
    changes = {"cause_tag": (complaint.cause_tag, tag)}
    complaint.cause_tag = tag
    timeline.add(complaint, EventKind.EDITED, actor=actor, now=now, changes=changes)
    db.session.flush()
    describe_anew(complaint, actor=actor, now=now)


def finish(complaint: Complaint, *, now: datetime) -> None:
    """A complaint is closed or void: a void one leaves its group, and a group without anybody to serve closes."""
    member = group_members.membership(complaint)
    if member is None or member.group.closed_at is not None:
        return
    if complaint.status is Status.VOID:
        group_members.take_out(member, by=None, reason=N_("The record was made void."), actor=SYSTEM, now=now)
    group_members.close_if_over(member.group, now=now)


def tags_near(complaint: Complaint, *, limit: int = 40) -> list[str]:
    """Cause tags to choose from while typing: those of the community's open complaints, the latest on top."""
    if complaint.community_id is None:
        return []
    statement = (
        select(Complaint.cause_tag)
        .where(Complaint.community_id == complaint.community_id, Complaint.is_open, Complaint.cause_tag != "")
        .group_by(Complaint.cause_tag)
        .order_by(func.max(Complaint.id).desc())
    )
    return list(db.session.scalars(statement.limit(limit)))


def _matters(complaint: Complaint) -> list[Matter]:
    tagged = [Matter(cause_tag=complaint.cause_tag)] if complaint.cause_tag else []
    return [*tagged, Matter(category=complaint.category)]


def _window(now: datetime) -> datetime:
    return now - timedelta(days=settings.value(SettingKey.GROUP_WINDOW_DAYS))


def _counted(now: datetime) -> ColumnElement[bool]:
    """The condition of ``ix_complaints_open_community_id_first_word_at``, history left aside."""
    return and_(
        Complaint.is_open, Complaint.first_word_at > _window(now), Complaint.is_history.is_(False), Complaint.is_counted
    )


def _crowded(community_ids: Collection[int], *, enough: int | None, now: datetime) -> set[int]:
    """Where a group may be: an open group, or ``enough`` open complaints, whoever they are from."""
    found: set[int] = set()
    for some in bulk.batches(community_ids):
        grouped = select(GroupCase.community_id).where(GroupCase.community_id.in_(some), GroupCase.closed_at.is_(None))
        where = grouped if enough is None else _with_many(some, enough, now=now).union(grouped)
        found.update(row.community_id for row in db.session.execute(where))
    return found


def _with_many(community_ids: Collection[int], enough: int, *, now: datetime) -> Select[int | None]:
    return (
        select(Complaint.community_id)
        .where(Complaint.community_id.in_(community_ids), _counted(now))
        .group_by(Complaint.community_id)
        .having(func.count() >= enough)
    )


def _gather(community_id: int, matter: Matter, *, enough: int | None, new: Collection[int], now: datetime) -> None:
    """Bring the group about a matter up to date: whoever counts and is in none joins it, or ``enough`` open one."""
    group = _alive(community_id, matter, now=now)
    peers = _peers(community_id, matter, are_free=group is not None, now=now)
    newcomers = [peer.complaint_id for peer in peers if peer.group_id is None]
    if not newcomers:
        return
    if group is None:
        if enough is None or households.count(peer.household for peer in peers) < enough:
            return
        elsewhere = [peer.group_id for peer in peers if peer.group_id is not None]
        group = db.session.get_one(GroupCase, min(elsewhere)) if elsewhere else None
    if group is not None:
        free = _not_taken_out_of(group, newcomers)
        group_members.admit(group, free, reason="", actor=SYSTEM, now=now, new=new)
        return
    last = db.session.get_one(Complaint, newcomers[-1])
    group, told = group_members.open_about(last, category=matter.category, cause_tag=matter.cause_tag, now=now)
    group_members.admit(group, newcomers, reason="", actor=SYSTEM, now=now, new=new, told=told)


def _not_taken_out_of(group: GroupCase, complaint_ids: Sequence[int]) -> list[int]:
    """Those of the complaints that nobody took out of this very group."""
    statement = select(GroupMember.complaint_id).where(
        GroupMember.group_id == group.id, GroupMember.left_by_id.is_not(None)
    )
    gone = set(db.session.scalars(statement))
    return [complaint_id for complaint_id in complaint_ids if complaint_id not in gone]


def _peers(community_id: int, matter: Matter, *, are_free: bool, now: datetime) -> list[Peer]:
    """What counts towards a matter; ``are_free`` leaves out whatever is in a group already, however much that is."""
    taken_out = exists().where(
        GroupMember.complaint_id == Complaint.id,
        GroupMember.left_by_id.is_not(None),
        GroupMember.group_id == GroupCase.id,
        matter.of_groups(),
    )
    standing_in = (
        select(GroupMember.complaint_id, GroupMember.group_id, GroupCase.closed_at)
        .join(GroupMember.group)
        .where(PRESENT)
        .subquery()
    )
    statement = (
        select(Complaint.id, Complaint.room_stated, Complaint.customer_id, standing_in.c.group_id)
        .outerjoin(standing_in, standing_in.c.complaint_id == Complaint.id)
        .where(
            Complaint.community_id == community_id,
            _counted(now),
            matter.of_complaints(),
            ~taken_out,
            standing_in.c.complaint_id.is_(None) if are_free else standing_in.c.closed_at.is_(None),
        )
        .order_by(Complaint.id)
    )
    return [
        Peer(row.id, households.of(row.room_stated, row.customer_id), row.group_id)
        for row in db.session.execute(statement)
    ]


def _alive(community_id: int, matter: Matter, *, now: datetime) -> GroupCase | None:
    """The open group about a matter, if any of its members still counts; a forgotten one draws nobody in."""
    is_alive = exists().where(
        GroupMember.group_id == GroupCase.id, PRESENT, GroupMember.complaint_id == Complaint.id, _counted(now)
    )
    statement = select(GroupCase).where(
        GroupCase.community_id == community_id, GroupCase.closed_at.is_(None), matter.of_groups(), is_alive
    )
    return db.session.scalars(statement.order_by(GroupCase.id).limit(1)).first()


def _fits(complaint: Complaint, group: GroupCase) -> bool:
    is_about_it = group.cause_tag == complaint.cause_tag if group.cause_tag else group.category == complaint.category
    return complaint.community_id == group.community_id and is_about_it
