"""Case files: a complaint on paper, with a copy kept as it was printed and the box its paper lies in (G-05, N17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import CaseFile, Complaint, Person
from rules import texts
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.vocabulary import N_, EventKind
from services import first_writer, papers, timeline
from services.actors import require
from services.papers import Paper

MAX_BOX = 40


def of(complaint: Complaint) -> list[CaseFile]:
    """Every copy that was printed, the newest first."""
    statement = select(CaseFile).where(CaseFile.complaint_id == complaint.id)
    return list(db.session.scalars(statement.options(joinedload(CaseFile.printed_by)).order_by(CaseFile.copy.desc())))


def find(complaint: Complaint, copy: int) -> CaseFile | None:
    """This copy; None when there is none."""
    return db.session.scalar(select(CaseFile).where(CaseFile.complaint_id == complaint.id, CaseFile.copy == copy))


def print_copy(complaint: Complaint, *, write: Callable[[int], Paper], actor: Person, now: datetime) -> CaseFile:
    """Print the next copy: ``write`` puts the case into words for a copy of this number.

    The file and what its checksum is of are kept beside the database, as evidence is. The whole number of the customer
    stands in it, so whoever prints may see that, and the timeline says who did (N18).

    Raises:
        Conflict: somebody else prints it at this moment.
    """
    require(actor, Permission.REVEAL)
    last = db.session.scalar(select(func.max(CaseFile.copy)).where(CaseFile.complaint_id == complaint.id))
    copy = (last or 0) + 1
    paper = write(copy)
    printed = papers.render(paper, now=now)
    row = CaseFile(
        complaint=complaint,
        copy=copy,
        printed_at=now,
        printed_by=actor,
        pages=printed.pages,
        sha256=papers.checksum(paper),
    )
    if not first_writer.insert(row):
        raise Conflict(N_("Somebody else is printing this case file; please look again."))
    path(row).write_bytes(printed.content)
    contents_path(row).write_bytes(papers.contents(paper))
    details = {"copy": copy, "pages": printed.pages, "sha256": row.sha256}
    timeline.add(complaint, EventKind.CASE_FILE, actor=actor, now=now, details=details)
    db.session.flush()
    return row


def put_away(case_file: CaseFile, *, box: str, actor: Person, now: datetime) -> None:
    """Write down in which box of the archive the paper lies; an empty box takes it out again.

    Raises:
        Refusal: the box's number is endless.
    """
    require(actor, Permission.NOTE)
    texts.check(box, field="box", longest=MAX_BOX)
    was, case_file.archive_box = case_file.archive_box, box.strip()
    if was == case_file.archive_box:
        return
    timeline.add(
        case_file.complaint,
        EventKind.CASE_FILE,
        actor=actor,
        now=now,
        details={"copy": case_file.copy, "box": case_file.archive_box},
        changes={"archive_box": (was, case_file.archive_box)},
    )
    db.session.flush()


def path(case_file: CaseFile) -> Path:
    """Where the printed file lies."""
    return _directory() / f"{_name(case_file)}.pdf"


def contents_path(case_file: CaseFile) -> Path:
    """Where that lies what the checksum is of."""
    return _directory() / f"{_name(case_file)}.json"


def _name(case_file: CaseFile) -> str:
    return f"{case_file.complaint_id}-{case_file.copy}"


def _directory() -> Path:
    directory: Path = current_app.config["DESK"].case_file_dir
    directory.mkdir(parents=True, exist_ok=True)
    return directory
