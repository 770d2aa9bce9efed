"""Programs beside a test that do what they are told, one order at a time."""

from __future__ import annotations

import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import config
from tests.desk_process import environment


class Program:
    """``python -m module`` with a line to it; it ends when the line is cut, however the test ends."""

    def __init__(self, module: str, *arguments: object, log: Path) -> None:
        self.log = log
        self._line, theirs = Pipe()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno()), *map(str, arguments)],
                cwd=config.PROJECT_DIR,
                env=environment({}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        theirs.close()

    def tell(self, *order: Any) -> Any:
        """Give an order and return the answer."""
        try:
            self._line.send(order)
            return self._line.recv()
        except (EOFError, OSError) as error:
            words = self.log.read_text(encoding="utf-8", errors="replace")
            raise AssertionError(f"{self._process.args} ended: {words}") from error

    def close(self) -> None:
        """Cut the line and wait for its end."""
        self._line.close()
        self._process.wait(20)


def line() -> Connection:
    """The program's end of the line."""
    return Connection(int(sys.argv[1]))
