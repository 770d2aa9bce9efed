"""How the desk says no."""

from __future__ import annotations

from rules.refusals import Conflict, NotAllowed, NotFound, Refusal


def test_a_refusal_keeps_its_message_apart_from_what_fills_it() -> None:
    refusal = Refusal("Between %(lowest)s and %(highest)s.", field="value", lowest=1, highest=30)
    assert str(refusal) == "Between 1 and 30."
    assert (refusal.message, refusal.field) == ("Between %(lowest)s and %(highest)s.", "value")
    assert refusal.params == {"lowest": 1, "highest": 30}


def test_a_message_without_places_may_hold_a_percent_sign() -> None:
    assert str(Refusal("100 % sure")) == "100 % sure"


def test_each_kind_of_no_has_its_http_status() -> None:
    assert [kind.status.value for kind in (Refusal, NotAllowed, Conflict, NotFound)] == [422, 403, 409, 404]
