"""A file that was handed in: kept, checked, approved once, written once, whatever happens in between."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask, current_app
from rq import Queue
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from extensions import db, redis_connection
from jobs import tasks
from models import Complaint, ImportBatch
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import ImportState, Role, RowOutcome
from services import import_reports, imports, people
from services.actors import SYSTEM
from services.import_reports import Report
from tests.cast import Cast
from tests.imports.exports import HOTLINE, cells_of, csv_file, row

Db = scoped_session[Session]


@pytest.fixture
def hand_in(session: Db, cast: Cast, now: datetime) -> Callable[..., ImportBatch]:
    """Hand a file in as 小周: ``hand_in(content)``."""

    def run(content: bytes, name: str = "热线.csv") -> ImportBatch:
        batch = imports.receive(name=name, stream=io.BytesIO(content), actor=cast.xiaozhou, now=now)
        session.commit()
        return batch

    return run


@pytest.fixture
def checked(hand_in: Callable[..., ImportBatch], session: Db, now: datetime) -> ImportBatch:
    """The hotline's file, checked."""
    batch = hand_in(csv_file(cells_of(HOTLINE)))
    imports.check_batch(batch.id, now=now)
    session.commit()
    return batch


def count(session: Db) -> int:
    return session.scalar(select(func.count()).select_from(Complaint)) or 0


ACCEPTED = sum(case.outcome == "accepted" for case in HOTLINE)


def test_the_check_keeps_a_report_and_writes_nothing_else(checked: ImportBatch, session: Db) -> None:
    assert checked.state is ImportState.CHECKED
    assert (checked.accepted, checked.rows_done, checked.rows_total) == (ACCEPTED, len(HOTLINE), len(HOTLINE))
    assert count(session) == 0
    assert [row["outcome"] for row in checked.report] == [case.outcome for case in HOTLINE]
    assert [row["row"] for row in imports.rows_of(checked, RowOutcome.REFUSED)][:2] == [5, 9]


def test_the_report_masks_phones_and_the_file_lies_where_no_page_serves_it(checked: ImportBatch) -> None:
    assert checked.report[0]["phone"] == "177****3170"
    assert "17777763170" not in str(checked.report)
    kept = current_app.config["DESK"].import_dir / checked.storage_name
    assert kept.read_bytes() == csv_file(cells_of(HOTLINE))
    assert checked.file_name == "热线.csv"


def test_a_file_that_is_none_is_refused_with_its_sentence(
    hand_in: Callable[..., ImportBatch], session: Db, now: datetime
) -> None:
    batch = hand_in(csv_file([]))
    assert imports.check_batch(batch.id, now=now) == 0
    session.commit()
    refusal = imports.refusal_of(batch)
    assert batch.state is ImportState.REFUSED
    assert refusal is not None and str(refusal) == "The file has headings but no rows."


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file_is_not_even_kept(hand_in: Callable[..., ImportBatch], content: bytes, session: Db) -> None:
    with pytest.raises(Refusal, match="empty"):
        hand_in(content)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_a_file_over_the_limit_is_not_even_kept(hand_in: Callable[..., ImportBatch]) -> None:
    with pytest.raises(Refusal, match="larger than 20 MB"):
        hand_in(b"x" * (20 * 1024 * 1024 + 1))


def test_only_who_may_import_hands_in_or_approves(checked: ImportBatch, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        imports.receive(name="x.csv", stream=io.BytesIO(b"x"), actor=cast.analyst, now=now)
    with pytest.raises(NotAllowed):
        imports.approve(checked.id, actor=cast.analyst, now=now)


class TestWriting:
    def test_writes_what_was_approved_in_the_name_of_who_approved(
        self, checked: ImportBatch, cast: Cast, session: Db, now: datetime
    ) -> None:
        imports.approve(checked.id, actor=cast.xiaozhou, now=now)
        session.commit()
        assert imports.apply_batch(checked.id, now=now) == ACCEPTED
        session.commit()
        assert checked.state is ImportState.APPLIED
        assert count(session) == checked.accepted == ACCEPTED
        recorded = session.scalars(select(Complaint)).first()
        assert recorded is not None and recorded.recorded_by_id == recorded.first_responder_id == cast.xiaozhou.id
        numbers = {row["number"] for row in imports.rows_of(checked, RowOutcome.ACCEPTED)}
        assert numbers == set(session.scalars(select(Complaint.number)))

    def test_the_job_run_twice_writes_once(self, checked: ImportBatch, cast: Cast, session: Db, now: datetime) -> None:
        imports.approve(checked.id, actor=cast.xiaozhou, now=now)
        session.commit()
        assert [tasks.apply_import(checked.id), tasks.apply_import(checked.id)] == [ACCEPTED, 0]
        assert count(session) == ACCEPTED

    def test_two_people_approve_and_one_is_first(
        self, checked: ImportBatch, cast: Cast, at_once: Any, session: Db, now: datetime
    ) -> None:
        batch_id, people_ = checked.id, (cast.xiaozhou, cast.admin)
        ids = [person.id for person in people_]

        def press(person_id: int) -> Callable[[], None]:
            from models import Person

            return lambda: imports.approve(batch_id, actor=db.session.get_one(Person, person_id), now=now)

        results = at_once(*(press(person_id) for person_id in ids))
        assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]

    def test_two_workers_write_once(
        self, checked: ImportBatch, cast: Cast, at_once: Any, session: Db, now: datetime
    ) -> None:
        imports.approve(checked.id, actor=cast.xiaozhou, now=now)
        batch_id = checked.id
        apply = lambda: imports.apply_batch(batch_id, now=now)  # noqa: E731
        assert sorted(at_once(apply, apply)) == [0, ACCEPTED]
        assert count(session) == ACCEPTED

    def test_rows_that_became_duplicates_meanwhile_end_as_duplicates(
        self, checked: ImportBatch, cast: Cast, session: Db, now: datetime, written: Callable[..., Report]
    ) -> None:
        imports.approve(checked.id, actor=cast.xiaozhou, now=now)
        written(csv_file([row(REF="HL00000001")]))
        assert imports.apply_batch(checked.id, now=now) == ACCEPTED - 1
        session.commit()
        assert checked.report[0]["outcome"] == "duplicate"
        assert count(session) == ACCEPTED

    def test_a_batch_with_nothing_to_write_is_not_approved(
        self, hand_in: Any, cast: Cast, now: datetime, session: Db
    ) -> None:
        batch = hand_in(csv_file([row(PHONE="x")]))
        imports.check_batch(batch.id, now=now)
        session.commit()
        with pytest.raises(Conflict):
            imports.approve(batch.id, actor=cast.xiaozhou, now=now)

    def test_whoever_lost_the_right_meanwhile_writes_nothing(
        self, checked: ImportBatch, cast: Cast, session: Db, now: datetime
    ) -> None:
        imports.approve(checked.id, actor=cast.xiaozhou, now=now)
        people.set_roles(cast.xiaozhou, roles=[Role.ANALYST], actor=cast.admin, now=now)
        session.commit()
        assert imports.apply_batch(checked.id, now=now) == 0
        session.commit()
        assert checked.state is ImportState.CHECKED and checked.applied_by is None
        assert "role" in str(imports.refusal_of(checked))
        assert count(session) == 0

    def test_a_file_that_is_gone_says_so(self, checked: ImportBatch, cast: Cast, session: Db, now: datetime) -> None:
        imports.approve(checked.id, actor=cast.xiaozhou, now=now)
        session.commit()
        (current_app.config["DESK"].import_dir / checked.storage_name).unlink()
        assert imports.apply_batch(checked.id, now=now) == 0
        assert "upload it again" in str(imports.refusal_of(checked))

    def test_somebody_who_writes_the_same_place_at_that_moment_costs_one_more_try(
        self, checked: ImportBatch, cast: Cast, session: Db, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write, tries = import_reports.write, []

        def clash_once(*args: Any, **more: Any) -> Report:
            tries.append(1)
            if len(tries) == 1:
                raise IntegrityError("INSERT", {}, Exception())
            return write(*args, **more)

        monkeypatch.setattr(import_reports, "write", clash_once)
        imports.approve(checked.id, actor=cast.xiaozhou, now=now)
        session.commit()
        assert imports.apply_batch(checked.id, now=now) == ACCEPTED


class TestProgress:
    def test_can_be_seen_by_others_while_the_file_is_read(
        self, hand_in: Any, app: Flask, now: datetime, session: Db, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(import_reports, "PROGRESS_EVERY", 10)
        batch = hand_in(csv_file([row(REF=f"A{n}") for n in range(30)]))
        seen, tell = [], imports._tell_progress

        def tell_and_look(batch_id: int, done: int, total: int) -> None:
            tell(batch_id, done, total)
            with app.app_context(), db.engine.connect() as other:
                columns = ImportBatch.rows_done, ImportBatch.rows_total
                seen.append(tuple(other.execute(select(*columns).where(ImportBatch.id == batch_id)).one()))

        monkeypatch.setattr(imports, "_tell_progress", tell_and_look)
        imports.check_batch(batch.id, now=now)
        assert seen == [(0, 30), (10, 30), (20, 30)]


class TestResuming:
    def test_goes_on_with_what_a_lost_job_left(self, hand_in: Any, cast: Cast, session: Db, now: datetime) -> None:
        one, two = hand_in(csv_file([row(REF="A1")])), hand_in(csv_file([row(REF="A2", PHONE="13912340001")]))
        imports.check_batch(one.id, now=now)
        session.commit()
        imports.approve(one.id, actor=cast.xiaozhou, now=now)
        session.commit()
        assert tasks.resume_imports() == 2
        assert (one.state, two.state) == (ImportState.APPLIED, ImportState.CHECKED)
        assert tasks.resume_imports() == 0

    def test_a_job_for_a_batch_that_does_not_exist_does_nothing(self, session: Db) -> None:
        assert (tasks.check_import(404), tasks.apply_import(404)) == (0, 0)


def test_the_jobs_are_enqueued_by_the_names_they_have(checked: ImportBatch, app: Flask) -> None:
    assert imports.check_soon(checked.id) and imports.apply_soon(checked.id)
    with redis_connection(app.config["DESK"].effective_redis_url) as connection:
        queued = Queue(imports.FILES_QUEUE, connection=connection).jobs
        assert [(job.func, job.args) for job in queued] == [
            (tasks.check_import, (checked.id,)),
            (tasks.apply_import, (checked.id,)),
        ]


def test_refused_rows_are_returned_under_the_files_name(checked: ImportBatch) -> None:
    file = imports.returned_file(checked, sentence=lambda fault: fault.message % fault.params)
    assert file.name == "热线.refused.csv"
    assert file.content.decode("gb18030").count("\r\n") == 1 + checked.refused


def test_writing_without_a_batch_is_the_same(checked: ImportBatch, now: datetime) -> None:
    export = import_reports.read(csv_file(cells_of(HOTLINE)), name="x.csv", now=now)
    assert import_reports.write(export, actor=SYSTEM, now=now).count(RowOutcome.ACCEPTED) == ACCEPTED
