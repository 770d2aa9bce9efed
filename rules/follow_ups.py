"""Asking the customer afterwards, until they are satisfied (A-02, A-05, A-08, A-10, N13).

Three scores from 1 to 5: attitude, quality, efficiency. When somebody is asked stands in the policy, level by level;
finished projects are visited on a rhythm of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from rules import documents
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, FollowUpWay, Severity
from rules.warranty import months_after

WORST, BEST = 1, 5

DISSATISFIED_UP_TO: Final = 2
"""One score as low as this is a dissatisfied customer, whatever they ticked."""

MOST_ROUNDS: Final = 8
MOST_DAYS: Final = 366
MOST_TRIES: Final = 10
REPEAT_WITHIN: Final = timedelta(days=30)
"""A new complaint of the same customer within this is the old one come back."""


@dataclass(frozen=True)
class Scores:
    """What a customer says of how they were treated."""

    attitude: int
    quality: int
    efficiency: int

    def check(self) -> None:
        """Refuse any other number.

        Raises:
            Refusal: a score lies outside 1 to 5.
        """
        for field in ("attitude", "quality", "efficiency"):
            documents.whole(getattr(self, field), field=field, lowest=WORST, highest=BEST)

    @property
    def lowest(self) -> int:
        """The worst of the three."""
        return min(self.attitude, self.quality, self.efficiency)

    def are_satisfied(self, *, says_so: bool) -> bool:
        """Whether the customer is satisfied: they say so, and no score says otherwise."""
        return says_so and self.lowest > DISSATISFIED_UP_TO


def check_writer(way: FollowUpWay, *, is_staff: bool, is_handler: bool) -> None:
    """Let nobody mark their own work (FU2).

    Raises:
        Conflict: whoever handled the complaint writes the scores down, or staff answers in the customer's place.
    """
    if is_staff is (way is FollowUpWay.LINK):
        raise Conflict(N_("On the page only the customer answers."))
    if is_handler:
        raise Conflict(N_("Whoever handled the complaint does not ask how it was; somebody else does."))


@dataclass(frozen=True)
class FollowUpPolicy:
    """After how many days each level is asked, after how many months a finished project is visited, and how often one
    tries in vain before a complaint may be closed without the customer's word.
    """

    days: Mapping[Severity, tuple[int, ...]]
    visits: tuple[int, ...]
    tries: int

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> FollowUpPolicy:
        """Read what a manager edited.

        Raises:
            Refusal: a level is never asked, the days do not rise, or a number makes no sense.
        """
        return cls(
            {level: _rising(document, f"level_{level.value}", highest=MOST_DAYS, least=1) for level in Severity},
            _rising(document, "visits", highest=120, least=0),
            documents.whole(document.get("tries"), field="tries", lowest=1, highest=MOST_TRIES),
        )

    def due(self, level: Severity, resolved_at: datetime) -> list[datetime]:
        """When the customer is asked: so many times 24 hours after it was resolved; quiet hours are the sender's."""
        return [resolved_at + timedelta(days=count) for count in self.days[level]]

    def visits_on(self, accepted_on: date) -> list[date]:
        """On which days a finished project is visited (A-02)."""
        return [months_after(accepted_on, months) for months in self.visits]


def may_close(*, is_confirmed: bool, tries: int, policy: FollowUpPolicy) -> bool:
    """Whether closed is agreed (FU4): the customer said so, or could not be reached often enough."""
    return is_confirmed or tries >= policy.tries


def is_repeat(first_word_at: datetime, before: datetime) -> bool:
    """Whether a complaint came so soon after the one ``before`` that they belong together."""
    return timedelta(0) <= first_word_at - before <= REPEAT_WITHIN


def _rising(document: Mapping[str, Any], name: str, *, highest: int, least: int) -> tuple[int, ...]:
    found = document.get(name, [])
    if not isinstance(found, list | tuple) or not least <= len(found) <= MOST_ROUNDS:
        raise Refusal(N_("Between %(least)s and %(most)s numbers."), field=name, least=least, most=MOST_ROUNDS)
    counts = tuple(documents.whole(each, field=name, lowest=1, highest=highest) for each in found)
    if list(counts) != sorted(set(counts)):
        raise Refusal(N_("Each number is higher than the one before."), field=name)
    return counts


DEFAULT_DOCUMENT: dict[str, Any] = {
    "level_1": [1, 7, 30],
    "level_2": [1, 7, 30],
    "level_3": [1, 30],
    "visits": [1, 3, 6, 12, 24],
    "tries": 3,
}
"""The next day, after a week, after a month; a small blemish is asked about twice."""

SHIPPED = FollowUpPolicy.from_document(DEFAULT_DOCUMENT)
