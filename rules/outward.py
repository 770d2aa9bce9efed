"""Whoever asks from outside: how long each usually leaves for an answer, and what their asking says (N16, D-11, D-12).

What the letter or the platform itself says comes first; the days here are only proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from rules.severity import Facts
from rules.vocabulary import N_, OutwardBody


@dataclass(frozen=True)
class AnswerTime:
    """So many working days, and why so many."""

    working_days: int
    source: str


B = OutwardBody
ANSWER_TIMES: Mapping[OutwardBody, AnswerTime] = MappingProxyType(
    {
        B.CONSUMER_HOTLINE: AnswerTime(
            10, N_("12315 platform: businesses settle within 10 working days of the entry.")
        ),
        B.CONSUMER_ASSOCIATION: AnswerTime(
            10, N_("The company's rule, after the 12315 platform; a date in the letter comes first.")
        ),
        B.MAYORS_HOTLINE: AnswerTime(
            5, N_("The company's rule: city hotlines pass a case on with a few working days; their date comes first.")
        ),
        B.HOUSING_AUTHORITY: AnswerTime(10, N_("The company's rule; the date in the authority's letter comes first.")),
        B.COURT: AnswerTime(10, N_("The company's rule; the date in the summons comes first, and counsel answers.")),
        B.MEDIA: AnswerTime(1, N_("The company's rule: a question that is not answered today is printed unanswered.")),
        B.OTHER: AnswerTime(5, N_("The company's rule; whatever date they set comes first.")),
    }
)
"""How long each leaves, in working days from when it came."""

_CONSUMERS = frozenset({B.CONSUMER_ASSOCIATION, B.CONSUMER_HOTLINE})


def learned(facts: Facts, body: OutwardBody) -> Facts:
    """What is known of a complaint once such a body asks; its level follows (D-11, D-12)."""
    if body is OutwardBody.MEDIA:
        return replace(facts, is_media_involved=True)
    return replace(facts, mentions_consumer_association=True) if body in _CONSUMERS else facts
