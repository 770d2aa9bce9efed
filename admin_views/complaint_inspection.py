"""The tab of inspections: measured with typed tests, told by both sides, confirmed by the customer (D-16, N11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import lazy_gettext
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import Length

from admin_views.base import actor
from admin_views.complaint_section import SectionForm, SectionPage
from admin_views.fields import CountField, MeasureField, MomentField, PersonField, WordField
from admin_views.signature_field import SignatureField
from extensions import timepiece
from models import Base, Complaint, Finding, Inspection, Person
from rules.lifecycle import SECTION_STATUSES
from rules.next_steps import Tab
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.texts import LONGEST
from rules.vocabulary import (
    AppointmentPurpose,
    AppointmentState,
    EvidenceUse,
    FindingKind,
    Section,
    Side,
    WorkPart,
)
from services import evidence, inspections, people
from services.evidence import Upload
from services.inspections import Measured


class InspectionForm(SectionForm):
    """A form of this tab, while somebody may look at the place."""

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """To whoever works on site."""
        return complaint.status in SECTION_STATUSES[Section.INSPECTION] and actor.may(Permission.WORK)


class BeginForm(InspectionForm):
    """Who looks, and whether the customer is there."""

    word = lazy_gettext("Begin an inspection")
    hint = lazy_gettext("You are at the customer's now: the clock to be on site stops.")
    inspector = PersonField(lazy_gettext("Who looks"), people=people.nameable)
    is_customer_present = BooleanField(lazy_gettext("The customer or somebody of theirs is there"), default=True)
    words = TextAreaField(lazy_gettext("What is looked at"), [Length(max=LONGEST)])

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """One at a time."""
        return super().is_offered(complaint, item, actor) and inspections.running(complaint) is None

    def propose(self) -> None:
        """Whoever writes it down is there, most of the time."""
        self.inspector.process_data(actor().id)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Begin it; the appointment whose hour has come is kept by it, of several the latest."""
        due = [
            each
            for each in self.complaint.appointments
            if each.purpose is AppointmentPurpose.INSPECTION
            and each.state is AppointmentState.PLANNED
            and each.starts_at <= now
        ]
        inspections.begin(
            self.complaint,
            inspector=people.by_id(self.inspector.data) if self.inspector.data else actor,
            is_customer_present=bool(self.is_customer_present.data),
            words=self.words.data or "",
            appointment=max(due, key=lambda each: each.starts_at, default=None),
            actor=actor,
            now=now,
        )


class OfOneForm(InspectionForm):
    """A form about the inspection that goes on."""

    model = Inspection

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Until it is over."""
        return super().is_offered(complaint, item, actor) and item.ended_at is None


class MeasureForm(OfOneForm):
    """Where something was measured; each test adds its numbers."""

    kind: ClassVar[FindingKind]
    part = WordField(lazy_gettext("Part of the work"), words=WorkPart, default=WorkPart.TILING)
    place = StringField(lazy_gettext("Where"), [Length(max=inspections.MAX_PLACE)])

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down."""
        numbers = {name: self[name].data for name in inspections.NUMBERS if name in self}
        words = self["words"].data or "" if "words" in self else ""
        measured = Measured(self.kind, self.part.data, self.place.data or "", words, **numbers)
        inspections.measure(self.item, measured, actor=actor, now=now)


class TilesForm(MeasureForm):
    """Tiles tapped with the hammer."""

    word = lazy_gettext("Tiles tapped")
    kind = FindingKind.HOLLOW_TILES
    tapped = CountField(lazy_gettext("Tiles tapped"))
    hollow = CountField(lazy_gettext("of them hollow"))


class WaterForm(MeasureForm):
    """Water that is filled in and has to stand for a day."""

    word = lazy_gettext("Water filled in")
    kind = FindingKind.WATER_HOLDING
    hint = lazy_gettext("It has to stand for 24 hours; the inspector gets an SMS when they are over.")
    filled_at = MomentField(lazy_gettext("Filled in at"))
    depth = MeasureField(lazy_gettext("Depth (mm)"))

    def propose(self) -> None:
        """Now, in a wet room."""
        self.part.process_data(WorkPart.WATERPROOFING)
        self.filled_at.process_data(timepiece.now())


class CrackForm(MeasureForm):
    """A crack and how large it is."""

    word = lazy_gettext("Crack")
    kind = FindingKind.CRACK
    length = MeasureField(lazy_gettext("Length (mm)"))
    width = MeasureField(lazy_gettext("Width (mm)"))

    def propose(self) -> None:
        """In a wall, mostly."""
        self.part.process_data(WorkPart.WALLS)


class SeenForm(MeasureForm):
    """Whatever has no number."""

    word = lazy_gettext("Something else seen")
    kind = FindingKind.OTHER
    words = TextAreaField(lazy_gettext("What was seen"), [Length(max=inspections.MAX_WORDS)])


class PhotosForm(OfOneForm):
    """Photos of before, of one side or the other."""

    word = lazy_gettext("Add photos")
    side = WordField(lazy_gettext("Whose side they show"), words=Side, default=Side.OURS)
    evidence = MultipleFileField(lazy_gettext("Photos and files"))

    def do(self, *, actor: Person, now: datetime) -> None:
        """Keep them with the inspection."""
        uploads = [Upload(file.filename, file.stream) for file in self["evidence"].data or [] if file.filename]
        evidence.require_some(uploads)
        evidence.attach(
            self.complaint,
            uploads=uploads,
            use=EvidenceUse.BEFORE,
            side=self.side.data,
            inspection=self.item,
            actor=actor,
            now=now,
        )


class EndForm(OfOneForm):
    """What was found and what both say; the customer signs (H-07)."""

    word = lazy_gettext("End and have it confirmed")
    conclusion = TextAreaField(lazy_gettext("What was found"), [Length(max=LONGEST)])
    our_side = TextAreaField(lazy_gettext("Our side"), [Length(max=LONGEST)])
    customers_side = TextAreaField(lazy_gettext("The customer's side"), [Length(max=LONGEST)])
    signature = SignatureField(lazy_gettext("The customer's signature"))
    confirmed_words = StringField(
        lazy_gettext("or how they agreed without signing"), [Length(max=inspections.MAX_WORDS)]
    )
    absence = StringField(lazy_gettext("Why nobody was there"), [Length(max=200)])

    def __iter__(self) -> Any:
        """Nobody signs who is not there, and nobody explains why somebody was not."""
        is_present = self.item is not None and self.item.is_customer_present
        needless = {"absence"} if is_present else {"signature", "confirmed_words"}
        return iter([field for field in super().__iter__() if field.short_name not in needless])

    def do(self, *, actor: Person, now: datetime) -> None:
        """End it."""
        words = {
            name: self[name].data or ""
            for name in ("conclusion", "our_side", "customers_side", "absence", "confirmed_words")
        }
        inspections.end(self.item, **words, signature=self.signature.data, actor=actor, now=now)


class ReadForm(InspectionForm):
    """How far the water fell."""

    model = Finding
    word = lazy_gettext("Read the water")
    drop = MeasureField(lazy_gettext("Fallen by (mm)"))

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """While it stands."""
        is_standing = item.kind is FindingKind.WATER_HOLDING and item.drop_by is None
        return is_standing and super().is_offered(complaint, item, actor)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write it down; it is read now, so that a reading too early is told beside the only field there is."""
        try:
            inspections.read_water(self.item, drop=self.drop.data, actor=actor, now=now)
        except Refusal as refusal:
            refusal.field = {"read_at": "drop"}.get(refusal.field, refusal.field)
            raise


class InspectionPage(SectionPage):
    """What was seen and measured at the customer's."""

    tab = Tab.INSPECTION
    template = "complaint_inspection.html"
    forms: Mapping[str, type[SectionForm]] = {
        "begin": BeginForm,
        "end": EndForm,
        "tiles": TilesForm,
        "water": WaterForm,
        "crack": CrackForm,
        "seen": SeenForm,
        "photos": PhotosForm,
        "read": ReadForm,
    }

    def items(self, complaint: Complaint) -> Iterable[Base]:
        """The inspections and what was measured in each."""
        for inspection in inspections.of(complaint):
            yield inspection
            yield from inspection.findings

    def belongs(self, item: Any, complaint: Complaint) -> bool:
        """A measurement belongs to its inspection's complaint."""
        inspection = item.inspection if isinstance(item, Finding) else item
        return bool(inspection.complaint_id == complaint.id)

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """The inspections and how each measurement reads."""
        return {
            "inspections": inspections.of(complaint),
            "verdict": inspections.verdict,
            "reading": inspections.reading,
        }
