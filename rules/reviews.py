"""When a review is needed and finished, and by what rule a corrective action has helped (G-06, N14, RV1–RV3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from rules.refusals import Refusal
from rules.vocabulary import N_, ActionEffect, Severity

MOST_WHYS = 9
"""Five is the custom (G-06); a chain that needs more than nine asks the wrong question."""

SHORTEST_SPAN = timedelta(days=14)
"""Less time than this after an action says nothing."""

FEWEST = 3
"""With fewer complaints than this on both sides, a difference is chance."""


def is_needed(level: Severity) -> bool:
    """Whether a complaint of this level counts as finished only with a finished review: the gravest does."""
    return level is Severity.MAJOR


def check_finish(level: Severity, verified: Sequence[bool], *, has_cause: bool) -> None:
    """A review ends with at least one why and a cause; at level 1 somebody else has verified the last why.

    ``verified`` says of each why, in order, whether somebody else verified it.

    Raises:
        Refusal: something of it is missing.
    """
    if not verified:
        raise Refusal(N_("Please answer “why?” at least once."))
    if not has_cause:
        raise Refusal(N_("Please choose the cause."), field="root_cause_id")
    if is_needed(level) and not verified[-1]:
        raise Refusal(N_("At level 1 somebody else verifies the last why first."))


def effect(before: int, after: int, span: timedelta) -> ActionEffect:
    """What the counts of equally long spans before and after an action say: half or fewer is a success.

    As many as before, or more, is a failure; in between, or with too little to count, nobody can say.
    """
    if span < SHORTEST_SPAN or max(before, after) < FEWEST:
        return ActionEffect.UNCLEAR
    if after * 2 <= before:
        return ActionEffect.WORKED
    return ActionEffect.FAILED if after >= before else ActionEffect.UNCLEAR
