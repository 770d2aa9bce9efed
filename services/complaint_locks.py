"""The lock of a complaint: whoever is about to change one takes it first, so that changes come one after the other.

Who only refers to a complaint is not kept waiting (``key_share``): a worker that holds messages writes a line of its
timeline, while whoever holds the complaint withdraws messages; if each waited for the other, neither would go on.

A community comes before its complaints: one more household changes the others of its group, so whoever holds a
complaint and then waited for the community could wait for somebody who waits for the complaint. Whoever needs one more
later on does not wait: they are told that somebody else is at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from sqlalchemy import ColumnElement, Select, and_, false, select
from sqlalchemy.sql.base import ExecutableOption

from extensions import db
from models import Community, Complaint, GroupCase, GroupMember
from rules.refusals import Conflict, NotFound, Refusal
from rules.vocabulary import N_


def by_number(number: str) -> Complaint:
    """The complaint, read afresh and locked until the transaction ends, and before it the community it is counted in.

    Raises:
        NotFound: there is no such number.
    """
    communities(_counted_in(_is(number)))
    complaint = db.session.scalar(_afresh(number).with_for_update(of=Complaint, key_share=True))
    if complaint is None:
        raise NotFound(N_("There is no complaint with this number."))
    return complaint


def several(ids: Collection[int]) -> list[Complaint]:
    """These complaints for whoever holds no lock yet, read afresh and locked in the order of their ids, communities
    first: two who want some of the same wait for each other, and never both.
    """
    communities(_counted_in(Complaint.id.in_(ids)))
    statement = select(Complaint).where(Complaint.id.in_(ids)).order_by(Complaint.id)
    locked = statement.with_for_update(of=Complaint, key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(locked))


def another(number: str, *, field: str) -> Complaint:
    """One more complaint for whoever holds a lock already; ``field`` is where its number was typed.

    Raises:
        Refusal: there is no such number. Conflict: somebody else is changing it.
    """
    more_communities(_counted_in(_is(number)))
    complaint = db.session.scalar(_afresh(number).with_for_update(of=Complaint, key_share=True, skip_locked=True))
    if complaint is not None:
        return complaint
    if db.session.scalar(_afresh(number)) is not None:
        raise Conflict(_BUSY, field=field)
    raise Refusal(N_("There is no complaint with this number."), field=field)


def communities(ids: Iterable[int | None]) -> None:
    """Lock these communities in the order of their ids; who only refers to one is not kept waiting."""
    _lock_communities(ids, is_patient=True)


def more_communities(ids: Iterable[int | None]) -> None:
    """The same for whoever holds a lock already.

    Raises:
        Conflict: somebody else is changing what is counted there.
    """
    if not _lock_communities(ids, is_patient=False):
        raise Conflict(_BUSY)


def take(ids: Collection[int], *loading: ExecutableOption) -> list[Complaint]:
    """Those of the complaints that nobody else is changing now, read afresh and locked, in the order of their ids.

    ``loading`` says what to load with each of them.
    """
    if not ids:
        return []
    statement = (
        select(Complaint)
        .where(Complaint.id.in_(ids))
        .options(*loading)
        .order_by(Complaint.id)
        .with_for_update(of=Complaint, key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def all_of(ids: Collection[int]) -> list[Complaint]:
    """All of these complaints for whoever holds a lock already, read afresh and locked, in the order of their ids.

    Raises:
        Conflict: somebody else is changing one of them.
    """
    locked = take(ids)
    if len(locked) < len(ids):
        raise Conflict(_BUSY)
    return locked


_BUSY = N_("Somebody else is changing this at the same moment; please try again.")


def _lock_communities(ids: Iterable[int | None], *, is_patient: bool) -> bool:
    wanted = {community_id for community_id in ids if community_id is not None}
    if not wanted:
        return True
    statement = select(Community.id).where(Community.id.in_(wanted)).order_by(Community.id)
    locked = db.session.scalars(statement.with_for_update(key_share=True, skip_locked=not is_patient))
    return set(locked) == wanted


def _counted_in(which: ColumnElement[bool]) -> Iterable[int | None]:
    """The complaints' communities, and those of their groups: whoever was added by hand may live elsewhere."""
    statement = (
        select(Complaint.community_id, GroupCase.community_id)
        .outerjoin(GroupMember, and_(GroupMember.complaint_id == Complaint.id, GroupMember.left_at.is_(None)))
        .outerjoin(GroupMember.group)
        .where(which)
    )
    return chain.from_iterable(db.session.execute(statement))


def _afresh(number: str) -> Select[Complaint]:
    return select(Complaint).where(_is(number)).execution_options(populate_existing=True)


def _is(number: str) -> ColumnElement[bool]:
    """PostgreSQL would not even look for a NUL, which somebody made up in an address."""
    return Complaint.number == number if number.isprintable() else false()
