"""The tab of work orders: from plan to signature, refusals beside their fields, who may, strangers (A-03, A-10)."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from extensions import COMPANY_ZONE
from models import Complaint, ContractWarranty, Evidence, Quotation, WorkCost, WorkOrder
from rules.vocabulary import DefectCause, EvidenceUse, Status, WorkOrderAction, WorkOrderState, WorkPart
from seed.demo import pictures
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import (
    ComplaintFactory,
    CrewFactory,
    EvidenceFactory,
    PersonFactory,
    ProjectFactory,
    PromiseFactory,
    QuotationFactory,
    WorkCostFactory,
    WorkOrderFactory,
)
from tests.query_count import queries

S = WorkOrderState
WHITE = "data:image/png;base64,"
HUGE = "9" * 100


@pytest.fixture
def complaint(cast, now, session) -> Complaint:
    """A home accepted a year ago, whose complaint is in hand."""
    accepted_on = now.astimezone(COMPANY_ZONE).date() - timedelta(days=365)
    project = ProjectFactory(starts_on=accepted_on - timedelta(days=90), accepted_on=accepted_on)
    made = ComplaintFactory(number="C-2611-0001", status=Status.HANDLING, customer=project.customer, project=project)
    session.commit()
    return made


@pytest.fixture
def order_in(complaint: Complaint, cast, now, session) -> Callable[..., WorkOrder]:
    """An order of the complaint in a state; the customer pays for one that has a price."""

    def make(state: WorkOrderState = S.PLANNED, **named: Any) -> WorkOrder:
        times: dict[str, Any] = {}
        if state in (S.RUNNING, S.DONE, S.CLOSED):
            times["started_at"] = now
        if state in (S.DONE, S.CLOSED):
            times["done_at"] = now
        if state in (S.CLOSED, S.CANCELLED):
            times["ended_at"] = now
        words = {"complaint": complaint, "customer": complaint.customer, "technician": cast.zhao, "state": state}
        order = WorkOrderFactory(**words | {"is_free": state is not S.QUOTED} | times | named)
        if state is S.QUOTED:
            QuotationFactory(work_order=order)
        session.commit()
        return order

    return make


def tab(complaint: Complaint) -> str:
    return f"/complaints/{complaint.number}/work/"


def press(client: DeskClient, complaint: Complaint, where: str, **said: Any):
    """Press a button of the tab."""
    return client.send(f"{tab(complaint)}{where}", said, page=tab(complaint), content_type="multipart/form-data")


def at(moment: datetime) -> str:
    """A moment as the browser sends it."""
    return moment.astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")


def planned(now: datetime, **named: Any) -> dict[str, Any]:
    """The form of a plan: tomorrow for three days."""
    times = {"planned_start_at": at(now + timedelta(days=1)), "planned_done_at": at(now + timedelta(days=4))}
    return {"kind": "rework", "part": "tiling", "cause": "workmanship", "words": "重铺六块砖"} | times | named


def drawn(png: bytes) -> str:
    """What the script sends."""
    return WHITE + base64.b64encode(png).decode()


def blank() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 22), "white").save(out, "PNG")
    return out.getvalue()


def photo() -> tuple[io.BytesIO, str]:
    upload = pictures.relaid_tiles()
    return io.BytesIO(upload.stream.read()), upload.name


def buttons(client: DeskClient, complaint: Complaint) -> set[str]:
    """The verbs on the page, with the id of what they are about."""
    page = soup_of(client.get(tab(complaint)))
    return {button["data-dialog"].removeprefix("do-") for button in page.select("[data-dialog^='do-']")}


def refused_fields(answer: Any) -> list[str]:
    """The fields of the open dialog that have a sentence beside them."""
    return [row.select_one("[name]")["name"] for row in soup_of(answer).select("dialog[data-open-now] .has-error")]


def test_from_the_plan_to_the_signature(client, cast, complaint, session, now):
    """D-16, A-10: promised, begun, shown, signed; a replay of each step is refused and changes nothing."""
    client.login(cast.zhao)
    said = planned(now, technician=cast.zhao.id, is_promised="y")
    assert press(client, complaint, "plan", **said).status_code == 302
    order = session.scalars(select(WorkOrder)).one()
    assert (order.technician, order.is_free, order.promise.due_at) == (cast.zhao, True, order.planned_done_at)
    assert press(client, complaint, f"start/{order.id}").status_code == 302
    assert press(client, complaint, f"start/{order.id}").status_code == 409
    assert press(client, complaint, f"finish/{order.id}", words="六块砖重铺").status_code == 302
    page = soup_of(client.get(tab(complaint)))
    assert page.select_one(f"#do-confirm-{order.id} canvas")
    name = drawn(pictures.signature())
    no_photo = press(client, complaint, f"confirm/{order.id}", signature=name)
    assert (no_photo.status_code, refused_fields(no_photo)) == (422, ["exception"])
    said = {"use": EvidenceUse.AFTER.value, "evidence": photo()}
    assert press(client, complaint, f"photos/{order.id}", **said).status_code == 302
    assert press(client, complaint, f"confirm/{order.id}", signature=name).status_code == 302
    assert press(client, complaint, f"confirm/{order.id}", signature=name).status_code == 409
    session.expire_all()
    assert (order.state, order.promise.is_open, order.exception) == (S.CLOSED, False, "")
    assert sorted(item.use for item in order.evidence) == [EvidenceUse.AFTER, EvidenceUse.SIGNATURE]
    pictures_shown = soup_of(client.get(tab(complaint))).select(".thumb img")
    assert [client.get(each["src"], buffered=True).status_code for each in pictures_shown] == [200, 200]
    assert buttons(client, complaint) == {"plan", "contract", f"cost-{order.id}"}


def test_where_the_customer_pays_a_price_comes_first_and_a_no_calls_it_off(client, cast, complaint, session, now):
    client.login(cast.zhao)
    press(client, complaint, "plan", **planned(now, technician=cast.zhao.id, cause="use"))
    order = session.scalars(select(WorkOrder)).one()
    assert not order.is_free
    assert {f"quote-{order.id}", f"anew-{order.id}"} < buttons(client, complaint)
    assert f"start-{order.id}" not in buttons(client, complaint)
    assert press(client, complaint, f"start/{order.id}").status_code == 409
    assert press(client, complaint, f"quote/{order.id}", amount="¥1,860.50", words="六块砖及人工").status_code == 302
    assert press(client, complaint, f"decline-quote/{order.id}", answer=" ").status_code == 422
    assert press(client, complaint, f"decline-quote/{order.id}", answer="太贵").status_code == 302
    assert press(client, complaint, f"accept-quote/{order.id}", answer="又同意了").status_code == 409
    session.expire_all()
    assert (order.state, order.quotations[0].amount, order.quotations[0].is_accepted) == (
        S.CANCELLED,
        Decimal("1860.50"),
        False,
    )
    assert buttons(client, complaint) == {"plan", "contract"}


def test_a_crew_alone_is_enough_and_one_that_works_no_more_is_none(client, cast, complaint, session, now):
    crew, gone = CrewFactory(name="泥工一班"), CrewFactory(is_active=False)
    client.login(cast.zhao)
    assert press(client, complaint, "plan", **planned(now, technician="", crew=crew.id)).status_code == 302
    order = session.scalars(select(WorkOrder)).one()
    assert (order.technician, order.crew) == (None, crew)
    assert "泥工一班" in soup_of(client.get(tab(complaint))).select_one(f"[id='{order.number}']").get_text()
    refused = press(client, complaint, "plan", **planned(now, technician="", crew=gone.id))
    assert (refused.status_code, refused_fields(refused)) == (422, ["crew"])


class TestBadInput:
    """Refused with a sentence beside the field, what was typed still there, nothing written."""

    @pytest.fixture
    def is_refused(self, client: DeskClient, cast: Cast, complaint: Complaint) -> Callable[..., None]:
        """赵磊 presses a button and is told beside which field it cannot be done."""
        client.login(cast.zhao)
        token = client.token(tab(complaint))

        def check(where: str, said: dict[str, Any], field: str) -> None:
            answer = client.post(f"{tab(complaint)}{where}", data={"csrf_token": token, **said})
            assert answer.status_code == 422, (where, said)
            assert refused_fields(answer) == [field], (where, said)
            shown = soup_of(answer).select_one(f"dialog[data-open-now] [name={field}]")
            if shown.name == "textarea" or shown.get("type") in ("text", "number", "datetime-local"):
                assert (shown.get("value") or shown.get_text()).strip() == said.get(field, "").strip(), (where, said)

        return check

    def test_of_a_plan(self, client, is_refused, cast, complaint, session, now):
        plan = planned(now, technician=cast.zhao.id)
        for changed, field in (
            ({"planned_done_at": at(now)}, "planned_done_at"),
            ({"planned_done_at": plan["planned_start_at"]}, "planned_done_at"),
            ({"planned_start_at": ""}, "planned_start_at"),
            ({"planned_start_at": "2026-13-45T99:99"}, "planned_start_at"),
            ({"planned_start_at": "0001-01-01T00:00"}, "planned_start_at"),
            ({"words": "  "}, "words"),
            ({"technician": ""}, "technician"),
            ({"technician": HUGE}, "technician"),
            ({"technician": "x"}, "technician"),
            ({"crew": HUGE}, "crew"),
            ({"part": "roof of gold"}, "part"),
            ({"cause": "wear", "is_free": "y"}, "why"),
            ({"why": "好" * 501}, "why"),
        ):
            is_refused("plan", plan | changed, field)
        assert session.scalar(select(func.count(WorkOrder.id))) == 0

    def test_of_a_longer_warranty(self, client, is_refused, cast, complaint, session):
        for months in ("-1", "0", "", HUGE, "12.5", "601", "一年"):
            is_refused("contract", {"part": "tiling", "months": months}, "months")
        assert session.scalar(select(func.count(ContractWarranty.id))) == 0
        assert press(client, complaint, "contract", part="tiling", months="60").status_code == 302

    def test_of_a_price(self, client, is_refused, cast, complaint, order_in, session):
        order = order_in(is_free=False)
        for amount in ("", "-5", "0", "0.001", HUGE, "9" * 39, "1e99999", "NaN", "Infinity", "十元"):
            is_refused(f"quote/{order.id}", {"amount": amount, "words": "人工"}, "amount")
        is_refused(f"quote/{order.id}", {"amount": "5", "words": " "}, "words")
        assert session.scalar(select(func.count(Quotation.id))) == 0
        assert order.state is S.PLANNED

    def test_of_a_cost(self, client, is_refused, cast, complaint, order_in, session):
        order = order_in()
        cost = {"kind": "material", "what": "瓷砖", "quantity": "10", "unit": "片", "unit_price": "45"}
        for changed, field in (
            ({"quantity": ""}, "quantity"),
            ({"quantity": "-1"}, "quantity"),
            ({"quantity": "0"}, "quantity"),
            ({"quantity": "0.0001"}, "quantity"),
            ({"quantity": "9e99999"}, "quantity"),
            ({"quantity": "1000000.001"}, "quantity"),
            ({"quantity": HUGE}, "quantity"),
            ({"quantity": "NaN"}, "quantity"),
            ({"unit_price": ""}, "unit_price"),
            ({"unit_price": "-0.01"}, "unit_price"),
            ({"unit_price": "0.001"}, "unit_price"),
            ({"unit_price": HUGE}, "unit_price"),
            ({"unit_price": "9" * 39}, "unit_price"),
            ({"unit_price": "1000000.01"}, "unit_price"),
            ({"what": " "}, "what"),
            ({"what": "砖" * 101}, "what"),
            ({"batch": "批" * 41}, "batch"),
            ({"kind": "bribe"}, "kind"),
        ):
            is_refused(f"cost/{order.id}", cost | changed, field)
        assert session.scalar(select(func.count(WorkCost.id))) == 0
        assert press(client, complaint, f"cost/{order.id}", **cost | {"quantity": "２．５"}).status_code == 302
        assert session.scalars(select(WorkCost.amount)).one() == Decimal("112.50")

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("完工.jpg", b"MZ\x90\x00" + b"\0" * 64 + b"This program cannot be run in DOS mode."),
            ("完工.jpg", b"\xff\xd8\xff\xe0" + b"no picture" * 20),
            ("完工.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            ("完工.jpg", b""),
        ],
        ids=["a program", "a broken picture", "markup", "nothing"],
    )
    def test_of_a_photo(self, client, is_refused, cast, complaint, order_in, session, name, content):
        order = order_in(S.RUNNING)
        for verb in ("finish", "photos"):
            said = {"words": "六块砖重铺", "use": "after", "evidence": (io.BytesIO(content), name)}
            is_refused(f"{verb}/{order.id}", said, "evidence")
        session.expire_all()
        assert (order.state, order.done_at, order.evidence) == (S.RUNNING, None, [])
        assert session.scalar(select(func.count(Evidence.id))) == 0

    def test_of_a_confirmation(self, client, is_refused, cast, complaint, order_in, session):
        order = order_in(S.DONE)
        EvidenceFactory(complaint=complaint, work_order=order, use=EvidenceUse.AFTER)
        for said, field in (
            ({}, "exception"),
            ({"exception": "  "}, "exception"),
            ({"exception": "字" * 501}, "exception"),
            ({"signature": drawn(blank())}, "signature"),
            ({"signature": WHITE + "%%%"}, "signature"),
            ({"signature": WHITE + base64.b64encode(b"MZ" * 40).decode()}, "signature"),
        ):
            is_refused(f"confirm/{order.id}", said, field)
        session.expire_all()
        assert (order.state, len(order.evidence)) == (S.DONE, 1)

    @pytest.mark.parametrize(
        ("verb", "state", "field"),
        [
            ("cancel", S.RUNNING, "reason"),
            ("redo", S.DONE, "words"),
            ("finish", S.RUNNING, "words"),
            ("accept-quote", S.QUOTED, "answer"),
        ],
    )
    def test_of_what_wants_words(self, client, is_refused, cast, complaint, order_in, session, verb, state, field):
        order = order_in(state)
        for words in ("", "  \n ", "字" * 20_001):
            is_refused(f"{verb}/{order.id}", {field: words}, field)
        session.expire_all()
        assert order.state is state

    def test_a_contract_that_is_not_there_has_no_warranty(self, client, cast, session):
        other = ComplaintFactory(number="C-2611-0002", status=Status.HANDLING)
        client.login(cast.zhao)
        assert "contract" not in buttons(client, other)
        assert press(client, other, "contract", part="tiling", months="60").status_code == 409


OF_STATE = {
    S.PLANNED: {"start", "anew", "cancel", "photos", "cost"},
    S.QUOTED: {"accept-quote", "decline-quote", "quote", "cancel", "photos", "cost"},
    S.RUNNING: {"finish", "anew", "cancel", "photos", "cost"},
    S.DONE: {"confirm", "redo", "photos", "cost"},
    S.CLOSED: {"cost"},
    S.CANCELLED: set(),
}
"""The buttons of an order in each state."""


class TestWhoMay:
    def test_each_state_has_its_buttons_for_those_who_work_and_nobody_else(
        self, client, cast, complaint, order_in, session
    ):
        orders = {state: order_in(state) for state in S}
        cost = WorkCostFactory(work_order=orders[S.RUNNING])
        session.commit()
        every = {f"{verb}-{orders[state].id}" for state, verbs in OF_STATE.items() for verb in verbs}
        every |= {"plan", "contract", f"strike-{cost.id}"}
        for login in ("lin", "zhao", "roster", "admin"):
            client.login(getattr(cast, login))
            assert buttons(client, complaint) == every, login
        for login in ("xiaozhou", "approver", "analyst", "auditor"):
            client.login(getattr(cast, login))
            assert buttons(client, complaint) == set(), login

    @pytest.mark.parametrize("login", ["xiaozhou", "approver", "analyst", "auditor"])
    def test_who_does_no_work_is_refused_every_step(self, client, cast, complaint, order_in, session, now, login):
        running, quoted, done = (order_in(state) for state in (S.RUNNING, S.QUOTED, S.DONE))
        planned_one, priced = order_in(), order_in(is_free=False)
        cost = WorkCostFactory(work_order=running)
        client.login(getattr(cast, login))
        times = {name: value for name, value in planned(now).items() if name.startswith("planned")}
        token = client.token(f"{tab(complaint)}")
        for where, said in {
            "plan": planned(now, technician=cast.zhao.id),
            "contract": {"part": "tiling", "months": "60"},
            f"start/{planned_one.id}": {},
            f"anew/{planned_one.id}": times,
            f"cancel/{planned_one.id}": {"reason": "取消"},
            f"quote/{priced.id}": {"amount": "5", "words": "人工"},
            f"accept-quote/{quoted.id}": {"answer": "同意"},
            f"decline-quote/{quoted.id}": {"answer": "太贵"},
            f"finish/{running.id}": {"words": "好了"},
            f"photos/{running.id}": {"use": "during", "evidence": photo()},
            f"cost/{running.id}": {"kind": "material", "what": "瓷砖", "quantity": "1", "unit_price": "1"},
            f"strike/{cost.id}": {},
            f"confirm/{done.id}": {"exception": "不在家"},
            f"redo/{done.id}": {"words": "不平"},
        }.items():
            answer = client.post(f"{tab(complaint)}{where}", data={"csrf_token": token, **said})
            assert answer.status_code == 403, where
        session.expire_all()
        states = session.scalars(select(WorkOrder.state).order_by(WorkOrder.id)).all()
        assert states == [S.RUNNING, S.QUOTED, S.DONE, S.PLANNED, S.PLANNED]
        assert session.scalar(select(func.count(Evidence.id))) == 0
        assert (session.scalar(select(func.count(WorkCost.id))), cost.struck_at) == (1, None)

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.VOID])
    def test_nothing_is_planned_for_what_is_over(self, client, cast, complaint, order_in, session, now, status):
        order_in(S.CLOSED)
        complaint.status = status
        client.login(cast.zhao)
        assert buttons(client, complaint) == set()
        said = planned(now, technician=cast.zhao.id)
        assert press(client, complaint, "plan", **said).status_code == 409
        assert session.scalar(select(func.count(WorkOrder.id))) == 1

    def test_what_is_another_complaint_s_or_made_up_is_not_found(self, client, cast, complaint, order_in, session):
        order = order_in(S.RUNNING)
        cost = WorkCostFactory(work_order=order)
        other = ComplaintFactory(number="C-2611-0002", status=Status.HANDLING)
        client.login(cast.zhao)
        token = client.token(tab(complaint))
        for where in (
            f"{tab(other)}finish/{order.id}",
            f"{tab(other)}strike/{cost.id}",
            f"{tab(complaint)}finish/{cost.id + 10_000}",
            f"{tab(complaint)}finish/{10**30}",
            f"{tab(complaint)}finish",
            f"{tab(complaint)}plan/{order.id}",
            f"{tab(complaint)}burn/{order.id}",
            f"/complaints/C-0000-0000/work/finish/{order.id}",
        ):
            answer = client.post(where, data={"csrf_token": token, "words": "别人家的", "reason": "x"})
            assert answer.status_code == 404, where
        session.expire_all()
        assert (order.state, cost.struck_at) == (S.RUNNING, None)

    def test_without_its_token_nothing_is_done(self, client, cast, complaint, order_in, session):
        order = order_in()
        client.login(cast.zhao)
        assert client.post(f"{tab(complaint)}start/{order.id}").status_code == 400
        assert client.get(f"{tab(complaint)}start/{order.id}").status_code == 405
        session.expire_all()
        assert order.state is S.PLANNED


class TestThePage:
    def test_every_step_has_a_button(self):
        from admin_views.complaint_work import ORDER_FORMS, OfOrderForm

        steps = {form.step for form in ORDER_FORMS.values() if issubclass(form, OfOrderForm)}
        assert steps == set(WorkOrderAction)

    def test_sums_leave_out_what_was_struck_and_the_warranty_stands_beside_it(
        self, client, cast, complaint, order_in, session
    ):
        order = order_in(S.RUNNING)
        kept, wrong = WorkCostFactory(work_order=order), WorkCostFactory(work_order=order, what="错填")
        client.login(cast.zhao)
        assert press(client, complaint, f"strike/{wrong.id}").status_code == 302
        assert press(client, complaint, f"strike/{wrong.id}").status_code == 409
        page = soup_of(client.get(tab(complaint)))
        costs = page.select_one(f"[id='{order.number}'] .costs")
        assert costs.select_one("tr:last-child .strong").get_text() == "¥450.00"
        assert [struck.get_text() for struck in costs.select("s")] == ["错填", "¥450.00"]
        assert f"do-strike-{kept.id}" in {button["data-dialog"] for button in costs.select("[data-dialog]")}
        assert page.select("aside .badge.done"), "parts that are in warranty are said to be"

    def test_cards_and_reports_are_printed_from_here(self, client, cast, complaint, order_in):
        running, done = order_in(S.RUNNING), order_in(S.DONE)
        client.login(cast.zhao)
        page = soup_of(client.get(tab(complaint)))
        links = [a["href"] for a in page.select("main a[href^='/papers/work-orders/']")]
        assert links == [
            f"/papers/work-orders/{done.number}/card.pdf",
            f"/papers/work-orders/{done.number}/report.pdf",
            f"/papers/work-orders/{running.number}/card.pdf",
        ]
        assert [client.get(link).data[:5] for link in links] == [b"%PDF-"] * 3

    def test_every_label_finds_the_field_of_its_own_dialog(self, client, cast, complaint, order_in):
        for state in (S.PLANNED, S.RUNNING, S.RUNNING, S.DONE, S.DONE):
            order_in(state)
        client.login(cast.zhao)
        page = soup_of(client.get(tab(complaint)))
        ids = [element["id"] for element in page.select("dialog[id]")]
        assert sorted(ids) == sorted(set(ids))
        for form in page.select("dialog form"):
            assert all(form.find(id=label["for"]) for label in form.select("label[for]"))

    def test_the_number_of_queries_does_not_grow_with_the_orders(self, client, cast, complaint, order_in, session):
        client.login(cast.zhao)
        asked, people, crew = [], PersonFactory.create_batch(2), CrewFactory()
        for more in (2, 12):
            for place in range(more):
                promise = PromiseFactory(complaint=complaint)
                words = {"technician": people[place % 2], "crew": crew, "promise": promise, "is_free": False}
                order = order_in(S.RUNNING, **words)
                WorkCostFactory.create_batch(2, work_order=order)
                QuotationFactory(work_order=order)
                EvidenceFactory(complaint=complaint, work_order=order, use=EvidenceUse.BEFORE)
            session.commit()
            with queries() as seen:
                assert client.get(tab(complaint)).status_code == 200
            asked.append(seen)
        assert len(asked[0]) == len(asked[1]), "\n".join(asked[1])
        assert len(asked[1]) <= 45, "\n".join(asked[1])

    def test_what_somebody_writes_is_shown_and_never_run(self, client, cast, complaint, order_in, session, now):
        client.login(cast.zhao)
        markup = "<script>alert(1)</script>"
        press(client, complaint, "plan", **planned(now, technician=cast.zhao.id, words=markup))
        page = client.get(tab(complaint)).get_data(as_text=True)
        assert markup not in page and "&lt;script&gt;alert(1)" in page


def test_the_form_of_the_plan_names_every_part_and_cause(client, cast, complaint):
    client.login(cast.zhao)
    page = soup_of(client.get(tab(complaint)))
    for name, words in (("part", WorkPart), ("cause", DefectCause)):
        assert [o["value"] for o in page.select(f"#do-plan [name={name}] option")] == [word.value for word in words]
    assert page.select_one("#do-plan [name=technician] option")["value"] == "", "a crew may do it alone"
