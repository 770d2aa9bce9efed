"""The jobs themselves. Each may run twice, late or beside itself: what is due is asked of the database."""

from __future__ import annotations

from flask import current_app

from extensions import timepiece
from jobs import running
from services import (
    acknowledgements,
    appointment_reminders,
    chain_audit,
    channels,
    clock_sweep,
    complaint_drills,
    corrective_actions,
    delays,
    digests,
    drills,
    escalations,
    fallbacks,
    follow_ups,
    handovers,
    imports,
    inspections,
    meetings,
    notifications,
    outbox,
    project_visits,
    promises,
    reminders,
    rotations,
    silences,
    swaps,
)


def dispatch_messages() -> int:
    """Hand what stands in the outbox to the providers; returns how many messages."""
    fleet, threads = channels.configured(), current_app.config["DESK"].send_threads
    return running.run(
        "dispatch_messages", lambda now: outbox.dispatch(fleet=fleet, clock=timepiece.now, threads=threads)
    )


def watch_receipts() -> int:
    """Send another way what was accepted and never arrived; returns how many messages."""
    return running.run("watch_receipts", lambda now: fallbacks.sweep(now=now))


def remind_appointments() -> int:
    """Remind customers and technicians of appointments that come; returns how many messages."""
    return running.run("remind_appointments", lambda now: appointment_reminders.remind(now=now))


def send_digests() -> int:
    """Tell those in charge each morning what is open; returns how many messages."""
    return running.run("send_digests", lambda now: digests.send(now=now))


def end_drills() -> int:
    """Close drills whose time is over; returns how many."""
    return running.run("end_drills", lambda now: drills.end_overdue(now=now) + complaint_drills.end_overdue(now=now))


def sweep_clocks() -> int:
    """Warn of clocks that run out and mark those that did; returns how many."""
    return running.run_in_batches("sweep_clocks", lambda now: clock_sweep.sweep(now=now), batch=clock_sweep.SWEEP_BATCH)


def sweep_chains() -> int:
    """Call the next person where nobody answered or an acknowledgement went stale; returns how many of both."""
    return running.run_in_batches(
        "sweep_chains",
        lambda now: escalations.sweep(now=now) + acknowledgements.sweep(now=now),
        batch=escalations.SWEEP_BATCH,
    )


def nudge_silences() -> int:
    """Nudge the first responder where the customer hears nothing; returns for how many complaints."""
    return running.run_in_batches("nudge_silences", lambda now: silences.sweep(now=now), batch=silences.SWEEP_BATCH)


def audit_chains() -> int:
    """Find chains that stand still and put them right; returns how many."""
    return running.run_in_batches("audit_chains", lambda now: chain_audit.audit(now=now), batch=chain_audit.BATCH)


def remind_shifts() -> int:
    """Tell members of the duty group that they are on duty soon, or tomorrow; returns how many."""
    return running.run("remind_shifts", lambda now: reminders.remind(now=now) + reminders.remind_of_tomorrow(now=now))


def hand_over_shifts() -> int:
    """Open the handover of every change of shift, and tell of those not accepted; returns how many of both."""
    return running.run("hand_over_shifts", lambda now: handovers.sweep(now=now))


def extend_rotations() -> int:
    """Make the shifts of rotations up to the horizon; returns how many."""
    return running.run("extend_rotations", lambda now: rotations.extend(now=now))


def expire_swaps() -> int:
    """Close swaps of duty that nobody settled in time; returns how many."""
    return running.run("expire_swaps", lambda now: swaps.expire(now=now))


def warn_of_gaps() -> int:
    """Tell the leader before a role of the duty group stands empty; returns how many messages."""
    return running.run("warn_of_gaps", lambda now: reminders.warn_of_gaps(now=now))


def tell_of_water_tests() -> int:
    """Tell inspectors whose water has stood for a day; returns how many."""
    return running.run("tell_of_water_tests", lambda now: inspections.tell_of_water(now=now))


def remind_promises() -> int:
    """Tell people that a promise they made falls due soon; returns how many."""
    return running.run("remind_promises", lambda now: promises.remind(now=now))


def check_actions() -> int:
    """Remind of corrective actions, and look at the effect of those whose day has come; returns how many of both."""
    return running.run_in_batches(
        "check_actions", lambda now: corrective_actions.sweep(now=now), batch=corrective_actions.BATCH
    )


def ask_customers() -> int:
    """Ask the customers whose follow-up is due, and plan the visits of finished projects; returns how many of both."""
    return running.run_in_batches(
        "ask_customers",
        lambda now: project_visits.plan(now=now) + follow_ups.sweep(now=now),
        batch=follow_ups.BATCH,
    )


def count_delays() -> int:
    """Raise complaints about a delay that grew too long in the calendar; returns how many."""
    return running.run("count_delays", lambda now: delays.follow_calendar(now=now))


def flag_meetings() -> int:
    """Flag triage meetings that go on for longer than their ten minutes; returns how many."""
    return running.run("flag_meetings", lambda now: meetings.flag_overruns(now=now))


def expire_notifications() -> int:
    """Drop messages that are too old to be of use; returns how many."""
    return running.run_in_batches(
        "expire_notifications", lambda now: notifications.expire(now=now), batch=notifications.EXPIRY_BATCH
    )


def check_import(batch_id: int) -> int:
    """Read an uploaded spreadsheet and write the report; returns how many rows it has."""
    return running.run("check_import", lambda now: imports.check_batch(batch_id, now=now))


def apply_import(batch_id: int) -> int:
    """Write the accepted rows of a spreadsheet; returns how many."""
    return running.run("apply_import", lambda now: imports.apply_batch(batch_id, now=now))


def resume_imports() -> int:
    """Go on with spreadsheets whose job was lost; returns how many rows were checked or written."""
    return running.run("resume_imports", lambda now: imports.resume(now=now))
