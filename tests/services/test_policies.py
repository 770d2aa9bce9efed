"""Publishing a policy: what makes no sense is refused, and nothing of it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Policy
from rules.refusals import Refusal
from rules.vocabulary import PolicyKind
from services import policies
from tests.cast import Cast
from tests.chains import chain, document, last, step

Db = scoped_session[Session]
CHAINS = PolicyKind.ESCALATION


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        *(pytest.param(kind, {}, id=f"an empty policy of {kind}") for kind in PolicyKind),
        pytest.param(CHAINS, document(), id="no chain"),
        pytest.param(CHAINS, document(chain()), id="a chain without steps"),
        pytest.param(CHAINS, document(chain(step())), id="a chain that falls silent"),
        pytest.param(CHAINS, document(chain(step(wait=0), last())), id="steps at the same moment"),
        pytest.param(CHAINS, document(chain(step("leader", "leader"), last())), id="somebody twice in a step"),
        pytest.param(CHAINS, document(chain(last(), last())), id="a last step before the last"),
        pytest.param(CHAINS, document(chain(step(), step(back_to=0), last())), id="steps that never end"),
        pytest.param(CHAINS, document(chain(step(back_to=1, back_times=1), last())), id="back to what comes later"),
        pytest.param(CHAINS, document(chain(last()), chain(last(), name="again")), id="two chains for the rest"),
        pytest.param(CHAINS, document(chain(last(), levels=(1,))), id="no chain for the rest"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_kept(
    kind: PolicyKind, made: dict[str, Any], cast: Cast, session: Db, now: datetime
) -> None:
    present = policies.current(kind).number
    with pytest.raises(Refusal) as refusal:
        policies.publish(kind, document=made, remarks="试", based_on=present, actor=cast.roster, now=now)
    assert refusal.value.status == 422
    assert session.scalar(select(func.count(Policy.id)).where(Policy.kind == kind)) == present
