"""Replies: what came back from phones, what the desk made of it, and what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer, joinedload

from admin_views.badges import badge
from admin_views.base import DeskView
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter
from admin_views.formatters import NOTHING
from extensions import db
from models import Complaint, InboundMessage, Notification, Person
from rules.permissions import Permission
from rules.vocabulary import ReplyOutcome
from services import bundles, people, search

_DONE = frozenset({ReplyOutcome.DONE, ReplyOutcome.OPTED_IN})
_TO_READ = frozenset({ReplyOutcome.KEPT, ReplyOutcome.OPTED_OUT})
_NO_EFFECT = tuple(outcome for outcome in ReplyOutcome if outcome not in _DONE | _TO_READ)

SHOWN = 3
"""Complaints of one bundle that a row names."""


class RepliesView(DeskView):
    """Everything that anybody wrote to the desk; kept as it came, and never written by hand."""

    view_permission = Permission.VIEW_MESSAGES
    has_new = False
    search_hint = lazy_gettext("Name of the person")
    tabs = (
        Tab("", lazy_gettext("All")),
        Tab("read", lazy_gettext("For people to read"), lambda: [InboundMessage.outcome.in_(_TO_READ)]),
        Tab("without", lazy_gettext("Without effect"), lambda: [InboundMessage.outcome.in_(_NO_EFFECT)]),
    )
    column_list = ("received_at", "person", "masked_phone", "text", "outcome", "complaint", "words")
    column_export_list = ("received_at", "person", "masked_phone", "text", "outcome", "complaint", "words", "channel")
    column_labels: Mapping[str, Any] = {
        "complaint": lazy_gettext("Complaint"),
        "outcome": lazy_gettext("What became of it"),
        "words": lazy_gettext("Answer"),
        "at": lazy_gettext("Written"),
        "notification": lazy_gettext("Message answered"),
        "answer": lazy_gettext("Answer sent"),
    }
    column_default_order = ("received_at", True)
    column_sortable_list = ("received_at",)
    column_formatters: Mapping[str, Any] = {
        "outcome": lambda view, context, reply, name: outcome_badge(reply),
        "complaint": lambda view, context, reply, name: _complaint(reply),
        "words": lambda view, context, reply, name: reply.words or NOTHING,
    }
    column_formatters_detail = column_formatters
    column_formatters_export: Mapping[str, Any] = {
        "complaint": lambda reply: " ".join(_numbers(reply)),
    }
    details_groups = (
        (lazy_gettext("What came"), ("text", "person", "masked_phone", "at", "received_at", "channel")),
        (lazy_gettext("What became of it"), ("outcome", "complaint", "notification", "words", "answer")),
    )
    desk_filters = (
        WordFilter("outcome", InboundMessage.outcome, ReplyOutcome),
        PersonFilter("person", InboundMessage.person_id, people.everybody),
        DaysFilter("received_at", InboundMessage.received_at),
    )

    def eager(self, names: Iterable[str]) -> list[Any]:
        """The complaint comes by way of the message that was answered, without its long texts."""
        answered = joinedload(InboundMessage.notification).joinedload(Notification.complaint)
        return [*super().eager(names), answered.options(defer(Complaint.search_text))]

    def found(self, text: str) -> ColumnElement[bool] | None:
        """From the people whose name begins so."""
        # Asked first: where nobody is called so, the database would else look through everything that ever came.
        named = db.session.scalars(select(Person.id).where(search.begins(Person.name, text))).all()
        return InboundMessage.person_id.in_(named)

    def title(self, record: InboundMessage) -> str:
        """Whose it is; a number that nobody knows stands for itself."""
        return record.person.name if record.person else record.masked_phone


def outcome_badge(reply: InboundMessage) -> str:
    """What became of it, in the colour of whether anything did."""
    if reply.outcome in _DONE:
        return badge(gettext(reply.outcome.label), "done")
    return badge(gettext(reply.outcome.label), "neutral" if reply.outcome in _TO_READ else "warning")


def _complaint(reply: InboundMessage) -> str:
    """Links to what the answered message was about; a bundle's are many, and only the first are shown."""
    numbers = _numbers(reply)
    links = [Markup('<a href="{}">{}</a>').format(url_for("complaint.page", number=each), each) for each in numbers]
    more = [gettext("%(count)s more", count=len(links) - SHOWN)] if len(links) > SHOWN else []
    return escape(gettext(", ")).join([*links[:SHOWN], *more]) or NOTHING


def _numbers(reply: InboundMessage) -> list[str]:
    """The numbers of the complaints that the answered message was about."""
    answered = reply.notification
    if answered is None:
        return []
    if answered.complaint is not None:
        return [answered.complaint.number]
    return bundles.numbers(answered)
