"""How the condition of a channel changes: a breaker each, shared by all workers through its row.

Failures in a row let it rest, each time twice as long; after the rest a few messages try it, and their success opens
it. Trouble with the account stops it until a person has seen to it. Every change stands in the record of changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text

from extensions import db
from gateways.base import Verdict, VerdictKind
from models import ChannelState
from rules import backoff
from rules.permissions import Permission
from rules.refusals import Conflict
from rules.vocabulary import N_, ChannelCondition, ChannelKind, NotificationKind, Role
from services import channel_conditions, first_writer, notifications, nudges, people, records
from services.actors import SYSTEM, Actor, require

if TYPE_CHECKING:
    from services.channels import Channel

OWN_CODES: Final = frozenset({"lease_over", "no_template", "unwritable"})
"""Verdicts that no provider gave: nobody was asked, and they say nothing about the channel."""

ONE_CHANGE: Final = 4128
"""PostgreSQL's advisory lock around changes: two that touch two channels never wait for each other in a circle."""


def states() -> dict[str, ChannelState]:
    """The rows by the channels' names; a channel of which nothing was ever noted has none."""
    return {state.name: state for state in db.session.scalars(select(ChannelState))}


# --- what a verdict says ----------------------------------------------------------------------------------------------


class Sign(Enum):
    """What a verdict says about the channel, rather than about the message."""

    WORKS = auto()
    FAILS = auto()
    STOPS = auto()
    NOTHING = auto()


def note_verdict(channel: Channel, verdict: Verdict, *, now: datetime) -> None:
    """Let a channel's condition follow from what became of one attempt."""
    sign = sign_of(channel.kind, verdict)
    if sign is Sign.WORKS and channel_conditions.standing()[channel.name].failures:
        _open(_locked(channel.name, now=now), now=now)
    elif sign is Sign.FAILS:
        _fail(_locked(channel.name, now=now), verdict, wish=_wish(channel.kind, verdict), now=now)
    elif sign is Sign.STOPS:
        _stop(_locked(channel.name, now=now), verdict, now=now)


def sign_of(kind: ChannelKind, verdict: Verdict) -> Sign:
    """What a verdict says about the channel.

    A refusal of one message, or of one number for a while, is a sign of life. A robot that wants to be left alone means
    everybody.
    """
    if verdict.code in OWN_CODES and verdict.kind is not VerdictKind.ACCOUNT:
        return Sign.NOTHING
    if verdict.kind is VerdictKind.RETRY and verdict.retry_after is not None and kind is not ChannelKind.ROBOT:
        return Sign.WORKS
    return _SIGNS[verdict.kind]


_SIGNS: Final[Mapping[VerdictKind, Sign]] = {
    VerdictKind.ACCEPTED: Sign.WORKS,
    VerdictKind.PERMANENT: Sign.WORKS,
    VerdictKind.RETRY: Sign.FAILS,
    VerdictKind.UNKNOWN: Sign.FAILS,
    VerdictKind.ACCOUNT: Sign.STOPS,
}


def _wish(kind: ChannelKind, verdict: Verdict) -> timedelta | None:
    return verdict.retry_after if kind is ChannelKind.ROBOT else None


def _open(state: ChannelState, *, now: datetime) -> None:
    """A success ends failures and rest; one that left before the channel was stopped does not start it again."""
    if state.condition is not ChannelCondition.STOPPED:
        state.failures = 0
        _change(state, ChannelCondition.OPEN, now=now)
    channel_conditions.forget()


def _fail(state: ChannelState, verdict: Verdict, *, wish: timedelta | None, now: datetime) -> None:
    """One more failure in a row. What fails while the channel rests or stands still left before, and counts no more."""
    is_resting = state.until is not None and state.until > now
    if state.condition is ChannelCondition.STOPPED or is_resting:
        return
    _quote(state, verdict)
    state.failures += 1
    rest = max(filter(None, (backoff.rest(state.failures), wish)), default=None)
    if rest is not None:
        _change(state, ChannelCondition.TRIPPED, until=now + rest, now=now)
    channel_conditions.forget()


def _stop(state: ChannelState, verdict: Verdict, *, now: datetime) -> None:
    """Trouble with the account: nothing goes this way until a person says so, and the administrators hear of it."""
    if state.condition is ChannelCondition.STOPPED:
        return
    _quote(state, verdict)
    state.failures += 1
    state.resumed_by_id = None
    _change(state, ChannelCondition.STOPPED, now=now)
    channel_conditions.forget()
    _alarm(state, now=now)


def resume(state: ChannelState, *, actor: Actor, now: datetime) -> None:
    """Let a channel go on: somebody has seen to it.

    Raises:
        NotAllowed: the person's roles do not allow it. Conflict: it works already.
    """
    require(actor, Permission.MANAGE_CHANNELS)
    state = _locked(state.name, now=now)
    if state.condition is ChannelCondition.OPEN:
        raise Conflict(N_("The channel works already."))
    state.failures = 0
    state.resumed_by_id = actor.id
    _change(state, ChannelCondition.OPEN, now=now, actor=actor)
    channel_conditions.forget()
    nudges.mark()


def _change(
    state: ChannelState,
    condition: ChannelCondition,
    *,
    now: datetime,
    until: datetime | None = None,
    actor: Actor = SYSTEM,
) -> None:
    """Write the condition down; a rest that is only prolonged is no change."""
    before, state.condition, state.until = state.condition, condition, until
    if before is condition:
        db.session.flush()
        return
    state.since = now
    said = " ".join(filter(None, (state.code, state.words))) if condition is not ChannelCondition.OPEN else ""
    changes = {"condition": (before, condition), **({"words": ("", said)} if said else {})}
    records.note_change(state, changes, actor=actor, now=now)


def _quote(state: ChannelState, verdict: Verdict) -> None:
    state.code, state.words = verdict.code[:64], verdict.words[:300]


def _alarm(state: ChannelState, *, now: datetime) -> None:
    """Tell every administrator once for each stop, by another channel if there is one."""
    for person in people.with_role(Role.ADMINISTRATOR):
        notifications.queue(
            kind=NotificationKind.CHANNEL_ALARM,
            person=person,
            dedup_key=f"channel:{state.name}:{now:%Y%m%dT%H%M%S.%f}:{person.id}",
            now=now,
            channels_tried=[state.name],
            channel=state.name,
        )


def _locked(name: str, *, now: datetime) -> ChannelState:
    """The channel's row, locked until the transaction ends; made when there is something to note for the first time."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_CHANGE})
    statement = select(ChannelState).where(ChannelState.name == name).with_for_update()
    state = db.session.scalar(statement.execution_options(populate_existing=True))
    if state is None:
        first_writer.insert(ChannelState(name=name, since=now))
        state = db.session.scalars(statement).one()
    return state
