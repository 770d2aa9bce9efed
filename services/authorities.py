"""Authority over money: who may decide on a compensation today, in their own name or in somebody's (G-04, N9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from extensions import db
from models import Compensation, Complaint, Person, Project
from rules.authority import AuthorityPolicy, Holders, Needed, Rung, Standing
from rules.compensation import GRANTED
from rules.permissions import Permission
from rules.vocabulary import CompensationKind, PolicyKind
from services import people, policies, substitutions

MOST_TOLD = 20
"""A rung with more people than these is not told: the next one up is."""


def policy_of(compensation: Compensation) -> AuthorityPolicy:
    """The ladder it was offered under; one of an older desk goes by today's."""
    kept = compensation.authority_policy or policies.current(PolicyKind.AUTHORITY)
    return AuthorityPolicy.from_document(kept.document)


def current() -> AuthorityPolicy:
    """Today's ladder."""
    return AuthorityPolicy.from_document(policies.current(PolicyKind.AUTHORITY).document)


def standing(person: Person) -> Standing:
    """What somebody is in the company; nobody who may not decide on compensation at all."""
    if not person.may(Permission.APPROVE):
        return Standing(())
    return Standing(person.roles, person.position)


def granted(project: Project | None, *, but: Compensation | None = None) -> Decimal:
    """How many yuan a project's customer may rely on already, without this compensation."""
    if project is None:
        return Decimal(0)
    statement = (
        select(func.coalesce(func.sum(Compensation.amount), 0))
        .join(Compensation.complaint)
        .where(Complaint.project_id == project.id, Compensation.status.in_(GRANTED), ~Complaint.is_drill)
    )
    if but is not None:
        statement = statement.where(Compensation.id != but.id)
    return Decimal(db.session.scalar(statement) or 0)


def needed(compensation: Compensation) -> Needed:
    """What it needs now: a rung of the ladder, or a special approval and why."""
    project = compensation.complaint.project
    return policy_of(compensation).needed(
        compensation.kind,
        compensation.amount,
        granted=granted(project, but=compensation),
        contract=project.amount if project is not None else None,
    )


@dataclass(frozen=True)
class Seat:
    """Somebody, and everybody in whose place they decide today."""

    person: Person
    stands_for: tuple[Person, ...]

    @classmethod
    def of(cls, person: Person, *, now: datetime) -> Seat:
        """Where this person sits today."""
        return cls(person, tuple(substitutions.stands_for(person, now=now)))

    def decides_as(self, compensation: Compensation, *, is_special: bool) -> Person | None:
        """In whose name they may decide on it or sign it: their own before anybody's; None when in nobody's."""
        return next(self.names(compensation, is_special=is_special), None)

    def names(self, compensation: Compensation, *, is_special: bool) -> Iterator[Person]:
        """Everybody in whose name they may decide on it or sign it, themselves first.

        Nobody decides on what they offered, nor does anybody in the name of whoever offered it.
        """
        if compensation.offered_by_id == self.person.id or not self.person.may(Permission.APPROVE):
            return
        policy = policy_of(compensation)
        for each in (self.person, *self.stands_for):
            if each.id != compensation.offered_by_id and _covers(policy, compensation, each, is_special=is_special):
                yield each

    def authority(self, policy: AuthorityPolicy, kind: CompensationKind) -> Decimal:
        """Up to how many yuan they may decide on this kind today, in any name."""
        return max(policy.authority(standing(each), kind) for each in (self.person, *self.stands_for))

    def may_sign(self, policy: AuthorityPolicy) -> bool:
        """Whether they are among those who sign special approvals, in any name."""
        return any(policy.may_sign(standing(each)) for each in (self.person, *self.stands_for))


def _covers(policy: AuthorityPolicy, compensation: Compensation, person: Person, *, is_special: bool) -> bool:
    if is_special:
        return policy.may_sign(standing(person))
    return policy.may_decide(standing(person), compensation.kind, compensation.amount)


@dataclass
class Deciders:
    """Whom to tell of what is to be decided; asks for the holders of a rung once, however many compensations."""

    now: datetime
    _holders: dict[Holders, list[Person]] = field(default_factory=dict)

    def of(self, compensation: Compensation) -> list[Person]:
        """The lowest rung that may decide, or everybody who signs; with their substitutes, without who offered."""
        policy, need = policy_of(compensation), needed(compensation)
        if need.rung is None:
            return self._but_the_offerer(compensation, policy.signers)
        return self._first_manned(compensation, policy, need.rung)[1]

    def above(self, compensation: Compensation) -> list[Person]:
        """The rung above those who were told, which hears of it when they are late; nobody above a special approval."""
        policy, need = policy_of(compensation), needed(compensation)
        told, _ = self._first_manned(compensation, policy, need.rung)
        higher = policy.next_above(told) if told is not None else None
        return self._first_manned(compensation, policy, higher)[1]

    def _first_manned(
        self, compensation: Compensation, policy: AuthorityPolicy, rung: Rung | None
    ) -> tuple[Rung | None, list[Person]]:
        """The first rung from this one up where somebody may decide on it, and who."""
        while rung is not None:
            found = self._but_the_offerer(compensation, [rung.holders])
            if 0 < len(found) <= MOST_TOLD and rung.covers(compensation.kind, compensation.amount):
                return rung, found
            rung = policy.next_above(rung)
        return None, []

    def _but_the_offerer(self, compensation: Compensation, groups: Iterable[Holders]) -> list[Person]:
        everybody = people.distinct(person for group in groups for person in self._asked(group))
        return [person for person in everybody if person.id != compensation.offered_by_id]

    def _asked(self, holders: Holders) -> list[Person]:
        if holders not in self._holders:
            found = people.with_role(*holders.roles) if holders.roles else []
            found += people.with_position(*holders.positions) if holders.positions else []
            able = [person for person in people.distinct(found) if person.may(Permission.APPROVE)]
            self._holders[holders] = people.distinct([*able, *substitutions.substitutes_of(able, now=self.now)])
        return self._holders[holders]
