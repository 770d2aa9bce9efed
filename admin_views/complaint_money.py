"""The money tab of a complaint: what was offered, how far each is, what the project was granted in all (CA1, CA5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

from admin_views.base import actor
from admin_views.complaint_forms import CompensationForm
from admin_views.complaint_section import SectionForm, SectionPage
from extensions import timepiece
from models import Compensation, Complaint, Person
from rules.lifecycle import TRANSITIONS
from rules.next_steps import Tab
from rules.permissions import Permission
from rules.vocabulary import Action, CompensationStatus
from services import authorities, compensations
from services.authorities import Seat


class OfferForm(CompensationForm, SectionForm):
    """An offer, as on the overview."""

    word = lazy_gettext("Offer compensation")
    hint = lazy_gettext("Whoever the ladder names decides; the customer hears nothing before.")

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """For whoever may offer, while something may be given."""
        return actor.may(Permission.OFFER) and (complaint.status, Action.COMPENSATE) in TRANSITIONS


class MoneyPage(SectionPage):
    """What the customer gets."""

    tab = Tab.MONEY
    template = "complaint_money.html"
    forms: Mapping[str, type[SectionForm]] = {"offer": OfferForm}

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """Each compensation with what can be done, and the project's cap."""
        project = complaint.project
        seat = Seat.of(actor(), now=timepiece.now())
        policy = authorities.current()
        return {
            "steps": {item.id: compensations.possible_steps(item, seat) for item in complaint.compensations},
            "why_special": {item.id: authorities.needed(item).why_special for item in _undecided(complaint)},
            "granted": authorities.granted(project),
            "cap": policy.cap(project.amount) if project is not None and project.amount else None,
        }


def _undecided(complaint: Complaint) -> list[Compensation]:
    return [item for item in complaint.compensations if item.status is CompensationStatus.OFFERED]
