"""The roster: a calendar of who is on duty, where nobody is, the form that fills a gap, one's own duty (D-03, N5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import get_locale, gettext
from flask_login import current_user

from admin_views import desk_counts
from admin_views.base import actor
from admin_views.override_forms import OverrideForm
from admin_views.pages import Page
from admin_views.roster_calendar import Calendar, week_url
from admin_views.roster_forms import CallOffForm, NewShiftForm, ShiftForm
from admin_views.roster_grid import by_person, by_role, days_away
from admin_views.roster_span import DAY, Month, Span, Week
from admin_views.rows import row_or_404
from extensions import COMPANY_ZONE, LOCALES, db, timepiece
from models import Shift
from rules.escalation import DutyRoleCode
from rules.permissions import Permission
from services import coverage, duty, fairness, feeds, leaves, swaps, workbench
from services.actors import require
from services.duty import Duty

OWN_SHIFTS = 60
HOLES_SHOWN = 12
FAIR_DAYS = 28
LEAVE_AHEAD = timedelta(days=366)
PERIODS = (28, 90, 365)
"""Days that the page of fairness can look back."""


class RosterView(Page):
    """The calendar, the verbs around a shift, one's own duty."""

    @expose("/")
    def index(self) -> Any:
        """The calendar; ``?week=2026-W48`` or ``?month=2026-11``, ``&by=person``, ``&person=7``."""
        now = timepiece.now()
        calendar = Calendar.asked()
        span = calendar.shown(now)
        around = duty.between(start=now - FAIR_DAYS * DAY, end=now + coverage.AHEAD)
        duties = _of_span(around, span, now)
        shown = coverage.of(duties, start=span.start, end=span.end)
        if calendar.person:
            duties = [each for each in duties if each.person_id == calendar.person.id]
        return self.render(
            "roster.html",
            **_words(calendar, span, now),
            rows=_rows(calendar, span, duties, shown),
            away=days_away(span, leaves.between(start=span.start, end=span.end)) if calendar.by == "person" else {},
            covered=shown.covered,
            gap_count=shown.gap_count,
            double_count=shown.double_count,
            ahead=(ahead := coverage.of(around, start=now, end=now + coverage.AHEAD)),
            holes=ahead.holes[:HOLES_SHOWN],
            shares=fairness.of(around, start=now - FAIR_DAYS * DAY, end=now),
            swaps=swaps.waiting_for(actor()),
            posts=workbench.posts(now=now),
            own=_next_own(around, now),
            override_form=_override_form(calendar),
            now=now,
        )

    @expose("/now")
    def present(self) -> Any:
        """Who is on duty now and next, as a piece of the page that refreshes itself."""
        now = timepiece.now()
        return self.render("roster_now.html", posts=workbench.posts(now=now), now=now)

    @expose("/mine")
    def mine(self) -> Any:
        """The duty of the person at the screen: shifts, handovers, leave, the calendar feed."""
        return self._mine()

    @expose("/feeds", methods=("POST",))
    def feed(self) -> Any:
        """Give one's feed a new address, shown this once; or close it."""
        code = request.form.get("role", "")
        if code and code not in {*DutyRoleCode}:
            abort(HTTPStatus.NOT_FOUND)
        role = duty.role(DutyRoleCode(code)) if code else None
        now = timepiece.now()
        if request.form.get("end"):
            feeds.end(role=role, actor=actor(), now=now)
            db.session.commit()
            flash(gettext("The calendar feed is closed; its address is not found any more."), "success")
            return redirect(url_for(".mine"))
        secret = feeds.renew(role=role, actor=actor(), now=now)
        db.session.commit()
        lang = str(get_locale())
        address = url_for("feeds.calendar", secret=secret, lang=lang if lang != LOCALES[0] else None, _external=True)
        return self._mine(address=address, feed_role=role)

    @expose("/fairness")
    def fairness(self) -> Any:
        """Who carried how much of the hours, the nights, the weekends and the holidays."""
        now = timepiece.now()
        asked = request.args.get("days", type=int)
        days = asked if asked in PERIODS else PERIODS[1]
        start, end = now - days * DAY, now
        past = duty.between(start=start, end=end)
        coming = duty.between(start=now, end=now + FAIR_DAYS * DAY)
        return self.render(
            "roster_fairness.html",
            days=days,
            periods=PERIODS,
            groups=_shares_by_role(past, start, end),
            ahead=_shares_by_role(coming, now, now + FAIR_DAYS * DAY),
            ahead_days=FAIR_DAYS,
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> Any:
        """Put somebody on duty; a gap of the calendar comes with its role and hours."""
        require(actor(), Permission.SCHEDULE)
        if request.method == "GET":
            return self.render("roster_shift.html", form=NewShiftForm(formdata=request.args), shift=None)
        form = NewShiftForm()
        if form.carries_out(lambda now: form.schedule(actor=actor(), now=now)):
            flash(gettext("The shift stands in the roster."), "success")
            return redirect(week_url(form.starts_at.data))
        return self.render("roster_shift.html", form=form, shift=None), form.status

    @expose("/shifts/<int:shift_id>", methods=("GET", "POST"))
    def shift(self, shift_id: int) -> Any:
        """One shift: its facts for everybody, its form for those who plan."""
        shift = row_or_404(Shift, shift_id)
        if request.method == "GET":
            return self._shift_page(shift, ShiftForm(shift))
        require(actor(), Permission.SCHEDULE)
        form = ShiftForm(shift)
        if form.carries_out(lambda now: form.change(actor=actor(), now=now)):
            flash(gettext("The shift was changed; whoever it concerns gets an SMS."), "success")
            return redirect(week_url(form.starts_at.data))
        return self._shift_page(row_or_404(Shift, shift_id), form), form.status

    @expose("/shifts/<int:shift_id>/call-off", methods=("POST",))
    def call_off(self, shift_id: int) -> Any:
        """Take a shift out of the roster, with a reason."""
        require(actor(), Permission.SCHEDULE)
        shift = row_or_404(Shift, shift_id)
        form = CallOffForm()
        if form.carries_out(lambda now: form.call_off(shift, actor=actor(), now=now)):
            flash(gettext("The shift was called off; the row stays with the reason."), "success")
            return redirect(week_url(shift.starts_at))
        shift = row_or_404(Shift, shift_id)
        return self._shift_page(shift, ShiftForm(shift, formdata=None), call_off=form), form.status

    def _shift_page(self, shift: Shift, form: ShiftForm, *, call_off: CallOffForm | None = None) -> str:
        now = timepiece.now()
        is_open = shift.cancelled_at is None and shift.ends_at > now
        return self.render(
            "roster_shift.html",
            form=form,
            shift=shift,
            may_change=is_open and current_user.may(Permission.SCHEDULE),
            call_off=call_off or CallOffForm(formdata=None),
            is_calling_off=call_off is not None,
            now=now,
        )

    def _mine(self, **more: Any) -> str:
        now = timepiece.now()
        return self.render(
            "roster_mine.html",
            duties=duty.of_person(actor(), after=now, limit=OWN_SHIFTS),
            leaves=leaves.between(start=now, end=now + LEAVE_AHEAD, person=actor()),
            feeds=feeds.of_person(actor()),
            roles=duty.roles(),
            share=fairness.of_person(actor(), start=now - FAIR_DAYS * DAY, end=now),
            fair_days=FAIR_DAYS,
            counts=desk_counts.once(),
            now=now,
            **more,
        )


def _words(calendar: Calendar, span: Span, now: datetime) -> dict[str, Any]:
    """What the calendar's templates ask: which days, how to get to others, what kind of day each is."""
    kind_of_day = fairness.kinds_of_days()
    middle = now if span.start <= now < span.end else span.start
    return {
        "span": span,
        "is_month": calendar.is_month,
        "by": calendar.by,
        "person": calendar.person,
        "calendar_url": calendar.url,
        "week_here": Week.of(middle),
        "month_here": Month.of(middle if calendar.is_month else span.start + 3 * DAY),
        "this_week": Week.of(now),
        "week_of": Week.of,
        "one_day": timedelta(days=1),
        "kind_of_day": lambda day: kind_of_day(day.astimezone(COMPANY_ZONE).date()).value,
        "role_codes": list(DutyRoleCode),
    }


def _of_span(around: list[Duty], span: Span, now: datetime) -> list[Duty]:
    """The duties of these days: out of those around this moment where they hold them all, asked for otherwise."""
    if not now - FAIR_DAYS * DAY <= span.start < span.end <= now + coverage.AHEAD:
        return duty.between(start=span.start, end=span.end)
    return [each for each in around if each.starts_at < span.end and each.ends_at > span.start]


def _next_own(around: list[Duty], now: datetime) -> list[Duty]:
    """The duty that the person at the screen has now or next, if any in these days."""
    mine = [each for each in around if each.person_id == current_user.id and each.ends_at > now]
    return sorted(mine, key=lambda each: each.starts_at)[:1]


def _rows(calendar: Calendar, span: Span, duties: list[Duty], shown: coverage.Coverage) -> Any:
    if calendar.by == "person":
        return by_person(span, duties=duties)
    gaps = shown.gaps if calendar.person is None else dict.fromkeys(shown.gaps, ())
    return by_role(span, duties=duties, gaps=gaps, doubles=shown.doubles)


def _override_form(calendar: Calendar) -> OverrideForm | None:
    """The form that a drag over hours opens, where there are strips of hours."""
    has_strips = calendar.by == "role" and not calendar.is_month
    return OverrideForm(formdata=None) if has_strips and current_user.may(Permission.SCHEDULE) else None


def _shares_by_role(duties: list[Duty], start: datetime, end: datetime) -> dict[DutyRoleCode, fairness.Group]:
    """What each role's people carry for it, and how unequal that is."""
    found: dict[DutyRoleCode, list[Duty]] = {role.code: [] for role in duty.roles()}
    for each in duties:
        found[each.role.code].append(each)
    return {code: fairness.group(of_role, start=start, end=end) for code, of_role in found.items()}
