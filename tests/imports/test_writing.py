"""What an import writes: each call once, with its history, linked to what it repeats, ringing only when it is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session, scoped_session

from extensions import COMPANY_ZONE
from models import Clock, Community, Complaint, Customer, Notification, Project, RecordChange, Room, TimelineEvent
from rules.refusals import NotAllowed, Refusal
from rules.sla import WITH_THE_RECORD
from rules.vocabulary import Category, ClockState, EventKind, NotificationKind, RowOutcome, Status
from services import calls, import_reports, imported_calls
from services.actors import SYSTEM
from services.import_reports import Report
from services.imported_calls import ImportedCall
from tests.cast import Cast
from tests.factories import ComplaintFactory, CustomerFactory, ProjectFactory, RoomFactory
from tests.imports.exports import HOTLINE, SHOP, cells_of, csv_file, row, xlsx_file
from tests.query_count import queries

Db = scoped_session[Session]
Run = Callable[..., Report]
Recorded = Callable[[], dict[str, Complaint]]


def local(moment: datetime) -> str:
    return f"{moment.astimezone(COMPANY_ZONE):%Y-%m-%d %H:%M:%S}"


def everything(session: Db) -> dict[str, int]:
    tables = (Complaint, Customer, Room, Clock, TimelineEvent, RecordChange, Notification)
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_a_dry_run_writes_nothing(judged: Run, session: Db) -> None:
    before = everything(session)
    judged(csv_file(cells_of(HOTLINE)))
    session.commit()
    assert everything(session) == before


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_importing_twice_adds_nothing(written: Run, session: Db, make: Callable[..., bytes]) -> None:
    content = make(cells_of(HOTLINE))
    first = written(content)
    after = everything(session)
    second = written(content)
    assert everything(session) == after
    assert after["complaints"] == first.count(RowOutcome.ACCEPTED) > 0
    assert second.count(RowOutcome.ACCEPTED) == 0
    assert second.count(RowOutcome.REFUSED) == first.count(RowOutcome.REFUSED)


def test_the_same_call_in_the_other_form_is_a_duplicate(written: Run) -> None:
    written(csv_file(cells_of(HOTLINE)))
    assert written(xlsx_file(cells_of(SHOP)), "shop.xlsx").count(RowOutcome.ACCEPTED) == len(SHOP) - len(HOTLINE)


def test_what_was_said_comes_back_unchanged(written: Run, recorded: Recorded) -> None:
    said = [
        '=HYPERLINK("http://x","点我")',
        "<script>alert(1)</script>",
        "😡𠮷 \u200d\u3000",
        "裂缝," * 2000,
        "'=1",
        " 前后 ",
        "一\r\n二",
    ]
    written(csv_file(row(REF=f"A{n}", PROBLEM=text, DEMAND=text) for n, text in enumerate(said)))
    written(xlsx_file(row(REF=f"B{n}", PROBLEM=text, IMPACT=text) for n, text in enumerate(said[:-1])), "x.xlsx")
    complaints_ = recorded()
    assert [complaints_[f"A{n}"].problem for n in range(len(said))] == said
    assert [complaints_[f"A{n}"].demand for n in range(len(said))] == said
    assert [complaints_[f"B{n}"].impact for n in range(len(said) - 1)] == said[:-1]


def test_who_answered_what_kind_it_is_and_whose_it_is(written: Run, recorded: Recorded, cast: Cast) -> None:
    written(csv_file([row(REF="A1", PHONE="021-62973169转8012", CONTRACT=" zx2026－0107 ")]), actor=cast.xiaozhou)
    complaint = recorded()["A1"]
    assert complaint.first_responder_stated == "小林"
    assert complaint.first_responder_id == cast.xiaozhou.id
    assert complaint.category is Category.QUALITY
    assert complaint.is_category_guessed and complaint.is_leak
    assert complaint.contact_phone_extension == "8012"
    assert complaint.contract_no_stated == "ZX2026-0107"
    assert complaint.is_contract_unknown
    assert complaint.place == "龙湖天街公寓 1栋1单元2101"
    assert complaint.room is not None and str(complaint.room) == "龙湖天街公寓 1栋 1单元2101"
    assert complaint.version == 1 and complaint.status is Status.NEW


def test_files_that_exist_are_used(written: Run, recorded: Recorded, session: Db) -> None:
    room = RoomFactory(building__community__name="龙湖天街公寓", building__name="1栋", unit="1单元", number="2101")
    customer = CustomerFactory(name="刘先生", phone="+8617777763170")
    project = ProjectFactory(contract_no="ZX2026-0107", customer=customer, room=room)
    report = written(csv_file([row(REF="A1", CONTRACT="ZX2026-0107"), row(REF="A2", PHONE="13912340001")]))
    one, two = recorded()["A1"], recorded()["A2"]
    assert one.customer_id == customer.id and one.customer.name == "刘先生" and one.contact_name == "刘伟"
    assert one.project_id == project.id and not report.lines[0].is_contract_unknown
    assert one.room_id == two.room_id == room.id
    assert session.scalar(select(func.count()).select_from(Community)) == 1
    assert session.scalar(select(func.count()).select_from(Project)) == 1


class TestRepeats:
    def test_the_later_call_within_the_hour_is_linked_to_the_earlier(self, written: Run, recorded: Recorded) -> None:
        report = written(csv_file([row(REF="A1"), row(REF="A2", FIRST_WORD="2026-10-06 18:36")]))
        one, two = recorded()["A1"], recorded()["A2"]
        assert two.repeat_of_id == one.id and one.repeat_of_id is None
        assert report.lines[1].repeats is not None and report.lines[1].repeats.ref == "A1"
        linked = [event.details for event in (*one.timeline, *two.timeline) if event.kind is EventKind.REPEAT_LINKED]
        assert linked == [{"number": two.number, "is_later": False}, {"number": one.number, "is_later": True}]

    def test_also_where_the_later_call_stands_first_in_the_file(self, written: Run, recorded: Recorded) -> None:
        written(csv_file([row(REF="A2", FIRST_WORD="2026-10-06 18:00"), row(REF="A1")]))
        assert recorded()["A2"].repeat_of_id == recorded()["A1"].id

    def test_also_to_a_complaint_that_stands_already(self, written: Run, recorded: Recorded) -> None:
        written(csv_file([row(REF="A1")]))
        report = written(csv_file([row(REF="A2", FIRST_WORD="2026-10-06 18:00", PROBLEM=row()["问题描述"] + "  ")]))
        assert recorded()["A2"].repeat_of_id == recorded()["A1"].id
        assert report.lines[0].repeats is not None and report.lines[0].repeats.ref == "A1"

    def test_to_the_number_of_a_complaint_that_came_from_nowhere_else(self, judged: Run, now: datetime) -> None:
        stands = ComplaintFactory(
            contact_phone="+8617777763170",
            problem=row()["问题描述"],
            first_word_at=datetime(2026, 10, 6, 9, tzinfo=now.tzinfo),
        )
        repeats = judged(csv_file([row()])).lines[0].repeats
        assert repeats is not None and (repeats.ref, repeats.complaint_id) == (stands.number, stands.id)

    @pytest.mark.parametrize(
        "change",
        [
            {"FIRST_WORD": "2026-10-06 18:36:01"},
            {"PHONE": "13912340001"},
            {"PHONE": "177 7776 3170转1"},
            {"PROBLEM": "别的事"},
        ],
        ids=["a second over the hour", "another phone", "another extension", "another problem"],
    )
    def test_but_not_to(self, judged: Run, change: dict[str, Any]) -> None:
        assert judged(csv_file([row(), row(REF="A2", **change)])).lines[1].repeats is None

    def test_but_not_to_a_void_one(self, written: Run, judged: Run, recorded: Recorded, session: Db) -> None:
        written(csv_file([row(REF="A1")]))
        recorded()["A1"].status = Status.VOID
        session.commit()
        assert judged(csv_file([row(REF="A2")])).lines[0].repeats is None


class TestHistory:
    def test_calls_older_than_a_day_ring_nowhere(
        self, written: Run, recorded: Recorded, session: Db, on_duty: object, now: datetime
    ) -> None:
        written(csv_file([row(REF="A1", FIRST_WORD=local(now - timedelta(days=1, seconds=1)))]))
        complaint = recorded()["A1"]
        assert complaint.is_history and complaint.escalation_due_at is None
        assert [clock.state for clock in complaint.clocks] == [ClockState.MISSED, ClockState.MISSED]
        assert session.scalar(select(func.count()).select_from(Notification)) == 0

    def test_younger_ones_call_the_duty_member(
        self, written: Run, recorded: Recorded, on_duty: object, messages: Any, now: datetime, cast: Cast
    ) -> None:
        written(csv_file([row(REF="A1", FIRST_WORD=local(now - timedelta(days=1)))]))
        complaint = recorded()["A1"]
        assert not complaint.is_history and complaint.escalation_due_at is not None
        assert {clock.state for clock in complaint.clocks} == {ClockState.RUNNING}
        assert {clock.kind for clock in complaint.clocks} == set(WITH_THE_RECORD)
        assert [(m.kind, m.person_id) for m in messages()] == [(NotificationKind.DUTY_CALL, cast.zhou.id)]

    def test_too_many_young_ones_are_no_export(
        self, judged: Run, monkeypatch: pytest.MonkeyPatch, now: datetime
    ) -> None:
        monkeypatch.setattr(import_reports, "MAX_LIVE", 1)
        with pytest.raises(Refusal, match="24 hours"):
            judged(csv_file([row(REF=f"A{n}", FIRST_WORD=local(now)) for n in range(2)]))

    @pytest.mark.parametrize("age", [timedelta(hours=3), timedelta(days=3)], ids=["young", "old"])
    def test_many_at_once_are_written_exactly_as_one_by_one(
        self, session: Db, on_duty: object, cast: Cast, now: datetime, age: timedelta
    ) -> None:
        report = import_reports.judge(
            import_reports.read(csv_file([row(FIRST_WORD=local(now - age), CONTRACT="ZX1")]), name="x", now=now),
            now=now,
        )
        intake = report.lines[0].intake
        assert intake is not None
        first = calls.record(intake, actor=cast.xiaozhou, now=now, is_import=True)
        again = replace(intake, external_ref="B", repeat_of_id=first.id)
        one = calls.record(again, actor=cast.xiaozhou, now=now, is_import=True)
        call = ImportedCall(replace(again, external_ref="C"))
        (other,) = imported_calls.record([call], actor=cast.xiaozhou, now=now)
        session.commit()
        told = [story(session, complaint_id) for complaint_id in (one.id, other.complaint_id)]
        assert told[0] == told[1]


def story(session: Db, complaint_id: int) -> list[Any]:
    """All that a complaint is, but for its own numbers."""
    complaint = session.get_one(Complaint, complaint_id)
    parts = (complaint, *complaint.clocks, *complaint.timeline, *complaint.notifications)
    own = {"id", "number", "external_ref", "complaint_id", "dedup_key", "public_id", "text", "variables", "thread"}
    return [
        {name: getattr(part, name) for name in inspect(type(part)).column_attrs.keys() if name not in own}  # noqa: SIM118
        for part in parts
    ]


def test_a_role_that_may_not_import_writes_nothing(written: Run, cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        written(csv_file([row()]), actor=cast.analyst)


def test_a_thousand_calls_are_written_with_a_handful_of_statements(written: Run, session: Db) -> None:
    content = csv_file(row(REF=f"A{n}", PHONE=f"138{n:08}", ROOM=f"{n % 30}栋1单元{n % 90 + 101}") for n in range(1000))
    with queries() as seen:
        written(content)
    assert session.scalar(select(func.count()).select_from(Complaint)) == 1000
    assert len(seen) < 60


def test_two_imports_at_once_write_each_call_once(
    at_once: Callable[..., list[Any]], session: Db, now: datetime
) -> None:
    content = csv_file([row(REF=f"A{n}", PHONE=f"138{n:08}") for n in range(200)])

    def run() -> int:
        export = import_reports.read(content, name="x.csv", now=now)
        return import_reports.write(export, actor=SYSTEM, now=now).count(RowOutcome.ACCEPTED)

    assert sorted(at_once(run, run)) == [0, 200]
    assert session.scalar(select(func.count()).select_from(Complaint)) == 200
