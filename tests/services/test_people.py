"""Accounts: who gets in, with which password, and what ends a session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from models import Person, RecordChange
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import Position, Role
from services import departures, people
from services.actors import SYSTEM
from tests.cast import Cast
from tests.client import PASSWORD
from tests.factories import PersonFactory

Db = scoped_session[Session]


class TestLoggingIn:
    @pytest.mark.parametrize("login", ["lin", " LIN ", "Lin"])
    def test_the_right_password_opens(self, login: str, cast: Cast, now: datetime) -> None:
        assert people.authenticate(login=login, password=PASSWORD, now=now) is cast.lin
        assert cast.lin.last_login_at == now

    def test_a_wrong_login_a_wrong_password_and_a_closed_account_sound_the_same(
        self, cast: Cast, now: datetime
    ) -> None:
        cast.gao.is_active = False
        tries = [
            ("nobody", PASSWORD),
            ("lin", "wrong"),
            ("gao", PASSWORD),
            ("", ""),
            ("lin", "长" * 5000),
            ("lin\x00", ""),
        ]
        said = set()
        for login, password in tries:
            with pytest.raises(Refusal) as refusal:
                people.authenticate(login=login, password=password, now=now)
            said.add((refusal.value.message, refusal.value.field))
        assert said == {("Login or password is wrong.", "login")}


class TestAccounts:
    def make(self, now: datetime, **named: Any) -> Person:
        """An account with the least that is needed."""
        words: dict[str, Any] = {"login": "new", "name": "新人", "password": "long enough", "roles": [Role.INTAKE]}
        return people.create(**{**words, "actor": SYSTEM, "now": now, **named})

    def test_its_owner_must_choose_a_password_of_their_own(self, session: Db, now: datetime) -> None:
        person = self.make(now, login=" New ", phone="138 0013 8000", position=Position.CS_AGENT)
        assert (person.login, person.phone, person.must_change_password) == ("new", "+8613800138000", True)
        assert "long enough" not in person.password_hash
        people.change_password(person, old="long enough", new="my own words", now=now)
        assert not person.must_change_password
        assert people.authenticate(login="new", password="my own words", now=now) is person

    @pytest.mark.parametrize(
        ("named", "field"),
        [
            ({"login": "x"}, "login"),
            ({"login": "有中文"}, "login"),
            ({"login": "a b"}, "login"),
            ({"login": "a" * 65}, "login"),
            ({"name": " "}, "name"),
            ({"name": "长" * 65}, "name"),
            ({"password": "seven77"}, "password"),
            ({"password": "x" * 201}, "password"),
            ({"phone": "021-59254122"}, "phone"),
            ({"phone": "abc"}, "phone"),
        ],
    )
    def test_what_makes_no_account_is_refused(
        self, named: dict[str, Any], field: str, session: Db, now: datetime
    ) -> None:
        with pytest.raises(Refusal) as refusal:
            self.make(now, **named)
        assert refusal.value.field == field

    def test_a_login_is_given_once(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            self.make(now, login="LIN")

    def test_only_an_administrator_makes_accounts(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            self.make(now, actor=cast.roster)

    def test_no_password_stands_in_the_record_of_changes(self, cast: Cast, now: datetime, session: Db) -> None:
        self.make(now, actor=cast.admin)
        people.set_password(cast.lin, password="one-time words", actor=cast.admin, now=now)
        kept = str([change.changes for change in session.scalars(select(RecordChange))])
        assert "argon2" not in kept and "one-time" not in kept and "long enough" not in kept


class TestPasswords:
    @pytest.mark.parametrize(
        ("old", "new", "field"),
        [
            ("wrong", "another password", "old"),
            (PASSWORD, "short", "new"),
            (PASSWORD, PASSWORD, "new"),
            (PASSWORD, "x" * 201, "new"),
        ],
    )
    def test_a_change_that_makes_no_sense_is_refused(
        self, old: str, new: str, field: str, cast: Cast, now: datetime
    ) -> None:
        before = cast.lin.password_hash
        with pytest.raises(Refusal) as refusal:
            people.change_password(cast.lin, old=old, new=new, now=now)
        assert (refusal.value.field, cast.lin.password_hash) == (field, before)

    def test_every_change_ends_the_sessions_opened_before(self, cast: Cast, now: datetime) -> None:
        seen = [cast.lin.get_id()]
        people.change_password(cast.lin, old=PASSWORD, new="another password", now=now)
        seen.append(cast.lin.get_id())
        people.set_password(cast.lin, password="one-time words", actor=cast.admin, now=now)
        seen.append(cast.lin.get_id())
        departures.set_active(cast.lin, is_active=False, actor=cast.admin, now=now)
        seen.append(cast.lin.get_id())
        assert len(set(seen)) == 4

    def test_a_one_time_password_must_be_changed(self, cast: Cast, now: datetime) -> None:
        people.set_password(cast.lin, password="one-time words", actor=cast.admin, now=now)
        assert cast.lin.must_change_password
        with pytest.raises(NotAllowed):
            people.set_password(cast.lin, password="one-time words", actor=cast.roster, now=now)


class TestRoles:
    def test_roles_are_replaced_and_the_change_is_on_record(self, cast: Cast, now: datetime, session: Db) -> None:
        people.set_roles(cast.zhao, roles=[Role.DUTY, Role.APPROVER], actor=cast.admin, now=now)
        session.commit()
        assert cast.zhao.roles == {Role.DUTY, Role.APPROVER}
        change = session.scalars(select(RecordChange)).one()
        assert change.changes == {"roles": [["handler"], ["approver", "duty"]]}

    def test_the_same_roles_change_nothing(self, cast: Cast, now: datetime, session: Db) -> None:
        people.set_roles(cast.zhao, roles=[Role.HANDLER], actor=cast.admin, now=now)
        assert session.scalars(select(RecordChange)).all() == []

    def test_the_last_administrator_stays(self, cast: Cast, now: datetime) -> None:
        with pytest.raises(Conflict):
            people.set_roles(cast.admin, roles=[Role.INTAKE], actor=cast.admin, now=now)
        with pytest.raises(Conflict):
            departures.set_active(cast.admin, is_active=False, actor=cast.admin, now=now)
        PersonFactory(roles=[Role.ADMINISTRATOR])
        departures.set_active(cast.admin, is_active=False, actor=cast.admin, now=now)
        assert not cast.admin.is_active

    def test_who_left_may_nothing(self, cast: Cast, now: datetime) -> None:
        departures.set_active(cast.lin, is_active=False, actor=cast.admin, now=now)
        assert not any(cast.lin.may(permission) for permission in cast.lin.permissions)
