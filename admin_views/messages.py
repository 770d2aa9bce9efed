"""The messages of the desk: what was sent to whom, what became of it, and the button that sends it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from markupsafe import Markup
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import defer, joinedload
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from admin_views import message_words
from admin_views.base import DeskView, actor
from admin_views.fields import sentence
from admin_views.filters import DaysFilter, Tab, WordFilter
from admin_views.formatters import link
from admin_views.message_filters import ChannelFilter, ClassFilter, DrillFilter, KindFilter, ReceiverFilter
from admin_views.rows import row_or_404
from admin_views.verb_form import DialogForm
from extensions import COMPANY_ZONE, db, timepiece
from models import Complaint, Notification, Person
from models.base import spelled_out
from rules.permissions import Permission
from rules.vocabulary import MessageClass, NotificationKind, NotificationState
from services import message_histories, people, resending, search
from services.delivery_report import LOST

WAITING = (NotificationState.QUEUED, NotificationState.CLAIMED, NotificationState.ATTEMPTED)
FOUND = 200
COST_CAP = 20_000
"""Messages whose parts are added up; beyond that the sum is "more than"."""

SENT_BY = ChannelFilter("sent_by", lazy_gettext("Sent by"))


@dataclass(frozen=True)
class Cost:
    """Parts that providers took; ``is_more`` when not all were counted, ``is_today`` when no days were asked for."""

    parts: int
    messages: int
    is_more: bool
    is_today: bool


class NotificationsView(DeskView):
    """The outbox: every message somebody was owed, whether it arrived, and why not."""

    view_permission = Permission.VIEW_MESSAGES
    has_new = False
    list_template = "message_list.html"
    details_template = "message.html"
    search_hint = lazy_gettext("Name of the receiver, or the complaint")
    tabs = (
        Tab("", lazy_gettext("All")),
        Tab("undelivered", lazy_gettext("Did not arrive"), lambda: [_in_state(*LOST)]),
        Tab("waiting", lazy_gettext("On their way"), lambda: [_in_state(*WAITING)]),
        Tab("unknown", lazy_gettext("Unknown: look after it"), lambda: [_in_state(NotificationState.UNKNOWN)]),
    )
    column_list = ("created_at", "kind", "receiver", "masked_phone", "complaint", "channel", "state", "why")
    column_export_list = (
        *("created_at", "kind", "message_class", "receiver", "masked_phone", "complaint", "channel", "state", "why"),
        *("attempts", "parts", "accepted_at", "delivered_at", "provider_code", "outcome", "answer"),
    )
    column_default_order = ("created_at", True)
    column_sortable_list = ("created_at",)
    column_labels: ClassVar[Mapping[str, Any]] = {
        "receiver": lazy_gettext("Receiver"),
        "channel": lazy_gettext("Sent by"),
    }
    column_formatters: ClassVar[Mapping[str, Any]] = {
        "why": lambda view, context, message, name: message_words.why(message),
        "receiver": lambda view, context, message, name: _receiver(message),
    }
    column_formatters_export: ClassVar[Mapping[str, Any]] = {
        "why": message_words.why,
        "receiver": lambda message: message.receiver_name,
        "answer": message_words.answer,
    }
    desk_filters = (
        WordFilter("state", Notification.state, NotificationState),
        KindFilter("kind", Notification.kind, NotificationKind),
        ClassFilter("message_class", Notification.message_class, MessageClass),
        SENT_BY,
        ReceiverFilter("person", Notification.person_id, people.everybody),
        DrillFilter("is_drill", Notification.is_drill),
        DaysFilter("created_at", Notification.created_at),
    )

    def scope(self) -> list[ColumnElement[bool]]:
        """What was said in a drill was said as well; a filter tells it apart."""
        return []

    def found(self, text: str) -> ColumnElement[bool] | None:
        """Messages to the people whose name begins so, to the customers, or about the complaints that the words find.

        Asked one after the other, and first of all: each has its index, their union has none.
        """
        named = db.session.scalars(select(Person.id).where(search.begins(Person.name, text)).limit(FOUND)).all()
        if named:
            return Notification.person_id.in_(named)
        customers = search.customer_ids(text, FOUND)
        if customers:
            return Notification.customer_id.in_(customers)
        return Notification.complaint_id.in_(search.complaint_ids(text, FOUND))

    def eager(self, names: Iterable[str]) -> list[Any]:
        """The receiver is a person or a customer; the complaint comes without its long texts."""
        shown = [joinedload(Notification.person), joinedload(Notification.customer)]
        return [*shown, joinedload(Notification.complaint).options(defer(Complaint.search_text))]

    def order(self, sort_column: str | None, sort_desc: bool) -> list[Any]:
        """By when it was written; what one channel sent by when it was, since that has the index."""
        if SENT_BY.is_alone(request.args):
            is_descending = sort_desc or sort_column is None
            moments = (Notification.attempted_at, Notification.id)
            return [column.desc() if is_descending else column.asc() for column in moments]
        return super().order(sort_column, sort_desc)

    def cost(self) -> Cost:
        """The parts that providers took, of what the address asks for: of the days it names, or of today."""
        is_today = not any(request.args.get(key) for key in ("created_at_from", "created_at_to"))
        days = {"created_at_from": _today().isoformat()} if is_today else {}
        asked = self.statement(self._searched(), {**request.args, **days}).with_only_columns(Notification.parts)
        asked = asked.where(Notification.accepted_at.is_not(None))
        some = asked.limit(COST_CAP + 1).subquery()
        row = db.session.execute(select(func.coalesce(func.sum(some.c.parts), 0), func.count())).one()
        return Cost(int(row[0]), int(row[1]), is_more=row[1] > COST_CAP, is_today=is_today)

    def _searched(self) -> str | None:
        return self._get_list_extra_args().search

    @expose("/details/")
    def details_view(self) -> Any:
        """One message with its history."""
        return self._page(self._asked_for())

    @expose("/<int:message_id>/again", methods=("POST",))
    def send_again(self, message_id: int) -> Any:
        """Send it again, for a reason; what is refused stands beside the form."""
        row_or_404(Notification, message_id)
        form, new = AgainForm(), list[Notification]()
        if form.carries_out(lambda now: new.append(_send_again(message_id, form, now=now))):
            flash(gettext("It is sent again. This is the new message."), "success")
            return redirect(self.record_url(new[0]))
        return self._page(row_or_404(Notification, message_id), form=form), form.status

    def _handle_view(self, name: str, **kwargs: Any) -> Any:
        """Sending again changes no record by a form; who may, the service says."""
        base = super(DeskView, self) if name == "send_again" else super()
        return base._handle_view(name, **kwargs)

    def _page(self, message: Notification, *, form: AgainForm | None = None) -> str:
        refusal = resending.why_not(message, now=timepiece.now())
        return self.render(
            self.details_template,
            model=message,
            story=message_histories.of(message),
            words=message_words,
            form=form or AgainForm(formdata=None),
            is_opened=form is not None,
            why_not_again=sentence(refusal) if refusal is not None else "",
            may_send_again=actor().may(Permission.SEND_MESSAGES),
        )


class AgainForm(DialogForm):
    """Why it is sent again."""

    reason = TextAreaField(
        lazy_gettext("Reason"),
        [
            InputRequired(lazy_gettext("Please say why it is sent again.")),
            Length(max=resending.MAX_REASON),
        ],
    )


def _in_state(*states: NotificationState) -> ColumnElement[bool]:
    return spelled_out(Notification.state, *states)


def _today() -> date:
    return timepiece.now().astimezone(COMPANY_ZONE).date()


def _send_again(message_id: int, form: AgainForm, *, now: datetime) -> Notification:
    return resending.resend(message_id, reason=form.reason.data or "", actor=actor(), now=now)


def _receiver(message: Notification) -> Markup | str:
    receiver = message.person or message.customer
    return link(receiver) if receiver is not None else message.masked_phone
