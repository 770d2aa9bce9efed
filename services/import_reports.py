"""What becomes of every row of an export: read it, judge it against what the desk knows, write it down.

Reading needs no database and takes most of the time; judging asks a handful of questions for all rows together. A
report alone writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from extensions import COMPANY_ZONE, db
from models import Complaint
from rules import import_rows, sla
from rules import intake as wording
from rules.import_rows import Call, Column, Fault, Row
from rules.refusals import Refusal
from rules.vocabulary import N_, RowOutcome, Status
from services import bulk, customers, imported_calls, spreadsheets
from services.actors import Actor
from services.calls import Intake, check
from services.imported_calls import ImportedCall, Written
from services.spreadsheets import Returned, Sheet

MAX_LIVE = 500
"""Calls of the last day in one file: each makes a phone ring, and more of them at once are no export but a mistake."""

PROGRESS_EVERY = 500
_IMPORTS_TAKE_TURNS = 0x41585131
"""The lock under which one import at a time decides what is new (PostgreSQL; SQLite has one writer anyway)."""

Progress = Callable[[int, int], None]
Sentence = Callable[[Fault], str]


@dataclass(frozen=True)
class Reading:
    """A row by itself: a complaint that could be written down, or what is wrong with it."""

    row: Row
    intake: Intake | None
    faults: tuple[Fault, ...]

    @property
    def ref(self) -> str:
        """The other system's number, '' when the row has none that could be kept."""
        is_usable = all(fault.column != Column.REF for fault in self.faults)
        return self.row.ref if is_usable else ""


@dataclass(frozen=True)
class Export:
    """A file that was read, and each of its rows by itself."""

    sheet: Sheet
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Earlier:
    """The complaint that a row probably repeats: one that stands (``complaint_id``) or an earlier row (``row``)."""

    ref: str
    first_word_at: datetime
    complaint_id: int | None = None
    row: int | None = None


@dataclass(frozen=True)
class Line:
    """How a row ends, and why."""

    row: Row
    outcome: RowOutcome
    intake: Intake | None = None
    faults: tuple[Fault, ...] = ()
    repeats: Earlier | None = None
    is_contract_unknown: bool = False
    is_history: bool = False
    written: Written | None = None


@dataclass(frozen=True)
class Report:
    """How every row of a file ends, in the file's order."""

    lines: tuple[Line, ...]

    def count(self, outcome: RowOutcome) -> int:
        """How many rows end so."""
        return sum(line.outcome is outcome for line in self.lines)


def read(content: bytes, *, name: str, now: datetime, on_progress: Progress | None = None) -> Export:
    """Read a file row by row; ``on_progress`` hears how many rows are done, of how many.

    Raises:
        Refusal: the file as a whole cannot be taken.
    """
    sheet = spreadsheets.read(content, name=name)
    readings = []
    for done, row in enumerate(sheet.rows):
        if on_progress and done % PROGRESS_EVERY == 0:
            on_progress(done, len(sheet.rows))
        readings.append(_read_row(row, now=now))
    return Export(sheet, tuple(readings))


def judge(export: Export, *, now: datetime) -> Report:
    """How each row ends, given what the desk knows at this moment.

    Raises:
        Refusal: so many calls of the last day are no export.
    """
    lines = list(_lines(export.readings))
    places = [place for place, line in enumerate(lines) if line.outcome is RowOutcome.ACCEPTED]
    intakes = {place: intake for place in places if (intake := lines[place].intake)}
    contracts = customers.projects_by_contract(intake.contract_no for intake in intakes.values() if intake.contract_no)
    repeats = _repeats({lines[place].row.number: intake for place, intake in intakes.items()})
    for place, intake in intakes.items():
        lines[place] = replace(
            lines[place],
            repeats=repeats.get(lines[place].row.number),
            is_contract_unknown=bool(intake.contract_no) and intake.contract_no not in contracts,
            is_history=sla.is_history(intake.first_word_at, now),
        )
    if sum(not lines[place].is_history for place in places) > MAX_LIVE:
        raise Refusal(
            N_("More than %(most)s calls of the last 24 hours stand in one file; please split it."),
            field="file",
            most=MAX_LIVE,
        )
    return Report(tuple(lines))


def write(export: Export, *, actor: Actor, now: datetime) -> Report:
    """Judge the rows once more and write the accepted ones down, all in the caller's transaction.

    Raises:
        NotAllowed, Refusal: see ``judge``. IntegrityError: somebody else wrote the same customer or place at the same
            moment; trying again finds what they wrote.
    """
    _take_turn()
    report = judge(export, now=now)
    accepted = sorted(
        (line for line in report.lines if line.outcome is RowOutcome.ACCEPTED), key=lambda line: _when(line.intake)
    )
    places = {line.row.number: place for place, line in enumerate(accepted)}
    calls = [_call(line, places) for line in accepted]
    written = dict(zip(places, imported_calls.record(calls, actor=actor, now=now), strict=True))
    return Report(tuple(replace(line, written=written.get(line.row.number)) for line in report.lines))


def returned_file(sheet: Sheet, faults: Mapping[int, Sequence[Fault]], *, sentence: Sentence) -> bytes:
    """The refused rows (``faults`` by row number) in a file of the same form, each with its reasons."""
    returned = (
        Returned(row, faults[row.number][0].column, reasons(faults[row.number], sentence=sentence))
        for row in sheet.rows
        if row.number in faults
    )
    return spreadsheets.write_returned(returned, form=sheet.form, encoding=sheet.encoding)


def reasons(faults: Sequence[Fault], *, sentence: Sentence) -> str:
    """All that is wrong with a row: the first fault's sentence, the others' with their columns before them."""
    first, *others = faults
    return " ".join([sentence(first), *(f"[{fault.column}] {sentence(fault)}" for fault in others)])


# --- one row ---------------------------------------------------------------------------------------------------------

_COLUMN_OF_FIELD = {
    "external_ref": Column.REF,
    "first_word_at": Column.FIRST_WORD,
    "contact_name": Column.NAME,
    "phone": Column.PHONE,
    "community": Column.COMMUNITY,
    "room": Column.ROOM,
    "contract_no": Column.CONTRACT,
    "problem": Column.PROBLEM,
    "impact": Column.IMPACT,
    "demand": Column.DEMAND,
    "first_responder_stated": Column.ANSWERED_BY,
}


def _read_row(row: Row, *, now: datetime) -> Reading:
    call, faults = import_rows.read(row, zone=COMPANY_ZONE)
    if call is None:
        return Reading(row, None, tuple(faults))
    intake = _intake(call)
    try:
        check(intake, now=now)
    except Refusal as refusal:
        column = _COLUMN_OF_FIELD.get(refusal.field, "")
        return Reading(row, None, (Fault(column, refusal.message, refusal.params),))
    return Reading(row, intake, ())


def _intake(call: Call) -> Intake:
    """The call as the desk writes one down; what kind it is and what risks it tells of is guessed from its words."""
    category = wording.suggest_category(call.problem)
    told = "\n".join((call.problem, call.impact, call.demand))
    return Intake(
        channel=call.channel,
        first_word_at=call.first_word_at,
        contact_name=call.name,
        phone=call.phone,
        category=category,
        problem=call.problem,
        facts=wording.suggest_facts(category, told),
        community=call.community,
        room=call.room,
        contract_no=call.contract_no,
        impact=call.impact,
        demand=call.demand,
        external_ref=call.ref,
        first_responder_stated=call.answered_by,
        is_category_guessed=True,
    )


# --- all rows --------------------------------------------------------------------------------------------------------


def _lines(readings: Sequence[Reading]) -> Iterable[Line]:
    """Each row as accepted, duplicate or refused. A number counts as seen once a row with it was accepted."""
    known = _known_refs({reading.ref for reading in readings} - {""})
    seen: dict[str, int] = {}
    for reading in readings:
        row, ref = reading.row, reading.ref
        if ref in known:
            message = N_("This number was recorded before, as complaint %(number)s.")
            yield Line(row, RowOutcome.DUPLICATE, faults=(Fault(Column.REF, message, {"number": known[ref]}),))
        elif ref in seen:
            message = N_("This number stands in row %(row)s already.")
            yield Line(row, RowOutcome.DUPLICATE, faults=(Fault(Column.REF, message, {"row": seen[ref]}),))
        elif reading.intake is None:
            yield Line(row, RowOutcome.REFUSED, faults=reading.faults)
        else:
            seen[ref] = row.number
            yield Line(row, RowOutcome.ACCEPTED, intake=reading.intake)


def _known_refs(refs: Iterable[str]) -> dict[str, str]:
    """The complaints' numbers by the other system's, for those the desk knows."""
    known: dict[str, str] = {}
    for some in bulk.batches(refs):
        rows = select(Complaint.external_ref, Complaint.number).where(Complaint.external_ref.in_(some))
        known.update((row.external_ref, row.number) for row in db.session.execute(rows))
    return known


Matter = tuple[str, str, str]
"""Whose and about what: the phone, its extension, the gist of the problem."""


def _repeats(intakes: Mapping[int, Intake]) -> dict[int, Earlier]:
    """For each row (by its number) the complaint or row it probably repeats: same customer, same words, one hour.

    Of two rows the one with the later first word is the repeat, wherever they stand in the file.
    """
    standing = _standing(intakes.values())
    previous: dict[Matter, Earlier] = {}
    found: dict[int, Earlier] = {}
    for number, intake in sorted(intakes.items(), key=lambda item: _when(item[1])):
        matter = _matter(intake)
        candidates = [*standing.get(matter, ()), *([previous[matter]] if matter in previous else [])]
        nearest = _nearest(candidates, intake.first_word_at)
        if nearest is not None:
            found[number] = nearest
        previous[matter] = Earlier(intake.external_ref or "", intake.first_word_at, row=number)
    return found


def _standing(intakes: Iterable[Intake]) -> Mapping[Matter, list[Earlier]]:
    """The complaints that stand and that one of these calls might repeat."""
    calls = list(intakes)
    found: dict[Matter, list[Earlier]] = defaultdict(list)
    if not calls:
        return found
    first = min(call.first_word_at for call in calls) - sla.REPEAT_WITHIN
    last = max(call.first_word_at for call in calls) + sla.REPEAT_WITHIN
    rows = select(
        Complaint.id,
        Complaint.number,
        Complaint.external_ref,
        Complaint.contact_phone,
        Complaint.contact_phone_extension,
        Complaint.first_word_at,
        Complaint.problem,
    ).where(Complaint.first_word_at.between(first, last), Complaint.status != Status.VOID)
    for some in bulk.batches({call.phone.number for call in calls}):
        for row in db.session.execute(rows.where(Complaint.contact_phone.in_(some))):
            matter = (row.contact_phone, row.contact_phone_extension, wording.gist(row.problem))
            found[matter].append(Earlier(row.external_ref or row.number, row.first_word_at, complaint_id=row.id))
    return found


def _nearest(candidates: Iterable[Earlier], first_word_at: datetime) -> Earlier | None:
    """The last one before the moment, or else the first one after it, within the hour."""
    near = [one for one in candidates if abs(one.first_word_at - first_word_at) <= sla.REPEAT_WITHIN]
    before = [one for one in near if one.first_word_at <= first_word_at]
    if before:
        return max(before, key=lambda one: one.first_word_at)
    return min(near, key=lambda one: one.first_word_at, default=None)


def _matter(intake: Intake) -> Matter:
    return intake.phone.number, intake.phone.extension, wording.gist(intake.problem)


def _when(intake: Intake | None) -> datetime:
    assert intake is not None
    return intake.first_word_at


# --- writing ---------------------------------------------------------------------------------------------------------


def _take_turn() -> None:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(_IMPORTS_TAKE_TURNS)))


def _call(line: Line, places: Mapping[int, int]) -> ImportedCall:
    """``places`` is where each row stands among the accepted ones: what is repeated comes before what repeats it."""
    assert line.intake is not None
    earlier = line.repeats
    if earlier is None:
        return ImportedCall(line.intake)
    if earlier.row is None:
        return ImportedCall(replace(line.intake, repeat_of_id=earlier.complaint_id))
    return ImportedCall(line.intake, repeats=places[earlier.row])
