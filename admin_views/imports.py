"""Spreadsheets: hand one in, see how every row would end, let the accepted ones be written, take the refused home."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

from flask import Response, flash, redirect, request, send_file, url_for
from flask_admin import expose
from flask_babel import lazy_gettext
from flask_wtf.file import FileField, FileRequired

from admin_views.base import actor
from admin_views.fields import sentence
from admin_views.pages import Page
from admin_views.rows import row_or_404
from admin_views.verb_form import VerbForm
from extensions import db, timepiece
from models import ImportBatch, Person
from rules.import_rows import Column, Fault
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.vocabulary import ImportState, RowOutcome
from services import imports
from services.spreadsheets import Form

BATCHES = 20
ROWS = 100
STUCK_AFTER = timedelta(minutes=1)
"""A file that is worked on for longer gets a button to go on: its worker may have gone."""

UNFINISHED = (ImportState.CHECKING, ImportState.APPLYING)
TABS = (RowOutcome.REFUSED, RowOutcome.DUPLICATE, RowOutcome.ACCEPTED)


class UploadForm(VerbForm):
    """A file to hand in; ``batch`` is what became of it."""

    file = FileField(
        lazy_gettext("File"),
        validators=[FileRequired(lazy_gettext("Please choose a file."))],
        render_kw={"accept": ",".join(Form)},
    )
    batch: ImportBatch

    def receive(self, *, actor: Person, now: datetime) -> None:
        """Keep the file and open its batch."""
        upload = self.file.data
        self.batch = imports.receive(name=upload.filename or "", stream=upload.stream, actor=actor, now=now)


class ImportView(Page):
    """The files handed in, and each file's report."""

    view_permission = Permission.IMPORT

    @expose("/", methods=("GET", "POST"))
    def index(self) -> Any:
        """Hand a file in, and the ones before it; ``?page=`` counts from 0."""
        form = UploadForm()
        if request.method == "GET":
            return self._index(form)
        if not form.carries_out(lambda now: form.receive(actor=actor(), now=now)):
            return self._index(form), form.status
        batch_id = form.batch.id
        _go_on(batch_id)
        return redirect(url_for(".report", batch_id=batch_id))

    @expose("/<int:batch_id>")
    def report(self, batch_id: int) -> Any:
        """How every row ends; ``?rows=`` is an outcome, ``?page=`` counts from 0."""
        now = timepiece.now()
        batch = row_or_404(ImportBatch, batch_id)
        outcome = _outcome(batch)
        rows = imports.rows_of(batch, outcome)
        page = _page()
        return self.render(
            "import.html",
            batch=batch,
            refusal=imports.refusal_of(batch),
            outcome=outcome,
            tabs=TABS,
            rows=rows[page * ROWS : (page + 1) * ROWS],
            page=page,
            has_more=len(rows) > (page + 1) * ROWS,
            live=sum(row["outcome"] == RowOutcome.ACCEPTED and not row["is_history"] for row in batch.report),
            is_unfinished=batch.state in UNFINISHED,
            is_stuck=_is_stuck(batch, now),
            faults_of=imports.faults_of,
            fault_words=fault_words,
            sentence=sentence,
            moment=datetime.fromisoformat,
        )

    @expose("/<int:batch_id>/apply", methods=("POST",))
    def apply(self, batch_id: int) -> Any:
        """Let the accepted rows be written."""
        row_or_404(ImportBatch, batch_id)
        imports.approve(batch_id, actor=actor(), now=timepiece.now())
        db.session.commit()
        _go_on(batch_id)
        return redirect(url_for(".report", batch_id=batch_id))

    @expose("/<int:batch_id>/continue", methods=("POST",))
    def go_on(self, batch_id: int) -> Any:
        """Take up a file whose worker has gone."""
        row_or_404(ImportBatch, batch_id)
        _go_on(batch_id)
        return redirect(url_for(".report", batch_id=batch_id))

    @expose("/<int:batch_id>/refused")
    def refused(self, batch_id: int) -> Response | Any:
        """The refused rows as a file to correct."""
        batch = row_or_404(ImportBatch, batch_id)
        try:
            file = imports.returned_file(batch, sentence=fault_words)
        except Refusal as refusal:
            flash(sentence(refusal), "error")
            return redirect(url_for(".report", batch_id=batch_id))
        return send_file(io.BytesIO(file.content), as_attachment=True, download_name=file.name)

    def _index(self, form: UploadForm) -> str:
        page = _page()
        batches = imports.recent(limit=BATCHES + 1, offset=page * BATCHES)
        return self.render(
            "imports.html",
            form=form,
            batches=batches[:BATCHES],
            page=page,
            has_more=len(batches) > BATCHES,
            columns=[*Column],
            is_unfinished=any(batch.state in UNFINISHED for batch in batches),
        )


def fault_words(fault: Fault) -> str:
    """What is wrong with a row, in the reader's language."""
    return sentence(Refusal(fault.message, **fault.params))


def _go_on(batch_id: int) -> None:
    """Hand the next step to a worker, or take it here when none can be asked: the page works without Redis."""
    batch = row_or_404(ImportBatch, batch_id)
    steps = {
        ImportState.CHECKING: (imports.check_soon, imports.check_batch),
        ImportState.APPLYING: (imports.apply_soon, imports.apply_batch),
    }
    if batch.state not in steps:
        return
    ask_worker, do_it_here = steps[batch.state]
    db.session.commit()
    if not ask_worker(batch_id):
        do_it_here(batch_id, now=timepiece.now())
        db.session.commit()


def _outcome(batch: ImportBatch) -> RowOutcome | None:
    """Which rows are shown: what was asked for, or else the refused ones, since they are somebody's work."""
    asked = request.args.get("rows", "")
    if asked in [*RowOutcome]:
        return RowOutcome(asked)
    return RowOutcome.REFUSED if not asked and batch.refused else None


def _page() -> int:
    page = request.args.get("page", "0")
    return min(int(page), 10_000) if page.isascii() and page.isdigit() and len(page) < 6 else 0


def _is_stuck(batch: ImportBatch, now: datetime) -> bool:
    return batch.state in UNFINISHED and now - (batch.applied_at or batch.uploaded_at) > STUCK_AFTER
