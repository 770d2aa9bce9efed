"""Spreadsheets handed in through the page: kept, checked, looked at by a person, written down.

A batch goes its way in the "files" worker: being checked → checked → being written → written, or refused as a whole.
Where it stands is in the database; a job only carries its id, and running one twice or late does no harm. The two
functions that jobs call end transactions of their own between their steps, so that progress can be seen while they
run and the write lock is held only where something is written.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer, joinedload

from extensions import db
from models import ImportBatch, Person
from rules.import_rows import Column, Fault, excerpt
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, ImportState, RowOutcome
from services import import_reports, nudges, spreadsheets
from services.actors import require
from services.evidence import neutral_name
from services.import_reports import Export, Line, Report, Sentence

FILES_QUEUE = "files"
CHECK_JOB = "jobs.tasks.check_import"
APPLY_JOB = "jobs.tasks.apply_import"
JOB_TIMEOUT = 600
LONGEST_NAME = 200
LONGEST_REF = 80

ReportRow = dict[str, Any]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReturnedFile:
    """The refused rows, ready to be downloaded."""

    name: str
    content: bytes


def receive(*, name: str, stream: BinaryIO, actor: Person, now: datetime) -> ImportBatch:
    """Keep the file and open its batch; ``check_soon`` follows after the commit.

    The file is on the disk before the row is committed; if the transaction fails a stray file remains, which no page
    ever serves.

    Raises:
        NotAllowed: the role does not allow it. Refusal: the file is empty or too large.
    """
    require(actor, Permission.IMPORT)
    content = _within_limit(stream)
    storage_name = uuid.uuid4().hex
    (_directory() / storage_name).write_bytes(content)
    batch = ImportBatch(
        file_name=neutral_name(name)[-LONGEST_NAME:],
        storage_name=storage_name,
        sha256=hashlib.sha256(content).hexdigest(),
        state=ImportState.CHECKING,
        uploaded_at=now,
        uploaded_by=actor,
    )
    db.session.add(batch)
    db.session.flush()
    return batch


def check_soon(batch_id: int) -> bool:
    """Hand the check to a worker; False when none can be asked (the caller then checks by itself)."""
    return nudges.enqueue(FILES_QUEUE, CHECK_JOB, batch_id, timeout=JOB_TIMEOUT)


def check_batch(batch_id: int, *, now: datetime) -> int:
    """Read the file and keep the report; returns how many rows it has. Nothing happens to a batch that was checked."""
    batch = _standing(batch_id, ImportState.CHECKING)
    if batch is None:
        return 0
    name, storage_name = batch.file_name, batch.storage_name
    db.session.commit()
    try:
        export = import_reports.read(
            _content(storage_name), name=name, now=now, on_progress=partial(_tell_progress, batch_id)
        )
        report = import_reports.judge(export, now=now)
    except Refusal as refusal:
        return _refuse(batch_id, refusal)
    batch = _standing(batch_id, ImportState.CHECKING)
    if batch is None:
        return 0
    _keep(batch, report)
    batch.state = ImportState.CHECKED
    db.session.flush()
    return batch.rows_total


def approve(batch_id: int, *, actor: Person, now: datetime) -> None:
    """Let the accepted rows be written; ``apply_soon`` follows after the commit. The first to press wins.

    Raises:
        NotAllowed: the role does not allow it. Conflict: somebody else was first, or there is nothing to write.
    """
    require(actor, Permission.IMPORT)
    claimed = db.session.scalar(
        update(ImportBatch)
        .where(ImportBatch.id == batch_id, ImportBatch.state == ImportState.CHECKED, ImportBatch.accepted > 0)
        .values(
            state=ImportState.APPLYING,
            applied_by_id=actor.id,
            applied_at=now,
            rows_done=0,
            refusal="",
            version=ImportBatch.version + 1,
        )
        .returning(ImportBatch.id)
    )
    if claimed is None:
        raise Conflict(N_("This file is being written, was written before, or has nothing to write."))


def apply_soon(batch_id: int) -> bool:
    """Hand the writing to a worker; False when none can be asked (the caller then writes by itself)."""
    return nudges.enqueue(FILES_QUEUE, APPLY_JOB, batch_id, timeout=JOB_TIMEOUT)


def apply_batch(batch_id: int, *, now: datetime) -> int:
    """Judge the rows once more and write the accepted ones, all in one transaction; returns how many.

    Rows that became duplicates since the check end as duplicates. The file is read before the transaction begins.
    Where writing is refused nothing is written and the batch is open for another try, with the reason.
    """
    batch = _standing(batch_id, ImportState.APPLYING)
    if batch is None:
        return 0
    name, storage_name = batch.file_name, batch.storage_name
    db.session.commit()
    tell_progress = partial(_tell_progress, batch_id)
    try:
        export = import_reports.read(_content(storage_name), name=name, now=now, on_progress=tell_progress)
        try:
            return _write(batch_id, export, now=now)
        except IntegrityError:
            db.session.rollback()  # Somebody wrote the same customer or place at the same moment; now it is there.
            return _write(batch_id, export, now=now)
    except Refusal as refusal:
        db.session.rollback()
        return _reopen(batch_id, refusal)


def resume(*, now: datetime) -> int:
    """Go on with every batch whose job was lost; returns how many rows were checked or written.

    Runs in the worker of the files' queue, one job after the other: a batch that still waits there waits for nobody.
    """
    unfinished = (ImportState.CHECKING, ImportState.APPLYING)
    waiting = db.session.execute(
        select(ImportBatch.id, ImportBatch.state).where(ImportBatch.state.in_(unfinished)).order_by(ImportBatch.id)
    ).all()
    steps = {ImportState.CHECKING: check_batch, ImportState.APPLYING: apply_batch}
    done = 0
    for batch in waiting:
        done += steps[batch.state](batch.id, now=now)
        db.session.commit()
    return done


def recent(*, limit: int, offset: int = 0) -> list[ImportBatch]:
    """The batches, newest first, without their reports."""
    statement = (
        select(ImportBatch)
        .options(defer(ImportBatch.report), joinedload(ImportBatch.uploaded_by), joinedload(ImportBatch.applied_by))
        .order_by(ImportBatch.uploaded_at.desc(), ImportBatch.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(db.session.scalars(statement))


def rows_of(batch: ImportBatch, outcome: RowOutcome | None = None) -> Sequence[ReportRow]:
    """The report's rows, those with this outcome or all."""
    return [row for row in batch.report if outcome is None or row["outcome"] == outcome]


def faults_of(row: ReportRow) -> list[Fault]:
    """What a kept row says is wrong with it."""
    return [Fault(fault["column"], fault["message"], fault["params"]) for fault in row["faults"]]


def refusal_of(batch: ImportBatch) -> Refusal | None:
    """Why the file as a whole was refused, or could not be written."""
    if not batch.refusal:
        return None
    kept = json.loads(batch.refusal)
    return Refusal(kept["message"], field="file", **kept["params"])


def returned_file(batch: ImportBatch, *, sentence: Sentence) -> ReturnedFile:
    """The batch's refused rows to correct, in the form they came in; ``sentence`` puts a fault into words.

    Raises:
        Refusal: the file is not there any more.
    """
    sheet = spreadsheets.read(_content(batch.storage_name), name=batch.file_name)
    faults = {row["row"]: faults_of(row) for row in rows_of(batch, RowOutcome.REFUSED)}
    content = import_reports.returned_file(sheet, faults, sentence=sentence)
    return ReturnedFile(f"{Path(batch.file_name).stem}.refused{sheet.form}", content)


# --- steps -----------------------------------------------------------------------------------------------------------


def _standing(batch_id: int, state: ImportState) -> ImportBatch | None:
    """The batch, locked and read afresh, if that is where it stands."""
    batch = db.session.get(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
    return batch if batch is not None and batch.state is state else None


def _tell_progress(batch_id: int, done: int, total: int) -> None:
    """In a short transaction of its own, or nobody would see it before the end."""
    db.session.execute(
        update(ImportBatch).where(ImportBatch.id == batch_id).values(rows_done=done, rows_total=total),
        execution_options={"synchronize_session": False},
    )
    db.session.commit()


def _write(batch_id: int, export: Export, *, now: datetime) -> int:
    batch = _standing(batch_id, ImportState.APPLYING)
    if batch is None or batch.applied_by is None:
        return 0
    report = import_reports.write(export, actor=batch.applied_by, now=now)
    _keep(batch, report)
    batch.state, batch.applied_at = ImportState.APPLIED, now
    db.session.flush()
    return batch.accepted


def _refuse(batch_id: int, refusal: Refusal) -> int:
    batch = _standing(batch_id, ImportState.CHECKING)
    if batch is not None:
        batch.state, batch.refusal = ImportState.REFUSED, _packed(refusal)
        db.session.flush()
    return 0


def _reopen(batch_id: int, refusal: Refusal) -> int:
    batch = _standing(batch_id, ImportState.APPLYING)
    if batch is not None:
        batch.state, batch.refusal = ImportState.CHECKED, _packed(refusal)
        batch.applied_by, batch.applied_at = None, None
        db.session.flush()
    return 0


def _keep(batch: ImportBatch, report: Report) -> None:
    batch.accepted = report.count(RowOutcome.ACCEPTED)
    batch.duplicate = report.count(RowOutcome.DUPLICATE)
    batch.refused = report.count(RowOutcome.REFUSED)
    batch.rows_done = batch.rows_total = len(report.lines)
    batch.report = [_report_row(line) for line in report.lines]


def _report_row(line: Line) -> ReportRow:
    """A line as JSON; the phone number only masked (N18)."""
    intake, earlier = line.intake, line.repeats
    return {
        "row": line.row.number,
        "ref": excerpt(line.row.ref, LONGEST_REF),
        "name": excerpt(line.row.cells[Column.NAME], LONGEST_REF),
        "outcome": line.outcome.value,
        "faults": [
            {"column": fault.column, "message": fault.message, "params": dict(fault.params)} for fault in line.faults
        ],
        "phone": intake.phone.masked if intake else "",
        "first_word_at": intake.first_word_at.isoformat() if intake else "",
        "repeat_of": earlier.ref if earlier else None,
        "unknown_contract": intake.contract_no if intake and line.is_contract_unknown else "",
        "is_history": line.is_history,
        "number": line.written.number if line.written else "",
    }


def _packed(refusal: Refusal) -> str:
    params: Mapping[str, object] = refusal.params
    return json.dumps({"message": refusal.message, "params": {name: str(value) for name, value in params.items()}})


# --- the file --------------------------------------------------------------------------------------------------------


def _within_limit(stream: BinaryIO) -> bytes:
    limit: int = current_app.config["DESK"].upload_limit
    content = stream.read(limit + 1)
    if not content.strip():
        raise Refusal(N_("The file is empty."), field="file")
    if len(content) > limit:
        raise Refusal(N_("The file is larger than %(limit)s MB."), field="file", limit=limit // 1024 // 1024)
    return content


def _directory() -> Path:
    directory: Path = current_app.config["DESK"].import_dir
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _content(storage_name: str) -> bytes:
    try:
        return (_directory() / storage_name).read_bytes()
    except FileNotFoundError:
        _log.error("the import file %s is gone", storage_name)
        raise Refusal(N_("The file is not kept here any more; please upload it again."), field="file") from None
