"""The messages of the desk: the outbox with what became of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from sqlalchemy import ColumnElement, select

from admin_views.base import DeskView
from admin_views.filters import DaysFilter, PersonFilter, Tab, WordFilter
from admin_views.words import company_time
from extensions import db
from models import Notification, Person
from rules.permissions import Permission
from rules.vocabulary import NotificationKind, NotificationState
from services import people, search
from services.notifications import CALLS

UNDELIVERED = (NotificationState.FAILED, NotificationState.UNKNOWN, NotificationState.EXPIRED)
WAITING = (NotificationState.QUEUED, NotificationState.CLAIMED)


class NotificationsView(DeskView):
    """The outbox: every message somebody was owed, whether it arrived, and why not."""

    view_permission = Permission.VIEW_MESSAGES
    has_new = False
    search_hint = lazy_gettext("Name of the person")
    tabs = (
        Tab("", lazy_gettext("All")),
        Tab("undelivered", lazy_gettext("Did not arrive"), lambda: [Notification.state.in_(UNDELIVERED)]),
        Tab("waiting", lazy_gettext("On their way"), lambda: [Notification.state.in_(WAITING)]),
    )
    column_list = ("created_at", "kind", "person", "masked_phone", "complaint", "state", "why")
    column_export_list = ("created_at", "kind", "person", "masked_phone", "complaint", "state", "attempts", "outcome")
    column_default_order = ("created_at", True)
    column_sortable_list = ("created_at",)
    details_groups = (
        (lazy_gettext("Message"), ("kind", "person", "masked_phone", "complaint", "text", "priority")),
        (lazy_gettext("What became of it"), ("state", "why", "attempts", "accepted_at", "finished_at")),
        (lazy_gettext("Times"), ("created_at", "next_attempt_at", "expires_at")),
        (lazy_gettext("Provider"), ("provider", "provider_code", "outcome")),
    )
    column_formatters: Mapping[str, Any] = {"why": lambda view, context, message, name: why(message)}
    column_formatters_detail = column_formatters
    desk_filters = (
        WordFilter("state", Notification.state, NotificationState),
        WordFilter("kind", Notification.kind, NotificationKind),
        PersonFilter("person", Notification.person_id, people.everybody),
        DaysFilter("created_at", Notification.created_at),
    )

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Messages to the people whose name begins so."""
        # Asked first: where nobody is called so, the database would else look through every message ever sent.
        named = db.session.scalars(select(Person.id).where(search.begins(Person.name, text))).all()
        return Notification.person_id.in_(named)


def why(message: Notification) -> str:
    """Why a message is in its state, as a sentence."""
    return _WHY[message.state](message)


def _queued(message: Notification) -> str:
    if message.attempts == 0:
        return gettext("waits to be sent, until %(time)s", time=company_time(message.expires_at))
    return gettext(
        "attempt %(count)s failed (%(words)s); the next is at %(time)s",
        count=message.attempts,
        words=message.outcome or message.provider_code or "—",
        time=company_time(message.next_attempt_at, "HH:mm:ss"),
    )


def _unknown(message: Notification) -> str:
    if message.finished_at is not None:
        return gettext("the provider may have it and cannot say; please ask the person")
    return gettext("the provider did not answer; it is asked again before anything is sent twice")


def _cancelled(message: Notification) -> str:
    if message.kind in CALLS:
        return gettext("somebody had the complaint before this was sent")
    return gettext("not needed any more before it was sent")


_WHY: Mapping[NotificationState, Callable[[Notification], str]] = {
    NotificationState.QUEUED: _queued,
    NotificationState.CLAIMED: lambda message: gettext("is being handed to the provider"),
    NotificationState.ACCEPTED: lambda message: gettext("the provider took it at attempt %(n)s", n=message.attempts),
    NotificationState.DELIVERED: lambda message: gettext("the phone has it"),
    NotificationState.FAILED: lambda message: gettext(
        "given up after %(count)s attempts: %(words)s",
        count=message.attempts,
        words=message.outcome or message.provider_code or "—",
    ),
    NotificationState.UNKNOWN: _unknown,
    NotificationState.EXPIRED: lambda message: gettext("could not be sent before it was worth nothing any more"),
    NotificationState.CANCELLED: _cancelled,
}
