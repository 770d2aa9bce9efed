"""Two press at the same moment around a shift, a clock or a meeting: one of them did it, the other is told so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import CalendarFeed, ClockPause, Complaint, Handover, Override, Person, Shift, Swap, TriageMeeting
from rules.swaps import SwapState
from rules.vocabulary import ClockState
from services import handovers, pauses, swaps
from services.duty import between
from tests.attacks.test_at_once import at_once
from tests.cast import Cast
from tests.client import DeskClient
from tests.factories import DutyRoleFactory, ShiftFactory
from tests.stories import recorded

Db = scoped_session[Session]
HOUR = timedelta(hours=1)
Press = Callable[..., Callable[[], int]]


@pytest.fixture
def press(new_client: Callable[[], DeskClient]) -> Press:
    """A button ready to be pressed: its person is logged in and has the page's token."""

    def ready(who: Person, url: str, **fields: Any) -> Callable[[], int]:
        client = new_client()
        assert client.login(who).status_code == 302
        data = {"csrf_token": client.token("/password"), **fields}
        return lambda: client.post(url, data=data).status_code

    return ready


@pytest.fixture
def shift(cast: Cast, session: Db, now: datetime) -> Shift:
    """周强 is on duty for engineering on Monday from 8 to 16."""
    starts_at = now + 34 * HOUR  # The test's clock stands at Saturday 22:00.
    made = ShiftFactory(
        role=DutyRoleFactory(code="engineering"), person=cast.zhou, starts_at=starts_at, ends_at=starts_at + 8 * HOUR
    )
    session.commit()
    return made


@pytest.fixture
def swap(shift: Shift, cast: Cast, session: Db, now: datetime) -> Swap:
    """周强 asks 林晓 to take it over."""
    (hours,) = between(start=shift.starts_at, end=shift.ends_at)
    swap = swaps.request(hours, to=cast.lin, reason="参加婚礼", actor=cast.zhou, now=now)
    session.commit()
    return swap


ASKED = {"starts_at": "2026-11-23T08:00", "ends_at": "2026-11-23T16:00", "role": "engineering", "reason": "参加婚礼"}


def count(session: Db, model: Any, *where: Any) -> int:
    session.rollback()
    return session.scalar(select(func.count(model.id)).where(*where)) or 0


def test_the_same_hours_are_asked_for_once(shift: Shift, cast: Cast, press: Press, session: Db) -> None:
    asking = [
        press(cast.zhou, "/swaps/new", to=str(other.id), in_return="", **ASKED) for other in (cast.lin, cast.zhao)
    ]
    assert sorted(at_once(*asking)) == [303, 409]
    assert count(session, Swap) == 1


def test_accepted_and_withdrawn_at_once_is_one_of_both(swap: Swap, cast: Cast, press: Press, session: Db) -> None:
    answers = at_once(press(cast.lin, f"/swaps/{swap.id}/accept"), press(cast.zhou, f"/swaps/{swap.id}/withdraw"))
    assert set(answers) <= {303, 409}
    session.expire_all()
    assert swap.state is (SwapState.WITHDRAWN if answers[1] == 303 else SwapState.ACCEPTED)


def test_two_who_approve_at_once_move_the_hours_once(
    swap: Swap, cast: Cast, press: Press, session: Db, now: datetime
) -> None:
    swaps.accept(swap, actor=cast.lin, now=now)
    session.commit()
    answers = at_once(
        press(cast.roster, f"/swaps/{swap.id}/approve"),
        press(cast.admin, f"/swaps/{swap.id}/approve"),
        press(cast.admin, f"/swaps/{swap.id}/reject", answer="人手不够"),
    )
    assert sorted(answers) == [303, 409, 409]
    session.expire_all()
    assert count(session, Override) == (1 if swap.state is SwapState.DONE else 0)


def test_the_same_hours_are_given_to_two_and_one_gets_them(shift: Shift, cast: Cast, press: Press, session: Db) -> None:
    answers = at_once(
        *(
            press(who, "/overrides/new", **ASKED, instead_of=str(cast.zhou.id), person=str(cast.lin.id))
            for who in (cast.roster, cast.admin)
        )
    )
    assert sorted(answers) == [303, 409]
    assert count(session, Override) == 1
    there = between(start=shift.starts_at, end=shift.ends_at)
    assert [each.person.login for each in there] == ["lin"]


def test_a_feed_that_is_renewed_four_times_at_once_has_one_address(cast: Cast, press: Press, session: Db) -> None:
    assert at_once(*(press(cast.zhou, "/roster/feeds") for _ in range(4))) == [200] * 4
    assert count(session, CalendarFeed, CalendarFeed.ended_at.is_(None)) == 1


def test_a_handover_is_accepted_once(cast: Cast, press: Press, session: Db, clock: Any, shift: Shift) -> None:
    ShiftFactory(role=shift.role, person=cast.zhao, starts_at=shift.ends_at, ends_at=shift.ends_at + 8 * HOUR)
    clock.set(shift.ends_at)
    handovers.sweep(now=clock.now())
    session.commit()
    handover = session.scalars(select(Handover)).one()
    answers = at_once(*(press(cast.zhao, f"/handovers/{handover.id}/accept") for _ in range(3)))
    assert answers == [303] * 3
    session.expire_all()
    assert (handover.taken_by_id, handover.accepted_at) == (cast.zhao.id, clock.now())


def test_a_clock_is_paused_once_and_a_meeting_called_once(
    cast: Cast, on_duty: object, press: Press, session: Db, now: datetime
) -> None:
    complaint: Complaint = recorded(cast, now=now)
    session.commit()
    waiting = str(pauses.pausable(complaint)[0].id)
    url = f"/complaints/{complaint.number}"
    answers = at_once(
        *(press(who, f"{url}/pause", clocks=waiting, reason="等业主选砖") for who in (cast.lin, cast.zhou))
    )
    assert sorted(answers)[0] == 302
    assert sorted(answers)[1] in (409, 422)
    assert count(session, ClockPause) == 1
    assert [clock.state for clock in complaint.clocks].count(ClockState.PAUSED) == 1
    called = [str(cast.zhou.id), str(cast.he.id)]
    answers = at_once(*(press(who, f"{url}/meet", attendees=called) for who in (cast.lin, cast.zhou)))
    assert 302 in answers
    assert set(answers) <= {302, 409}
    assert count(session, TriageMeeting) == 1
