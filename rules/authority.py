"""Who may decide on how much compensation (G-04, G-05, N9).

A ladder of rungs, each with an amount in yuan: whoever stands on a rung may decide up to it, for the kinds that it
names. Above the ordinary limit, or where a project's cap would be passed, a special approval is needed: a form of its
own, and a signature from every group of signers, each by another person. Nobody decides on what they offered; a refusal
wins.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rules import documents
from rules.compensation import MAX_AMOUNT
from rules.refusals import Refusal
from rules.vocabulary import N_, CompensationKind, Position, Role, Term

MOST_RUNGS = 12
MOST_SIGNERS = 5
MOST_YUAN = int(MAX_AMOUNT)

Kinds = frozenset[CompensationKind]


class WhySpecial(Term):
    """Why an ordinary decision is not enough."""

    LIMIT = "limit", N_("It is above the ordinary limit.")
    CAP = "cap", N_("With what is granted already it passes the project's cap.")


@dataclass(frozen=True)
class Standing:
    """What somebody is in the company, as far as a ladder asks."""

    roles: Collection[Role]
    position: Position | None = None


@dataclass(frozen=True)
class Holders:
    """Whom a rung names: by role, by post, or both."""

    roles: tuple[Role, ...] = ()
    positions: tuple[Position, ...] = ()

    def include(self, standing: Standing) -> bool:
        """Whether somebody is one of them."""
        return standing.position in self.positions or any(role in self.roles for role in standing.roles)

    @classmethod
    def from_row(cls, row: Mapping[str, Any], *, at: str) -> Holders:
        """Read whom a row names.

        Raises:
            Refusal: nobody, or somebody who does not exist.
        """
        holders = cls(
            documents.words(Role, row.get("roles", []), field=f"{at}-roles"),
            documents.words(Position, row.get("positions", []), field=f"{at}-positions"),
        )
        if not holders.roles and not holders.positions:
            raise Refusal(N_("Please name at least one role or post."), field=f"{at}-roles")
        return holders


@dataclass(frozen=True)
class Rung:
    """Whoever ``holders`` are may decide up to so many yuan, on these kinds; on every kind when none is named."""

    id: str
    holders: Holders
    up_to: Decimal
    kinds: Kinds = frozenset()

    def covers(self, kind: CompensationKind, amount: Decimal) -> bool:
        """Whether it may decide on this."""
        return amount <= self.up_to and (not self.kinds or kind in self.kinds)


@dataclass(frozen=True)
class Needed:
    """What a compensation needs: the lowest rung that covers it, or a special approval and why."""

    rung: Rung | None
    why_special: WhySpecial | None = None

    @property
    def is_special(self) -> bool:
        """Whether an ordinary decision is not enough."""
        return self.why_special is not None


@dataclass(frozen=True)
class AuthorityPolicy:
    """The ladder, from the lowest rung up; the cap is a share of the project's contract in percent."""

    rungs: tuple[Rung, ...]
    ordinary_limit: Decimal
    signers: tuple[Holders, ...]
    cap_percent: int

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> AuthorityPolicy:
        """Read what a manager edited.

        Raises:
            Refusal: it makes no sense: no rungs, two of one name, a rung below the one before it, a limit that no rung
                reaches, or no signers.
        """
        rows = documents.rows(document, "rungs", most=MOST_RUNGS)
        rungs = tuple(_rung(row, f"rungs-{place}") for place, row in enumerate(rows))
        documents.check_ids((rung.id for rung in rungs), "rungs")
        for place, (lower, higher) in enumerate(itertools.pairwise(rungs), start=1):
            if higher.up_to < lower.up_to:
                raise Refusal(N_("A higher rung decides on more, not on less."), field=f"rungs-{place}-up_to")
        limit = Decimal(
            documents.whole(document.get("ordinary_limit"), field="ordinary_limit", lowest=1, highest=MOST_YUAN)
        )
        if not any(rung.up_to >= limit and not rung.kinds for rung in rungs):
            raise Refusal(N_("No rung reaches up to the ordinary limit for every kind."), field="ordinary_limit")
        groups = documents.rows(document, "signers", most=MOST_SIGNERS)
        if not groups:
            raise Refusal(N_("A special approval needs somebody who signs."), field="signers")
        return cls(
            rungs,
            limit,
            tuple(Holders.from_row(row, at=f"signers-{place}") for place, row in enumerate(groups)),
            documents.whole(document.get("cap_percent"), field="cap_percent", lowest=1, highest=100),
        )

    def needed(self, kind: CompensationKind, amount: Decimal, *, granted: Decimal, contract: Decimal | None) -> Needed:
        """What this needs, where the project has ``granted`` yuan already and its contract is worth ``contract`` yuan.

        Without a project, or with a contract of nothing, there is no cap.
        """
        if amount > self.ordinary_limit:
            return Needed(None, WhySpecial.LIMIT)
        if contract and granted + amount > self.cap(contract):
            return Needed(None, WhySpecial.CAP)
        return Needed(next(rung for rung in self.rungs if rung.covers(kind, amount)))

    def cap(self, contract: Decimal) -> Decimal:
        """How many yuan a project of this worth may be granted in all, without a special approval."""
        return (contract * self.cap_percent / 100).quantize(Decimal("0.01"))

    def may_decide(self, standing: Standing, kind: CompensationKind, amount: Decimal) -> bool:
        """Whether somebody's own authority covers it; a special approval is asked of ``may_sign``."""
        return amount <= self.ordinary_limit and any(
            rung.covers(kind, amount) and rung.holders.include(standing) for rung in self.rungs
        )

    def authority(self, standing: Standing, kind: CompensationKind) -> Decimal:
        """Up to how many yuan somebody may decide on this kind; 0 for nothing."""
        own = (r.up_to for r in self.rungs if r.holders.include(standing) and (not r.kinds or kind in r.kinds))
        return min(max(own, default=Decimal(0)), self.ordinary_limit)

    def may_sign(self, standing: Standing) -> bool:
        """Whether somebody is among those who sign special approvals."""
        return any(group.include(standing) for group in self.signers)

    def is_signed(self, signatures: Sequence[Standing]) -> bool:
        """Whether there is a signature of every group, each by another person; ``signatures`` has one row a person."""
        return _are_matched(self.signers, tuple(signatures))

    def next_above(self, rung: Rung) -> Rung | None:
        """Who is told when that rung leaves a decision lying."""
        place = self.rungs.index(rung)
        return self.rungs[place + 1] if place + 1 < len(self.rungs) else None


def _are_matched(groups: tuple[Holders, ...], people: tuple[Standing, ...]) -> bool:
    """Whether every group finds somebody of its own: one person signs for one group only."""
    if not groups:
        return True
    first, others = groups[0], groups[1:]
    return any(
        first.include(person) and _are_matched(others, people[:place] + people[place + 1 :])
        for place, person in enumerate(people)
    )


def _rung(row: Mapping[str, Any], at: str) -> Rung:
    return Rung(
        id=documents.own_id(row, at=at),
        holders=Holders.from_row(row, at=at),
        up_to=Decimal(documents.whole(row.get("up_to"), field=f"{at}-up_to", lowest=1, highest=MOST_YUAN)),
        kinds=frozenset(documents.words(CompensationKind, row.get("kinds", []), field=f"{at}-kinds")),
    )


def _row(**named: Any) -> dict[str, Any]:
    return {"roles": [], "positions": []} | named


DEFAULT_DOCUMENT: dict[str, Any] = {
    "rungs": [
        _row(
            id="field",
            positions=["adviser", "engineering_manager", "project_manager", "lead_designer"],
            up_to=500,
            kinds=["cleaning", "rework", "service_hours", "voucher", "care_gift"],
        ),
        _row(id="leader", positions=["cs_supervisor", "design_supervisor"], up_to=2_000, kinds=[]),
        _row(
            id="director",
            roles=["approver"],
            positions=["engineering_director", "design_director"],
            up_to=10_000,
            kinds=[],
        ),
        _row(id="general_manager", positions=["general_manager"], up_to=50_000, kinds=[]),
    ],
    "ordinary_limit": 50_000,
    "cap_percent": 20,
    "signers": [_row(positions=["legal_counsel", "finance"]), _row(positions=["general_manager"])],
}
"""Field staff within theirs, then the leader, a director, the general manager (G-04); the amounts are the company's."""

SHIPPED = AuthorityPolicy.from_document(DEFAULT_DOCUMENT)
