"""People: accounts are made, changed and switched off by administrators; everybody else has a directory."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from models import Person, RecordChange
from rules.vocabulary import Position, Role
from tests.client import PASSWORD, soup_of

MADE = {
    "login": "xinren",
    "name": "新人",
    "position": "technician",
    "phone": "138 0013 8999",
    "email": "xinren@example.com",
    "roles": ["handler", "duty"],
}


def said(person: Person, **more: object) -> dict[str, object]:
    """The form of a person as it stands, with changes."""
    return {
        "name": person.name,
        "position": person.position.value if person.position else "",
        "phone": person.phone or "",
        "email": person.email or "",
        "is_active": "y" if person.is_active else "",
        "roles": [role.value for role in person.roles],
        "version": str(person.version),
        **more,
    }


def edit(client, person: Person, **more: object):
    fields = said(person, **more)
    if not fields["is_active"]:
        del fields["is_active"]
    return client.send(f"/people/edit/?id={person.id}", fields)


def errors(answer) -> str:
    return " ".join(error.get_text() for error in soup_of(answer).select(".field-error, .alarm"))


class TestDirectory:
    @pytest.mark.parametrize("login", ["xiaozhou", "lin", "zhao", "roster", "approver", "analyst", "auditor"])
    def test_everybody_reads_it_and_only_administrators_write(self, client, cast, session, login):
        client.login(login)
        page = client.get("/people/")
        assert page.status_code == 200
        assert "周强" in page.get_data(as_text=True)
        assert client.get("/people/new/").status_code == 403
        assert client.get(f"/people/edit/?id={cast.zhou.id}").status_code == 403
        assert client.send("/people/new/", MADE, page="/people/").status_code == 403
        forbidden = client.send(f"/people/{cast.zhou.id}/password", page="/people/")
        assert forbidden.status_code == 403
        assert client.send(f"/people/edit/?id={cast.zhou.id}", said(cast.zhou), page="/people/").status_code == 403

    def test_numbers_are_masked(self, client, cast):
        client.login(cast.xiaozhou)
        for url in ("/people/", f"/people/details/?id={cast.zhou.id}"):
            text = client.get(url).get_data(as_text=True)
            assert "138****8001" in text
            assert "13800138001" not in text

    def test_filters_and_search(self, client, cast):
        client.login(cast.admin)
        rows = lambda url: len(soup_of(client.get(url)).select("tbody tr"))  # noqa: E731
        assert rows("/people/?roles=approver") == 1
        assert rows("/people/?position=legal_counsel") == 1
        assert rows("/people/?search=周") == 2
        assert rows("/people/?search=%25") == 0
        assert rows("/people/?view=inactive") == 0


class TestNewAccount:
    def test_the_one_time_password_is_shown_once_and_must_be_changed(self, client, new_client, cast, session):
        client.login(cast.admin)
        answer = client.send("/people/new/", MADE)
        assert answer.status_code == 200
        password = soup_of(answer).select_one("#one-time-password").get_text(strip=True)
        made = session.scalar(select(Person).where(Person.login == "xinren"))
        assert (made.name, made.phone, made.position) == ("新人", "+8613800138999", Position.TECHNICIAN)
        assert made.roles == {Role.HANDLER, Role.DUTY}
        assert made.must_change_password
        details = client.get(f"/people/details/?id={made.id}").get_data(as_text=True)
        assert password not in details
        changes = session.scalars(select(RecordChange).where(RecordChange.record_id == made.id))
        assert all(password not in str(change.changes) for change in changes)

        fresh = new_client()
        fresh.login("xinren", password)
        assert fresh.get("/").location == "/password"
        assert fresh.get("/people/").location == "/password"
        chosen = fresh.send("/password", {"old": password, "new": PASSWORD + "!", "again": PASSWORD + "!"})
        assert chosen.status_code == 302
        assert fresh.get("/people/").status_code == 200

    @pytest.mark.parametrize(
        ("more", "status"),
        [
            pytest.param({"login": "lin"}, 409, id="the login is taken"),
            pytest.param({"login": "大写"}, 422, id="a login nobody can type"),
            pytest.param({"login": ""}, 422, id="no login"),
            pytest.param({"name": "  "}, 422, id="no name"),
            pytest.param({"name": "长" * 65}, 422, id="an endless name"),
            pytest.param({"phone": "021-59254122"}, 422, id="a landline cannot take an SMS"),
            pytest.param({"phone": "13800abc"}, 422, id="a phone with letters"),
            pytest.param({"email": "at home"}, 422, id="no e-mail address"),
            pytest.param({"roles": ["emperor"]}, 422, id="a role that does not exist"),
            pytest.param({"position": "emperor"}, 422, id="a post that does not exist"),
            pytest.param({"name": "a\x00b"}, 422, id="what no database keeps"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_its_field(self, client, cast, session, more, status):
        client.login(cast.admin)
        before = session.scalar(select(func.count(Person.id)))
        answer = client.send("/people/new/", {**MADE, **more})
        assert answer.status_code == status
        assert errors(answer)
        assert session.scalar(select(func.count(Person.id))) == before

    def test_a_forgotten_password_is_replaced_and_ends_the_sessions(self, client, new_client, cast, session):
        zhou = new_client()
        zhou.login(cast.zhou)
        assert zhou.get("/people/").status_code == 200
        client.login(cast.admin)
        answer = client.send(f"/people/{cast.zhou.id}/password", page="/people/")
        password = soup_of(answer).select_one("#one-time-password").get_text(strip=True)
        assert zhou.get("/people/").location.startswith("/login")
        zhou.login(cast.zhou)
        assert zhou.get("/").location.startswith("/login"), "the old password opens nothing"
        zhou.login(cast.zhou, password)
        assert zhou.get("/").location == "/password"

    def test_ones_own_password_is_not_replaced_here(self, client, cast):
        client.login(cast.admin)
        assert client.send(f"/people/{cast.admin.id}/password", page="/people/").status_code == 409


class TestEditing:
    def test_facts_and_roles_change_and_are_written_down(self, client, cast, session):
        client.login(cast.admin)
        answer = edit(client, cast.zhou, phone="13900139777", roles=["duty", "handler"])
        assert answer.status_code == 302
        session.expire_all()
        assert cast.zhou.phone == "+8613900139777"
        assert cast.zhou.roles == {Role.DUTY, Role.HANDLER}
        changes = session.scalars(
            select(RecordChange).where(RecordChange.record_type == "people", RecordChange.record_id == cast.zhou.id)
        )
        assert {name for change in changes for name in change.changes} >= {"phone", "roles"}

    def test_a_stale_save_shows_both_values(self, client, cast, session):
        client.login(cast.admin)
        old = said(cast.zhou, name="周强强")
        edit(client, cast.zhou, name="周大强")
        answer = client.send(f"/people/edit/?id={cast.zhou.id}", old)
        assert answer.status_code == 409
        text = answer.get_data(as_text=True)
        assert "周强强" in text and "周大强" in text
        session.expire_all()
        assert cast.zhou.name == "周大强"

    def test_a_stale_save_does_not_give_back_a_role_that_was_taken(self, client, cast, session):
        client.login(cast.admin)
        old = said(cast.zhou, name="周强强")
        edit(client, cast.zhou, roles=["analyst"])
        answer = client.send(f"/people/edit/?id={cast.zhou.id}", old)
        assert answer.status_code == 409
        session.expire_all()
        assert cast.zhou.roles == {Role.ANALYST}

    def test_switched_off_means_out_at_once(self, client, new_client, cast, session):
        zhou = new_client()
        zhou.login(cast.zhou)
        client.login(cast.admin)
        assert edit(client, cast.zhou, is_active="").status_code == 302
        assert zhou.get("/people/").location.startswith("/login")
        assert zhou.login(cast.zhou).status_code == 401

    @pytest.mark.parametrize("more", [{"roles": ["analyst"]}, {"is_active": ""}], ids=["role", "account"])
    def test_the_last_administrator_stays(self, client, cast, session, more):
        client.login(cast.admin)
        answer = edit(client, cast.admin, **more)
        assert answer.status_code == 409
        assert errors(answer)
        session.expire_all()
        assert cast.admin.is_active and Role.ADMINISTRATOR in cast.admin.roles

    @pytest.mark.parametrize("made_up", ["0", "999999", "9" * 30, "x", ""])
    def test_a_made_up_id_is_not_found(self, client, cast, made_up):
        client.login(cast.admin)
        assert client.get(f"/people/edit/?id={made_up}").status_code == 404
        assert client.get(f"/people/details/?id={made_up}").status_code == 404
        assert client.send(f"/people/{made_up}/password", page="/people/").status_code in (404, 405)

    def test_nobody_can_be_deleted(self, client, cast, session):
        client.login(cast.admin)
        before = session.scalar(select(func.count(Person.id)))
        for url in ("/people/delete/", "/people/action/"):
            assert client.send(url, {"id": str(cast.zhou.id)}, page="/people/").status_code in (404, 405)
        assert session.scalar(select(func.count(Person.id))) == before


class TestTheSuperior:
    """Whom a chain calls after the handler (ES1)."""

    def test_is_chosen_on_the_form_and_kept(self, client, cast, session):
        client.login("admin")
        assert edit(client, cast.zhao, superior_id=str(cast.zhou.id)).status_code == 302
        session.refresh(cast.zhao)
        assert cast.zhao.superior_id == cast.zhou.id
        assert edit(client, cast.zhao, superior_id="").status_code == 302
        session.refresh(cast.zhao)
        assert cast.zhao.superior_id is None

    def test_stays_when_they_have_left_until_another_is_chosen(self, client, cast, session):
        cast.zhao.superior, cast.zhou.is_active = cast.zhou, False
        session.commit()
        client.login("admin")
        page = soup_of(client.get(f"/people/edit/?id={cast.zhao.id}"))
        assert page.select_one("#superior_id option[selected]")["value"] == str(cast.zhou.id)
        assert edit(client, cast.zhao, superior_id=str(cast.zhou.id), email="zhao@example.com").status_code == 302
        session.refresh(cast.zhao)
        assert (cast.zhao.superior_id, cast.zhao.email) == (cast.zhou.id, "zhao@example.com")
        assert edit(client, cast.he, superior_id=str(cast.zhou.id)).status_code == 422, "nobody new is given to them"

    def test_is_never_oneself(self, client, cast, session):
        client.login("admin")
        answer = edit(client, cast.zhao, superior_id=str(cast.zhao.id))
        assert answer.status_code == 422
        assert errors(answer)
        session.refresh(cast.zhao)
        assert cast.zhao.superior_id is None

    @pytest.mark.parametrize("made_up", ["999999", "zhou", "-1"])
    def test_is_somebody_who_works_here(self, made_up, client, cast):
        client.login("admin")
        assert edit(client, cast.zhao, superior_id=made_up).status_code == 422
