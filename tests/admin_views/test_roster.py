"""The roster's pages: a week at a glance, gaps that can be filled, shifts that are planned and called off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from admin_views.roster_grid import Box, pieces
from admin_views.roster_span import Week
from extensions import COMPANY_ZONE
from models import Notification, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import NotificationKind
from tests.client import soup_of
from tests.factories import DutyRoleFactory, ShiftFactory
from tests.query_count import queries

NEXT_MONDAY = datetime(2026, 11, 23, 8, tzinfo=COMPANY_ZONE)
"""The test's clock stands at Saturday, 21 November 2026, 22:00 in Shanghai."""


def local(moment: datetime) -> str:
    return moment.astimezone(COMPANY_ZONE).strftime("%Y-%m-%dT%H:%M")


def planned(cast, **said: object) -> dict[str, object]:
    """What the form of a new shift says: 周强 stands for engineering on Monday from 8 to 16."""
    return {
        "role": "engineering",
        "person": str(cast.zhou.id),
        "starts_at": local(NEXT_MONDAY),
        "ends_at": local(NEXT_MONDAY + timedelta(hours=8)),
        "remarks": "",
        **said,
    }


def shift(person, hours: float = 8, *, code=DutyRoleCode.ENGINEERING, starts_at=NEXT_MONDAY) -> Shift:
    return ShiftFactory(
        role=DutyRoleFactory(code=code), person=person, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours)
    )


def errors(answer) -> list[str]:
    return [error.get_text(strip=True) for error in soup_of(answer).select(".field-error, .alarm")]


class TestTheWeek:
    def test_everybody_who_sees_complaints_sees_the_week(self, client, cast, on_duty):
        for person in (cast.lin, cast.xiaozhou, cast.auditor, cast.analyst):
            client.login(person)
            page = client.get("/roster/")
            assert page.status_code == 200
            assert "周强" in page.get_data(as_text=True)

    def test_only_who_plans_sees_the_way_to_a_new_shift(self, client, cast, on_duty):
        client.login(cast.lin)
        assert not soup_of(client.get("/roster/")).select("a[href^='/roster/new']")
        client.login(cast.roster)
        assert soup_of(client.get("/roster/")).select("a[href^='/roster/new']")

    def test_a_gap_leads_to_the_form_with_its_role_and_hours(self, client, cast, session):
        shift(cast.zhou, 8)
        shift(cast.zhou, 8, starts_at=NEXT_MONDAY + timedelta(hours=16))
        client.login(cast.roster)
        page = soup_of(client.get("/roster/?week=2026-W48"))
        link = next(a for a in page.select("a.gap") if "role=engineering" in a["href"] and "16–24" in a.get_text())
        form = soup_of(client.get(link["href"]))
        assert form.select_one("select[name=role] option[selected]")["value"] == "engineering"
        assert form.select_one("input[name=starts_at]")["value"] == "2026-11-23T16:00"
        assert form.select_one("input[name=ends_at]")["value"] == "2026-11-24T00:00"
        first = form.select_one("select[name=person] option")
        assert "周强" in first.get_text(), "who holds the role's post is offered first"

    def test_a_gap_that_is_past_cannot_be_filled(self, client, cast):
        client.login(cast.roster)
        page = soup_of(client.get("/roster/?week=2026-W46"))
        assert page.select("span.gap.past")
        assert not page.select("a.gap")

    def test_the_share_that_is_covered_is_told(self, client, cast):
        for code in DutyRoleCode:
            shift(cast.lin, 84, code=code, starts_at=NEXT_MONDAY - timedelta(hours=8))
        client.login(cast.lin)
        assert "50.0" in soup_of(client.get("/roster/?week=2026-W48")).select_one(".page-head").get_text()

    @pytest.mark.parametrize("week", ["2026-W60", "2026-W00", "1999-W01", "0001-W01", "9999-W52", "next", "2026W48"])
    def test_a_week_that_does_not_exist_is_not_found(self, client, cast, week):
        client.login(cast.lin)
        assert client.get(f"/roster/?week={week}").status_code == 404

    def test_the_number_of_queries_does_not_grow_with_the_shifts(self, client, cast):
        client.login(cast.lin)
        shift(cast.zhou, 1)
        with queries() as few:
            client.get("/roster/?week=2026-W48")
        for hour in range(1, 40):
            shift([cast.zhou, cast.he, cast.gao][hour % 3], 1, starts_at=NEXT_MONDAY + timedelta(hours=hour))
        with queries() as many:
            client.get("/roster/?week=2026-W48")
        assert len(many) == len(few)

    def test_who_is_on_duty_can_be_asked_again_alone(self, client, cast, on_duty):
        client.login(cast.lin)
        piece = client.get("/roster/now").get_data(as_text=True)
        assert "林晓" in piece and "<html" not in piece

    def test_my_shifts_are_mine(self, client, cast):
        shift(cast.zhou, 8)
        shift(cast.he, 8, code=DutyRoleCode.DESIGN)
        client.login(cast.zhou)
        page = soup_of(client.get("/roster/mine"))
        shifts = [link.get_text(strip=True) for link in page.select("#my-shifts a.strong")]
        assert len(shifts) == 1 and shifts[0].endswith("08:00 – 16:00")


class TestTheGrid:
    """Which box stands on which day."""

    WEEK = Week(2026, 48)

    def boxes(self, starts_at: datetime, hours: float) -> list[tuple[int, str]]:
        cut = pieces(self.WEEK, starts_at, starts_at + timedelta(hours=hours))
        return [(day, Box(DutyRoleCode.LEGAL, *hours).hours) for day, hours in cut]

    @pytest.mark.parametrize(
        ("hours_after_monday_0", "length", "shown"),
        [
            pytest.param(8, 8, [(0, "08–16")], id="a day shift"),
            pytest.param(16, 8, [(0, "16–24")], id="until midnight"),
            pytest.param(20, 12, [(0, "20–08")], id="a night stands on the day it begins"),
            pytest.param(8, 24, [(0, "08–08")], id="round the clock is one box"),
            pytest.param(8, 48, [(0, "08–24"), (1, "00–24"), (2, "00–08")], id="more than a day is cut at midnight"),
            pytest.param(-4, 12, [(0, "00–08")], id="what began last week shows its rest"),
            pytest.param(164, 12, [(6, "20–08")], id="Sunday's night is whole"),
            pytest.param(8.5, 7.5, [(0, "08:30–16")], id="half hours"),
            pytest.param(-12, 12, [], id="what ends as the week begins is not in it"),
            pytest.param(168, 8, [], id="next Monday is another week"),
        ],
    )
    def test_a_length_of_time_becomes_boxes(self, hours_after_monday_0, length, shown):
        monday = datetime(2026, 11, 23, tzinfo=COMPANY_ZONE)
        assert self.boxes(monday + timedelta(hours=hours_after_monday_0), length) == shown

    @pytest.mark.parametrize(("name", "before", "after"), [("2026-W53", "2026-W52", "2027-W01")])
    def test_weeks_follow_each_other_over_the_year(self, name, before, after):
        week = Week.read(name)
        assert (str(week.before), str(week.after)) == (before, after)


class TestPlanning:
    def test_a_shift_is_put_into_the_roster(self, client, cast, session):
        client.login(cast.roster)
        answer = client.send("/roster/new", planned(cast, remarks="替赵磊"))
        assert answer.status_code == 302
        assert answer.location.endswith("/roster/?week=2026-W48")
        (made,) = session.scalars(select(Shift))
        assert (made.person.login, made.starts_at, made.remarks) == ("zhou", NEXT_MONDAY, "替赵磊")

    @pytest.mark.parametrize("login", ["lin", "xiaozhou", "zhao", "approver", "analyst", "auditor"])
    def test_nobody_else_plans(self, client, cast, session, login):
        client.login(login)
        assert client.get("/roster/new").status_code == 403
        assert client.send("/roster/new", planned(cast), page="/roster/").status_code == 403
        assert session.scalar(select(func.count(Shift.id))) == 0

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({"ends_at": "2026-11-23T08:00"}, id="it ends as it begins"),
            pytest.param({"ends_at": "2026-11-22T08:00"}, id="it ends before it begins"),
            pytest.param({"starts_at": "2026-11-20T08:00", "ends_at": "2026-11-20T16:00"}, id="it is past"),
            pytest.param({"ends_at": "2026-12-23T08:00"}, id="a month"),
            pytest.param({"starts_at": "soon"}, id="no time"),
            pytest.param({"starts_at": ""}, id="nothing"),
            pytest.param({"role": "cook"}, id="no such role"),
            pytest.param({"person": "99999999999999999999"}, id="a made-up person"),
            pytest.param({"person": "林晓"}, id="a name for an id"),
            pytest.param({"remarks": "长" * 201}, id="endless remarks"),
            pytest.param({"remarks": "a\x00b"}, id="what no database keeps"),
        ],
    )
    def test_what_makes_no_sense_is_refused_beside_its_field(self, client, cast, session, said):
        client.login(cast.roster)
        answer = client.send("/roster/new", planned(cast, **said))
        assert answer.status_code == 422
        assert errors(answer)
        assert session.scalar(select(func.count(Shift.id))) == 0

    def test_nobody_stands_twice_for_one_role(self, client, cast, session):
        shift(cast.zhou, 8)
        client.login(cast.roster)
        answer = client.send(
            "/roster/new", planned(cast, starts_at="2026-11-23T15:00", ends_at="2026-11-23T20:00"), page="/roster/new"
        )
        assert answer.status_code == 409
        assert errors(answer)

    def test_two_at_the_same_moment_do_not_put_somebody_on_duty_twice(self, new_client, cast, session):
        visitors = [new_client(), new_client()]
        for visitor in visitors:
            visitor.login(cast.roster)
        said = [planned(cast, csrf_token=visitor.token("/roster/new")) for visitor in visitors]
        session.commit()
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(lambda pair: pair[0].post("/roster/new", data=pair[1]), zip(visitors, said, strict=True))
            )
        assert sorted(answer.status_code for answer in answers) == [302, 409]
        assert session.scalar(select(func.count(Shift.id))) == 1

    def test_who_cannot_be_called_is_not_offered(self, client, cast, session):
        cast.zhou.phone = None
        client.login(cast.roster)
        offered = soup_of(client.get("/roster/new?role=engineering")).select("select[name=person] option")
        names = [option.get_text() for option in offered]
        assert not any("周强" in name for name in names)
        assert not any("周小雨" in name for name in names), "who may not acknowledge does not stand on duty"
        assert client.send("/roster/new", planned(cast)).status_code == 422

    def test_without_its_token_nothing_is_planned(self, client, cast, session):
        client.login(cast.roster)
        assert client.post("/roster/new", data=planned(cast)).status_code == 400
        assert session.scalar(select(func.count(Shift.id))) == 0


class TestChanging:
    @pytest.fixture
    def monday(self, cast, session) -> Shift:
        made = shift(cast.zhou, 8)
        session.commit()
        return made

    def said(self, monday: Shift, **more: object) -> dict[str, object]:
        return {
            "person": str(monday.person_id),
            "starts_at": local(monday.starts_at),
            "ends_at": local(monday.ends_at),
            "remarks": "",
            "version": str(monday.version),
            **more,
        }

    def test_a_change_tells_both(self, client, cast, session, monday):
        client.login(cast.roster)
        answer = client.send(f"/roster/shifts/{monday.id}", self.said(monday, person=str(cast.lin.id)))
        assert answer.status_code == 302
        session.expire_all()
        assert monday.cancelled_at is not None, "the old one stays, called off"
        standing = session.scalars(select(Shift).where(Shift.cancelled_at.is_(None))).one()
        assert standing.person.login == "lin"
        told = select(Notification).where(Notification.kind == NotificationKind.SHIFT_CHANGED)
        assert {message.person.login for message in session.scalars(told)} == {"lin", "zhou"}

    def test_a_stale_save_shows_both_and_asks(self, client, cast, session, monday):
        client.login(cast.roster)
        old = self.said(monday, remarks="mine")
        client.send(f"/roster/shifts/{monday.id}", self.said(monday, remarks="theirs"))
        answer = client.send(f"/roster/shifts/{monday.id}", old)
        assert answer.status_code == 409
        page = soup_of(answer)
        assert "theirs" in page.select_one(".warning").get_text()
        assert page.select_one("input[name=remarks]")["value"] == "mine"
        session.expire_all()
        assert monday.remarks == "theirs"
        again = client.send(
            f"/roster/shifts/{monday.id}", {**old, "version": page.select_one("input[name=version]")["value"]}
        )
        assert again.status_code == 302
        session.expire_all()
        assert monday.remarks == "mine"

    def test_what_is_over_stays_as_it_was(self, client, cast, session, clock, monday):
        clock.set(NEXT_MONDAY + timedelta(days=1))
        client.login(cast.roster)
        assert not soup_of(client.get(f"/roster/shifts/{monday.id}")).select("main form")
        answer = client.send(f"/roster/shifts/{monday.id}", self.said(monday, remarks="x"), page="/roster/")
        assert answer.status_code == 409
        session.expire_all()
        assert monday.remarks == ""

    def test_calling_off_wants_a_reason_and_keeps_the_row(self, client, cast, session, monday):
        client.login(cast.roster)
        url, page = f"/roster/shifts/{monday.id}/call-off", f"/roster/shifts/{monday.id}"
        assert client.send(url, {"reason": " "}, page=page).status_code == 422
        assert client.send(url, {"reason": "孩子发烧"}, page=page).status_code == 302
        session.expire_all()
        assert (monday.cancel_reason, monday.cancelled_by.login) == ("孩子发烧", "roster")
        assert "孩子发烧" in client.get(page).get_data(as_text=True)
        assert client.send(url, {"reason": "again"}, page="/roster/").status_code == 409

    def test_others_read_it_and_change_nothing(self, client, cast, session, monday):
        client.login(cast.zhou)
        page = client.get(f"/roster/shifts/{monday.id}")
        assert page.status_code == 200
        assert not soup_of(page).select("main form")
        for url in (f"/roster/shifts/{monday.id}", f"/roster/shifts/{monday.id}/call-off"):
            assert client.send(url, self.said(monday, reason="x"), page="/roster/").status_code == 403

    @pytest.mark.parametrize("made_up", ["0", "123456", "99999999999999999999999999", "-1", "x"])
    def test_a_made_up_id_is_not_found(self, client, cast, made_up):
        client.login(cast.roster)
        assert client.get(f"/roster/shifts/{made_up}").status_code == 404
        assert client.send(f"/roster/shifts/{made_up}/call-off", {}, page="/roster/").status_code == 404


class TestLists:
    def test_every_shift_can_be_listed_and_filtered(self, client, cast, session):
        shift(cast.zhou, 8)
        shift(cast.he, 8, code=DutyRoleCode.DESIGN)
        client.login(cast.lin)
        assert len(soup_of(client.get("/shifts/")).select("tbody tr")) == 2
        assert len(soup_of(client.get("/shifts/?role=design")).select("tbody tr")) == 1
        assert len(soup_of(client.get(f"/shifts/?person={cast.zhou.id}")).select("tbody tr")) == 1
        assert len(soup_of(client.get("/shifts/?view=off")).select("tbody tr")) == 0

    def test_the_roles_are_only_read(self, client, cast):
        client.login(cast.admin)
        assert len(soup_of(client.get("/duty-roles/")).select("tbody tr")) == 4
        assert client.get("/duty-roles/new/").status_code == 403
        assert client.get("/duty-roles/edit/?id=1").status_code in (403, 404)

    @pytest.mark.parametrize("url", ["/shifts/delete/", "/duty-roles/delete/", "/shifts/action/"])
    def test_nothing_can_be_deleted(self, client, cast, url):
        client.login(cast.admin)
        assert client.send(url, {"id": "1"}, page="/roster/").status_code in (403, 404, 405)
