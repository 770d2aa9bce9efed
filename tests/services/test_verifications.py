"""A number is proved by a code that was sent to it: guessed by nobody, good for ten minutes, for this number alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Notification, PhoneVerification, RecordChange
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import MessageClass, NotificationKind
from services import people, verifications
from services.verifications import HOLDS, MOST_TRIES
from tests.cast import Cast
from tests.factories import PersonFactory

Db = scoped_session[Session]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def send(cast: Cast, session: Db, now: datetime) -> Callable[..., str]:
    """Have a code sent to 周强; the code that his phone shows."""

    def send_code(at: datetime = now) -> str:
        verification = verifications.send(cast.zhou, actor=cast.zhou, now=at)
        session.commit()
        found = session.scalars(
            select(Notification).where(Notification.dedup_key == f"verification:{verification.id}")
        ).one()
        code: str = found.variables["password"]
        assert code in found.text and found.phone == cast.zhou.phone
        return code

    return send_code


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_code_that_is_typed_back_proves_the_number(
    cast: Cast, send: Callable[..., str], now: datetime, session: Db
) -> None:
    code = send()
    assert verifications.prove(cast.zhou, code=code, actor=cast.zhou, now=now + MINUTE)
    assert cast.zhou.phone_verified_at == now + MINUTE
    changed = session.scalars(select(RecordChange)).all()
    assert [change.record_id for change in changed] == [cast.zhou.id]
    with pytest.raises(Refusal):
        verifications.prove(cast.zhou, code=code, actor=cast.zhou, now=now + MINUTE)
    with pytest.raises(Conflict):
        verifications.send(cast.zhou, actor=cast.zhou, now=now + 10 * MINUTE)


def test_it_may_be_typed_with_spaces_and_in_wide_digits(cast: Cast, send: Callable[..., str], now: datetime) -> None:
    code = send()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert verifications.prove(cast.zhou, code=f" {wide[:3]} {wide[3:]} ", actor=cast.admin, now=now)


def test_the_message_is_a_code_that_waits_for_no_morning_and_expires_with_it(
    send: Callable[..., str], now: datetime, session: Db
) -> None:
    send()
    message = session.scalars(select(Notification)).one()
    assert (message.kind, message.message_class) == (NotificationKind.VERIFICATION, MessageClass.VERIFICATION)
    assert (message.due_at, message.expires_at) == (now, now + HOLDS)


def test_only_a_hash_is_kept(send: Callable[..., str], session: Db) -> None:
    code = send()
    kept = session.scalars(select(PhoneVerification)).one()
    assert len(kept.code_hash) == 64 and code not in kept.code_hash


def test_after_ten_minutes_it_proves_nothing(cast: Cast, send: Callable[..., str], now: datetime) -> None:
    code = send()
    with pytest.raises(Refusal):
        verifications.prove(cast.zhou, code=code, actor=cast.zhou, now=now + HOLDS)
    assert cast.zhou.phone_verified_at is None


def test_five_wrong_ones_end_it(cast: Cast, send: Callable[..., str], now: datetime, session: Db) -> None:
    code = send()
    for _ in range(MOST_TRIES):
        assert not verifications.prove(cast.zhou, code=wrong(code), actor=cast.zhou, now=now)
        session.commit()
    with pytest.raises(Refusal, match="Too many"):
        verifications.prove(cast.zhou, code=code, actor=cast.zhou, now=now)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12 34", "١٢٣٤٥", "-12345", "1" * 500])
def test_what_is_no_code_is_refused_and_not_counted(
    cast: Cast, send: Callable[..., str], now: datetime, session: Db, typed: str
) -> None:
    send()
    with pytest.raises(Refusal, match="six digits"):
        verifications.prove(cast.zhou, code=typed, actor=cast.zhou, now=now)
    assert session.scalar(select(PhoneVerification.tries)) == 0


def test_only_the_newest_code_counts(cast: Cast, send: Callable[..., str], now: datetime) -> None:
    old, new = send(), send(now + MINUTE)
    if old != new:
        assert not verifications.prove(cast.zhou, code=old, actor=cast.zhou, now=now + MINUTE)
    assert verifications.prove(cast.zhou, code=new, actor=cast.zhou, now=now + MINUTE)


def test_codes_are_sent_once_a_minute_and_five_times_an_hour(
    cast: Cast, send: Callable[..., str], now: datetime
) -> None:
    for place in range(5):
        send(now + place * MINUTE)
        with pytest.raises(Refusal, match="wait"):
            verifications.send(cast.zhou, actor=cast.zhou, now=now + place * MINUTE + 59 * MINUTE / 60)
    with pytest.raises(Refusal, match="wait"):
        verifications.send(cast.zhou, actor=cast.admin, now=now + 30 * MINUTE)
    send(now + 60 * MINUTE)


def test_another_number_is_proved_anew(cast: Cast, send: Callable[..., str], now: datetime) -> None:
    code = send()

    def move(phone: str) -> None:
        people.edit(cast.zhou, name="周强", position=None, phone=phone, email="", actor=cast.admin, now=now)

    move("13900135555")
    with pytest.raises(Refusal, match="No code waits"):
        verifications.prove(cast.zhou, code=code, actor=cast.zhou, now=now)
    cast.zhou.phone_verified_at = now
    move("139 0013 5555")
    assert cast.zhou.phone_verified_at == now, "the same number, typed another way"
    move("13900136666")
    assert cast.zhou.phone_verified_at is None


def test_one_proves_ones_own_number_or_looks_after_the_accounts(cast: Cast, send: Any, now: datetime) -> None:
    code = send()
    for other in (cast.lin, cast.roster, cast.auditor):
        with pytest.raises(NotAllowed):
            verifications.send(cast.zhou, actor=other, now=now)
        with pytest.raises(NotAllowed):
            verifications.prove(cast.zhou, code=code, actor=other, now=now)
    assert verifications.prove(cast.zhou, code=code, actor=cast.admin, now=now)


def test_without_a_number_there_is_nothing_to_verify(cast: Cast, now: datetime) -> None:
    with pytest.raises(Refusal, match="no mobile number"):
        verifications.send(PersonFactory(phone=None), actor=cast.admin, now=now)


def test_guesses_at_the_same_moment_are_five_at_most(
    cast: Cast, send: Callable[..., str], at_once: Callable[..., list[Any]], now: datetime, session: Db
) -> None:
    code, person_id = send(), cast.zhou.id

    def guess() -> bool:
        person = people.by_id(person_id)
        return verifications.prove(person, code=wrong(code), actor=person, now=now)

    answers = at_once(*[guess] * 8)
    assert sum(answer is False for answer in answers) == MOST_TRIES
    assert sum(isinstance(answer, Refusal) for answer in answers) == 8 - MOST_TRIES


def test_two_codes_at_the_same_moment_are_one(
    cast: Cast, at_once: Callable[..., list[Any]], now: datetime, session: Db
) -> None:
    person_id = cast.zhou.id

    def send() -> object:
        person = people.by_id(person_id)
        return verifications.send(person, actor=person, now=now).id

    answers = at_once(send, send, send)
    assert sum(isinstance(answer, Refusal) for answer in answers) == 2
    assert session.scalar(select(func.count(PhoneVerification.id))) == 1


def test_who_is_on_duty_with_an_unverified_number_is_known(
    cast: Cast, on_duty: Any, now: datetime, session: Db
) -> None:
    for person in (cast.lin, cast.he):
        person.phone_verified_at = now
    session.flush()
    assert {person.name for person in verifications.unverified_on_duty(at=now)} == {"周强", "高岩"}
