"""Policies: the plan's tables as managers edit them. Publishing adds a version; what runs keeps the one it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from extensions import db
from models import Person, Policy
from rules import authority, escalation, follow_ups, severity, sla, texts, warranty, working_time
from rules.permissions import Permission
from rules.refusals import Conflict, Refusal
from rules.vocabulary import N_, PolicyKind
from services import first_writer
from services.actors import Actor, require

MAX_REMARKS = 500

Document = dict[str, Any]

READERS: Mapping[PolicyKind, Callable[[Mapping[str, Any]], object]] = {
    PolicyKind.SEVERITY: severity.SeverityPolicy.from_document,
    PolicyKind.CLOCKS: sla.ClockPolicy.from_document,
    PolicyKind.ESCALATION: escalation.EscalationPolicy.from_document,
    PolicyKind.WORKING_TIME: working_time.WorkingTime.from_document,
    PolicyKind.WARRANTY: warranty.WarrantyPolicy.from_document,
    PolicyKind.AUTHORITY: authority.AuthorityPolicy.from_document,
    PolicyKind.FOLLOW_UP: follow_ups.FollowUpPolicy.from_document,
}
"""Who understands a document of each kind; a reader refuses what makes no sense, with the field it belongs to."""

DEFAULTS: Mapping[PolicyKind, Document] = {
    PolicyKind.SEVERITY: severity.DEFAULT_DOCUMENT,
    PolicyKind.CLOCKS: sla.DEFAULT_DOCUMENT,
    PolicyKind.ESCALATION: escalation.DEFAULT_DOCUMENT,
    PolicyKind.WORKING_TIME: working_time.DEFAULT_DOCUMENT,
    PolicyKind.WARRANTY: warranty.DEFAULT_DOCUMENT,
    PolicyKind.AUTHORITY: authority.DEFAULT_DOCUMENT,
    PolicyKind.FOLLOW_UP: follow_ups.DEFAULT_DOCUMENT,
}
"""The shipped version 1 of each, as the plan says it."""


def current(kind: PolicyKind) -> Policy:
    """The newest version; version 1 is reference data and always there."""
    return db.session.scalars(select(Policy).where(Policy.kind == kind).order_by(Policy.number.desc()).limit(1)).one()


def by_id(policy_id: int) -> Policy:
    """The version with this id; versions are never removed."""
    return db.session.get_one(Policy, policy_id)


def numbered(kind: PolicyKind, number: int) -> Policy | None:
    """The version of this number, if there is one."""
    return db.session.scalar(select(Policy).where(Policy.kind == kind, Policy.number == number))


def versions(kind: PolicyKind, *, limit: int = 50) -> list[Policy]:
    """The versions of a kind, the newest on top."""
    return list(
        db.session.scalars(select(Policy).where(Policy.kind == kind).order_by(Policy.number.desc()).limit(limit))
    )


def publish(
    kind: PolicyKind, *, document: Document, remarks: str, based_on: int, actor: Actor, now: datetime
) -> Policy:
    """Publish the next version, made from version ``based_on``.

    Raises:
        NotAllowed: the role does not allow it. Refusal: the document makes no sense, or no remarks.
        Conflict: it says the same as the present one, or somebody published another version meanwhile.
    """
    require(actor, Permission.EDIT_POLICIES)
    texts.check_given(remarks, N_("Please say what changes and why."), field="remarks", longest=MAX_REMARKS)
    read = READERS[kind](document)
    if isinstance(read, escalation.EscalationPolicy):
        _check_people(read)
    if isinstance(read, warranty.WarrantyPolicy):
        read.refuse_shorter(warranty.SHIPPED)
    newest = current(kind)
    if newest.number != based_on:
        raise Conflict(
            N_("Somebody published version %(number)s meanwhile; please look at it first."), number=newest.number
        )
    if newest.document == document:
        raise Conflict(N_("This says the same as the present version."))
    policy = _version(kind, based_on + 1, document, remarks=remarks.strip(), now=now)
    policy.published_by_id = actor.id
    if not first_writer.insert(policy):
        raise Conflict(
            N_("Somebody published version %(number)s meanwhile; please look at it first."), number=based_on + 1
        )
    return policy


def _check_people(policy: escalation.EscalationPolicy) -> None:
    """Whoever a chain calls by name works here, can acknowledge and has a phone that rings."""
    for person_id, field in policy.people():
        person = db.session.get(Person, person_id)
        if person is None or not person.is_active:
            raise Refusal(N_("This person does not work here."), field=field)
        if not person.may(Permission.ACKNOWLEDGE):
            raise Refusal(N_("%(name)s cannot take complaints."), field=field, name=person.name)
        if not person.phone:
            raise Refusal(N_("%(name)s has no mobile number and could not be called."), field=field, name=person.name)


def load_missing(*, now: datetime) -> int:
    """Publish the shipped version of every kind that has none; returns how many."""
    present = set(db.session.scalars(select(Policy.kind).group_by(Policy.kind).having(func.count() > 0)))
    missing = [kind for kind in PolicyKind if kind not in present]
    return sum(first_writer.insert(_version(kind, 1, DEFAULTS[kind], remarks="", now=now)) for kind in missing)


def _version(kind: PolicyKind, number: int, document: Document, *, remarks: str, now: datetime) -> Policy:
    return Policy(kind=kind, number=number, document=document, remarks=remarks, published_at=now)
