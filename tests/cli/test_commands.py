from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

import cli
from extensions import db
from models import DutyRole, Person, Script
from rules.vocabulary import Role
from services import people
from tests.conftest import Databases
from tests.factories import PersonFactory

Desk = scoped_session[Session]
Run = Callable[..., Result]


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


@pytest.fixture
def run(app: Flask, session: Desk) -> Run:
    """Type a command: ``run("create-admin", "boss")``; nobody sits at the terminal."""
    return runner(app)


def runner(app: Flask) -> Run:
    if "doctor" not in app.cli.commands:
        cli.register(app)

    def run(*arguments: str, **options: object) -> Result:
        db.session.rollback()
        return app.test_cli_runner().invoke(args=arguments, **options)

    return run


@pytest.fixture
def run_without_tables(databases: Databases, engine_name: str) -> Iterator[Run]:
    """The same on a database without a single table."""
    with databases.empty(engine_name) as app:
        yield runner(app)
        db.session.remove()


def person(login: str) -> Person:
    return db.session.scalars(select(Person).where(Person.login == login)).one()


class TestCreateAdmin:
    def test_makes_and_prints_a_password_to_be_changed(self, run: Run) -> None:
        result = run("create-admin", "boss")
        assert result.exit_code == 0, result.output
        (password,) = re.findall(r"First password.*: (\S+)", result.output)
        assert person("boss").roles == {Role.ADMINISTRATOR}
        assert person("boss").must_change_password
        assert people.has_password(person("boss"), password)

    def test_takes_a_password_and_does_not_repeat_it(self, run: Run) -> None:
        result = run("create-admin", "boss", env={"ADMIN_PASSWORD": "a first password"})
        assert result.exit_code == 0
        assert "a first password" not in result.output
        assert people.has_password(person("boss"), "a first password")

    def test_takes_a_chinese_name_with_a_login(self, run: Run) -> None:
        assert run("create-admin", "王建国", "--login", "wang").exit_code == 0
        assert person("wang").name == "王建国"

    def test_does_not_guess_a_login_for_a_script(self, run: Run) -> None:
        result = run("create-admin", "王建国")
        assert result.exit_code == 2
        assert "--login" in result.output

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("taken",), "This login is taken."),
            (("not a login",), "A login has"),
            (("boss", "--password", "short"), "A password has"),
        ],
    )
    def test_says_no_in_a_sentence(self, run: Run, arguments: tuple[str, ...], words: str) -> None:
        PersonFactory(login="taken")
        db.session.commit()
        result = run("create-admin", *arguments)
        assert result.exit_code == 1
        assert words in result.output
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1

    def test_asks_for_tables_first(self, run_without_tables: Run) -> None:
        result = run_without_tables("create-admin", "boss")
        assert result.exit_code == 1
        assert "flask --app app db upgrade" in result.output


class TestSeed:
    def test_twice_doubles_nothing(self, run: Run) -> None:
        count = lambda model: db.session.scalar(select(func.count()).select_from(model))  # noqa: E731
        before = count(DutyRole), count(Script)
        assert [run("seed").exit_code, run("seed").exit_code] == [0, 0]
        assert (count(DutyRole), count(Script)) == before

    def test_keeps_the_demo_away_from_people_who_work_here(self, run: Run) -> None:
        PersonFactory(login="wang")
        db.session.commit()
        result = run("seed", "--demo")
        assert result.exit_code == 0
        assert "was not loaded" in result.output
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1

    def test_asks_for_tables_first(self, run_without_tables: Run) -> None:
        assert run_without_tables("seed").exit_code == 1


def test_every_command_says_what_it_is_for(run: Run) -> None:
    words = run("--help").output
    for command in ("create-admin", "seed", "doctor", "web", "worker", "clock", "db"):
        assert re.search(rf"^  {command} +\S", words, re.MULTILINE), words


def test_a_worker_for_a_queue_that_does_not_exist_is_refused(run: Run) -> None:
    result = run("worker", "nonsense")
    assert result.exit_code == 2
    assert "messages" in result.output
