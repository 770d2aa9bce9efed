"""The pages of group complaints: who is in one, taking out, adding by hand, one word to all (N1)."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, GroupCase, GroupMember, Notification
from rules.vocabulary import Category, NotificationKind
from services import groups
from tests.cast import Cast
from tests.client import DeskClient, soup_of
from tests.factories import ComplaintFactory, GroupMemberFactory
from tests.query_count import queries
from tests.stories import recorded

Db = scoped_session[Session]


@pytest.fixture
def three(cast: Cast, on_duty: object, session: Db, now: datetime) -> list[Complaint]:
    """Three households of 滨江壹号."""
    rooms = ("1栋101", "1栋102", "2栋101")
    called = [recorded(cast, now=now, phone=f"1391111000{n}", room=room) for n, room in enumerate(rooms)]
    session.commit()
    return called


@pytest.fixture
def group(three: list[Complaint], session: Db) -> GroupCase:
    """Their group."""
    return session.scalars(select(GroupCase)).one()


@pytest.fixture
def lin(client: DeskClient, cast: Cast) -> DeskClient:
    """The leader at the screen."""
    client.login(cast.lin)
    return client


def words(page: BeautifulSoup) -> str:
    return page.get_text(" ", strip=True)


def present(session: Db) -> int:
    session.rollback()
    return len(session.scalars(select(GroupMember.id).where(GroupMember.left_at.is_(None))).all())


def test_the_list_counts_homes(lin: DeskClient, group: GroupCase) -> None:
    page = soup_of(lin.get("/groups/?view=open"))
    row = page.select_one(".list tbody tr")
    assert row is not None
    assert group.number in words(row) and "滨江壹号" in words(row)
    assert row.select_one(".col-households strong").get_text() == "3"
    assert soup_of(lin.get("/groups/?view=closed")).select_one(".list tbody tr") is None
    for text, is_found in (("滨江", True), (group.number.lower(), True), ("阳光", False)):
        found = soup_of(lin.get("/groups/", query_string={"search": text})).select_one(".list tbody tr")
        assert (found is not None) is is_found, text
    assert lin.get(f"/groups/details/?id={group.id}").location.endswith(f"/groups/{group.number}")


def test_the_page_names_every_member_and_every_member_names_the_others(
    lin: DeskClient, group: GroupCase, three: list[Complaint]
) -> None:
    page = soup_of(lin.get(f"/groups/{group.number}"))
    assert [link.get_text() for link in page.select(".list-members .row-link")] == [each.number for each in three]
    for complaint in three:
        panel = soup_of(lin.get(f"/complaints/{complaint.number}")).select_one("#group")
        assert panel is not None
        others = {other.number for other in three if other is not complaint}
        assert {link.get_text() for link in panel.select("a.rows-key")} == others
        assert [number.get_text() for number in panel.select(".sum strong")] == ["3", "3", "3"]


def test_a_complaint_of_its_own_shows_no_group(lin: DeskClient, cast: Cast, now: datetime) -> None:
    alone = recorded(cast, now=now)
    assert soup_of(lin.get(f"/complaints/{alone.number}")).select_one("#group") is None


@pytest.mark.parametrize("number", ["G-2611-9999", "nothing", "%00"])
def test_a_group_that_is_not_there(lin: DeskClient, number: str) -> None:
    assert lin.get(f"/groups/{number}").status_code == HTTPStatus.NOT_FOUND
    assert lin.send(f"/groups/{number}/note", {"text": "x"}, page="/password").status_code == HTTPStatus.NOT_FOUND


def test_a_step_that_is_not_there(lin: DeskClient, group: GroupCase) -> None:
    assert lin.send(f"/groups/{group.number}/eat", page="/password").status_code == HTTPStatus.NOT_FOUND


def test_taking_out_asks_why_beside_the_row(
    lin: DeskClient, group: GroupCase, three: list[Complaint], session: Db
) -> None:
    url, page = f"/groups/{group.number}/take-out", f"/groups/{group.number}"
    answer = lin.send(url, {"number": three[1].number, "reason": ""}, page=page)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    opened = soup_of(answer).select(".take-out[open]")
    assert len(opened) == 1 and opened[0].select_one(f"input[value='{three[1].number}']") is not None
    assert opened[0].select_one(".field-error") is not None
    assert present(session) == 3

    answer = lin.send(url, {"number": three[1].number, "reason": "自家装的柜子"}, page=page)
    assert answer.status_code == HTTPStatus.FOUND
    assert present(session) == 2
    after = words(soup_of(lin.get(page)))
    assert "自家装的柜子" in after
    assert soup_of(lin.get(f"/complaints/{three[1].number}")).select_one("#group") is None


def test_the_button_says_how_many_complaints_the_home_has(
    lin: DeskClient, group: GroupCase, three: list[Complaint], cast: Cast, now: datetime, session: Db
) -> None:
    again = recorded(cast, now=now, phone="13911119999", room="2幢101室")
    session.commit()
    page = f"/groups/{group.number}"
    buttons = [words(button) for button in soup_of(lin.get(page)).select(".take-out form button")]
    assert ["2" in button for button in buttons] == [False, False, True, True]
    asked = soup_of(lin.get(f"/complaints/{again.number}")).select_one("#do-group")
    assert asked is not None and "2 " in words(asked).replace(group.number, "")

    answer = lin.send(f"{page}/take-out", {"number": again.number, "reason": "自家装的柜子"}, page=page)
    assert answer.status_code == HTTPStatus.FOUND
    assert present(session) == 2
    assert soup_of(lin.get(f"/complaints/{three[2].number}")).select_one("#group") is None


def test_whoever_is_not_in_it_cannot_be_taken_out(lin: DeskClient, group: GroupCase, cast: Cast, now: datetime) -> None:
    alone = recorded(cast, now=now, category=Category.SERVICE)
    url, page = f"/groups/{group.number}/take-out", f"/groups/{group.number}"
    for number, status in ((alone.number, 409), ("C-0000-0000", 422)):
        answer = lin.send(url, {"number": number, "reason": "不算"}, page=page)
        assert answer.status_code == status
        assert soup_of(answer).select_one(".field-error") is not None, "also where its row is gone by now"


def test_adding_by_hand(lin: DeskClient, group: GroupCase, cast: Cast, now: datetime, session: Db) -> None:
    other = recorded(cast, now=now, phone="13922220000", room="7栋701", category=Category.SERVICE).number
    page = f"/groups/{group.number}"
    offered = soup_of(lin.get(page)).select("#near-by option")
    assert [option["value"] for option in offered] == [other]
    for number in ("", "C-9999-9999", "\x00"):
        answer = lin.send(f"{page}/add", {"with_number": number, "reason": "同一批砖"}, page=page)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert soup_of(answer).select_one("#do-add[data-open-now] .field-error") is not None
    assert lin.send(f"{page}/add", {"with_number": other.lower(), "reason": "同一批砖"}, page=page).status_code == 302
    assert present(session) == 4
    again = lin.send(f"{page}/add", {"with_number": other, "reason": "再加一次"}, page=page)
    assert again.status_code == HTTPStatus.CONFLICT


def test_one_note_and_one_message_to_all(
    lin: DeskClient, group: GroupCase, three: list[Complaint], cast: Cast, session: Db
) -> None:
    page = f"/groups/{group.number}"
    assert lin.send(f"{page}/note", {"text": "厂家周一到场复检"}, page=page).status_code == HTTPStatus.FOUND
    for complaint in three:
        assert "厂家周一到场复检" in words(soup_of(lin.get(f"/complaints/{complaint.number}")))

    nobody = lin.send(f"{page}/message", {"text": "统一口径"}, page=page)
    assert nobody.status_code == HTTPStatus.CONFLICT
    assert soup_of(nobody).select_one("#do-message[data-open-now] .field-error") is not None
    for complaint in three:
        lin.send(f"/complaints/{complaint.number}/acknowledge", page=f"/complaints/{complaint.number}")
    assert lin.send(f"{page}/message", {"text": "统一口径"}, page=page).status_code == HTTPStatus.FOUND
    session.rollback()
    told = session.scalars(select(Notification).where(Notification.kind == NotificationKind.GROUP_MESSAGE)).all()
    assert [message.person_id for message in told] == [cast.lin.id]


def test_closing_asks_why_and_ends_what_can_be_done(lin: DeskClient, group: GroupCase, session: Db) -> None:
    page = f"/groups/{group.number}"
    assert lin.send(f"{page}/close", {"reason": " "}, page=page).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert lin.send(f"{page}/close", {"reason": "已统一答复"}, page=page).status_code == HTTPStatus.FOUND
    after = soup_of(lin.get(page))
    assert "已统一答复" in words(after)
    assert after.select("dialog, .take-out") == []
    late = lin.send(f"{page}/note", {"text": "还有一句"}, page="/password")
    assert late.status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize(("login", "steps"), [("xiaozhou", {"note"}), ("auditor", set())])
def test_who_may_do_what(client: DeskClient, cast: Cast, group: GroupCase, login: str, steps: set[str]) -> None:
    client.login(getattr(cast, login))
    page = soup_of(client.get(f"/groups/{group.number}"))
    assert {dialog["id"].removeprefix("do-") for dialog in page.select("dialog")} == steps
    assert page.select(".take-out") == []
    for step, said in (
        ("close", {"reason": "x"}),
        ("add", {"with_number": "x", "reason": "x"}),
        ("message", {"text": "x"}),
        ("take-out", {"number": "x", "reason": "x"}),
    ):
        answer = client.send(f"/groups/{group.number}/{step}", said, page="/password")
        assert answer.status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY), step


class TestTheComplaintsButton:
    def test_takes_a_member_out(self, lin: DeskClient, group: GroupCase, three: list[Complaint], session: Db) -> None:
        url = f"/complaints/{three[0].number}"
        shown = soup_of(lin.get(url)).select_one("#do-group")
        assert shown is not None and shown.select_one("[name=with_number]") is None
        refused = lin.send(f"{url}/group", {"reason": ""}, page=url)
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert lin.send(f"{url}/group", {"reason": "不算"}, page=url).status_code == HTTPStatus.FOUND
        assert present(session) == 2

    def test_joins_a_group_by_its_number_or_a_members(
        self, lin: DeskClient, group: GroupCase, three: list[Complaint], cast: Cast, now: datetime, session: Db
    ) -> None:
        for place, number in enumerate((group.number, three[1].number)):
            other = recorded(
                cast, now=now, phone=f"1392222000{place}", room=f"7栋70{place}", category=Category.SERVICE
            ).number
            url = f"/complaints/{other}"
            shown = soup_of(lin.get(url)).select_one("#do-group [name=with_number]")
            assert shown is not None and shown["value"] == group.number, "the open group of the community is proposed"
            answer = lin.send(f"{url}/group", {"with_number": number, "reason": "同一批砖"}, page=url)
            assert answer.status_code == HTTPStatus.FOUND
        assert present(session) == 5

    def test_opens_a_group_with_another_complaint(
        self, lin: DeskClient, cast: Cast, now: datetime, session: Db
    ) -> None:
        one = recorded(cast, now=now, phone="13922220001", room="7栋701").number
        two = recorded(cast, now=now, phone="13922220002", room="7栋702", category=Category.SERVICE).number
        url = f"/complaints/{one}"
        answer = lin.send(f"{url}/group", {"with_number": two, "reason": "同一批砖"}, page=url)
        assert answer.status_code == HTTPStatus.FOUND
        assert present(session) == 2
        session.rollback()
        group = session.scalars(select(GroupCase)).one()
        assert groups.members(group)[0].joined_by_id == cast.lin.id

    @pytest.mark.parametrize("number", ["", "X-1", "itself", "\x00"])
    def test_refuses_beside_the_number(
        self, lin: DeskClient, cast: Cast, now: datetime, number: str, session: Db
    ) -> None:
        one = recorded(cast, now=now).number
        url = f"/complaints/{one}"
        typed = one if number == "itself" else number
        answer = lin.send(f"{url}/group", {"with_number": typed, "reason": "同一批砖"}, page=url)
        assert answer.status_code in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT)
        assert soup_of(answer).select_one("#do-group[data-open-now] .field-error") is not None
        assert present(session) == 0

    def test_a_cause_tag_brings_different_categories_together(
        self, lin: DeskClient, cast: Cast, now: datetime, session: Db
    ) -> None:
        kinds = (Category.QUALITY, Category.SERVICE, Category.DELAY)
        numbers = [
            recorded(cast, now=now, phone=f"1392222000{place}", room=f"7栋70{place}", category=kind).number
            for place, kind in enumerate(kinds)
        ]
        for number in numbers:
            url = f"/complaints/{number}"
            said = {"household_count": "1", "delay_days": "0", "cause_tag": "外墙渗水", "note": ""}
            assert lin.send(f"{url}/update_facts", said, page=url).status_code == HTTPStatus.FOUND
        page = soup_of(lin.get(f"/complaints/{numbers[0]}"))
        assert page.select_one("#group") is not None
        assert [option["value"] for option in page.select("#cause-tags option")] == ["外墙渗水"]
        assert page.select_one("#do-update_facts [name=cause_tag]")["value"] == "外墙渗水"

    def test_an_endless_tag_is_refused_beside_its_field(self, lin: DeskClient, cast: Cast, now: datetime) -> None:
        url = f"/complaints/{recorded(cast, now=now).number}"
        answer = lin.send(f"{url}/update_facts", {"cause_tag": "渗" * 41}, page=url)
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert soup_of(answer).select_one("#do-update_facts[data-open-now] .field-error") is not None


def test_the_pages_cost_the_same_for_a_large_group(
    lin: DeskClient, group: GroupCase, three: list[Complaint], session: Db
) -> None:
    pages = (f"/groups/{group.number}", f"/complaints/{three[0].number}", "/groups/?view=all")
    few = {}
    for page in pages:
        lin.get(page)
        with queries() as seen:
            lin.get(page)
        few[page] = len(seen)
    for place in range(120):
        complaint = ComplaintFactory(community_id=group.community_id, room_stated=f"9栋{place + 1000}")
        GroupMemberFactory(group=group, complaint=complaint, household=f"9//{place + 1000}")
    session.commit()
    for page in pages:
        with queries() as seen:
            answer = lin.get(page)
        assert answer.status_code == HTTPStatus.OK
        assert len(seen) <= few[page], page
    last = soup_of(lin.get(f"/groups/{group.number}?page=2"))
    assert len(last.select(".list-members .row-link")) == 23
    assert all(form["action"].endswith("page=2") for form in last.select("form[action*=take-out]")), "back to its page"
    assert lin.get(f"/groups/{group.number}?page=99999999999999999999").status_code == HTTPStatus.OK
    assert lin.get(f"/groups/{group.number}?page=-5").status_code == HTTPStatus.OK
