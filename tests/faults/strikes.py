"""A process that kills or freezes itself at a named point, once. Production code knows nothing of it."""

from __future__ import annotations

import functools
import itertools
import os
import pkgutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

KILL, FREEZE = signal.SIGKILL, signal.SIGSTOP


@dataclass(frozen=True)
class Strike:
    """At the ``nth`` call of ``function`` (``package.module:name``), before or after it; ``mark`` is the file that is
    made when it happened, so that it happens once however many processes carry it.
    """

    deed: signal.Signals
    when: Literal["before", "after"]
    function: str
    nth: int = 1
    mark: Path = Path()

    def plant(self, *, in_forks: bool) -> None:
        """Put it into this process. It strikes here; with ``in_forks`` only in forks, and this process with them."""
        module, _, path = self.function.partition(":")
        place, _, name = path.rpartition(".")
        owner = pkgutil.resolve_name(f"{module}:{place}")
        setattr(owner, name, self._around(getattr(owner, name), os.getpid(), in_forks))

    def _around(self, function: Callable[..., Any], planter: int, in_forks: bool) -> Callable[..., Any]:
        calls = itertools.count(1)

        @functools.wraps(function)
        def struck(*args: Any, **kwargs: Any) -> Any:
            is_now = in_forks is (os.getpid() != planter) and next(calls) == self.nth
            if is_now and self.when == "before":
                self._strike(planter)
            result = function(*args, **kwargs)
            if is_now and self.when == "after":
                self._strike(planter)
            return result

        return struck

    def _strike(self, planter: int) -> None:
        try:
            os.close(os.open(self.mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        for pid in dict.fromkeys((planter, os.getpid())):  # The worker first: it must not notice its fork's end.
            os.kill(pid, self.deed)
