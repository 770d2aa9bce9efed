"""Who may decide on how much (G-04, G-05, N9)."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.authority import DEFAULT_DOCUMENT, SHIPPED, AuthorityPolicy, Standing, WhySpecial
from rules.refusals import Refusal
from rules.vocabulary import CompensationKind as K
from rules.vocabulary import Position as P
from rules.vocabulary import Role

FIELD = (P.PROJECT_MANAGER, P.ENGINEERING_MANAGER, P.LEAD_DESIGNER, P.ADVISER)
FIELD_KINDS = (K.CLEANING, K.CARE_GIFT, K.SERVICE_HOURS, K.VOUCHER, K.REWORK)
DIRECTORS = (P.ENGINEERING_DIRECTOR, P.DESIGN_DIRECTOR)
CENT = Decimal("0.01")
yuan = st.decimals(Decimal(0), Decimal(60_000), places=2)


def post(position: P | None = None, *roles: Role) -> Standing:
    return Standing(roles, position)


LIMITS: dict[P, int] = {
    **dict.fromkeys(DIRECTORS, 10_000),
    **dict.fromkeys((P.CS_SUPERVISOR, P.DESIGN_SUPERVISOR), 2_000),
    P.GENERAL_MANAGER: 50_000,
}
"""What each post may decide on any kind; field staff on theirs."""


def expected(position: P | None, roles: tuple[Role, ...], kind: K) -> int:
    own = [LIMITS.get(position, 0) if position else 0]
    own.append(500 if position in FIELD and kind in FIELD_KINDS else 0)
    own.append(10_000 if Role.APPROVER in roles else 0)
    return max(own)


@pytest.mark.parametrize("position", [None, *P])
@pytest.mark.parametrize("role", [None, *Role])
def test_every_cell_of_the_matrix(position: P | None, role: Role | None) -> None:
    """CA2: every post and role, every kind, just within and just beyond the limit."""
    roles = (role,) if role else ()
    standing = post(position, *roles)
    for kind in K:
        limit = Decimal(expected(position, roles, kind))
        assert SHIPPED.authority(standing, kind) == limit
        assert SHIPPED.may_decide(standing, kind, limit) is (limit > 0)
        assert not SHIPPED.may_decide(standing, kind, limit + CENT)


class TestWhatIsNeeded:
    @pytest.mark.parametrize(
        ("kind", "amount", "rung"),
        [
            (K.CLEANING, "500", "field"),
            (K.CLEANING, "500.01", "leader"),
            (K.CASH, "1", "leader"),
            (K.CASH, "2000.01", "director"),
            (K.TRANSFER, "10000.01", "general_manager"),
            (K.TRANSFER, "50000", "general_manager"),
        ],
    )
    def test_the_lowest_rung_that_covers_it(self, kind: K, amount: str, rung: str) -> None:
        needed = SHIPPED.needed(kind, Decimal(amount), granted=Decimal(0), contract=None)
        assert needed.rung is not None
        assert (needed.rung.id, needed.is_special) == (rung, False)

    def test_above_the_ordinary_limit_it_is_special(self) -> None:
        needed = SHIPPED.needed(K.CASH, Decimal("50000.01"), granted=Decimal(0), contract=None)
        assert (needed.rung, needed.why_special) == (None, WhySpecial.LIMIT)

    @pytest.mark.parametrize(("granted", "is_special"), [("1500", False), ("1500.01", True), ("0", False)])
    def test_above_the_project_s_cap_it_is_special(self, granted: str, is_special: bool) -> None:
        """A fifth of ¥10,000, ¥500 of it asked for now."""
        needed = SHIPPED.needed(K.CASH, Decimal(500), granted=Decimal(granted), contract=Decimal(10_000))
        assert (needed.why_special is WhySpecial.CAP) is is_special

    @given(st.sampled_from(K), yuan, yuan, st.none() | yuan)
    def test_somebody_can_always_decide(
        self, kind: K, amount: Decimal, granted: Decimal, contract: Decimal | None
    ) -> None:
        needed = SHIPPED.needed(kind, amount, granted=granted, contract=contract)
        assert needed.is_special or (needed.rung is not None and needed.rung.covers(kind, amount))

    def test_who_leaves_it_lying_has_somebody_above(self) -> None:
        above = [SHIPPED.next_above(rung) for rung in SHIPPED.rungs]
        assert above == [*SHIPPED.rungs[1:], None]


class TestSpecialApproval:
    GM, LEGAL, FINANCE = post(P.GENERAL_MANAGER), post(P.LEGAL_COUNSEL), post(P.FINANCE)

    @pytest.mark.parametrize(
        ("signatures", "is_signed"),
        [
            ([], False),
            ([GM], False),
            ([LEGAL], False),
            ([LEGAL, FINANCE], False),
            ([LEGAL, GM], True),
            ([GM, FINANCE], True),
            ([GM, FINANCE, LEGAL], True),
            ([GM, GM], False),
        ],
    )
    def test_every_group_signs(self, signatures: list[Standing], is_signed: bool) -> None:
        assert SHIPPED.is_signed(signatures) is is_signed

    def test_one_person_signs_for_one_group_only(self) -> None:
        both = {"positions": ["general_manager", "legal_counsel"]}
        policy = AuthorityPolicy.from_document({**DEFAULT_DOCUMENT, "signers": [both, both]})
        assert not policy.is_signed([self.GM])
        assert policy.is_signed([self.GM, self.LEGAL])

    def test_only_signers_sign(self) -> None:
        assert SHIPPED.may_sign(self.FINANCE)
        assert not SHIPPED.may_sign(post(P.ENGINEERING_DIRECTOR, Role.APPROVER))


class TestDocument:
    @pytest.mark.parametrize(
        ("path", "value", "field"),
        [
            (("rungs", 0, "id"), "", "rungs-0-id"),
            (("rungs", 1, "id"), "field", "rungs-1-id"),
            (("rungs", 0, "positions"), [], "rungs-0-roles"),
            (("rungs", 0, "positions"), ["king"], "rungs-0-positions"),
            (("rungs", 0, "kinds"), ["gold"], "rungs-0-kinds"),
            (("rungs", 0, "up_to"), 0, "rungs-0-up_to"),
            (("rungs", 0, "up_to"), -5, "rungs-0-up_to"),
            (("rungs", 0, "up_to"), 10**100, "rungs-0-up_to"),
            (("rungs", 2, "up_to"), 1_000, "rungs-2-up_to"),
            (("rungs",), [], "ordinary_limit"),
            (("ordinary_limit",), 50_001, "ordinary_limit"),
            (("ordinary_limit",), "1000", "ordinary_limit"),
            (("cap_percent",), 0, "cap_percent"),
            (("cap_percent",), 101, "cap_percent"),
            (("signers",), [], "signers"),
            (("signers", 0, "positions"), [], "signers-0-roles"),
        ],
    )
    def test_nonsense_is_refused_beside_its_field(self, path: tuple[Any, ...], value: object, field: str) -> None:
        document = copy.deepcopy(DEFAULT_DOCUMENT)
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        with pytest.raises(Refusal) as refusal:
            AuthorityPolicy.from_document(document)
        assert refusal.value.field == field
