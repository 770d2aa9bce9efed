"""Inspections: what was measured at the customer's, what both sides say, that the customer agreed (D-16, H-07, N11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from extensions import db
from models import Appointment, Complaint, Finding, Inspection, Person
from rules import findings as rule
from rules import texts
from rules.findings import Crack, HollowTiles, WaterHolding
from rules.lifecycle import SECTION_STATUSES, check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import (
    N_,
    AppointmentState,
    Category,
    ContactMethod,
    EventKind,
    FindingKind,
    FindingVerdict,
    NotificationKind,
    Section,
    WorkPart,
)
from services import acknowledgements, complaints, evidence, milestones, notifications, timeline, visits
from services.actors import require
from services.evidence import About

MAX_PLACE = 100
MAX_WORDS = 500
LOOKED_AT = frozenset({Category.QUALITY, Category.SAFETY})
"""Categories in which somebody always looks (D-16)."""


def begin(
    complaint: Complaint,
    *,
    inspector: Person,
    is_customer_present: bool,
    words: str,
    appointment: Appointment | None = None,
    actor: Person,
    now: datetime,
) -> Inspection:
    """Somebody is there and begins to look: the customer is talked to, and the clock to be on site stops (D-16).

    ``words`` is what is looked at. An appointment whose hour has come is kept by it.

    Raises:
        Refusal: no words. Conflict: an inspection goes on already, or the complaint takes none any more.
    """
    require(actor, Permission.WORK)
    check_section(Section.INSPECTION, complaint.status)
    texts.check_given(words, N_("Please write down what is looked at."), field="words")
    if running(complaint) is not None:
        raise Conflict(N_("An inspection goes on already; end it first."))
    made = Inspection(
        complaint=complaint,
        appointment=appointment,
        inspector=inspector,
        started_at=now,
        is_customer_present=is_customer_present,
    )
    db.session.add(made)
    _note_visit(complaint, appointment, words=words, is_reached=is_customer_present, actor=actor, now=now)
    milestones.on_site(complaint, actor=actor, now=now)
    _tell(made, "begin", note=words, actor=actor, now=now)
    return made


@dataclass(frozen=True)
class Measured:
    """What was measured where; which numbers there are depends on the kind. Lengths are millimetres."""

    kind: FindingKind
    part: WorkPart
    place: str
    words: str = ""
    tapped: int | None = None
    hollow: int | None = None
    filled_at: datetime | None = None
    depth: Decimal | None = None
    length: Decimal | None = None
    width: Decimal | None = None

    def check(self, *, now: datetime) -> None:
        """Refuse what cannot be.

        Raises:
            Refusal: the place, a number or the words are missing or make no sense.
        """
        texts.check_given(self.place, N_("Please write down where."), field="place", longest=MAX_PLACE)
        texts.check(self.words, field="words", longest=MAX_WORDS)
        for name in _NUMBERS[self.kind]:
            if getattr(self, name) is None:
                raise Refusal(N_("Please fill this in."), field=name)
        if self.kind is FindingKind.OTHER:
            texts.check_given(self.words, N_("Please write down what was seen."), field="words")
        test = reading(self)
        if isinstance(test, WaterHolding):
            test.check(now=now)
        elif test is not None:
            test.check()


_NUMBERS: Mapping[FindingKind, tuple[str, ...]] = {
    FindingKind.HOLLOW_TILES: ("tapped", "hollow"),
    FindingKind.WATER_HOLDING: ("filled_at", "depth"),
    FindingKind.CRACK: ("length", "width"),
    FindingKind.OTHER: (),
}
"""What each kind of measurement cannot do without."""

NUMBERS = tuple(name for names in _NUMBERS.values() for name in names)


def measure(inspection: Inspection, measured: Measured, *, actor: Person, now: datetime) -> Finding:
    """Write a measurement down.

    Raises:
        Refusal: see ``Measured.check``. Conflict: the inspection is over.
    """
    _begin_change(inspection, actor)
    measured.check(now=now)
    numbers = {name: getattr(measured, name) for name in _NUMBERS[measured.kind]}
    made = Finding(
        kind=measured.kind, part=measured.part, place=measured.place.strip(), words=measured.words.strip(), **numbers
    )
    inspection.findings.append(made)
    _tell(inspection, "measured", note=f"{measured.place.strip()} {measured.words.strip()}", actor=actor, now=now)
    return made


def read_water(finding: Finding, *, drop: Decimal | None, actor: Person, now: datetime) -> None:
    """Read how far the water fell; a test may be read after its inspection has ended, but not before 24 hours (D-16).

    Raises:
        Refusal: too early, or more is gone than there was. Conflict: it was read already, or is no such test.
    """
    require(actor, Permission.WORK)
    check_section(Section.INSPECTION, finding.inspection.complaint.status)
    if finding.kind is not FindingKind.WATER_HOLDING or finding.drop_by is not None:
        raise Conflict(N_("This test was read already."))
    if drop is None:
        raise Refusal(N_("Please fill this in."), field="drop")
    assert finding.filled_at is not None and finding.depth is not None, "a CHECK of the table says so"
    WaterHolding(finding.filled_at, finding.depth, read_at=now, drop=drop).check(now=now)
    finding.read_at, finding.drop_by = now, drop
    _tell(finding.inspection, "water", note=finding.place, actor=actor, now=now)


def end(
    inspection: Inspection,
    *,
    conclusion: str,
    our_side: str,
    customers_side: str,
    absence: str,
    confirmed_words: str,
    signature: bytes | None,
    actor: Person,
    now: datetime,
) -> None:
    """Tell what was found, both sides (H-07); the customer signs or says yes, or why nobody was there stands beside it.

    Raises:
        Refusal: no conclusion, no confirmation, or no word on why nobody was there. Conflict: it is over.
    """
    _begin_change(inspection, actor)
    texts.check_given(conclusion, N_("Please write down what was found."), field="conclusion")
    for field, text in {"our_side": our_side, "customers_side": customers_side}.items():
        texts.check(text, field=field)
    texts.check(confirmed_words, field="confirmed_words", longest=MAX_WORDS)
    if inspection.is_customer_present:
        if signature is None and not confirmed_words.strip():
            raise Refusal(N_("The customer signs, or write down how they agreed."), field="confirmed_words")
    else:
        texts.check_given(absence, N_("Please write down why nobody was there."), field="absence", longest=200)
    if signature is not None:
        about = About(inspection.complaint, inspection=inspection)
        evidence.keep_signature(signature, about=about, actor=actor, now=now)
    inspection.conclusion, inspection.absence = conclusion.strip(), absence.strip()
    inspection.our_side, inspection.customers_side = our_side.strip(), customers_side.strip()
    inspection.confirmed_words = confirmed_words.strip()
    inspection.ended_at = now
    _tell(inspection, "end", note=conclusion, actor=actor, now=now)


def running(complaint: Complaint) -> Inspection | None:
    """The inspection that goes on, if one does."""
    statement = select(Inspection).where(Inspection.complaint_id == complaint.id, Inspection.ended_at.is_(None))
    return db.session.scalar(statement.order_by(Inspection.id).limit(1))


def of(complaint: Complaint) -> list[Inspection]:
    """The complaint's inspections, the newest on top, with what was measured and photographed."""
    statement = (
        select(Inspection)
        .where(Inspection.complaint_id == complaint.id)
        .options(selectinload(Inspection.findings), selectinload(Inspection.evidence), joinedload(Inspection.inspector))
        .order_by(Inspection.id.desc())
    )
    return list(db.session.scalars(statement))


def reading(measured: Measured | Finding) -> HollowTiles | WaterHolding | Crack | None:
    """The measurement as the rules read it; None where nothing is measured in numbers."""
    if measured.kind is FindingKind.HOLLOW_TILES and measured.tapped is not None and measured.hollow is not None:
        return HollowTiles(measured.tapped, measured.hollow)
    if measured.kind is FindingKind.WATER_HOLDING and measured.filled_at is not None and measured.depth is not None:
        read_at, drop = (measured.read_at, measured.drop_by) if isinstance(measured, Finding) else (None, None)
        return WaterHolding(measured.filled_at, measured.depth, read_at=read_at, drop=drop)
    if measured.kind is FindingKind.CRACK and measured.length is not None and measured.width is not None:
        return Crack(measured.length, measured.width)
    return None


def verdict(finding: Finding) -> FindingVerdict:
    """What the measurement says; what has no number is for a person to judge."""
    test = reading(finding)
    return test.verdict if test is not None else FindingVerdict.OPEN


def tell_of_water(*, now: datetime, limit: int = 200) -> int:
    """Tell the inspector that the water has stood for long enough, once; returns how many were told."""
    over = (
        select(Finding)
        .where(
            Finding.kind == FindingKind.WATER_HOLDING,
            Finding.drop_by.is_(None),
            Finding.told_at.is_(None),
            Finding.filled_at <= now - rule.HOLDING_TIME,
        )
        .order_by(Finding.filled_at)
        .limit(limit)
        .with_for_update(of=Finding, skip_locked=True)
    )
    told = list(db.session.scalars(over))
    for finding in told:
        finding.told_at = now
        complaint = finding.inspection.complaint
        if complaint.status in SECTION_STATUSES[Section.INSPECTION]:
            notifications.queue(
                kind=NotificationKind.WATER_TEST_OVER,
                person=finding.inspection.inspector,
                dedup_key=f"finding:{finding.id}:water",
                complaint=complaint,
                now=now,
                number=complaint.number,
            )
    db.session.flush()
    return len(told)


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """Look at the place, read the water, end what was begun."""
    if complaint.status not in SECTION_STATUSES[Section.INSPECTION]:
        return []
    found = of(complaint)
    if not found:
        is_looked_at = complaint.category in LOOKED_AT and not complaint.is_history
        return [NextStep(Tab.INSPECTION, N_("Look at the place together with the customer"))] if is_looked_at else []
    steps = [
        NextStep(Tab.INSPECTION, N_("End the inspection and have it confirmed"), due_at=each.started_at)
        for each in found
        if each.ended_at is None
    ]
    waters = [reading(finding) for each in found for finding in each.findings if finding.drop_by is None]
    return steps + [
        NextStep(Tab.INSPECTION, N_("Read the water-holding test"), due_at=test.over_at)
        for test in waters
        if isinstance(test, WaterHolding)
    ]


def _note_visit(
    complaint: Complaint,
    appointment: Appointment | None,
    *,
    words: str,
    is_reached: bool,
    actor: Person,
    now: datetime,
) -> None:
    is_due = appointment is not None and appointment.state is AppointmentState.PLANNED and now >= appointment.starts_at
    if appointment is not None and is_due and is_reached:
        visits.keep(appointment, summary=words, actor=actor, now=now)
    else:
        complaints.log_contact(
            complaint, method=ContactMethod.VISIT, is_reached=is_reached, summary=words, actor=actor, now=now
        )


def _begin_change(inspection: Inspection, actor: Person) -> None:
    require(actor, Permission.WORK)
    check_section(Section.INSPECTION, inspection.complaint.status)
    if inspection.ended_at is not None:
        raise Conflict(N_("This inspection is over."))


def _tell(inspection: Inspection, step: str, *, note: str, actor: Person, now: datetime) -> None:
    db.session.flush()
    complaint = inspection.complaint
    timeline.add(complaint, EventKind.INSPECTED, actor=actor, now=now, note=note.strip(), details={"step": step})
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
