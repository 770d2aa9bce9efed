"""A contract's page: its complaints, what was done and given, and what all that cost against its value (N21)."""

from __future__ import annotations

from decimal import Decimal

from rules.vocabulary import CompensationStatus
from tests.client import soup_of
from tests.factories import (
    CompensationFactory,
    ComplaintFactory,
    ProjectFactory,
    WorkCostFactory,
    WorkOrderFactory,
)

NUMBER = "W-2611-0007"


def test_what_its_complaints_cost_stands_against_its_value(client, cast, session, now):
    project = ProjectFactory(amount=Decimal(100_000))
    complaint = ComplaintFactory(project=project, customer=project.customer)
    drill = ComplaintFactory(project=project, customer=project.customer, is_drill=True)
    paid = {"status": CompensationStatus.PAID, "decided_by": cast.approver, "paid_at": now, "payment_proof": "回单"}
    CompensationFactory(complaint=complaint, amount=Decimal(500), offered_by=cast.zhao, **paid)
    CompensationFactory(complaint=complaint, amount=Decimal(9999), offered_by=cast.zhao)
    for about, number in ((complaint, NUMBER), (drill, "W-2611-0008")):
        order = WorkOrderFactory(complaint=about, project=project, customer=project.customer, number=number)
        WorkCostFactory(work_order=order, amount=Decimal(700))
        WorkCostFactory(work_order=order, amount=Decimal(88), struck_at=now)
    maintenance = WorkOrderFactory(complaint=None, project=project, customer=project.customer)
    WorkCostFactory(work_order=maintenance, amount=Decimal(55))
    session.commit()
    client.login(cast.auditor)
    page = soup_of(client.get(f"/projects/details/?id={project.id}"))
    assert "补偿 ¥500.00 + 返工 ¥700.00 = ¥1,200.00，占合同额 1.2%" in page.get_text()
    assert page.find("a", string=NUMBER)["href"] == f"/work-order/{NUMBER}"


def test_a_contract_without_a_value_or_complaints_has_no_share(client, cast, session):
    project = ProjectFactory(amount=None)
    session.commit()
    client.login(cast.auditor)
    text = soup_of(client.get(f"/projects/details/?id={project.id}")).get_text()
    assert "补偿 ¥0.00 + 返工 ¥0.00 = ¥0.00" in text and "占合同额" not in text
