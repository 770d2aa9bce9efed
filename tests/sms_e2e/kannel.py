"""Debian's Kannel, the real one: bearerbox and smsbox between the desk and a message centre, on ports of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.desk_process import eventually, free_port

NUMBER = "10690000"
"""What the desk's messages come from, and what people write back to."""

USER, PASSWORD = "desk", "s3cret"

_CONFIGURATION = """\
group = core
admin-port = {admin}
admin-port-ssl = false
admin-interface = "127.0.0.1"
admin-password = admin
status-password = status
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {smsbox}
smsbox-interface = "127.0.0.1"
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "{home}/bearerbox.log"
log-level = 0
store-type = spool
store-location = "{home}/spool"
dlr-storage = internal
sms-resend-freq = 1
sms-resend-retry = 20

group = smsc
smsc = smpp
smsc-id = CENTRE
host = 127.0.0.1
port = {centre}
transceiver-mode = true
smsc-username = "desk"
smsc-password = "pw"
system-type = "VMA"
reconnect-delay = 1
allowed-smsc-id = CENTRE

group = smsbox
http-request-retry = 20
http-queue-delay = 1
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = "127.0.0.1"
global-sender = {number}
log-file = "{home}/smsbox.log"
log-level = 0

group = sendsms-user
username = {user}
password = {password}
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"
max-messages = 10
concatenation = true
forced-smsc = CENTRE

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "{replies_url}"
"""


class NoKannel(Exception):
    """The machine has none; the message says in one line how it could have one."""


@dataclass(frozen=True)
class Programs:
    """Where Kannel's two programs are."""

    bearerbox: str
    smsbox: str


def programs() -> Programs:
    """Find them; Debian puts them where only root looks.

    Raises:
        NoKannel: they are not installed.
    """
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    bearerbox, smsbox = (shutil.which(name, path=path) for name in ("bearerbox", "smsbox"))
    if bearerbox is None or smsbox is None:
        raise NoKannel("no Kannel: install the kannel package (bearerbox and smsbox)")
    return Programs(bearerbox, smsbox)


class Kannel:
    """A running Kannel that is bound to the centre at ``centre_port``; replies are brought to ``replies_url``."""

    def __init__(self, found: Programs, home: Path, *, centre_port: int, replies_url: str) -> None:
        self._found, self._home = found, home
        self._admin, self._smsbox, self._sendsms = free_port(), free_port(), free_port()
        self._running: list[subprocess.Popen[bytes]] = []
        (home / "spool").mkdir()
        self._configuration = home / "kannel.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(
                home=home,
                admin=self._admin,
                smsbox=self._smsbox,
                sendsms=self._sendsms,
                centre=centre_port,
                number=NUMBER,
                user=USER,
                password=PASSWORD,
                replies_url=replies_url,
            )
        )

    @property
    def url(self) -> str:
        """Where messages are handed over."""
        return f"http://127.0.0.1:{self._sendsms}/cgi-bin/sendsms"

    def __enter__(self) -> Self:
        # Its state is asked for at its admin port; whoever connects to the smsbox port is taken for a box.
        try:
            self._start(self._found.bearerbox, until="CENTRE[", and_says="online")
            self._start(self._found.smsbox, until="smsbox:", and_says="on-line")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask them to leave, and after a second leave them no choice: with something queued they would take ten."""
        for process in reversed(self._running):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self._running):
            with suppress(subprocess.TimeoutExpired):
                process.wait(1)
            process.kill()
            process.wait(10)

    def _start(self, program: str, *, until: str, and_says: str) -> None:
        name = Path(program).name
        with (self._home / f"{name}.out").open("wb") as said:
            process = subprocess.Popen(
                [program, "-v", "4", str(self._configuration)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self._home,
                start_new_session=True,
            )
        self._running.append(process)
        eventually(
            lambda: process.poll() is not None or self._is_up(until, and_says),
            or_else=lambda: f"{name} is not ready: {self._last_words(name)}",
        )
        assert process.poll() is None, f"{name} ended with {process.returncode}: {self._last_words(name)}"

    def _is_up(self, box: str, state: str) -> bool:
        with suppress(OSError):
            address = f"http://127.0.0.1:{self._admin}/status.txt?password=status"
            with urllib.request.urlopen(address, timeout=1) as answer:
                lines = answer.read().decode(errors="replace").splitlines()
            return any(box in line and state in line for line in lines)
        return False

    def _last_words(self, name: str) -> str:
        log = self._home / f"{name}.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "it left no word"
