"""What the outbox costs: messages a second, and the time from the button to the provider's word.

``python -m bench.dispatch`` measures on SQLite; with ``--server``, the address of a PostgreSQL server on which
databases can be made, there too. Everything is real but the provider, which answers on the loopback: the desk's own
workers, a real Redis, the services that record complaints. One job for each message (``bench.one_by_one``) is measured
turn by turn with the outbox, in the same processes and with messages of the same kind, so that only the ratio matters.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from rq import Queue, Worker
from sqlalchemy import create_engine, func, insert, make_url, select, text, update

import config
from bench import desk, one_by_one, recorder
from extensions import db
from models import Complaint, DutyRole, Notification, Person, PersonRole, Shift
from rules.vocabulary import Category, NotificationKind, NotificationState, Role
from seed import load_reference
from services import notifications
from services.nudges import DISPATCH_JOB, MESSAGES_QUEUE
from tests.desk_process import DeskProcess, environment, eventually
from tests.servers import RedisServer

DELAYS = (0.0, 0.1)
"""Seconds that the provider takes."""

COMPLAINTS = 50
"""Complaints that the messages are about."""

RECORDERS = (Category.QUALITY, Category.SERVICE)
"""Each records at half of the pace, and calls another role of the duty group."""

_GONE = (NotificationState.ACCEPTED, NotificationState.DELIVERED, NotificationState.FAILED)


@dataclass(frozen=True)
class Speed:
    """Messages a second: one job each, and through the outbox, in every round."""

    one_by_one: list[float]
    outbox: list[float]

    @property
    def ratio(self) -> float:
        """How many times as fast the outbox is, in the middle of the rounds."""
        return statistics.median(b / a for a, b in zip(self.one_by_one, self.outbox, strict=True))


@dataclass(frozen=True)
class Latency:
    """Seconds from the button, and from the commit, to the provider's word; ``rate`` is complaints a second."""

    from_button: list[float]
    from_commit: list[float]
    rate: float


class Bench:
    """A desk with workers but without pages, on one database, with a Redis and a provider of its own."""

    def __init__(self, stack: ExitStack, url: str, home: Path, *, threads: int) -> None:
        self._home = home
        self._names = count(1)
        self._redis = RedisServer()
        stack.callback(self._redis.stop)
        self.queue = Queue(MESSAGES_QUEUE, connection=self._redis.connection)
        self._settings: dict[str, object] = {
            "DATA_DIR": home,
            "DATABASE_URL": url,
            "REDIS_URL": self._redis.url,
            "SECRET_KEY": "known to every measurement",
            "DEMO": "0",
            "LOG_LEVEL": "warning",
            "SEND_THREADS": threads,
        }
        # Nobody listens to this process's own nudges: a measurement says itself when the workers begin.
        app = stack.enter_context(desk.opened(url))
        desk.migrate(app)
        load_reference(datetime.now(UTC))
        self._clerk = self.hire(1, Role.INTAKE)[0]
        for place in range(COMPLAINTS):
            recorder.record(RECORDERS[0], by=db.session.get_one(Person, self._clerk), place=place)
        db.session.remove()

    # --- people and messages ---

    def hire(self, number: int, role: Role = Role.DUTY) -> list[int]:
        """New people, each with a phone that got nothing yet; returns their ids, one after the other."""
        first = (db.session.scalar(select(func.max(Person.id))) or 0) + 1
        ids = list(range(first, first + number))
        people = [
            {
                "id": i,
                "login": f"p{i}",
                "name": f"员工{i}",
                "phone": f"+86159{i:08d}",
                "password_hash": "!",
                "created_at": datetime.now(UTC),
            }
            for i in ids
        ]
        db.session.execute(insert(Person), people)
        db.session.execute(insert(PersonRole), [{"person_id": i, "role": role} for i in ids])
        db.session.commit()
        return ids

    def messages(self, number: int) -> list[int]:
        """So many calls that wait, each for somebody else; returns their ids."""
        complaints = db.session.scalars(select(Complaint).order_by(Complaint.id).limit(COMPLAINTS)).all()
        people = db.session.scalars(select(Person).where(Person.id.in_(self.hire(number)))).all()
        rows = [
            notifications.Message(
                NotificationKind.DUTY_CALL,
                person,
                f"bench:{person.id}",
                complaints[place % COMPLAINTS],
                {"number": complaints[place % COMPLAINTS].number},
            )
            for place, person in enumerate(people)
        ]
        notifications.queue_all(rows, now=datetime.now(UTC))
        db.session.commit()
        wanted = Notification.dedup_key.in_([row.dedup_key for row in rows])
        ids = list(db.session.scalars(select(Notification.id).where(wanted)))
        self._let_go()
        return ids

    def forget(self) -> None:
        """End every message that has left, as its receipt would: nobody has to ask for it."""
        left = update(Notification).where(Notification.state.in_(_GONE))
        now = datetime.now(UTC)
        db.session.execute(
            left.values(state=NotificationState.DELIVERED, ask_at=None, fallback_at=None, finished_at=now)
        )
        db.session.commit()
        self._let_go()

    @staticmethod
    def _let_go() -> None:
        """Hold no transaction while others work: SQLite would keep its log growing."""
        db.session.remove()

    # --- processes ---

    @contextmanager
    def workers(self, number: int, delay: float) -> Iterator[None]:
        """So many workers, and a provider that takes ``delay`` seconds."""
        command = [sys.executable, "-m", "bench.provider", "--delay", str(delay)]
        provider = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=config.PROJECT_DIR)
        processes: list[DeskProcess] = []
        try:
            assert provider.stdout is not None
            port = provider.stdout.readline().strip()
            self._settings |= {
                "CHANNELS": "signed_http",
                "SIGNED_HTTP_URL": f"http://127.0.0.1:{port}/sms",
                "SIGNED_HTTP_SECRET": "s" * 32,
            }
            for _ in range(number):
                output = self._home / f"worker-{next(self._names)}.log"
                command = ["-m", "flask", "--app", "app", "worker", MESSAGES_QUEUE]
                processes.append(DeskProcess(*command, output=output, **self._settings))
            eventually(
                lambda: Worker.count(connection=self._redis.connection) == number,
                or_else=lambda: "".join(process.words for process in processes),
            )
            yield
        finally:
            for process in processes:
                process.stop()
                process.clean_up()
            provider.kill()
            provider.wait()
            provider.stdout.close()

    def recorders(self, rate: float, number: int) -> list[dict[str, float]]:
        """Record ``number`` complaints, ``rate`` a second; returns when each was begun and committed."""
        share = number // len(RECORDERS)
        running = []
        for category in RECORDERS:
            options = {"rate": rate / len(RECORDERS), "count": share, "category": category.value}
            options |= {"callees": self.hire(share + recorder.WARM_UP)[0], "by": self._clerk}
            command = [sys.executable, "-m", "bench.recorder", *(f"--{key}={value}" for key, value in options.items())]
            running.append(
                subprocess.Popen(
                    command,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=config.PROJECT_DIR,
                    env=environment(self._settings),
                )
            )
        self._let_go()
        said = [process.communicate()[0] for process in running]
        assert not any(process.returncode for process in running), "a recorder failed"
        return [json.loads(line) for each in said for line in each.splitlines()]

    # --- measuring ---

    def speed(self, ids: Sequence[int], begin: Callable[[], object]) -> float:
        """Messages a second from ``begin`` until the provider has taken all of them."""
        began = datetime.now(UTC)
        begin()
        mine = Notification.id.between(min(ids), max(ids))
        eventually(lambda: self._is_done(len(ids)), within=300)
        ended = db.session.scalar(select(func.max(Notification.accepted_at)).where(mine))
        taken = db.session.scalar(
            select(func.count()).where(mine, Notification.state.in_(_GONE), Notification.accepted_at.is_not(None))
        )
        self._let_go()
        assert taken == len(ids), f"{len(ids) - (taken or 0)} of {len(ids)} were not taken"
        assert ended is not None
        return len(ids) / (ended - began).total_seconds()

    def _is_done(self, number: int) -> bool:
        """Whether nothing waits any more; asked rarely, it costs the workers nothing."""
        time.sleep(0.1)
        waiting = select(func.count()).where(Notification.state.not_in(_GONE), Notification.claimed_until.is_not(None))
        queued = select(func.count()).where(Notification.state == NotificationState.QUEUED)
        left = (db.session.scalar(waiting) or 0) + (db.session.scalar(queued) or 0)
        self._let_go()
        return not left

    def speeds(self, workers: int, *, rounds: int, one_by_one_count: int, outbox_count: int) -> Speed:
        """Both ways, turn by turn."""
        found = Speed([], [])
        for _ in range(rounds):
            ids = self.messages(one_by_one_count)
            found.one_by_one.append(self.speed(ids, lambda ids=ids: self._enqueue_each(ids)))
            self.forget()
            ids = self.messages(outbox_count)
            found.outbox.append(self.speed(ids, lambda: self._nudge(workers)))
            self.forget()
        return found

    def _enqueue_each(self, ids: Sequence[int]) -> None:
        jobs = [Queue.prepare_data(one_by_one.send, (each,), result_ttl=0) for each in ids]
        self.queue.enqueue_many(jobs)

    def _nudge(self, times: int) -> None:
        for _ in range(times):
            self.queue.enqueue(DISPATCH_JOB, result_ttl=0, job_timeout=300)

    def latency(self, *, rate: float, number: int) -> Latency:
        """Record complaints at a pace, and look when the provider took the call of each."""
        self._staff()
        marks = {int(each["complaint"]): each for each in self.recorders(rate, number)}
        calls = Notification.complaint_id.in_(marks), Notification.kind == NotificationKind.DUTY_CALL
        eventually(lambda: self._is_done(0), within=60)
        rows = db.session.execute(select(Notification.complaint_id, Notification.accepted_at).where(*calls)).all()
        self._let_go()
        assert len(rows) == len(marks) and all(at for _, at in rows), "not every call was taken"
        taken = {complaint: at.timestamp() for complaint, at in rows}
        pressed = [each["pressed"] for each in marks.values()]
        return Latency(
            [taken[complaint] - each["pressed"] for complaint, each in marks.items()],
            [taken[complaint] - each["committed"] for complaint, each in marks.items()],
            rate=(len(pressed) - 1) / (max(pressed) - min(pressed)),
        )

    def _staff(self) -> None:
        """Put somebody on duty for every role, once."""
        if db.session.scalar(select(Shift.id).limit(1)) is None:
            now = datetime.now(UTC)
            roles = db.session.scalars(select(DutyRole.id)).all()
            hours = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=12), "created_at": now}
            people = self.hire(len(roles))
            rows = [{"role_id": role, "person_id": each, **hours} for role, each in zip(roles, people, strict=True)]
            db.session.execute(insert(Shift), rows)
            db.session.commit()
        self._let_go()


@contextmanager
def databases(directory: str, server: str | None) -> Iterator[dict[str, str]]:
    """The address of an empty database of each kind; dropped afterwards."""
    addresses = {"SQLite": f"sqlite:///{directory}/dispatch.sqlite3"}
    if server is None:
        yield addresses
        return
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE desk_dispatch"))
    try:
        url = make_url(server).set(database="desk_dispatch")
        yield addresses | {"PostgreSQL": url.render_as_string(hide_password=False)}
    finally:
        with engine.connect() as connection:
            connection.execute(text("DROP DATABASE desk_dispatch WITH (FORCE)"))
        engine.dispose()


def _share(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(round(share * len(values)), len(values) - 1)]


def _print_speeds(kind: str, bench: Bench, arguments: argparse.Namespace) -> None:
    for delay in DELAYS:
        for workers in (1, 2):
            with bench.workers(workers, delay):
                found = bench.speeds(
                    workers,
                    rounds=arguments.rounds,
                    one_by_one_count=arguments.messages // 8,
                    outbox_count=arguments.messages,
                )
            one, outbox = statistics.median(found.one_by_one), statistics.median(found.outbox)
            print(
                f"| {kind} | {delay * 1000:.0f} ms | {workers} | {one:.0f} | {outbox:.0f} | {found.ratio:.1f} × |",
                flush=True,
            )


def _print_latencies(kind: str, bench: Bench, arguments: argparse.Namespace) -> None:
    for delay in DELAYS:
        with bench.workers(1, delay):
            bench.latency(rate=5, number=10)  # The first ones compile every statement.
            found = bench.latency(rate=arguments.rate, number=arguments.complaints)
        middle, most = (_share(found.from_button, share) for share in (0.5, 0.95))
        commit = _share(found.from_commit, 0.95)
        print(
            f"| {kind} | {delay * 1000:.0f} ms | {found.rate:.0f} | {middle:.2f} s | {most:.2f} s "
            f"| {max(found.from_button):.2f} s | {commit:.2f} s |",
            flush=True,
        )
        bench.forget()


MEASURES = {
    "speed": (
        "| database | provider | workers | one job each, a second | outbox, a second | ratio |",
        _print_speeds,
    ),
    "latency": (
        "| database | provider | complaints a second | p50 | p95 | longest | p95 from the commit |",
        _print_latencies,
    ),
}


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=400, help="messages of a round; an eighth of them one by one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=8, help="SEND_THREADS of each worker")
    parser.add_argument("--rate", type=float, default=20, help="complaints a second")
    parser.add_argument("--complaints", type=int, default=300)
    parser.add_argument("--directory", type=Path, default=None, help="where there is room (default: temporary)")
    parser.add_argument("--server", default=None, help="postgresql+psycopg://… of a server to measure on as well")
    parser.add_argument("--only", choices=tuple(MEASURES), default=None)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="desk-dispatch-", dir=arguments.directory) as directory,
        databases(directory, arguments.server) as addresses,
    ):
        for name, (head, measure) in MEASURES.items():
            if arguments.only in (None, name):
                print(f"\n{head}\n{'|---' * (head.count('|') - 1)}|", flush=True)
                for kind, url in addresses.items():
                    with ExitStack() as stack:
                        measure(kind, Bench(stack, url, Path(directory), threads=arguments.threads), arguments)


if __name__ == "__main__":
    main()
