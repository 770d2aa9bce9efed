"""Warranty: where a part of a customer's home stands, by the law's floors and by their contract (A-02, A-04, N10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import ContractWarranty, Person, Project
from rules import warranty
from rules.permissions import Permission
from rules.vocabulary import Coverage, PolicyKind, WorkPart
from rules.warranty import Judgement, WarrantyPolicy
from services import first_writer, policies
from services.actors import require


def floors() -> WarrantyPolicy:
    """The published table, never below the law's."""
    return WarrantyPolicy.from_document(policies.current(PolicyKind.WARRANTY).document)


def judge(project: Project | None, part: WorkPart, *, at: datetime) -> Judgement:
    """Where the part stands at this moment; without a project it is nobody's work that we know of."""
    if project is None:
        return Judgement(Coverage.OUT_OF_WARRANTY)
    return warranty.judge(
        part,
        accepted_on=project.accepted_on,
        found_on=at.astimezone(COMPANY_ZONE).date(),
        policy=floors(),
        contract_months=contract_months(project, part),
    )


@dataclass(frozen=True)
class Standing:
    """A part of the work and where it stands."""

    part: WorkPart
    judgement: Judgement


def table(project: Project, *, at: datetime) -> list[Standing]:
    """Every part of the project's work; nothing before it is accepted."""
    if project.accepted_on is None:
        return []
    policy, longer = floors(), {each.part: each.months for each in promised(project)}
    today = at.astimezone(COMPANY_ZONE).date()
    return [
        Standing(
            part,
            warranty.judge(
                part,
                accepted_on=project.accepted_on,
                found_on=today,
                policy=policy,
                contract_months=longer.get(part),
            ),
        )
        for part in WorkPart
    ]


def contract_months(project: Project, part: WorkPart) -> int | None:
    """What the contract promises for the part; None where it says nothing."""
    found = select(ContractWarranty.months).where(
        ContractWarranty.project_id == project.id, ContractWarranty.part == part
    )
    return db.session.scalar(found)


def promised(project: Project) -> list[ContractWarranty]:
    """Everything that the contract promises beyond the law."""
    statement = select(ContractWarranty).where(ContractWarranty.project_id == project.id).order_by(ContractWarranty.id)
    return list(db.session.scalars(statement))


def promise(project: Project, *, part: WorkPart, months: int, actor: Person, now: datetime) -> ContractWarranty:
    """Write down what the contract promises for a part; a later word takes the place of the earlier one.

    Raises:
        Refusal: it is less than the law wants, or endless.
    """
    require(actor, Permission.WORK)
    warranty.check_contract(part, months, floors())
    found = db.session.scalar(
        select(ContractWarranty).where(ContractWarranty.project_id == project.id, ContractWarranty.part == part)
    )
    if found is None:
        found = ContractWarranty(project=project, part=part, months=months)
        if first_writer.insert(found):
            return found
        return promise(project, part=part, months=months, actor=actor, now=now)
    found.months = months
    db.session.flush()
    return found


def burden_until(project: Project | None, *, at: datetime) -> date | None:
    """Until when a defect found now is the company's to disprove (consumer law, article 23).

    None where nothing was accepted, or where that time is over.
    """
    if project is None or project.accepted_on is None:
        return None
    until = warranty.burden_of_proof_until(project.accepted_on)
    return until if at.astimezone(COMPANY_ZONE).date() <= until else None
