"""Compensations: who decides, how the amount came about, and that nobody approves their own."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import func, select

from admin_views.compensations import FORMS
from extensions import COMPANY_ZONE, timepiece
from models import Compensation, TimelineEvent
from rules.compensation import CompensationAction
from rules.vocabulary import CompensationBasis, CompensationKind, CompensationStatus, EventKind, Role
from tests.client import soup_of
from tests.factories import CompensationFactory, ComplaintFactory, PersonFactory, ProjectFactory
from tests.query_count import queries


@pytest.fixture
def offer(cast, session) -> Compensation:
    """赵磊 offers 200 yuan."""
    made = CompensationFactory(offered_by=cast.zhao, complaint=ComplaintFactory(number="C-2611-0001"))
    session.commit()
    return made


def take(client, item: Compensation, step: str, **said: object):
    url = f"/compensation/{item.id}"
    return client.send(f"{url}/{step}", {"version": str(item.version), **said}, page=url)


def buttons(client, item: Compensation) -> set[str]:
    page = soup_of(client.get(f"/compensation/{item.id}"))
    return {button["data-dialog"].removeprefix("do-") for button in page.select("[data-dialog^='do-']")}


def test_every_step_has_its_form() -> None:
    assert set(FORMS) == set(CompensationAction) - {CompensationAction.OFFER}


class TestList:
    def test_what_waits_for_me_is_what_i_can_decide(self, client, cast, session, offer):
        mine = CompensationFactory(offered_by=cast.approver)
        accepted = CompensationFactory(
            offered_by=cast.zhao, status=CompensationStatus.ACCEPTED, decided_by=cast.admin, decided_at=offer.offered_at
        )
        client.login(cast.approver)
        links = {a["href"] for a in soup_of(client.get("/compensations/")).select("a.row-link")}
        assert links == {f"/compensation/{offer.id}", f"/compensation/{accepted.id}"}
        everything = {a["href"] for a in soup_of(client.get("/compensations/?view=all")).select("a.row-link")}
        assert f"/compensation/{mine.id}" in everything
        client.login(cast.zhao)
        links = {a["href"] for a in soup_of(client.get("/compensations/?view=offered")).select("a.row-link")}
        assert links == {f"/compensation/{offer.id}", f"/compensation/{accepted.id}"}

    def test_the_number_of_queries_does_not_grow(self, client, cast, offer):
        client.login(cast.lin)
        with queries() as few:
            client.get("/compensations/?view=all")
        for _ in range(12):
            CompensationFactory()
        with queries() as many:
            client.get("/compensations/?view=all")
        assert len(many) == len(few)

    def test_finance_exports_what_was_paid_last_month(self, client, cast, session, offer):
        """CA5: the month that is over, as numbers."""
        first = timepiece.now().astimezone(COMPANY_ZONE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        for amount, paid_at in (("10.50", first - timedelta(seconds=1)), ("20.25", first)):
            CompensationFactory(
                amount=Decimal(amount),
                status=CompensationStatus.PAID,
                decided_by=cast.admin,
                paid_at=paid_at,
                payment_proof="=1+1",
            )
        session.commit()
        client.login(cast.approver)
        page = soup_of(client.get("/compensations/"))
        month = next(link["href"] for link in page.select("a") if "paid_at_from" in link.get("href", ""))
        export = next(a["href"] for a in soup_of(client.get(month)).select("a[download]") if "xlsx" in a["href"])
        sheet = openpyxl.load_workbook(io.BytesIO(client.get(export, buffered=True).data)).active
        _, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert len(rows) == 1 and 10.5 in rows[0]
        assert "'=1+1" in rows[0], "a proof is a text and never a formula"

    @pytest.mark.parametrize("url", ["/compensations/new/", "/compensations/edit/?id=1", "/compensations/delete/"])
    def test_nothing_is_written_or_deleted_by_a_list(self, client, cast, session, offer, url):
        client.login(cast.admin)
        assert client.send(url, {"id": str(offer.id)}, page="/compensations/").status_code in (403, 404, 405)
        assert session.scalar(select(func.count(Compensation.id))) == 1


class TestPage:
    def test_a_delay_shows_how_it_was_computed(self, client, cast):
        complaint = ComplaintFactory(project=ProjectFactory(daily_delay_rate=Decimal("100.00")))
        item = CompensationFactory(
            complaint=complaint,
            kind=CompensationKind.OFF_FINAL_PAYMENT,
            basis=CompensationBasis.DELAY,
            delay_days=5,
            daily_rate=Decimal("100.00"),
            amount=Decimal("500.00"),
        )
        client.login(cast.auditor)
        line = " ".join(soup_of(client.get(f"/compensation/{item.id}")).select_one(".sum").get_text(" ").split())
        assert line.startswith("5 ") and "× ¥100.00" in line and "= ¥500.00" in line

    def test_the_complaint_leads_here(self, client, cast, offer):
        client.login(cast.approver)
        page = soup_of(client.get("/complaints/C-2611-0001"))
        assert page.select_one(f"a[href='/compensation/{offer.id}']")

    @pytest.mark.parametrize(
        ("login", "shown"),
        [
            ("approver", {"approve", "refuse", "withdraw"}),
            ("zhao", {"withdraw"}),
            ("xiaozhou", set()),
            ("analyst", set()),
            ("auditor", set()),
        ],
    )
    def test_only_the_steps_that_are_possible_are_shown(self, client, cast, offer, login, shown):
        client.login(login)
        assert buttons(client, offer) == shown

    def test_every_label_finds_the_field_of_its_own_dialog(self, client, cast, offer):
        client.login(cast.admin)
        page = soup_of(client.get(f"/compensation/{offer.id}"))
        ids = [element["id"] for element in page.select("[id]")]
        assert sorted(ids) == sorted(set(ids))
        assert all(form.find(id=label["for"]) for form in page.select("dialog form") for label in form.select("label"))

    @pytest.mark.parametrize("made_up", ["0", "99", "9" * 30, "x"])
    def test_a_made_up_id_is_not_found(self, client, cast, made_up):
        client.login(cast.approver)
        assert client.get(f"/compensation/{made_up}").status_code == 404
        assert client.send(f"/compensation/{made_up}/approve", page="/compensations/").status_code == 404


class TestSteps:
    def test_approved_then_accepted_then_paid_with_a_proof(self, client, cast, session, offer):
        client.login(cast.approver)
        assert take(client, offer, "approve", note="同意").status_code == 302
        session.expire_all()
        assert (offer.status, offer.decided_by.login) == (CompensationStatus.APPROVED, "approver")
        assert take(client, offer, "pay", proof="转账").status_code == 409, "the customer has said nothing yet"
        client.login(cast.zhao)
        assert take(client, offer, "accept", note="").status_code == 422
        assert take(client, offer, "accept", note="电话里同意").status_code == 302
        client.login(cast.approver)
        session.expire_all()
        assert take(client, offer, "pay", proof=" ").status_code == 422
        assert take(client, offer, "pay", proof="P" * 201).status_code == 422
        assert take(client, offer, "pay", proof="转账 20261121-7").status_code == 302
        session.expire_all()
        assert (offer.status, offer.payment_proof) == (CompensationStatus.PAID, "转账 20261121-7")
        told = select(func.count()).where(TimelineEvent.kind == EventKind.COMPENSATION)
        assert session.scalar(told) == 3
        assert buttons(client, offer) == set()

    def test_nobody_approves_their_own(self, client, cast, session):
        own = CompensationFactory(offered_by=cast.approver)
        client.login(cast.approver)
        assert "approve" not in buttons(client, own)
        assert take(client, own, "approve").status_code == 409
        session.expire_all()
        assert own.status is CompensationStatus.OFFERED

    def test_a_refusal_wants_a_reason_and_shows_the_form_again(self, client, cast, session, offer):
        client.login(cast.approver)
        answer = take(client, offer, "refuse", note="")
        assert answer.status_code == 422
        dialog = soup_of(answer).select_one("dialog[data-open-now]")
        assert dialog["id"] == "do-refuse" and dialog.select_one(".field-error")
        assert take(client, offer, "refuse", note="超出标准").status_code == 302
        assert take(client, offer, "approve").status_code == 409

    @pytest.mark.parametrize("login", ["zhao", "xiaozhou", "admin", "analyst", "auditor"])
    def test_who_may_not_decide_decides_nothing(self, client, cast, session, offer, login):
        client.login(login)
        for step in ("approve", "refuse", "pay"):
            assert take(client, offer, step, note="x", proof="x").status_code in (403, 409)
        session.expire_all()
        assert offer.status is CompensationStatus.OFFERED

    def test_a_decision_on_what_somebody_changed_meanwhile_is_asked_again(self, client, cast, session, offer):
        client.login(PersonFactory(login="chen", roles=[Role.APPROVER]))
        stale = offer.version
        assert take(client, offer, "approve").status_code == 302
        session.expire_all()
        client.login(cast.approver)
        assert take(client, offer, "withdraw", note="x", version=str(stale)).status_code == 409
        session.expire_all()
        assert offer.status is CompensationStatus.APPROVED

    def test_without_its_token_nothing_is_decided(self, client, cast, session, offer):
        client.login(cast.approver)
        assert client.post(f"/compensation/{offer.id}/approve", data={"version": "1"}).status_code == 400
        assert client.get(f"/compensation/{offer.id}/approve").status_code == 405
        assert client.post(f"/compensation/{offer.id}/burn").status_code in (400, 404)
