"""Two workers at once: each due step is done once, each message goes out once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs import tasks
from models import Escalation, Notification, Shift, SmsInboxMessage, TimelineEvent
from rules.escalation import DutyRoleCode
from rules.vocabulary import EventKind, NotificationKind, NotificationState
from tests.cast import Cast
from tests.journeys.conftest import Desk

OnDuty = dict[DutyRoleCode, Shift]


@pytest.mark.parametrize("after", [timedelta(minutes=10), timedelta(minutes=31)], ids=["call", "breach"])
def test_two_sweeps_at_the_same_moment_do_the_work_of_one(
    desk: Desk, cast: Cast, on_duty: OnDuty, after: timedelta
) -> None:
    xiaozhou = desk.seat(cast.xiaozhou)
    numbers = [xiaozhou.hears(phone=f"1391111000{n}", room=f"{n}栋101", community=f"小区{n}") for n in range(1, 6)]
    desk.send()
    desk.clock.forward(seconds=after.total_seconds())
    ids = [desk.complaint(number).id for number in numbers]

    answers = desk.run_at_once(tasks.sweep_clocks, tasks.sweep_chains, tasks.sweep_clocks, tasks.sweep_chains)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    desk.restart()
    desk.sweep()  # Whatever one had to leave to the other is done now; nothing is done twice.

    desk.session.rollback()
    steps = Counter(desk.session.scalars(select(Escalation.complaint_id)))
    assert steps == dict.fromkeys(ids, 1)
    breaches = Counter(
        desk.session.scalars(select(TimelineEvent.complaint_id).where(TimelineEvent.kind == EventKind.CLOCK_BREACHED))
    )
    assert set(breaches.values()) <= {2}, "contact and triage, each once"
    keys = list(desk.session.scalars(select(Notification.dedup_key)))
    assert len(keys) == len(set(keys))


def test_two_senders_at_the_same_moment_send_each_message_once(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    xiaozhou = desk.seat(cast.xiaozhou)
    for n in range(1, 8):
        xiaozhou.hears(phone=f"1391111000{n}", room=f"{n}栋101", community=f"小区{n}")
    answers = desk.run_at_once(tasks.dispatch_messages, tasks.dispatch_messages, tasks.dispatch_messages)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    desk.restart()
    desk.send()
    desk.session.rollback()
    arrived = Counter(desk.session.scalars(select(SmsInboxMessage.message_id)))
    assert set(arrived.values()) == {1}
    sent = desk.session.scalars(select(Notification).where(Notification.public_id.in_(arrived))).all()
    assert {message.state for message in sent} == {NotificationState.ACCEPTED}
    calls = desk.session.scalars(select(Notification).where(Notification.kind == NotificationKind.DUTY_CALL)).all()
    assert len(calls) == 7 and {(call.bundle or call).public_id for call in calls} == set(arrived)
