"""The timeline as sentences: what happened, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from admin_views import chain_words
from extensions import COMPANY_ZONE
from models import TimelineEvent
from rules.compensation import CompensationAction
from rules.escalation import DutyRoleCode, Target, Whom
from rules.replies import ReplyAction
from rules.vocabulary import (
    N_,
    ActionEffect,
    AppointmentPurpose,
    AppointmentState,
    AuditProblem,
    CaseFormKind,
    Channel,
    ClockKind,
    ClockState,
    CompensationKind,
    ContactMethod,
    ContactPurpose,
    DelayCause,
    DelayEntryKind,
    EscalationCause,
    EventKind,
    ExtraItemOutcome,
    FaultSide,
    FollowUpWay,
    MaliceVerdict,
    NotificationKind,
    NotificationState,
    OutwardBody,
    PromiseKind,
    Severity,
    Term,
    WorkOrderAction,
    WorkOrderKind,
)

Details = Mapping[str, Any]


def sentence(event: TimelineEvent) -> str:
    """What the line says, without who and when."""
    return _SENTENCES[event.kind](event.details)


def is_alarm(event: TimelineEvent) -> bool:
    """Whether the desk itself had to act because a person did not."""
    return event.actor_id is None and event.kind in _ALARMS


_ALARMS = frozenset(
    {
        EventKind.ESCALATED,
        EventKind.NOBODY_ON_DUTY,
        EventKind.CLOCK_BREACHED,
        EventKind.CLOCK_OVERRUN,
        EventKind.NOTIFICATION_FAILED,
        EventKind.LEASE_LAPSED,
        EventKind.CHAIN_REPAIRED,
        EventKind.CALLS_FAILED,
        EventKind.REGRADED,
        EventKind.MEETING_OVERRUN,
    }
)


def duration(seconds: int) -> str:
    """A length of time in words: 11 min, 2 h 05 min, 3 days."""
    minutes = max(0, seconds) // 60
    if minutes < 60:
        return _("%(minutes)s min", minutes=minutes)
    if minutes < 48 * 60:
        return _("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=f"{minutes % 60:02d}")
    return ngettext("%(num)s day", "%(num)s days", minutes // 1440)


def _word(vocabulary: type[Term], value: Any) -> str:
    try:
        return _(vocabulary(value).label)
    except ValueError:
        return str(value)


def _names(names: list[str]) -> str:
    return _(", ").join(names) if names else _("nobody")


def _recorded(details: Details) -> str:
    parts = [
        _(
            "recorded the complaint, which came by %(channel)s",
            channel=_word(Channel, details["channel"]),
        )
    ]
    late = int(details["entered_late_seconds"])
    if late >= 60:
        parts.append(_("entered %(time)s after the first word", time=duration(late)))
    if details["is_read_back"]:
        parts.append(_("read back and confirmed"))
    parts.append(_("the facts suggest %(level)s", level=_(Severity(details["suggested_severity"]).label)))
    return _join(parts)


def _imported(details: Details) -> str:
    return _join(
        [
            _("imported from a spreadsheet (%(channel)s)", channel=_word(Channel, details["channel"])),
            _("the facts suggest %(level)s", level=_(Severity(details["suggested_severity"]).label)),
        ]
    )


def _contact(details: Details) -> str:
    method = _word(ContactMethod, details["method"])
    if not details["is_reached"]:
        return _("tried to reach the customer (%(method)s), without success", method=method)
    parts = [_("talked to the customer (%(method)s)", method=method)]
    if details.get("purpose", ContactPurpose.TALK) != ContactPurpose.TALK:
        parts.append(_word(ContactPurpose, details["purpose"]))
    if details.get("is_read_back"):
        parts.append(_("read back and confirmed"))
    return _join(parts)


def _graded(details: Details) -> str:
    if "suggested_severity" not in details:  # Written before levels were explained.
        return _("fixed the level")
    return _join(
        [
            _("fixed the level"),
            _("the facts suggest %(level)s", level=_(Severity(details["suggested_severity"]).label)),
        ]
    )


def _regraded(details: Details) -> str:
    level = _(Severity(details["level"]).label)
    why = _join([_(sentence) for sentence in details["sentences"]])
    if details["is_graded"]:
        return _("raised the level to %(level)s: %(why)s", level=level, why=why)
    return _("now suggests %(level)s: %(why)s", level=level, why=why)


def _meeting_started(details: Details) -> str:
    return _("began a triage meeting and called %(people)s", people=_names(details["people"]))


def _meeting_ended(details: Details) -> str:
    took, people = duration(int(details["took_seconds"])), _names(details["people"])
    if details["is_called_off"]:
        return _("called the triage meeting off after %(took)s", took=took)
    parts = [_("ended the triage meeting after %(took)s, present: %(people)s", took=took, people=people)]
    over = int(details["over_seconds"])
    if over >= 60:
        parts.append(_("%(time)s over its ten minutes", time=duration(over)))
    return _join(parts)


def _joined_group(details: Details) -> str:
    return _("counted it into the group complaint %(number)s", number=details["group"])


def _left_group(details: Details) -> str:
    text = _("took it out of the group complaint %(number)s", number=details["group"])
    return _join([text, _(details["because"])]) if details["because"] else text


def _group_message(details: Details) -> str:
    if not details["people"]:
        return _("wrote to all of the group complaint %(number)s", number=details["group"])
    return _(
        "sent word about the group complaint %(number)s to %(people)s",
        number=details["group"],
        people=_names(details["people"]),
    )


def _responsibility(details: Details) -> str:
    return _(
        "named %(lead)s as lead (%(side)s), cooperating: %(cooperators)s",
        lead=details["lead"],
        side=_word(FaultSide, details["side"]),
        cooperators=_names(details["cooperators"]),
    )


def _acknowledged(details: Details) -> str:
    if missing := details.get("missing"):
        return _("acknowledged for themselves; still missing: %(people)s", people=_names(missing))
    return _("acknowledged the complaint")


def _escalated(details: Details) -> str:
    texts = details.get("whom") or [details["target"]]
    words = [
        _(
            "escalated to %(target)s: %(people)s (%(cause)s)",
            target=chain_words.everybody(Whom.parse(text) for text in texts),
            people=_names(details["people"]),
            cause=_word(EscalationCause, details["cause"]),
        )
    ]
    if late := details.get("late_seconds"):
        words.append(_("%(time)s late", time=duration(int(late))))
    return _join(words)


def _nobody(details: Details) -> str:
    if details["target"] in (Target.REQUIRED_ROLE, Target.DUTY_ROLE):
        return _("found nobody on duty for “%(role)s”", role=_word(DutyRoleCode, details["role"]))
    return _("found nobody for “%(target)s”", target=_called(details["target"], details.get("name", "")))


def _called(target: str, name: str) -> str:
    """Whom a step meant; a person is kept by name."""
    return name if target == Target.PERSON else chain_words.whom(Whom.parse(f"{target}:{name}" if name else target))


def _lapsed(details: Details) -> str:
    return _(
        "%(person)s has had the complaint since %(since)s without progress: the chain goes on",
        person=details["person"] or _("nobody"),
        since=_moment(details["since"]),
    )


def _stood_down(details: Details) -> str:
    return _("stood the chain down: nobody is called until %(until)s", until=_moment(details["until"]))


def _repaired(details: Details) -> str:
    return _("found and repaired the chain: %(problem)s", problem=_word(AuditProblem, details["problem"]))


def _replied(details: Details) -> str:
    if details.get("is_customer"):
        return _("the customer wrote by SMS")
    return _("answered by SMS: %(action)s", action=_word(ReplyAction, details["action"]))


def _notified(details: Details) -> str:
    if details.get("is_again"):
        return _(
            "sent the message to %(person)s again: %(message)s",
            person=details["person"],
            message=_word(NotificationKind, details["message"]),
        )
    return _(
        "notified %(person)s: %(message)s",
        person=details["person"],
        message=_word(NotificationKind, details["message"]),
    )


_HINDRANCES = {
    "no_number": N_("no mobile number"),
    "no_mobile": N_("the number is no mobile"),
    "opted_out": N_("wants no more messages"),
}


def _not_notified(details: Details) -> str:
    hindrance = _HINDRANCES.get(details["state"])
    if hindrance is not None:
        return _("could not tell %(person)s: %(state)s", person=details["person"], state=_(hindrance))
    return _(
        "could not tell %(person)s: %(state)s",
        person=details["person"],
        state=_word(NotificationState, details["state"]),
    )


def _calls_failed(details: Details) -> str:
    names = _names(details["names"])
    return _("could not reach %(names)s in any way: the chain goes on at once", names=names)


def _customer_told(details: Details) -> str:
    if details.get("is_again"):
        return _notified(details)
    return _("wrote to the customer: %(message)s", message=_word(NotificationKind, details["message"]))


def _appointment_made(details: Details) -> str:
    return _("agreed with the customer: %(appointment)s", appointment=_appointment(details))


def _appointment_changed(details: Details) -> str:
    appointment = _appointment(details)
    if details["state"] == AppointmentState.MOVED:
        return _("moved the appointment: %(old)s → %(new)s", old=appointment, new=_appointment(details["to"]))
    state = _word(AppointmentState, details["state"])
    return _("appointment %(appointment)s: %(state)s", appointment=appointment, state=state)


def _appointment(details: Details) -> str:
    start = datetime.fromisoformat(details["starts_at"]).astimezone(COMPANY_ZONE)
    end = datetime.fromisoformat(details["ends_at"]).astimezone(COMPANY_ZONE)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}"
    purpose = _word(AppointmentPurpose, details["purpose"])
    return f"{start:%m-%d %H:%M}–{until}, {details['person']} ({purpose})"


def _warned(details: Details) -> str:
    clock, percent = _word(ClockKind, details["clock"]), details["percent"]
    due = _moment(details["due_at"])
    text = _("“%(clock)s”: %(percent)s %% of the time is over, due %(due)s", clock=clock, percent=percent, due=due)
    return _or_late(text, details)


def _breached(details: Details) -> str:
    return _or_late(_("“%(clock)s” ran out", clock=_word(ClockKind, details["clock"])), details)


def _overrun(details: Details) -> str:
    late = duration(int(details["late_seconds"]))
    text = _(
        "“%(clock)s” still not done, %(late)s after it ran out", clock=_word(ClockKind, details["clock"]), late=late
    )
    return _or_late(text, details)


def _or_late(text: str, details: Details) -> str:
    """A step that the sweep took late says so: it was the desk that slept."""
    return _join([text, _("noticed late")]) if details.get("is_late") else text


def _paused(details: Details) -> str:
    return _("paused “%(clock)s”: it waits for the customer", clock=_word(ClockKind, details["clock"]))


def _resumed(details: Details) -> str:
    clock = _word(ClockKind, details["clock"])
    return _("let “%(clock)s” go on, due %(due)s", clock=clock, due=_moment(details["due_at"]))


def _stopped(details: Details) -> str:
    clock = _word(ClockKind, details["clock"])
    if details["state"] == ClockState.CANCELLED:
        return _("“%(clock)s” gave way to a sooner one, due %(due)s", clock=clock, due=_moment(details["due_at"]))
    took = duration(int(details["took_seconds"]))
    if details["state"] == ClockState.MET:
        return _("“%(clock)s”: done after %(took)s", clock=clock, took=took)
    late = duration(int(details["late_seconds"]))
    return _("“%(clock)s”: done after %(took)s, %(late)s late", clock=clock, took=took, late=late)


def _evidence(details: Details) -> str:
    return _("added evidence: %(names)s", names=_names(details["names"]))


def _promised(details: Details) -> str:
    due = _moment(details["due_at"])
    if details.get("kind") == PromiseKind.REWORK:
        return _("promised the rework, by %(due)s", due=due)
    return _("promised, by %(due)s", due=due)


def _kept(details: Details) -> str:
    return _("kept a promise, late") if details["is_late"] else _("kept a promise")


def _compensation(details: Details) -> str:
    what = f"{_word(CompensationKind, details['kind'])} ¥{details['amount']}"
    if details["delay_days"]:
        what += _(" (%(days)s days × ¥%(rate)s)", days=details["delay_days"], rate=details["daily_rate"])
    step = details["step"]
    if step == "offer":
        return _("proposed compensation: %(what)s", what=what)
    return _("compensation %(what)s: %(step)s", what=what, step=_word(CompensationAction, step))


def _inspected(details: Details) -> str:
    return {
        "begin": _("began an inspection on site"),
        "measured": _("measured"),
        "water": _("read the water-holding test"),
        "end": _("ended the inspection"),
    }[str(details["step"])]


def _work_order(details: Details) -> str:
    return _(
        "work order %(number)s (%(kind)s): %(step)s%(amount)s",
        number=details["number"],
        kind=_word(WorkOrderKind, details["kind"]),
        step=_word(WorkOrderAction, details["step"]),
        amount=f" ¥{details['amount']}" if "amount" in details else "",
    )


def _repeat(details: Details) -> str:
    if details["is_later"]:
        return _("linked as a probable repeat of %(number)s", number=details["number"])
    return _("%(number)s was linked to this one as a probable repeat", number=details["number"])


def _duplicate(details: Details) -> str:
    if details["is_void"]:
        return _("merged this record into %(number)s", number=details["number"])
    return _("merged %(number)s, the same matter, into this one", number=details["number"])


def _silent(details: Details) -> str:
    if not details["names"]:
        return _("the customer has heard nothing since %(time)s", time=_moment(details["since"]))
    names = _(", ").join(details["names"])
    return _(
        "the customer has heard nothing since %(time)s; %(names)s nudged", time=_moment(details["since"]), names=names
    )


def _link_sent(details: Details) -> str:
    return _("sent the customer a link to their page (question %(round)s)", round=details["round"])


def _followed_up(details: Details) -> str:
    if "tries" in details:
        text = _("tried to ask the customer how it was, without success (try %(tries)s)", tries=details["tries"])
        return _join([text, _("nobody is asked any more")]) if details["is_over"] else text
    return _join([_("asked the customer how it was"), _scored(details), _word(FollowUpWay, details["way"])])


def _customer_wrote(details: Details) -> str:
    if "repair" in details:
        return _("the customer confirmed repair %(number)s on their page", number=details["repair"])
    if "names" in details:
        return _("sent by the customer: %(names)s", names=_names(details["names"]))
    return _join([_("the customer answered on their page"), _scored(details)])


def _scored(details: Details) -> str:
    attitude, quality, efficiency = details["scores"]
    scores = _(
        "attitude %(attitude)s, quality %(quality)s, efficiency %(efficiency)s",
        attitude=attitude,
        quality=quality,
        efficiency=efficiency,
    )
    return _join([scores, _("satisfied") if details["is_satisfied"] else _("not satisfied")])


def _ledger(details: Details) -> str:
    if details["step"] == "planned":
        return _(
            "made a plan to win back %(days)s days by %(day)s: %(crews)s crews, %(hours)s hours more a day",
            days=details["days"],
            day=details["last_on"],
            crews=details["crews"],
            hours=details["more_hours"],
        )
    why = _word(DelayCause, details["cause"]) if details["cause"] else _(DelayEntryKind.WON_BACK.label)
    values = {"days": details["days"], "first": details["first_on"], "last": details["last_on"], "why": why}
    if details["step"] == "struck":
        return _("struck %(days)s days out of the ledger: %(first)s to %(last)s, %(why)s", **values)
    return _("entered %(days)s days into the ledger: %(first)s to %(last)s, %(why)s", **values)


def _extra_item(details: Details) -> str:
    what, amount = details["what"], f"¥{Decimal(details['amount']):,.2f}"
    if details["step"] == "decided":
        return _(
            "decided on the extra item “%(what)s” (%(amount)s): %(outcome)s, %(left)s stands",
            what=what,
            amount=amount,
            outcome=_word(ExtraItemOutcome, details["outcome"]),
            left=f"¥{Decimal(details['stands_at']):,.2f}",
        )
    if details["step"] == "looked_up":
        return _("looked up what the contract says about “%(what)s” (%(amount)s)", what=what, amount=amount)
    return _("entered the disputed extra item “%(what)s” (%(amount)s)", what=what, amount=amount)


def _case_form(details: Details) -> str:
    text = _("filled in the form “%(form)s”", form=_word(CaseFormKind, details["kind"]))
    off = details.get("difference_mm")
    return text if off is None else _join([text, _("%(off)s mm off the drawing", off=f"{off:+d}")])


def _playbook(details: Details) -> str:
    step = details["words_zh" if str(get_locale()).startswith("zh") else "words_en"]
    if details.get("is_undone"):
        return _("took a step of the playbook back: %(step)s", step=step)
    return _("ticked a step of the playbook: %(step)s", step=step)


def _outward(details: Details) -> str:
    who = f"{_word(OutwardBody, details['body'])} {details['reference']}".strip()
    if details["step"] == "ended":
        return _("wrote down how it ended with %(who)s", who=who)
    due = datetime.fromisoformat(details["due_at"]).astimezone(COMPANY_ZONE).strftime("%Y-%m-%d %H:%M")
    if details["step"] == "went_on":
        return _("wrote down how it goes on with %(who)s, answer due %(due)s", who=who, due=due)
    return _("wrote down that %(who)s asks, answer due %(due)s", who=who, due=due)


def _statement(details: Details) -> str:
    if details["step"] == "approved":
        return _("approved what is said outward; this holds from now on")
    return _("wrote what is to be said outward; somebody else has to approve it")


def _malice(details: Details) -> str:
    if details["step"] == "said":
        return _("said that the complaint seems to be made in bad faith; legal counsel is asked")
    return _("decided as legal counsel: %(verdict)s", verdict=_word(MaliceVerdict, details["verdict"]))


def _review(details: Details) -> str:
    if details["step"] == "checked":
        return _(
            "looked at the effect of a corrective action: %(before)s complaints before, %(after)s after — %(effect)s",
            before=details["before"],
            after=details["after"],
            effect=_word(ActionEffect, details["effect"]),
        )
    return {
        "begun": lambda: _("began the review"),
        "why": lambda: _("answered “why?”"),
        "verified": lambda: _("verified an answer to “why?”"),
        "done": lambda: _("found the cause and ended the review"),
        "action": lambda: _("decided on a corrective action"),
        "action_done": lambda: _("did a corrective action"),
    }[details["step"]]()


def _case_file(details: Details) -> str:
    if "box" not in details:
        return _(
            "printed copy %(copy)s of the case file (%(pages)s pages)", copy=details["copy"], pages=details["pages"]
        )
    if not details["box"]:
        return _("took copy %(copy)s of the case file out of its box", copy=details["copy"])
    return _("put copy %(copy)s of the case file into box %(box)s", copy=details["copy"], box=details["box"])


def _plain(words: Callable[[], str]) -> Callable[[Details], str]:
    return lambda details: words()


_SENTENCES: Mapping[EventKind, Callable[[Details], str]] = {
    EventKind.RECORDED: _recorded,
    EventKind.IMPORTED: _imported,
    EventKind.ACKNOWLEDGED: _acknowledged,
    EventKind.CONTACT_LOGGED: _contact,
    EventKind.GRADED: _graded,
    EventKind.REGRADED: _regraded,
    EventKind.MEETING_STARTED: _meeting_started,
    EventKind.MEETING_ENDED: _meeting_ended,
    EventKind.MEETING_OVERRUN: _plain(lambda: _("the triage meeting goes on for longer than its ten minutes")),
    EventKind.GROUP_JOINED: _joined_group,
    EventKind.GROUP_LEFT: _left_group,
    EventKind.GROUP_MESSAGE: _group_message,
    EventKind.RESPONSIBILITY: _responsibility,
    EventKind.ASSIGNED: _plain(lambda: _("handed the complaint over")),
    EventKind.ESCALATED: _escalated,
    EventKind.NOBODY_ON_DUTY: _nobody,
    EventKind.LEASE_LAPSED: _lapsed,
    EventKind.STOOD_DOWN: _stood_down,
    EventKind.CHAIN_REPAIRED: _repaired,
    EventKind.CALLS_FAILED: _calls_failed,
    EventKind.APPOINTMENT_MADE: _appointment_made,
    EventKind.APPOINTMENT_CHANGED: _appointment_changed,
    EventKind.CUSTOMER_TOLD: _customer_told,
    EventKind.NOTIFIED: _notified,
    EventKind.NOTIFICATION_FAILED: _not_notified,
    EventKind.CLOCK_WARNED: _warned,
    EventKind.CLOCK_BREACHED: _breached,
    EventKind.CLOCK_OVERRUN: _overrun,
    EventKind.CLOCK_PAUSED: _paused,
    EventKind.CLOCK_RESUMED: _resumed,
    EventKind.CLOCK_STOPPED: _stopped,
    EventKind.REPLIED: _replied,
    EventKind.NOTE: _plain(lambda: _("wrote a note")),
    EventKind.EDITED: _plain(lambda: _("changed the record")),
    EventKind.EVIDENCE: _evidence,
    EventKind.PROMISED: _promised,
    EventKind.PROMISE_KEPT: _kept,
    EventKind.PROMISE_WITHDRAWN: lambda details: _("took a promise back: %(promise)s", promise=details["promise"]),
    EventKind.PROMISE_DUE: _plain(lambda: _("reminded of a promise")),
    EventKind.COMPENSATION: _compensation,
    EventKind.INSPECTED: _inspected,
    EventKind.WORK_ORDER: _work_order,
    EventKind.REPEAT_LINKED: _repeat,
    EventKind.DUPLICATE_MERGED: _duplicate,
    EventKind.CUSTOMER_SILENT: _silent,
    EventKind.DELAY_LEDGER: _ledger,
    EventKind.EXTRA_ITEM: _extra_item,
    EventKind.CASE_FORM: _case_form,
    EventKind.PLAYBOOK: _playbook,
    EventKind.OUTWARD: _outward,
    EventKind.STATEMENT: _statement,
    EventKind.MALICE: _malice,
    EventKind.REVIEW: _review,
    EventKind.RESOLVED: _plain(lambda: _("marked the complaint as resolved")),
    EventKind.LINK_SENT: _link_sent,
    EventKind.FOLLOWED_UP: _followed_up,
    EventKind.CUSTOMER_WROTE: _customer_wrote,
    EventKind.CLOSED: _plain(lambda: _("closed the complaint, the customer agrees")),
    EventKind.REOPENED: _plain(lambda: _("reopened the complaint")),
    EventKind.VOIDED: _plain(lambda: _("made the record void")),
    EventKind.CASE_FILE: _case_file,
    EventKind.REVEALED: _plain(lambda: _("looked at the full phone number")),
}


def _join(parts: list[str]) -> str:
    return _("; ").join(parts)


def _moment(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(COMPANY_ZONE).strftime("%m-%d %H:%M")
