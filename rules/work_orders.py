"""The life of a work order: planned, priced where the customer pays, done, shown, confirmed (A-03, A-04, A-07).

A price is accepted before anybody begins, and nothing is confirmed without a photo of the work and the customer's
signature, or somebody's words on why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from rules.compensation import CENT, MAX_AMOUNT
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, WorkOrderAction, WorkOrderState

S, A = WorkOrderState, WorkOrderAction

OPEN: Final = frozenset({S.PLANNED, S.QUOTED, S.RUNNING, S.DONE})
"""States in which a complaint cannot be closed."""

MOST_OF_A_THING: Final = Decimal(1_000_000)

TRANSITIONS: Mapping[tuple[WorkOrderState, WorkOrderAction], WorkOrderState] = MappingProxyType(
    {
        (S.PLANNED, A.PLAN): S.PLANNED,
        (S.PLANNED, A.QUOTE): S.QUOTED,
        (S.PLANNED, A.START): S.RUNNING,
        (S.PLANNED, A.CANCEL): S.CANCELLED,
        (S.QUOTED, A.QUOTE): S.QUOTED,
        (S.QUOTED, A.ACCEPT_QUOTE): S.PLANNED,
        (S.QUOTED, A.DECLINE_QUOTE): S.CANCELLED,
        (S.QUOTED, A.CANCEL): S.CANCELLED,
        (S.RUNNING, A.PLAN): S.RUNNING,
        (S.RUNNING, A.FINISH): S.DONE,
        (S.RUNNING, A.CANCEL): S.CANCELLED,
        (S.DONE, A.CONFIRM): S.CLOSED,
        (S.DONE, A.REDO): S.RUNNING,
    }
)
"""Which step is possible in which state; what is confirmed or called off stays so."""


def next_state(state: WorkOrderState, action: WorkOrderAction) -> WorkOrderState:
    """The state that a step leads to.

    Raises:
        Conflict: it is not possible in this state.
    """
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise Conflict(
            N_("“%(action)s” is not possible while the work order is “%(state)s”."), action=action, state=state
        ) from None


def check_start(*, is_free: bool, is_quote_accepted: bool) -> None:
    """Let nobody begin what the customer pays for and has not agreed to (A-10).

    Raises:
        Conflict: the price is not accepted.
    """
    if not is_free and not is_quote_accepted:
        raise Conflict(N_("The customer pays for this: name the price and have it accepted first."))


def check_confirm(*, has_photo: bool, has_signature: bool, exception: str) -> None:
    """Let nothing be confirmed that nobody can show.

    Raises:
        Refusal: the photo or the signature is missing, and nobody wrote why.
    """
    if exception.strip():
        return
    if not has_photo:
        raise Refusal(N_("Please add a photo of the finished work, or write why there is none."), field="exception")
    if not has_signature:
        raise Refusal(N_("Please have the customer sign, or write why they did not."), field="exception")


def cost(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """What so much of a thing costs, in yuan to the cent.

    Raises:
        Refusal: the quantity or the price makes no sense.
    """
    if not quantity.is_finite() or not 0 < quantity <= MOST_OF_A_THING or quantity != round(quantity, 3):
        raise Refusal(N_("A quantity above 0, with at most three decimal places."), field="quantity")
    if not unit_price.is_finite() or not 0 <= unit_price <= MAX_AMOUNT or unit_price != round(unit_price, 2):
        raise Refusal(N_("A price of 0 yuan or more, with at most two decimal places."), field="unit_price")
    amount = (quantity * unit_price).quantize(CENT, ROUND_HALF_UP)
    if amount > MAX_AMOUNT:
        raise Refusal(N_("The amount must lie between 0 and 10,000,000 yuan."), field="unit_price")
    return amount
