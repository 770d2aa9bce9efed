"""Callees: who stands behind the words of a chain's step at a moment, by the roster and the people's posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from extensions import db
from models import Complaint, Person
from rules.escalation import DutyRoleCode, Step, Target, Whom
from rules.permissions import Permission
from rules.vocabulary import Role
from services import duty, people


@dataclass(frozen=True)
class Case:
    """What has to be known of a complaint to say who is meant: the role in charge, and the handler if there is one."""

    duty_role: DutyRoleCode
    handler: Person | None = None


def case_of(complaint: Complaint) -> Case:
    """The complaint's role in charge and handler."""
    return Case(complaint.duty_role.code, complaint.handler)


class Roll:
    """Who stands where at one moment, asked once for however many complaints."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._found: dict[tuple[Whom, Case], list[Person]] = {}
        self._leaders: list[Person] | None = None

    def of(self, whom: Whom, case: Case) -> list[Person]:
        """The people meant, as far as they work here and may acknowledge."""
        key = whom, case if whom.target in _OF_THE_CASE else _ANY_CASE
        if key not in self._found:
            found = _FOUND[whom.target](whom, case, self.at)
            self._found[key] = people.those_who_may(found, Permission.ACKNOWLEDGE)
        return self._found[key]

    def of_step(self, step: Step, case: Case) -> list[Person]:
        """Everybody the step calls, each once; nobody when no post is filled."""
        return people.distinct(person for whom in step.whom for person in self.of(whom, case))

    def leaders(self) -> list[Person]:
        """Who leads the duty group; there is always somebody."""
        if self._leaders is None:
            self._leaders = duty.leaders(at=self.at)
        return self._leaders


def _on_duty(role: DutyRoleCode, at: datetime) -> list[Person]:
    return [found.person for found in duty.on_duty(at=at, role=role)]


def _of_handler(case: Case) -> list[Person]:
    return [case.handler] if case.handler is not None else []


def _superior(case: Case) -> list[Person]:
    superior = case.handler.superior if case.handler is not None else None
    return [superior] if superior is not None else []


def _named(whom: Whom) -> list[Person]:
    person = db.session.get(Person, whom.person_id)
    return [person] if person is not None else []


_OF_THE_CASE = frozenset({Target.REQUIRED_ROLE, Target.HANDLER, Target.SUPERIOR})
"""Targets that mean other people for another complaint."""

_ANY_CASE = Case(DutyRoleCode.CS_SUPERVISOR)

_FOUND: Mapping[Target, Callable[[Whom, Case, datetime], list[Person]]] = {
    Target.REQUIRED_ROLE: lambda whom, case, at: _on_duty(case.duty_role, at),
    Target.LEADER: lambda whom, case, at: duty.leaders(at=at),
    Target.DUTY_GROUP: lambda whom, case, at: duty.group(at=at),
    Target.MANAGEMENT: lambda whom, case, at: people.with_role(Role.DUTY_MANAGER),
    Target.HANDLER: lambda whom, case, at: _of_handler(case),
    Target.SUPERIOR: lambda whom, case, at: _superior(case),
    Target.DUTY_ROLE: lambda whom, case, at: _on_duty(whom.duty_role, at),
    Target.ROLE: lambda whom, case, at: people.with_role(whom.role),
    Target.PERSON: lambda whom, case, at: _named(whom),
}
