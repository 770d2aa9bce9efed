"""The sandbox's phones: every SMS as its reader would see it, and what they write back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import abort, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext
from werkzeug.wrappers import Response

from admin_views.base import actor
from admin_views.pages import Page
from admin_views.rows import LARGEST_ID
from admin_views.verb_form import press
from rules.permissions import Permission
from services import sms_inbox

LONGEST_QUERY = 64


class InboxView(Page):
    """Only while the sandbox is a channel; real phones are not looked into."""

    view_permission = Permission.VIEW_MESSAGES

    def is_visible(self) -> bool:
        """Whether there is a sandbox."""
        return sms_inbox.channel_name() is not None

    @expose("/")
    def index(self) -> Any:
        """The page; ``?q=`` is a number or a person's name."""
        return self._render("inbox.html")

    @expose("/phones")
    def phones(self) -> Any:
        """The phones alone, for the page that refreshes itself."""
        return self._render("inbox_phones.html")

    @expose("/<int:key>/reply", methods=("POST",))
    def reply(self, key: int) -> Response:
        """Write to the desk from a phone; what it answers comes as an SMS, like everything else."""
        if key > LARGEST_ID:
            abort(HTTPStatus.NOT_FOUND)
        text = request.form.get("text", "")
        press(
            lambda now: sms_inbox.write_back(key, text=text, actor=actor(), now=now),
            done=gettext("The message was sent from the phone."),
        )
        return redirect(url_for(".index", q=_query() or None), code=HTTPStatus.SEE_OTHER)

    def _render(self, template: str) -> str:
        query = _query()
        handsets = sms_inbox.handsets(query)
        return self.render(template, query=query, handsets=handsets, complaints=sms_inbox.complaints_of(handsets))


def _query() -> str:
    return request.values.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
