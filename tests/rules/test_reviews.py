"""Reviews: when one is needed, when it may end, and what counts say of an action (G-06, N14, RV3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules import reviews
from rules.refusals import Refusal
from rules.vocabulary import ActionEffect, Severity


@pytest.mark.parametrize(
    ("level", "verified", "has_cause", "match"),
    [
        (Severity.GENERAL, [], True, "at least once"),
        (Severity.GENERAL, [False], False, "cause"),
        (Severity.MAJOR, [True, False], True, "verifies the last"),
    ],
)
def test_a_review_that_lacks_something_does_not_end(
    level: Severity, verified: list[bool], has_cause: bool, match: str
) -> None:
    with pytest.raises(Refusal, match=match):
        reviews.check_finish(level, verified, has_cause=has_cause)


@pytest.mark.parametrize(("level", "verified"), [(Severity.URGENT, [False]), (Severity.MAJOR, [False, True])])
def test_a_review_with_why_and_cause_ends(level: Severity, verified: list[bool]) -> None:
    reviews.check_finish(level, verified, has_cause=True)


@pytest.mark.parametrize(
    ("before", "after", "days", "effect"),
    [
        (6, 3, 30, ActionEffect.WORKED),
        (6, 4, 30, ActionEffect.UNCLEAR),
        (6, 6, 30, ActionEffect.FAILED),
        (0, 3, 14, ActionEffect.FAILED),
        (3, 0, 14, ActionEffect.WORKED),
        (2, 0, 30, ActionEffect.UNCLEAR),
        (6, 0, 13, ActionEffect.UNCLEAR),
    ],
)
def test_the_counts_say_whether_it_helped(before: int, after: int, days: int, effect: ActionEffect) -> None:
    assert reviews.effect(before, after, timedelta(days=days)) is effect
