"""Messages in sentences: why one is in its state, what each step of its history was, what became of telling people."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext, lazy_gettext

from admin_views import chain_words, channel_words
from admin_views.words import company_time
from models import Notification, NotificationStep, TimelineEvent
from rules.escalation import DutyRoleCode, Target, Whom
from rules.message_kinds import CALLS
from rules.replies import ReplyAction
from rules.vocabulary import MessageRelation, NotificationKind, NotificationState
from services.bundles import EMPTIED, SUPERSEDED
from services.delivery_report import Step, Told
from services.resending import AGAIN

SECRET = frozenset({NotificationKind.VERIFICATION})
"""Kinds whose words are for their receiver alone."""


def why(message: Notification) -> str:
    """Why a message is in its state, as a sentence."""
    return _WHY[message.state](message)


def text(message: Notification) -> str:
    """What it says, as far as anybody else may read it."""
    if message.kind in SECRET:
        return gettext("A code, which only its receiver may read.")
    return message.text


def answer(message: Notification) -> str:
    """What its receiver answered, '' for nothing."""
    return gettext(ReplyAction(message.answer).label) if message.answer else ""


def relation(message: Notification) -> str:
    """How it follows from another, '' for a message that stands at the beginning."""
    return gettext(message.relation.label) if message.relation is not None else ""


def _queued(message: Notification) -> str:
    if message.attempts == 0:
        return gettext("waits to be sent, until %(time)s", time=company_time(message.expires_at))
    return gettext(
        "attempt %(count)s failed (%(words)s); the next is at %(time)s",
        count=message.attempts,
        words=_said(message),
        time=company_time(message.due_at, "HH:mm:ss"),
    )


def _accepted(message: Notification) -> str:
    if message.fallback_at is not None:
        return gettext(
            "the provider took it; without word of delivery it goes another way at %(time)s",
            time=company_time(message.fallback_at, "HH:mm"),
        )
    return gettext("the provider took it at attempt %(n)s; there is no word of delivery", n=max(message.attempts, 1))


def _unknown(message: Notification) -> str:
    if message.ask_at is None:
        return gettext("the provider may have it and cannot say; please ask the person")
    return gettext(
        "the provider did not answer; it is asked at %(time)s before anything is sent twice",
        time=company_time(message.ask_at, "HH:mm:ss"),
    )


def _cancelled(message: Notification) -> str:
    if message.kind in CALLS:
        return gettext("somebody had the complaint, or a newer message said more, before this was sent")
    return gettext("not needed any more before it was sent")


def _said(message: Notification) -> str:
    return channel_words.meaning(message.provider_code) or message.outcome or message.provider_code or "—"


_WHY: Mapping[NotificationState, Callable[[Notification], str]] = {
    NotificationState.QUEUED: _queued,
    NotificationState.CLAIMED: lambda message: gettext("is about to be handed to the provider"),
    NotificationState.ATTEMPTED: lambda message: gettext("is being handed to the provider"),
    NotificationState.ACCEPTED: _accepted,
    NotificationState.DELIVERED: lambda message: gettext("the phone has it"),
    NotificationState.FAILED: lambda message: gettext(
        "given up at attempt %(count)s: %(words)s", count=message.attempts, words=_said(message)
    ),
    NotificationState.UNKNOWN: _unknown,
    NotificationState.EXPIRED: lambda message: gettext("could not be sent before it was worth nothing any more"),
    NotificationState.CANCELLED: _cancelled,
    NotificationState.BUNDLED: lambda message: gettext("went out in one message with others"),
}


# --- the history -----------------------------------------------------------------------------------------------------

_OWN_WORDS = {
    "throttled": lazy_gettext("Put off: this phone has had enough messages for now."),
    "quiet_hours": lazy_gettext("Put off: nobody is disturbed at this hour."),
    "no_channel": lazy_gettext("No channel takes it now."),
    "lease_over": lazy_gettext("The worker that had it did not come back."),
}
"""What the desk writes beside a step of its own."""


def step(line: NotificationStep) -> str:
    """What a step was, in a sentence; '' where its state says it all."""
    if line.code == AGAIN:
        return gettext("Sent again by hand: %(reason)s", reason=line.words)
    if line.code == SUPERSEDED:
        return gettext("A newer message of the same matter says more.")
    if line.code == EMPTIED:
        return gettext("Another message to the same phone took in what it held.")
    if line.state is NotificationState.BUNDLED:
        return gettext("Several messages to one phone became one.")
    own = _OWN_WORDS.get(line.words) or _OWN_WORDS.get(line.code)
    return str(own) if own else channel_words.meaning(line.code)


def said(line: NotificationStep) -> str:
    """The provider's own code and words, as they came."""
    is_own = line.code in (AGAIN, SUPERSEDED, EMPTIED) or line.words in _OWN_WORDS or line.code in _OWN_WORDS
    if is_own or line.state is NotificationState.BUNDLED:
        return ""
    return " ".join(filter(None, (line.code, line.words)))


def is_trouble(line: NotificationStep) -> bool:
    """Whether the step is one that went wrong."""
    return line.state in (NotificationState.FAILED, NotificationState.UNKNOWN, NotificationState.EXPIRED)


# --- the report ------------------------------------------------------------------------------------------------------

_HINDRANCES = {
    "no_number": lazy_gettext("there is no mobile number, so no message could be written"),
    "no_mobile": lazy_gettext("the number is no mobile, so no message could be written"),
    "opted_out": lazy_gettext("this number wants no more messages"),
}


def untold(told: Told) -> str:
    """Why there is no message at all, '' where there is one."""
    if told.messages:
        return ""
    return str(_HINDRANCES.get(told.hindrance) or gettext("no message was written"))


def called(taken: Step) -> str:
    """Why the step was taken and whom it meant."""
    escalation = taken.escalation
    if escalation is None:
        return gettext("First call")
    if escalation.target is Target.PERSON:
        meant = escalation.target_name
    else:
        meant = chain_words.whom(Whom(escalation.target, escalation.target_name))
    level, cause = escalation.to_level + 1, gettext(escalation.cause.label)
    return gettext("Step %(step)s: %(whom)s (%(cause)s)", step=level, whom=meant, cause=cause)


def gap(event: TimelineEvent) -> str:
    """Which post was empty."""
    target, name = Target(event.details["target"]), event.details.get("name", "")
    if target in (Target.REQUIRED_ROLE, Target.DUTY_ROLE):
        role = gettext(DutyRoleCode(event.details["role"]).label)
        return gettext("Nobody was on duty for “%(role)s”.", role=role)
    meant = name if target is Target.PERSON else chain_words.whom(Whom(target, name))
    return gettext("Nobody was there for “%(target)s”.", target=meant)


def follows(message: Notification) -> str:
    """How a line of the report came about: again by hand, another way, in one message with others."""
    if message.relation in (MessageRelation.FALLBACK, MessageRelation.RESENT):
        return relation(message)
    return gettext(message.kind.label) if message.kind is NotificationKind.BUNDLE else ""
