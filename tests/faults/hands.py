"""A clock for several processes: its hands are a file, and they stand still until a test moves them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path


class SharedHands:
    """The hands; whoever knows the file reads the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """The moment, aware UTC."""
        return datetime.fromisoformat(self._path.read_text())

    def set(self, moment: datetime) -> datetime:
        """Put the hands on ``moment``, in one go: nobody reads half a time."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(moment.isoformat())
        fresh.rename(self._path)
        return moment

    def forward(self, **length: float) -> datetime:
        """Let time pass for everybody: ``forward(seconds=61)``."""
        return self.set(self.now() + timedelta(**length))
