"""Asking the customer afterwards (A-02, A-08, A-10, N13)."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from rules.follow_ups import DEFAULT_DOCUMENT, SHIPPED, FollowUpPolicy, Scores, check_writer, is_repeat, may_close
from rules.refusals import Conflict, Refusal
from rules.vocabulary import FollowUpWay, Severity

RESOLVED = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("field", ["attitude", "quality", "efficiency"])
@pytest.mark.parametrize("score", [0, 6, 9, -1, True])
def test_a_score_of_nine_is_refused(field: str, score: int) -> None:
    scores = {"attitude": 5, "quality": 5, "efficiency": 5, field: score}
    with pytest.raises(Refusal) as refusal:
        Scores(**scores).check()
    assert refusal.value.field == field


def test_satisfied_is_who_says_so_and_scores_so() -> None:
    for attitude, quality, efficiency in itertools.product(range(1, 6), repeat=3):
        scores = Scores(attitude, quality, efficiency)
        scores.check()
        assert scores.are_satisfied(says_so=True) is (min(attitude, quality, efficiency) >= 3)
        assert not scores.are_satisfied(says_so=False)


@pytest.mark.parametrize("way", FollowUpWay)
def test_nobody_marks_their_own_work(way: FollowUpWay) -> None:
    is_staff = way is not FollowUpWay.LINK
    check_writer(way, is_staff=is_staff, is_handler=False)
    with pytest.raises(Conflict):
        check_writer(way, is_staff=not is_staff, is_handler=False)
    with pytest.raises(Conflict):
        check_writer(way, is_staff=is_staff, is_handler=True)


class TestPolicy:
    def test_the_customer_is_asked_the_next_day_after_a_week_and_after_a_month(self) -> None:
        assert SHIPPED.due(Severity.MAJOR, RESOLVED) == [RESOLVED + DAY, RESOLVED + 7 * DAY, RESOLVED + 30 * DAY]
        assert SHIPPED.due(Severity.GENERAL, RESOLVED) == [RESOLVED + DAY, RESOLVED + 30 * DAY]

    def test_finished_projects_are_visited(self) -> None:
        """A-02; a month without a 31st has its last day."""
        visits = [date(2026, 2, 28), date(2026, 4, 30), date(2026, 7, 31), date(2027, 1, 31), date(2028, 1, 31)]
        assert SHIPPED.visits_on(date(2026, 1, 31)) == visits

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"level_1": []}, "level_1"),
            ({"level_1": [7, 1]}, "level_1"),
            ({"level_2": [1, 1]}, "level_2"),
            ({"level_3": [0]}, "level_3"),
            ({"level_3": [367]}, "level_3"),
            ({"level_3": "1"}, "level_3"),
            ({"level_1": list(range(1, 10))}, "level_1"),
            ({"visits": [121]}, "visits"),
            ({"tries": 0}, "tries"),
            ({"tries": True}, "tries"),
        ],
    )
    def test_nonsense_is_refused_beside_its_field(self, change: dict[str, object], field: str) -> None:
        with pytest.raises(Refusal) as refusal:
            FollowUpPolicy.from_document({**DEFAULT_DOCUMENT, **change})
        assert refusal.value.field == field

    def test_a_company_may_visit_nobody(self) -> None:
        assert FollowUpPolicy.from_document({**DEFAULT_DOCUMENT, "visits": []}).visits_on(date(2026, 1, 1)) == []


@pytest.mark.parametrize(("is_confirmed", "tries", "may"), [(True, 0, True), (False, 2, False), (False, 3, True)])
def test_closed_is_agreed_or_tried_often_enough(is_confirmed: bool, tries: int, may: bool) -> None:
    assert may_close(is_confirmed=is_confirmed, tries=tries, policy=SHIPPED) is may


@pytest.mark.parametrize(
    ("after", "is_it"), [(0 * DAY, True), (30 * DAY, True), (30 * DAY + DAY / 24, False), (-DAY, False)]
)
def test_a_complaint_within_thirty_days_is_the_old_one_come_back(after: timedelta, is_it: bool) -> None:
    assert is_repeat(RESOLVED + after, RESOLVED) is is_it
