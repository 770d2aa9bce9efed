"""The clocks on a complaint's page and on the workbench: what runs, what waits, what was missed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from extensions import COMPANY_ZONE
from models import Clock, ClockPause, Promise
from rules.vocabulary import ClockKind, ClockState, ContactPurpose, PromiseKind
from services import calls, clock_sweep, regrading
from tests.client import soup_of
from tests.factories import ClockFactory, IntakeFactory
from tests.query_count import queries
from tests.stories import recorded


@pytest.fixture
def complaint(cast, on_duty, session, now):
    complaint = recorded(cast, now=now)
    session.commit()
    return complaint


def clock_of(session, complaint, kind: ClockKind) -> Clock:
    session.expire_all()
    return session.scalars(select(Clock).where(Clock.complaint_id == complaint.id, Clock.kind == kind)).one()


def press(client, complaint, action: str, **fields):
    return client.send(f"/complaints/{complaint.number}/{action}", fields, page=f"/complaints/{complaint.number}")


def test_every_clock_that_runs_is_a_card_with_a_countdown(client, cast, complaint):
    client.login(cast.zhou)
    cards = soup_of(client.get(f"/complaints/{complaint.number}")).select(".clocks .clock.running time[data-countdown]")
    assert len(cards) == 6


def test_a_clock_is_paused_with_a_reason_and_resumed(client, cast, complaint, session, clock):
    client.login(cast.zhou)
    on_site = clock_of(session, complaint, ClockKind.ON_SITE)
    due_at = on_site.due_at
    assert press(client, complaint, "pause", clocks=[str(on_site.id)], reason="客户周日才在家").status_code == 302
    page = soup_of(client.get(f"/complaints/{complaint.number}"))
    assert "客户周日才在家" in page.select_one(".clock.paused").text
    clock.forward(hours=20)
    assert press(client, complaint, "resume", clocks=[str(on_site.id)]).status_code == 302
    on_site = clock_of(session, complaint, ClockKind.ON_SITE)
    assert (on_site.state, on_site.due_at) == (ClockState.RUNNING, due_at + timedelta(hours=20))
    assert session.scalars(select(ClockPause)).one().resumed_by_id == cast.zhou.id


@pytest.mark.parametrize(
    ("said", "field"),
    [
        pytest.param({"reason": "等客户"}, "clocks", id="no clock"),
        pytest.param({"reason": "等客户", "clocks": ["999999"]}, "clocks", id="a made-up clock"),
        pytest.param({"reason": "等客户", "clocks": ["drei"]}, "clocks", id="no number"),
        pytest.param({"reason": " ", "clocks": None}, "reason", id="no reason"),
    ],
)
def test_a_pause_that_makes_no_sense_is_refused_beside_its_field(client, cast, complaint, session, said, field):
    client.login(cast.zhou)
    if "clocks" in said and said["clocks"] is None:
        said = {**said, "clocks": [str(clock_of(session, complaint, ClockKind.ON_SITE).id)]}
    answer = press(client, complaint, "pause", **said)
    assert answer.status_code == 422
    dialog = soup_of(answer).select_one("dialog[data-open-now]")
    assert dialog["id"] == "do-pause" and dialog.select(".has-error .field-error")
    assert session.scalar(select(ClockPause.id)) is None


def test_the_contact_clock_is_not_among_those_to_pause(client, cast, complaint):
    client.login(cast.zhou)
    choices = soup_of(client.get(f"/complaints/{complaint.number}")).select("#do-pause input[type=checkbox]")
    assert len(choices) == 3


def test_the_first_call_is_proposed_as_the_first_answer(client, cast, complaint, session):
    client.login(cast.zhou)
    chosen = soup_of(client.get(f"/complaints/{complaint.number}")).select_one("#do-contact [name=purpose] [selected]")
    assert chosen["value"] == ContactPurpose.FIRST_ANSWER
    press(client, complaint, "contact", method="phone", purpose="first_answer", is_reached="y", summary="明早九点上门")
    assert clock_of(session, complaint, ClockKind.FIRST_ANSWER).state is ClockState.MET


def test_a_rework_promise_is_made_from_the_page(client, cast, complaint, session):
    client.login(cast.zhou)
    press(client, complaint, "promise", text="三天返工完", promise_due_at="2026-11-25T18:00", kind="rework")
    assert session.scalars(select(Promise)).one().kind is PromiseKind.REWORK
    assert clock_of(session, complaint, ClockKind.REWORK).state is ClockState.RUNNING


def test_what_was_missed_stays_on_the_page(client, cast, complaint, session, clock):
    client.login(cast.zhou)
    clock_sweep.sweep(now=clock.forward(hours=3))
    session.commit()
    press(client, complaint, "contact", method="phone", purpose="first_answer", is_reached="y", summary="致歉")
    over = soup_of(client.get(f"/complaints/{complaint.number}")).select_one(".clocks-over")
    assert len(over.select(".badge.level-1")) >= 3  # The contact, the golden two hours, and the count of them.


def test_a_void_record_still_shows_that_it_was_overdue(client, cast, complaint, session, clock):
    client.login(cast.roster)
    clock_sweep.sweep(now=clock.forward(minutes=31))
    session.commit()
    assert press(client, complaint, "void", reason="误录").status_code == 302
    over = soup_of(client.get(f"/complaints/{complaint.number}")).select(".clocks-over li")
    assert len(over) == 6
    assert [bool(line.select(".over")) for line in over].count(True) == 2, "the contact and the triage"


def test_a_clock_says_since_when_it_runs_whose_it_was_and_by_which_version(client, cast, complaint, session, clock):
    client.login(cast.zhou)
    cards = soup_of(client.get(f"/complaints/{complaint.number}")).select(".clocks .clock-terms")
    assert len(cards) == 6
    assert all("11-21 22:00" in card.text and cast.xiaozhou.name in card.text for card in cards)
    assert {card.a["href"] for card in cards} == {"/policies/clocks/1"}
    press(client, complaint, "acknowledge")
    clock_sweep.sweep(now=clock.forward(minutes=31))
    session.commit()
    press(client, complaint, "contact", method="phone", purpose="talk", is_reached="y", summary="致歉")
    missed = soup_of(client.get(f"/complaints/{complaint.number}")).select_one(".clocks-over li").text
    assert cast.xiaozhou.name in missed, "had it at the start"
    assert cast.zhou.name in missed, "had it when it ran out"


def test_the_page_costs_the_same_for_many_clocks(client, cast, complaint, session, now):
    client.login(cast.zhou)

    def cost() -> int:
        with queries() as seen:
            assert client.get(f"/complaints/{complaint.number}").status_code == 200
        return len(seen)

    few = cost()
    for day in range(80):
        ClockFactory(
            complaint=complaint,
            kind=ClockKind.PROGRESS,
            state=ClockState.MISSED,
            started_at=now - timedelta(days=day + 1),
            due_at=now - timedelta(days=day),
            breached_at=now,
            breach_owner=cast.zhao,
        )
    session.commit()
    assert cost() <= few + 1
    assert len(soup_of(client.get(f"/complaints/{complaint.number}")).select(".clocks-over li")) < 70


class TestTheWorkbench:
    def test_a_paused_clock_presses_nobody(self, client, cast, complaint, session):
        client.login(cast.zhou)
        waiting = [ClockKind.ON_SITE, ClockKind.FORMAL_REPLY, ClockKind.FIRST_ANSWER]
        ids = [str(clock_of(session, complaint, kind).id) for kind in waiting]
        press(client, complaint, "contact", method="phone", purpose="talk", is_reached="y", summary="约周日")
        press(client, complaint, "pause", clocks=ids, reason="客户周日才在家")
        page = soup_of(client.get("/"))
        assert complaint.number in page.select_one(".matters").text
        assert "Paused" not in page.select_one(".matters").text

    def test_a_customer_who_waits_three_hours_for_an_answer_is_flagged(self, client, cast, complaint, session, clock):
        client.login(cast.zhou)
        press(client, complaint, "contact", method="phone", purpose="talk", is_reached="y", summary="稍后答复")
        assert not soup_of(client.get("/")).select(".matter-what .badge.level-1")
        clock_sweep.sweep(now=clock.forward(hours=3))
        session.commit()
        assert soup_of(client.get("/")).select(".matter-what .badge.level-1")

    def test_one_complaint_is_overdue_once_however_many_of_its_clocks_are(
        self, client, cast, complaint, session, clock
    ):
        client.login(cast.zhou)
        while clock_sweep.sweep(now=clock.forward(days=9)):
            session.commit()
        assert soup_of(client.get("/")).select_one(".tabs-note").text.split()[0] == "1"

    def test_the_home_page_costs_the_same_for_many_clocks(self, client, cast, complaint, session, now):
        client.login(cast.zhou)

        def cost() -> int:
            with queries() as seen:
                assert client.get("/").status_code == 200
            return len(seen)

        few = cost()
        for _ in range(40):
            calls.record(IntakeFactory(first_word_at=now), actor=cast.xiaozhou, now=now)
        session.commit()
        assert cost() <= few + 2
        assert len(soup_of(client.get("/")).select(".matter")) == 30


def test_a_clock_that_gave_way_to_a_sooner_one_stands_behind_it(client, cast, complaint, session, now):
    client.login(cast.lin)
    before = clock_of(session, complaint, ClockKind.FIRST_ANSWER)
    complaint.is_media_involved = True
    regrading.follow_facts(complaint, actor=cast.xiaozhou, now=now)
    session.commit()
    page = soup_of(client.get(f"/complaints/{complaint.number}", headers={"Accept-Language": "en"}))
    due = (now + timedelta(minutes=30)).astimezone(COMPANY_ZONE)
    assert f"{due:%m-%d %H:%M}" in page.select_one(".timeline").text
    session.expire_all()
    assert (before.state, before.is_unstopped) == (ClockState.CANCELLED, False)
    assert len(page.select(".clocks .clock.running time[data-countdown]")) == 6
