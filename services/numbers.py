"""Running numbers that are never given twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from extensions import COMPANY_ZONE, db
from models import NumberSequence


def complaint_number(now: datetime) -> str:
    """The next number of the month in company time: C-2611-0231; after 9999 it simply grows longer."""
    return complaint_numbers(now, 1)[0]


def group_number(now: datetime) -> str:
    """The next number of a group complaint: G-2611-0004."""
    prefix = f"G-{now.astimezone(COMPANY_ZONE):%y%m}"
    return f"{prefix}-{_next(prefix, 1):04d}"


def work_order_number(now: datetime) -> str:
    """The next number of a work order: W-2611-0001."""
    prefix = f"W-{now.astimezone(COMPANY_ZONE):%y%m}"
    return f"{prefix}-{_next(prefix, 1):04d}"


def complaint_numbers(now: datetime, count: int) -> list[str]:
    """So many numbers of the month in a row."""
    prefix = f"C-{now.astimezone(COMPANY_ZONE):%y%m}"
    last = _next(prefix, count)
    return [f"{prefix}-{number:04d}" for number in range(last - count + 1, last + 1)]


def reply_place(count: int) -> int:
    """The last of so many places in a row of the sequence of reply codes."""
    return _next("reply", count)


def _next(prefix: str, count: int) -> int:
    """Raise and read in one statement: the row's lock makes the next caller wait for this transaction."""
    raised = _raise(prefix, count)
    if raised is None:
        try:
            with db.session.begin_nested():
                db.session.execute(insert(NumberSequence).values(prefix=prefix, last=0))
        except IntegrityError:
            pass  # Somebody opened the month at the same moment; the row is there, which is all we want.
        raised = _raise(prefix, count)
    assert raised is not None, f"number sequence {prefix} vanished"
    return raised


def _raise(prefix: str, count: int) -> int | None:
    return db.session.scalar(
        update(NumberSequence)
        .where(NumberSequence.prefix == prefix)
        .values(last=NumberSequence.last + count)
        .returning(NumberSequence.last)
    )
