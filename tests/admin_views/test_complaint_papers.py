"""The papers of a complaint: cards, reports and case files through HTTP, and who gets them (A-10, A-11, G-05, N17)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from models import CaseFile, Complaint, TimelineEvent
from rules.vocabulary import EventKind, WorkOrderState
from services import case_files
from tests import printed
from tests.client import soup_of
from tests.factories import (
    CompensationFactory,
    ComplaintFactory,
    EvidenceFactory,
    PromiseFactory,
    TimelineEventFactory,
    WorkCostFactory,
    WorkOrderFactory,
)

URL = "/complaints/C-2611-0001/papers"


@pytest.fixture
def complaint(cast, session) -> Complaint:
    made = ComplaintFactory(number="C-2611-0001", contact_phone="+8613800138000", problem="客厅空鼓😡")
    PromiseFactory(complaint=made, text="三天内修好")
    EvidenceFactory(complaint=made, original_name="客厅.jpg", sha256="c" * 64)
    CompensationFactory(complaint=made, amount=Decimal(500), reason="延误五天", offered_by=cast.zhou)
    TimelineEventFactory(complaint=made, kind=EventKind.NOTE, note="客户很生气", details={})
    session.commit()
    return made


def text_of(answer) -> str:
    assert answer.mimetype == "application/pdf"
    return printed.text(answer.data)


def print_it(client):
    return client.send(f"{URL}/print", page=f"{URL}/")


class TestTheCaseFile:
    def test_it_is_printed_kept_and_written_on_the_timeline(self, client, cast, session, complaint):
        client.login(cast.zhou)
        assert print_it(client).status_code == 302
        kept = session.scalars(select(CaseFile)).one()
        answer = client.get(f"/papers/complaints/C-2611-0001/case-file-{kept.copy}.pdf")
        text = text_of(answer)
        said = (
            "13800138000",
            "三天内修好",
            "c" * 20,
            "延误五天",
            "¥500.00",
            "客户很生气",
            "[poutingface]",
            kept.sha256,
        )
        assert [each for each in said if each not in text] == []
        assert len(printed.pages(answer.data)) == kept.pages
        assert hashlib.sha256(case_files.contents_path(kept).read_bytes()).hexdigest() == kept.sha256
        event = session.scalars(select(TimelineEvent).where(TimelineEvent.kind == EventKind.CASE_FILE)).one()
        assert event.actor_id == cast.zhou.id and event.details["sha256"] == kept.sha256

    def test_a_copy_stays_as_it_was_printed_and_the_next_one_has_the_next_number(
        self, client, cast, session, complaint
    ):
        client.login(cast.zhou)
        print_it(client)
        first = client.get("/papers/complaints/C-2611-0001/case-file-1.pdf").data
        session.get_one(Complaint, complaint.id).problem = "改过的问题"
        session.commit()
        print_it(client)
        assert client.get("/papers/complaints/C-2611-0001/case-file-1.pdf").data == first
        assert "改过的问题" in text_of(client.get("/papers/complaints/C-2611-0001/case-file-2.pdf"))
        assert [copy.copy for copy in case_files.of(complaint)] == [2, 1]

    def test_three_hundred_lines_of_history_are_all_there(self, client, cast, session, complaint, now):
        for number in range(300):
            TimelineEventFactory(
                complaint=complaint, kind=EventKind.NOTE, note=f"第{number}条记录", at=now + timedelta(seconds=number)
            )
        client.login(cast.zhou)
        print_it(client)
        text = text_of(client.get("/papers/complaints/C-2611-0001/case-file-1.pdf"))
        places = [text.find(f"第{number}条记录") for number in range(300)]
        assert -1 not in places and places == sorted(places)

    @pytest.mark.parametrize("who", ["analyst", "auditor"])
    def test_who_may_not_see_phone_numbers_neither_prints_nor_opens_one(self, client, cast, session, complaint, who):
        client.login(cast.zhou)
        print_it(client)
        client.login(getattr(cast, who))
        page = soup_of(client.get(f"{URL}/"))
        assert not page.select("[data-dialog='do-print']") and "138****8000" not in page.text
        assert print_it(client).status_code == 403
        assert client.get("/papers/complaints/C-2611-0001/case-file-1.pdf").status_code == 403

    def test_the_box_is_written_down_and_an_endless_one_is_refused(self, client, cast, session, complaint):
        client.login(cast.zhou)
        print_it(client)
        kept = session.scalars(select(CaseFile)).one()
        assert client.send(f"{URL}/box/{kept.id}", {"box": "甲-17"}, page=f"{URL}/").status_code == 302
        assert "甲-17" in soup_of(client.get(f"{URL}/")).text
        assert client.send(f"{URL}/box/{kept.id}", {"box": "x" * 41}, page=f"{URL}/").status_code == 422
        assert session.get_one(CaseFile, kept.id, populate_existing=True).archive_box == "甲-17"

    def test_a_copy_of_another_complaint_is_not_found(self, client, cast, session, complaint):
        client.login(cast.zhou)
        print_it(client)
        ComplaintFactory(number="C-2611-0002")
        kept = session.scalars(select(CaseFile)).one()
        client.get(f"{URL}/")
        assert client.get("/papers/complaints/C-2611-0002/case-file-1.pdf").status_code == 404
        assert client.get(f"/papers/complaints/C-2611-0001/case-file-{10**18}.pdf").status_code == 404
        answer = client.send(f"/complaints/C-2611-0002/papers/box/{kept.id}", {"box": "1"}, page=f"{URL}/")
        assert answer.status_code == 404


class TestTheWork:
    def test_the_card_names_plan_and_price_before_and_no_report_is_there_yet(self, client, cast, session, complaint):
        WorkOrderFactory(complaint=complaint, number="W-2611-0001", is_free=True, words="重铺六块砖", why="保修期内")
        client.login(cast.zhou)
        text = text_of(client.get("/papers/work-orders/W-2611-0001/card.pdf"))
        assert "重铺六块砖" in text and "保修期内" in text
        assert client.get("/papers/work-orders/W-2611-0001/report.pdf").status_code == 404

    def test_the_report_of_paid_work_adds_up_and_leaves_out_what_was_struck(
        self, client, cast, session, complaint, now
    ):
        order = WorkOrderFactory(
            complaint=complaint,
            number="W-2611-0001",
            is_free=False,
            state=WorkOrderState.DONE,
            started_at=now,
            done_at=now,
        )
        for what, struck_at in (("瓷砖", None), ("水泥", None), ("错填", now)):
            WorkCostFactory(
                work_order=order, what=what, quantity=Decimal("2.500"), unit_price=Decimal(10), amount=Decimal(25),
                struck_at=struck_at,
            )  # fmt: skip
        client.login(cast.zhou)
        text = text_of(client.get("/papers/work-orders/W-2611-0001/report.pdf"))
        assert "瓷砖" in text and "错填" not in text and "¥50.00" in text and "2.5" in text

    @pytest.mark.parametrize("path", ["work-orders/W-0/card.pdf", "complaints/C-0/delay.pdf", ""])
    def test_what_is_made_up_is_not_found(self, client, cast, path):
        client.login(cast.zhou)
        assert client.get(f"/papers/{path}").status_code == 404
