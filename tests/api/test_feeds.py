"""The roster in a calendar app, read with a real iCalendar parser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models import CalendarFeed, RecordChange, Shift
from rules.escalation import DutyRoleCode
from services import departures, duty, feeds, leaves, overrides
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.conftest import Hands
from tests.factories import DutyRoleFactory, ShiftFactory

Db = scoped_session[Session]
HOUR = timedelta(hours=1)
START = datetime(2026, 11, 23, 0, tzinfo=UTC)
"""Monday, 8 in the morning in Shanghai."""


@pytest.fixture
def monday(cast: Cast, session: Db) -> Shift:
    """周强 stands for engineering on Monday from 8 to 16."""
    shift = put(cast.zhou, 0)
    session.commit()
    return shift


def put(person: Any, hours: float, *, code: DutyRoleCode = DutyRoleCode.ENGINEERING) -> Shift:
    role = DutyRoleFactory(code=code)
    starts_at = START + hours * HOUR
    return ShiftFactory(role=role, person=person, starts_at=starts_at, ends_at=starts_at + 8 * HOUR)


def address(cast: Cast, session: Db, clock: Hands, *, login: str = "zhou", code: DutyRoleCode | None = None) -> str:
    role = duty.role(code) if code else None
    secret = feeds.renew(role=role, actor=getattr(cast, login), now=clock.now())
    session.commit()
    return f"/calendar/{secret}.ics"


def events(client: DeskClient, url: str) -> list[Any]:
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.mimetype == "text/calendar"
    calendar = Calendar.from_ical(answer.get_data())
    assert not calendar.errors
    found = calendar.walk("VEVENT")
    assert not [event.errors for event in found if event.errors]
    return list(found)


class TestWhatItTells:
    def test_it_is_a_calendar_that_a_parser_accepts(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        calendar = Calendar.from_ical(client.get(address(cast, session, clock)).get_data())
        assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
        assert calendar["PRODID"]
        assert "周强" in calendar["X-WR-CALNAME"]

    def test_the_hours_are_utc_so_that_no_clock_can_shift_them(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        (event,) = events(client, address(cast, session, clock))
        assert (event.start, event.end) == (monday.starts_at, monday.ends_at)
        assert event.start.utcoffset() == timedelta(0)
        assert b"DTSTART:20261123T000000Z" in event.to_ical()

    def test_one_s_own_feed_holds_one_s_own_hours_of_every_role(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        put(cast.zhou, 24, code=DutyRoleCode.DESIGN)
        put(cast.he, 48)
        assert len(events(client, address(cast, session, clock))) == 2

    def test_a_role_s_feed_names_who_is_there(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        put(cast.he, 8)
        put(cast.gao, 8, code=DutyRoleCode.LEGAL)
        url = address(cast, session, clock, login="lin", code=DutyRoleCode.ENGINEERING)
        assert ["周强" in str(event["SUMMARY"]) for event in events(client, url)] == [True, False]

    def test_it_tells_who_is_really_there(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        now = clock.now()
        overrides.replace(
            role=monday.role,
            person=cast.zhou,
            substitute=cast.he,
            starts_at=START + 2 * HOUR,
            ends_at=START + 4 * HOUR,
            reason="体检",
            actor=cast.roster,
            now=now,
        )
        leaves.record(
            cast.zhou, starts_at=START + 6 * HOUR, ends_at=START + 9 * HOUR, reason="", actor=cast.roster, now=now
        )
        mine = events(client, address(cast, session, clock))
        assert [(event.start - START) / HOUR for event in mine] == [0, 4]
        assert [(event.end - START) / HOUR for event in mine] == [2, 6]
        (theirs,) = events(client, address(cast, session, clock, login="he"))
        assert "周强" in theirs["DESCRIPTION"]
        assert "体检" not in str(theirs.to_ical().decode()), "why is nobody's business"

    def test_it_speaks_the_language_of_the_page_it_was_made_on(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        url = address(cast, session, clock)
        (chinese,), (english,) = events(client, url), events(client, f"{url}?lang=en")
        assert (chinese["SUMMARY"], english["SUMMARY"]) == ("值班：工程", "On duty: Engineering")
        client.login(cast.zhou)
        client.send("/language", {"lang": "en"}, page="/roster/mine")
        made = soup_of(client.send("/roster/feeds", {"role": ""}, page="/roster/mine")).select_one("#address")
        assert made.text.endswith(".ics?lang=en")

    def test_names_are_stable_and_no_two_are_the_same(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        put(cast.zhou, 24)
        url = address(cast, session, clock)
        before = [str(event["UID"]) for event in events(client, url)]
        overrides.remove(
            role=monday.role,
            person=cast.zhou,
            starts_at=START + 2 * HOUR,
            ends_at=START + 4 * HOUR,
            reason="体检",
            actor=cast.roster,
            now=clock.now(),
        )
        after = [str(event["UID"]) for event in events(client, url)]
        assert set(before) < set(after)
        assert len(set(after)) == len(after) == 3
        clock.forward(hours=1)
        assert [str(event["UID"]) for event in events(client, url)] == after

    def test_long_chinese_lines_are_folded_between_characters(
        self, client: DeskClient, cast: Cast, session: Db, clock: Hands, monday: Shift
    ) -> None:
        monday.remarks = "先到物业前台拿钥匙，再上十八栋；" * 8
        url = address(cast, session, clock)
        (event,) = events(client, url)
        assert event["DESCRIPTION"] == monday.remarks
        assert max(map(len, client.get(url).get_data().split(b"\r\n"))) <= 75

    def test_the_last_month_and_the_next_three(self, client: DeskClient, cast: Cast, session: Db, clock: Hands) -> None:
        for days in (-40, -30, 90, 100):
            put(cast.zhou, days * 24)
        assert len(events(client, address(cast, session, clock))) == 2


class TestTheSecret:
    def test_only_its_hash_is_kept(self, cast: Cast, session: Db, clock: Hands) -> None:
        url = address(cast, session, clock)
        secret = url.removeprefix("/calendar/").removesuffix(".ics")
        feed = session.scalars(select(CalendarFeed)).one()
        kept = [str(feed.secret_hash), *(str(change.changes) for change in session.scalars(select(RecordChange)))]
        assert all(secret not in text for text in kept)
        assert all(feed.secret_hash not in text for text in kept[1:])
        assert len(secret) >= 43, "256 bits"

    def test_a_new_one_ends_the_old_one(self, client: DeskClient, cast: Cast, session: Db, clock: Hands) -> None:
        old = address(cast, session, clock)
        new = address(cast, session, clock)
        assert client.get(old).status_code == 404
        assert client.get(new).status_code == 200

    def test_one_s_feeds_do_not_end_each_other(self, client: DeskClient, cast: Cast, session: Db, clock: Hands) -> None:
        urls = [address(cast, session, clock), address(cast, session, clock, code=DutyRoleCode.LEGAL)]
        urls.append(address(cast, session, clock, login="he"))
        assert [client.get(url).status_code for url in urls] == [200, 200, 200]

    def test_it_ends_with_the_account(self, client: DeskClient, cast: Cast, session: Db, clock: Hands) -> None:
        url = address(cast, session, clock)
        departures.set_active(cast.zhou, is_active=False, actor=cast.admin, now=clock.now())
        assert client.get(url).status_code == 404

    @pytest.mark.parametrize("made_up", ["x", "0" * 43, "%00", "%F0%9F%98%80" * 20, "a" * 5000, "..%2F..%2Fetc"])
    def test_a_made_up_one_is_not_found(self, client: DeskClient, cast: Cast, made_up: str) -> None:
        assert client.get(f"/calendar/{made_up}.ics").status_code == 404

    def test_it_opens_nothing_else(self, client: DeskClient, cast: Cast, session: Db, clock: Hands) -> None:
        client.get(address(cast, session, clock))
        assert client.get("/roster/").status_code == 302


class TestOnOnesPage:
    def test_the_address_is_shown_once(self, client: DeskClient, cast: Cast, monday: Shift) -> None:
        client.login(cast.zhou)
        page = soup_of(client.send("/roster/feeds", {"role": ""}, page="/roster/mine"))
        shown = page.select_one("#address")
        assert shown is not None
        url = shown.get_text(strip=True)
        assert url.startswith("http://localhost/calendar/")
        assert len(events(client, url)) == 1
        assert not soup_of(client.get("/roster/mine")).select("#address")

    def test_it_can_be_closed(self, client: DeskClient, cast: Cast, monday: Shift) -> None:
        client.login(cast.zhou)
        shown = soup_of(client.send("/roster/feeds", {"role": "legal"}, page="/roster/mine")).select_one("#address")
        assert shown is not None
        assert client.send("/roster/feeds", {"role": "legal", "end": "1"}, page="/roster/mine").status_code == 302
        assert client.get(shown.get_text(strip=True)).status_code == 404

    def test_nonsense_for_a_role_is_a_clear_no(self, client: DeskClient, cast: Cast) -> None:
        client.login(cast.zhou)
        assert client.send("/roster/feeds", {"role": "cook"}, page="/roster/mine").status_code == 404
