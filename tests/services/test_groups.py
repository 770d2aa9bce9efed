"""Group complaints: three households make one, whoever calls last and however many call at once (D-11, N1)."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from models import Community, Complaint, GroupCase, GroupMember, Notification, Person, Setting
from rules import phones, severity
from rules.refusals import Conflict, NotAllowed, NotFound, Refusal
from rules.settings import SettingKey
from rules.severity import Facts
from rules.vocabulary import (
    Category,
    ClockKind,
    ContactMethod,
    EventKind,
    NotificationKind,
    PolicyKind,
    Severity,
    Status,
)
from services import (
    complaint_edits,
    complaint_locks,
    complaints,
    group_counting,
    group_members,
    groups,
    imported_calls,
    policies,
    settings,
)
from services.complaint_edits import Description
from services.imported_calls import ImportedCall
from tests.cast import Cast
from tests.conftest import Hands
from tests.factories import ComplaintFactory, GroupCaseFactory, GroupMemberFactory, IntakeFactory
from tests.query_count import queries
from tests.services.conftest import grade, lines
from tests.stories import recorded

Db = scoped_session[Session]
Call = Callable[..., Complaint]


@pytest.fixture
def call(cast: Cast, on_duty: object, session: Db, clock: Hands) -> Call:
    """Somebody of 滨江壹号 calls about hollow tiles; each call is another customer."""
    phones = iter(range(13_700_000_000, 13_800_000_000))

    def one(room: str, **said: Any) -> Complaint:
        complaint = recorded(cast, now=clock.now(), phone=str(next(phones)), room=room, **said)
        session.commit()
        return complaint

    return one


@pytest.fixture
def three(call: Call) -> list[Complaint]:
    """Three households, one group."""
    return [call(room) for room in ("1栋101", "1栋102", "2栋101")]


def group_of(complaint: Complaint) -> GroupCase | None:
    standing = groups.standing(complaint)
    return standing.member.group if standing else None


def all_groups(session: Db) -> list[GroupCase]:
    return list(session.scalars(select(GroupCase).order_by(GroupCase.id)))


# --- counting ---------------------------------------------------------------------------------------------------------


class TestTheThirdHousehold:
    def test_opens_a_group_and_makes_everybody_level_one(self, call: Call, session: Db) -> None:
        first, second = call("1栋101"), call("1栋102")
        assert group_of(first) is None
        assert first.level is Severity.GENERAL
        third = call("2栋101")
        group = group_of(third)
        assert group is not None and group.number == "G-2611-0001"
        assert (group.category, group.cause_tag) == (Category.QUALITY, "")
        for complaint in (first, second, third):
            session.refresh(complaint)
            assert group_of(complaint) is group
            assert complaint.household_count == 3
            assert complaint.level is Severity.MAJOR
            assert [line.details["group"] for line in lines(complaint, EventKind.GROUP_JOINED)] == [group.number]
        assert group_members.tallies([group.id])[group.id] == (3, 3, 3)

    def test_is_of_level_one_from_its_first_word_and_raises_the_others(self, three: list[Complaint]) -> None:
        first, second, third = three
        assert lines(third, EventKind.REGRADED) == []
        assert [len(lines(complaint, EventKind.REGRADED)) for complaint in (first, second)] == [1, 1]

    def test_raises_a_level_that_was_fixed(self, call: Call, cast: Cast, now: datetime) -> None:
        first = call("1栋101")
        grade(first, cast, now, Severity.GENERAL)
        call("1栋102")
        call("2栋101")
        assert first.severity is Severity.MAJOR

    def test_tells_the_leader_once(self, three: list[Complaint], cast: Cast, messages: Any) -> None:
        told = messages(NotificationKind.GROUP_OPENED)
        assert [(message.person_id, message.text) for message in told] == [
            (cast.lin.id, "G-2611-0001群诉：多户投诉同一问题，请立即登录系统统一处理。")
        ]
        raised = [message for message in messages(NotificationKind.LEVEL_RAISED) if message.person_id == cast.lin.id]
        assert raised == [], "the leader knows already"

    def test_leaves_the_members_their_own(self, three: list[Complaint]) -> None:
        assert len({complaint.number for complaint in three}) == 3
        assert len({complaint.customer_id for complaint in three}) == 3
        assert all(complaint.clocks for complaint in three)


def test_two_complaints_of_one_home_count_once(call: Call) -> None:
    call("1栋101")
    call("１幢０101室")
    assert group_of(call("1栋102")) is None
    assert group_of(call("1栋103")) is not None


def test_two_households_are_no_group(call: Call) -> None:
    call("1栋101")
    assert group_of(call("1栋102")) is None


def test_another_community_counts_by_itself(call: Call) -> None:
    call("1栋101")
    call("1栋102")
    assert group_of(call("2栋101", community="阳光里")) is None


def test_another_matter_counts_by_itself(call: Call) -> None:
    call("1栋101")
    call("1栋102")
    assert group_of(call("2栋101", category=Category.DELAY)) is None


def test_what_is_over_does_not_count(call: Call, cast: Cast, now: datetime) -> None:
    mistake = call("1栋101")
    complaints.make_void(mistake, reason="录错了", actor=cast.roster, now=now)
    call("1栋102")
    assert group_of(call("2栋101")) is None


@pytest.mark.parametrize(("days", "is_group"), [(29.9, True), (30.1, False)])
def test_only_the_last_thirty_days_count(call: Call, clock: Hands, days: float, is_group: bool) -> None:
    call("1栋101")
    call("1栋102")
    clock.forward(days=days)
    assert (group_of(call("2栋101")) is not None) is is_group


def test_how_long_is_a_setting(call: Call, session: Db, cast: Cast, clock: Hands) -> None:
    window = session.scalars(select(Setting).where(Setting.key == SettingKey.GROUP_WINDOW_DAYS)).one()
    settings.change(window, value=3, actor=cast.roster, now=clock.now())
    call("1栋101")
    call("1栋102")
    clock.forward(days=4)
    assert group_of(call("2栋101")) is None


class TestHowManyHouseholds:
    """The table of levels says it, so that a group never opens whose members it does not call major (D-11)."""

    def publish(self, cast: Cast, now: datetime, **changed: Any) -> None:
        """The shipped table with another rule about groups; without one where nothing is said."""
        document = deepcopy(severity.DEFAULT_DOCUMENT)
        rules = [rule | changed if rule["id"] == "D-11.group" else rule for rule in document["rules"]]
        document["rules"] = [rule for rule in rules if changed or rule["id"] != "D-11.group"]
        policies.publish(PolicyKind.SEVERITY, document=document, remarks="试行", based_on=1, actor=cast.roster, now=now)
        db.session.commit()

    def households(self, operator: str, value: int) -> list[dict[str, Any]]:
        return [{"fact": "household_count", "operator": operator, "value": value}]

    def test_says_the_table_of_levels(self, call: Call, cast: Cast, now: datetime) -> None:
        self.publish(cast, now, conditions=self.households("at_least", 2))
        first, second = call("1栋101"), call("1栋102")
        assert group_of(second) is not None
        assert {first.level, second.level} == {Severity.MAJOR}

    def test_may_be_more_than_three(self, call: Call, cast: Cast, now: datetime) -> None:
        self.publish(cast, now, conditions=self.households("more_than", 3))
        for room in ("1栋101", "1栋102", "2栋101"):
            assert group_of(call(room)) is None
        fourth = call("2栋102")
        assert group_of(fourth) is not None
        assert fourth.level is Severity.MAJOR

    def test_without_such_a_rule_no_group_opens_by_itself(self, call: Call, cast: Cast, now: datetime) -> None:
        self.publish(cast, now)
        for room in ("1栋101", "1栋102", "2栋101", "2栋102"):
            assert group_of(call(room)) is None

    def test_without_such_a_rule_a_group_that_stands_is_joined(
        self, three: list[Complaint], call: Call, cast: Cast, now: datetime
    ) -> None:
        self.publish(cast, now)
        assert group_of(call("2栋102")) is group_of(three[0])

    def test_is_read_once_for_many_calls(self, cast: Cast, on_duty: object, now: datetime) -> None:
        complaints_ = [
            recorded(cast, now=now, phone=f"1361111{place:04d}", room=f"{place + 1}栋101") for place in (0, 1)
        ]
        with queries() as seen:
            group_counting.count_in(complaints_, now=now)
        assert len([each for each in seen if "FROM policies" in each]) == 1


def test_a_fourth_household_joins(three: list[Complaint], call: Call, session: Db) -> None:
    fourth = call("3栋101")
    assert group_of(fourth) is group_of(three[0])
    for complaint in (*three, fourth):
        session.refresh(complaint)
        assert complaint.household_count == 4
    assert fourth.level is Severity.MAJOR
    assert len(all_groups(session)) == 1


def test_a_member_that_knows_of_more_households_keeps_the_greater_number(call: Call, session: Db) -> None:
    told = call("1栋101", facts=Facts(Category.QUALITY, household_count=7))
    call("1栋102")
    call("2栋101")
    session.refresh(told)
    assert told.household_count == 7


def test_imported_history_is_left_aside(call: Call, session: Db) -> None:
    call("1栋101")
    call("1栋102")
    community = session.scalars(select(Community)).one()
    ComplaintFactory(community_id=community.id, room_stated="2栋101", is_history=True)
    assert group_of(call("1栋102")) is None


class TestACauseTag:
    def tagged(self, call: Call, cast: Cast, now: datetime, session: Db) -> list[Complaint]:
        said = [("1栋101", Category.QUALITY), ("1栋102", Category.SERVICE), ("2栋101", Category.DELAY)]
        complaints_ = [call(room, category=category) for room, category in said]
        for complaint in complaints_:
            group_counting.set_cause(complaint, cause_tag=" 外墙 Leak", actor=cast.lin, now=now)
            session.commit()
        return complaints_

    def test_brings_different_categories_together(self, call: Call, cast: Cast, now: datetime, session: Db) -> None:
        tagged = self.tagged(call, cast, now, session)
        group = group_of(tagged[0])
        assert group is not None and (group.category, group.cause_tag) == (None, "外墙 leak")
        assert {group_of(complaint) for complaint in tagged} == {group}
        assert lines(tagged[0], EventKind.EDITED)[-1].changes == {"cause_tag": ["", "外墙 leak"]}

    def test_draws_later_complaints_with_it_in(self, call: Call, cast: Cast, now: datetime, session: Db) -> None:
        tagged = self.tagged(call, cast, now, session)
        late = call("9栋101", category=Category.DESIGN)
        assert group_of(late) is None
        group_counting.set_cause(late, cause_tag="外墙 LEAK", actor=cast.lin, now=now)
        assert group_of(late) is group_of(tagged[0])

    def test_taken_away_takes_the_complaint_out(self, call: Call, cast: Cast, now: datetime, session: Db) -> None:
        tagged = self.tagged(call, cast, now, session)
        group_counting.set_cause(tagged[1], cause_tag="", actor=cast.lin, now=now)
        assert group_of(tagged[1]) is None
        group_counting.set_cause(tagged[1], cause_tag="外墙 leak", actor=cast.lin, now=now)
        assert group_of(tagged[1]) is group_of(tagged[0]), "nobody took it out by hand"

    def test_is_offered_while_typing(self, call: Call, cast: Cast, now: datetime, session: Db) -> None:
        tagged = self.tagged(call, cast, now, session)
        assert group_counting.tags_near(tagged[0]) == ["外墙 leak"]
        assert group_counting.tags_near(call("1栋101", community="")) == []

    def test_is_short(self, call: Call, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            group_counting.set_cause(call("1栋101"), cause_tag="渗" * 41, actor=cast.lin, now=now)
        assert refusal.value.field == "cause_tag"


class TestACorrection:
    def edit(self, complaint: Complaint, cast: Cast, now: datetime, **words: Any) -> None:
        said = {
            "contact_name": complaint.contact_name,
            "category": complaint.category,
            "problem": complaint.problem,
            "community": complaint.community_stated,
            "room": complaint.room_stated,
            **words,
        }
        complaint_edits.edit(complaint, Description(**said), actor=cast.xiaozhou, now=now)
        db.session.commit()

    def test_of_the_home_counts_again(self, three: list[Complaint], cast: Cast, now: datetime, session: Db) -> None:
        self.edit(three[2], cast, now, room="1栋102")
        for complaint in three:
            session.refresh(complaint)
            assert complaint.household_count == 2
            assert complaint.level is Severity.MAJOR or complaint.severity is None
            assert group_of(complaint) is not None

    def test_of_the_community_moves_it(self, three: list[Complaint], cast: Cast, now: datetime, session: Db) -> None:
        self.edit(three[2], cast, now, community="阳光里")
        assert group_of(three[2]) is None
        assert three[2].household_count == 1
        assert three[2].community is not None and three[2].community.name == "阳光里"
        assert [line.details["because"] for line in lines(three[2], EventKind.GROUP_LEFT)] == [
            "The record was corrected."
        ]
        self.edit(three[2], cast, now, community="滨江壹号")
        assert group_of(three[2]) is group_of(three[0])

    def test_of_the_category_can_make_the_third(self, call: Call, cast: Cast, now: datetime) -> None:
        call("1栋101")
        call("1栋102")
        third = call("2栋101", category=Category.OTHER)
        self.edit(third, cast, now, category=Category.QUALITY)
        assert group_of(third) is not None

    def test_of_other_words_changes_nothing(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        self.edit(three[0], cast, now, contact_name="郑先生")
        assert len(lines(three[0], EventKind.GROUP_JOINED)) == 1
        assert lines(three[0], EventKind.GROUP_LEFT) == []


def test_reopening_can_make_the_third(call: Call, cast: Cast, now: datetime, session: Db) -> None:
    first = call("1栋101")
    complaints.log_contact(
        first, method=ContactMethod.PHONE, is_reached=True, summary="已联系", actor=cast.lin, now=now
    )
    grade(first, cast, now)
    complaints.resolve(first, resolution="已修好", actor=cast.lin, now=now)
    call("1栋102")
    call("2栋101")
    assert group_of(first) is None
    complaints.reopen(first, reason="又空了", actor=cast.roster, now=now)
    assert group_of(first) is not None


# --- by hand ----------------------------------------------------------------------------------------------------------


class TestTakingOut:
    def test_stays_out(self, three: list[Complaint], call: Call, cast: Cast, now: datetime, session: Db) -> None:
        groups.leave(three[2], reason="是自家装的柜子", actor=cast.lin, now=now)
        session.commit()
        assert group_of(three[2]) is None
        fourth = call("3栋101")
        assert group_of(fourth) is group_of(three[0])
        assert group_of(three[2]) is None
        group_counting.set_cause(three[2], cause_tag="柜子", actor=cast.lin, now=now)
        assert group_of(three[2]) is None

    def test_lowers_the_count_and_no_level(
        self, three: list[Complaint], cast: Cast, now: datetime, session: Db
    ) -> None:
        grade(three[0], cast, now)
        grade(three[2], cast, now)
        groups.leave(three[2], reason="是自家装的柜子", actor=cast.lin, now=now)
        for complaint in three:
            session.refresh(complaint)
        assert [complaint.household_count for complaint in three] == [2, 2, 1]
        assert (three[0].severity, three[2].severity) == (Severity.MAJOR, Severity.MAJOR)
        assert three[1].level is Severity.MAJOR, "nor that of what nobody graded yet"
        left = lines(three[2], EventKind.GROUP_LEFT)
        assert [(line.note, line.actor_id) for line in left] == [("是自家装的柜子", cast.lin.id)]
        assert left[0].changes == {"household_count": [3, 1]}

    def test_takes_the_whole_home(
        self, three: list[Complaint], call: Call, cast: Cast, now: datetime, session: Db
    ) -> None:
        again, another = call("2栋1单元101"), call("3栋101")
        groups.leave(three[2], reason="是自家装的柜子", actor=cast.lin, now=now)
        session.commit()
        assert [group_of(each) for each in (three[2], again)] == [None, None]
        assert [group_of(each) for each in (three[0], another)] == [group_of(three[1])] * 2
        for complaint in (three[2], again):
            assert [line.note for line in lines(complaint, EventKind.GROUP_LEFT)] == ["是自家装的柜子"]
            assert complaint.household_count == 1
        assert lines(three[0], EventKind.GROUP_LEFT) == []
        assert [complaint.household_count for complaint in (three[0], three[1], another)] == [3, 3, 3]
        group_counting.set_cause(again, cause_tag="柜子", actor=cast.lin, now=now)
        assert group_of(again) is None, "nor is the other one counted in again"

    def test_takes_what_is_over_at_that_home_too(
        self, three: list[Complaint], call: Call, cast: Cast, now: datetime, session: Db
    ) -> None:
        again = call("2栋101")
        again.status = Status.CLOSED
        session.commit()
        groups.leave(three[2], reason="是自家装的柜子", actor=cast.lin, now=now)
        assert group_of(again) is None
        assert group_members.tally(group_of(three[0])).households == 2  # type: ignore[arg-type]

    def test_asks_why(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal) as refusal:
            groups.leave(three[2], reason="  ", actor=cast.lin, now=now)
        assert refusal.value.field == "reason"

    def test_is_not_for_everybody(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            groups.leave(three[2], reason="不算", actor=cast.xiaozhou, now=now)

    def test_needs_a_group(self, call: Call, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            groups.leave(call("1栋101"), reason="不算", actor=cast.lin, now=now)

    def test_of_everybody_closes_the_group(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        group = group_of(three[0])
        for complaint in three:
            groups.leave(complaint, reason="不算", actor=cast.lin, now=now)
        assert group is not None and group.closed_at == now
        assert [member.complaint_id for member in groups.members(group)] == []
        assert len(groups.left(group)) == 3

    def test_and_adding_again_by_hand(self, three: list[Complaint], cast: Cast, now: datetime, session: Db) -> None:
        group = group_of(three[0])
        assert group is not None
        groups.leave(three[2], reason="不算", actor=cast.lin, now=now)
        groups.join(group, three[2], reason="还是算的", actor=cast.lin, now=now)
        session.refresh(three[0])
        assert group_of(three[2]) is group
        assert three[0].household_count == 3


class TestAddingByHand:
    def test_takes_another_category_in(self, three: list[Complaint], call: Call, cast: Cast, now: datetime) -> None:
        other = call("5栋501", category=Category.SERVICE)
        group = group_of(three[0])
        assert group is not None
        groups.join(group, other, reason="同一批砖", actor=cast.lin, now=now)
        assert group_of(other) is group
        assert other.household_count == 4
        assert other.level is Severity.MAJOR
        assert [line.note for line in lines(other, EventKind.GROUP_JOINED)] == ["同一批砖"]

    def test_survives_a_correction(self, three: list[Complaint], call: Call, cast: Cast, now: datetime) -> None:
        other = call("5栋501", category=Category.SERVICE)
        group = group_of(three[0])
        assert group is not None
        groups.join(group, other, reason="同一批砖", actor=cast.lin, now=now)
        group_counting.set_cause(other, cause_tag="砖", actor=cast.lin, now=now)
        assert group_of(other) is group

    def test_twice_is_refused(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        group = group_of(three[0])
        assert group is not None
        with pytest.raises(Conflict) as refusal:
            groups.join(group, three[1], reason="也算", actor=cast.lin, now=now)
        assert refusal.value.params["number"] == group.number

    def test_to_a_closed_group_is_refused(self, three: list[Complaint], call: Call, cast: Cast, now: datetime) -> None:
        group = group_of(three[0])
        assert group is not None
        other = call("5栋501", category=Category.SERVICE)
        groups.close(group, reason="已统一答复", actor=cast.lin, now=now)
        with pytest.raises(Conflict):
            groups.join(group, other, reason="也算", actor=cast.lin, now=now)

    def test_two_make_a_group_before_the_desk_would(self, call: Call, cast: Cast, now: datetime, session: Db) -> None:
        one, two = call("1栋101"), call("1栋102", category=Category.SERVICE)
        group = groups.start(one, two, reason="同一批砖", actor=cast.lin, now=now)
        session.refresh(two)
        assert group_of(two) is group
        assert (one.household_count, two.household_count) == (2, 2)
        assert one.level is Severity.GENERAL
        third = call("2栋101")
        assert group_of(third) is group
        assert third.level is Severity.MAJOR

    def test_with_oneself_is_refused(self, call: Call, cast: Cast, now: datetime) -> None:
        one = call("1栋101")
        with pytest.raises(Conflict):
            groups.start(one, one, reason="一人成群", actor=cast.lin, now=now)

    def test_needs_a_community(self, call: Call, cast: Cast, now: datetime) -> None:
        with pytest.raises(Refusal):
            groups.start(call("", community=""), call("1栋101"), reason="同一批砖", actor=cast.lin, now=now)


class TestClosing:
    def test_leaves_the_members_as_they_are(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        group = group_of(three[0])
        assert group is not None
        groups.close(group, reason="已统一答复", actor=cast.lin, now=now)
        assert (group.closed_at, group.closed_by_id, group.close_reason) == (now, cast.lin.id, "已统一答复")
        assert all(complaint.status is Status.NEW for complaint in three)

    def test_its_members_are_not_counted_again(
        self, three: list[Complaint], call: Call, cast: Cast, now: datetime, session: Db
    ) -> None:
        group = group_of(three[0])
        assert group is not None
        groups.close(group, reason="已统一答复", actor=cast.lin, now=now)
        session.commit()
        fourth = call("3栋101")
        assert group_of(fourth) is None
        assert len(all_groups(session)) == 1

    def test_happens_by_itself_when_all_are_over(
        self, three: list[Complaint], cast: Cast, now: datetime, session: Db
    ) -> None:
        group = group_of(three[0])
        assert group is not None
        for complaint in three:
            assert group.closed_at is None
            complaints.make_void(complaint, reason="录错了", actor=cast.roster, now=now)
        assert group.closed_at == now
        assert group.closed_by_id is None

    def test_twice_is_refused(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        group = group_of(three[0])
        assert group is not None
        groups.close(group, reason="已统一答复", actor=cast.lin, now=now)
        with pytest.raises(Conflict):
            groups.close(group, reason="再关一次", actor=cast.lin, now=now)


def test_a_group_that_everybody_forgot_draws_nobody_in(
    three: list[Complaint], call: Call, clock: Hands, session: Db
) -> None:
    clock.forward(days=31)
    assert group_of(call("3栋101")) is None
    assert len(all_groups(session)) == 1


# --- to all at once ---------------------------------------------------------------------------------------------------


class TestOneWordToAll:
    def test_a_note_stands_on_every_timeline(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        group = group_of(three[0])
        assert group is not None
        assert groups.write_to_all(group, text=" 厂家周一到场 ", actor=cast.xiaozhou, now=now) == 3
        for complaint in three:
            assert [line.note for line in lines(complaint, EventKind.GROUP_MESSAGE)] == ["厂家周一到场"]

    def test_a_message_reaches_each_handler_once(
        self, three: list[Complaint], cast: Cast, now: datetime, messages: Any
    ) -> None:
        group = group_of(three[0])
        assert group is not None
        three[0].handler, three[1].handler, three[2].handler = cast.zhou, cast.zhou, cast.he
        told = groups.message_handlers(group, text="统一口径：周一复检", actor=cast.lin, now=now)
        assert {person.name for person in told} == {"周强", "何静"}
        sent = messages(NotificationKind.GROUP_MESSAGE)
        assert {message.person_id for message in sent} == {cast.zhou.id, cast.he.id}
        assert {message.text for message in sent} == {f"{group.number}群诉有新通知，请登录系统查看。"}
        assert lines(three[2], EventKind.GROUP_MESSAGE)[0].note == "统一口径：周一复检"
        groups.message_handlers(group, text="再补一句", actor=cast.lin, now=now)
        assert len(messages(NotificationKind.GROUP_MESSAGE)) == 4

    def test_a_message_needs_somebody_who_handles(self, three: list[Complaint], cast: Cast, now: datetime) -> None:
        group = group_of(three[0])
        assert group is not None
        with pytest.raises(Conflict):
            groups.message_handlers(group, text="统一口径", actor=cast.lin, now=now)

    @pytest.mark.parametrize("text", ["", "  ", "长" * 10_001])
    def test_empty_or_endless_words_are_refused(
        self, three: list[Complaint], cast: Cast, now: datetime, text: str
    ) -> None:
        group = group_of(three[0])
        assert group is not None
        for write in (groups.write_to_all, groups.message_handlers):
            with pytest.raises(Refusal) as refusal:
                write(group, text=text, actor=cast.lin, now=now)
            assert refusal.value.field == "text"


# --- many, and at once ------------------------------------------------------------------------------------------------


def third_call(cast: Cast, now: datetime, **said: Any) -> Callable[[], str]:
    """A call that somebody else takes at the same moment, in a session of their own."""
    xiaozhou = cast.xiaozhou.id

    def one() -> str:
        return recorded(replace(cast, xiaozhou=db.session.get_one(Person, xiaozhou)), now=now, **said).number

    return one


def test_two_third_calls_at_the_same_moment_make_one_group(
    call: Call, cast: Cast, now: datetime, session: Db, at_once: Any
) -> None:
    first, second = call("1栋101"), call("1栋102")
    results = at_once(
        third_call(cast, now, room="2栋101", phone="13911110001"),
        third_call(cast, now, room="2栋102", phone="13911110002"),
        third_call(cast, now, room="2栋103", phone="13911110003"),
    )
    assert all(isinstance(result, str) for result in results), results
    session.expire_all()
    assert len(all_groups(session)) == 1
    assert session.scalar(select(func.count(GroupMember.id))) == 5
    assert set(session.scalars(select(Complaint.household_count))) == {5}
    opened = select(func.count(Notification.id)).where(Notification.kind == NotificationKind.GROUP_OPENED)
    assert session.scalar(opened) == 1
    assert group_of(first) is group_of(second)


def test_a_third_call_while_people_work_on_the_first_two(
    call: Call, cast: Cast, now: datetime, session: Db, at_once: Any
) -> None:
    first, second, lin = call("1栋101").number, call("1栋102").number, cast.lin.id

    def note(number: str) -> Callable[[], None]:
        return lambda: complaints.add_note(
            complaint_locks.by_number(number), text="在看", actor=db.session.get_one(Person, lin), now=now
        )

    def tag(number: str) -> Callable[[], None]:
        return lambda: group_counting.set_cause(
            complaint_locks.by_number(number), cause_tag="砖", actor=db.session.get_one(Person, lin), now=now
        )

    for place in range(3):
        third = third_call(cast, now, room=f"2栋10{place}", phone=f"1391111000{place}")
        results = at_once(note(first), tag(first), third, note(second), tag(second))
        assert not [result for result in results if isinstance(result, Exception)], results
    session.expire_all()
    assert len(all_groups(session)) == 1


def test_the_hundredth_household_costs_what_the_fifth_costs(call: Call, cast: Cast, session: Db, now: datetime) -> None:
    for room in ("1栋101", "1栋102", "2栋101", "2栋102"):
        call(room)
    with queries() as few:
        call("2栋103")
    group = all_groups(session)[0]
    for place in range(95):
        complaint = ComplaintFactory(
            community_id=group.community_id, room_stated=f"9栋{1000 + place}", suggested_severity=Severity.MAJOR
        )
        GroupMemberFactory(group=group, complaint=complaint, household=f"9//{1000 + place}")
    session.commit()
    with queries() as many:
        last = call("3栋101")
    assert last.household_count == 101
    assert len(many) <= len(few) + 2


def test_a_community_with_many_other_complaints_costs_no_more(call: Call, session: Db) -> None:
    first = call("1栋101")
    with queries() as few:
        call("1栋101")
    for _each in range(200):
        ComplaintFactory(community_id=first.community_id, room_stated="1栋101", customer=first.customer)
    session.commit()
    with queries() as many:
        assert group_of(call("1栋102")) is None
    assert len(many) <= len(few) + 8


def test_the_page_of_a_large_group_asks_little(session: Db, cast: Cast) -> None:
    group = GroupCaseFactory()
    for place in range(120):
        GroupMemberFactory(group=group, household=f"9//{place + 100}")
    session.commit()
    session.refresh(group)
    with queries() as seen:
        shown = groups.members(group, page=1)
        for member in shown:
            assert member.complaint.number and (member.complaint.handler is None) and member.joined_by is None
    assert len(shown) == groups.MEMBERS_A_PAGE
    assert len(seen) == 1


def test_a_group_is_found_by_its_number(three: list[Complaint]) -> None:
    group = group_of(three[0])
    assert group is not None
    assert groups.find(group.number) is group
    assert groups.to_change(group.number) is group
    assert groups.open_in(group.community_id) == [group]
    assert groups.open_in(None) == []
    for nobody in ("G-2611-9999", "\x00"):
        assert groups.find(nobody) is None
        with pytest.raises(NotFound):
            groups.to_change(nobody)


def test_a_complaint_without_a_community_is_in_no_group(call: Call) -> None:
    for room in ("1栋101", "1栋102", "2栋101"):
        assert group_of(call(room, community="")) is None


def test_the_window_is_asked_of_the_moment(call: Call, clock: Hands) -> None:
    """A first word in the past counts from when it was said, not from when it was written down."""
    call("1栋101", first_word_at=clock.now() - timedelta(days=40))
    call("1栋102")
    assert group_of(call("2栋101")) is None


# --- imports ----------------------------------------------------------------------------------------------------------


class TestAnImport:
    def record(self, cast: Cast, now: datetime, said: list[tuple[str, str, timedelta]]) -> list[Complaint]:
        """Calls of an export: room, community, how long ago."""
        intakes = [
            IntakeFactory(
                community=community,
                room=room,
                phone=phones.parse(f"136{place:08d}"),
                first_word_at=now - ago,
                external_ref=f"H-{place}",
            )
            for place, (room, community, ago) in enumerate(said)
        ]
        written = imported_calls.record([ImportedCall(intake) for intake in intakes], actor=cast.xiaozhou, now=now)
        db.session.commit()
        return [db.session.get_one(Complaint, each.complaint_id) for each in written]

    def test_counts_the_calls_of_the_last_day(self, cast: Cast, on_duty: object, now: datetime, messages: Any) -> None:
        hour = timedelta(hours=1)
        said = [("1栋101", "滨江壹号", hour), ("1栋102", "滨江壹号", hour), ("2栋101", "滨江壹号", hour)]
        calls = self.record(cast, now, [*said, ("9栋901", "阳光里", hour)])
        group = group_of(calls[0])
        assert group is not None
        assert [group_of(complaint) for complaint in calls] == [group, group, group, None]
        assert [complaint.household_count for complaint in calls] == [3, 3, 3, 1]
        assert [complaint.level for complaint in calls[:3]] == [Severity.MAJOR] * 3
        assert lines(calls[0], EventKind.REGRADED) == [], "of level 1 from the first word"
        first_answer = [clock for clock in calls[0].clocks if clock.kind is ClockKind.FIRST_ANSWER]
        assert first_answer[0].due_at - first_answer[0].started_at == timedelta(minutes=30)
        assert len(messages(NotificationKind.GROUP_OPENED)) == 1
        assert {message.person_id for message in messages(NotificationKind.DUTY_CALL)} >= {cast.lin.id, cast.zhou.id}

    def test_leaves_history_aside(self, cast: Cast, on_duty: object, now: datetime, session: Db) -> None:
        old, hour = timedelta(days=3), timedelta(hours=1)
        said = [("1栋101", "滨江壹号", hour), ("1栋102", "滨江壹号", hour), ("2栋101", "滨江壹号", old)]
        assert [group_of(complaint) for complaint in self.record(cast, now, said)] == [None, None, None]

    def test_joins_what_stands(self, three: list[Complaint], cast: Cast, now: datetime, session: Db) -> None:
        (fourth,) = self.record(cast, now, [("5栋501", "滨江壹号", timedelta(hours=1))])
        session.refresh(three[0])
        assert group_of(fourth) is group_of(three[0])
        assert (three[0].household_count, fourth.household_count) == (4, 4)

    def test_of_many_homes_costs_little_more_than_of_a_few(self, cast: Cast, on_duty: object, now: datetime) -> None:
        hour = timedelta(hours=1)

        def cost(community: str, count: int, start: int) -> int:
            rooms = [f"{1 + n // 50}栋{100 + n % 50}" for n in range(count)]
            intakes = [
                IntakeFactory(
                    community=community,
                    room=room,
                    phone=phones.parse(f"135{start + n:08d}"),
                    first_word_at=now - hour,
                    external_ref=f"{community}-{n}",
                )
                for n, room in enumerate(rooms)
            ]
            written = [ImportedCall(intake) for intake in intakes]
            with queries() as seen:
                imported_calls.record(written, actor=cast.xiaozhou, now=now)
            db.session.commit()
            asked = [each for each in seen if "group_" in each]
            return len(asked)

        few, many = cost("甲小区", 4, 0), cost("乙小区", 60, 1000)
        assert many <= few + 4, (few, many)
