"""The first writer wins: two people who write the same new thing at the same moment both end up with one row."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from extensions import db
from models import Base


def insert(record: Base) -> bool:
    """Insert the record; False when somebody else wrote it first (a unique index said so), then read theirs.

    Only the insert is undone, not the transaction around it.
    """
    try:
        with db.session.begin_nested():
            db.session.add(record)
    except IntegrityError:
        return False
    return True
