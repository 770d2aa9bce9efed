"""Two replies at once, a reply and a button at once, the same push in several threads: one wins, the others hear so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from extensions import db
from gateways.base import Reply
from models import Complaint, InboundMessage, Notification, TimelineEvent
from rules import reply_codes
from rules.vocabulary import EventKind, NotificationKind, NotificationState, ReplyOutcome
from services import calls, replies
from tests.attacks.test_at_once import at_once
from tests.cast import Cast
from tests.client import DeskClient
from tests.factories import IntakeFactory, NotificationFactory

Db = scoped_session[Session]
STATE = NotificationState


@pytest.fixture
def complaint(cast: Cast, on_duty: object, session: Db, now: datetime) -> Complaint:
    """One that 周强 and 林晓 were both called to."""
    found = calls.record(IntakeFactory(), actor=cast.xiaozhou, now=now)
    for place, person in enumerate((cast.zhou, cast.lin)):
        NotificationFactory(
            kind=NotificationKind.ESCALATION,
            person=person,
            complaint=found,
            state=STATE.ACCEPTED,
            attempted_at=now,
            reply_code=reply_codes.code(place),
        )
    session.commit()
    return found


@pytest.fixture
def writes(app: Flask, now: datetime) -> Callable[[str, str, str], Callable[[], int]]:
    """Somebody whose reply is brought by a request of its own."""

    def prepare(phone: str, text: str, provider_id: str) -> Callable[[], int]:
        def bring() -> int:
            with app.app_context():
                try:
                    count = replies.take("sandbox", [Reply(provider_id, phone, text)], now=now)
                    db.session.commit()
                    return count
                finally:
                    db.session.remove()

        return bring

    return prepare


def outcomes(session: Db) -> list[str]:
    session.expire_all()
    return sorted(session.scalars(select(InboundMessage.outcome)))


def taken(session: Db) -> int | None:
    return session.scalar(select(func.count(TimelineEvent.id)).where(TimelineEvent.kind == EventKind.ACKNOWLEDGED))


def test_of_two_who_reply_at_once_one_has_it_and_the_other_hears_so(
    complaint: Complaint, cast: Cast, writes: Any, session: Db
) -> None:
    zhou, lin = str(cast.zhou.phone), str(cast.lin.phone)
    session.commit()
    assert at_once(writes(zhou, "1", "a"), writes(lin, "1", "b")) == [1, 1]
    assert outcomes(session) == [ReplyOutcome.DONE, ReplyOutcome.REFUSED]
    assert complaint.acknowledged_by in (cast.zhou, cast.lin) and taken(session) == 1
    answers = session.scalars(select(Notification.text).where(Notification.kind == NotificationKind.ANSWER)).all()
    assert sorted("已有人接单" in text for text in answers) == [False, True]


def test_a_reply_and_a_button_at_once_are_one_acknowledgement(
    complaint: Complaint, cast: Cast, writes: Any, session: Db, new_client: Callable[[], DeskClient]
) -> None:
    number, zhou = complaint.number, str(cast.zhou.phone)
    client = new_client()
    client.login(cast.lin)
    token = client.token(f"/complaints/{number}")
    session.commit()

    def press() -> int:
        return client.post(f"/complaints/{number}/acknowledge", data={"csrf_token": token}).status_code

    replied, pressed = at_once(writes(zhou, "1", "a"), press)
    session.expire_all()
    assert replied == 1 and taken(session) == 1
    if complaint.acknowledged_by is cast.zhou:
        assert (pressed, outcomes(session)) == (409, [ReplyOutcome.DONE])
    else:
        assert (pressed, outcomes(session)) == (302, [ReplyOutcome.REFUSED])


def test_the_same_reply_in_several_threads_acts_once(
    complaint: Complaint, cast: Cast, writes: Any, session: Db
) -> None:
    same = [writes(str(cast.zhou.phone), "2", "same") for _ in range(5)]
    session.commit()
    assert sorted(at_once(*same)) == [0, 0, 0, 0, 1]
    session.expire_all()
    assert complaint.escalation_level == 1
    assert session.scalar(select(func.count(InboundMessage.id))) == 1


def test_two_bundles_of_the_same_complaints_wait_for_each_other_and_never_both(
    cast: Cast, on_duty: object, writes: Any, session: Db, now: datetime
) -> None:
    found = [calls.record(IntakeFactory(problem=f"第{n}户"), actor=cast.xiaozhou, now=now) for n in range(6)]
    for place, (person, order) in enumerate(((cast.zhou, found), (cast.lin, found[::-1]))):
        bundle = NotificationFactory(
            kind=NotificationKind.BUNDLE,
            person=person,
            state=STATE.ACCEPTED,
            attempted_at=now,
            reply_code=reply_codes.code(50 + place),
        )
        for complaint in order:
            NotificationFactory(
                kind=NotificationKind.ESCALATION,
                person=person,
                complaint=complaint,
                state=STATE.BUNDLED,
                bundle=bundle,
            )
    session.commit()
    zhou, lin = str(cast.zhou.phone), str(cast.lin.phone)
    acts = [writes(zhou, f"1 {reply_codes.code(50)}", "a"), writes(lin, f"1 {reply_codes.code(51)}", "b")]
    session.commit()
    assert at_once(*acts) == [1, 1]
    session.expire_all()
    assert {complaint.acknowledged_by for complaint in found} in ({cast.zhou}, {cast.lin}), "all of it, or nothing"
    assert outcomes(session) == [ReplyOutcome.DONE, ReplyOutcome.REFUSED]
