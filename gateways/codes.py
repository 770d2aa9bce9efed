"""A provider's codes as a table: what each of them means for the message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateways.base import VerdictKind

Table = Mapping[VerdictKind, Sequence[str]]


class Codes:
    """What a provider's codes mean; ``isv.*`` stands for all that begin so, and the longest that fits decides."""

    def __init__(self, *tables: Table) -> None:
        self._kinds: dict[str, VerdictKind] = {}
        for kind, code in ((kind, code) for table in tables for kind, codes in table.items() for code in codes):
            if code in self._kinds:
                raise ValueError(f"{code} stands twice in a table of codes")
            self._kinds[code] = kind

    def kind_of(self, code: str) -> VerdictKind:
        """What became of a message that was answered with ``code``.

        UNKNOWN for a code that the table has not: the provider is asked before anything is sent again.
        """
        return self._kinds.get(self.entry_of(code), VerdictKind.UNKNOWN)

    def entry_of(self, code: str) -> str:
        """The entry of the table that speaks of ``code``; '' where none does."""
        if code in self._kinds:
            return code
        beginnings = (entry for entry in self._kinds if entry.endswith("*") and code.startswith(entry[:-1]))
        return max(beginnings, key=len, default="")
