"""The lock of a complaint: whoever is about to change one takes it first, so that changes come one after the other.

A community comes before its complaints: one more household changes the others of its group, so whoever holds a
complaint and then waited for the community could wait for somebody who waits for the complaint.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from sqlalchemy import and_, select

from extensions import db
from models import Community, Complaint, GroupCase, GroupMember
from rules.refusals import NotFound
from rules.vocabulary import N_


def by_number(number: str) -> Complaint:
    """The complaint, read afresh and locked until the transaction ends, and before it the community it is counted in.

    Raises:
        NotFound: there is no such number.
    """
    if number.isprintable():
        communities(_counted_in(number))
    statement = (
        select(Complaint)
        .where(Complaint.number == number)
        .with_for_update(of=Complaint)
        .execution_options(populate_existing=True)
    )
    complaint = db.session.scalar(statement) if number.isprintable() else None
    if complaint is None:
        raise NotFound(N_("There is no complaint with this number."))
    return complaint


def _counted_in(number: str) -> Iterable[int | None]:
    """The complaint's community, and the one of its group: whoever was added by hand may live elsewhere."""
    statement = (
        select(Complaint.community_id, GroupCase.community_id)
        .outerjoin(GroupMember, and_(GroupMember.complaint_id == Complaint.id, GroupMember.left_at.is_(None)))
        .outerjoin(GroupMember.group)
        .where(Complaint.number == number)
    )
    return chain.from_iterable(db.session.execute(statement))


def communities(ids: Iterable[int | None]) -> None:
    """Lock these communities in the order of their ids; who only refers to one is not kept waiting."""
    wanted = {community_id for community_id in ids if community_id is not None}
    if wanted:
        locked = select(Community.id).where(Community.id.in_(wanted)).order_by(Community.id)
        db.session.execute(locked.with_for_update(key_share=True)).all()


def take(ids: Collection[int]) -> list[int]:
    """Lock these complaints, passing over any that somebody else is changing now; returns the ones locked."""
    statement = (
        select(Complaint)
        .where(Complaint.id.in_(ids))
        .order_by(Complaint.id)
        .with_for_update(of=Complaint, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [complaint.id for complaint in db.session.scalars(statement)]
