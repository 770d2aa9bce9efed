"""Follow-ups: asked on time, by link or by staff other than the handler, until the customer is satisfied (FU1–FU3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, CustomerLink, FollowUp, Notification
from rules.follow_ups import SHIPPED, Scores
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import (
    ClockKind,
    ClockState,
    ContactMethod,
    EventKind,
    FollowUpState,
    FollowUpWay,
    NotificationKind,
    Severity,
    Stage,
    Status,
)
from services import calls, clocks, complaint_locks, complaints, customer_links, duty, follow_ups, outbox
from services.attempts import message_to_send
from services.follow_ups import Answer
from services.sandbox import fleet
from tests.cast import Cast
from tests.conftest import HOME, Hands
from tests.factories import FollowUpFactory, IntakeFactory, ProjectFactory
from tests.services.conftest import grade, lines

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]
HAPPY = Answer(Scores(5, 4, 3), is_solved=True, words="修得好")
CROSS = Answer(Scores(5, 2, 5), is_solved=True, words="砖缝又裂了")


@pytest.fixture
def resolved(complaint: Complaint, cast: Cast, clock: Hands, session: Db) -> Complaint:
    """王女士's tiles, laid anew by 周强."""
    complaints.log_contact(
        complaint,
        method=ContactMethod.PHONE,
        is_reached=True,
        summary="约好上门",
        actor=cast.zhou,
        now=clock.forward(minutes=9),
    )
    grade(complaint, cast, clock.forward(minutes=20), Severity.URGENT)
    complaints.resolve(complaint, resolution="空鼓砖全部重铺", actor=cast.zhou, now=clock.forward(hours=20))
    session.commit()
    assert complaint.handler is cast.zhou
    return complaint


def rounds(complaint: Complaint) -> list[tuple[int, FollowUpState]]:
    return [(each.round, each.state) for each in follow_ups.of(complaint)]


def first(complaint: Complaint) -> FollowUp:
    return follow_ups.of(complaint)[0]


def sent_link(complaint: Complaint, messages: Messages) -> str:
    """The secret in the newest SMS to the customer, as their phone has it."""
    text = customer_links.unsealed(messages(NotificationKind.FOLLOW_UP_LINK)[-1].text)
    found = re.search(rf"{HOME}/c/([\w-]+)", text)
    assert found is not None
    return found[1]


class TestPlanning:
    def test_the_customer_is_asked_on_the_days_of_the_level(self, resolved: Complaint, now: datetime) -> None:
        assert resolved.resolved_at is not None
        days = [(each.due_at - resolved.resolved_at).days for each in follow_ups.of(resolved)]
        assert days == [1, 7, 30]

    def test_taken_up_again_nothing_is_planned_and_a_new_end_plans_anew(
        self, resolved: Complaint, cast: Cast, clock: Hands
    ) -> None:
        complaints.reopen(resolved, reason="又空鼓", actor=cast.zhao, now=clock.forward(hours=2))
        assert {state for _round, state in rounds(resolved)} == {FollowUpState.CANCELLED}
        complaints.resolve(resolved, resolution="基层也重做", actor=cast.zhou, now=clock.forward(hours=30))
        assert [each for each, state in rounds(resolved) if state is FollowUpState.PLANNED] == [1, 2, 3]

    @given(
        st.dictionaries(
            st.sampled_from(list(Severity)),
            st.sets(st.integers(1, 366), min_size=1, max_size=8),
            min_size=3,
        ),
        st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    )
    def test_every_plan_rises_and_lies_ahead(self, days: dict[Severity, set[int]], at: datetime) -> None:
        policy = replace(SHIPPED, days={level: tuple(sorted(counts)) for level, counts in days.items()})
        for level in Severity:
            dues = policy.due(level, at)
            assert dues == sorted(set(dues)) and dues[0] >= at + timedelta(days=1)
            assert len(dues) == len(days[level])


class TestSweep:
    def test_the_customer_gets_a_link_once_and_the_database_cannot_open_it(
        self, public: str, resolved: Complaint, messages: Messages, clock: Hands, session: Db
    ) -> None:
        assert follow_ups.sweep(now=clock.forward(hours=23)) == 0
        assert follow_ups.sweep(now=clock.forward(hours=2)) == 1
        assert follow_ups.sweep(now=clock.forward(minutes=1)) == 0
        (told,) = messages(NotificationKind.FOLLOW_UP_LINK)
        assert told.customer == resolved.customer
        assert told.parts <= 2
        secret = sent_link(resolved, messages)
        assert secret not in f"{told.text}{told.variables}"
        link = session.scalars(select(CustomerLink)).one()
        assert secret not in link.digest
        assert customer_links.find(secret, now=clock.now()) is link
        assert message_to_send(told, fleet(clock.now).named("sandbox"), at=clock.now()).text.count(secret) == 1
        assert [each.kind for each in lines(resolved, EventKind.LINK_SENT)] == [EventKind.LINK_SENT]

    @pytest.mark.parametrize(("longest", "is_possible"), [(46, True), (47, False)])
    def test_an_address_that_has_no_room_in_an_sms_is_none(self, longest: int, is_possible: bool, app: Flask) -> None:
        before = app.config["DESK"]
        try:
            app.config["DESK"] = replace(before, public_url=f"https://{'d' * (longest - 8)}")
            with app.app_context():
                assert customer_links.are_possible() is is_possible
        finally:
            app.config["DESK"] = before

    def test_it_waits_for_the_morning(self, public: str, resolved: Complaint, messages: Messages, clock: Hands) -> None:
        clock.set(datetime(2026, 11, 30, 16, 0, tzinfo=clock.now().tzinfo))  # Midnight in Shanghai.
        follow_ups.sweep(now=clock.now())
        (told,) = messages(NotificationKind.FOLLOW_UP_LINK)
        assert told.due_at > clock.now() + timedelta(hours=6)

    def test_without_a_public_address_somebody_is_told_who_did_not_handle_it(
        self, resolved: Complaint, messages: Messages, clock: Hands
    ) -> None:
        follow_ups.sweep(now=clock.forward(hours=25))
        told = [each.person for each in messages(NotificationKind.FOLLOW_UP_DUE)]
        assert 1 <= len(told) <= 2 and resolved.handler not in told
        assert follow_ups.sweep(now=clock.forward(hours=1)) == 0

    def test_a_link_that_nobody_answers_brings_a_call(
        self, public: str, resolved: Complaint, messages: Messages, clock: Hands
    ) -> None:
        follow_ups.sweep(now=clock.forward(hours=25))
        follow_ups.sweep(now=clock.forward(hours=70))
        assert messages(NotificationKind.FOLLOW_UP_DUE) == []
        follow_ups.sweep(now=clock.forward(hours=3))
        assert messages(NotificationKind.FOLLOW_UP_DUE) != []

    def test_the_next_question_takes_the_place_of_the_one_before_and_ends_its_link(
        self, public: str, resolved: Complaint, messages: Messages, clock: Hands
    ) -> None:
        follow_ups.sweep(now=clock.forward(hours=25))
        old = sent_link(resolved, messages)
        follow_ups.sweep(now=clock.forward(days=6))
        assert [state.value for _round, state in rounds(resolved)] == ["cancelled", "planned", "planned"]
        assert customer_links.find(old, now=clock.now()) is None
        assert customer_links.find(sent_link(resolved, messages), now=clock.now()) is not None

    def test_a_closed_complaint_is_asked_about_after_a_month(
        self, public: str, resolved: Complaint, cast: Cast, messages: Messages, clock: Hands
    ) -> None:
        complaints.close(resolved, agreement="满意", actor=cast.zhao, now=clock.forward(hours=1))
        follow_ups.sweep(now=clock.forward(days=31))
        outbox.dispatch(fleet=fleet(clock.now), clock=clock.now)
        assert [each.state.value for each in messages(NotificationKind.FOLLOW_UP_LINK)] == ["accepted"]

    def test_a_finished_project_is_asked_by_somebody(
        self, public: str, cast: Cast, on_duty: Any, messages: Messages, clock: Hands
    ) -> None:
        visit = FollowUpFactory(complaint=None, project=ProjectFactory(), round=3, due_at=clock.now())
        assert follow_ups.sweep(now=clock.now()) == 1
        assert [each.person for each in messages(NotificationKind.FOLLOW_UP_DUE)] == [cast.lin]
        follow_ups.write_down(visit, answer=HAPPY, way=FollowUpWay.VISIT, actor=cast.zhou, now=clock.now())
        assert (visit.state, visit.opened) == (FollowUpState.ANSWERED, None)

    def test_what_the_owner_finds_wrong_becomes_a_complaint(
        self, public: str, cast: Cast, on_duty: Any, messages: Messages, clock: Hands, session: Db
    ) -> None:
        """A-02: the regular visit finds it, and it runs like any other complaint."""
        visit = FollowUpFactory(complaint=None, project=ProjectFactory(), round=3, due_at=clock.now())
        said = {"way": FollowUpWay.VISIT, "actor": cast.zhou, "now": clock.now()}
        with pytest.raises(Refusal) as refusal:
            follow_ups.write_down(visit, answer=Answer(Scores(5, 1, 5), is_solved=True), **said)
        assert refusal.value.field == "words" and visit.state is FollowUpState.PLANNED
        follow_ups.write_down(visit, answer=CROSS, **said)
        opened, project = visit.opened, visit.project
        assert opened is not None and project is not None
        assert (opened.project, opened.customer, opened.problem) == (project, project.customer, CROSS.words)
        assert (opened.stage, opened.status, opened.recorded_by) == (Stage.AFTER_SALES, Status.NEW, cast.zhou)
        assert ClockKind.CONTACT in {each.kind for each in opened.clocks if each.is_unstopped}
        assert {each.complaint for each in messages(NotificationKind.CUSTOMER_DISSATISFIED)} == {opened}
        with pytest.raises(Conflict):
            follow_ups.write_down(visit, answer=CROSS, **said)
        assert session.scalar(select(func.count()).select_from(Complaint)) == 1


class TestEntered:
    def test_satisfied_confirms_and_stops_the_clock(self, resolved: Complaint, cast: Cast, clock: Hands) -> None:
        follow_up = first(resolved)
        follow_ups.write_down(
            follow_up, answer=HAPPY, way=FollowUpWay.PHONE, actor=cast.zhao, now=clock.forward(hours=25)
        )
        assert (follow_up.state, follow_up.entered_by, follow_up.way) == (
            FollowUpState.ANSWERED,
            cast.zhao,
            FollowUpWay.PHONE,
        )
        assert (resolved.confirmed_way, resolved.status) == (FollowUpWay.PHONE, Status.RESOLVED)
        (clock_,) = [each for each in resolved.clocks if each.kind is ClockKind.FOLLOW_UP]
        assert clock_.state is ClockState.MET

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(CROSS, id="one score of two"),
            pytest.param(Answer(Scores(5, 5, 5), is_solved=False), id="five stars, and not solved"),
        ],
    )
    def test_dissatisfied_reopens_the_same_number_with_fresh_clocks_and_tells_once(
        self, answer: Answer, resolved: Complaint, cast: Cast, messages: Messages, clock: Hands
    ) -> None:
        number = resolved.number
        now = clock.forward(hours=25)
        follow_ups.write_down(first(resolved), answer=answer, way=FollowUpWay.PHONE, actor=cast.zhao, now=now)
        assert (resolved.status, resolved.number, resolved.confirmed_at) == (Status.HANDLING, number, None)
        fresh = clocks.unstopped(resolved, ClockKind.FORMAL_REPLY)
        assert fresh and clocks.unstopped(resolved, ClockKind.FOLLOW_UP) == []
        told = {each.person for each in messages(NotificationKind.CUSTOMER_DISSATISFIED)}
        assert told == {*duty.leaders(at=now), cast.zhou}
        assert {state for _round, state in rounds(resolved)[1:]} == {FollowUpState.CANCELLED}

    def test_nobody_marks_their_own_work(self, resolved: Complaint, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict, match="handled"):
            follow_ups.write_down(first(resolved), answer=HAPPY, way=FollowUpWay.PHONE, actor=cast.zhou, now=now)
        with pytest.raises(Conflict, match="only the customer"):
            follow_ups.write_down(first(resolved), answer=HAPPY, way=FollowUpWay.LINK, actor=cast.zhao, now=now)
        with pytest.raises(NotAllowed):
            follow_ups.write_down(first(resolved), answer=HAPPY, way=FollowUpWay.PHONE, actor=cast.auditor, now=now)
        assert not follow_ups.may_ask(first(resolved), cast.zhou)

    @pytest.mark.parametrize("scores", [(9, 5, 5), (5, 0, 5), (5, 5, -1)])
    def test_a_score_of_nine_is_refused(
        self, scores: tuple[int, int, int], resolved: Complaint, cast: Cast, now: datetime
    ) -> None:
        answer = Answer(Scores(*scores), is_solved=True)
        with pytest.raises(Refusal):
            follow_ups.write_down(first(resolved), answer=answer, way=FollowUpWay.PHONE, actor=cast.zhao, now=now)
        assert first(resolved).state is FollowUpState.PLANNED

    def test_a_replay_is_refused(self, resolved: Complaint, cast: Cast, now: datetime) -> None:
        follow_ups.write_down(first(resolved), answer=HAPPY, way=FollowUpWay.PHONE, actor=cast.zhao, now=now)
        with pytest.raises(Conflict, match="already"):
            follow_ups.write_down(first(resolved), answer=CROSS, way=FollowUpWay.PHONE, actor=cast.zhao, now=now)

    def test_after_three_tries_nobody_is_reached(self, resolved: Complaint, cast: Cast, clock: Hands) -> None:
        follow_up = first(resolved)
        for count in (1, 2, 3):
            now = clock.forward(hours=5)
            follow_ups.try_in_vain(follow_up, method=ContactMethod.PHONE, actor=cast.zhao, now=now)
            assert follow_ups.tries_since_resolved(resolved) == count
        assert follow_up.state is FollowUpState.UNREACHED
        with pytest.raises(Conflict, match="already"):
            follow_ups.try_in_vain(follow_up, method=ContactMethod.PHONE, actor=cast.zhao, now=clock.forward(hours=5))

    def test_one_press_is_one_try(self, resolved: Complaint, cast: Cast, clock: Hands) -> None:
        follow_ups.try_in_vain(first(resolved), method=ContactMethod.PHONE, actor=cast.zhao, now=clock.now())
        with pytest.raises(Conflict, match="a moment ago"):
            follow_ups.try_in_vain(first(resolved), method=ContactMethod.PHONE, actor=cast.zhao, now=clock.now())


class TestLink:
    @pytest.fixture
    def secret(self, public: str, resolved: Complaint, messages: Messages, clock: Hands, session: Db) -> str:
        follow_ups.sweep(now=clock.forward(hours=25))
        session.commit()
        return sent_link(resolved, messages)

    def test_answered_it_is_used_up(self, secret: str, resolved: Complaint, clock: Hands) -> None:
        link = customer_links.find(secret, now=clock.now())
        assert link is not None
        answered = follow_ups.answer_on_page(link, answer=HAPPY, now=clock.now())
        assert answered is not None and answered.entered_by is None
        assert resolved.confirmed_way is FollowUpWay.LINK
        assert customer_links.find(secret, now=clock.now()) is None

    def test_two_answers_at_the_same_moment_are_one(
        self, secret: str, resolved: Complaint, at_once: Callable[..., list[Any]], clock: Hands, session: Db
    ) -> None:
        number, now = resolved.number, clock.now()

        def answer() -> bool:
            complaint_locks.by_number(number)
            link = customer_links.find(secret, now=now)
            return link is not None and follow_ups.answer_on_page(link, answer=CROSS, now=now) is not None

        assert sorted(at_once(answer, answer)) == [False, True]
        session.expire_all()
        assert len(lines(resolved, EventKind.REOPENED)) == 1

    def test_it_dies_after_seven_days_with_a_newer_one_and_with_the_complaint(
        self, secret: str, resolved: Complaint, cast: Cast, clock: Hands
    ) -> None:
        assert customer_links.find(secret, now=clock.now() + timedelta(days=7, seconds=-1)) is not None
        assert customer_links.find(secret, now=clock.now() + timedelta(days=7)) is None
        follow_ups.send_link(resolved, actor=cast.lin, now=clock.now())
        assert customer_links.find(secret, now=clock.now()) is None

    @pytest.mark.parametrize("guess", ["", "a" * 22, "a" * 10_000, "\ud800" * 22, "\0" * 22, "零" * 22])
    def test_a_guess_finds_nothing(self, guess: str, secret: str, clock: Hands) -> None:
        assert customer_links.find(guess, now=clock.now()) is None

    def test_of_a_void_complaint_nothing_is_shown(
        self, secret: str, resolved: Complaint, cast: Cast, clock: Hands
    ) -> None:
        complaints.reopen(resolved, reason="录错", actor=cast.admin, now=clock.now())
        complaints.make_void(resolved, reason="录错", actor=cast.admin, now=clock.now())
        assert customer_links.find(secret, now=clock.now()) is None

    def test_a_form_s_token_is_of_one_link(self, secret: str, resolved: Complaint, cast: Cast, clock: Hands) -> None:
        link = customer_links.find(secret, now=clock.now())
        assert link is not None
        token = customer_links.form_token(link)
        assert customer_links.is_form_token(link, token)
        other, _address = customer_links.make(resolved, actor=cast.lin, now=clock.now())
        assert not customer_links.is_form_token(other, token)
        assert not customer_links.is_form_token(link, "")


def test_a_new_complaint_within_thirty_days_is_the_old_one_come_back(
    resolved: Complaint, cast: Cast, clock: Hands
) -> None:
    at = clock.forward(days=29)
    again = calls.record(IntakeFactory(first_word_at=at), actor=cast.xiaozhou, now=at)
    assert again.customer == resolved.customer
    assert again.repeat_of is resolved
    assert lines(resolved, EventKind.REPEAT_LINKED) and lines(again, EventKind.REPEAT_LINKED)


def test_after_thirty_days_it_is_another(resolved: Complaint, cast: Cast, clock: Hands) -> None:
    at = clock.forward(days=30, seconds=1)
    assert calls.record(IntakeFactory(first_word_at=at), actor=cast.xiaozhou, now=at).repeat_of is None
