"""Group complaints: the desk counts the households of a community, people correct what it counted (D-11, N1).

A group never swallows its members: each keeps its number, its clocks and its customer. Whoever changes a group holds
the lock of its community, so that two third calls at the same moment make one group.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import defer, joinedload

from extensions import db
from models import Complaint, GroupCase, GroupMember, Person, TimelineEvent
from rules import households, texts
from rules.households import Household
from rules.lifecycle import next_status
from rules.permissions import ACTION_PERMISSION, Permission
from rules.refusals import Conflict, NotFound
from rules.settings import SettingKey
from rules.vocabulary import N_, Action, Category, EventKind, NotificationKind, Severity, Status
from services import bulk, complaint_locks, duty, notifications, numbers, regrading, settings, timeline
from services.actors import SYSTEM, Actor, require

MAX_REASON = 500
MEMBERS_A_PAGE = 50
LEFT_SHOWN = 50

PRESENT = GroupMember.left_at.is_(None)
"""The condition of the unique index: a complaint is in one group at a time."""


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


class Tally(NamedTuple):
    """How much stands behind a group: homes, complaints, and how many of those somebody still has to act on."""

    households: int = 0
    complaints: int = 0
    open: int = 0


@dataclass(frozen=True)
class Standing:
    """A complaint's group as its page shows it, with the first few of the other members."""

    member: GroupMember
    tally: Tally
    others: Sequence[GroupMember]


# --- the desk counts --------------------------------------------------------------------------------------------------


def count_in(complaints: Sequence[Complaint], *, now: datetime, are_new: bool = False) -> None:
    """Count complaints that are new, open again or described anew; enough households of one matter open a group.

    What is counted: open complaints of one community whose first word lies within the window; imported history is left
    aside, and so is whatever a person took out of a group about the same matter. ``are_new`` says that these have no
    clocks and called nobody yet: the level they begin with is theirs from the first word, nothing was raised.
    """
    wanted = {(complaint.community_id, matter) for complaint in complaints for matter in _matters(complaint)}
    complaint_locks.communities(community_id for community_id, _ in wanted)
    crowded = _crowded({community_id for community_id, _ in wanted if community_id is not None}, now=now)
    new = frozenset(complaint.id for complaint in complaints) if are_new else frozenset[int]()
    for community_id, matter in sorted(wanted, key=lambda pair: (pair[0] or 0, *pair[1].rank)):
        if community_id in crowded:
            _gather(community_id, matter, new=new, now=now)


def describe_anew(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """Follow a correction of the place, the category or the cause: out of the group it does not fit, into another.

    Whoever was added by hand stays.
    """
    complaint_locks.communities([complaint.community_id])
    member = _membership(complaint)
    if member is not None and member.group.closed_at is None:
        if member.joined_by_id is None and not _fits(complaint, member.group):
            _take_out(member, by=None, reason=N_("The record was corrected."), actor=actor, now=now)
        else:
            before = _tally(member.group).households
            member.household = _household(complaint).home
            _recount(member.group, before=before, now=now)
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
    member = _membership(complaint)
    if member is None or member.group.closed_at is not None:
        return
    if complaint.status is Status.VOID:
        _take_out(member, by=None, reason=N_("The record was made void."), actor=SYSTEM, now=now)
    _close_if_over(member.group, now=now)


# --- people correct ---------------------------------------------------------------------------------------------------


def join(group: GroupCase, complaint: Complaint, *, reason: str, actor: Actor, now: datetime) -> None:
    """Add a complaint by hand.

    Raises:
        Refusal: no reason. Conflict: the group is closed, or the complaint is over or in a group already.
    """
    _may(complaint, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    _refuse_closed(group)
    complaint_locks.communities([group.community_id, complaint.community_id])
    _free(complaint, now=now)
    _admit(group, [complaint.id], reason=reason.strip(), actor=actor, now=now)


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
    complaint_locks.communities([complaint.community_id, other.community_id])
    _free(complaint, now=now)
    _free(other, now=now)
    tag = complaint.cause_tag if complaint.cause_tag == other.cause_tag else ""
    matter = Matter(cause_tag=tag) if tag else Matter(category=complaint.category)
    group = _new(complaint.community_id, matter, now=now)
    _admit(group, [complaint.id, other.id], reason=reason.strip(), actor=actor, now=now)
    _tell_leaders(group, complaint, now=now)
    return group


def leave(complaint: Complaint, *, reason: str, actor: Person, now: datetime) -> None:
    """Take a complaint out; the desk will not count it in again for the same matter. Its level is not lowered.

    Raises:
        Refusal: no reason. Conflict: it is in no open group, or it is over.
    """
    _may(complaint, actor)
    texts.check_given(reason, N_("Please give a reason."), field="reason", longest=MAX_REASON)
    member = _membership(complaint)
    if member is None:
        raise Conflict(N_("This complaint is in no group."))
    _refuse_closed(member.group)
    complaint_locks.communities([member.group.community_id, complaint.community_id])
    _take_out(member, by=actor, reason=reason.strip(), actor=actor, now=now)
    _close_if_over(member.group, now=now)


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
    ids = list(db.session.scalars(_member_ids(group)))
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
        .where(Complaint.id.in_(_member_ids(group)), Complaint.is_open, Complaint.handler_id.is_not(None))
        .options(joinedload(Complaint.handler), defer(Complaint.search_text))
        .order_by(Complaint.id)
    )
    first = {complaint.handler_id: complaint for complaint in reversed(db.session.scalars(handled).all())}
    if not first:
        raise Conflict(N_("Nobody handles any of these complaints yet."), field="text")
    told = [complaint.handler for complaint in first.values() if complaint.handler is not None]
    ids = list(db.session.scalars(_member_ids(group)))
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


# --- reading ----------------------------------------------------------------------------------------------------------


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
    member = _membership(complaint)
    if member is None:
        return None
    rows = _shown_members().where(
        GroupMember.group_id == member.group_id, PRESENT, GroupMember.complaint_id != complaint.id
    )
    return Standing(member, _tally(member.group), list(db.session.scalars(rows.limit(others))))


def open_in(community_id: int | None, *, limit: int = 5) -> list[GroupCase]:
    """The open groups of a community, the newest on top."""
    statement = select(GroupCase).where(GroupCase.community_id == community_id, GroupCase.closed_at.is_(None))
    return list(db.session.scalars(statement.order_by(GroupCase.id.desc()).limit(limit))) if community_id else []


def members(group: GroupCase, *, page: int = 0) -> list[GroupMember]:
    """A page of those who are in it, in the order they joined."""
    rows = _shown_members().where(GroupMember.group_id == group.id, PRESENT)
    return list(db.session.scalars(rows.limit(MEMBERS_A_PAGE).offset(page * MEMBERS_A_PAGE)))


def left(group: GroupCase) -> list[GroupMember]:
    """Those who are not in it any more, the latest on top."""
    rows = _shown_members().where(GroupMember.group_id == group.id, ~PRESENT)
    return list(db.session.scalars(rows.order_by(None).order_by(GroupMember.left_at.desc()).limit(LEFT_SHOWN)))


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
        found.setdefault(row.group_id, []).append((household, row.status in _OPEN))
    return {
        group_id: Tally(
            households.count(household for household, _ in rows), len(rows), sum(is_open for _, is_open in rows)
        )
        for group_id, rows in found.items()
    }


def tags_in_use(*, limit: int = 40) -> list[str]:
    """Cause tags to choose from while typing: those of open complaints."""
    statement = (
        select(Complaint.cause_tag)
        .where(Complaint.is_open, Complaint.cause_tag != "")
        .group_by(Complaint.cause_tag)
        .order_by(func.max(Complaint.id).desc())
    )
    return list(db.session.scalars(statement.limit(limit)))


# --- how it is done ---------------------------------------------------------------------------------------------------

_OPEN = frozenset({Status.NEW, Status.CONTACTED, Status.HANDLING})


def _matters(complaint: Complaint) -> list[Matter]:
    tagged = [Matter(cause_tag=complaint.cause_tag)] if complaint.cause_tag else []
    return [*tagged, Matter(category=complaint.category)]


def _window(now: datetime) -> datetime:
    return now - timedelta(days=settings.value(SettingKey.GROUP_WINDOW_DAYS))


def _counted(now: datetime) -> ColumnElement[bool]:
    """The condition of ``ix_complaints_open_community_id_first_word_at``, history left aside."""
    return and_(Complaint.is_open, Complaint.first_word_at > _window(now), Complaint.is_history.is_(False))


def _crowded(community_ids: Collection[int], *, now: datetime) -> set[int]:
    """Where a group may be: enough open complaints, whoever they are from, or an open group."""
    enough = settings.value(SettingKey.GROUP_HOUSEHOLDS)
    found: set[int] = set()
    for some in bulk.batches(community_ids):
        many = (
            select(Complaint.community_id)
            .where(Complaint.community_id.in_(some), _counted(now))
            .group_by(Complaint.community_id)
            .having(func.count() >= enough)
        )
        grouped = select(GroupCase.community_id).where(GroupCase.community_id.in_(some), GroupCase.closed_at.is_(None))
        found.update(row.community_id for row in db.session.execute(many.union(grouped)))
    return found


def _gather(community_id: int, matter: Matter, *, new: Collection[int], now: datetime) -> None:
    """Bring the group about a matter up to date: whoever counts and is in none joins it, or opens one."""
    peers = _peers(community_id, matter, now=now)
    newcomers = [peer.complaint_id for peer in peers if peer.group_id is None]
    if not newcomers:
        return
    group = _alive(community_id, matter, now=now)
    if group is None:
        if households.count(peer.household for peer in peers) < settings.value(SettingKey.GROUP_HOUSEHOLDS):
            return
        elsewhere = [peer.group_id for peer in peers if peer.group_id is not None]
        group = db.session.get_one(GroupCase, min(elsewhere)) if elsewhere else None
    if group is not None:
        _admit(group, _not_taken_out_of(group, newcomers), reason="", actor=SYSTEM, now=now, new=new)
        return
    group = _new(community_id, matter, now=now)
    told = _tell_leaders(group, db.session.get_one(Complaint, newcomers[-1]), now=now)
    _admit(group, newcomers, reason="", actor=SYSTEM, now=now, new=new, told=told)


def _not_taken_out_of(group: GroupCase, complaint_ids: Sequence[int]) -> list[int]:
    """Those of the complaints that nobody took out of this very group."""
    statement = select(GroupMember.complaint_id).where(
        GroupMember.group_id == group.id, GroupMember.left_by_id.is_not(None)
    )
    gone = set(db.session.scalars(statement))
    return [complaint_id for complaint_id in complaint_ids if complaint_id not in gone]


def _peers(community_id: int, matter: Matter, *, now: datetime) -> list[Peer]:
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
            standing_in.c.closed_at.is_(None),
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


def _new(community_id: int, matter: Matter, *, now: datetime) -> GroupCase:
    group = GroupCase(
        number=numbers.group_number(now),
        community_id=community_id,
        category=matter.category,
        cause_tag=matter.cause_tag,
        opened_at=now,
    )
    db.session.add(group)
    db.session.flush()
    return group


def _admit(
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
    before = _tally(group).households
    for some in bulk.batches(complaint_ids):
        for complaint in db.session.scalars(_locked(Complaint.id.in_(some))).all():
            member = GroupMember(group=group, complaint=complaint, household=_household(complaint).home, joined_at=now)
            member.joined_by_id = actor.id
            db.session.add(member)
            timeline.add(
                complaint, EventKind.GROUP_JOINED, actor=actor, now=now, note=reason, details={"group": group.number}
            )
    _recount(group, before=before, now=now, new=new, told=told)


def _take_out(member: GroupMember, *, by: Person | None, reason: str, actor: Actor, now: datetime) -> None:
    """End a membership; ``by`` None says that the desk did it, and may count the complaint in again."""
    group, complaint = member.group, member.complaint
    before = _tally(group).households
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
    _recount(group, before=before, now=now)


def _recount(
    group: GroupCase,
    *,
    before: int,
    now: datetime,
    new: Collection[int] = (),
    told: Collection[Person] = (),
) -> None:
    """Write the number of households onto the members that are open, and let their levels follow.

    A member that somebody said more about by hand keeps the greater number. Beyond what a level depends on, the number
    is written in one statement, however many members there are: the group's list of members is its history.
    """
    db.session.flush()
    homes = max(1, _tally(group).households)
    behind = Complaint.household_count < homes
    if homes < before:
        behind = or_(behind, Complaint.household_count == before)
    statement = (
        update(Complaint)
        .where(Complaint.id.in_(_member_ids(group)), Complaint.is_open, behind)
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


def _tell_leaders(group: GroupCase, complaint: Complaint, *, now: datetime) -> list[Person]:
    """Tell whoever leads the duty group that there is a group complaint; returns who that is."""
    leaders = duty.leaders(at=now)
    for leader in leaders:
        notifications.queue(
            kind=NotificationKind.GROUP_OPENED,
            person=leader,
            dedup_key=f"group:{group.id}:opened:{leader.id}",
            complaint=complaint,
            priority=notifications.URGENT_PRIORITY,
            now=now,
            number=group.number,
        )
    return leaders


def _tell_on_timelines(
    group: GroupCase, ids: Sequence[int], text: str, *, actor: Actor, now: datetime, people: Sequence[str]
) -> None:
    """The same line on every timeline, in one statement."""
    lines = []
    for complaint_id in ids:
        line = timeline.draft(
            EventKind.GROUP_MESSAGE,
            actor=actor,
            now=now,
            note=text.strip(),
            details={"group": group.number, "people": people},
        )
        line.complaint_id = complaint_id
        lines.append(line)
    bulk.write(TimelineEvent, lines)


def _may(complaint: Complaint, actor: Actor) -> None:
    require(actor, ACTION_PERMISSION[Action.GROUP])
    next_status(complaint.status, Action.GROUP)


def _refuse_closed(group: GroupCase) -> None:
    if group.closed_at is not None:
        raise Conflict(N_("The group %(number)s is closed."), number=group.number)


def _free(complaint: Complaint, *, now: datetime) -> None:
    """Let a complaint go from a group that is closed; one that is open has to let it go by name."""
    member = _membership(complaint)
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


def _fits(complaint: Complaint, group: GroupCase) -> bool:
    is_about_it = group.cause_tag == complaint.cause_tag if group.cause_tag else group.category == complaint.category
    return complaint.community_id == group.community_id and is_about_it


def _close_if_over(group: GroupCase, *, now: datetime) -> None:
    """The desk closes a group whose members are all closed, void or gone."""
    waiting = Complaint.status.not_in((Status.CLOSED, Status.VOID))
    unfinished = select(Complaint.id).where(Complaint.id.in_(_member_ids(group)), waiting).limit(1)
    db.session.flush()
    if db.session.scalar(unfinished) is None:
        group.closed_at = now
        db.session.flush()


def _household(complaint: Complaint) -> Household:
    return households.of(complaint.room_stated, complaint.customer_id)


def _tally(group: GroupCase) -> Tally:
    db.session.flush()
    return tallies([group.id]).get(group.id, Tally())


def _membership(complaint: Complaint) -> GroupMember | None:
    statement = (
        select(GroupMember)
        .where(GroupMember.complaint_id == complaint.id, PRESENT)
        .options(joinedload(GroupMember.group).joinedload(GroupCase.community))
    )
    return db.session.scalar(statement)


def _member_ids(group: GroupCase) -> Select[int]:
    return select(GroupMember.complaint_id).where(GroupMember.group_id == group.id, PRESENT)


def _locked(condition: ColumnElement[bool]) -> Select[Complaint]:
    """Complaints that are changed along with another, in the order of their ids."""
    return (
        select(Complaint)
        .where(condition)
        .order_by(Complaint.id)
        .with_for_update(of=Complaint)
        .execution_options(populate_existing=True)
    )


def _shown_members() -> Select[GroupMember]:
    complaint = joinedload(GroupMember.complaint)
    return (
        select(GroupMember)
        .options(
            complaint.defer(Complaint.search_text),
            complaint.joinedload(Complaint.handler).lazyload(Person.role_rows),
            joinedload(GroupMember.joined_by).lazyload(Person.role_rows),
            joinedload(GroupMember.left_by).lazyload(Person.role_rows),
        )
        .order_by(GroupMember.id)
    )
