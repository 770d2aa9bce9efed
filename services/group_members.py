"""Who is in a group complaint: let in and out, and what that does to everybody's count and level (N1).

The caller holds the lock of the group's community (``complaint_locks``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, GroupCase, GroupMember, Person, TimelineEvent
from rules import households
from rules.households import Household
from rules.lifecycle import OPEN
from rules.refusals import Conflict
from rules.vocabulary import N_, Category, EventKind, NotificationKind, Severity, Status
from services import bulk, duty, notifications, numbers, regrading, timeline
from services.actors import SYSTEM, Actor

PRESENT = GroupMember.left_at.is_(None)
"""The condition of the unique index: a complaint is in one group at a time."""


class Tally(NamedTuple):
    """How much stands behind a group: homes, complaints, and how many of those somebody still has to act on."""

    households: int = 0
    complaints: int = 0
    open: int = 0


def membership(complaint: Complaint) -> GroupMember | None:
    """The group that a complaint is in, open or closed."""
    statement = (
        select(GroupMember)
        .where(GroupMember.complaint_id == complaint.id, PRESENT)
        .options(joinedload(GroupMember.group).joinedload(GroupCase.community))
    )
    return db.session.scalar(statement)


def member_ids(group: GroupCase) -> Select[int]:
    """The complaints that are in it, for a query."""
    return select(GroupMember.complaint_id).where(GroupMember.group_id == group.id, PRESENT)


def tallies(group_ids: Collection[int]) -> Mapping[int, Tally]:
    """How much stands behind each of these groups, in one query."""
    found: dict[int, list[tuple[Household, bool]]] = {}
    statement = (
        select(GroupMember.group_id, GroupMember.household, Complaint.customer_id, Complaint.status)
        .join(GroupMember.complaint)
        .where(GroupMember.group_id.in_(group_ids), PRESENT)
    )
    for row in db.session.execute(statement):
        household = Household(row.household, row.customer_id)
        found.setdefault(row.group_id, []).append((household, row.status in OPEN))
    return {
        group_id: Tally(
            households.count(household for household, _ in rows), len(rows), sum(is_open for _, is_open in rows)
        )
        for group_id, rows in found.items()
    }


def tally(group: GroupCase) -> Tally:
    """How much stands behind this one."""
    db.session.flush()
    return tallies([group.id]).get(group.id, Tally())


def homes(group: GroupCase) -> dict[int, list[int]]:
    """The complaints of one home, in the order they joined, by the id of each of them; in one query."""
    statement = (
        select(GroupMember.complaint_id, GroupMember.household, Complaint.customer_id)
        .join(GroupMember.complaint)
        .where(GroupMember.group_id == group.id, PRESENT)
        .order_by(GroupMember.id)
    )
    rows = db.session.execute(statement).all()
    ids: dict[Household, list[int]] = {}
    for row in rows:
        ids.setdefault(Household(row.household, row.customer_id), []).append(row.complaint_id)
    same = {
        said: sorted(each for other in alike for each in ids[other]) for said, alike in households.homes(ids).items()
    }
    return {complaint_id: same[said] for said, complaint_ids in ids.items() for complaint_id in complaint_ids}


def open_about(
    complaint: Complaint, *, category: Category | None = None, cause_tag: str = "", now: datetime
) -> tuple[GroupCase, list[Person]]:
    """Open a group in the complaint's community, about a category or a cause tag; tell whoever leads the duty group.

    Returns the group, still without members, and who was told.
    """
    group = GroupCase(
        number=numbers.group_number(now),
        community_id=complaint.community_id,
        category=category,
        cause_tag=cause_tag,
        opened_at=now,
    )
    db.session.add(group)
    db.session.flush()
    leaders = duty.leaders(at=now)
    for leader in leaders:
        notifications.queue(
            kind=NotificationKind.GROUP_OPENED,
            person=leader,
            dedup_key=f"group:{group.id}:opened:{leader.id}",
            complaint=complaint,
            now=now,
            number=group.number,
        )
    return group, leaders


def admit(
    group: GroupCase,
    complaint_ids: Sequence[int],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    new: Collection[int] = (),
    told: Collection[Person] = (),
) -> None:
    """Let complaints in, and let everybody's count and level follow."""
    if not complaint_ids:
        return
    members, lines, details = [], [], {"group": group.number}
    for some in bulk.batches(complaint_ids):
        for complaint in db.session.scalars(_locked(Complaint.id.in_(some))):
            members.append(_draft(group, complaint, actor=actor, now=now))
            lines.append(
                timeline.draft(complaint.id, EventKind.GROUP_JOINED, actor=actor, now=now, note=reason, details=details)
            )
    bulk.write(GroupMember, members)
    bulk.write(TimelineEvent, lines)
    recount(group, before=0, now=now, new=new, told=told)


def _draft(group: GroupCase, complaint: Complaint, *, actor: Actor, now: datetime) -> GroupMember:
    return GroupMember(
        group_id=group.id,
        complaint_id=complaint.id,
        household=household(complaint).home,
        joined_at=now,
        joined_by_id=actor.id,
    )


def take_out(member: GroupMember, *, by: Person | None, reason: str, actor: Actor, now: datetime) -> None:
    """End a membership; ``by`` None says that the desk did it, and may count the complaint in again."""
    group, complaint = member.group, member.complaint
    before = tally(group).households
    member.left_at, member.left_by_id, member.leave_reason = now, by.id if by else None, reason
    changes = {"household_count": (complaint.household_count, 1)} if complaint.household_count > 1 else {}
    complaint.household_count = 1
    timeline.add(
        complaint,
        EventKind.GROUP_LEFT,
        actor=actor,
        now=now,
        note=reason if by else "",
        details={"group": group.number, "because": "" if by else reason},
        changes=changes,
    )
    db.session.flush()
    if not complaint.is_finished:
        regrading.follow_facts(complaint, actor=actor, now=now)
    recount(group, before=before, now=now)


def free(complaint: Complaint, *, now: datetime) -> None:
    """Let a complaint go from a group that is closed; one that is open has to let it go by name."""
    member = membership(complaint)
    if member is None:
        return
    if member.group.closed_at is None:
        raise Conflict(
            N_("%(complaint)s is in the group %(number)s already."),
            field="with_number",
            complaint=complaint.number,
            number=member.group.number,
        )
    member.left_at, member.leave_reason = now, N_("It is in another group now.")
    db.session.flush()


def recount(
    group: GroupCase,
    *,
    before: int,
    now: datetime,
    new: Collection[int] = (),
    told: Collection[Person] = (),
) -> None:
    """Write the number of households onto the members that are open, and let their levels follow.

    ``before`` is how many it was when some may have gone. A member that somebody said more about by hand keeps the
    greater number. Beyond what a level depends on, the number is written in one statement, however many members there
    are: the group's list of members is its history.
    """
    db.session.flush()
    homes = max(1, tally(group).households)
    behind = Complaint.household_count < homes
    if homes < before:
        behind = or_(behind, Complaint.household_count == before)
    statement = (
        update(Complaint)
        .where(Complaint.id.in_(member_ids(group)), Complaint.is_open, behind)
        .values(household_count=homes)
        .returning(Complaint.id, Complaint.suggested_severity, Complaint.severity)
    )
    changed = db.session.execute(statement.execution_options(synchronize_session="fetch")).all()
    may_follow = [
        row.id
        for row in changed
        if homes < before or row.suggested_severity is not Severity.MAJOR or row.severity not in (None, Severity.MAJOR)
    ]
    for some in bulk.batches(may_follow):
        for complaint in db.session.scalars(_locked(Complaint.id.in_(some))).all():
            if complaint.id in new:
                regrading.measure_again(complaint)
            else:
                regrading.follow_facts(complaint, actor=SYSTEM, now=now, already_told=told)
    db.session.flush()


def close_if_over(group: GroupCase, *, now: datetime) -> None:
    """The desk closes a group whose members are all closed, void or gone."""
    waiting = Complaint.status.not_in((Status.CLOSED, Status.VOID))
    unfinished = select(Complaint.id).where(Complaint.id.in_(member_ids(group)), waiting).limit(1)
    db.session.flush()
    if db.session.scalar(unfinished) is None:
        group.closed_at = now
        db.session.flush()


def household(complaint: Complaint) -> Household:
    """The home that a complaint comes from."""
    return households.of(complaint.room_stated, complaint.customer_id)


def _locked(condition: ColumnElement[bool]) -> Select[Complaint]:
    """Complaints that are changed along with another, in the order of their ids."""
    return (
        select(Complaint)
        .where(condition)
        .order_by(Complaint.id)
        .with_for_update(of=Complaint, key_share=True)
        .execution_options(populate_existing=True)
    )
