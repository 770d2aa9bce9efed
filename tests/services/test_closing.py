"""Closing: agreed with the customer or tried often enough, and nothing left in the way (FU4, N13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, scoped_session

from models import Complaint
from rules.refusals import Conflict, NotAllowed
from rules.vocabulary import ContactMethod, FollowUpWay, MaliceVerdict, Severity, Status
from services import closing, complaints, follow_ups, malice, promises
from tests.cast import Cast
from tests.conftest import Hands
from tests.services.conftest import grade

Db = scoped_session[Session]


@pytest.fixture
def handled(complaint: Complaint, cast: Cast, clock: Hands) -> Complaint:
    """王女士 was called and it is graded; 周强 has it."""
    complaints.log_contact(
        complaint, method=ContactMethod.PHONE, is_reached=True, summary="约好", actor=cast.zhou, now=clock.now()
    )
    grade(complaint, cast, clock.now(), Severity.GENERAL)
    return complaint


@pytest.fixture
def resolved(handled: Complaint, cast: Cast, clock: Hands) -> Complaint:
    """Resolved, in our view."""
    complaints.resolve(handled, resolution="重铺", actor=cast.zhou, now=clock.forward(hours=5))
    return handled


@pytest.mark.parametrize("way", [FollowUpWay.PHONE, FollowUpWay.VISIT, FollowUpWay.PAPER])
def test_the_customer_s_word_closes_it(way: FollowUpWay, resolved: Complaint, cast: Cast, clock: Hands) -> None:
    closing.close(resolved, agreement="客户满意", way=way, actor=cast.zhou, now=clock.now())
    assert (resolved.status, resolved.confirmed_way, resolved.confirmed_at) == (Status.CLOSED, way, clock.now())


def test_who_agreed_just_now_is_not_asked_today_but_in_a_month(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    closing.close(resolved, agreement="客户满意", actor=cast.zhou, now=clock.forward(hours=30))
    assert [each.state.value for each in follow_ups.of(resolved)] == ["cancelled", "planned"]


def test_nobody_closes_in_the_customer_s_name_on_the_page(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    with pytest.raises(Conflict, match="only the customer"):
        closing.close(resolved, agreement="满意", way=FollowUpWay.LINK, actor=cast.zhou, now=clock.now())
    assert resolved.confirmed_at is None


def test_without_a_word_it_takes_three_tries(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    follow_up = follow_ups.of(resolved)[0]
    for tried in range(3):
        with pytest.raises(Conflict, match=f"{tried} of 3"):
            closing.close(resolved, agreement="联系不上", way=None, actor=cast.zhou, now=clock.now())
        now = clock.forward(hours=4)
        follow_ups.try_in_vain(follow_up, method=ContactMethod.PHONE, actor=cast.zhao, now=now)
    closing.close(resolved, agreement="三次联系不上", way=None, actor=cast.zhou, now=clock.now())
    assert (resolved.status, resolved.confirmed_at) == (Status.CLOSED, None)


def test_tries_of_an_earlier_round_do_not_count(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    for _each in range(3):
        now = clock.forward(hours=4)
        follow_ups.try_in_vain(follow_ups.of(resolved)[0], method=ContactMethod.PHONE, actor=cast.zhao, now=now)
    complaints.reopen(resolved, reason="又坏了", actor=cast.zhao, now=clock.forward(hours=1))
    complaints.resolve(resolved, resolution="再修", actor=cast.zhou, now=clock.forward(hours=1))
    with pytest.raises(Conflict, match="0 of 3"):
        closing.close(resolved, agreement="联系不上", way=None, actor=cast.zhou, now=clock.now())


def test_an_open_promise_stands_in_the_way_and_is_named(handled: Complaint, cast: Cast, clock: Hands) -> None:
    due_at = clock.now() + timedelta(days=3)
    promise = promises.make(handled, text="送一次开荒保洁", due_at=due_at, actor=cast.zhou, now=clock.now())
    complaints.resolve(handled, resolution="重铺", actor=cast.zhou, now=clock.forward(hours=5))
    with pytest.raises(Conflict) as refusal:
        closing.close(handled, agreement="满意", actor=cast.zhou, now=clock.now())
    (step,) = refusal.value.params["steps"]  # type: ignore[misc]
    assert step.values == {"promise": "送一次开荒保洁"}
    assert (handled.status, handled.confirmed_at) == (Status.RESOLVED, None)
    promises.keep(promise, actor=cast.zhou, now=clock.now())
    closing.close(handled, agreement="满意", actor=cast.zhou, now=clock.now())


def test_who_may_not_close_learns_nothing_of_it(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    with pytest.raises(NotAllowed):
        closing.close(resolved, agreement="满意", actor=cast.auditor, now=clock.now())


def test_what_is_not_resolved_is_not_closed(handled: Complaint, cast: Cast, clock: Hands) -> None:
    with pytest.raises(Conflict):
        closing.close(handled, agreement="满意", actor=cast.zhou, now=clock.now())


def test_taken_up_again_the_agreement_is_gone(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    closing.close(resolved, agreement="满意", actor=cast.zhou, now=clock.now())
    complaints.reopen(resolved, reason="又坏了", actor=cast.zhao, now=clock.forward(days=2))
    assert (resolved.confirmed_at, resolved.confirmed_way) == (None, None)


def test_who_acted_in_bad_faith_need_not_agree(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    """A-10: what counsel found is enough; everybody else is asked first."""
    review = malice.say(resolved, suspicion="同一组照片", actor=cast.zhao, now=clock.now())
    with pytest.raises(Conflict):
        closing.close(resolved, agreement="恶意投诉", way=None, actor=cast.zhou, now=clock.now())
    malice.decide(review, verdict=MaliceVerdict.CONFIRMED, grounds="照片早于合同", actor=cast.gao, now=clock.now())
    closing.close(resolved, agreement="恶意投诉，已存档", way=None, actor=cast.zhou, now=clock.now())
    assert (resolved.status, resolved.confirmed_at) == (Status.CLOSED, None)
