"""The chain: who is called next while nobody takes a complaint (D-03, G-03), and which policies make no sense."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.escalation import (
    ANSWERING_ROLES,
    DEFAULT_DOCUMENT,
    MAX_CALLS,
    NAMED,
    REQUIRED_DUTY_ROLE,
    START,
    Chain,
    DutyRoleCode,
    EscalationPolicy,
    Place,
    Step,
    Target,
    Whom,
    plan,
)
from rules.refusals import Refusal
from rules.vocabulary import Category, Role, Severity
from tests.chains import Document, chain, document, last, step

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def read(*steps: Document) -> Chain:
    """A chain as the desk reads it."""
    return EscalationPolicy.from_document(document(chain(*steps))).chains[0]


def default(severity: Severity = Severity.GENERAL, category: Category = Category.QUALITY) -> Chain:
    """A chain of the shipped policy."""
    return EscalationPolicy.from_document(DEFAULT_DOCUMENT).chain_for(severity, category)


class TestTheShippedPolicy:
    def test_it_climbs_from_the_role_in_charge_to_the_management(self) -> None:
        assert [str(whom) for step in default().steps for whom in step.whom] == [
            "required_role",
            "leader",
            "duty_group",
            "management",
        ]

    def test_it_waits_ten_minutes_a_step_and_then_calls_every_half_hour_for_ever(self) -> None:
        places = list(islice(default().places_from(START), 7))
        assert places == [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1), (3, 2), (3, 3)]
        assert [default().wait_after(place) // timedelta(minutes=1) for place in places] == [10, 10, 10, 30, 30, 30, 30]

    def test_a_major_case_is_answered_by_the_role_in_charge_and_the_leader_each(self) -> None:
        first = default(Severity.MAJOR).steps[0]
        assert (first.each, [str(whom) for whom in first.whom]) == (True, ["required_role", "leader"])
        assert first.wait == timedelta(minutes=5)

    @pytest.mark.parametrize("category", Category)
    @pytest.mark.parametrize(("severity", "name"), [(1, "major"), (2, "standard"), (3, "standard")])
    def test_every_complaint_has_a_chain(self, severity: int, name: str, category: Category) -> None:
        assert default(Severity(severity), category).id == name

    def test_an_acknowledgement_of_a_major_case_holds_an_hour_without_progress(self) -> None:
        leases = EscalationPolicy.from_document(DEFAULT_DOCUMENT).leases
        assert leases[Severity.MAJOR] == timedelta(hours=1)
        assert leases.keys() == set(Severity)

    def test_only_a_call_that_a_milder_level_does_not_deserve_names_its_level(self) -> None:
        assert default(Severity.MAJOR).mildest is Severity.MAJOR
        assert default(Severity.GENERAL).mildest is None


class TestWhatComesNext:
    def test_a_step_repeats_before_the_next(self) -> None:
        it = read(step(repeats=2, every=3), last())
        assert list(islice(it.places_from(START), 5)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
        waits = [it.wait_after(place) // timedelta(minutes=1) for place in islice(it.places_from(START), 4)]
        assert waits == [3, 3, 10, 30]

    def test_a_step_leads_back_as_often_as_it_says(self) -> None:
        it = read(step(), step(back_to=0, back_times=2), last())
        walked = [place.step for place in islice(it.places_from(START), 8)]
        assert walked == [0, 1, 0, 1, 0, 1, 2, 2]

    def test_ways_back_inside_each_other_end_too(self) -> None:
        it = read(step(), step(back_to=0, back_times=1), step(back_to=0, back_times=1), last())
        assert [place.step for place in islice(it.places_from(START), 9)] == [0, 1, 0, 1, 2, 0, 1, 2, 3]

    def test_the_button_goes_up_past_repetitions_and_ways_back(self) -> None:
        it = read(step(repeats=5, every=3), step(back_to=0, back_times=3), last())
        assert [it.above(place).step for place in (START, Place(0, 2), Place(1, 0), Place(2, 0))] == [1, 1, 2, 2]

    def test_a_place_beyond_the_end_is_the_last_step(self) -> None:
        it = read(step(), last())
        assert (it.after(Place(7, 3)), it.step(Place(7, 3))) == ((1, 4), it.steps[1])

    def test_a_place_the_chain_never_comes_to_goes_on_all_the_same(self) -> None:
        assert read(step(), step(), last()).after(Place(0, 99)) == (1, 0)

    @given(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=5),
        st.integers(0, MAX_CALLS),
    )
    def test_no_chain_ends_and_every_chain_comes_to_its_last_step(
        self, shape: list[tuple[int, int]], stands: int
    ) -> None:
        steps = [
            step(repeats=repeats, every=1, **({"back_to": number - 1, "back_times": back} if number and back else {}))
            for number, (repeats, back) in enumerate(shape)
        ]
        it = read(*steps, last())
        walked = list(islice(it.places_from(START), MAX_CALLS + 1))
        assert len(set(walked)) == len(walked), "no place comes twice, so none is a trap"
        assert walked[-1].step == it.last
        above = it.above(walked[stands])
        assert above.step > walked[stands].step or above.step == it.last


class TestWhoIsMeant:
    @pytest.mark.parametrize("text", ["leader", "duty_role:legal", "role:duty_manager", "person:12"])
    def test_whom_to_call_is_written_as_it_is_read(self, text: str) -> None:
        assert str(Whom.parse(text)) == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "boss",
            "leader:1",
            "duty_role",
            "duty_role:cook",
            "role:",
            "role:king",
            "person:",
            "person:-1",
            "person:１",
        ],
    )
    def test_nobody_else_is_called(self, text: str) -> None:
        with pytest.raises(Refusal) as refusal:
            Whom.parse(text, field="whom")
        assert refusal.value.field == "whom"

    @pytest.mark.parametrize("role", sorted(set(Role) - set(ANSWERING_ROLES)))
    def test_a_role_that_cannot_acknowledge_is_not_called(self, role: Role) -> None:
        with pytest.raises(Refusal, match="cannot acknowledge"):
            Whom.parse(f"role:{role}")

    def test_every_target_is_read(self) -> None:
        names = {Target.DUTY_ROLE: ":design", Target.ROLE: ":handler", Target.PERSON: ":1"}
        assert {Whom.parse(f"{target}{names.get(target, '')}").target for target in Target} == set(Target)
        assert set(names) == NAMED

    def test_the_people_a_policy_names_are_listed_with_their_field(self) -> None:
        policy = EscalationPolicy.from_document(document(chain(step("leader", "person:7"), last("person:9"))))
        assert list(policy.people()) == [(7, "chains-0-steps-0-whom"), (9, "chains-0-steps-1-whom")]

    def test_every_kind_of_complaint_has_a_duty_role(self) -> None:
        assert REQUIRED_DUTY_ROLE.keys() == set(Category)

    def test_construction_calls_engineering_and_design_calls_design(self) -> None:
        """D-03, D-04."""
        engineering = {category for category, role in REQUIRED_DUTY_ROLE.items() if role is DutyRoleCode.ENGINEERING}
        assert engineering == {Category.QUALITY, Category.DELAY, Category.SAFETY}
        assert REQUIRED_DUTY_ROLE[Category.DESIGN] is DutyRoleCode.DESIGN


BAD: dict[str, tuple[Document, str]] = {
    "no chain at all": (document(), "chains"),
    "no document at all": ({}, "chains"),
    "a chain that is no table": ({"chains": "all of them"}, "chains"),
    "a chain without steps": (document(chain()), "chains-0-steps"),
    "a step that calls nobody": (document(chain(step() | {"whom": []}, last())), "chains-0-steps-0-whom"),
    "an unknown duty role": (document(chain(step("duty_role:cook"), last())), "chains-0-steps-0-whom"),
    "an unknown role": (document(chain(step("role:king"), last())), "chains-0-steps-0-whom"),
    "the same people twice": (document(chain(step("leader", "leader"), last())), "chains-0-steps-0-whom"),
    "everybody in one step": (
        document(chain(step(*(f"person:{n}" for n in range(9))), last())),
        "chains-0-steps-0-whom",
    ),
    "no wait": (document(chain(step(wait=0), last())), "chains-0-steps-0-wait"),
    "a wait of a week": (document(chain(step(wait=10_080), last())), "chains-0-steps-0-wait"),
    "a wait that is no number": (document(chain(step(wait="ten"), last())), "chains-0-steps-0-wait"),
    "a wait that is missing": (document(chain({"whom": ["leader"]}, last())), "chains-0-steps-0-wait"),
    "too many repeats": (document(chain(step(repeats=99), last())), "chains-0-steps-0-repeats"),
    "a repeat without its length": (document(chain(step(repeats=2), last())), "chains-0-steps-0-every"),
    "a last step that gives up": (document(chain(step(), step(repeats=5, every=10))), "chains-0-steps-1-repeats"),
    "a last step that calls every minute": (document(chain(last(every=1))), "chains-0-steps-0-every"),
    "a last step that goes back": (document(chain(step(), last(back_to=0))), "chains-0-steps-1-back_to"),
    "steps after the endless one": (document(chain(last(), last())), "chains-0-steps-0-repeats"),
    "back to itself": (document(chain(step(back_to=0, back_times=1), last())), "chains-0-steps-0-back_to"),
    "back to a later step": (document(chain(step(back_to=1, back_times=1), last())), "chains-0-steps-0-back_to"),
    "back for ever": (document(chain(step(), step(back_to=0), last())), "chains-0-steps-1-back_times"),
    "back too often": (document(chain(step(), step(back_to=0, back_times=99), last())), "chains-0-steps-1-back_times"),
    "too many calls": (
        document(chain(step(repeats=20, every=1), step(back_to=0, back_times=10), last())),
        "chains-0-steps",
    ),
    "too many steps": (document(chain(*[step()] * 20, last())), "chains-0-steps"),
    "no chain for the rest": (document(chain(last(), levels=(1,))), "chains"),
    "two chains for the rest": (document(chain(last()), chain(last(), name="other")), "chains-1-levels"),
    "a chain without a name": (document(chain(last(), name="")), "chains-0-id"),
    "two chains of one name": (document(chain(last()), chain(last(), levels=(1,))), "chains-1-id"),
    "an unknown level": (document(chain(last()), chain(last(), levels=(7,), name="x")), "chains-1-levels"),
    "a level that is a yes": (document(chain(last()), chain(last(), levels=(True,), name="x")), "chains-1-levels"),
    "an unknown kind": (
        document(chain(last()), chain(last(), categories=("ghosts",), name="x")),
        "chains-1-categories",
    ),
    "two chains for the same complaint": (
        document(
            chain(last()),
            chain(last(), levels=(1, 2), name="grave"),
            chain(last(), categories=("safety",), name="safety"),
        ),
        "chains-2-levels",
    ),
    "a lease of a minute": (document(chain(last()), **{"1": 1}), "lease_1"),
    "a lease of a month": (document(chain(last()), **{"3": 60 * 24 * 30}), "lease_3"),
    "no leases": ({"chains": [chain(last())]}, "lease_1"),
}


@pytest.mark.parametrize(("bad", "field"), BAD.values(), ids=BAD.keys())
def test_a_policy_that_makes_no_sense_is_refused_beside_its_field(bad: Document, field: str) -> None:
    with pytest.raises(Refusal) as refusal:
        EscalationPolicy.from_document(bad)
    assert refusal.value.field == field


def test_chains_that_share_no_complaint_stand_side_by_side() -> None:
    policy = EscalationPolicy.from_document(
        document(
            chain(last("leader")),
            chain(last("management"), levels=(1,), name="major"),
            chain(last("duty_role:legal"), levels=(2, 3), categories=("safety",), name="safety"),
        )
    )
    assert policy.chain_for(Severity.MAJOR, Category.SAFETY).id == "major"
    assert policy.chain_for(Severity.GENERAL, Category.SAFETY).id == "safety"
    assert policy.chain_for(Severity.GENERAL, Category.DESIGN).id == "rest"
    assert policy.chain("gone") is None


def test_the_shipped_document_is_not_changed_by_reading_it() -> None:
    before = copy.deepcopy(DEFAULT_DOCUMENT)
    EscalationPolicy.from_document(DEFAULT_DOCUMENT)
    assert before == DEFAULT_DOCUMENT


class TestThePreview:
    def test_it_says_who_would_be_called_when(self) -> None:
        planned = plan(default(), START, NOON, everybody)
        assert [(line.at - NOON) // timedelta(minutes=1) for line in planned] == [0, 10, 20, 30, 60]
        assert [line.people for line in planned][:2] == [("required_role",), ("leader",)]

    def test_an_empty_step_is_passed_at_once_with_its_repetitions(self) -> None:
        it = read(step("leader", repeats=3, every=2), step("handler"), last())
        planned = plan(
            it, START, NOON, lambda step, at: [] if step.whom[0].target is Target.LEADER else everybody(step, at)
        )
        assert [(line.place.step, (line.at - NOON) // timedelta(minutes=1)) for line in planned] == [
            (0, 0),
            (1, 0),
            (2, 10),
            (2, 40),
        ]
        assert planned[0].people == ()

    def test_people_are_asked_for_at_the_moment_of_their_call(self) -> None:
        asked: list[datetime] = []

        def note(step: Step, at: datetime) -> list[str]:
            asked.append(at)
            return ["林晓"]

        plan(default(), START, NOON, note)
        assert asked == sorted(asked) and asked[0] == NOON

    @pytest.mark.parametrize("nobody", [True, False])
    def test_it_ends_whatever_the_chain(self, nobody: bool) -> None:
        it = read(step(repeats=20, every=1), step(back_to=0, back_times=3), last())
        people: Callable[[Step, datetime], list[str]] = (lambda step, at: []) if nobody else everybody
        planned = plan(it, START, NOON, people, most=8)
        assert 0 < len(planned) <= 8
        assert [line.at for line in planned] == sorted(line.at for line in planned)


def everybody(step: Step, at: datetime) -> list[str]:
    """Somebody stands behind each word."""
    return [str(whom) for whom in step.whom]
