"""Messages through a real gateway to a real message centre, and what phones say back, told in order (SM1–SM7)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from extensions import db
from models import Complaint, Notification, Person, TimelineEvent
from rules.vocabulary import Category, EventKind, NotificationKind, NotificationState
from services import notifications
from tests import stories
from tests.sms_e2e.centre import Centre
from tests.sms_e2e.conftest import Desk, code_in
from tests.sms_e2e.kannel import NUMBER

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(180)]

State = NotificationState
UCS2 = 8
STRANGER = "+8613700137000"


def recorded(desk: Desk, *, now: datetime, phone: str, category: Category) -> tuple[int, str]:
    """A complaint, committed: from here on everything happens by itself; returns its id and number."""
    complaint = stories.recorded(desk.cast, now=now, phone=phone, category=category)
    db.session.commit()
    return desk.look(lambda: (complaint.id, complaint.number))


def queue(desk: Desk, person: Person, *, text: str = "", now: datetime) -> int:
    """A message to somebody, committed; with a text of its own where one is given."""
    queued = notifications.queue(kind=NotificationKind.TEST, person=person, dedup_key=f"e2e:{person.id}", now=now)
    assert queued is not None
    queued.text = text or queued.text
    db.session.commit()
    return desk.look(lambda: queued.id)


def message(desk: Desk, *which: ColumnElement[bool]) -> Notification:
    """The only such message, with its history, as it stands now."""

    def ask() -> Notification:
        found = db.session.scalars(select(Notification).where(*which).options(selectinload(Notification.steps))).one()
        for each in (*found.steps, found):
            db.session.expunge(each)
        return found

    return desk.look(ask)


def call(desk: Desk, complaint_id: int, person: str) -> Notification:
    """The message that calls this person of the cast for the complaint."""
    return message(desk, Notification.complaint_id == complaint_id, Notification.person_id == desk.ids[person])


def test_a_call_in_chinese_reaches_the_phone_and_the_receipt_comes_back(
    desk: Desk, centre: Centre, now: datetime
) -> None:
    complaint_id, number = recorded(desk, now=now, phone="13900139001", category=Category.QUALITY)
    desk.until_it_is(State.DELIVERED, call(desk, complaint_id, "zhou").id)
    sent = call(desk, complaint_id, "zhou")
    (arrival,) = centre.submitted(sent.phone)
    assert arrival.data_coding == UCS2
    assert arrival.text == f"【安心桥】{sent.text}" and number in sent.text
    states = [step.state for step in sent.steps]
    assert states == [State.QUEUED, State.CLAIMED, State.ATTEMPTED, State.ACCEPTED, State.DELIVERED]
    assert {step.channel for step in sent.steps[2:]} == {"kannel"}


def test_1_and_the_code_from_the_phone_acknowledges_in_that_persons_name(
    desk: Desk, centre: Centre, now: datetime
) -> None:
    complaint_id, _ = recorded(desk, now=now, phone="13900139002", category=Category.DESIGN)
    sent = call(desk, complaint_id, "he")
    desk.until_it_is(State.DELIVERED, sent.id)
    centre.say(sent.phone, f"1 {code_in(centre.taken(sent.phone)[0])}", to=NUMBER)
    desk.until(lambda: db.session.get_one(Complaint, complaint_id).acknowledged_by_id == desk.ids["he"])
    told = select(TimelineEvent.actor_id).where(
        TimelineEvent.complaint_id == complaint_id, TimelineEvent.kind == EventKind.ACKNOWLEDGED
    )
    assert desk.look(lambda: db.session.scalars(told).all()) == [desk.ids["he"]]
    answers = Notification.person_id == desk.ids["he"], Notification.kind == NotificationKind.ANSWER
    answer = message(desk, *answers)
    desk.until_it_is(State.DELIVERED, answer.id)
    assert centre.taken(sent.phone)[1:] == [f"【安心桥】{answer.text}"]


def test_an_unknown_phone_gets_a_clear_answer_and_changes_nothing(desk: Desk, centre: Centre, now: datetime) -> None:
    sent = message(desk, Notification.person_id == desk.ids["zhou"], Notification.complaint_id.is_not(None))
    centre.say(STRANGER, f"1 {code_in(centre.taken(sent.phone)[0])}", to=NUMBER)
    desk.until(lambda: centre.taken(STRANGER))
    assert desk.look(lambda: db.session.get_one(Complaint, sent.complaint_id).acknowledged_at) is None


def test_a_long_one_goes_in_parts_and_arrives_whole(desk: Desk, centre: Centre, now: datetime) -> None:
    text = "长短信测试" * 20
    desk.until_it_is(State.DELIVERED, queue(desk, desk.cast.zhao, text=text, now=now))
    phone = desk.look(lambda: desk.cast.zhao.phone)
    assert sorted(part.place[1:] for part in centre.submitted(phone)) == [(2, 1), (2, 2)]
    assert centre.taken(phone) == [f"【安心桥】{text}"]


def test_what_the_centre_throttles_is_taken_later_and_once(desk: Desk, centre: Centre, now: datetime) -> None:
    phone = desk.look(lambda: desk.cast.analyst.phone)
    centre.throttle(phone, times=2)
    desk.until_it_is(State.DELIVERED, queue(desk, desk.cast.analyst, now=now))
    assert [each.is_taken for each in centre.submitted(phone)] == [False, False, True]


def test_what_never_reaches_the_phone_has_failed_where_people_look_and_the_chain_goes_on(
    desk: Desk, centre: Centre, now: datetime
) -> None:
    phone = desk.look(lambda: desk.cast.lin.phone)
    centre.lose(phone)
    complaint_id, number = recorded(desk, now=now, phone="13900139003", category=Category.SERVICE)
    sent = call(desk, complaint_id, "lin")
    desk.until_it_is(State.FAILED, sent.id)
    assert message(desk, Notification.id == sent.id).provider_code == "UNDELIV 005"
    failed = (
        select(TimelineEvent.details)
        .where(TimelineEvent.complaint_id == complaint_id, TimelineEvent.kind == EventKind.NOTIFICATION_FAILED)
        .order_by(TimelineEvent.id)
    )
    assert desk.look(lambda: db.session.scalars(failed).all())[0]["code"] == "UNDELIV 005"
    assert "未能通知 林晓" in desk.visitor("lin").get(f"/complaints/{number}").text
    next_call = select(Notification.id).where(
        Notification.complaint_id == complaint_id, Notification.kind == NotificationKind.ESCALATION
    )
    desk.until(lambda: db.session.scalars(next_call).first())
