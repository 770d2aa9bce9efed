"""Evidence: every file with its complaint, and the one way to a file's content."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, send_file, url_for
from flask_admin import expose
from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response

from admin_views.base import DeskView
from admin_views.filters import BeginFilter, PersonFilter
from admin_views.rows import row_or_404
from models import Evidence
from services import evidence, people, search

FOUND = 200


class EvidenceView(DeskView):
    """Every file; they are added on their complaint's page."""

    has_new = False
    search_hint = lazy_gettext("Number of the complaint")
    column_list = ("original_name", "complaint", "media_type", "size", "uploaded_at", "uploaded_by")
    column_default_order = ("id", True)
    column_formatters: Mapping[str, Any] = {"size": lambda view, context, item, name: _size(item.size)}
    desk_filters = (
        BeginFilter("media_type", Evidence.media_type),
        PersonFilter("uploaded_by", Evidence.uploaded_by_id, people.everybody),
    )

    def record_url(self, record: Evidence) -> str:
        """A file's page is the file."""
        return evidence_link(record)

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Files of the complaints that the search box would find."""
        return Evidence.complaint_id.in_(search.complaint_ids(text, FOUND))

    @expose("/<int:evidence_id>/file")
    def file(self, evidence_id: int) -> Response:
        """The content. Only pictures open in the browser; whatever else came in is saved, never run."""
        item = row_or_404(Evidence, evidence_id)
        path = evidence.path(item)
        if not path.is_file():
            abort(HTTPStatus.NOT_FOUND)
        answer: Any = send_file(
            path,
            mimetype=item.media_type,
            as_attachment=not item.is_image,
            download_name=evidence.neutral_name(item.original_name),
            etag=item.sha256,
            conditional=True,
        )
        answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        answer.headers["Cache-Control"] = "no-store"  # A shared browser keeps nothing after the log-out.
        return answer  # type: ignore[no-any-return]


def evidence_link(item: Evidence) -> str:
    """Where a file is served."""
    return url_for("evidence.file", evidence_id=item.id)


def _size(count: int) -> str:
    """Bytes as a person reads them."""
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(1, count // 1024)} KB"
