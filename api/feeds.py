"""The roster for calendar apps: iCalendar at an address with a secret in it, open to whoever has the address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from flask import Blueprint, Response, abort
from flask_babel import gettext
from icalendar import Calendar, Event

from extensions import limiter, timepiece
from models import Appointment, CalendarFeed
from services import feeds
from services.duty import Duty

blueprint = Blueprint("feeds", __name__)

MAKER = "-//Anxinqiao//Duty roster//ZH"
DOMAIN = "anxinqiao"
READ_AGAIN = timedelta(hours=1)


@blueprint.get("/calendar/<secret>.ics")
@limiter.limit("60 per minute")
def calendar(secret: str) -> Response:
    """The shifts of the feed's person or role; an address that ended, or never was, is not found."""
    feed = feeds.find(secret)
    if feed is None:
        abort(HTTPStatus.NOT_FOUND)
    now = timepiece.now()
    answer = Response(_calendar(feed, now).to_ical(), mimetype="text/calendar")
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _calendar(feed: CalendarFeed, now: datetime) -> Calendar:
    made = Calendar()
    made.add("prodid", MAKER)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    title = _title(feed)
    made.add("name", title)
    made.add("x-wr-calname", title)
    made.add("refresh-interval", READ_AGAIN, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", READ_AGAIN)
    for each in feeds.duties(feed, now=now):
        made.add_component(_event(each, feed, now))
    for visit in feeds.visits(feed, now=now):
        made.add_component(_visit(visit, now))
    return made


def _visit(appointment: Appointment, now: datetime) -> Event:
    """A visit to a customer by its number: whoever has the secret address learns no name and no home."""
    made = Event()
    made.add("uid", f"appointment-{appointment.id}@{DOMAIN}")
    made.add("dtstamp", now.astimezone(UTC))
    made.add("dtstart", appointment.starts_at.astimezone(UTC))
    made.add("dtend", appointment.ends_at.astimezone(UTC))
    number, purpose = appointment.complaint.number, gettext(appointment.purpose.label)
    made.add("summary", gettext("Visit: %(number)s, %(purpose)s", number=number, purpose=purpose))
    return made


def _event(each: Duty, feed: CalendarFeed, now: datetime) -> Event:
    """One stretch of duty, in UTC: every calendar shows it in its own zone, and no change of clocks can shift it."""
    role = gettext(each.role.code.label)
    made = Event()
    made.add("uid", f"{_identity(each)}@{DOMAIN}")
    made.add("dtstamp", now.astimezone(UTC))
    made.add("dtstart", each.starts_at.astimezone(UTC))
    made.add("dtend", each.ends_at.astimezone(UTC))
    if feed.role_id is None:
        made.add("summary", gettext("On duty: %(role)s", role=role))
    else:
        made.add("summary", gettext("%(role)s: %(name)s", role=role, name=each.person.name))
    if each.override is not None and each.override.instead_of is not None:
        made.add("description", gettext("instead of %(name)s", name=each.override.instead_of.name))
    elif each.shift is not None and each.shift.remarks:
        made.add("description", each.shift.remarks)
    return made


def _identity(each: Duty) -> str:
    """What this stretch is called as long as it begins where it does, so that a calendar moves it and adds no other."""
    kind, source = ("shift", each.shift) if each.override is None else ("override", each.override)
    if source is None or each.starts_at == source.starts_at:
        return f"{kind}-{source.id if source else 0}"
    return f"{kind}-{source.id}-{each.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _title(feed: CalendarFeed) -> str:
    if feed.role is None:
        return str(gettext("Duty of %(name)s", name=feed.person.name))
    return str(gettext("Duty: %(role)s", role=gettext(feed.role.code.label)))
