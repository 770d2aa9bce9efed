"""What every worker has to know of the channels before it sends: which of them work now.

Read once in a transaction, however many messages it is about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from extensions import db
from models import ChannelState
from rules.vocabulary import ChannelCondition

LET_THROUGH: Final = 3
"""Messages of one transaction that find out whether a rested channel works again."""

_CONDITIONS, _THROUGH = "channel_conditions", "channel_let_through"


@dataclass(frozen=True)
class Condition:
    """How a channel is; ``until`` is the end of its rest."""

    is_stopped: bool = False
    until: datetime | None = None
    failures: int = 0

    @property
    def works(self) -> bool:
        """Whether any number of messages may go this way."""
        return not self.is_stopped and self.until is None

    def may_be_tried(self, now: datetime) -> bool:
        """Whether its rest is over and it has to prove itself."""
        return not self.is_stopped and self.until is not None and self.until <= now

    def takes(self, now: datetime) -> bool:
        """Whether a message may go this way: the channel works, or is to be tried."""
        return self.works or self.may_be_tried(now)


WORKS: Final = Condition()


def standing() -> Mapping[str, Condition]:
    """The condition of every channel by its name, read once in a transaction; one without a row works."""
    info = db.session.info
    if _CONDITIONS not in info:
        statement = select(ChannelState.name, ChannelState.condition, ChannelState.until, ChannelState.failures)
        info[_CONDITIONS] = defaultdict(
            lambda: WORKS,
            {
                name: Condition(condition is ChannelCondition.STOPPED, until, failures)
                for name, condition, until, failures in db.session.execute(statement)
            },
        )
    conditions: Mapping[str, Condition] = info[_CONDITIONS]
    return conditions


def takes(name: str, *, now: datetime) -> bool:
    """Whether a message that was promised to this channel may still go this way."""
    return standing()[name].takes(now)


def lets_through(name: str, *, now: datetime) -> bool:
    """Whether one more message may go this way now."""
    condition = standing()[name]
    if condition.works:
        return True
    let_through: Counter[str] = db.session.info.setdefault(_THROUGH, Counter())
    if not condition.may_be_tried(now) or let_through[name] >= LET_THROUGH:
        return False
    let_through[name] += 1
    return True


def forget() -> None:
    """Read anew: a condition was changed."""
    db.session.info.pop(_CONDITIONS, None)


@event.listens_for(db.session, "after_commit")
@event.listens_for(db.session, "after_rollback")
def _after_the_end(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_CONDITIONS, None)
        session.info.pop(_THROUGH, None)
