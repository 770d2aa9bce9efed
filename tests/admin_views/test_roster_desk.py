"""The roster's desk: months and people, overrides, rotations, swaps, leave, handovers; who may, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from admin_views.roster_span import Month
from extensions import COMPANY_ZONE
from models import Handover, Leave, Override, Rotation, Shift, Swap
from rules.escalation import DutyRoleCode
from rules.swaps import SwapState
from services import duty, handovers
from tests.client import soup_of
from tests.factories import DutyRoleFactory, LeaveFactory, ShiftFactory
from tests.query_count import queries

MONDAY = datetime(2026, 11, 23, tzinfo=COMPANY_ZONE)
"""The test's clock stands at Saturday, 21 November 2026, 22:00 in Shanghai."""
HOUR = timedelta(hours=1)


def put(person, begin: float, end: float, code=DutyRoleCode.ENGINEERING) -> Shift:
    """Somebody on duty so many hours after Monday's midnight."""
    role = DutyRoleFactory(code=code)
    return ShiftFactory(role=role, person=person, starts_at=MONDAY + begin * HOUR, ends_at=MONDAY + end * HOUR)


@pytest.fixture
def monday(cast, session) -> Shift:
    """周强 is on duty for engineering from 8 to 16."""
    made = put(cast.zhou, 8, 16)
    session.commit()
    return made


def errors(answer) -> list[str]:
    return [error.get_text(strip=True) for error in soup_of(answer).select(".field-error, .alarm")]


def count(session, model) -> int:
    return session.scalar(select(func.count(model.id)))


class TestTheCalendar:
    @pytest.mark.parametrize(
        "query",
        ["", "?month=", "?month=2026-11", "?by=person", "?month=2026-11&by=person", "?week=2026-W48&by=role"],
    )
    def test_everybody_who_sees_complaints_sees_it_in_every_way(self, client, cast, on_duty, query):
        for person in (cast.xiaozhou, cast.auditor, cast.roster):
            client.login(person)
            page = client.get(f"/roster/{query}")
            assert page.status_code == 200
            assert "周强" in page.get_data(as_text=True)

    @pytest.mark.parametrize(
        "query",
        ["month=2026-13", "month=2026-00", "month=1999-01", "month=x", "week=2026-W54", "by=cook", "person=x",
         "person=999999", "person=99999999999999999999", "month=２０２６-11"],
    )  # fmt: skip
    def test_nonsense_in_the_address_is_not_found(self, client, cast, query):
        client.login(cast.lin)
        assert client.get(f"/roster/?{query}").status_code == 404

    def test_the_month_has_a_cell_for_every_day_with_who_is_there_and_where_nobody_is(self, client, cast):
        put(cast.zhou, 0, 16)
        put(cast.he, 16, 24)
        client.login(cast.roster)
        page = soup_of(client.get("/roster/?month=2026-11"))
        assert len(page.select("table.wall td:not(.outside)")) == 30
        monday = page.select("table.wall td:not(.outside)")[22]
        (engineering,) = monday.select("dt.role-engineering")
        assert engineering.find_next("dd").get_text(" ", strip=True) == "周强 何静"
        assert monday.select("a.hole[href^='/roster/new?role=legal']")

    def test_every_name_of_the_month_has_its_hours_for_the_paper(self, client, cast):
        put(cast.zhou, 0, 6)
        put(cast.zhou, 16, 24)
        put(cast.he, 6, 16)
        put(cast.gao, 20, 32)
        for person in (cast.roster, cast.zhou):
            client.login(person)
            monday = soup_of(client.get("/roster/?month=2026-11")).select("table.wall td:not(.outside)")[22]
            names = monday.select_one("dt.role-engineering").find_next("dd").select(".name")
            assert {name.get_text(): name["data-hours"] for name in names} == {
                cast.zhou.name: "00–06 16–24",
                cast.he.name: "06–16",
                cast.gao.name: "20–08",
            }

    def test_a_name_of_the_month_leads_to_the_form_that_lets_somebody_stand_in(self, client, cast):
        put(cast.zhou, -48, -40)
        put(cast.zhou, 20, 32)
        client.login(cast.roster)
        (link,) = soup_of(client.get("/roster/?month=2026-11")).select("table.wall a.name")
        form = soup_of(client.get(link["href"]))
        assert form.select_one("select[name=instead_of] option[selected]")["value"] == str(cast.zhou.id)
        hours = [form.select_one(f"input[name={name}]")["value"] for name in ("starts_at", "ends_at")]
        assert hours == ["2026-11-23T20:00", "2026-11-24T08:00"], "the whole night"
        client.login(cast.zhou)
        assert not soup_of(client.get("/roster/?month=2026-11")).select("table.wall a.name")

    def test_of_one_person_only_their_hours_are_shown(self, client, cast):
        put(cast.zhou, 0, 8)
        put(cast.he, 8, 16)
        client.login(cast.lin)
        page = soup_of(client.get(f"/roster/?week=2026-W48&person={cast.he.id}"))
        assert {box.strong.get_text(strip=True) for box in page.select(".roster a.shift")} == {"何静"}

    def test_leave_is_seen_among_the_people(self, client, cast):
        put(cast.zhou, 0, 8)
        LeaveFactory(person=cast.zhou, starts_at=MONDAY + 48 * HOUR, ends_at=MONDAY + 60 * HOUR)
        client.login(cast.lin)
        for query in ("week=2026-W48", "month=2026-11"):
            assert len(soup_of(client.get(f"/roster/?{query}&by=person")).select(".shift.away, .chip.away")) == 1

    def test_two_people_for_one_role_stand_out_and_one_can_be_taken_out(self, client, cast):
        put(cast.zhou, 0, 8)
        put(cast.he, 4, 12)
        client.login(cast.roster)
        page = soup_of(client.get("/roster/?week=2026-W48"))
        assert len(page.select(".shift.double")) == 2
        link = next(a for a in page.select(".holes a") if "instead_of" in a["href"])
        form = soup_of(client.get(link["href"]))
        assert form.select_one("select[name=instead_of] option[selected]")["value"] == str(cast.he.id)
        assert form.select_one("input[name=starts_at]")["value"] == "2026-11-23T04:00"

    def test_a_strip_is_a_link_to_the_form_for_those_who_plan(self, client, cast):
        put(cast.zhou, 0, 8)
        client.login(cast.roster)
        page = soup_of(client.get("/roster/?week=2026-W48"))
        link = page.select_one("a.strip[data-role=engineering]")
        form = soup_of(client.get(link["href"]))
        assert form.select_one("select[name=role] option[selected]")["value"] == "engineering"
        assert page.select_one("dialog#override form")
        client.login(cast.zhou)
        page = soup_of(client.get("/roster/?week=2026-W48"))
        assert not page.select("a.strip, dialog#override") and page.select("span.strip")

    @pytest.mark.parametrize("query", ["week=2026-W48", "month=2026-11", "month=2026-11&by=person"])
    def test_the_number_of_queries_does_not_grow(self, client, cast, query):
        client.login(cast.roster)
        put(cast.zhou, 0, 8)
        with queries() as few:
            client.get(f"/roster/?{query}")
        for day in range(6):
            for place, person in enumerate((cast.zhou, cast.he, cast.gao)):
                put(person, 24 * day + 8 * place + 24, 24 * day + 8 * place + 32, DutyRoleCode.DESIGN)
        with queries() as many:
            client.get(f"/roster/?{query}")
        assert len(many) <= len(few) + 1

    @pytest.mark.parametrize(
        ("name", "weeks", "days"), [("2026-11", 6, 30), ("2027-02", 4, 28), ("2028-02", 5, 29), ("2027-08", 6, 31)]
    )
    def test_a_month_on_the_wall(self, name, weeks, days):
        month = Month.read(name)
        assert (len(month.weeks), len(month.days)) == (weeks, days)
        assert all(len(week) == 7 for week in month.weeks)
        assert [day for week in month.weeks for day in week if day] == month.days

    def test_months_follow_each_other_over_the_year(self):
        assert str(Month(2026, 12).after) == "2027-01"
        assert str(Month(2026, 1).before) == "2025-12"


class TestOverrides:
    def said(self, cast, **more: object) -> dict[str, object]:
        return {
            "role": "engineering",
            "person": str(cast.he.id),
            "instead_of": str(cast.zhou.id),
            "starts_at": "2026-11-23T10:00",
            "ends_at": "2026-11-23T12:00",
            "reason": "体检",
            **more,
        }

    def test_somebody_stands_in_and_it_is_taken_back(self, client, cast, session, monday):
        client.login(cast.roster)
        answer = client.send("/overrides/new", self.said(cast))
        assert answer.status_code == 303
        assert answer.location.endswith("week=2026-W48")
        made = session.scalars(select(Override)).one()
        page = client.get(f"/overrides/{made.id}").get_data(as_text=True)
        assert "何静" in page and "周强" in page and "体检" in page
        url = f"/overrides/{made.id}/cancel"
        assert client.send(url, {"reason": " "}, page=f"/overrides/{made.id}").status_code == 422
        assert client.send(url, {"reason": "好了"}, page=f"/overrides/{made.id}").status_code == 303
        assert client.send(url, {"reason": "again"}, page="/overrides/").status_code == 409
        there = duty.on_duty(at=MONDAY + 11 * HOUR, role=DutyRoleCode.ENGINEERING)
        assert [each.person.login for each in there] == ["zhou"]

    @pytest.mark.parametrize(
        ("said", "logins"),
        [
            pytest.param({"instead_of": ""}, {"zhou", "he"}, id="beside the other"),
            pytest.param({"person": ""}, set(), id="taken out"),
        ],
    )
    def test_the_two_pickers_say_what_it_does(self, client, cast, monday, said, logins):
        client.login(cast.roster)
        assert client.send("/overrides/new", self.said(cast, **said)).status_code == 303
        there = duty.on_duty(at=MONDAY + 11 * HOUR, role=DutyRoleCode.ENGINEERING)
        assert {each.person.login for each in there} == logins

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({"person": "", "instead_of": ""}, id="nobody at all"),
            pytest.param({"ends_at": "2026-11-23T10:00"}, id="no length"),
            pytest.param({"ends_at": "2026-11-23T09:00"}, id="it ends before it begins"),
            pytest.param({"starts_at": "2026-11-20T08:00"}, id="it begins in the past"),
            pytest.param({"starts_at": "2026-11-20T08:00", "ends_at": "2026-11-20T16:00"}, id="it is past"),
            pytest.param({"reason": " "}, id="no reason"),
            pytest.param({"reason": "长" * 201}, id="an endless reason"),
            pytest.param({"reason": "a\x00b"}, id="what no database keeps"),
            pytest.param({"role": "cook"}, id="no such role"),
            pytest.param({"person": "99999999999999999999"}, id="a made-up person"),
            pytest.param({"person": "x"}, id="no person"),
            pytest.param({"starts_at": ""}, id="no beginning"),
        ],
    )
    def test_what_makes_no_sense_is_refused_beside_its_field(self, client, cast, session, monday, said):
        client.login(cast.roster)
        answer = client.send("/overrides/new", self.said(cast, **said))
        assert answer.status_code in (409, 422)
        assert soup_of(answer).select(".field-error")
        assert count(session, Override) == 0

    def test_standing_in_for_oneself_is_refused_beside_who_comes(self, client, cast, monday):
        client.login(cast.roster)
        answer = client.send("/overrides/new", self.said(cast, person=str(cast.zhou.id)))
        assert answer.status_code == 422
        assert soup_of(answer).select_one(".has-error select[name=person]")

    @pytest.mark.parametrize("login", ["lin", "zhou", "xiaozhou", "auditor"])
    def test_nobody_else_overrides(self, client, cast, session, monday, login):
        client.login(login)
        assert client.get("/overrides/").status_code == 200
        assert client.get("/overrides/new").status_code == 403
        assert client.send("/overrides/new", self.said(cast), page="/roster/").status_code == 403
        assert count(session, Override) == 0

    @pytest.mark.parametrize("made_up", ["0", "99999999999999999999", "-1", "x"])
    def test_a_made_up_one_is_not_found(self, client, cast, made_up):
        client.login(cast.roster)
        assert client.get(f"/overrides/{made_up}").status_code == 404
        assert client.send(f"/overrides/{made_up}/cancel", {}, page="/roster/").status_code == 404


def rotation(cast, **said: object) -> dict[str, object]:
    """What the form of a new rotation says: 何静 and 林晓 take turns day by day."""
    return {
        "role": "design",
        "name": "设计轮值",
        "kind": "daily",
        "every": "1",
        "unit": "days",
        "first_day": "2026-11-23",
        "handover_at": "09:00",
        "zone": "Asia/Shanghai",
        "slots-0-name": "",
        "slots-0-starts": "",
        "slots-0-ends": "",
        "members-0": str(cast.he.id),
        "members-1": str(cast.lin.id),
        "members-2": "",
        **said,
    }


class TestRotations:
    def test_it_is_made_and_its_shifts_stand(self, client, cast, session):
        client.login(cast.roster)
        assert client.send("/rotations/new", rotation(cast)).status_code == 303
        made = session.scalars(select(Rotation)).one()
        assert [person.login for person in made.people] == ["he", "lin"]
        shifts = session.scalars(select(Shift).order_by(Shift.starts_at)).all()
        assert [shift.person.login for shift in shifts[:3]] == ["he", "lin", "he"]
        assert shifts[0].starts_at == MONDAY + 9 * HOUR
        page = client.get("/rotations/").get_data(as_text=True)
        assert "设计轮值" in page and "09:00" in page

    def test_by_shifts_of_a_day(self, client, cast, session):
        client.login(cast.roster)
        slots = {"kind": "shift", "slots-0-name": "早班", "slots-0-starts": "08:00", "slots-0-ends": "20:00"}
        slots |= {"slots-1-name": "夜班", "slots-1-starts": "20:00", "slots-1-ends": "08:00"}
        assert client.send("/rotations/new", rotation(cast, **slots)).status_code == 303
        made = session.scalars(select(Rotation)).one()
        assert [slot["name"] for slot in made.slots] == ["早班", "夜班"]

    def test_a_preview_shows_turns_and_shares_and_writes_nothing(self, client, cast, session):
        LeaveFactory(person=cast.lin, starts_at=MONDAY + 24 * HOUR, ends_at=MONDAY + 48 * HOUR)
        client.login(cast.roster)
        data = {**rotation(cast), "preview": "1", "csrf_token": client.token("/rotations/new")}
        piece = client.post("/rotations/new", data=data, headers={"X-Requested-With": "fetch"})
        assert piece.status_code == 200
        assert not soup_of(piece).select("nav, form")
        assert {name.get_text() for name in soup_of(piece).select(".share-who")} == {"何静", "林晓"}
        assert len(soup_of(piece).select(".preview-list .level-1")) == 1, "the turn that falls into the leave"
        assert "100.0" not in soup_of(piece).get_text(), "who is away covers nothing"
        whole = client.post("/rotations/new", data=data)
        assert whole.status_code == 200
        assert soup_of(whole).select_one("#preview .share-who")
        assert soup_of(whole).select_one("input[name=name]")["value"] == "设计轮值"
        assert (count(session, Rotation), count(session, Shift)) == (0, 0)

    def test_half_a_form_has_no_preview_but_a_sentence(self, client, cast):
        client.login(cast.roster)
        data = {**rotation(cast, first_day=""), "preview": "1", "csrf_token": client.token("/rotations/new")}
        piece = client.post("/rotations/new", data=data, headers={"X-Requested-With": "fetch"})
        assert piece.status_code == 422
        assert soup_of(piece).select(".field-error")

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({"members-0": "", "members-1": ""}, id="nobody takes turns"),
            pytest.param({"members-0": "99999999999999999999"}, id="a made-up person"),
            pytest.param({"members-0": "林晓"}, id="a name for an id"),
            pytest.param({"name": " "}, id="no name"),
            pytest.param({"name": "长" * 61}, id="an endless name"),
            pytest.param({"first_day": "2026-11-20"}, id="it begins in the past"),
            pytest.param({"first_day": "9999-12-31"}, id="it begins at the end of all days"),
            pytest.param({"first_day": "0001-01-01"}, id="it began at the beginning"),
            pytest.param({"first_day": "tomorrow"}, id="no day"),
            pytest.param({"handover_at": "25:00"}, id="no time"),
            pytest.param({"zone": "Mars/Olympus"}, id="no such zone"),
            pytest.param({"zone": "../../etc/passwd"}, id="a path for a zone"),
            pytest.param({"kind": "custom", "every": "0"}, id="no length"),
            pytest.param({"kind": "custom", "every": "-3"}, id="a negative length"),
            pytest.param({"kind": "custom", "every": "400", "unit": "days"}, id="turns without an end"),
            pytest.param({"kind": "hourly", "every": "30"}, id="an hour of more than a day"),
            pytest.param({"kind": "sometimes"}, id="no such kind"),
            pytest.param({"kind": "shift"}, id="by shifts without any"),
            pytest.param(
                {"kind": "shift", "slots-0-starts": "08:00", "slots-0-ends": "20:00", "slots-1-starts": "19:00",
                 "slots-1-ends": "08:00"},
                id="overlapping shifts",
            ),
            pytest.param(
                {"kind": "shift", "slots-0-starts": "08:00", "slots-0-ends": "20:00", "slots-1-starts": "20:00"},
                id="a shift without its end",
            ),
            pytest.param({"kind": "shift", "slots-0-starts": "late", "slots-0-ends": "20:00"}, id="no time of the day"),
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused_with_a_sentence(self, client, cast, session, said):
        client.login(cast.roster)
        answer = client.send("/rotations/new", rotation(cast, **said))
        assert answer.status_code in (409, 422)
        assert errors(answer)
        assert count(session, Rotation) == 0

    def test_it_is_edited_and_a_stale_save_asks(self, client, cast, session):
        client.login(cast.roster)
        client.send("/rotations/new", rotation(cast))
        made = session.scalars(select(Rotation)).one()
        url, version = f"/rotations/{made.id}", str(made.version)
        changed = rotation(cast, version=version, **{"members-0": str(cast.lin.id), "members-1": str(cast.he.id)})
        assert client.send(url, changed).status_code == 303
        session.expire_all()
        assert [person.login for person in made.people] == ["lin", "he"]
        stale = client.send(url, rotation(cast, version=version, name="别的"))
        assert stale.status_code == 409
        again = {**rotation(cast, name="别的"), "version": soup_of(stale).select_one("input[name=version]")["value"]}
        assert client.send(url, again).status_code == 303

    def test_it_is_stopped_with_a_reason(self, client, cast, session):
        client.login(cast.roster)
        client.send("/rotations/new", rotation(cast))
        made = session.scalars(select(Rotation)).one()
        url, page = f"/rotations/{made.id}/stop", f"/rotations/{made.id}"
        assert client.send(url, {"reason": ""}, page=page).status_code == 422
        assert client.send(url, {"reason": "项目结束"}, page=page).status_code == 303
        assert "项目结束" in client.get("/rotations/").get_data(as_text=True)
        assert duty.on_duty(at=MONDAY + 12 * HOUR, role=DutyRoleCode.DESIGN) == []
        assert client.send(url, {"reason": "again"}, page="/roster/").status_code == 409

    @pytest.mark.parametrize("login", ["lin", "zhou", "auditor"])
    def test_nobody_else_makes_one(self, client, cast, session, login):
        client.login(login)
        assert client.get("/rotations/").status_code == 200
        assert client.get("/rotations/new").status_code == 403
        assert client.send("/rotations/new", rotation(cast), page="/roster/").status_code == 403
        assert count(session, Rotation) == 0


class TestSwaps:
    def said(self, cast, **more: object) -> dict[str, object]:
        return {
            "role": "engineering",
            "starts_at": "2026-11-23T08:00",
            "ends_at": "2026-11-23T16:00",
            "to": str(cast.lin.id),
            "in_return": "",
            "reason": "参加婚礼",
            **more,
        }

    def ask(self, client, cast, session, **more: object) -> Swap:
        client.login(cast.zhou)
        assert client.send("/swaps/new", self.said(cast, **more)).status_code == 303
        return session.scalars(select(Swap).order_by(Swap.id.desc())).first()

    def act(self, client, who, swap: Swap, action: str, **data: str):
        client.login(who)
        return client.send(f"/swaps/{swap.id}/{action}", data, page="/swaps/")

    def test_my_shift_leads_to_the_request(self, client, cast, monday):
        client.login(cast.zhou)
        link = soup_of(client.get("/roster/mine")).select_one("#my-shifts .btn")
        form = soup_of(client.get(link["href"]))
        assert form.select_one("input[name=starts_at]")["value"] == "2026-11-23T08:00"
        assert "周强" not in form.select_one("select[name=to]").get_text()

    def test_asked_accepted_approved(self, client, cast, session, monday):
        swap = self.ask(client, cast, session)
        client.login(cast.lin)
        assert soup_of(client.get("/swaps/")).select(".side-item .count"), "it is counted in the navigation"
        assert self.act(client, cast.lin, swap, "accept").status_code == 303
        assert self.act(client, cast.roster, swap, "approve").status_code == 303
        session.expire_all()
        assert swap.state is SwapState.DONE
        there = duty.on_duty(at=MONDAY + 10 * HOUR, role=DutyRoleCode.ENGINEERING)
        assert [each.person.login for each in there] == ["lin"]

    def test_something_in_return(self, client, cast, session, monday):
        put(cast.lin, 30, 38, DutyRoleCode.CS_SUPERVISOR)
        client.login(cast.zhou)
        option = soup_of(client.get("/swaps/new")).select("select[name=in_return] option")[1]
        assert "林晓" in option.get_text()
        swap = self.ask(client, cast, session, in_return=option["value"])
        assert swap.return_starts_at == MONDAY + 30 * HOUR

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param({"starts_at": "2026-11-23T09:00"}, id="hours that are not one's own"),
            pytest.param({"role": "legal"}, id="another role"),
            pytest.param({"ends_at": "2026-11-22T09:00"}, id="backwards"),
            pytest.param({"reason": ""}, id="no reason"),
            pytest.param({"to": "999999"}, id="a made-up person"),
            pytest.param({"to": ""}, id="nobody"),
            pytest.param({"in_return": "x"}, id="made-up hours in return"),
            pytest.param({"starts_at": "soon"}, id="no time"),
        ],
    )
    def test_nonsense_is_refused(self, client, cast, session, monday, said):
        client.login(cast.zhou)
        answer = client.send("/swaps/new", self.said(cast, **said))
        assert answer.status_code in (409, 422)
        assert errors(answer)
        assert count(session, Swap) == 0

    def test_a_swap_with_oneself_is_refused(self, client, cast, session, monday):
        client.login(cast.zhou)
        assert client.send("/swaps/new", self.said(cast, to=str(cast.zhou.id))).status_code == 422
        assert count(session, Swap) == 0

    def test_others_neither_answer_nor_approve(self, client, cast, session, monday):
        swap = self.ask(client, cast, session)
        assert self.act(client, cast.he, swap, "accept").status_code == 403
        assert self.act(client, cast.he, swap, "withdraw").status_code == 403
        self.act(client, cast.lin, swap, "accept")
        assert self.act(client, cast.lin, swap, "approve").status_code == 403
        session.expire_all()
        assert swap.state is SwapState.ACCEPTED

    def test_not_approving_wants_a_reason_and_keeps_what_was_typed(self, client, cast, session, monday):
        swap = self.ask(client, cast, session)
        self.act(client, cast.lin, swap, "accept")
        answer = self.act(client, cast.roster, swap, "reject", answer="")
        assert answer.status_code == 422
        assert soup_of(answer).select_one(f"#swap-{swap.id} .field-error")
        assert self.act(client, cast.roster, swap, "reject", answer="人手不够").status_code == 303
        client.login(cast.zhou)
        assert "人手不够" in client.get("/swaps/").get_data(as_text=True)

    def test_refused_and_withdrawn(self, client, cast, session, monday):
        swap = self.ask(client, cast, session)
        assert self.act(client, cast.lin, swap, "refuse", answer="我也有事").status_code == 303
        other = self.ask(client, cast, session)
        assert self.act(client, cast.zhou, other, "withdraw").status_code == 303
        assert self.act(client, cast.zhou, other, "withdraw").status_code == 409

    @pytest.mark.parametrize("action", ["expire", "cook", ""])
    def test_nothing_else_can_be_done(self, client, cast, session, monday, action):
        swap = self.ask(client, cast, session)
        assert self.act(client, cast.lin, swap, action or "%20").status_code == 404


class TestLeave:
    def said(self, cast, **more: object) -> dict[str, object]:
        return {
            "person": str(cast.zhou.id),
            "starts_at": "2026-11-23T00:00",
            "ends_at": "2026-11-25T00:00",
            "reason": "年假",
            **more,
        }

    def test_one_writes_down_one_s_own_and_takes_it_back(self, client, cast, session):
        client.login(cast.zhou)
        assert client.send("/leaves/new", self.said(cast)).status_code == 303
        leave = session.scalars(select(Leave)).one()
        assert "年假" in client.get("/leaves/").get_data(as_text=True)
        assert client.send(f"/leaves/{leave.id}/cancel", {}, page="/leaves/").status_code == 303
        session.expire_all()
        assert leave.cancelled_at is not None

    def test_duties_that_fall_into_it_are_shown_before_it_is_saved(self, client, cast, session):
        put(cast.zhou, 8, 16)
        client.login(cast.zhou)
        first = client.send("/leaves/new", self.said(cast))
        assert first.status_code == 409
        assert "11-23" in soup_of(first).select_one(".alarm").get_text()
        assert count(session, Leave) == 0
        assert client.send("/leaves/new", self.said(cast, anyway="1")).status_code == 303
        assert duty.on_duty(at=MONDAY + 10 * HOUR, role=DutyRoleCode.ENGINEERING) == []

    def test_who_plans_writes_it_down_for_others(self, client, cast, session):
        client.login(cast.roster)
        assert client.send("/leaves/new", self.said(cast)).status_code == 303
        assert session.scalars(select(Leave)).one().person.login == "zhou"

    def test_nobody_else_does(self, client, cast, session):
        client.login(cast.he)
        assert client.send("/leaves/new", self.said(cast)).status_code == 422, "only oneself is offered"
        client.login(cast.auditor)
        assert client.get("/leaves/new").status_code == 403
        leave = LeaveFactory(person=cast.zhou, starts_at=MONDAY, ends_at=MONDAY + HOUR)
        session.commit()
        client.login(cast.he)
        assert client.send(f"/leaves/{leave.id}/cancel", {}, page="/leaves/").status_code == 403

    @pytest.mark.parametrize(
        "said",
        [
            {"ends_at": "2026-11-22T00:00"},
            {"starts_at": "2026-11-01T00:00"},
            {"ends_at": "2029-11-22T00:00"},
            {"starts_at": ""},
            {"ends_at": "%"},
            {"reason": "长" * 201},
            {"person": "x"},
        ],
    )
    def test_nonsense_is_refused_beside_its_field(self, client, cast, session, said):
        client.login(cast.roster)
        answer = client.send("/leaves/new", self.said(cast, **said))
        assert answer.status_code == 422
        assert soup_of(answer).select(".field-error")
        assert count(session, Leave) == 0


class TestHandovers:
    @pytest.fixture
    def opened(self, cast, clock, session) -> Handover:
        """赵磊 has just taken engineering over from 周强."""
        put(cast.zhou, 0, 8)
        put(cast.zhao, 8, 16)
        clock.set(MONDAY + 8 * HOUR)
        handovers.sweep(now=clock.now())
        session.commit()
        return session.scalars(select(Handover)).one()

    def test_the_next_one_accepts_with_one_press(self, client, cast, session, opened):
        client.login(cast.zhao)
        page = soup_of(client.get("/handovers/"))
        assert page.select_one(".side-item .count")
        assert page.select("form[action$=accept]")
        mine = soup_of(client.get("/roster/mine"))
        assert mine.select_one(".actions a[href='/handovers/'] .count").get_text() == "1"
        assert client.send(f"/handovers/{opened.id}/accept", {}, page="/handovers/").status_code == 303
        session.expire_all()
        assert opened.accepted_at is not None
        assert not soup_of(client.get("/handovers/")).select("form[action$=accept]")

    def test_others_see_it_and_cannot(self, client, cast, session, opened):
        for person in (cast.lin, cast.zhou, cast.auditor):
            client.login(person)
            assert not soup_of(client.get("/handovers/")).select("form[action$=accept]")
            assert client.send(f"/handovers/{opened.id}/accept", {}, page="/handovers/").status_code == 403
        session.expire_all()
        assert opened.accepted_at is None

    def test_who_hands_over_writes_the_note(self, client, cast, session, opened):
        client.login(cast.zhou)
        url = f"/handovers/{opened.id}/note"
        assert client.send(url, {"note": "钥匙在物业"}, page="/handovers/").status_code == 303
        client.login(cast.zhao)
        assert "钥匙在物业" in client.get("/handovers/").get_data(as_text=True)
        assert client.send(url, {"note": "x"}, page="/handovers/").status_code == 403

    def test_the_note_for_the_next_shift(self, client, cast, session, opened):
        client.login(cast.zhao)
        url = f"/handovers/ahead/{opened.role_id}"
        for bad in ("", "长" * 2001, "a\x00b"):
            answer = client.send(url, {"note": bad}, page="/handovers/")
            assert answer.status_code == 422 and soup_of(answer).select(".field-error")
        assert client.send(url, {"note": "客户下午来"}, page="/handovers/").status_code == 303
        assert "客户下午来" in soup_of(client.get("/handovers/")).select_one("section[id^=ahead] textarea").get_text()

    def test_every_label_finds_the_note_of_its_own_role(self, client, cast, opened):
        put(cast.zhou, 8, 16, DutyRoleCode.DESIGN)
        client.login(cast.zhou)
        page = soup_of(client.get("/handovers/"))
        notes = [note["id"] for note in page.select("textarea[name=note]")]
        assert len(notes) == len(set(notes)) == 2
        assert {label["for"] for label in page.select("label[for^=note]")} == set(notes)

    def test_what_is_not_accepted_in_time_stands_on_the_home_page(self, client, cast, clock, session, opened):
        def alarms():
            return soup_of(client.get("/")).select(".alarm:-soup-contains('赵磊')")

        client.login(cast.lin)
        assert not alarms()
        handovers.sweep(now=clock.forward(minutes=16))
        session.commit()
        assert alarms()
        client.login(cast.zhao)
        client.send(f"/handovers/{opened.id}/accept", {}, page="/handovers/")
        assert not alarms()

    @pytest.mark.parametrize("made_up", ["0", "99999999999999999999", "x"])
    def test_a_made_up_one_is_not_found(self, client, cast, made_up):
        client.login(cast.zhou)
        for verb in ("accept", "note"):
            assert client.send(f"/handovers/{made_up}/{verb}", {"note": "x"}, page="/handovers/").status_code == 404


class TestFairness:
    @pytest.mark.parametrize(
        "query", ["", "?days=28", "?days=365", "?days=x", "?days=-1", "?days=99999999999999999999"]
    )
    def test_who_carries_how_much(self, client, cast, on_duty, query):
        client.login(cast.lin)
        page = soup_of(client.get(f"/roster/fairness{query}"))
        assert "周强" in {name.get_text() for name in page.select(".share-who")}


class TestHome:
    def test_the_coverage_is_a_score_and_a_list_that_can_be_clicked_to_fill(self, client, cast):
        put(cast.zhou, -4, 24)
        client.login(cast.roster)
        page = soup_of(client.get("/"))
        assert "%" in page.select_one(".score").get_text()
        links = page.select(".holes a[href^='/roster/new']")
        assert links
        form = soup_of(client.get(links[0]["href"]))
        assert form.select_one("input[name=starts_at]")["value"] == "2026-11-21T22:00"
