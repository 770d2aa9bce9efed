"""The whole desk on one machine: starts every process in order, keeps them running, stops them in reverse."""

from __future__ import annotations

import gc
import http.client
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

import click
from flask import Flask

import config
from jobs.schedule import QUEUES
from processes import clock, preflight, preparation, redis_server, web, worker
from processes.child import Child
from processes.fork import Fork


def main(create_app: Callable[[config.Config], Flask]) -> int:
    """Run the desk until SIGTERM or Ctrl-C; returns the exit code: 0, or 2 with a sentence when it cannot start."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    # The database, the evidence and the queue hold personal data: nobody else on this machine reads them.
    os.umask(0o077)
    try:
        _run(config.read(), create_app)
    except click.ClickException as refusal:
        print(f"The desk cannot start. {refusal.format_message()}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _run(settings: config.Config, create_app: Callable[[config.Config], Flask]) -> None:
    """Look first, touch afterwards: whatever refuses the start leaves a desk that already runs undisturbed."""
    listener = preflight.listening_socket(settings.host, settings.port)
    lock = preflight.lock_data_dir(settings.data_dir)
    preflight.check_database(settings.database_url)
    family = Family()
    try:
        if settings.redis_url:
            preflight.check_redis(settings.redis_url)
        else:
            _start_redis(family, settings, lock)
        app = create_app(settings)
        words = preparation.prepare(app)
        gc.freeze()
        family.start(_fork("web", lambda: web.run(app, listener=listener)))
        family.start(*(_fork(f"worker-{queue}", _work(app, queue, listener)) for queue in QUEUES))
        family.start(_fork("clock", _tick(app, listener)))
        family.watch(settings, words)
    finally:
        family.stop()


def _start_redis(family: Family, settings: config.Config, lock: int) -> None:
    directory = settings.data_dir / "redis"
    server = redis_server.embedded(settings.redis_socket, directory, lock=lock)
    family.start(server)
    redis_server.wait_until_ready(server, settings.redis_socket, directory)


def _fork(name: str, work: Callable[[], None]) -> Child:
    return Child(name, lambda: Fork(name, work))


def _work(app: Flask, queue: str, listener: socket.socket) -> Callable[[], None]:
    def work() -> None:
        listener.close()
        worker.run(app, [queue])

    return work


def _tick(app: Flask, listener: socket.socket) -> Callable[[], None]:
    def tick() -> None:
        listener.close()
        clock.run(app)

    return tick


class Family:
    """The supervisor's children in the order they were started; those started together also stop together."""

    def __init__(self) -> None:
        self._generations: list[Sequence[Child]] = []
        self._is_over = threading.Event()
        self._is_impatient = False

    def start(self, *children: Child) -> None:
        """Start children that do not wait for each other."""
        self._generations.append(children)
        for child in children:
            child.start()

    def watch(self, settings: config.Config, words: Sequence[str]) -> None:
        """Keep every child running until a signal ends it, and say where the desk is as soon as it answers."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._end)
        is_announced = False
        while not self._is_over.wait(0.2):
            for generation in self._generations:
                for child in generation:
                    child.watch()
            if not is_announced and _answers(settings):
                is_announced = True
                _announce(settings, words)

    def stop(self) -> None:
        """Stop every child, the youngest first and Redis last; a second signal ends the waiting."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._hurry)
        for generation in reversed(self._generations):
            for child in generation:
                child.stop()
            for child in generation:
                child.wait(has_patience=lambda: not self._is_impatient)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._is_over.set()

    def _hurry(self, number: int, frame: FrameType | None) -> None:
        self._is_impatient = True


def _answers(settings: config.Config) -> bool:
    connection = http.client.HTTPConnection(_reachable_host(settings.host), settings.port, timeout=0.5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False


def _announce(settings: config.Config, words: Sequence[str]) -> None:
    host = _reachable_host(settings.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/"
    print("", f"安心桥 Anxinqiao is open at {address}", *words, "Ctrl-C stops it.", "", sep="\n", flush=True)


def _reachable_host(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
