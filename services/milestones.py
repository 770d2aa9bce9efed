"""Milestones: the one place that says which event of a complaint starts and which stops which clock.

An event calls its milestone in its own transaction, after it changed the complaint. What starts is the table
``rules.sla.WITH_THE_RECORD`` and what is said here; how long it runs is the policy's.
"""

from __future__ import annotations

from datetime import datetime

from extensions import db
from models import Clock, Compensation, Complaint, CustomerContact, OutwardCase, Promise
from rules import sla
from rules.vocabulary import (
    Category,
    ClockKind,
    CompensationStatus,
    ContactMethod,
    ContactPurpose,
    PromiseKind,
    Severity,
)
from services import clocks, silences
from services.actors import Actor
from services.clocks import Terms

OF_HISTORY = (ClockKind.CONTACT, ClockKind.TRIAGE)
"""The clocks of a call from the past: how late it was called back and graded is all that an export can tell."""


def recorded(complaint: Complaint, *, now: datetime) -> None:
    """The complaint stands: its first clocks run."""
    for clock in first_clocks(complaint, terms=clocks.current_terms(), now=now):
        clock.complaint = complaint
        db.session.add(clock)


def first_clocks(complaint: Complaint, *, terms: Terms, now: datetime) -> list[Clock]:
    """The clocks a complaint begins with, not written yet; a call from the past has its own behind it."""
    if complaint.is_history:
        found = [clocks.of_history(kind, complaint, terms=terms, now=now) for kind in OF_HISTORY]
    else:
        first_word_at = min(complaint.first_word_at, now)
        found = [
            clocks.draft(
                kind,
                complaint,
                started_at=first_word_at if kind in sla.FROM_THE_FIRST_WORD else now,
                terms=terms,
                now=now,
            )
            for kind in sla.WITH_THE_RECORD
        ]
    return [clock for clock in found if clock is not None]


def contacted(contact: CustomerContact, *, actor: Actor, now: datetime) -> None:
    """Somebody tried to talk to the customer. Reaching them is the contact; what was said, and a visit, may be more."""
    if not contact.is_reached:
        return
    done = (ClockKind.CONTACT, *sla.STOPPED_BY[contact.purpose])
    if contact.method is ContactMethod.VISIT:
        done = (*done, ClockKind.ON_SITE)
    silences.begin_anew(contact.complaint, now=now)
    if ClockKind.PROGRESS in done:
        _reported(contact.complaint, actor=actor, now=now)
    clocks.stop(contact.complaint, *(kind for kind in done if kind is not ClockKind.PROGRESS), actor=actor, now=now)


def on_site(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """Somebody is at the place, whoever is at home (D-16)."""
    clocks.stop(complaint, ClockKind.ON_SITE, actor=actor, now=now)


def progress_reported(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The customer was written to about the day's work: that is the report, though no conversation (D-02, D-17)."""
    silences.begin_anew(complaint, now=now)
    _reported(complaint, actor=actor, now=now)


def graded(complaint: Complaint, *, was: Severity, actor: Actor, now: datetime) -> None:
    """The level is fixed by a person: triage is done, and a delay is reported on from now on (D-17)."""
    clocks.stop(complaint, ClockKind.TRIAGE, actor=actor, now=now)
    regraded(complaint, was=was, actor=actor, now=now)


def regraded(complaint: Complaint, *, was: Severity, actor: Actor, now: datetime) -> None:
    """The level is another than it ``was``, or needs other clocks: one that it needs and never had starts now.

    A clock that runs keeps its due time, for one that moves its own cannot be trusted. Where a graver level wants the
    thing sooner, it gives way to another.
    """
    if complaint.is_history or not complaint.is_open:
        return
    terms, known = clocks.current_terms(), clocks.ever(complaint)
    if complaint.level < was:
        _hasten(complaint, terms=terms, actor=actor, now=now)
    for kind in sla.WITH_THE_RECORD:
        if kind not in known and not (kind is ClockKind.TRIAGE and complaint.severity is not None):
            clocks.start(kind, complaint, started_at=now, terms=terms, now=now)
    _report_daily(complaint, actor=actor, now=now)


def category_changed(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """It is another kind of complaint: clocks that only the old kind knows end, those of the new one start."""
    needless = [
        clock
        for clock in clocks.unstopped(complaint, *sla.WITH_THE_RECORD)
        if clocks.terms_of(clock).targets.target(clock.kind, complaint.category, complaint.level) is None
    ]
    clocks.end(needless, actor=actor, now=now)
    regraded(complaint, was=complaint.level, actor=actor, now=now)


def awaited(complaint: Complaint, *, now: datetime) -> ContactPurpose:
    """What the customer is waiting to hear; a talk when nothing. A formal reply is said to be one, never assumed."""
    running = {clock.kind for clock in complaint.clocks if clock.is_unstopped and clock.started_at <= now}
    proposed = (ContactPurpose.FIRST_ANSWER, ContactPurpose.PROGRESS, ContactPurpose.FOLLOW_UP)
    return next((each for each in proposed if running.intersection(sla.STOPPED_BY[each])), ContactPurpose.TALK)


def promise_made(promise: Promise, *, actor: Actor, now: datetime) -> None:
    """A rework promise has a clock of its own, and the customer hears every day how it goes (D-16, D-17)."""
    if promise.kind is not PromiseKind.REWORK:
        return
    terms = clocks.current_terms()
    clocks.start(ClockKind.REWORK, promise.complaint, started_at=now, terms=terms, now=now, promise=promise)
    _report_daily(promise.complaint, actor=actor, now=now)


def promise_kept(promise: Promise, *, actor: Actor, now: datetime) -> None:
    """What was promised is done."""
    for clock in clocks.unstopped(promise.complaint, ClockKind.REWORK):
        if clock.promise_id == promise.id:
            clocks.stop_one(clock, actor=actor, now=now)
    _report_daily(promise.complaint, actor=actor, now=now)


def promise_withdrawn(promise: Promise, *, actor: Actor, now: datetime) -> None:
    """What was promised is not owed any more."""
    ended = [each for each in clocks.unstopped(promise.complaint, ClockKind.REWORK) if each.promise_id == promise.id]
    clocks.end(ended, actor=actor, now=now)
    _report_daily(promise.complaint, actor=actor, now=now)


def compensation_offered(compensation: Compensation, *, now: datetime) -> None:
    """Somebody has to decide."""
    complaint, terms = compensation.complaint, clocks.current_terms()
    clock = clocks.start(
        ClockKind.COMPENSATION, complaint, started_at=now, terms=terms, now=now, compensation=compensation
    )
    if clock is not None:
        clock.owner_id = None  # The approvers owe it, not whoever has the complaint.


def compensation_decided(compensation: Compensation, *, actor: Actor, now: datetime) -> None:
    """It was approved, refused, or taken back: then nothing is left to decide."""
    for clock in clocks.unstopped(compensation.complaint, ClockKind.COMPENSATION):
        if clock.compensation_id != compensation.id:
            continue
        if compensation.status is CompensationStatus.WITHDRAWN:
            clocks.end([clock], actor=actor, now=now)
        else:
            clocks.stop_one(clock, actor=actor, now=now)


def outward_entered(case: OutwardCase, *, now: datetime) -> None:
    """Somebody outside waits for an answer, since it came."""
    terms = clocks.current_terms()
    clocks.start(ClockKind.OUTWARD, case.complaint, started_at=case.came_at, terms=terms, now=now, outward_case=case)


def outward_moved(case: OutwardCase, *, actor: Actor, now: datetime) -> None:
    """They set another day: the old clock ends as it stands, and one for the new day runs."""
    clocks.end(_outward(case), actor=actor, now=now)
    outward_entered(case, now=now)


def outward_ended(case: OutwardCase, *, actor: Actor, now: datetime) -> None:
    """They have their answer."""
    for clock in _outward(case):
        clocks.stop_one(clock, actor=actor, now=now)


def malice_confirmed(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """It was made in bad faith: nothing is owed to who made it; authorities are owed their answer all the same."""
    silences.end(complaint, now=now)
    owed = [clock for clock in clocks.unstopped(complaint) if clock.kind is not ClockKind.OUTWARD]
    clocks.end(owed, actor=actor, now=now)


def resolved(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """Solved, in our view: nothing is left to look at or to report on, and the customer is asked."""
    silences.end(complaint, now=now)
    clocks.end(clocks.unstopped(complaint, *sla.OVER_WHEN_RESOLVED), actor=actor, now=now)
    if not clocks.unstopped(complaint, ClockKind.FOLLOW_UP):
        terms = clocks.current_terms()
        clocks.start(ClockKind.FOLLOW_UP, complaint, started_at=now, terms=terms, now=now)


def closed(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The customer agrees: that is an answer, a reply and the follow-up; whatever else runs is over."""
    silences.end(complaint, now=now)
    clocks.stop(complaint, *sla.DONE_BY_CLOSING, actor=actor, now=now)
    clocks.end(clocks.unstopped(complaint), actor=actor, now=now)


def followed_up(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The customer said how it was: that is the follow-up, and they have heard of us."""
    clocks.stop(complaint, ClockKind.FOLLOW_UP, actor=actor, now=now)


def reopened(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """Taken up again: the customer is owed a formal reply anew, and no follow-up yet."""
    silences.begin_anew(complaint, now=now)
    clocks.end(clocks.unstopped(complaint, ClockKind.FOLLOW_UP), actor=actor, now=now)
    if not clocks.unstopped(complaint, ClockKind.FORMAL_REPLY):
        terms = clocks.current_terms()
        clocks.start(ClockKind.FORMAL_REPLY, complaint, started_at=now, terms=terms, now=now)
    _report_daily(complaint, actor=actor, now=now)


def voided(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """The record was a mistake: nothing is counted."""
    silences.end(complaint, now=now)
    clocks.end(clocks.unstopped(complaint), actor=actor, now=now, is_mistake=True)


def report_missed(clock: Clock, *, terms: Terms, now: datetime) -> Clock | None:
    """A day passed without a report: the next day's clock begins where this one ended."""
    return _next_report(clock, terms=terms, now=now)


def _outward(case: OutwardCase) -> list[Clock]:
    running = clocks.unstopped(case.complaint, ClockKind.OUTWARD)
    return [clock for clock in running if clock.outward_case_id == case.id]


def _hasten(complaint: Complaint, *, terms: Terms, actor: Actor, now: datetime) -> None:
    """Let what a graver level wants sooner be due sooner; what is overdue stays: nothing begun now is due before."""
    for clock in clocks.unstopped(complaint, *sla.SOONER_WHEN_GRAVER):
        sooner = clocks.draft(clock.kind, complaint, started_at=now, terms=terms, now=now)
        if sooner is not None and sooner.due_at < clocks.due_if_it_runs(clock, now=now):
            clocks.give_way(clock, to=sooner, actor=actor, now=now)


def _reported(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """Today's report is given. The next day's clock begins when this one was due, so that a second report on the same
    day is no report for tomorrow.
    """
    for clock in clocks.unstopped(complaint, ClockKind.PROGRESS):
        if clock.started_at <= now:
            clocks.stop_one(clock, actor=actor, now=now)
            db.session.flush()
            _next_report(clock, terms=clocks.current_terms(), now=now)


def _next_report(clock: Clock, *, terms: Terms, now: datetime) -> Clock | None:
    complaint = clock.complaint
    if not _is_reported_on(complaint):
        return None
    return clocks.start(ClockKind.PROGRESS, complaint, started_at=clock.due_at, terms=terms, now=now)


def _report_daily(complaint: Complaint, *, actor: Actor, now: datetime) -> None:
    """Start the daily report where one is owed, end it where none is any more."""
    running = clocks.unstopped(complaint, ClockKind.PROGRESS)
    if not _is_reported_on(complaint):
        clocks.end(running, actor=actor, now=now)
    elif not running:
        clocks.start(ClockKind.PROGRESS, complaint, started_at=now, terms=clocks.current_terms(), now=now)


def _is_reported_on(complaint: Complaint) -> bool:
    """A delay that was graded, or a rework that is promised and not done."""
    if not complaint.is_open:
        return False
    is_delay = complaint.category is Category.DELAY and complaint.severity is not None and not complaint.is_history
    return is_delay or bool(clocks.unstopped(complaint, ClockKind.REWORK))
