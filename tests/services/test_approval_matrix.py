"""The approval matrix: who decides on how much of what, in whose name, cell by cell (G-04, G-05, CA2–CA4, N9).

What is right is said here once more from the words of the plan, without a look at the ladder's code: field staff within
theirs, then the leader, a director, the general manager; above the ordinary limit or the project's cap a special
approval with a form and two signatures; nobody on their own; substitutes on their days.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import Compensation, CompensationDecision, Complaint, Person, Substitution
from rules.authority import WhySpecial
from rules.compensation import CompensationAction
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import CompensationKind, CompensationStatus, PolicyKind, Position, Role
from services import compensations, policies
from services.authorities import Deciders, Seat
from tests.factories import (
    CompensationFactory,
    ComplaintFactory,
    PersonFactory,
    ProjectFactory,
    SpecialApprovalFactory,
    SubstitutionFactory,
)

Db = scoped_session[Session]
K, P = CompensationKind, Position

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""Who may decide is arithmetic; that two at a time wait for each other is tested on both engines with the service."""


# --- what the plan says ----------------------------------------------------------------------------------------------

ORDINARY = Decimal(50_000)
"""Above it, and only above it, a special approval is needed (G-05)."""
EDGES = [Decimal(500), Decimal(2_000), Decimal(10_000), ORDINARY]
CENT = Decimal("0.01")
AMOUNTS = [
    Decimal(0),
    CENT,
    *(edge + step for edge in EDGES for step in (-CENT, Decimal(0), CENT)),
    Decimal(10_000_000),
]
"""Nothing, a cent, every rung's edge with a cent below and above, and the most that can be offered."""

IN_KIND = {K.CLEANING, K.REWORK, K.SERVICE_HOURS, K.VOUCHER, K.CARE_GIFT}
"""What field staff may give; everything else is money."""
FIELD = {P.ADVISER, P.ENGINEERING_MANAGER, P.PROJECT_MANAGER, P.LEAD_DESIGNER}
LEADERS = {P.CS_SUPERVISOR, P.DESIGN_SUPERVISOR}
DIRECTORS = {P.ENGINEERING_DIRECTOR, P.DESIGN_DIRECTOR}
SIGNERS = {P.LEGAL_COUNSEL, P.FINANCE, P.GENERAL_MANAGER}
DECIDES_NOTHING = {Role.INTAKE, Role.ANALYST, Role.AUDITOR}
NOBODY = Decimal(-1)
"""Less than an offer of nothing: whoever decides nothing does not decide on that either."""

Part = tuple[Role, Position | None]


def most(part: Part, kind: CompensationKind) -> Decimal:
    """Up to how many yuan somebody decides on this kind in their own name."""
    role, post = part
    if role in DECIDES_NOTHING:
        return NOBODY
    if post is P.GENERAL_MANAGER:
        return Decimal(50_000)
    if role is Role.APPROVER or post in DIRECTORS:
        return Decimal(10_000)
    if post in LEADERS:
        return Decimal(2_000)
    return Decimal(500) if post in FIELD and kind in IN_KIND else NOBODY


def signs(part: Part) -> bool:
    """Whether somebody signs special approvals."""
    role, post = part
    return role not in DECIDES_NOTHING and post in SIGNERS


# --- the cells -------------------------------------------------------------------------------------------------------

PARTS: dict[str, Part] = {
    "field": (Role.HANDLER, P.PROJECT_MANAGER),
    "leader": (Role.DUTY, P.CS_SUPERVISOR),
    "director by post": (Role.HANDLER, P.ENGINEERING_DIRECTOR),
    "director by role": (Role.APPROVER, None),
    "general manager": (Role.DUTY_MANAGER, P.GENERAL_MANAGER),
    "finance": (Role.APPROVER, P.FINANCE),
    "legal counsel": (Role.DUTY, P.LEGAL_COUNSEL),
    "no post": (Role.HANDLER, None),
    "administrator": (Role.ADMINISTRATOR, P.IT_STAFF),
    "only watches": (Role.AUDITOR, P.GENERAL_MANAGER),
    "takes calls": (Role.INTAKE, P.CS_SUPERVISOR),
}
"""One of each kind of people, for what is too dear to be asked of every role at every post."""


def hired(part: Part) -> Person:
    """Somebody with this role at this post."""
    role, post = part
    return PersonFactory(roles=[role], position=post)


@pytest.fixture
def offerer(session: Db) -> Person:
    """Who offers, and has nothing to say otherwise."""
    return PersonFactory(roles=[Role.HANDLER])


@pytest.fixture
def complaint(session: Db) -> Complaint:
    """A complaint without a project: no cap."""
    return ComplaintFactory()


@pytest.fixture
def item(complaint: Complaint, offerer: Person, session: Db) -> Compensation:
    """One compensation whose kind and amount a test sets to look at it; it is not written again."""
    made = CompensationFactory(complaint=complaint, offered_by=offerer, authority_policy_id=_ladder())
    session.commit()
    session.refresh(made)
    return made


def _ladder() -> int:
    return policies.current(PolicyKind.AUTHORITY).id


def offers(complaint: Complaint, offerer: Person, session: Db) -> Iterator[Compensation]:
    """A new compensation for every cell of money and of kind, written at once."""
    ladder = _ladder()
    made = [
        CompensationFactory.build(
            complaint=complaint, offered_by=offerer, kind=kind, amount=amount, authority_policy_id=ladder
        )
        for kind, amount in itertools.product((K.CASH, K.REWORK), AMOUNTS)
    ]
    session.add_all(made)
    session.flush()
    yield from made


def decided(compensation: Compensation, actor: Person, now: datetime) -> str:
    """What comes of an approval: ``approved``, or why not."""
    try:
        compensations.approve(compensation, note="", actor=actor, now=now)
    except NotAllowed:
        return "not theirs"
    except Conflict as conflict:
        why = conflict.params.get("why")
        return f"special: {why.value}" if isinstance(why, WhySpecial) else "their own"
    return "approved"


class TestInOnesOwnName:
    @pytest.mark.parametrize("role", Role)
    def test_every_role_at_every_post_sees_the_buttons_for_what_is_theirs(
        self, role: Role, item: Compensation, session: Db, now: datetime
    ) -> None:
        """Sixteen posts, ten kinds, fifteen amounts."""
        actor, wrong = PersonFactory(roles=[role]), []
        with session.no_autoflush:
            for post, kind in itertools.product([None, *Position], CompensationKind):
                part, actor.position, item.kind = (role, post), post, kind
                seat = Seat(actor, ())
                for amount in AMOUNTS:
                    item.amount = amount
                    shown = set(compensations.possible_steps(item, seat)) & compensations.OF_AUTHORITY
                    is_ordinary = amount <= ORDINARY
                    expected = set()
                    if is_ordinary and amount <= most(part, kind):
                        expected = {CompensationAction.APPROVE, CompensationAction.REFUSE}
                    if not is_ordinary and signs(part):
                        expected = {CompensationAction.REFUSE}  # The form is missing: nobody can sign yet.
                    if shown != expected:
                        wrong.append((post, kind, amount, shown))
        assert wrong == []

    def test_the_service_decides_as_the_buttons_say(
        self, complaint: Complaint, offerer: Person, session: Db, now: datetime
    ) -> None:
        wrong = []
        for who, part in PARTS.items():
            actor = hired(part)
            for cell in offers(complaint, offerer, session):
                expected = "not theirs"
                if part[0] not in DECIDES_NOTHING and cell.amount > ORDINARY:
                    expected = "special: limit"
                elif cell.amount <= most(part, cell.kind):
                    expected = "approved"
                answer = decided(cell, actor, now)
                is_approved = cell.status is CompensationStatus.APPROVED and cell.decided_by is actor
                is_told = [(row.by, row.for_whom) for row in cell.decisions] == [(actor, None)]
                if answer != expected or {is_approved, is_told} != {expected == "approved"}:
                    wrong.append((who, cell.kind, cell.amount, answer, expected))
        assert wrong == []

    def test_nobody_decides_on_what_they_offered(self, complaint: Complaint, session: Db, now: datetime) -> None:
        """CA4: neither to approve nor to refuse it, whatever the amount."""
        for part in PARTS.values():
            actor = hired(part)
            for cell in offers(complaint, actor, session):
                assert compensations.OF_AUTHORITY.isdisjoint(compensations.possible_steps(cell, Seat(actor, ())))
                assert decided(cell, actor, now) != "approved"
                with pytest.raises((Conflict, NotAllowed)):
                    compensations.refuse(cell, note="超出标准", actor=actor, now=now)
                assert (cell.status, cell.decided_by, cell.decisions) == (CompensationStatus.OFFERED, None, [])

    def test_the_highest_of_several_hats_counts(self, item: Compensation, session: Db, now: datetime) -> None:
        """A project manager who is an approver too decides up to a director's amount, not in kind alone."""
        actor = PersonFactory(roles=[Role.HANDLER, Role.APPROVER], position=P.PROJECT_MANAGER)
        item.amount = Decimal(10_000)
        session.flush()
        assert CompensationAction.APPROVE in compensations.possible_steps(item, Seat(actor, ()))
        actor.role_rows = [row for row in actor.role_rows if row.role is not Role.APPROVER]
        session.flush()
        assert CompensationAction.APPROVE not in compensations.possible_steps(item, Seat(actor, ()))

    def test_who_works_here_no_more_decides_nothing(
        self, complaint: Complaint, offerer: Person, session: Db, now: datetime
    ) -> None:
        gone = PersonFactory(roles=[Role.APPROVER], position=P.GENERAL_MANAGER, is_active=False)
        assert {decided(cell, gone, now) for cell in offers(complaint, offerer, session)} == {"not theirs"}


class TestInSomebodysName:
    """CA3: on the days that are named, both ends included, and as far as that person's own authority goes."""

    DAYS = ((0, 0), (-3, 0), (0, 3), (-3, 3), (-3, -1), (1, 3))
    """From and until how many days after today; the last two are over, and to come."""

    @pytest.mark.parametrize("offered_by", ["somebody else", "the substitute", "the one away"])
    @pytest.mark.parametrize("away", ["leader", "director by role", "general manager", "only watches"])
    def test_a_substitute_decides_what_either_of_the_two_could(
        self, away: str, offered_by: str, item: Compensation, session: Db, now: datetime
    ) -> None:
        person, wrong = hired(PARTS[away]), []
        for who in ("no post", "field", "director by post", "takes calls"):
            substitute = hired(PARTS[who])
            item.offered_by = {"the substitute": substitute, "the one away": person}.get(offered_by, item.offered_by)
            standing_in = SubstitutionFactory(person=person, substitute=substitute)
            for days in self.DAYS:
                self._set(standing_in, days, now)
                session.flush()
                seat = Seat.of(substitute, now=now)
                names = self._names(who, away, offered_by, is_today=days[0] <= 0 <= days[1])
                with session.no_autoflush:
                    for item.kind, item.amount in itertools.product((K.CASH, K.REWORK), AMOUNTS):
                        expected = next((n for n in names if item.amount <= most(PARTS[n], item.kind)), None)
                        found = seat.decides_as(item, is_special=False)
                        if item.amount > ORDINARY:
                            expected = None
                        if found is not {None: None, who: substitute, away: person}[expected]:
                            wrong.append((who, days, item.kind, item.amount, found))
                    session.refresh(item)
        assert wrong == []

    @staticmethod
    def _names(who: str, away: str, offered_by: str, *, is_today: bool) -> list[str]:
        """In whose names they may decide, their own first."""
        if offered_by == "the substitute" or PARTS[who][0] in DECIDES_NOTHING:
            return []
        return [who, away] if is_today and offered_by != "the one away" else [who]

    @staticmethod
    def _set(standing_in: Substitution, days: tuple[int, int], now: datetime) -> None:
        today = now.astimezone(COMPANY_ZONE).date()
        standing_in.first_on, standing_in.last_on = (today + timedelta(days=each) for each in days)

    @pytest.mark.parametrize("away", ["leader", "director by role", "general manager", "only watches"])
    def test_the_service_decides_in_their_name_and_says_so(
        self, away: str, complaint: Complaint, offerer: Person, session: Db, now: datetime
    ) -> None:
        person, substitute = hired(PARTS[away]), hired(PARTS["field"])
        SubstitutionFactory(person=person, substitute=substitute)
        for cell in offers(complaint, offerer, session):
            own, theirs = most(PARTS["field"], cell.kind), most(PARTS[away], cell.kind)
            is_approved = decided(cell, substitute, now) == "approved"
            assert is_approved is (cell.amount <= max(own, theirs)), (cell.kind, cell.amount)
            told = [(row.by, row.for_whom) for row in cell.decisions]
            assert told == ([(substitute, None if cell.amount <= own else person)] if is_approved else [])

    def test_a_day_ends_at_the_company_s_midnight(self, item: Compensation, session: Db, now: datetime) -> None:
        away, substitute = hired(PARTS["director by role"]), hired(PARTS["no post"])
        today = now.astimezone(COMPANY_ZONE).date()
        SubstitutionFactory(person=away, substitute=substitute, first_on=today, last_on=today)

        def name_at(hour: int, minute: int, *, day: date = today) -> Person | None:
            moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=COMPANY_ZONE)
            return Seat.of(substitute, now=moment).decides_as(item, is_special=False)

        assert [name_at(0, 0), name_at(7, 59), name_at(23, 59)] == [away, away, away]
        assert name_at(23, 59, day=today - timedelta(days=1)) is None
        assert name_at(0, 0, day=today + timedelta(days=1)) is None

    def test_nobody_stands_in_for_whoever_stands_in(self, item: Compensation, session: Db, now: datetime) -> None:
        director, second, third = (hired(PARTS[who]) for who in ("director by role", "no post", "no post"))
        SubstitutionFactory(person=director, substitute=second)
        SubstitutionFactory(person=second, substitute=third)
        assert Seat.of(second, now=now).decides_as(item, is_special=False) is director
        assert Seat.of(third, now=now).decides_as(item, is_special=False) is None

    def test_one_substitute_of_two_decides_in_the_name_that_covers_it(
        self, complaint: Complaint, offerer: Person, session: Db, now: datetime
    ) -> None:
        leader, manager, substitute = (hired(PARTS[who]) for who in ("leader", "general manager", "no post"))
        for person in (leader, manager):
            SubstitutionFactory(person=person, substitute=substitute)
        for cell in offers(complaint, offerer, session):
            expected = "approved" if cell.amount <= ORDINARY else "special: limit"
            assert decided(cell, substitute, now) == expected
            names = [leader if cell.amount <= 2_000 else manager] if expected == "approved" else []
            assert [row.for_whom for row in cell.decisions] == names

    @pytest.mark.parametrize("gone", ["the one away", "the substitute"])
    def test_who_works_here_no_more_lends_nobody_a_name(
        self, gone: str, item: Compensation, session: Db, now: datetime
    ) -> None:
        away, substitute = hired(PARTS["director by role"]), hired(PARTS["no post"])
        SubstitutionFactory(person=away, substitute=substitute)
        {"the one away": away, "the substitute": substitute}[gone].is_active = False
        session.flush()
        assert decided(item, substitute, now) == "not theirs"


class TestWhoIsTold:
    """The lowest rung that may decide and has somebody; the next one that has, when they are late (G-04, N9)."""

    RUNGS = ("field", "leader", "director by role", "general manager")

    @pytest.mark.parametrize("vacant", [None, *RUNGS])
    def test_the_lowest_manned_rung_and_the_one_above(
        self, vacant: str | None, complaint: Complaint, offerer: Person, session: Db, now: datetime
    ) -> None:
        manned = {name: hired(PARTS[name]) for name in self.RUNGS if name != vacant}
        PersonFactory(roles=[Role.APPROVER], position=P.GENERAL_MANAGER, is_active=False)
        hired(PARTS["only watches"])
        signers = {hired(PARTS[name]) for name in ("finance", "legal counsel")} | {
            manned[name] for name in ("general manager",) if name in manned
        }
        finance = next(person for person in signers if person.position is P.FINANCE)
        deciders = Deciders(now)
        for cell in offers(complaint, offerer, session):
            climbed: list[set[Person]] = [
                {person, finance} if name == "director by role" else {person}
                for name, person in self._staff(manned, finance).items()
                if cell.amount <= most(PARTS[name], cell.kind)
            ]
            told, above = (*climbed, set(), set())[:2] if cell.amount <= ORDINARY else (signers, set())
            assert set(deciders.of(cell)) == told, (cell.kind, cell.amount)
            assert set(deciders.above(cell)) == above, (cell.kind, cell.amount)

    @classmethod
    def _staff(cls, manned: dict[str, Person], finance: Person) -> dict[str, Person]:
        """Who stands on each rung, from below; finance is an approver too."""
        both = {"director by role": finance} | manned
        return {name: both[name] for name in cls.RUNGS if name in both}

    def test_whoever_offered_it_is_not_told_and_a_substitute_is(
        self, complaint: Complaint, session: Db, now: datetime
    ) -> None:
        offered, other, manager = (hired(PARTS[who]) for who in ("leader", "leader", "general manager"))
        substitute = SubstitutionFactory(person=other, substitute=hired(PARTS["no post"])).substitute
        asked = CompensationFactory(complaint=complaint, offered_by=offered, amount=Decimal(2_000))
        assert set(Deciders(now).of(asked)) == {other, substitute}
        other.is_active = False
        session.flush()
        assert Deciders(now).of(asked) == [manager], "the offerer is the only leader left, and there is no director"
        assert Deciders(now).above(asked) == []


class TestOnceDecided:
    @pytest.fixture
    def others(self, session: Db) -> list[Person]:
        """The one who decides first, and another who could as well."""
        return [hired(PARTS["director by role"]), hired(PARTS["general manager"])]

    @pytest.mark.parametrize("first", ["approve", "refuse"])
    def test_a_decision_is_neither_repeated_nor_turned_round(
        self, first: str, item: Compensation, others: list[Person], session: Db, now: datetime
    ) -> None:
        getattr(compensations, first)(item, note="第一次", actor=others[0], now=now)
        session.commit()
        state = (item.status, item.decided_by, item.decided_at, item.decision_note)
        later = now + timedelta(minutes=1)
        for verb, actor in itertools.product((compensations.approve, compensations.refuse), others):
            with pytest.raises(Conflict):
                verb(item, note="第二次", actor=actor, now=later)
            assert CompensationAction.APPROVE not in compensations.possible_steps(item, Seat(actor, ()))
        session.commit()
        assert (item.status, item.decided_by, item.decided_at, item.decision_note) == state
        steps = session.scalars(select(CompensationDecision.step)).all()
        assert [step.value for step in steps] == [first]

    def test_what_was_offered_under_an_older_ladder_goes_by_it(
        self, item: Compensation, others: list[Person], session: Db, now: datetime
    ) -> None:
        """Lowered to 3,000 meanwhile, a director still decides on the 5,000 that were offered before."""
        admin = PersonFactory(roles=[Role.ADMINISTRATOR])
        old = policies.current(PolicyKind.AUTHORITY)
        document: dict[str, Any] = {
            **old.document,
            "rungs": [rung | ({"up_to": 3_000} if rung["id"] == "director" else {}) for rung in old.document["rungs"]],
        }
        policies.publish(
            PolicyKind.AUTHORITY, document=document, remarks="收紧", based_on=old.number, actor=admin, now=now
        )
        newer = CompensationFactory(
            complaint=item.complaint, amount=Decimal(5_000), authority_policy_id=_ladder(), offered_by=item.offered_by
        )
        item.amount = Decimal(5_000)
        assert decided(item, others[0], now) == "approved"
        assert decided(newer, others[0], now) == "not theirs"
        assert decided(newer, others[1], now) == "approved"


class TestSpecialApproval:
    """G-05: a form, and a signature of legal or finance beside the general manager's."""

    @pytest.fixture
    def large(self, item: Compensation, session: Db) -> Compensation:
        """A cent above the ordinary limit."""
        item.amount = ORDINARY + CENT
        session.commit()
        return item

    def test_while_the_form_is_missing_it_waits_and_nobody_signs(
        self, large: Compensation, session: Db, now: datetime
    ) -> None:
        for who, part in PARTS.items():
            actor = hired(part)
            assert CompensationAction.SIGN not in compensations.possible_steps(large, Seat(actor, ())), who
            with pytest.raises((Conflict, NotAllowed)):
                compensations.sign(large, note="", actor=actor, now=now)
        assert (large.status, large.decisions) == (CompensationStatus.OFFERED, [])
        assert compensations.visible_to_customer(large.complaint) == []
        (left,) = compensations.todo(large.complaint, now=now)
        assert left.is_in_the_way

    def test_two_signatures_of_two_groups_approve_and_no_other_two(
        self, complaint: Complaint, offerer: Person, session: Db, now: datetime
    ) -> None:
        """Whoever signs, before whoever else: also two of one post."""
        for pair in itertools.product([who for who, part in PARTS.items() if signs(part)], PARTS):
            large = CompensationFactory(complaint=complaint, offered_by=offerer, amount=ORDINARY + CENT)
            SpecialApprovalFactory(compensation=large, filled_by=offerer)
            people = [hired(PARTS[who]) for who in pair]
            for who, actor in zip(pair, people, strict=True):
                is_shown = CompensationAction.SIGN in compensations.possible_steps(large, Seat(actor, ()))
                assert is_shown is signs(PARTS[who]), (pair, who)
                if is_shown:
                    compensations.sign(large, note="", actor=actor, now=now)
                else:
                    with pytest.raises(NotAllowed):
                        compensations.sign(large, note="", actor=actor, now=now)
            is_whole = set(pair) in ({"finance", "general manager"}, {"legal counsel", "general manager"})
            assert (large.status is CompensationStatus.APPROVED) is is_whole, pair
            assert (large.decided_by is people[1]) is is_whole, pair

    def test_nobody_signs_twice_under_two_names(
        self, large: Compensation, offerer: Person, session: Db, now: datetime
    ) -> None:
        """Nor is a signature given again by whoever signed through a substitute."""
        SpecialApprovalFactory(compensation=large, filled_by=offerer)
        finance, manager, lawyer = (hired(PARTS[who]) for who in ("finance", "general manager", "legal counsel"))
        SubstitutionFactory(person=manager, substitute=finance)
        SubstitutionFactory(person=lawyer, substitute=hired(PARTS["no post"]))
        compensations.sign(large, note="预算内", actor=finance, now=now)
        for _ in range(2):
            with pytest.raises(Conflict):
                compensations.sign(large, note="替总经理", actor=finance, now=now)
        assert [(row.by, row.for_whom) for row in large.decisions] == [(finance, None)]
        assert large.status is CompensationStatus.OFFERED
        compensations.sign(large, note="同意", actor=manager, now=now)
        assert large.status is CompensationStatus.APPROVED
        with pytest.raises(Conflict):
            compensations.sign(large, note="", actor=lawyer, now=now)

    def test_a_signer_s_substitute_signs_for_them_and_they_no_more(
        self, large: Compensation, offerer: Person, session: Db, now: datetime
    ) -> None:
        SpecialApprovalFactory(compensation=large, filled_by=offerer)
        manager, substitute = hired(PARTS["general manager"]), hired(PARTS["no post"])
        SubstitutionFactory(person=manager, substitute=substitute)
        compensations.sign(large, note="", actor=substitute, now=now)
        assert [(row.by, row.for_whom) for row in large.decisions] == [(substitute, manager)]
        second = SubstitutionFactory(person=manager, substitute=hired(PARTS["no post"])).substitute
        for actor in (manager, substitute, second):
            with pytest.raises(Conflict):
                compensations.sign(large, note="", actor=actor, now=now)
            assert CompensationAction.SIGN not in compensations.possible_steps(large, Seat.of(actor, now=now))

    def test_whoever_could_sign_in_several_names_signs_in_the_one_that_is_missing(
        self, large: Compensation, offerer: Person, session: Db, now: datetime
    ) -> None:
        """Finance has signed and is away now; legal counsel stands in for finance and for the general manager."""
        SpecialApprovalFactory(compensation=large, filled_by=offerer)
        finance, manager, lawyer = (hired(PARTS[who]) for who in ("finance", "general manager", "legal counsel"))
        compensations.sign(large, note="预算内", actor=finance, now=now)
        for away in (finance, manager):
            SubstitutionFactory(person=away, substitute=lawyer)
        assert CompensationAction.SIGN in compensations.possible_steps(large, Seat.of(lawyer, now=now))
        compensations.sign(large, note="同意", actor=lawyer, now=now)
        assert [(row.by, row.for_whom) for row in large.decisions] == [(finance, None), (lawyer, manager)]
        assert (large.status, large.decided_by) == (CompensationStatus.APPROVED, lawyer)

    def test_whoever_offered_it_does_not_sign_it(self, large: Compensation, session: Db, now: datetime) -> None:
        SpecialApprovalFactory(compensation=large)
        for part in filter(signs, PARTS.values()):
            large.offered_by = hired(part)
            session.flush()
            for verb in (compensations.sign, compensations.refuse):
                with pytest.raises(Conflict):
                    verb(large, note="我自己", actor=large.offered_by, now=now)
        assert large.decisions == []

    def test_the_form_is_for_what_is_special_and_filled_in_once(
        self, item: Compensation, offerer: Person, session: Db, now: datetime
    ) -> None:
        form = {"reason": "影响整栋楼", "risk": "媒体已联系", "budget": "客服专项", "actor": offerer, "now": now}
        item.amount = ORDINARY
        with pytest.raises(Conflict):
            compensations.ask_specially(item, **form)
        item.amount = ORDINARY + CENT
        with pytest.raises(Refusal) as refusal:
            compensations.ask_specially(item, **form | {"risk": "险" * (compensations.MAX_FORM + 1)})
        assert refusal.value.field == "risk"
        compensations.ask_specially(item, **form)
        with pytest.raises(Conflict):
            compensations.ask_specially(item, **form)


class TestTheCap:
    """CA4: a project of 100,000 yuan is granted 20,000 at most, without a special approval."""

    GRANTED = Decimal(15_000)
    ROOM = Decimal(5_000)

    def _granted(self, complaint: Complaint, status: CompensationStatus) -> Compensation:
        words: dict[str, Any] = {}
        if status is not CompensationStatus.OFFERED:
            words = {"decided_by": PersonFactory(roles=[Role.APPROVER]), "decided_at": complaint.recorded_at}
        if status is CompensationStatus.PAID:
            words |= {"paid_at": complaint.recorded_at, "payment_proof": "转账 1"}
        return CompensationFactory(complaint=complaint, amount=self.GRANTED, status=status, **words)

    def _is_enough(self, complaint: Complaint, amount: Decimal, now: datetime) -> bool:
        """Whether an ordinary decision of a director is enough for this."""
        asked = CompensationFactory(complaint=complaint, amount=amount)
        director = hired(PARTS["director by role"])
        is_shown = CompensationAction.APPROVE in compensations.possible_steps(asked, Seat(director, ()))
        answer = decided(asked, director, now)
        assert answer == ("approved" if is_shown else "special: cap")
        if is_shown:
            compensations.withdraw(asked, note="只是试试", actor=director, now=now)
        return is_shown

    @pytest.mark.parametrize("status", CompensationStatus)
    def test_what_the_customer_relies_on_counts_to_the_cent(
        self, status: CompensationStatus, session: Db, now: datetime
    ) -> None:
        project = ProjectFactory(amount=Decimal(100_000))
        self._granted(ComplaintFactory(project=project), status)
        again = ComplaintFactory(project=project)  # Another complaint of the same project.
        counts = status in (CompensationStatus.APPROVED, CompensationStatus.ACCEPTED, CompensationStatus.PAID)
        answers = [self._is_enough(again, self.ROOM + step, now) for step in (-CENT, Decimal(0), CENT)]
        assert answers == [True, True, not counts]

    @pytest.mark.parametrize("elsewhere", ["another project", "no project", "a drill"])
    def test_what_was_granted_elsewhere_does_not_count(self, elsewhere: str, session: Db, now: datetime) -> None:
        project = ProjectFactory(amount=Decimal(100_000))
        words: dict[str, Any] = {
            "another project": {"project": ProjectFactory(customer=project.customer, amount=Decimal(100_000))},
            "no project": {"customer": project.customer},
            "a drill": {"project": project, "is_drill": True},
        }[elsewhere]
        self._granted(ComplaintFactory(**words), CompensationStatus.PAID)
        assert self._is_enough(ComplaintFactory(project=project), self.ROOM + CENT, now)

    @pytest.mark.parametrize("contract", [None, Decimal(0)], ids=["no contract", "a contract of nothing"])
    def test_without_a_worth_there_is_no_cap(self, contract: Decimal | None, session: Db, now: datetime) -> None:
        project = None if contract is None else ProjectFactory(amount=contract)
        assert self._is_enough(ComplaintFactory(project=project), Decimal(10_000), now)

    def test_a_small_amount_that_passes_the_cap_is_signed_like_a_large_one(
        self, offerer: Person, session: Db, now: datetime
    ) -> None:
        complaint = ComplaintFactory(project=ProjectFactory(amount=Decimal(100_000)))
        self._granted(complaint, CompensationStatus.PAID)
        asked = CompensationFactory(complaint=complaint, amount=self.ROOM + CENT, offered_by=offerer)
        SpecialApprovalFactory(compensation=asked, filled_by=offerer)
        manager, finance = hired(PARTS["general manager"]), hired(PARTS["finance"])
        with pytest.raises(Conflict):
            compensations.approve(asked, note="", actor=manager, now=now)
        compensations.sign(asked, note="", actor=manager, now=now)
        compensations.sign(asked, note="", actor=finance, now=now)
        assert asked.status is CompensationStatus.APPROVED

    def test_room_that_was_given_back_makes_it_ordinary_again(
        self, offerer: Person, session: Db, now: datetime
    ) -> None:
        """The form is filled in, and then an earlier one is declined: a director is enough, nobody need sign."""
        complaint = ComplaintFactory(project=ProjectFactory(amount=Decimal(100_000)))
        earlier = self._granted(complaint, CompensationStatus.APPROVED)
        asked = CompensationFactory(complaint=complaint, amount=self.ROOM + CENT, offered_by=offerer)
        SpecialApprovalFactory(compensation=asked, filled_by=offerer)
        director, manager = hired(PARTS["director by role"]), hired(PARTS["general manager"])
        compensations.decline(earlier, note="嫌少", actor=offerer, now=now)
        with pytest.raises(Conflict):
            compensations.sign(asked, note="", actor=manager, now=now)
        compensations.approve(asked, note="", actor=director, now=now)
        assert asked.decided_by is director
