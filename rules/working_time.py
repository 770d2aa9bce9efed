"""Working time: which minutes count for a clock that runs in working hours (SL3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkingTime:
    """The company's week."""

    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> WorkingTime:
        """Read a policy's document."""
        return cls(document)


DEFAULT_DOCUMENT: dict[str, Any] = {"days": {}}
