from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session, scoped_session

import cli
import config
from cli import checkup
from cli.checkup import Mark
from extensions import db
from jobs.schedule import SCHEDULE
from models import ChannelState
from rules.vocabulary import ChannelCondition, Role
from services import duty, heartbeats
from services.actors import SYSTEM
from tests.conftest import Databases
from tests.factories import NotificationFactory, PersonFactory

Desk = scoped_session[Session]
HOUR = timedelta(hours=1)


@pytest.fixture
def has_pages() -> bool:
    """No pages here."""
    return False


@pytest.fixture
def settings(app: Flask, session: Desk) -> config.Config:
    """A desk where everything is as it should be, on this machine only."""
    return replace(app.config["DESK"], secret_key="f3a1c5b7d9e8" * 4, host="127.0.0.1")


@pytest.fixture
def healthy(session: Desk, settings: config.Config, now: datetime) -> config.Config:
    """The same, with an administrator, a roster for the night and jobs that ran."""
    admin = PersonFactory(roles=[Role.ADMINISTRATOR])
    for role in duty.roles():
        duty.schedule(role=role, person=admin, starts_at=now, ends_at=now + HOUR, actor=SYSTEM, now=now)
    for job in SCHEDULE:
        heartbeats.beat(job.name, count=0, now=now)
    session.commit()
    return settings


def found(settings: config.Config, now: datetime, mark: Mark) -> str:
    return "\n".join(finding.words for finding in checkup.findings(settings, now=now) if finding.mark is mark)


def test_a_healthy_desk_has_no_errors(healthy: config.Config, now: datetime) -> None:
    assert found(healthy, now, Mark.ERROR) == ""
    assert "tables are up to date" in found(healthy, now, Mark.OK)
    assert "workers work" in found(healthy, now, Mark.OK)


def test_the_sandbox_is_named_as_what_it_is(healthy: config.Config, now: datetime) -> None:
    assert "no telephone rings" in found(healthy, now, Mark.WARNING)


def test_a_job_that_fell_silent_is_named_with_its_queue(healthy: config.Config, now: datetime) -> None:
    words = found(healthy, now + timedelta(minutes=2), Mark.ERROR)
    for job in SCHEDULE:
        assert f"The job {job.name} " in words
        assert f"the queue {job.queue} " in words


def test_messages_that_nobody_looks_at_are_an_error(healthy: config.Config, now: datetime) -> None:
    assert "have been due" not in found(healthy, now, Mark.ERROR)
    NotificationFactory(due_at=now - HOUR)
    db.session.commit()
    assert "have been due since" in found(healthy, now, Mark.ERROR)


def test_a_desk_without_clock_administrator_and_roster_hears_of_all_three(
    settings: config.Config, now: datetime
) -> None:
    errors, warnings = found(settings, now, Mark.ERROR), found(settings, now, Mark.WARNING)
    assert "has never run" in errors
    assert "create-admin" in errors
    assert warnings.count("Nobody is on duty as") == 4


@pytest.mark.parametrize("key", ["short", "a" * 64, "changeme" * 2])
def test_a_key_that_can_be_guessed_is_an_error(healthy: config.Config, now: datetime, key: str) -> None:
    assert "SECRET_KEY" in found(replace(healthy, secret_key=key), now, Mark.ERROR)


def test_a_key_file_that_others_can_read_is_an_error(healthy: config.Config, now: datetime, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("x" * 64)
    (tmp_path / "secret_key").chmod(0o644)
    assert "chmod 600" in found(replace(healthy, data_dir=tmp_path), now, Mark.ERROR)


def test_a_data_directory_that_is_gone_is_an_error(healthy: config.Config, now: datetime, tmp_path: Path) -> None:
    assert "cannot be written" in found(replace(healthy, data_dir=tmp_path / "gone"), now, Mark.ERROR)


class TestOpenToOtherMachines:
    def test_over_plain_http_is_a_warning(self, healthy: config.Config, now: datetime) -> None:
        assert "COOKIE_SECURE=always" in found(replace(healthy, host="0.0.0.0"), now, Mark.WARNING)

    def test_over_https_only_is_fine(self, healthy: config.Config, now: datetime) -> None:
        behind_proxy = replace(healthy, host="0.0.0.0", cookie_secure="always")
        assert "plain HTTP" not in found(behind_proxy, now, Mark.WARNING)


class TestRedis:
    def test_that_forgets_is_a_warning(self, healthy: config.Config, now: datetime) -> None:
        assert "appendonly yes" in found(healthy, now, Mark.WARNING)

    def test_that_is_away_is_an_error(self, healthy: config.Config, now: datetime) -> None:
        away = replace(healthy, redis_url="redis://:s3cret@127.0.0.1:1/0")
        words = found(away, now, Mark.ERROR)
        assert "does not answer" in words
        assert "s3cret" not in words


class TestTheCommand:
    def test_ends_with_1_and_a_word_for_each_error(self, app: Flask, session: Desk) -> None:
        if "doctor" not in app.cli.commands:
            cli.register(app)
        result = app.test_cli_runner().invoke(args=["doctor"])
        assert result.exit_code == 1
        assert "error   There is no active administrator" in result.output

    @pytest.fixture
    def empty(self, databases: Databases, engine_name: str) -> Iterator[Flask]:
        """A desk on a database without a single table."""
        with databases.empty(engine_name) as app:
            yield app
            db.session.remove()

    def test_speaks_of_missing_tables_and_not_of_what_would_stand_in_them(self, empty: Flask, now: datetime) -> None:
        words = found(empty.config["DESK"], now, Mark.ERROR)
        assert "flask --app app db upgrade" in words
        assert "administrator" not in words


class TestChannels:
    @pytest.fixture
    def abroad(self, healthy: config.Config, tmp_path: Path) -> config.Config:
        """A desk that sends through two real providers."""
        known = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "known", "CHANNELS": "aliyun wecom"}
        told = {"ALIYUN_ACCESS_KEY_ID": "a", "ALIYUN_ACCESS_KEY_SECRET": "s3cret", "WECOM_KEY": "s3cret"}
        return replace(healthy, channels=config.read({**known, **told}).channels)

    def test_are_named_in_their_order_without_their_secrets(self, abroad: config.Config, now: datetime) -> None:
        assert "through aliyun (Aliyun SMS), wecom (WeCom group robot), in this order" in found(abroad, now, Mark.OK)
        assert "PUBLIC_URL is not set" in found(abroad, now, Mark.WARNING)
        assert not any("s3cret" in finding.words for finding in checkup.findings(abroad, now=now))

    def test_without_one_for_sms_are_a_warning(self, abroad: config.Config, now: datetime) -> None:
        robots = replace(abroad, channels=abroad.channels[1:])
        assert "No channel of CHANNELS sends SMS" in found(robots, now, Mark.WARNING)

    def test_that_rest_or_stand_still_are_named_with_the_provider_s_words(
        self, abroad: config.Config, session: Desk, now: datetime
    ) -> None:
        stopped = {"condition": ChannelCondition.STOPPED, "code": "isv.AMOUNT_NOT_ENOUGH", "words": "余额不足"}
        resting = {"condition": ChannelCondition.TRIPPED, "until": now + HOUR, "failures": 7}
        session.add_all(
            [
                ChannelState(name="aliyun", since=now, **stopped),
                ChannelState(name="wecom", since=now, **resting),
                ChannelState(name="gone", since=now, **stopped),
            ]
        )
        session.commit()
        assert "The channel aliyun stands still since 2026-11-21 14:00 UTC: isv.AMOUNT_NOT_ENOUGH 余额不足" in found(
            abroad, now, Mark.ERROR
        )
        assert "The channel wecom rests after 7 failures" in found(abroad, now, Mark.WARNING)
        assert "gone" not in found(abroad, now, Mark.ERROR)
