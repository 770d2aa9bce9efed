"""Playbooks: what is done step by step for each kind of complaint, and who did which step when (N20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from extensions import db
from models import Complaint, Person, PlaybookStep, PlaybookTick
from rules import texts
from rules.lifecycle import FINISHED
from rules.permissions import Permission
from rules.refusals import Conflict, NotFound
from rules.vocabulary import N_, EventKind
from services import acknowledgements, timeline
from services.actors import require

MAX_REMARKS = 300


@dataclass(frozen=True)
class Line:
    """A step, and its tick once it is done."""

    step: PlaybookStep
    tick: PlaybookTick | None


@dataclass(frozen=True)
class Progress:
    """A complaint's playbook: the steps of its category in order, and whatever was ticked before they changed."""

    lines: tuple[Line, ...]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(line.tick is not None for line in self.lines)

    @property
    def next(self) -> PlaybookStep | None:
        """The first step that is not done."""
        return next((line.step for line in self.lines if line.tick is None), None)


def of(complaint: Complaint) -> Progress:
    """The complaint's playbook. Steps of another category or out of use stand in it if they were done."""
    ticked = and_(PlaybookTick.step_id == PlaybookStep.id, PlaybookTick.complaint_id == complaint.id)
    statement = (
        select(PlaybookStep, PlaybookTick)
        .outerjoin(PlaybookTick, ticked)
        .where(
            or_(
                and_(PlaybookStep.category == complaint.category, PlaybookStep.is_active),
                PlaybookTick.id.is_not(None),
            )
        )
        .options(joinedload(PlaybookStep.script), joinedload(PlaybookTick.by))
        .order_by(PlaybookStep.place, PlaybookStep.id)
    )
    return Progress(tuple(Line(step, tick) for step, tick in db.session.execute(statement)))


def tick(complaint: Complaint, *, step_id: int, remarks: str, actor: Person, now: datetime) -> PlaybookTick:
    """Say that a step is done, with remarks if there are any.

    Raises:
        NotFound: it is no step of this complaint's playbook. Conflict: it is ticked already, or the complaint is over.
    """
    require(actor, Permission.NOTE)
    texts.check(remarks, field="remarks", longest=MAX_REMARKS)
    if complaint.status in FINISHED:
        raise Conflict(N_("This complaint is over; nothing is ticked any more."))
    line = next((line for line in of(complaint).lines if line.step.id == step_id), None)
    if line is None:
        raise NotFound(N_("There is no such step in this complaint's playbook."))
    if line.tick is not None:
        raise Conflict(N_("%(name)s ticked this already."), name=line.tick.by.name)
    done = PlaybookTick(complaint=complaint, step=line.step, at=now, by=actor, remarks=remarks.strip())
    db.session.add(done)
    _tell(complaint, line.step, is_undone=False, note=done.remarks, actor=actor, now=now)
    acknowledgements.renew(complaint, now=now)
    db.session.flush()
    return done


def untick(complaint: Complaint, *, step_id: int, actor: Person, now: datetime) -> None:
    """Say that a step is not done after all; the timeline keeps both.

    Raises:
        NotFound: it is no ticked step of this complaint's playbook. Conflict: the complaint is over.
    """
    require(actor, Permission.NOTE)
    if complaint.status in FINISHED:
        raise Conflict(N_("This complaint is over; nothing is ticked any more."))
    line = next((line for line in of(complaint).lines if line.step.id == step_id), None)
    if line is None or line.tick is None:
        raise NotFound(N_("This step is not ticked."))
    db.session.delete(line.tick)
    _tell(complaint, line.step, is_undone=True, note="", actor=actor, now=now)
    db.session.flush()


def _tell(
    complaint: Complaint, step: PlaybookStep, *, is_undone: bool, note: str, actor: Person, now: datetime
) -> None:
    details = {"words_zh": step.words_zh, "words_en": step.words_en, "is_undone": is_undone}
    timeline.add(complaint, EventKind.PLAYBOOK, actor=actor, now=now, note=note, details=details)
