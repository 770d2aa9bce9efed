"""Appointments on the screen: agreed on the complaint's page, listed by day, moved and ended on their own page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from extensions import COMPANY_ZONE
from models import Appointment, CustomerContact
from rules.vocabulary import AppointmentPurpose, AppointmentState
from tests.client import soup_of
from tests.factories import AppointmentFactory, ComplaintFactory
from tests.query_count import queries

DAY = timedelta(days=1)


@pytest.fixture
def appointment(cast, session, now) -> Appointment:
    """赵磊 goes to 王女士 tomorrow at 22:00 for two hours."""
    made = AppointmentFactory(person=cast.zhao, complaint=ComplaintFactory(number="C-2611-0001"), made_by=cast.zhou)
    session.commit()
    return made


def typed(moment) -> str:
    return f"{moment.astimezone(COMPANY_ZONE):%Y-%m-%dT%H:%M}"


def take(client, appointment: Appointment, step: str, **said: object):
    url = f"/appointment/{appointment.id}"
    return client.send(f"{url}/{step}", said, page=url)


def buttons(client, appointment: Appointment) -> set[str]:
    page = soup_of(client.get(f"/appointment/{appointment.id}"))
    return {button["data-dialog"].removeprefix("do-") for button in page.select("[data-dialog^='do-']")}


def rows(client, view: str) -> set[str]:
    return {a["href"] for a in soup_of(client.get(f"/appointments/?view={view}")).select("a.row-link")}


class TestOnTheComplaint:
    def agree(self, client, cast, now, **more):
        said = {
            "person": cast.zhao.id,
            "purpose": AppointmentPurpose.REPAIR.value,
            "starts_at": typed(now + DAY),
            "ends_at": typed(now + DAY + timedelta(hours=2)),
            **more,
        }
        return client.send("/complaints/C-2611-0001/appoint", said, page="/complaints/C-2611-0001")

    def test_it_is_agreed_there_and_stands_on_the_card(self, client, cast, session, now):
        ComplaintFactory(number="C-2611-0001")
        client.login(cast.zhou)
        assert self.agree(client, cast, now).status_code == 302
        made = session.scalars(select(Appointment)).one()
        assert (made.person, made.purpose, made.made_by) == (cast.zhao, AppointmentPurpose.REPAIR, cast.zhou)
        card = soup_of(client.get("/complaints/C-2611-0001")).select_one("#appointments")
        assert "赵磊" in card.text and card.select_one("a")["href"] == f"/appointment/{made.id}"

    def test_a_clash_is_refused_beside_the_tick_that_allows_it(self, client, cast, session, now, appointment):
        client.login(cast.zhou)
        answer = self.agree(client, cast, now)
        assert answer.status_code == 409
        dialog = soup_of(answer).select_one("#do-appoint")
        assert "data-open-now" in dialog.attrs and "C-2611-0001" in dialog.select_one(".field-error").text
        assert self.agree(client, cast, now, is_double="y").status_code == 302

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("starts_at", "yesterday"),
            ("starts_at", "2026-11-01T10:00"),
            ("ends_at", "2026-11-01T10:00"),
            ("ends_at", ""),
            ("person", "999999999999999999999"),
            ("person", ""),
            ("purpose", "revenge"),
            ("remarks", "长" * 501),
        ],
    )
    def test_nonsense_is_refused_with_nothing_written(self, client, cast, session, now, field, value):
        ComplaintFactory(number="C-2611-0001")
        client.login(cast.zhou)
        assert self.agree(client, cast, now, **{field: value}).status_code in (409, 422)
        assert session.scalars(select(Appointment)).all() == []

    def test_a_progress_report_goes_to_the_customer(self, client, cast, session, now):
        complaint = ComplaintFactory(number="C-2611-0001")
        client.login(cast.zhou)
        said = {"words": "刷漆", "percent": "80"}
        answer = client.send("/complaints/C-2611-0001/report", said, page="/complaints/C-2611-0001")
        assert answer.status_code == 302
        session.expire_all()
        (contact,) = complaint.contacts
        assert contact.summary == "刷漆80%"
        assert "刷漆80%" in soup_of(client.get("/complaints/C-2611-0001")).select_one("#timeline").text

    @pytest.mark.parametrize("said", [{"percent": "many"}, {"percent": "-5"}, {"words": "长" * 500}, {}])
    def test_a_report_that_no_sms_can_say_is_refused(self, client, cast, session, said):
        ComplaintFactory(number="C-2611-0001")
        client.login(cast.zhou)
        answer = client.send("/complaints/C-2611-0001/report", said, page="/complaints/C-2611-0001")
        assert answer.status_code == 422
        assert session.scalars(select(CustomerContact)).all() == []


class TestList:
    def test_each_day_has_its_tab(self, client, cast, session, now):
        made = {
            days: AppointmentFactory(starts_at=now + days * DAY, ends_at=now + days * DAY + timedelta(hours=1))
            for days in (-1, 0, 1, 3, 9)
        }
        client.login(cast.zhou)
        links = {days: f"/appointment/{each.id}" for days, each in made.items()}
        assert rows(client, "today") == {links[0]}
        assert rows(client, "tomorrow") == {links[1]}
        assert rows(client, "week") == {links[0], links[1], links[3]}
        assert rows(client, "past") == {links[-1]}
        assert rows(client, "all") == set(links.values())

    def test_mine_are_those_i_go_to(self, client, cast, appointment):
        client.login(cast.zhao)
        assert rows(client, "mine") == {f"/appointment/{appointment.id}"}
        client.login(cast.zhou)
        assert rows(client, "mine") == set()

    def test_the_number_of_queries_does_not_grow(self, client, cast, appointment):
        client.login(cast.lin)
        client.get("/appointments/?view=all")
        with queries() as few:
            client.get("/appointments/?view=all")
        for _ in range(12):
            AppointmentFactory()
        with queries() as many:
            client.get("/appointments/?view=all")
        assert len(many) == len(few)

    def test_it_can_be_taken_away_as_a_file(self, client, cast, appointment):
        client.login(cast.analyst)
        assert "C-2611-0001" in client.get("/appointments/export/csv/?view=all", buffered=True).get_data(as_text=True)


class TestPage:
    def test_before_it_begins_it_can_be_moved_or_called_off(self, client, cast, appointment):
        client.login(cast.zhou)
        assert buttons(client, appointment) == {"move", "call-off"}
        client.login(cast.auditor)
        assert buttons(client, appointment) == set()

    def test_afterwards_somebody_says_what_came_of_it(self, client, cast, session, appointment, clock):
        clock.forward(days=1, hours=1)
        client.login(cast.zhao)
        assert buttons(client, appointment) == {"move", "call-off", "keep", "miss"}
        assert take(client, appointment, "keep", summary="空鼓 6 块").status_code == 302
        session.expire_all()
        assert appointment.state is AppointmentState.KEPT
        assert buttons(client, appointment) == set()

    def test_moved_it_leads_to_the_one_in_its_place(self, client, cast, session, appointment, now):
        client.login(cast.zhou)
        starts_at, ends_at = typed(now + 2 * DAY), typed(now + 2 * DAY + timedelta(hours=1))
        said = {"person": cast.zhao.id, "starts_at": starts_at, "ends_at": ends_at, "reason": "业主改期"}
        assert take(client, appointment, "move", **said).status_code == 302
        session.expire_all()
        page = soup_of(client.get(f"/appointment/{appointment.id}"))
        assert page.select(f"a[href='/appointment/{appointment.moved_to_id}']")

    def test_a_refusal_stands_in_the_dialog(self, client, cast, session, appointment):
        client.login(cast.zhou)
        answer = take(client, appointment, "call-off", reason=" ")
        assert answer.status_code == 422
        assert "data-open-now" in soup_of(answer).select_one("#do-call-off").attrs

    def test_two_who_end_it_do_it_once(self, client, cast, session, appointment):
        client.login(cast.zhou)
        url = f"/appointment/{appointment.id}"
        token = client.token(url)
        answers = [
            client.post(f"{url}/call-off", data={"csrf_token": token, "reason": "出差"}).status_code for _ in range(2)
        ]
        assert answers == [302, 409]

    @pytest.mark.parametrize("address", ["/appointment/0", "/appointment/99999999999999999999", "/appointment/x"])
    def test_what_was_made_up_is_not_found(self, client, cast, address):
        client.login(cast.zhou)
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("step", ["explode", "keep/x"])
    def test_so_is_a_step(self, client, cast, appointment, step):
        client.login(cast.zhou)
        url = f"/appointment/{appointment.id}"
        assert client.send(f"{url}/{step}", {}, page=url).status_code == 404
