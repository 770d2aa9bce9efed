"""The papers of a complaint: what can be printed now, the copies of its case file and their boxes (G-05, N17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from flask import url_for
from flask_babel import lazy_gettext
from sqlalchemy import select
from wtforms import StringField
from wtforms.validators import Length

from admin_views import paper_case_file, paper_work_orders
from admin_views.complaint_section import SectionForm, SectionPage
from admin_views.words import may
from extensions import db
from models import Base, CaseFile, Complaint, Person, WorkOrder
from rules.next_steps import Tab
from rules.permissions import Permission
from services import case_files


class PrintForm(SectionForm):
    """Nothing to ask: the case is printed as it stands."""

    word = lazy_gettext("Print the case file")
    hint = lazy_gettext(
        "Everything on record is printed as a numbered PDF with its checksum, the customer's phone number in full. "
        "The copy is kept, and the timeline says who printed it."
    )

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Whoever may see the phone number."""
        return actor.may(Permission.REVEAL)

    def do(self, *, actor: Person, now: datetime) -> None:
        """Print the next copy."""
        case_files.print_copy(
            self.complaint, write=lambda copy: paper_case_file.paper(self.complaint, copy), actor=actor, now=now
        )


class BoxForm(SectionForm):
    """In which box of the archive the paper lies."""

    model: ClassVar[type[Base] | None] = CaseFile
    word = lazy_gettext("Archive box")
    box = StringField(lazy_gettext("Number of the box"), [Length(max=case_files.MAX_BOX)])

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Whoever writes on the record."""
        return actor.may(Permission.NOTE)

    def propose(self) -> None:
        """The box it lies in."""
        self.box.data = self.item.archive_box

    def do(self, *, actor: Person, now: datetime) -> None:
        """Write the box down."""
        case_files.put_away(self.item, box=self.box.data or "", actor=actor, now=now)


class PapersSection(SectionPage):
    """What there is on paper, and what can be printed."""

    tab = Tab.PAPERS
    template = "complaint_papers.html"
    forms: ClassVar[Mapping[str, type[SectionForm]]] = {"print": PrintForm, "box": BoxForm}

    def items(self, complaint: Complaint) -> Iterable[Base]:
        """The copies."""
        return case_files.of(complaint)

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """The copies and the papers of the work orders."""
        orders = select(WorkOrder).where(WorkOrder.complaint_id == complaint.id).order_by(WorkOrder.id.desc())
        return {
            "copies": case_files.of(complaint),
            "orders": db.session.scalars(orders).all(),
            "is_done": paper_work_orders.is_done,
            "may_reveal": may(Permission.REVEAL),
            "copy_link": _copy_link,
        }


def _copy_link(copy: CaseFile) -> str:
    return url_for("papers.case_file", number=copy.complaint.number, copy=copy.copy)
