"""Photos that a customer sends from their page: evidence of their side, as they took it (H-07, A-10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from extensions import db
from models import CustomerLink, Evidence
from rules.refusals import Refusal
from rules.vocabulary import N_, EventKind, EvidenceUse, Side
from services import evidence, timeline
from services.actors import SYSTEM
from services.evidence import About, Upload

MOST = 20
"""Files by one link."""


def sent(link: CustomerLink) -> int:
    """How many files came by this link."""
    own = (Evidence.complaint_id == link.complaint_id, Evidence.uploaded_by_id.is_(None))
    return db.session.scalar(select(func.count()).where(*own, Evidence.uploaded_at >= link.made_at)) or 0


def take(link: CustomerLink, uploads: Sequence[Upload], *, now: datetime) -> list[Evidence]:
    """Keep them with the complaint, which the caller has locked.

    Raises:
        Refusal: too many, or a file that is no photo or paper (``evidence.check``).
    """
    if not uploads:
        return []
    if sent(link) + len(uploads) > MOST:
        raise Refusal(N_("At most %(most)s files can be sent here."), field="photos", most=MOST)
    about = About(link.complaint)
    kept = evidence.keep(uploads, about=about, use=EvidenceUse.GENERAL, side=Side.CUSTOMERS, actor=None, now=now)
    names = [item.original_name for item in kept]
    timeline.add(link.complaint, EventKind.CUSTOMER_WROTE, actor=SYSTEM, now=now, details={"names": names})
    db.session.flush()
    return kept
