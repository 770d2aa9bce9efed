"""Bundling: many messages become few, and none is lost on the way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import sms_parts, sms_templates, sms_text, sms_values
from rules.bundling import BUNDLED, Bundle, Plan, Waiting, plan
from rules.vocabulary import MessageClass, MessageLanguage, NotificationKind

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
LIN, CHEN = "+8613800138000", "+8613900139000"
SIGNATURE = "安心桥"
BUNDLE = NotificationKind.BUNDLE


def waiting(
    id_: int,
    *,
    phone: str = LIN,
    message_class: MessageClass = MessageClass.DUTY,
    number: str = "",
    after: int = 0,
    priority: int = 5,
    thread: str = "",
    bundle_key: str = "calls",
    person_id: int = 1,
) -> Waiting:
    created_at = START + timedelta(seconds=after)
    return Waiting(
        id_,
        phone,
        message_class,
        (number or f"C-2611-{id_:04d}",),
        created_at,
        created_at + timedelta(hours=4),
        priority,
        thread,
        bundle_key,
        person_id=person_id,
    )


class TestBundles:
    def test_one_message_leaves_by_itself(self) -> None:
        assert plan([waiting(1)]) == Plan(alone=(1,), bundles=(), superseded={})

    def test_two_become_one(self) -> None:
        found = plan([waiting(1), waiting(2, after=60, priority=1)])
        assert found.alone == ()
        assert found.bundles == (
            Bundle((2, 1), ("C-2611-0002", "C-2611-0001"), 1, START + timedelta(hours=4, minutes=1)),
        )

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(waiting(2, phone=CHEN), id="another phone"),
            pytest.param(waiting(2, message_class=MessageClass.STAFF), id="another class"),
            pytest.param(waiting(2, person_id=7), id="somebody else with the same phone"),
            pytest.param(waiting(2, bundle_key="group:7"), id="another case group"),
            pytest.param(waiting(2, bundle_key=""), id="one that stands by itself"),
            pytest.param(replace(waiting(2), numbers=()), id="one about no complaint"),
        ],
    )
    def test_what_does_not_belong_together_stays_apart(self, other: Waiting) -> None:
        assert plan([waiting(1), other]) == Plan(alone=(1, 2), bundles=(), superseded={})

    @pytest.mark.parametrize("message_class", sorted(set(MessageClass) - BUNDLED))
    def test_only_the_company_s_people_get_bundles(self, message_class: MessageClass) -> None:
        found = plan([waiting(1, message_class=message_class), waiting(2, message_class=message_class)])
        assert found.alone == (1, 2) and not found.bundles

    def test_two_about_one_complaint_count_it_once(self) -> None:
        (bundle,) = plan([waiting(1, number="C-2611-0231"), waiting(2, number="C-2611-0231"), waiting(3)]).bundles
        assert bundle.variables == {"count": "2", "numbers": "C-2611-0231、C-2611-0003"}

    def test_what_is_all_about_one_complaint_is_said_by_itself(self) -> None:
        found = plan([waiting(1, number="C-2611-0231"), waiting(2, number="C-2611-0231")])
        assert (found.alone, found.bundles) == ((1, 2), ())

    def test_a_bundle_that_waits_takes_newcomers_in(self) -> None:
        old = replace(waiting(9, after=-60), numbers=("C-2611-0001", "C-2611-0002"), is_bundle=True)
        (bundle,) = plan([waiting(3), old, waiting(4)]).bundles
        assert (bundle.into, bundle.members) == (9, (3, 4))
        assert bundle.numbers == ("C-2611-0001", "C-2611-0002", "C-2611-0003", "C-2611-0004")

    def test_of_two_bundles_that_wait_the_older_takes_the_other_in(self) -> None:
        old, new = (replace(waiting(id_, after=id_, priority=-id_), is_bundle=True) for id_ in (8, 9))
        (bundle,) = plan([new, old]).bundles
        assert (bundle.into, bundle.members) == (8, (9,))

    def test_a_bundle_that_waits_alone_leaves_as_it_is(self) -> None:
        assert plan([replace(waiting(9), is_bundle=True)]).alone == (9,)

    def test_a_storm_of_five_hundred_is_one_message_to_each(self) -> None:
        storm = [waiting(2 * id_ + who, phone=phone) for id_ in range(500) for who, phone in enumerate((LIN, CHEN))]
        found = plan(storm)
        assert found.alone == () and len(found.bundles) == 2
        assert {len(bundle.members) for bundle in found.bundles} == {500}
        assert found.bundles[0].variables == {"count": "500", "numbers": "C-2611-0000、C-2611-0002、C-2611-0004等"}


class TestSuperseded:
    def test_the_newer_notice_of_a_clock_overtakes_the_older(self) -> None:
        half, most, over = (waiting(id_, after=id_, thread="clock:7", bundle_key="") for id_ in (1, 2, 3))
        assert plan([most, over, half]) == Plan(alone=(3,), bundles=(), superseded={1: 3, 2: 3})

    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(waiting(2, after=1, thread="clock:8"), id="another clock"),
            pytest.param(waiting(2, after=1, thread="clock:7", phone=CHEN), id="another phone"),
            pytest.param(waiting(2, after=1, thread="clock:7", person_id=7), id="somebody else with the same phone"),
            pytest.param(
                waiting(2, after=1, thread="clock:7", message_class=MessageClass.STAFF), id="one that may have to wait"
            ),
            pytest.param(waiting(2, after=1), id="one of no thread"),
        ],
    )
    def test_nothing_else_does(self, other: Waiting) -> None:
        assert plan([waiting(1, thread="clock:7"), other]).superseded == {}

    def test_what_is_overtaken_is_in_no_bundle(self) -> None:
        found = plan([waiting(1, thread="chain:7"), waiting(2, after=1, thread="chain:7"), waiting(3)])
        assert found.superseded == {1: 2}
        assert [bundle.members for bundle in found.bundles] == [(3, 2)]


class TestTheWords:
    @pytest.mark.parametrize("language", MessageLanguage)
    @given(st.integers(1, 4).map(lambda count: [f"C-2611-{number:05d}" for number in range(count)]))
    def test_the_variables_fit_their_places(self, language: MessageLanguage, numbers: list[str]) -> None:
        kept = {**Bundle((), tuple(numbers), 1, START).variables, "code": "A0238"}
        values = {name: sms_values.say(name, value, language) for name, value in kept.items()}
        assert sms_templates.fill(sms_text.shipped(BUNDLE, language), values, language).cut == ()

    def test_three_numbers_and_a_code_fit_one_part(self) -> None:
        (bundle,) = plan([waiting(id_) for id_ in range(3)]).bundles
        template = sms_text.shipped(BUNDLE, MessageLanguage.CHINESE)
        text = sms_templates.fill(template, {**bundle.variables, "code": "A0238"}).text
        assert text == "3件投诉待处理：C-2611-0000、C-2611-0001、C-2611-0002。回复1 A0238全部接单。"
        assert sms_parts.count(text, SIGNATURE) == 1

    def test_in_english_the_others_are_dots(self) -> None:
        (bundle,) = plan([waiting(id_) for id_ in range(4)]).bundles
        assert (
            sms_values.say("numbers", bundle.variables["numbers"], MessageLanguage.ENGLISH)
            == "C-2611-0000, C-2611-0001, C-2611-0002, …"
        )


# --- whatever waits -------------------------------------------------------------------------------------------------

FIELDS: dict[str, Sequence[object]] = {
    "phone": (LIN, CHEN),
    "message_class": (MessageClass.DUTY, MessageClass.STAFF, MessageClass.CUSTOMER),
    "number": ("C-1", "C-2", "C-3", "C-4", "C-5"),
    "after": range(6),
    "priority": range(4),
    "thread": ("", "", "clock:1", "chain:1"),
    "bundle_key": ("", "calls", "group:1"),
    "person_id": (1, 2),
    "is_bundle": (False, True),
}
COMBINATIONS = math.prod(map(len, FIELDS.values()))


def unrolled(id_: int, combination: int) -> Waiting:
    """The message with these fields; drawing one number is much faster than drawing nine."""
    fields: dict[str, Any] = {}
    for name, values in FIELDS.items():
        combination, place = divmod(combination, len(values))
        fields[name] = values[place]
    is_bundle = fields.pop("is_bundle") and not fields["thread"] and bool(fields["bundle_key"])
    return replace(waiting(id_, **fields), is_bundle=is_bundle)


queues = st.lists(st.integers(0, COMBINATIONS - 1), max_size=15).map(
    lambda drawn: [unrolled(id_, combination) for id_, combination in enumerate(drawn, start=1)]
)


def carried_out(found: Plan, queue: Sequence[Waiting]) -> list[Waiting]:
    """What waits after the plan was carried out: what leaves alone, and one message for each bundle."""
    known = {message.id: message for message in queue}
    left = [known[id_] for id_ in found.alone]
    for place, bundle in enumerate(found.bundles):
        model = known[bundle.members[0]]
        left.append(
            replace(
                model,
                id=bundle.into or 1000 + place,
                numbers=bundle.numbers,
                priority=bundle.priority,
                expires_at=bundle.expires_at,
                thread="",
                is_bundle=True,
            )
        )
    return left


@given(queues)
def test_no_message_is_lost_and_none_is_there_twice(queue: list[Waiting]) -> None:
    found = plan(queue)
    members = [id_ for bundle in found.bundles for id_ in bundle.members]
    taking = [bundle.into for bundle in found.bundles if bundle.into]
    assert Counter([*found.alone, *members, *taking, *found.superseded]) == Counter(message.id for message in queue)


@given(queues)
def test_whoever_is_overtaken_is_by_a_newer_one_of_its_thread_that_leaves(queue: list[Waiting]) -> None:
    found, known = plan(queue), {message.id: message for message in queue}
    for older, newer in found.superseded.items():
        assert newer not in found.superseded
        assert (known[older].phone, known[older].thread) == (known[newer].phone, known[newer].thread)
        assert (known[older].created_at, older) < (known[newer].created_at, newer)


@given(queues)
def test_a_bundle_says_every_complaint_of_its_members_and_is_as_urgent_as_they_are(queue: list[Waiting]) -> None:
    known = {message.id: message for message in queue}
    for bundle in plan(queue).bundles:
        inside = [known[id_] for id_ in (*bundle.members, *([bundle.into] if bundle.into else []))]
        assert set(bundle.numbers) == {number for message in inside for number in message.numbers}
        assert len(bundle.numbers) == len(set(bundle.numbers))
        assert bundle.priority == min(message.priority for message in inside)
        assert bundle.expires_at == max(message.expires_at for message in inside)
        assert len({(message.phone, message.message_class, message.bundle_key) for message in inside}) == 1


@given(queues.flatmap(lambda queue: st.tuples(st.just(queue), st.permutations(queue))))
def test_the_order_in_which_they_are_found_is_all_the_same(queues: tuple[list[Waiting], list[Waiting]]) -> None:
    assert plan(queues[0]) == plan(queues[1])


@given(queues)
def test_a_plan_that_was_carried_out_leaves_nothing_to_plan(queue: list[Waiting]) -> None:
    left = carried_out(plan(queue), queue)
    again = plan(left)
    assert again.bundles == () and again.superseded == {} and len(again.alone) == len(left)


@given(queues, queues)
def test_every_complaint_is_told_however_the_messages_come(first: list[Waiting], later: list[Waiting]) -> None:
    later = [
        replace(message, id=message.id + 100, created_at=message.created_at + timedelta(hours=1)) for message in later
    ]
    waits = carried_out(plan(first), first)
    left = carried_out(plan([*waits, *later]), [*waits, *later])

    def told(messages: list[Waiting]) -> set[tuple[str, str]]:
        return {(message.phone, number) for message in messages if not message.thread for number in message.numbers}

    assert told([*first, *later]) <= {(message.phone, number) for message in left for number in message.numbers}
