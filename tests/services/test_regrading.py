"""The level follows later facts upward by itself; downward only the group leader takes it (D-11 to D-13)."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Complaint, Notification, Person, Policy
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.severity import DEFAULT_DOCUMENT
from rules.vocabulary import ContactMethod, EventKind, FaultSide, NotificationKind, PolicyKind, Severity
from services import closing, complaint_edits, complaint_locks, complaints, policies, regrading
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import PersonFactory
from tests.services.conftest import lines
from tests.stories import recorded

Db = scoped_session[Session]
Messages = Callable[..., list[Notification]]

MAJOR, URGENT, GENERAL = Severity


def learn(complaint: Complaint, actor: Person, now: datetime, **known: Any) -> None:
    """Something becomes known."""
    facts = dataclasses.replace(complaint.facts, **known)
    complaints.update_facts(complaint, facts=facts, note="业主补充", actor=actor, now=now)


def grade(complaint: Complaint, severity: Severity, *, actor: Person, lead: Person, now: datetime) -> None:
    """Fix the level."""
    complaints.grade(
        complaint,
        severity=severity,
        reason="现场判断",
        side=FaultSide.CONSTRUCTION,
        lead=lead,
        cooperators=[],
        actor=actor,
        now=now,
    )


def publish(cast: Cast, now: datetime, change: Callable[[list[dict[str, Any]]], None]) -> Policy:
    """The next version of the severity policy."""
    document = copy.deepcopy(DEFAULT_DOCUMENT)
    change(document["rules"])
    return policies.publish(
        PolicyKind.SEVERITY, document=document, remarks="试行", based_on=1, actor=cast.roster, now=now
    )


@pytest.fixture
def graded(complaint: Complaint, cast: Cast, now: datetime) -> Complaint:
    """Level 3; 赵磊 leads, 周强 has it."""
    complaints.acknowledge(complaint, actor=cast.zhou, now=now)
    grade(complaint, GENERAL, actor=cast.zhou, lead=cast.zhao, now=now)
    return complaint


class TestUpward:
    @pytest.mark.parametrize(
        ("known", "level", "rule"),
        [
            pytest.param({"delay_days": 11}, URGENT, "D-12.delay", id="the delay passes ten days"),
            pytest.param({"is_media_involved": True}, MAJOR, "D-11.media", id="the media call"),
            pytest.param({"household_count": 3}, MAJOR, "D-11.group", id="a third household complains"),
        ],
    )
    def test_a_fact_that_becomes_known_raises_the_level_and_says_why(
        self, known: dict[str, Any], level: Severity, rule: str, graded: Complaint, cast: Cast, now: datetime
    ) -> None:
        learn(graded, cast.xiaozhou, now, **known)
        assert (graded.severity, graded.suggested_severity) == (level, level)
        (line,) = lines(graded, EventKind.REGRADED)
        assert (line.changes, line.details["rules"]) == ({"severity": [3, int(level)]}, [rule])
        assert line.actor_id is None and graded.graded_by is None
        assert graded.severity_reason == line.details["sentences"][0]

    def test_leader_handler_and_lead_are_told_once_and_who_did_it_is_not(
        self, graded: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        learn(graded, cast.zhou, now, is_media_involved=True)
        told = messages(NotificationKind.LEVEL_RAISED)
        assert [message.person for message in told] == [cast.lin, cast.zhao]
        assert {message.severity for message in told} == {MAJOR}
        assert told[0].text == f"{graded.number}等级升为一级，请立即处理。"

    def test_calmer_facts_never_lower_it(self, graded: Complaint, cast: Cast, now: datetime) -> None:
        learn(graded, cast.zhou, now, is_leak=True)
        learn(graded, cast.zhou, now, is_leak=False)
        assert (graded.severity, graded.suggested_severity) == (URGENT, GENERAL)

    def test_what_is_not_graded_yet_keeps_waiting_for_a_person_with_a_graver_proposal(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        learn(complaint, cast.zhou, now, is_safety_hazard=True)
        assert (complaint.severity, complaint.suggested_severity, complaint.level) == (None, MAJOR, MAJOR)
        assert lines(complaint, EventKind.REGRADED)[0].details["is_graded"] is False
        assert [message.person for message in messages(NotificationKind.LEVEL_RAISED)] == [cast.lin]

    def test_what_is_not_graded_yet_is_lowered_by_the_group_leader_alone(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        learn(complaint, cast.zhou, now, is_media_involved=True)
        learn(complaint, cast.zhou, now, is_media_involved=False)
        assert complaint.level is MAJOR
        with pytest.raises(NotAllowed):
            grade(complaint, GENERAL, actor=cast.zhou, lead=cast.zhao, now=now)
        grade(complaint, GENERAL, actor=cast.lin, lead=cast.zhao, now=now)
        assert (complaint.level, complaint.suggested_severity) == (GENERAL, GENERAL)

    def test_correcting_the_category_counts_as_a_fact(self, graded: Complaint, cast: Cast, now: datetime) -> None:
        description = complaint_edits.Description(
            contact_name=graded.contact_name,
            category=graded.category.SAFETY,
            problem=graded.problem,
            community=graded.community_stated,
            room=graded.room_stated,
        )
        complaint_edits.edit(graded, description, actor=cast.xiaozhou, now=now)
        assert graded.severity is MAJOR

    def test_a_level_that_is_graver_than_the_facts_stays(self, complaint: Complaint, cast: Cast, now: datetime) -> None:
        grade(complaint, MAJOR, actor=cast.zhou, lead=cast.zhao, now=now)
        learn(complaint, cast.zhou, now, is_leak=True)
        assert complaint.severity is MAJOR
        assert lines(complaint, EventKind.REGRADED) == []

    def test_history_is_measured_in_silence(
        self, complaint: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        complaint.is_history = True
        learn(complaint, cast.zhou, now, is_media_involved=True)
        assert complaint.suggested_severity is MAJOR
        assert messages(NotificationKind.LEVEL_RAISED) == []

    @pytest.mark.parametrize("how", ["close", "void"])
    def test_a_complaint_that_is_over_is_not_regraded(
        self, how: str, graded: Complaint, cast: Cast, now: datetime
    ) -> None:
        if how == "void":
            complaints.make_void(graded, reason="记错", actor=cast.roster, now=now)
        else:
            complaints.log_contact(
                graded, method=ContactMethod.PHONE, is_reached=True, summary="谈妥", actor=cast.zhou, now=now
            )
            complaints.resolve(graded, resolution="已返工", actor=cast.zhou, now=now)
            closing.close(graded, agreement="业主同意", actor=cast.zhou, now=now)
        graded.is_media_involved = True
        with pytest.raises(Conflict):
            regrading.follow_facts(graded, actor=cast.zhou, now=now)
        with pytest.raises(Conflict):
            learn(graded, cast.zhou, now, is_leak=True)
        with pytest.raises(Conflict):
            grade(graded, MAJOR, actor=cast.lin, lead=cast.zhao, now=now)
        assert graded.severity is GENERAL


class TestByAPerson:
    def test_a_graver_level_needs_a_reason_only(
        self, graded: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        grade(graded, URGENT, actor=cast.he, lead=cast.zhao, now=now)
        assert graded.severity is URGENT
        told = messages(NotificationKind.LEVEL_RAISED)
        assert [message.person for message in told] == [cast.lin, cast.zhou, cast.zhao]

    @pytest.mark.parametrize(
        ("before", "to"),
        [
            pytest.param(None, URGENT, id="below what the facts call for"),
            pytest.param(MAJOR, GENERAL, id="below the level it has"),
        ],
    )
    def test_less_is_the_group_leader_s_to_decide(
        self, before: Severity | None, to: Severity, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        if before is None:
            learn(complaint, cast.zhou, now, is_media_involved=True)
        else:
            grade(complaint, before, actor=cast.zhou, lead=cast.zhao, now=now)
        for refused in (cast.zhou, cast.admin):
            with pytest.raises(NotAllowed) as refusal:
                grade(complaint, to, actor=refused, lead=cast.zhao, now=now)
            assert refusal.value.field == "severity"
            assert refusal.value.params["names"] == "林晓"
        grade(complaint, to, actor=cast.lin, lead=cast.zhao, now=now)
        assert complaint.severity is to

    def test_whoever_is_on_duty_as_leader_leads(
        self, complaint: Complaint, cast: Cast, clock: Hands, session: Db, now: datetime
    ) -> None:
        """At four in the morning, when 林晓's shift is over, nobody else of the group leads either."""
        learn(complaint, cast.zhou, now, is_leak=True)
        later = clock.forward(hours=13)
        with pytest.raises(NotAllowed):
            grade(complaint, GENERAL, actor=cast.zhou, lead=cast.zhao, now=later)

    @pytest.mark.parametrize("words", ["", "  "])
    def test_without_a_reason_nothing_is_fixed(
        self, words: str, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            complaints.grade(
                complaint,
                severity=MAJOR,
                reason=words,
                side=FaultSide.MIXED,
                lead=cast.zhao,
                cooperators=[],
                actor=cast.lin,
                now=now,
            )
        assert refusal.value.field == "reason"

    def test_an_override_stands_until_a_rule_matches_that_was_not_known(
        self, complaint: Complaint, cast: Cast, now: datetime
    ) -> None:
        learn(complaint, cast.zhou, now, is_safety_hazard=True)
        grade(complaint, GENERAL, actor=cast.lin, lead=cast.zhao, now=now)
        learn(complaint, cast.zhou, now, delay_days=3)
        assert complaint.severity is GENERAL
        learn(complaint, cast.zhou, now, delay_days=11)
        assert complaint.severity is URGENT, "the delay was not known to the leader"
        learn(complaint, cast.zhou, now, household_count=4)
        assert complaint.severity is MAJOR

    def test_no_word_of_a_level_that_was_lowered_before_it_was_sent(
        self, graded: Complaint, cast: Cast, now: datetime, messages: Messages
    ) -> None:
        learn(graded, cast.zhou, now, is_media_involved=True)
        grade(graded, URGENT, actor=cast.lin, lead=cast.zhao, now=now + timedelta(seconds=1))
        assert {message.severity for message in messages(NotificationKind.LEVEL_RAISED)} == {MAJOR}


class TestPolicies:
    def test_a_new_version_measures_from_the_next_fact_on_and_changes_nothing_by_itself(
        self, graded: Complaint, cast: Cast, now: datetime
    ) -> None:
        shipped = graded.severity_policy_id
        learn(graded, cast.zhou, now, delay_days=6)

        def five_days(rules: list[dict[str, Any]]) -> None:
            rules[3]["conditions"][0]["value"] = 5

        version = publish(cast, now, five_days)
        assert (graded.severity, graded.severity_policy_id) == (GENERAL, shipped)
        why = regrading.explain(graded)
        assert (why.number, why.assessment.severity) == (1, GENERAL)
        assert why.present is not None and why.present.severity is URGENT
        learn(graded, cast.zhou, now, delay_days=7)
        assert (graded.severity, graded.severity_policy_id) == (URGENT, version.id)

    def test_the_proposal_of_a_new_call_is_the_present_version_s(self, cast: Cast, on_duty: Any, now: datetime) -> None:
        version = publish(cast, now, lambda rules: rules.pop(2))
        complaint = recorded(cast, now=now)
        learn(complaint, cast.zhou, now, is_media_involved=True)
        assert (complaint.suggested_severity, complaint.severity_policy_id) == (GENERAL, version.id)

    def test_only_managers_publish(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            policies.publish(
                PolicyKind.SEVERITY, document=DEFAULT_DOCUMENT, remarks="x", based_on=1, actor=cast.lin, now=now
            )

    def test_a_table_without_rules_is_refused(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            publish(cast, now, lambda rules: rules.clear())
        assert refusal.value.field == "rules"


def test_two_facts_that_arrive_at_once_raise_it_once(
    graded: Complaint, cast: Cast, now: datetime, session: Db, at_once: Callable[..., list[Any]], messages: Messages
) -> None:
    number, zhou_id = graded.number, cast.zhou.id

    def learns(**known: Any) -> Callable[[], None]:
        def act() -> None:
            learn(complaint_locks.by_number(number), db.session.get_one(Person, zhou_id), now, **known)

        return act

    results = at_once(learns(is_media_involved=True), learns(is_safety_hazard=True))
    assert results == [None, None]
    session.expire_all()
    assert graded.severity is MAJOR
    assert len(lines(graded, EventKind.REGRADED)) == 1
    assert len(messages(NotificationKind.LEVEL_RAISED)) == 2


def test_somebody_without_a_phone_is_named_on_the_timeline(
    complaint: Complaint, cast: Cast, session: Db, now: datetime
) -> None:
    lead = PersonFactory(phone=None)
    grade(complaint, GENERAL, actor=cast.zhou, lead=lead, now=now)
    learn(complaint, cast.zhou, now, is_leak=True)
    assert lines(complaint, EventKind.NOTIFICATION_FAILED)[-1].details["person"] == lead.name
