"""The chain: who is called next when a complaint is not taken (D-03, G-04), until somebody has it.

A policy holds several chains, each for some levels and kinds of complaint, and one for all the rest. A chain is a list
of steps; the last one repeats for as long as it takes, so that no chain ever falls silent. Managers edit the policy;
the shipped one is the plan's. Everything here is computed from the policy alone: who stands behind the words
"group leader on duty" at which moment, the services know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import combinations, islice, pairwise
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from rules import documents
from rules.permissions import ROLE_PERMISSIONS, Permission
from rules.refusals import Refusal
from rules.vocabulary import N_, Category, Role, Severity, Term

Someone = TypeVar("Someone")

MAX_CHAINS = 12
MAX_STEPS = 12
MAX_WHOM = 3
MAX_REPEATS = 20
MAX_BACK = 10
MAX_CALLS = 100
"""Calls that a chain may make before its last step; beyond that nobody could say what it does."""

LONGEST_WAIT = 240
SHORTEST_ENDLESS = 5
"""Minutes between the endless calls of a last step, at least."""

LEASE_BOUNDS = (10, 7 * 24 * 60)
LONGEST_STAND_DOWN = timedelta(hours=24)
MAX_ROUND = 30_000
"""Where counting stops; a last step that was called this often is called all the same."""


class Target(Term):
    """Whom a step of the chain calls."""

    REQUIRED_ROLE = "required_role", N_("Duty member of the role in charge")
    LEADER = "leader", N_("Group leader on duty")
    DUTY_GROUP = "duty_group", N_("Everybody on duty")
    MANAGEMENT = "management", N_("Duty managers")
    HANDLER = "handler", N_("The handler")
    SUPERIOR = "superior", N_("The handler's superior")
    DUTY_ROLE = "duty_role", N_("A duty role")
    ROLE = "role", N_("Everybody of a role")
    PERSON = "person", N_("A named person")


NAMED = frozenset({Target.DUTY_ROLE, Target.ROLE, Target.PERSON})
"""Targets that need a name: which role, which person."""


class DutyRoleCode(Term):
    """The four roles of the duty group (D-03); the customer-service supervisor leads it."""

    CS_SUPERVISOR = "cs_supervisor", N_("CS supervisor")
    ENGINEERING = "engineering", N_("Engineering")
    DESIGN = "design", N_("Design")
    LEGAL = "legal", N_("Legal")


REQUIRED_DUTY_ROLE: Mapping[Category, DutyRoleCode] = MappingProxyType(
    {
        Category.QUALITY: DutyRoleCode.ENGINEERING,
        Category.DELAY: DutyRoleCode.ENGINEERING,
        Category.SAFETY: DutyRoleCode.ENGINEERING,
        Category.DESIGN: DutyRoleCode.DESIGN,
        Category.EXTRA_ITEMS: DutyRoleCode.CS_SUPERVISOR,
        Category.SERVICE: DutyRoleCode.CS_SUPERVISOR,
        Category.OTHER: DutyRoleCode.CS_SUPERVISOR,
    }
)
"""Whose phone rings first for which kind of complaint (D-03, H-03)."""

_ID = re.compile("[0-9]{1,9}")

ANSWERING_ROLES = tuple(role for role in Role if Permission.ACKNOWLEDGE in ROLE_PERMISSIONS[role])
"""The roles whose people can answer a call; a step that calls others would wait for nothing."""


@dataclass(frozen=True)
class Whom:
    """Whom a step calls: the target, and which role or person where the target alone does not say it.

    ``name`` is a duty role's code, a role, or a person's id; '' for the other targets.
    """

    target: Target
    name: str = ""

    @classmethod
    def parse(cls, text: object, *, field: str = "") -> Whom:
        """Read ``leader``, ``duty_role:legal``, ``role:duty_manager`` or ``person:12``.

        Raises:
            Refusal: there is no such target or role, or the role's people cannot answer.
        """
        before, _, name = str(text).partition(":")
        target = documents.word(Target, before, field=field)
        is_well_named = _ID.fullmatch(name) if target is Target.PERSON else not name or target in NAMED
        if not is_well_named:
            raise Refusal(N_("Please choose whom to call."), field=field)
        if target is Target.DUTY_ROLE:
            documents.word(DutyRoleCode, name, field=field)
        if target is Target.ROLE:
            role = documents.word(Role, name, field=field)
            if role not in ANSWERING_ROLES:
                raise Refusal(N_("“%(role)s” cannot acknowledge a complaint."), field=field, role=role)
        return cls(target, name)

    @property
    def duty_role(self) -> DutyRoleCode:
        """The named role of the duty group."""
        return documents.word(DutyRoleCode, self.name, field="")

    @property
    def role(self) -> Role:
        """The named role of the desk."""
        return documents.word(Role, self.name, field="")

    @property
    def person_id(self) -> int | None:
        """The id of the named person."""
        return int(self.name) if self.target is Target.PERSON else None

    def __str__(self) -> str:
        return f"{self.target}:{self.name}" if self.name else str(self.target)


class Place(NamedTuple):
    """Where a chain stands: the step, and how often this step was called before."""

    step: int
    round: int


START = Place(0, 0)


@dataclass(frozen=True)
class Step:
    """One step: whom it calls, how often, and how long it waits for an answer.

    ``each``: everybody called must acknowledge for themselves. ``repeats``: how often it calls again, ``every`` so
    long; None: until somebody answers. ``wait``: how long after its last call the chain goes on, to the next step or,
    at most ``back_times`` times, back to the step ``back_to``.
    """

    whom: tuple[Whom, ...]
    wait: timedelta
    every: timedelta
    each: bool = False
    repeats: int | None = 0
    back_to: int | None = None
    back_times: int = 0

    @property
    def is_endless(self) -> bool:
        """Whether it calls until somebody answers."""
        return self.repeats is None


@dataclass(frozen=True)
class Chain:
    """The steps for complaints of some levels and kinds; with neither it is the chain for all the rest."""

    id: str
    levels: frozenset[Severity]
    categories: frozenset[Category]
    steps: tuple[Step, ...]

    @property
    def is_catch_all(self) -> bool:
        """Whether it serves whatever no other chain claims."""
        return not self.levels and not self.categories

    @property
    def last(self) -> int:
        """The last step, which repeats for ever."""
        return len(self.steps) - 1

    @property
    def mildest(self) -> Severity | None:
        """The mildest level that deserves its calls; None when every level does."""
        return max(self.levels) if self.levels and max(self.levels) < max(Severity) else None

    def serves(self, severity: Severity, category: Category) -> bool:
        """Whether it is made for such a complaint."""
        return (not self.levels or severity in self.levels) and (not self.categories or category in self.categories)

    def step(self, place: Place) -> Step:
        """The step at this place; a place beyond the end is the last step."""
        return self.steps[min(place.step, self.last)]

    def after(self, place: Place) -> Place:
        """Where the chain goes when nobody answers: a repetition, a step back, the next step, never nowhere."""
        if place.step >= self.last:
            return Place(self.last, min(place.round + 1, MAX_ROUND))
        return self._following.get(place, Place(place.step + 1, 0))

    def above(self, place: Place) -> Place:
        """One step up, past all repetitions: what the button and an overdue clock do."""
        following = self.after(place)
        while following.step <= place.step < self.last:
            following = self.after(following)
        return following

    def wait_after(self, place: Place) -> timedelta:
        """How long the call at this place waits for an answer."""
        step = self.step(place)
        is_repeated = step.is_endless or self.after(place) == Place(place.step, place.round + 1)
        return step.every if is_repeated else step.wait

    def places_from(self, place: Place) -> Iterator[Place]:
        """This place and all that follow while nobody answers, without end."""
        while True:
            yield place
            place = self.after(place)

    @cached_property
    def _following(self) -> Mapping[Place, Place]:
        calls = _unrolled(self.steps)
        return dict(pairwise(calls))


@dataclass(frozen=True)
class Planned(Generic[Someone]):
    """One line of a preview: whom the chain would call when; nobody there means passed at once."""

    at: datetime
    place: Place
    step: Step
    people: tuple[Someone, ...]


@dataclass(frozen=True)
class EscalationPolicy:
    """All chains, and how long an acknowledgement holds without progress at each level (ES2)."""

    chains: tuple[Chain, ...]
    leases: Mapping[Severity, timedelta]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> EscalationPolicy:
        """Read a policy's document.

        Raises:
            Refusal: it is empty, ambiguous or might fall silent; beside the field, such as ``chains-0-steps-1-wait``.
        """
        chains = documents.rows(document, "chains", most=MAX_CHAINS)
        if not chains:
            raise Refusal(N_("The policy has no chain: nobody would ever be called."), field="chains")
        policy = cls(
            chains=tuple(_chain(row, f"chains-{number}") for number, row in enumerate(chains)),
            leases=_leases(document.get("leases")),
        )
        documents.check_ids((chain.id for chain in policy.chains), "chains")
        _check_together(policy.chains)
        return policy

    def chain_for(self, severity: Severity, category: Category) -> Chain:
        """The chain of such a complaint: the one made for it, else the one for all the rest."""
        special = (chain for chain in self.chains if not chain.is_catch_all and chain.serves(severity, category))
        return next(special, None) or next(chain for chain in self.chains if chain.is_catch_all)

    def chain(self, chain_id: str) -> Chain | None:
        """The chain with this id."""
        return next((chain for chain in self.chains if chain.id == chain_id), None)

    def people(self) -> Iterator[tuple[int, str]]:
        """The id of every named person with the field that names them."""
        for number, chain in enumerate(self.chains):
            for place, step in enumerate(chain.steps):
                for whom in step.whom:
                    if whom.person_id is not None:
                        yield whom.person_id, f"chains-{number}-steps-{place}-whom"


def plan(
    chain: Chain,
    place: Place,
    at: datetime,
    people_at: Callable[[Step, datetime], Collection[Someone]],
    *,
    most: int = 12,
) -> list[Planned[Someone]]:
    """Who would be called when, from ``place`` at the moment ``at`` on, if nobody answered (ES7).

    ``people_at`` says who stands behind a step at a moment. The last step is shown twice at most; a step where nobody
    is found is passed at once (ES5), and its repetitions with it.
    """
    planned: list[Planned[Someone]] = []
    for standing in islice(chain.places_from(place), 10 * MAX_CALLS):
        step, people = chain.step(standing), tuple(people_at(chain.step(standing), at))
        is_known_empty = not people and planned and (planned[-1].at, planned[-1].place.step) == (at, standing.step)
        if not is_known_empty:
            planned.append(Planned(at, standing, step, people))
        if people or standing.step == chain.last:
            at += chain.wait_after(standing)
        if len(planned) == most or [line.place.step for line in planned].count(chain.last) == 2:
            break
    return planned


def _unrolled(steps: Sequence[Step]) -> list[Place]:
    """Every call in its order up to the first one of the last step.

    Each way back is taken as often as it says and not once more, so the walk ends.
    """
    called, gone_back, calls, at = [0] * len(steps), [0] * len(steps), list[Place](), 0
    while at < len(steps) - 1:
        step = steps[at]
        for _ in range(1 + (step.repeats or 0)):
            calls.append(Place(at, called[at]))
            called[at] += 1
        if step.back_to is not None and gone_back[at] < step.back_times:
            gone_back[at] += 1
            at = step.back_to
        else:
            at += 1
    return [*calls, Place(at, 0)]


# --- reading a document ----------------------------------------------------------------------------------------------


def _chain(row: Mapping[str, Any], field: str) -> Chain:
    steps = documents.rows(row, "steps", most=MAX_STEPS, at=field)
    if not steps:
        raise Refusal(N_("This chain has no step: nobody would be called."), field=f"{field}-steps")
    chain = Chain(
        id=documents.own_id(row, at=field),
        levels=frozenset(documents.words(Severity, row.get("levels", []), field=f"{field}-levels")),
        categories=frozenset(documents.words(Category, row.get("categories", []), field=f"{field}-categories")),
        steps=tuple(
            _step(step, f"{field}-steps-{number}", number, is_last=number == len(steps) - 1)
            for number, step in enumerate(steps)
        ),
    )
    count = len(_unrolled(chain.steps)) - 1
    if count > MAX_CALLS:
        raise Refusal(
            N_("This chain would make %(count)s calls before its last step; %(most)s at most."),
            field=f"{field}-steps",
            count=count,
            most=MAX_CALLS,
        )
    return chain


def _step(row: Mapping[str, Any], field: str, number: int, *, is_last: bool) -> Step:
    whom, each = _whom(row.get("whom"), f"{field}-whom"), bool(row.get("each"))
    if is_last:
        return _last_step(row, field, whom, each=each)
    if row.get("repeats", 0) is None:
        raise Refusal(
            N_("Only the last step may call for as long as it takes; the steps after this one would never come."),
            field=f"{field}-repeats",
        )
    repeats = documents.whole(row.get("repeats", 0), field=f"{field}-repeats", lowest=0, highest=MAX_REPEATS)
    wait = _minutes(row.get("wait"), f"{field}-wait", 1, LONGEST_WAIT)
    every = _minutes(row.get("every"), f"{field}-every", 1, LONGEST_WAIT) if repeats else wait
    back_to, back_times = _way_back(row, field, number)
    return Step(whom, wait, every, each=each, repeats=repeats, back_to=back_to, back_times=back_times)


def _last_step(row: Mapping[str, Any], field: str, whom: tuple[Whom, ...], *, each: bool) -> Step:
    if row.get("repeats", 0) is not None:
        raise Refusal(
            N_("The last step must call for as long as it takes; otherwise the chain would fall silent."),
            field=f"{field}-repeats",
        )
    if row.get("back_to") is not None:
        raise Refusal(N_("The last step repeats itself; it cannot go back."), field=f"{field}-back_to")
    every = _minutes(row.get("every"), f"{field}-every", SHORTEST_ENDLESS, LONGEST_WAIT)
    return Step(whom, every, every, each=each, repeats=None)


def _whom(texts: Any, field: str) -> tuple[Whom, ...]:
    if not isinstance(texts, list | tuple) or not texts:
        raise Refusal(N_("Please choose whom to call."), field=field)
    if len(texts) > MAX_WHOM:
        raise Refusal(N_("At most %(most)s at a time."), field=field, most=MAX_WHOM)
    called = tuple(Whom.parse(text, field=field) for text in texts)
    if len(set(called)) < len(called):
        raise Refusal(N_("The same people stand in this step twice."), field=field)
    return called


def _way_back(row: Mapping[str, Any], field: str, number: int) -> tuple[int | None, int]:
    """Where the step leads back to, counted from 0, and how often; a way back that never ends is refused."""
    back_to = row.get("back_to")
    if back_to is None:
        return None, 0
    if not isinstance(back_to, int) or not 0 <= back_to < number:
        raise Refusal(N_("A step can only go back to an earlier one."), field=f"{field}-back_to")
    if not row.get("back_times"):
        raise Refusal(
            N_("Please say how often the chain goes back here; otherwise its steps would never end."),
            field=f"{field}-back_times",
        )
    return back_to, documents.whole(row["back_times"], field=f"{field}-back_times", lowest=1, highest=MAX_BACK)


def _check_together(chains: Sequence[Chain]) -> None:
    """Refuse chains that two complaints, or no complaint, could not tell apart."""
    catch_alls = [number for number, chain in enumerate(chains) if chain.is_catch_all]
    if not catch_alls:
        raise Refusal(
            N_("One chain must serve all the rest, without level or kind; otherwise somebody might call nobody."),
            field="chains",
        )
    if len(catch_alls) > 1:
        raise Refusal(N_("Two chains serve all the rest; only one can."), field=f"chains-{catch_alls[1]}-levels")
    for (one, first), (other, second) in combinations(enumerate(chains), 2):
        shared = _shared(first, second)
        if shared is not None:
            raise Refusal(
                N_("This chain and chain %(number)s both claim “%(level)s · %(category)s”."),
                field=f"chains-{other}-levels",
                number=one + 1,
                level=shared[0].label,
                category=shared[1],
            )


def _shared(first: Chain, second: Chain) -> tuple[Severity, Category] | None:
    if first.is_catch_all or second.is_catch_all:
        return None
    cells = ((level, category) for level in Severity for category in Category)
    return next((cell for cell in cells if first.serves(*cell) and second.serves(*cell)), None)


def _leases(raw: Any) -> dict[Severity, timedelta]:
    minutes = raw if isinstance(raw, Mapping) else {}
    return {level: _minutes(minutes.get(str(int(level))), f"lease_{int(level)}", *LEASE_BOUNDS) for level in Severity}


def _minutes(value: Any, field: str, lowest: int, highest: int) -> timedelta:
    return timedelta(minutes=documents.whole(value, field=field, lowest=lowest, highest=highest))


DEFAULT_DOCUMENT: dict[str, Any] = {
    "leases": {"1": 60, "2": 24 * 60, "3": 3 * 24 * 60},
    "chains": [
        {
            "id": "major",
            "levels": [1],
            "categories": [],
            "steps": [
                {"whom": ["required_role", "leader"], "each": True, "wait": 5},
                {"whom": ["duty_group"], "each": False, "wait": 5},
                {"whom": ["management"], "each": False, "repeats": None, "every": 15},
            ],
        },
        {
            "id": "standard",
            "levels": [],
            "categories": [],
            "steps": [
                {"whom": ["required_role"], "each": False, "wait": 10},
                {"whom": ["leader"], "each": False, "wait": 10},
                {"whom": ["duty_group"], "each": False, "wait": 10},
                {"whom": ["management"], "each": False, "repeats": None, "every": 30},
            ],
        },
    ],
}
"""The shipped chains: a major case is answered by the role in charge and by the leader, each for themselves (D-11)."""
