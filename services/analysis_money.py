"""What complaints cost: compensation granted and paid, rework, against the value of the contracts (N21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select

from extensions import db
from models import (
    Compensation,
    Complaint,
    Person,
    Project,
    Responsibility,
    Review,
    RootCause,
    WorkCost,
    WorkOrder,
)
from models.base import not_by_index
from rules.vocabulary import CompensationStatus, ResponsibilityKind
from services import authorities
from services.analysis_causes import IS_DONE

GRANTED = (CompensationStatus.APPROVED, CompensationStatus.ACCEPTED, CompensationStatus.PAID)
"""What the company said yes to and the customer did not decline."""
_NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Given:
    """One kind of compensation: how many and how much was granted, and of that paid; yuan."""

    kind: Any
    granted: int
    granted_yuan: Decimal
    paid: int
    paid_yuan: Decimal


@dataclass(frozen=True)
class Cost:
    """What one department's or project manager's complaints cost, and the value of the contracts in them; yuan."""

    who: Any
    compensation: Decimal = _NOTHING
    rework: Decimal = _NOTHING
    contracts: Decimal = _NOTHING

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.compensation + self.rework

    @property
    def share(self) -> float | None:
        """Of the contracts' value; None without contracts."""
        return float(self.total / self.contracts) if self.contracts else None


@dataclass(frozen=True)
class OfCause:
    """What the complaints cost whose review found a cause; yuan (N9)."""

    name_zh: str
    name_en: str
    compensation: Decimal = _NOTHING
    rework: Decimal = _NOTHING

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.compensation + self.rework


@dataclass(frozen=True)
class Costs:
    """The total, and by whom; each contract counts once in a line. By cause only where a review found one."""

    total: Cost
    departments: Sequence[Cost]
    project_managers: Sequence[Cost]
    causes: Sequence[OfCause] = ()


def given(these: ColumnElement[bool]) -> list[Given]:
    """Compensation by kind, the most costly first."""
    is_paid = Compensation.status == CompensationStatus.PAID
    granted = func.sum(Compensation.amount)
    statement = (
        select(Compensation.kind, func.count(), granted, func.count().filter(is_paid), granted.filter(is_paid))
        .select_from(Complaint)
        .join(Compensation, Compensation.complaint_id == Complaint.id)
        .where(these, _is_granted())
        .group_by(Compensation.kind)
    )
    rows = [
        Given(kind, count, yuan or _NOTHING, paid, paid_yuan or _NOTHING)
        for kind, count, yuan, paid, paid_yuan in db.session.execute(statement)
    ]
    return sorted(rows, key=lambda row: (-row.granted_yuan, row.kind))


def costs(these: ColumnElement[bool]) -> Costs:
    """Compensation granted and rework not struck, against the contracts, by department and project manager."""
    rows = [*_compensations(these), *_rework(these), *_contracts(these)]
    names = dict(_names({manager for _, manager, *_ in rows if manager is not None}))
    total = _added((None, *row[2:]) for row in _contracts_once(rows))
    departments = _added((row[0], *row[2:]) for row in _contracts_once(rows, 0))
    managers = _added((row[1], *row[2:]) for row in _contracts_once(rows, 1) if row[1] is not None)
    named = [replace(cost, who=names[cost.who]) for cost in managers]
    return Costs(total[0] if total else Cost(None), departments, named, _by_cause(these))


def of_project(project: Project) -> Cost:
    """What all the complaints about one contract cost so far, against its value (N21)."""
    rework = (
        select(func.sum(WorkCost.amount))
        .join(WorkCost.work_order)
        .join(WorkOrder.complaint)
        .where(WorkOrder.project_id == project.id, WorkCost.struck_at.is_(None), Complaint.is_counted)
    )
    return Cost(
        project.contract_no,
        compensation=authorities.granted(project),
        rework=db.session.scalar(rework) or _NOTHING,
        contracts=project.amount or _NOTHING,
    )


def _by_cause(these: ColumnElement[bool]) -> list[OfCause]:
    """By the cause that a finished review found, the most costly first."""
    names = (RootCause.name_zh, RootCause.name_en)
    found = (
        select(RootCause.id, *names)
        .select_from(Complaint)
        .join(Review, (Review.complaint_id == Complaint.id) & IS_DONE)
        .join(Review.root_cause)
        .where(these)
        .group_by(RootCause.id, *names)
    )
    granted = found.add_columns(func.sum(Compensation.amount)).join(
        Compensation, Compensation.complaint_id == Complaint.id
    )
    spent = found.add_columns(func.sum(WorkCost.amount)).join(WorkOrder, WorkOrder.complaint_id == Complaint.id)
    sums: dict[int, OfCause] = {}
    for field, statement in (
        ("compensation", granted.where(_is_granted())),
        ("rework", spent.join(WorkOrder.costs).where(WorkCost.struck_at.is_(None))),
    ):
        for cause_id, name_zh, name_en, amount in db.session.execute(statement):
            sums[cause_id] = replace(sums.get(cause_id, OfCause(name_zh, name_en)), **{field: amount})
    return sorted(sums.values(), key=lambda cause: (-cause.total, cause.name_zh))


def _compensations(these: ColumnElement[bool]) -> list[Any]:
    statement = _grouped(func.sum(Compensation.amount)).join(Compensation, Compensation.complaint_id == Complaint.id)
    return _read(statement.where(these, _is_granted()), "compensation")


def _is_granted() -> ColumnElement[bool]:
    return not_by_index(Compensation.status).in_(GRANTED)


def _rework(these: ColumnElement[bool]) -> list[Any]:
    statement = _grouped(func.sum(WorkCost.amount)).join(WorkOrder, WorkOrder.complaint_id == Complaint.id)
    return _read(statement.join(WorkOrder.costs).where(these, WorkCost.struck_at.is_(None)), "rework")


def _contracts(these: ColumnElement[bool]) -> list[Any]:
    """A line for every department that has a complaint about a contract."""
    statement = _grouped(Project.id, Project.amount).where(these, Project.id.is_not(None))
    rows = db.session.execute(statement.group_by(Project.id, Project.amount))
    return [(side, manager, "contracts", amount, project) for side, manager, project, amount in rows]


def _grouped(*sums: Any) -> Any:
    """By the side of the lead who stands now, and the contract's project manager."""
    lead = (Responsibility.kind == ResponsibilityKind.LEAD) & Responsibility.ended_at.is_(None)
    axes = (Responsibility.side, Project.project_manager_id)
    return (
        select(*axes, *sums)
        .select_from(Complaint)
        .outerjoin(Responsibility, (Responsibility.complaint_id == Complaint.id) & lead)
        .outerjoin(Project, Project.id == Complaint.project_id)
        .group_by(*axes)
    )


def _read(statement: Any, what: str) -> list[Any]:
    return [(side, manager, what, amount, None) for side, manager, amount in db.session.execute(statement)]


def _contracts_once(rows: Iterable[Any], axis: int | None = None) -> Iterable[Any]:
    """Each contract once in each line, though several departments or complaints have to do with it."""
    seen = set()
    for row in rows:
        key = (row[axis] if axis is not None else None, row[4])
        if row[4] is None or key not in seen:
            seen.add(key)
            yield row


def _added(rows: Iterable[Any]) -> list[Cost]:
    """Lines added up by who, the most costly first."""
    sums: dict[Any, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: _NOTHING))
    for who, what, amount, _ in rows:
        sums[who][what] += amount
    return sorted((Cost(who, **each) for who, each in sums.items()), key=lambda cost: (-cost.total, str(cost.who)))


def _names(ids: set[int]) -> Iterable[Any]:
    return db.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids))).all() if ids else ()
