"""Corrective actions: decided in a review, reminded of, done, and looked at again for their effect (RV3, G-07)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from extensions import COMPANY_ZONE, db
from models import Complaint, CorrectiveAction, Person, Review
from rules import reviews as rule
from rules import texts
from rules.lifecycle import check_section
from rules.next_steps import NextStep, Tab
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import N_, EventKind, NotificationKind, Section
from services import notifications, people, reviews, timeline
from services.actors import SYSTEM, require

MAX_WORDS = 500
FARTHEST = timedelta(days=2 * 366)
BATCH = 200


def make(
    review: Review, *, words: str, owner_id: int | None, due_on: date, check_on: date, actor: Person, now: datetime
) -> CorrectiveAction:
    """Decide on an action: what, by whom, by which day, and on which day its effect is looked at.

    Also after the review is over: an action that failed is followed by another.

    Raises:
        Refusal: no words, a day behind or far away, or a check before it is due.
    """
    require(actor, Permission.REVIEW)
    check_section(Section.REVIEW, review.complaint.status)
    texts.check_given(words, N_("Please say what is done."), field="words", longest=MAX_WORDS)
    owner = people.by_id(owner_id, field="owner")
    today = now.astimezone(COMPANY_ZONE).date()
    if not today <= due_on <= today + FARTHEST:
        raise Refusal(N_("It is due from today on, and within two years."), field="due_on")
    if not due_on <= check_on <= due_on + FARTHEST:
        raise Refusal(N_("The effect is looked at after it is due, and within two years of it."), field="check_on")
    action = CorrectiveAction(
        review=review, words=words.strip(), owner=owner, due_on=due_on, check_on=check_on, made_at=now
    )
    db.session.add(action)
    reviews.tell(review, "action", note=action.words, actor=actor, now=now)
    return action


def may_do(action: CorrectiveAction, actor: Person) -> bool:
    """Whether this person may say that it is done: its owner, and whoever searches for causes."""
    return action.done_at is None and (action.owner_id == actor.id or actor.may(Permission.REVIEW))


def do(action: CorrectiveAction, *, words: str, actor: Person, now: datetime) -> None:
    """Say that it is done, and how.

    Raises:
        NotAllowed: it is somebody else's. Refusal: no words. Conflict: it was done before.
    """
    check_section(Section.REVIEW, action.review.complaint.status)
    if action.done_at is not None:
        raise Conflict(N_("This action was done already."))
    if not may_do(action, actor):
        raise NotAllowed(N_("Its owner says when it is done."))
    texts.check_given(words, N_("Please say what was done."), field="done_words", longest=MAX_WORDS)
    action.done_at, action.done_words = now, words.strip()
    reviews.tell(action.review, "action_done", note=action.words, actor=actor, now=now)


def todo(complaint: Complaint, *, now: datetime) -> list[NextStep]:
    """The actions that are not done; they outlive the complaint and stand in nobody's way."""
    waiting = (
        select(CorrectiveAction)
        .join(CorrectiveAction.review)
        .where(Review.complaint_id == complaint.id, CorrectiveAction.done_at.is_(None))
        .order_by(CorrectiveAction.due_on)
    )
    return [
        NextStep(Tab.REVIEW, N_("Corrective action: %(words)s"), {"words": action.words}, _end_of(action.due_on))
        for action in db.session.scalars(waiting)
    ]


def sweep(*, now: datetime, limit: int = BATCH) -> int:
    """Remind owners the day before, and look at the effect on its day; returns how many of both."""
    return remind(now=now, limit=limit) + check_effects(now=now, limit=limit)


def remind(*, now: datetime, limit: int = BATCH) -> int:
    """Tell owners of what is due tomorrow or earlier, once; returns how many."""
    tomorrow = now.astimezone(COMPANY_ZONE).date() + timedelta(days=1)
    due = (
        select(CorrectiveAction)
        .where(
            CorrectiveAction.done_at.is_(None),
            CorrectiveAction.due_on <= tomorrow,
            CorrectiveAction.reminded_at.is_(None),
        )
        .order_by(CorrectiveAction.due_on, CorrectiveAction.id)
        .limit(limit)
        .with_for_update(of=CorrectiveAction, skip_locked=True)
    )
    actions = db.session.scalars(due).all()
    for action in actions:
        action.reminded_at = now
        notifications.queue(
            kind=NotificationKind.ACTION_DUE,
            person=action.owner,
            dedup_key=f"action:{action.id}:due",
            complaint=action.review.complaint,
            now=now,
            number=action.review.complaint.number,
            due=f"{action.due_on:%m-%d}",
        )
    db.session.flush()
    return len(actions)


def check_effects(*, now: datetime, limit: int = BATCH) -> int:
    """Count before and after every action whose day has come; returns how many were looked at."""
    today = now.astimezone(COMPANY_ZONE).date()
    due = (
        select(CorrectiveAction)
        .where(
            CorrectiveAction.done_at.is_not(None),
            CorrectiveAction.effect.is_(None),
            CorrectiveAction.check_on <= today,
        )
        .order_by(CorrectiveAction.check_on, CorrectiveAction.id)
        .limit(limit)
        .with_for_update(of=CorrectiveAction, skip_locked=True)
    )
    actions = db.session.scalars(due).all()
    for action in actions:
        _check_effect(action, now=now)
    db.session.flush()
    return len(actions)


def _check_effect(action: CorrectiveAction, *, now: datetime) -> None:
    """The same length of time before it was done and after."""
    done_at = action.done_at or now
    span = now - done_at
    review = action.review
    before, after = reviews.before_and_after(review, at=done_at, span=span)
    action.count_before, action.count_after = before, after
    action.effect, action.checked_at = rule.effect(before, after, span), now
    details = {"step": "checked", "before": before, "after": after, "effect": action.effect}
    timeline.add(review.complaint, EventKind.REVIEW, actor=SYSTEM, now=now, note=action.words, details=details)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), COMPANY_ZONE)
