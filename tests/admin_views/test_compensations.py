"""Compensations: who decides, how the amount came about, and that nobody approves their own."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import openpyxl
import pytest
from PIL import Image
from sqlalchemy import func, select

from admin_views.compensations import FORMS
from extensions import COMPANY_ZONE, timepiece
from models import Compensation, Person, TimelineEvent
from rules.compensation import CompensationAction
from rules.permissions import Permission
from rules.vocabulary import (
    CompensationBasis,
    CompensationKind,
    CompensationStatus,
    EventKind,
    EvidenceUse,
    Position,
    Role,
)
from tests.client import soup_of
from tests.factories import (
    CompensationFactory,
    ComplaintFactory,
    PersonFactory,
    ProjectFactory,
    SubstitutionFactory,
)
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


class TestOffering:
    """On the money tab of the complaint (CA1)."""

    URL = "/complaints/C-2611-0001/money/"
    SAID: ClassVar[dict[str, str]] = {"kind": "voucher", "basis": "agreed", "amount": "88", "reason": "久等了"}

    def test_who_may_offer_has_the_button_and_nobody_else(self, client, cast, session, offer):
        for login in ("zhao", "lin", "approver", "admin", "xiaozhou", "analyst", "auditor"):
            person = getattr(cast, login)
            client.login(person)
            page = soup_of(client.get(self.URL))
            assert page.select_one(f"a[href='/compensation/{offer.id}']"), login
            assert bool(page.select("[data-dialog='do-offer']")) is person.may(Permission.OFFER), login
            answer = client.send(f"{self.URL}offer", self.SAID, page=self.URL)
            assert answer.status_code == (302 if person.may(Permission.OFFER) else 403), login
        offered_by = session.scalars(select(Compensation.offered_by_id).where(Compensation.amount == 88)).all()
        assert sorted(offered_by) == sorted(person.id for person in (cast.zhao, cast.lin, cast.approver, cast.admin))

    def test_the_project_s_cap_and_what_is_granted_already_are_in_sight(self, client, cast, session, offer, now):
        """CA4: twenty percent of 100,000."""
        offer.complaint.project = ProjectFactory(customer=offer.complaint.customer, amount=Decimal(100_000))
        decided = {"decided_by": cast.admin, "decided_at": now}
        CompensationFactory(
            complaint=offer.complaint, amount=Decimal("1234.50"), status=CompensationStatus.APPROVED, **decided
        )
        CompensationFactory(complaint=offer.complaint, amount=Decimal(7), status=CompensationStatus.REFUSED, **decided)
        client.login(cast.lin)
        words = soup_of(client.get(self.URL)).select_one("aside").get_text()
        assert "¥1,234.50" in words and "¥20,000.00" in words


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


class TestWhoDecides:
    """A sample of the approval matrix as the page shows it (G-04, CA2–CA4); the whole is tested with the service."""

    CASES: ClassVar[dict[str, tuple[CompensationKind, str]]] = {
        "in kind": (CompensationKind.REWORK, "500.00"),
        "leader": (CompensationKind.CASH, "2000.00"),
        "director": (CompensationKind.CASH, "2000.01"),
        "manager": (CompensationKind.CASH, "10000.01"),
        "special": (CompensationKind.CASH, "50000.01"),
    }

    @pytest.mark.parametrize(
        ("who", "theirs"),
        [
            ("zhao", {"in kind"}),
            ("lin", {"in kind", "leader"}),
            ("zhou", {"in kind", "leader", "director"}),
            ("approver", {"in kind", "leader", "director"}),
            ("manager", {"in kind", "leader", "director", "manager"}),
            ("substitute", {"in kind", "leader", "director"}),
            ("too late", set()),
            ("admin", set()),
            ("xiaozhou", set()),
            ("auditor", set()),
        ],
    )
    def test_who_sees_the_button_may_press_it_and_nobody_else(self, client, cast, session, who, theirs):
        actor = self._actor(cast, who)
        items = {
            name: CompensationFactory(kind=kind, amount=Decimal(amount)) for name, (kind, amount) in self.CASES.items()
        }
        client.login(actor)
        token = client.token("/compensations/")
        for name, item in items.items():
            assert ("approve" in buttons(client, item)) is (name in theirs), name
            said = {"csrf_token": token, "version": str(item.version)}
            answer = client.post(f"/compensation/{item.id}/approve", data=said).status_code
            is_barred = not actor.may(Permission.APPROVE)
            refused = 409 if name == "special" and not is_barred else 403
            assert answer == (302 if name in theirs else refused), name
        session.expire_all()
        approved = {name for name, item in items.items() if item.status is CompensationStatus.APPROVED}
        assert approved == theirs

    @staticmethod
    def _actor(cast, who: str) -> Person:
        today = timepiece.now().astimezone(COMPANY_ZONE).date()
        days = {"substitute": (today, today), "too late": (today - timedelta(days=9), today - timedelta(days=1))}
        if who == "manager":
            return PersonFactory(login="manager", roles=[Role.DUTY_MANAGER], position=Position.GENERAL_MANAGER)
        if who in days:
            first_on, last_on = days[who]
            helper = PersonFactory(login="helper", roles=[Role.HANDLER])
            SubstitutionFactory(person=cast.approver, substitute=helper, first_on=first_on, last_on=last_on)
            return helper
        return getattr(cast, who)

    def test_the_page_says_in_whose_name_it_was_decided(self, client, cast, session):
        item = CompensationFactory(amount=Decimal(5_000))
        client.login(self._actor(cast, "substitute"))
        assert soup_of(client.get("/compensations/")).select_one(f"a.row-link[href='/compensation/{item.id}']")
        assert take(client, item, "approve").status_code == 302
        session.expire_all()
        steps = soup_of(client.get(f"/compensation/{item.id}")).select(".timeline li")
        assert cast.approver.name in steps[-1].get_text()

    def test_a_decision_is_neither_repeated_nor_turned_round(self, client, cast, session, offer):
        client.login(cast.approver)
        assert take(client, offer, "approve", note="同意").status_code == 302
        session.expire_all()
        for step in ("approve", "refuse"):
            assert take(client, offer, step, note="再来一次").status_code == 409, step
        session.expire_all()
        assert (offer.status, offer.decision_note) == (CompensationStatus.APPROVED, "同意")
        assert [row.step for row in offer.decisions] == [CompensationAction.APPROVE]


class TestSpecialApproval:
    """G-05: above the ordinary limit a form of its own, and two signatures."""

    FORM: ClassVar[dict[str, str]] = {"reason": "影响整栋楼", "risk": "媒体已联系", "budget": "客服专项"}

    @pytest.fixture
    def large(self, cast, session) -> Compensation:
        made = CompensationFactory(offered_by=cast.zhao, amount=Decimal("50000.01"))
        cast.gao.position = Position.LEGAL_COUNSEL
        session.commit()
        return made

    def ask(self, client, item, **changed):
        url = f"/compensation/{item.id}"
        return client.send(f"{url}/ask-specially", self.FORM | changed, page=url)

    def test_from_the_form_to_the_last_signature(self, client, cast, session, large):
        manager = PersonFactory(login="manager", roles=[Role.DUTY_MANAGER], position=Position.GENERAL_MANAGER)
        client.login(cast.approver)
        assert buttons(client, large) == {"refuse", "withdraw"}, "nobody signs before the form is filled in"
        assert take(client, large, "sign").status_code == 409
        client.login(cast.zhao)
        assert self.ask(client, large).status_code == 302
        assert self.ask(client, large).status_code == 409
        page = soup_of(client.get(f"/compensation/{large.id}")).get_text()
        assert all(words in page for words in self.FORM.values())
        assert take(client, large, "sign").status_code == 409, "nobody signs what they offered"
        client.login(cast.lin)
        assert take(client, large, "sign").status_code == 403, "a leader is none of those who sign"
        client.login(cast.approver)
        assert self._waiting(client) == {f"/compensation/{large.id}"}
        assert take(client, large, "sign", note="预算内").status_code == 302
        assert take(client, large, "sign", note="再签").status_code == 409
        assert self._waiting(client) == set(), "who signed waits for the others"
        session.expire_all()
        assert large.status is CompensationStatus.OFFERED
        client.login(manager)
        assert self._waiting(client) == {f"/compensation/{large.id}"}
        assert take(client, large, "sign").status_code == 302
        session.expire_all()
        assert (large.status, large.decided_by) == (CompensationStatus.APPROVED, manager)
        client.login(cast.gao)
        assert take(client, large, "sign").status_code == 409
        assert buttons(client, large) == {"accept", "decline", "withdraw"}

    @staticmethod
    def _waiting(client) -> set[str]:
        return {a["href"] for a in soup_of(client.get("/compensations/")).select("a.row-link")}

    def test_what_is_missing_stands_beside_its_field(self, client, cast, session, large, offer):
        client.login(cast.zhao)
        for field in self.FORM:
            for words in (" ", "长" * 2_001, "a\x00b"):
                answer = self.ask(client, large, **{field: words})
                beside = [row.select_one("[name]")["name"] for row in soup_of(answer).select("main .has-error")]
                assert (answer.status_code, beside) == (422, [field]), words[:3]
        assert self.ask(client, offer).status_code == 409, "an ordinary decision is enough"
        session.expire_all()
        assert (large.special, offer.special) == (None, None)

    @pytest.mark.parametrize("login", ["xiaozhou", "analyst", "auditor"])
    def test_who_offers_nothing_asks_for_nothing(self, client, cast, session, large, login):
        client.login(getattr(cast, login))
        assert not soup_of(client.get(f"/compensation/{large.id}")).select("form[action$='ask-specially']")
        assert self.ask(client, large).status_code == 403
        session.expire_all()
        assert large.special is None


class TestPaying:
    """CA1, CA5: no payment without its proof, and the proof can be looked at."""

    @pytest.fixture
    def accepted(self, cast, session, now) -> Compensation:
        made = CompensationFactory(
            offered_by=cast.zhao,
            status=CompensationStatus.ACCEPTED,
            decided_by=cast.approver,
            decided_at=now,
            answered_at=now,
        )
        session.commit()
        return made

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("回单.jpg", b"MZ\x90\x00" + b"\0" * 64),
            ("回单.pdf", b"PK\x03\x04" + b"\0" * 64),
            ("回单.jpg", b"\xff\xd8\xff\xe0" + b"no picture" * 20),
            ("回单.html", b"<html><script>alert(1)</script></html>"),
            ("回单.png", b""),
        ],
        ids=["a program", "an archive", "a broken picture", "markup", "nothing"],
    )
    def test_what_is_no_receipt_pays_nothing(self, client, cast, session, accepted, name, content):
        client.login(cast.approver)
        answer = take(client, accepted, "pay", proof="转账 7", evidence=(io.BytesIO(content), name))
        dialog = soup_of(answer).select_one("dialog[data-open-now]")
        assert (answer.status_code, dialog["id"]) == (422, "do-pay")
        assert dialog.select_one(".has-error [name]")["name"] == "evidence"
        session.expire_all()
        assert (accepted.status, accepted.paid_at, accepted.evidence) == (CompensationStatus.ACCEPTED, None, [])

    def test_the_picture_of_the_receipt_is_kept_without_its_place_and_shown(self, client, cast, session, accepted):
        picture, out = Image.new("RGB", (40, 30), "white"), io.BytesIO()
        exif = Image.Exif()
        exif[0x010F] = "Phone of 钱进"
        picture.save(out, "JPEG", exif=exif)
        client.login(cast.approver)
        upload = (io.BytesIO(out.getvalue()), "../../回单<1>.jpg")
        assert take(client, accepted, "pay", proof="转账 20261121-7", evidence=upload).status_code == 302
        session.expire_all()
        (kept,) = accepted.evidence
        assert (kept.use, kept.original_name, kept.complaint) == (EvidenceUse.PROOF, "回单_1_.jpg", accepted.complaint)
        client.login(cast.auditor)
        proof = soup_of(client.get(f"/compensation/{accepted.id}")).select_one("#proof")
        assert "转账 20261121-7" in proof.get_text() and cast.approver.name in proof.get_text()
        shown = client.get(proof.select_one("img")["src"], buffered=True)
        assert shown.status_code == 200 and not Image.open(io.BytesIO(shown.data)).getexif()

    def test_a_proof_is_needed_and_can_be_kept(self, client, cast, session, accepted):
        client.login(cast.approver)
        for proof in ("", " \t", "P" * 201, "a\x00b"):
            answer = take(client, accepted, "pay", proof=proof)
            field = soup_of(answer).select_one("dialog[data-open-now] .has-error [name]")
            assert (answer.status_code, field["name"]) == (422, "proof"), proof[:3]
        session.expire_all()
        assert accepted.status is CompensationStatus.ACCEPTED

    def test_what_is_paid_is_paid_once_and_stays_as_it_is(self, client, cast, session, accepted, now):
        client.login(cast.approver)
        assert take(client, accepted, "pay", proof="转账 7").status_code == 302
        session.expire_all()
        for step in FORMS:
            assert take(client, accepted, step.value, proof="转账 8", note="反悔").status_code == 409, step
        assert buttons(client, accepted) == set()
        session.expire_all()
        assert (accepted.payment_proof, accepted.paid_by, accepted.paid_at) == ("转账 7", cast.approver, now)
        assert [row.step for row in accepted.decisions] == [CompensationAction.PAY]

    @pytest.mark.parametrize("login", ["zhao", "lin", "roster", "xiaozhou", "analyst", "auditor"])
    def test_who_confirms_no_payments_pays_nothing(self, client, cast, session, accepted, login):
        client.login(getattr(cast, login))
        assert "pay" not in buttons(client, accepted)
        assert take(client, accepted, "pay", proof="转账 7").status_code == 403
        session.expire_all()
        assert accepted.status is CompensationStatus.ACCEPTED


class TestTheMonth:
    """CA5: finance exports the month that is over."""

    def _paid(self, cast, paid_at: datetime, amount: str, **more: Any) -> Compensation:
        words = {"decided_by": cast.admin, "paid_at": paid_at, "payment_proof": "转账", "paid_by": cast.approver}
        return CompensationFactory(amount=Decimal(amount), status=CompensationStatus.PAID, **words | more)

    def _sheet(self, client) -> list[dict[str, Any]]:
        page = soup_of(client.get("/compensations/"))
        month = next(link["href"] for link in page.select("a") if "paid_at_from" in link.get("href", ""))
        export = next(a["href"] for a in soup_of(client.get(month)).select("a[download]") if "xlsx" in a["href"])
        book = openpyxl.load_workbook(io.BytesIO(client.get(export, buffered=True).data))
        heading, *rows = book.active.iter_rows(values_only=True)
        return [dict(zip(heading, row, strict=True)) for row in rows]

    def test_its_first_second_and_its_last_and_nothing_beside(self, client, cast, session, clock):
        """March as the company counts its days, asked for on the first of April."""
        begin, end = (datetime(2026, month, 1, tzinfo=COMPANY_ZONE) for month in (3, 4))
        second = timedelta(seconds=1)
        for paid_at, amount in ((begin - second, "1"), (begin, "0.10"), (end - second, "0.20"), (end, "2")):
            self._paid(cast, paid_at, amount)
        self._paid(cast, begin + second, "4", complaint=ComplaintFactory(is_drill=True))
        CompensationFactory(
            amount=Decimal(8), status=CompensationStatus.ACCEPTED, decided_by=cast.admin, decided_at=begin
        )
        clock.set(end + second)
        client.login(cast.approver)
        rows = self._sheet(client)
        amounts = sorted(value for row in rows for name, value in row.items() if name == "金额（元）")
        assert amounts == [0.1, 0.2]
        assert all("转账" in row.values() and cast.admin.name in row.values() for row in rows)

    def test_january_s_month_before_is_december(self, client, cast, session, clock):
        new_year = datetime(2027, 1, 1, tzinfo=COMPANY_ZONE)
        self._paid(cast, new_year - timedelta(seconds=1), "12")
        self._paid(cast, new_year, "1")
        clock.set(new_year + timedelta(hours=1))
        client.login(cast.approver)
        assert [12.0 in row.values() for row in self._sheet(client)] == [True]

    @pytest.mark.parametrize("login", ["zhao", "lin", "roster", "xiaozhou", "auditor"])
    def test_who_exports_nothing_gets_no_file(self, client, cast, session, now, login):
        self._paid(cast, now, "5")
        client.login(getattr(cast, login))
        page = soup_of(client.get("/compensations/?view=paid"))
        assert not page.select("a[download]") and not page.select("a[href*='paid_at_from']")
        assert client.get("/compensations/export/xlsx/?view=paid").status_code == 403
