"""The doctor's questions. Each gives findings in plain words, with what to do about them."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from redis.exceptions import RedisError
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

import config
import seed
from extensions import db, redis_connection
from jobs.schedule import SCHEDULE, Periodic
from models import Heartbeat
from processes import preparation
from processes.preflight import first_line, without_password
from rules.vocabulary import ChannelCondition, ChannelKind, Role
from services import channel_states, duty, people, standstill, verifications

STALE_AFTER = timedelta(seconds=60)
"""A job that should have run, and has not for this long beyond its interval, is not running."""


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Finding(NamedTuple):
    """One thing found, in words."""

    mark: Mark
    words: str


def findings(settings: config.Config, *, now: datetime) -> Iterator[Finding]:
    """Everything worth saying about this installation; the database's own questions only when it answers."""
    yield from _data_dir(settings)
    yield from _secret_key(settings)
    yield from _cookies(settings)
    yield from _channels(settings)
    yield from _redis(settings)
    database = list(_database(settings))
    yield from database
    if all(finding.mark is Mark.OK for finding in database):
        yield from _conditions(settings)
        yield from _jobs(now)
        yield from _standstill(now)
        yield from _administrator()
        yield from _demo(settings)
        yield from _roster(now)


def _data_dir(settings: config.Config) -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=settings.data_dir):
            yield Finding(Mark.OK, f"The data directory {settings.data_dir} can be written.")
    except OSError as error:
        yield Finding(Mark.ERROR, f"DATA_DIR: {settings.data_dir} cannot be written: {error.strerror}.")
    kept = settings.data_dir / "secret_key"
    if kept.exists() and kept.stat().st_mode & 0o077:
        yield Finding(Mark.ERROR, f"{kept} can be read by others; run chmod 600 on it.")


def _secret_key(settings: config.Config) -> Iterator[Finding]:
    if len(settings.secret_key) < 32 or len(set(settings.secret_key)) < 10:
        yield Finding(Mark.ERROR, "SECRET_KEY can be guessed; leave it out, or give 32 random characters or more.")
    else:
        yield Finding(Mark.OK, "The key that signs sessions is long enough.")


def _cookies(settings: config.Config) -> Iterator[Finding]:
    if _is_loopback(settings.host):
        yield Finding(Mark.OK, f"The desk is served on {settings.host}, to this machine only.")
    elif settings.cookie_secure == "always":
        yield Finding(Mark.OK, "Session cookies travel over HTTPS only.")
    else:
        yield Finding(
            Mark.WARNING,
            f"HOST={settings.host} lets other machines in, and session cookies travel over plain HTTP too;"
            " put an HTTPS proxy in front and set COOKIE_SECURE=always and TRUSTED_PROXIES=1.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _channels(settings: config.Config) -> Iterator[Finding]:
    """What the environment names; whether it is right only the test button of the page knows."""
    names = ", ".join(f"{each.name} ({each.protocol.label})" for each in settings.channels)
    if all(each.protocol.name == "sandbox" for each in settings.channels):
        yield Finding(Mark.WARNING, f"CHANNELS={names}: messages reach the inbox page, no telephone rings.")
        return
    yield Finding(Mark.OK, f"Messages leave through {names}, in this order.")
    kinds = {each.protocol.kind for each in settings.channels}
    if ChannelKind.SMS not in kinds:
        yield Finding(
            Mark.WARNING, "No channel of CHANNELS sends SMS: customers hear nothing, and codes cannot be sent."
        )
    if not settings.public_url and any(each.protocol.pushes for each in settings.channels):
        yield Finding(
            Mark.WARNING, "PUBLIC_URL is not set; the page of channels cannot show providers' whole push addresses."
        )


def _conditions(settings: config.Config) -> Iterator[Finding]:
    """How the channels are by their last attempts."""
    states = channel_states.states()
    for each in settings.channels:
        state = states.get(each.name)
        if state is None or state.condition is ChannelCondition.OPEN:
            continue
        words = " ".join(filter(None, (state.code, state.words))) or "no word from the provider"
        since = f"since {state.since:%Y-%m-%d %H:%M} UTC: {words}"
        if state.condition is ChannelCondition.STOPPED:
            yield Finding(
                Mark.ERROR, f"The channel {each.name} stands still {since}; see to its account, then let it go on."
            )
        else:
            yield Finding(Mark.WARNING, f"The channel {each.name} rests after {state.failures} failures {since}.")


def _redis(settings: config.Config) -> Iterator[Finding]:
    address = without_password(settings.effective_redis_url)
    try:
        with redis_connection(settings.effective_redis_url) as connection:
            info: dict[str, Any] = connection.info()
    except (RedisError, OSError) as error:
        yield Finding(Mark.ERROR, f"Redis at {address} does not answer: {first_line(error)}")
        return
    yield Finding(Mark.OK, f"Redis at {address} answers.")
    if not info.get("aof_enabled"):
        yield Finding(Mark.WARNING, "Redis forgets waiting jobs when it restarts; set appendonly yes.")
    if info.get("maxmemory_policy", "noeviction") != "noeviction":
        yield Finding(Mark.WARNING, "Redis may throw waiting jobs away; set maxmemory-policy noeviction.")
    if "err" in (info.get("aof_last_write_status"), info.get("rdb_last_bgsave_status")):
        yield Finding(Mark.ERROR, "Redis cannot write to its disk.")


def _database(settings: config.Config) -> Iterator[Finding]:
    address = without_password(settings.database_url)
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        db.session.rollback()
        yield Finding(Mark.ERROR, f"The database {address} does not answer: {first_line(error)}")
        return
    if preparation.is_up_to_date():
        yield Finding(Mark.OK, f"The database {address} answers and its tables are up to date.")
    else:
        yield Finding(Mark.ERROR, f"The tables of {address} are not up to date; run: flask --app app db upgrade")


def _jobs(now: datetime) -> Iterator[Finding]:
    heartbeats = {row.job: row for row in db.session.scalars(select(Heartbeat))}
    silent = [job for job in SCHEDULE if not _is_fresh(heartbeats.get(job.name), job, now)]
    if not silent:
        yield Finding(Mark.OK, "The clock ticks and the workers work.")
    for job in silent:
        yield Finding(
            Mark.ERROR,
            f"The job {job.name} (every {job.interval} s) {_last_seen(heartbeats.get(job.name))};"
            f" see that a clock and a worker for the queue {job.queue} run.",
        )


def _standstill(now: datetime) -> Iterator[Finding]:
    """Messages that nobody looks at, whatever the heartbeats say."""
    since = standstill.since(now=now)
    if since is not None:
        yield Finding(
            Mark.ERROR,
            f"Messages or calls have been due since {since:%Y-%m-%d %H:%M} UTC; see that a clock and the workers run,"
            " and read their logs.",
        )


def _is_fresh(heartbeat: Heartbeat | None, job: Periodic, now: datetime) -> bool:
    if heartbeat is None or heartbeat.succeeded_at is None:
        return False
    return now - heartbeat.succeeded_at < timedelta(seconds=job.interval) + STALE_AFTER


def _last_seen(heartbeat: Heartbeat | None) -> str:
    if heartbeat is None:
        return "has never run"
    words = f"last ended well at {heartbeat.succeeded_at:%Y-%m-%d %H:%M} UTC" if heartbeat.succeeded_at else "fails"
    return f"{words} (last error: {heartbeat.error})" if heartbeat.error else words


def _administrator() -> Iterator[Finding]:
    if people.with_role(Role.ADMINISTRATOR):
        yield Finding(Mark.OK, "There is an administrator.")
    else:
        yield Finding(Mark.ERROR, "There is no active administrator; run: flask --app app create-admin NAME")


def _demo(settings: config.Config) -> Iterator[Finding]:
    if seed.has_demo() and not _is_loopback(settings.host):
        yield Finding(Mark.WARNING, "The demo's accounts are open to other machines; start a real desk with DEMO=0.")


def _roster(now: datetime) -> Iterator[Finding]:
    tomorrow = now + timedelta(hours=24)
    covered = {shift.role_id for shift in duty.between(start=now, end=tomorrow)}
    for role in duty.roles():
        if role.id not in covered:
            yield Finding(Mark.WARNING, f"Nobody is on duty as {role.code.label} in the next 24 hours.")
    if unverified := verifications.unverified_on_duty(at=now):
        names = ", ".join(person.name for person in unverified)
        yield Finding(Mark.WARNING, f"On duty with a number that was never verified: {names}.")
