"""A hotline's or a shop's export, read into the desk from the command line."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError

from extensions import COMPANY_ZONE, db, timepiece
from processes import preparation
from rules.import_rows import Fault
from rules.refusals import Refusal
from rules.vocabulary import N_, RowOutcome
from services import import_reports
from services.actors import SYSTEM
from services.import_reports import Export, Line, Report

REFUSED_AS_A_WHOLE = 2


@click.command("import-complaints")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--apply", "is_applied", is_flag=True, help="Write the accepted rows; without it nothing is written.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object instead of words.")
@click.option(
    "--refused",
    "refused_path",
    type=click.Path(path_type=Path),
    help="Where --apply leaves the refused rows to correct; default: beside FILE.",
)
@with_appcontext
def import_complaints(file: Path, is_applied: bool, is_json: bool, refused_path: Path | None) -> None:
    """Read the export FILE (CSV or XLSX) and say how each row ends.

    Rows are accepted, duplicate or refused. Run again with --apply to write the accepted ones; running that twice
    adds nothing. The exit code is 2 when the file as a whole cannot be taken.
    """
    if refused_path is not None and not is_applied:
        raise click.UsageError("--refused goes together with --apply.")
    preparation.require_tables()
    try:
        report, left = _run(file, refused_path, is_applied=is_applied, now=timepiece.now())
    except Refusal as refusal:
        db.session.rollback()
        _give_up(_sentence(refusal.message, refusal.params), is_json=is_json)
    lines = [json.dumps(_as_json(report))] if is_json else _as_words(report, is_applied=is_applied)
    for line in lines:
        click.echo(line)
    if left is not None:
        click.echo(gettext("The refused rows to correct: %(path)s", path=left), err=is_json)


def _run(file: Path, refused_path: Path | None, *, is_applied: bool, now: datetime) -> tuple[Report, Path | None]:
    export = import_reports.read(_content(file), name=file.name, now=now)
    if not is_applied:
        report = import_reports.judge(export, now=now)
        db.session.rollback()
        return report, None
    report = _write(export, now=now)
    left = _leave_refused(export, report, refused_path or _beside(file, export.sheet.form))
    db.session.commit()
    return report, left


def _write(export: Export, *, now: datetime) -> Report:
    try:
        return import_reports.write(export, actor=SYSTEM, now=now)
    except IntegrityError:
        db.session.rollback()  # Somebody wrote the same customer or place at the same moment; now it is there.
        return import_reports.write(export, actor=SYSTEM, now=now)


def _content(file: Path) -> bytes:
    """The file's bytes.

    Raises:
        Refusal: there is no such file, it cannot be read, or it is too large.
    """
    limit: int = current_app.config["DESK"].upload_limit
    try:
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise Refusal(
            N_("The file %(path)s cannot be read: %(reason)s."), path=str(file), reason=error.strerror or str(error)
        ) from error
    if len(content) > limit:
        raise Refusal(N_("The file is larger than %(limit)s MB."), limit=limit // 1024 // 1024)
    return content


# --- the refused rows ------------------------------------------------------------------------------------------------


def _leave_refused(export: Export, report: Report, path: Path) -> Path | None:
    """Write the refused rows before the commit: either both stand afterwards, or neither.

    Raises:
        Refusal: the file cannot be written.
    """
    faults = {line.row.number: line.faults for line in report.lines if line.outcome is RowOutcome.REFUSED}
    if not faults:
        return None
    content = import_reports.returned_file(export.sheet, faults, sentence=_fault)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise Refusal(
            N_("The refused rows cannot be left in %(path)s: %(reason)s."), path=str(path), reason=error.strerror or ""
        ) from error
    return path


def _beside(file: Path, suffix: str) -> Path:
    """A new file beside the export, or in the data directory where that is read-only. Never over a file that is there:
    somebody may be correcting it.
    """
    directory = file.resolve().parent
    # Root may write anywhere; a directory that is closed to everybody is meant to be left alone all the same.
    if not (os.access(directory, os.W_OK) and directory.stat().st_mode & 0o222):
        directory = current_app.config["DESK"].import_dir
    names = (f"{file.stem}.refused{'' if turn == 1 else f'-{turn}'}{suffix}" for turn in itertools.count(1))
    return next(path for name in names if not (path := directory / name).exists())


# --- what is printed -------------------------------------------------------------------------------------------------


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "rows": [_row_as_json(line) for line in report.lines],
        **{outcome.value: report.count(outcome) for outcome in RowOutcome},
    }


def _row_as_json(line: Line) -> dict[str, Any]:
    return {
        "row": line.row.number,
        "ref": line.row.ref,
        "outcome": line.outcome.value,
        "field": line.faults[0].column if line.faults else "",
        "reason": import_reports.reasons(line.faults, sentence=_fault) if line.faults else "",
        "phone": line.intake.phone.number if line.intake else "",
        "first_word_at": f"{line.intake.first_word_at:%Y-%m-%dT%H:%M:%SZ}" if line.intake else "",
        "repeat_of": line.repeats.ref if line.repeats else None,
    }


def _as_words(report: Report, *, is_applied: bool) -> Iterator[str]:
    for line in report.lines:
        yield f"{line.row.number:>6}  {line.row.ref:<14}  {gettext(line.outcome.label)}  {_remarks(line)}".rstrip()
    yield ""
    yield gettext(
        "%(accepted)s accepted, %(duplicate)s duplicate, %(refused)s refused.",
        **{outcome.value: report.count(outcome) for outcome in RowOutcome},
    )
    if not is_applied:
        yield gettext("Nothing was written. Run it again with --apply to write the accepted rows.")


def _remarks(line: Line) -> str:
    """Why a row was not accepted; of an accepted one what somebody should know, the phone number masked (N18)."""
    if line.intake is None:
        column = f"[{line.faults[0].column}] " if line.faults[0].column else ""
        return column + import_reports.reasons(line.faults, sentence=_fault)
    local = line.intake.first_word_at.astimezone(COMPANY_ZONE)
    remarks = [f"{local:%Y-%m-%d %H:%M}", line.intake.phone.masked]
    if line.written is not None:
        remarks.append(line.written.number)
    if line.repeats is not None:
        remarks.append(gettext("probably repeats %(number)s", number=line.repeats.ref))
    if line.is_contract_unknown:
        remarks.append(gettext("contract %(number)s is not known", number=line.intake.contract_no))
    if not line.is_history:
        remarks.append(gettext("of the last 24 hours: the duty member is called"))
    return "  ".join(remarks)


def _fault(fault: Fault) -> str:
    return _sentence(fault.message, fault.params)


def _sentence(message: str, params: Mapping[str, Any]) -> str:
    words: str = gettext(message)
    return words % params if params else words


def _give_up(sentence: str, *, is_json: bool) -> NoReturn:
    if is_json:
        click.echo(json.dumps({"error": sentence}))
    else:
        click.echo(sentence, err=True)
    raise SystemExit(REFUSED_AS_A_WHOLE)
