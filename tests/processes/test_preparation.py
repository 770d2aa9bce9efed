from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session, scoped_session

import config
import seed
from extensions import db
from models import Base, DutyRole, Person
from processes import preparation
from processes.preflight import CannotStart
from seed.demo import cast
from services import people
from tests.conftest import Databases
from tests.factories import PersonFactory

Desk = scoped_session[Session]


@pytest.fixture
def settings(app: Flask, tmp_path: Path) -> config.Config:
    """This desk's settings, with a data directory that is empty."""
    return replace(app.config["DESK"], data_dir=tmp_path, demo=True)


def may_log_in(login: str, password: str) -> bool:
    person = db.session.scalars(select(Person).where(Person.login == login)).one()
    return people.has_password(person, password)


def password_in(words: list[str]) -> str:
    return words[-1].removeprefix("Password for all of them: ")


class TestAnEmptyDatabase:
    @pytest.fixture
    def empty(self, databases: Databases, engine_name: str) -> Iterator[Flask]:
        """A desk on a database without a single table."""
        with databases.empty(engine_name) as app:
            yield app
            db.session.remove()

    def test_gets_its_tables_and_what_production_needs(self, empty: Flask) -> None:
        words = preparation.prepare(empty)
        assert set(Base.metadata.tables) <= set(inspect(db.engine).get_table_names())
        assert duty_roles() == 4
        assert preparation.is_up_to_date()
        assert any("create-admin" in line for line in words)

    def test_is_prepared_twice_without_doubling_anything(self, empty: Flask) -> None:
        preparation.prepare(empty)
        preparation.prepare(empty)
        assert duty_roles() == 4

    def test_is_refused_by_a_command_that_needs_tables(self, empty: Flask) -> None:
        with pytest.raises(CannotStart, match="first run: flask --app app db upgrade"):
            preparation.require_tables()

    def test_of_a_newer_desk_is_refused_in_a_sentence(self, empty: Flask) -> None:
        preparation.prepare(empty)
        db.session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = 'from_tomorrow'")
        db.session.commit()
        with pytest.raises(CannotStart, match="from_tomorrow"):
            preparation.migrate()


def duty_roles() -> int | None:
    count = db.session.scalar(select(func.count()).select_from(DutyRole))
    db.session.rollback()
    return count


class TestTheDemo:
    @pytest.fixture(autouse=True)
    def people_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The demo's people without their week, which takes seconds and is tried elsewhere."""
        monkeypatch.setattr(seed, "load_demo", lambda now, password: cast.hire(password=password, now=now))

    def test_makes_a_password_and_prints_the_same_one_at_the_next_start(
        self, session: Desk, settings: config.Config
    ) -> None:
        first, second = preparation.load_demo(settings), preparation.load_demo(settings)
        assert first == second
        assert all(may_log_in(login, password_in(first)) for login in seed.DEMO_LOGINS)

    def test_keeps_the_password_where_only_its_owner_reads_it(self, session: Desk, settings: config.Config) -> None:
        preparation.load_demo(settings)
        assert (settings.data_dir / "demo_password").stat().st_mode & 0o777 == 0o600

    def test_takes_the_password_it_is_given_and_moves_to_another_one(
        self, session: Desk, settings: config.Config
    ) -> None:
        preparation.load_demo(replace(settings, demo_password="first password"))
        words = preparation.load_demo(replace(settings, demo_password="second password"))
        assert password_in(words) == "second password"
        assert may_log_in("duty", "second password")
        assert password_in(preparation.load_demo(settings)) == "second password"

    def test_leaves_a_password_alone_that_somebody_chose(self, session: Desk, settings: config.Config) -> None:
        preparation.load_demo(replace(settings, demo_password="first password"))
        duty = session.scalars(select(Person).where(Person.login == "duty")).one()
        people.change_password(duty, old="first password", new="my very own", now=duty.created_at)
        session.commit()
        preparation.load_demo(replace(settings, demo_password="second password"))
        assert may_log_in("duty", "my very own")
        assert may_log_in("intake", "second password")

    def test_is_not_loaded_among_people_who_work_here(self, session: Desk, settings: config.Config) -> None:
        PersonFactory(login="wang")
        session.commit()
        (words,) = preparation.load_demo(settings)
        assert "was not loaded" in words
        assert not seed.has_demo()

    def test_refuses_a_password_that_is_none(self, session: Desk, settings: config.Config) -> None:
        with pytest.raises(CannotStart, match="DEMO_PASSWORD"):
            preparation.load_demo(replace(settings, demo_password="short"))
        assert not seed.has_demo()

    def test_says_so_when_its_password_is_kept_elsewhere(self, session: Desk, settings: config.Config) -> None:
        preparation.load_demo(settings)
        (settings.data_dir / "demo_password").unlink()
        (words,) = preparation.load_demo(settings)
        assert "not kept" in words


def test_a_made_password_is_long_and_never_the_same() -> None:
    made = {preparation.new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 14 for password in made)
