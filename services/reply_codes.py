"""Reply codes: what a receiver types to answer, given to a message when it leaves (SM2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from extensions import db
from models import Notification, Person
from rules import reply_codes, sms_templates
from rules.message_kinds import KINDS
from services import numbers, templates

LIVES = timedelta(days=7)
"""A code that old answers nothing any more, whatever became of its message."""

ROUNDS = 50
"""How often free codes are looked for; each time only as many are as are still wanted."""


def give(leaving: Sequence[Notification], *, now: datetime) -> None:
    """Give each message that can be answered its code, and say its words anew with it.

    Called by the only planner (``claims.claim``). A code that is still open somewhere is passed over.
    """
    coded = [each for each in leaving if not each.reply_code and _can_be_answered(each)]
    if not coded:
        return
    for notification, code in zip(coded, _fresh(len(coded), now=now), strict=True):
        notification.reply_code = code
        say(notification)


def _can_be_answered(notification: Notification) -> bool:
    """Whether a reply to it acts, and its words tell how."""
    if not KINDS[notification.kind].is_answerable or notification.person is None:
        return False
    text = templates.in_force(notification.kind, notification.person.message_language).text
    return sms_templates.CODE in sms_templates.variables(text)


def say(notification: Notification) -> None:
    """Word it for its receiver, with the code to answer it by."""
    assert isinstance(notification.person, Person)
    variables = {**notification.variables, "code": notification.reply_code}
    templates.worded(notification.kind, notification.person.message_language, variables).put_on(notification)


def end(complaint_id: int, *, now: datetime) -> None:
    """The complaint is over: its codes answer nothing any more and may be given again."""
    is_open = Notification.reply_code != "", Notification.code_ended_at.is_(None)
    coded = select(Notification.id).where(Notification.complaint_id == complaint_id, *is_open)
    # In the order in which the outbox holds messages, or each could wait for what the other has.
    held = coded.order_by(Notification.id).with_for_update(of=Notification)
    statement = update(Notification).where(Notification.id.in_(held))
    db.session.execute(statement.values(code_ended_at=now), execution_options={"synchronize_session": "fetch"})


def _fresh(count: int, *, now: datetime) -> list[str]:
    """So many codes of the sequence that stand for no other message now.

    They go round in a circle: where none is free among the next ones, those were given longest ago and are taken back.
    """
    found: list[str] = []
    for is_last_round in (*[False] * ROUNDS, True):
        wanted = count - len(found)
        if not wanted:
            break
        last = numbers.reply_place(wanted)
        codes = [reply_codes.code(place) for place in range(last - wanted + 1, last + 1)]
        is_open = Notification.reply_code.in_(codes), Notification.code_ended_at.is_(None)
        is_old = [] if is_last_round else [Notification.created_at < now - LIVES]
        old = update(Notification).where(*is_open, *is_old)
        db.session.execute(old.values(code_ended_at=now), execution_options={"synchronize_session": "fetch"})
        taken = set(db.session.scalars(select(Notification.reply_code).where(*is_open)))
        found += [code for code in codes if code not in taken]
    return found
