"""The follow-up tab of a complaint: what the customer was asked and said, what comes next, and the links they got."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from admin_views.complaint_section import SectionForm, SectionPage
from admin_views.follow_up_forms import AnswerForm, LinkForm, TryForm, scores_of
from models import Complaint, FollowUp
from rules.next_steps import Tab
from services import customer_links, follow_up_plans, follow_ups


class FollowUpPage(SectionPage):
    """Asked until they are satisfied."""

    tab = Tab.FOLLOW_UP
    template = "complaint_follow_up.html"
    forms: Mapping[str, type[SectionForm]] = {"link": LinkForm, "answer": AnswerForm, "unreached": TryForm}

    def items(self, complaint: Complaint) -> Iterable[FollowUp]:
        """The question that comes next; those after it wait their turn."""
        coming = follow_ups.to_ask(complaint)
        return [coming] if coming is not None and follow_ups.is_asked_in(complaint) else []

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """Everything that was asked and sent."""
        return {
            "questions": follow_ups.of(complaint),
            "links": customer_links.of(complaint),
            "scores_of": scores_of,
            "tries": follow_ups.tries_since_resolved(complaint),
            "tries_needed": follow_up_plans.policy().tries,
            "has_address": customer_links.are_possible(),
        }
