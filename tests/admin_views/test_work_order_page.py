"""The list of work orders, maintenance without a complaint, and an order's own page (A-03, A-10)."""

from __future__ import annotations

import base64
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from extensions import COMPANY_ZONE
from models import Project, TimelineEvent, WorkOrder
from rules.vocabulary import EvidenceUse, Role, Status, WorkOrderKind, WorkOrderState
from seed.demo import pictures
from tests.client import DeskClient, soup_of
from tests.factories import (
    ComplaintFactory,
    CrewFactory,
    EvidenceFactory,
    PersonFactory,
    ProjectFactory,
    QuotationFactory,
    WorkCostFactory,
    WorkOrderFactory,
)
from tests.query_count import queries

S = WorkOrderState
WORKERS = ("lin", "zhao", "roster", "admin")
OTHERS = ("xiaozhou", "approver", "analyst", "auditor")


@pytest.fixture
def project(session, now) -> Project:
    """A home accepted a year ago."""
    accepted_on = now.astimezone(COMPANY_ZONE).date() - timedelta(days=365)
    return ProjectFactory(
        contract_no="ZX2025-0417", starts_on=accepted_on - timedelta(days=90), accepted_on=accepted_on
    )


def page_of(order: WorkOrder) -> str:
    return f"/work-order/{order.number}"


def press(client: DeskClient, order: WorkOrder, where: str, **said: Any):
    """Press a button of an order's own page."""
    return client.send(f"{page_of(order)}/{where}", said, page=page_of(order))


def buttons(client: DeskClient, order: WorkOrder) -> set[str]:
    page = soup_of(client.get(page_of(order)))
    return {button["data-dialog"].removeprefix("do-") for button in page.select("[data-dialog^='do-']")}


def listed(client: DeskClient, view: str = "all", **said: str) -> set[str]:
    """The orders that a tab of the list shows."""
    page = client.get("/work-orders/", query_string={"view": view, **said})
    return {a["href"].removeprefix("/work-order/") for a in soup_of(page).select("a.row-link")}


def at(moment: datetime) -> str:
    return moment.astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")


class TestList:
    def test_mine_are_my_own_and_those_of_the_crews_i_lead_until_tonight(self, client, cast, session, now):
        """A technician and a foreman in one; tonight ends at the company's midnight."""
        foreman = PersonFactory(login="laoliu", roles=[Role.HANDLER])
        led, other = CrewFactory(foreman=foreman), CrewFactory(foreman=cast.zhao)
        disbanded = CrewFactory(foreman=foreman, is_active=False)
        midnight = datetime(2026, 11, 22, tzinfo=COMPANY_ZONE)
        tonight = {"planned_start_at": midnight - timedelta(minutes=1), "planned_done_at": now + timedelta(days=3)}
        tomorrow = tonight | {"planned_start_at": midnight}
        for number, words in {
            "W-own": {"technician": foreman, **tonight},
            "W-both": {"technician": foreman, "crew": led, **tonight},
            "W-crew": {"crew": led, **tonight},
            "W-crew-with": {"crew": led, "technician": cast.zhao, **tonight},
            "W-disbanded": {"crew": disbanded, **tonight},
            "W-late": {"crew": led, "planned_start_at": now - timedelta(days=9), "planned_done_at": now},
            "W-own-tomorrow": {"technician": foreman, **tomorrow},
            "W-crew-tomorrow": {"crew": led, **tomorrow},
            "W-crew-over": {"crew": led, "state": S.CANCELLED, "ended_at": now, **tonight},
            "W-crew-other": {"crew": other, **tonight},
            "W-other": {"technician": cast.zhao, **tonight},
            "W-nobody": tonight,
        }.items():
            WorkOrderFactory(number=number, **words)
        client.login(foreman)
        mine = {"W-own", "W-both", "W-crew", "W-crew-with", "W-disbanded", "W-late"}
        assert listed(client, "mine") == mine
        client.login(cast.zhao)
        assert listed(client, "mine") == {"W-crew-other", "W-other", "W-crew-with"}
        client.login(cast.auditor)
        assert listed(client, "mine") == set()

    def test_late_is_what_is_open_after_its_time(self, client, cast, session, now):
        ended = {"started_at": now - timedelta(days=3), "done_at": now - timedelta(days=2)}
        for state in S:
            words = ended if state in (S.DONE, S.CLOSED) else {}
            words = words | ({"ended_at": now} if state in (S.CLOSED, S.CANCELLED) else {})
            for when, done_at in (("late", now - timedelta(seconds=1)), ("due", now)):
                times = {"planned_start_at": now - timedelta(days=4), "planned_done_at": done_at}
                WorkOrderFactory(number=f"W-{when}-{state}", state=state, **times, **words)
        client.login(cast.lin)
        still_open = [S.PLANNED, S.QUOTED, S.RUNNING, S.DONE]
        assert listed(client, "late") == {f"W-late-{state}" for state in still_open}
        assert listed(client, "open") == {f"W-{when}-{state}" for when in ("late", "due") for state in still_open}
        assert len(listed(client, "all", page_size="50")) == 12

    def test_found_by_its_own_number_and_by_its_complaint_s(self, client, cast, session):
        one = WorkOrderFactory(number="W-2611-0007", complaint=ComplaintFactory(number="C-2611-0001"))
        WorkOrderFactory(number="W-2611-0070")
        client.login(cast.lin)
        for text in ("W-2611-0007", " w-2611-0007 ", "C-2611-0001"):
            assert listed(client, search=text) == {one.number}, text
        for text in ("W-2611-000", "C-9999-9999", "%", "W-'; --"):
            assert listed(client, search=text) == set(), text

    def test_the_number_of_queries_does_not_grow(self, client, cast, session):
        client.login(cast.lin)
        asked = []
        for more in (2, 20):
            for _ in range(more):
                WorkOrderFactory(complaint=ComplaintFactory(), technician=PersonFactory(), crew=CrewFactory())
            with queries() as seen:
                assert client.get("/work-orders/?view=all&page_size=50").status_code == 200
            asked.append(seen)
        assert len(asked[0]) == len(asked[1]), "\n".join(asked[1])

    def test_maintenance_is_planned_by_those_who_work(self, client, cast):
        for login in (*WORKERS, *OTHERS):
            client.login(getattr(cast, login))
            link = soup_of(client.get("/work-orders/")).select_one("a[href='/work-order/new']")
            assert (link is not None) is (login in WORKERS), login


class TestMaintenance:
    """A-03: work without a complaint, for a contract."""

    @pytest.fixture
    def said(self, cast, project, now) -> dict[str, Any]:
        """The form, filled in as it should be."""
        times = {"planned_start_at": at(now + timedelta(days=1)), "planned_done_at": at(now + timedelta(days=2))}
        words = {"contract_no": "ZX2025-0417", "kind": "maintenance", "part": "plumbing", "cause": "wear"}
        return words | {"words": "更换水龙头", "technician": str(cast.zhao.id)} | times

    def test_it_goes_its_way_from_the_price_to_the_signature(self, client, cast, session, project, said):
        client.login(cast.zhao)
        form = soup_of(client.get("/work-order/new"))
        assert form.select_one("[name=kind] [selected]")["value"] == WorkOrderKind.MAINTENANCE
        assert form.select_one("[name=is_promised]") is None, "nothing is promised without a complaint"
        answer = client.send("/work-order/new", said)
        order = session.scalars(select(WorkOrder)).one()
        assert (answer.status_code, answer.location) == (302, page_of(order))
        assert (order.complaint, order.project, order.customer, order.is_free) == (
            None,
            project,
            project.customer,
            False,
        )
        assert press(client, order, f"start/{order.id}").status_code == 404, "the page knows its order by its number"
        assert press(client, order, "start").status_code == 409
        upload = pictures.relaid_tiles()
        photo = (io.BytesIO(upload.stream.read()), upload.name)
        signature = "data:image/png;base64," + base64.b64encode(pictures.signature()).decode()
        for verb, words in {
            "quote": {"amount": "860", "words": "水龙头及人工"},
            "accept-quote": {"answer": "电话里同意"},
            "start": {},
            "cost": {"kind": "labour", "what": "人工", "quantity": "2", "unit": "小时", "unit_price": "80"},
            "finish": {"words": "已更换", "evidence": photo},
            "confirm": {"signature": signature},
        }.items():
            assert press(client, order, verb, **words).status_code == 302, verb
        assert press(client, order, "confirm", signature=signature).status_code == 409
        session.expire_all()
        assert order.state is S.CLOSED
        assert [item.use for item in order.evidence] == [EvidenceUse.AFTER, EvidenceUse.SIGNATURE]
        assert session.scalar(select(func.count(TimelineEvent.id))) == 0, "there is no complaint to write it on"
        page = soup_of(client.get(page_of(order)))
        assert "¥160.00" in page.get_text() and "¥860.00" in page.get_text()
        shown = [client.get(image["src"], buffered=True).status_code for image in page.select(".thumb img")]
        assert shown == [200, 200]

    def test_bad_input_stands_beside_its_field_and_nothing_is_planned(self, client, cast, session, said):
        client.login(cast.zhao)
        token = client.token("/work-order/new")
        for changed, field in (
            ({"contract_no": ""}, "contract_no"),
            ({"contract_no": "ZX-0000"}, "contract_no"),
            ({"contract_no": "9" * 100}, "contract_no"),
            ({"contract_no": "ZX2025-0417\0"}, "contract_no"),
            ({"planned_done_at": said["planned_start_at"]}, "planned_done_at"),
            ({"planned_done_at": "2025-01-01T00:00"}, "planned_done_at"),
            ({"planned_start_at": "tomorrow"}, "planned_start_at"),
            ({"words": "\t"}, "words"),
            ({"technician": ""}, "technician"),
            ({"is_free": "y"}, "why"),
            ({"kind": "nonsense"}, "kind"),
        ):
            answer = client.post("/work-order/new", data={"csrf_token": token, **said, **changed})
            assert answer.status_code == 422, changed
            beside = [row.select_one("[name]")["name"] for row in soup_of(answer).select(".has-error")]
            assert beside == [field], changed
        assert session.scalar(select(func.count(WorkOrder.id))) == 0

    @pytest.mark.parametrize("login", OTHERS)
    def test_who_does_no_work_plans_none(self, client, cast, session, said, login):
        client.login(getattr(cast, login))
        assert client.get("/work-order/new").status_code == 403
        assert client.send("/work-order/new", said, page="/work-orders/").status_code == 403
        assert session.scalar(select(func.count(WorkOrder.id))) == 0


class TestPage:
    def test_it_shows_the_same_buttons_as_the_tab_of_its_complaint(self, client, cast, session, now):
        complaint = ComplaintFactory(number="C-2611-0001", status=Status.HANDLING)
        running = WorkOrderFactory(complaint=complaint, customer=complaint.customer, state=S.RUNNING, started_at=now)
        cost = WorkCostFactory(work_order=running)
        ids = {f"{verb}-{running.id}" for verb in ("finish", "anew", "cancel", "photos", "cost")}
        for login in (*WORKERS, *OTHERS):
            client.login(getattr(cast, login))
            assert buttons(client, running) == (ids | {f"strike-{cost.id}"} if login in WORKERS else set()), login
        page = soup_of(client.get(page_of(running)))
        assert page.select_one("a[href='/complaints/C-2611-0001']")
        complaint.status = Status.CLOSED
        client.login(cast.zhao)
        assert buttons(client, running) == set()

    @pytest.mark.parametrize("login", OTHERS)
    def test_who_does_no_work_is_refused_every_step(self, client, cast, session, now, login):
        times = {"started_at": now, "done_at": now}
        planned, quoted, running, done = (
            WorkOrderFactory(state=state, **{n: times[n] for n in named})
            for state, named in (
                *((S.PLANNED, ()), (S.QUOTED, ())),
                *((S.RUNNING, ("started_at",)), (S.DONE, ("started_at", "done_at"))),
            )
        )
        QuotationFactory(work_order=quoted)
        cost = WorkCostFactory(work_order=running)
        client.login(getattr(cast, login))
        token = client.token(page_of(planned))
        starts = {"planned_start_at": at(now), "planned_done_at": at(now + timedelta(days=1))}
        for order, verb, said in (
            (planned, "start", {}),
            (planned, "anew", starts),
            (planned, "cancel", {"reason": "取消"}),
            (quoted, "quote", {"amount": "5", "words": "人工"}),
            (quoted, "accept-quote", {"answer": "同意"}),
            (quoted, "decline-quote", {"answer": "太贵"}),
            (running, "finish", {"words": "好了"}),
            (running, "cost", {"kind": "material", "what": "瓷砖", "quantity": "1", "unit_price": "1"}),
            (running, f"strike/{cost.id}", {}),
            (done, "confirm", {"exception": "不在家"}),
            (done, "redo", {"words": "不平"}),
        ):
            answer = client.post(f"{page_of(order)}/{verb}", data={"csrf_token": token, **said})
            assert answer.status_code == 403, verb
        session.expire_all()
        assert [order.state for order in (planned, quoted, running, done)] == [S.PLANNED, S.QUOTED, S.RUNNING, S.DONE]
        assert (len(running.costs), cost.struck_at) == (1, None)

    def test_what_is_refused_stands_in_its_own_dialog(self, client, cast, session, now):
        order = WorkOrderFactory(state=S.RUNNING, started_at=now)
        wrong = WorkCostFactory(work_order=order)
        client.login(cast.zhao)
        answer = press(client, order, "cost", kind="material", what="砖", quantity="-3", unit_price="9")
        dialog = soup_of(answer).select_one("dialog[data-open-now]")
        assert (answer.status_code, dialog["id"]) == (422, f"do-cost-{order.id}")
        field = dialog.select_one(".has-error [name]")
        assert (field["name"], field["value"]) == ("quantity", "-3")
        program = (io.BytesIO(b"MZ\x90\x00" + b"\0" * 64), "完工.jpg")
        answer = press(client, order, "finish", words="好了", evidence=program)
        dialog = soup_of(answer).select_one("dialog[data-open-now]")
        assert (answer.status_code, dialog.select_one(".has-error [name]")["name"]) == (422, "evidence")
        assert press(client, order, f"strike/{wrong.id}").status_code == 302
        assert press(client, order, f"strike/{wrong.id}").status_code == 409
        session.expire_all()
        assert (order.state, len(order.costs), order.evidence) == (S.RUNNING, 1, [])

    def test_what_is_another_order_s_or_made_up_is_not_found(self, client, cast, session):
        order, other = WorkOrderFactory(), WorkOrderFactory()
        cost = WorkCostFactory(work_order=other)
        client.login(cast.zhao)
        token = client.token(page_of(order))
        for where in (
            f"{page_of(order)}/strike/{cost.id}",
            f"{page_of(order)}/strike/{10**30}",
            f"{page_of(order)}/strike",
            f"{page_of(order)}/start/{cost.id}",
            f"{page_of(order)}/plan",
            f"{page_of(order)}/contract",
            f"{page_of(order)}/burn",
            "/work-order/W-0/start",
        ):
            assert client.post(where, data={"csrf_token": token}).status_code == 404, where
        for number in ("W-0", "w-2611-0001", "%00", "9" * 300, "W-2611-0001%27"):
            assert client.get(f"/work-order/{number}").status_code == 404, number
        session.expire_all()
        assert (order.state, cost.struck_at) == (S.PLANNED, None)

    def test_without_its_token_nothing_is_done_and_without_login_nothing_shown(self, client, cast, session):
        order = WorkOrderFactory()
        assert client.get(page_of(order)).status_code == 302
        client.login(cast.zhao)
        assert client.post(f"{page_of(order)}/start").status_code == 400
        assert client.get(f"{page_of(order)}/start").status_code == 405
        assert client.get("/work-order/").location == "/work-orders/"
        session.expire_all()
        assert order.state is S.PLANNED

    def test_the_card_is_printed_from_here_and_the_report_once_it_is_done(self, client, cast, session, now):
        planned = WorkOrderFactory(number="W-1", words="更换水龙头")
        done = WorkOrderFactory(number="W-2", state=S.DONE, started_at=now, done_at=now, done_words="已更换")
        client.login(cast.zhao)
        links = [
            [a["href"] for a in soup_of(client.get(page_of(order))).select("a[href^='/papers/']")]
            for order in (planned, done)
        ]
        card, *both = [
            "/papers/work-orders/W-1/card.pdf",
            *(f"/papers/work-orders/W-2/{p}.pdf" for p in ("card", "report")),
        ]
        assert links == [[card], both]
        assert [client.get(link).mimetype for link in (card, *both)] == ["application/pdf"] * 3

    def test_the_number_of_queries_does_not_grow_with_costs_prices_and_photos(self, client, cast, session):
        order = WorkOrderFactory(technician=cast.zhao, crew=CrewFactory())
        client.login(cast.zhao)
        asked = []
        for more in (1, 15):
            WorkCostFactory.create_batch(more, work_order=order)
            QuotationFactory.create_batch(more, work_order=order)
            for _ in range(more):
                EvidenceFactory(complaint=None, work_order=order, use=EvidenceUse.DURING)
            with queries() as seen:
                assert client.get(page_of(order)).status_code == 200
            asked.append(seen)
        assert len(asked[0]) == len(asked[1]), "\n".join(asked[1])
