"""The lock of a complaint: whoever is about to change one takes it first, so that changes come one after the other."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from extensions import db
from models import Complaint
from rules.refusals import NotFound
from rules.vocabulary import N_


def by_number(number: str) -> Complaint:
    """The complaint, read afresh and locked until the transaction ends.

    Raises:
        NotFound: there is no such number.
    """
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
