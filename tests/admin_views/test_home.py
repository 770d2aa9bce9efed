"""The workbench says who must act now."""

from __future__ import annotations

from datetime import timedelta

from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import GroupCaseFactory, GroupMemberFactory, NotificationFactory
from tests.query_count import queries
from tests.stories import recorded


def test_a_complaint_that_nobody_has_stands_on_top_with_its_countdown(
    client: DeskClient, cast: Cast, on_duty, session, now
):
    complaint = recorded(cast, now=now)
    session.commit()
    client.login(cast.lin)
    page = soup_of(client.get("/"))
    row = page.select_one(".matter")
    assert complaint.number in row.text
    assert row.select_one("time[data-countdown]")["data-due"]
    assert row.select_one("form[action$=acknowledge] button")


def test_the_row_says_who_has_it_once_somebody_does(client, cast, on_duty, session, now):
    complaint = recorded(cast, now=now)
    session.commit()
    client.login(cast.lin)
    client.send(f"/complaints/{complaint.number}/acknowledge", {"back": "home"}, page="/password")
    row = soup_of(client.get("/")).select_one(".matter")
    assert "林晓" in row.text
    assert not row.select("form[action$=acknowledge]")


def test_an_empty_post_is_seen(client, cast, now):
    client.login(cast.lin)
    page = soup_of(client.get("/"))
    assert len(page.select(".rows:not(.holes) .level-1")) == 4, "four roles, nobody on duty"
    assert len(page.select(".holes a[href^='/roster/new']")) == 0, (
        "who does not plan sees the holes and cannot fill them"
    )
    assert page.select(".gap-cell.gap")


def test_an_open_group_stands_on_the_workbench_with_its_households(client, cast, session, now):
    group = GroupCaseFactory()
    for household in ("1//101", "1//102", "1//102"):
        GroupMemberFactory(group=group, household=household)
    GroupCaseFactory(number="G-T-OVER", closed_at=now, close_reason="已统一返工")
    session.commit()
    client.login(cast.lin)
    page = client.get("/")
    row = soup_of(page).select_one(f"a[href='/groups/{group.number}']").parent
    assert row.select_one(".badge").text.startswith("2")
    assert "G-T-OVER" not in page.text


def test_the_list_alone_can_be_asked_for_again(client, cast, on_duty, session, now):
    recorded(cast, now=now)
    session.commit()
    client.login(cast.lin)
    piece = soup_of(client.get("/matters?view=unacknowledged"))
    assert piece.select(".matter")
    assert not piece.select("nav.side")
    assert soup_of(client.get("/matters?view=nonsense")).select(".matter")


def test_the_number_of_questions_to_the_database_does_not_grow(client, cast, on_duty, session, now):
    client.login(cast.lin)
    recorded(cast, now=now)
    session.commit()
    client.get("/")
    with queries() as few:
        client.get("/")
    for number in range(20):
        recorded(cast, now=now, phone=f"138001370{number:02d}")
    session.commit()
    with queries() as many:
        assert len(soup_of(client.get("/")).select(".matter")) == 21
    assert len(many) == len(few)


def test_a_desk_that_stands_still_says_so_to_everybody(client, cast, session, now):
    client.login(cast.lin)
    assert "has not done its work" not in client.get("/?lang=en").text
    NotificationFactory(due_at=now - timedelta(minutes=5))
    session.commit()
    alarm = soup_of(client.get("/?lang=en")).select_one(".alarm[role=alert]")
    assert "has not done its work since" in alarm.text
