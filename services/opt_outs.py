"""Opt-outs: numbers that want no more messages. Customers are taken at their word; of staff it is known as a wish."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import OptOut
from services import first_writer

LONGEST_WORDS = 40


def stands(phone: str) -> bool:
    """Whether the number wants no messages now."""
    return standing(phone) is not None


def standing(phone: str | None) -> OptOut | None:
    """The wish that stands for a number, with its words and since when."""
    if not phone:
        return None
    return db.session.scalar(select(OptOut).where(OptOut.phone == phone, OptOut.ended_at.is_(None)))


def opt_out(phone: str, words: str, now: datetime) -> bool:
    """The number wants no more messages; False where it said so before."""
    if stands(phone):
        return False
    return first_writer.insert(OptOut(phone=phone, words=words.strip()[:LONGEST_WORDS], opted_out_at=now))


def opt_in(phone: str, now: datetime) -> bool:
    """The number wants messages again; False where it never said otherwise."""
    wish = standing(phone)
    if wish is None:
        return False
    wish.ended_at = now
    db.session.flush()
    return True
