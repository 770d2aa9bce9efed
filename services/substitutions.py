"""Substitutes: who decides on compensation in somebody's place, on which days (CA3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from extensions import COMPANY_ZONE, db
from models import Person, Substitution
from rules import texts
from rules.permissions import Permission
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import N_
from services.actors import require

MAX_REMARKS = 200
MOST_DAYS = 366
MOST_SHOWN = 200


def name(
    person: Person,
    *,
    substitute: Person,
    first_on: date,
    last_on: date,
    remarks: str,
    actor: Person,
    now: datetime,
) -> Substitution:
    """Let ``substitute`` decide for ``person`` from the first to the last day, the company's days.

    Everybody who decides names their own; who looks after people names anybody's.

    Raises:
        NotAllowed: it is somebody else's to name. Refusal: the days make no sense, or the substitute may decide on
        nothing. Conflict: somebody is named for some of these days already.
    """
    _require_own_or_people(person, actor)
    texts.check(remarks, field="remarks", longest=MAX_REMARKS)
    if substitute.id == person.id:
        raise Refusal(N_("Nobody is their own substitute."), field="substitute")
    if not substitute.may(Permission.APPROVE):
        raise Refusal(N_("%(name)s may not decide on compensation."), field="substitute", name=substitute.name)
    _check_days(first_on, last_on, today=_today(now))
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    _refuse_overlap(person, first_on, last_on)
    made = Substitution(
        person=person,
        substitute=substitute,
        first_on=first_on,
        last_on=last_on,
        remarks=remarks.strip(),
        made_at=now,
        made_by=actor,
    )
    db.session.add(made)
    db.session.flush()
    return made


def end(substitution: Substitution, *, actor: Person, now: datetime) -> None:
    """Let yesterday have been its last day; one that has not begun counts for no day but its first, which is over.

    Raises:
        NotAllowed: it is somebody else's. Conflict: it is over.
    """
    _require_own_or_people(substitution.person, actor)
    today = _today(now)
    if substitution.last_on < today:
        raise Conflict(N_("This substitution is over already."))
    substitution.last_on = date.fromordinal(today.toordinal() - 1)
    substitution.first_on = min(substitution.first_on, substitution.last_on)
    db.session.flush()


def not_over(*, now: datetime) -> list[Substitution]:
    """Those of today and of the days ahead, the next one first."""
    statement = (
        select(Substitution)
        .where(Substitution.last_on >= _today(now))
        .options(joinedload(Substitution.person), joinedload(Substitution.substitute))
        .order_by(Substitution.first_on, Substitution.id)
        .limit(MOST_SHOWN)
    )
    return list(db.session.scalars(statement))


def stands_for(person: Person, *, now: datetime) -> list[Person]:
    """Everybody active in whose place this person decides today."""
    statement = (
        select(Substitution)
        .where(Substitution.substitute_id == person.id, *_on(_today(now)))
        .options(joinedload(Substitution.person))
        .order_by(Substitution.id)
    )
    return [each.person for each in db.session.scalars(statement) if each.person.is_active]


def substitutes_of(group: Sequence[Person], *, now: datetime) -> list[Person]:
    """Who decides today in the place of one of these."""
    if not group:
        return []
    statement = (
        select(Substitution)
        .where(Substitution.person_id.in_([person.id for person in group]), *_on(_today(now)))
        .options(joinedload(Substitution.substitute))
        .order_by(Substitution.id)
    )
    return [each.substitute for each in db.session.scalars(statement) if each.substitute.may(Permission.APPROVE)]


def _on(day: date) -> tuple[ColumnElement[bool], ...]:
    return Substitution.first_on <= day, Substitution.last_on >= day


def _today(now: datetime) -> date:
    return now.astimezone(COMPANY_ZONE).date()


def _require_own_or_people(person: Person, actor: Person) -> None:
    require(actor, Permission.APPROVE)
    if person.id != actor.id and not actor.may(Permission.EDIT_PEOPLE):
        raise NotAllowed(N_("You name a substitute for yourself only."))


def _check_days(first_on: date, last_on: date, *, today: date) -> None:
    if last_on < first_on:
        raise Refusal(N_("The days end before they begin."), field="last_on")
    if last_on < today:
        raise Refusal(N_("These days are over."), field="last_on")
    if (last_on - first_on).days >= MOST_DAYS:
        raise Refusal(N_("A substitute is named for a year at most."), field="last_on")


def _refuse_overlap(person: Person, first_on: date, last_on: date) -> None:
    other = db.session.scalar(
        select(Substitution).where(
            Substitution.person_id == person.id, Substitution.first_on <= last_on, Substitution.last_on >= first_on
        )
    )
    if other is not None:
        raise Conflict(
            N_("From %(first)s to %(last)s %(name)s stands in already."),
            field="first_on",
            first=other.first_on,
            last=other.last_on,
            name=other.substitute.name,
        )
