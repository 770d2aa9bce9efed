"""What became of telling somebody: the best of what is known."""

from __future__ import annotations

import pytest

from rules.message_fates import _FATES, Fate, fate
from rules.vocabulary import NotificationState

S = NotificationState


def test_every_state_has_its_fate() -> None:
    assert set(_FATES) == set(NotificationState)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], Fate.UNTOLD),
        ([S.FAILED], Fate.LOST),
        ([S.FAILED, S.EXPIRED, S.CANCELLED], Fate.LOST),
        ([S.CANCELLED], Fate.SPARED),
        ([S.FAILED, S.UNKNOWN], Fate.UNCERTAIN),
        ([S.UNKNOWN, S.QUEUED], Fate.ON_ITS_WAY),
        ([S.FAILED, S.ACCEPTED], Fate.TAKEN),
        ([S.ACCEPTED, S.DELIVERED, S.FAILED], Fate.REACHED),
    ],
)
def test_the_best_of_several_counts(states: list[NotificationState], expected: Fate) -> None:
    assert fate(states) is expected


def test_an_answer_says_more_than_any_receipt() -> None:
    assert fate([S.FAILED], has_answered=True) is Fate.ANSWERED
