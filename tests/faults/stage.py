"""The stage of a fault: a desk's database, queue and workers, a provider that counts, time in the test's hands."""

from __future__ import annotations

import itertools
import json
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from flask import Flask
from rq import Queue
from rq.job import Job
from sqlalchemy import Row, func, select

from extensions import db
from models import Complaint, Notification, TimelineEvent
from rules import backoff
from rules.vocabulary import EventKind, MessageClass, NotificationKind, NotificationState
from services import claims
from services.nudges import DISPATCH_JOB, MESSAGES_QUEUE
from tests import servers
from tests.desk_process import eventually
from tests.factories import PersonFactory
from tests.faults import cause
from tests.faults.hands import SharedHands
from tests.faults.programs import Program
from tests.faults.provider import PASSWORD, SECRET, USERNAME
from tests.faults.strikes import Strike
from tests.gateways.standins.provider import Fault

State = NotificationState
UNSENT = (State.QUEUED, State.CLAIMED, State.ATTEMPTED)
MESSAGES = 10
THREADS = 4
"""Messages that a worker hands over side by side (``SEND_THREADS``): so many are in doubt when it dies."""

PATIENCE = 20.0
"""Real seconds that anything may take on a busy machine; nothing waits for longer than it needs."""

TIMEOUT = "3"
"""Real seconds after which a worker gives a provider up: longer than a busy machine stands still."""

MOST_ROUNDS = 60
_PROTOCOLS = {"asked": "signed_http", "faithful": "signed_http", "mute": "kannel"}


@dataclass(frozen=True)
class Outcome:
    """What became of the messages: none may be lost or doubled; an unknown one says so where people look."""

    sent: int
    lost: int
    doubled: int
    unknown: int


class Crew:
    """The programs that outlive a test: the nursery, the providers, a Redis that may be killed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.hands_file = home / "hands"
        self.redis = servers.RedisServer()
        self.providers = Program("tests.faults.provider", home, self.hands_file, log=home / "providers.log")
        self.nursery = Program("tests.faults.nursery", log=home / "nursery.log")
        self.warm: set[tuple[str, str]] = set()

    def close(self) -> None:
        """Send everybody home."""
        self.nursery.close()
        self.providers.close()
        self.redis.stop()


class Player:
    """A process of the desk that a test may freeze; it kills itself."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    @property
    def is_alive(self) -> bool:
        """Whether it runs, or stands frozen."""
        try:
            return self._process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    @property
    def is_frozen(self) -> bool:
        """Whether it and its fork stand still."""
        return self.is_alive and all(one.status() == psutil.STATUS_STOPPED for one in self._family())

    def thaw(self) -> None:
        """Let it go on as if nothing had happened: the fork that sends, then the worker."""
        for process in reversed(self._family()):
            process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it and its fork, whatever they do."""
        with suppress(psutil.NoSuchProcess):  # It may just have ended by itself.
            for process in self._family():
                process.kill()
        eventually(lambda: not self.is_alive, within=PATIENCE)

    def _family(self) -> list[psutil.Process]:
        return [self._process, *self._process.children()]


class Stage:
    """One test's desk."""

    def __init__(self, app: Flask, crew: Crew, hands: SharedHands, provider: str, home: Path) -> None:
        self.provider, self.hands, self.threads = provider, hands, THREADS
        self.second = ""
        self._app, self._crew, self._home = app, crew, home
        self._marks = map("{}".format, itertools.count())
        self._players: list[Player] = []
        self._forget()

    def warm_up(self) -> bool:
        """Before the first test on a desk: let it send once. Returns whether there is something to be cleared away."""
        settings = self._settings()
        desk = settings["DATABASE_URL"], self.provider
        if desk in self._crew.warm:
            return False
        self._crew.warm.add(desk)
        self._tell("next", Fault.DROP)
        self._crew.nursery.tell("warm_up", settings, self._crew.hands_file)
        self._forget()
        return True

    def _forget(self) -> None:
        self._crew.redis.connection.flushall()
        self.queue = Queue(MESSAGES_QUEUE, connection=self._crew.redis.connection)
        for provider in _PROTOCOLS:
            self._crew.providers.tell(provider, "forget")

    # --- the players ---

    def write(self, count: int = MESSAGES) -> None:
        """So many messages stand in the outbox."""
        cause.write(count)
        db.session.commit()

    def write_to_one(self, kind: NotificationKind, count: int = MESSAGES) -> None:
        """So many messages stand in the outbox, all for one phone."""
        cause.write_to_one(count, kind)
        db.session.commit()

    def write_more_to_them(self, kind: NotificationKind, count: int) -> None:
        """So many more, for the person who gets them all."""
        cause.write_to_one(count, kind, db.session.scalars(select(Notification.person_id).limit(1)).one())
        db.session.commit()

    def acknowledge(self, count: int) -> None:
        """Somebody has the first so many complaints by now."""
        somebody, now = PersonFactory(), self.hands.now()
        for complaint in db.session.scalars(select(Complaint).order_by(Complaint.id).limit(count)):
            complaint.acknowledged_at, complaint.acknowledged_by = now, somebody
        db.session.commit()

    def record(self, *strikes: Strike, count: int = MESSAGES) -> None:
        """The web process records so many causes, each with its message, and ends, of itself or by a strike."""
        player = self._start("web", strikes, count)
        self.until_dead(player)

    def hire(self, *strikes: Strike) -> Player:
        """One more worker."""
        return self._start("worker", strikes)

    def kill_redis(self) -> None:
        """Kill the queue's server."""
        self._crew.redis.kill()

    def start_redis(self) -> None:
        """Start a new one, which knows nothing."""
        self._crew.redis.start()
        self.queue = Queue(MESSAGES_QUEUE, connection=self._crew.redis.connection)

    def close(self) -> None:
        """Let nobody work on."""
        for player in self._players:
            player.kill()

    # --- the provider ---

    def misbehave(self, what: str, *said: Any) -> None:
        """Tell the provider to."""
        self._tell(what, *said)

    def arrivals(self, provider: str = "") -> Counter[str]:
        """How often each message arrived, from the provider's own books on the disk."""
        journal = self._crew.home / f"{provider or self.provider}.jsonl"
        return Counter(json.loads(line)["id"] for line in journal.read_text().splitlines())

    # --- time and the clock process ---

    def nudge(self, times: int = 1) -> list[Job]:
        """Put jobs into the queue, as the clock and the web process do."""
        return [self.queue.enqueue(DISPATCH_JOB, result_ttl=0, failure_ttl=60) for _ in range(times)]

    def sweep(self, times: int = 1) -> None:
        """The clock ticks: wait until the jobs are done, or nobody is left who could do them."""
        jobs = self.nudge(times)
        eventually(lambda: self._are_over(jobs), within=PATIENCE, or_else=self._words)

    def let_leases_run_out(self) -> None:
        """A moment past the longest lease."""
        self.hands.forward(seconds=claims.LEASE.total_seconds() + 1)

    def let_the_grace_pass(self) -> None:
        """A moment past the time that a call rests before its provider is asked."""
        self.hands.forward(seconds=backoff.GRACE[MessageClass.DUTY].total_seconds() + 1)

    def settle(self) -> None:
        """The clock ticks on until nothing is left to be done; a worker that died is replaced."""
        for _ in range(MOST_ROUNDS):
            if not any(player.is_alive and not player.is_frozen for player in self._players):
                self.hire()
            self.sweep()
            upcoming = self._upcoming()
            if not upcoming:
                return
            # What should have left by now waits for its channel: a little later it is tried again.
            later = self.hands.now() + timedelta(seconds=15)
            self.hands.set(min(moment if moment > self.hands.now() else later for moment in upcoming))
        raise AssertionError(f"it never came to rest: {self._rows()}\n{self._words()}")

    def until_frozen(self, player: Player) -> None:
        """Wait until it stands still at the point of its strike."""
        eventually(lambda: player.is_frozen, within=PATIENCE, or_else=self._words)

    def until_dead(self, player: Player) -> None:
        """Wait until it has killed itself."""
        eventually(lambda: not player.is_alive, within=PATIENCE, or_else=self._words)

    def until_idle(self) -> None:
        """Wait until every job that was begun is over."""
        eventually(lambda: not self.queue.started_job_registry.get_job_ids(), within=PATIENCE, or_else=self._words)

    # --- the end ---

    def causes(self) -> int:
        """How many complaints there are."""
        return self._count(select(func.count(Complaint.id)))

    def outcome(self) -> Outcome:
        """Count."""
        arrivals, rows = self.arrivals(), self._rows()
        assert set(arrivals) <= {row.public_id for row in rows}, "only what stands in the outbox is sent"
        for row in rows:
            self._is_told_truly(row, arrivals[row.public_id])
        unknown = [row for row in rows if row.state is State.UNKNOWN]
        return Outcome(
            sent=sum(arrivals.values()),
            lost=sum(not arrivals[row.public_id] for row in rows if row not in unknown),
            doubled=sum(arrivals[row.public_id] > 1 for row in rows),
            unknown=len(unknown),
        )

    def messages(self) -> Sequence[Row[Any]]:
        """Every message: what it is, where it stands, its words, its bundle and parent."""
        row = Notification.id, Notification.public_id, Notification.kind, Notification.state, Notification.text
        more = Notification.bundle_id, Notification.parent_id
        with self._looking():
            return db.session.execute(select(*row, *more).order_by(Notification.id)).all()

    def _is_told_truly(self, row: Row[Any], arrived: int) -> None:
        """What the desk says of a message is so, and a doubt stands on the complaint's timeline."""
        if row.state in (State.ACCEPTED, State.DELIVERED):
            assert arrived, f"{row} never arrived"
        if row.state is State.UNKNOWN:
            told = select(func.count(TimelineEvent.id)).where(
                TimelineEvent.complaint_id == row.complaint_id, TimelineEvent.kind == EventKind.NOTIFICATION_FAILED
            )
            assert self._count(told) == 1, f"nobody is told that {row} is unknown"

    def _rows(self) -> Sequence[Row[Any]]:
        row = Notification.public_id, Notification.state, Notification.complaint_id
        with self._looking():
            return db.session.execute(select(*row)).all()

    def _upcoming(self) -> list[datetime]:
        """When something is to be done about each message that is not at rest."""
        row = Notification.state, Notification.due_at, Notification.claimed_until, Notification.ask_at
        with self._looking():
            rows = db.session.execute(select(*row).where(Notification.state.in_((*UNSENT, State.UNKNOWN)))).all()
        moments = [due if state is State.QUEUED else until or ask_at for state, due, until, ask_at in rows]
        return [moment for moment in moments if moment is not None]

    def _count(self, statement: Any) -> int:
        with self._looking():
            return int(db.session.scalar(statement))

    @contextmanager
    def _looking(self) -> Iterator[None]:
        """Leave no transaction open: on SQLite whoever reads here holds the workers up."""
        db.session.rollback()
        yield
        db.session.rollback()

    # --- behind the scenes ---

    def _start(self, part: str, strikes: Sequence[Strike], *said: Any) -> Player:
        marked = [replace(strike, mark=self._home / next(self._marks)) for strike in strikes]
        pid = self._crew.nursery.tell("start", part, self._settings(), self._crew.hands_file, marked, *said)
        self._players.append(Player(pid))
        return self._players[-1]

    @property
    def has_server(self) -> bool:
        """Whether the database is a server, which may throw clients out."""
        return not self._app.config["DESK"].is_sqlite

    def _settings(self) -> dict[str, str]:
        """A desk on the test's own database, whose channels are the provider of this test and its ``second``."""
        desk = self._app.config["DESK"]
        return {
            "DATA_DIR": str(self._crew.home / "var"),
            "DATABASE_URL": desk.database_url,
            "REDIS_URL": self._crew.redis.url,
            "SECRET_KEY": desk.secret_key,
            "DEMO": "0",
            "LOG_LEVEL": "error",
            "SEND_THREADS": str(self.threads),
            "CHANNELS": " ".join(_PROTOCOLS[each] for each in self._providers),
            **{name: value for each in self._providers for name, value in self._channel(each).items()},
        }

    @property
    def _providers(self) -> list[str]:
        return [self.provider, *([self.second] if self.second else [])]

    def _channel(self, provider: str) -> dict[str, str]:
        url = self._crew.providers.tell(provider, "address")
        if provider != "mute":
            return {
                "SIGNED_HTTP_URL": f"{url}/sms",
                "SIGNED_HTTP_SECRET": SECRET,
                "SIGNED_HTTP_TIMEOUT": TIMEOUT,
            }
        return {
            "PUBLIC_URL": "https://desk.example",
            "KANNEL_URL": f"{url}/cgi-bin/sendsms",
            "KANNEL_USERNAME": USERNAME,
            "KANNEL_PASSWORD": PASSWORD,
            "KANNEL_PUSH_KEY": SECRET,
            "KANNEL_TIMEOUT": TIMEOUT,
        }

    def _are_over(self, jobs: Sequence[Job]) -> bool:
        if not any(player.is_alive and not player.is_frozen for player in self._players):
            return True
        states = [self.queue.connection.hget(job.key, "status") for job in jobs]
        return all(state in (None, b"failed") for state in states)  # What succeeded is forgotten at once.

    def _tell(self, what: str, *said: Any) -> Any:
        return self._crew.providers.tell(self.provider, what, *said)

    def _words(self) -> str:
        return self._crew.nursery.log.read_text(encoding="utf-8", errors="replace")[-4000:]
