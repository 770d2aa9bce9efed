"""Regrading: facts that become known later raise the level by themselves; only a person lowers it (D-11 to D-13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import Complaint, Person, Policy, TimelineEvent
from rules import severity, sms_values
from rules.refusals import Conflict, NotAllowed
from rules.severity import Assessment, Facts, SeverityPolicy, SeverityRule
from rules.vocabulary import N_, EventKind, NotificationKind, PolicyKind, Severity
from services import duty, escalations, milestones, notifications, people, policies, responsibilities, timeline
from services.actors import SYSTEM, Actor


@dataclass(frozen=True)
class Yardstick:
    """One version of the severity policy, read once and asked as often as needed."""

    policy_id: int
    number: int
    policy: SeverityPolicy

    def assess(self, facts: Facts) -> Assessment:
        """The level that the facts call for."""
        return severity.assess(facts, self.policy)


@dataclass(frozen=True)
class Explanation:
    """Why a level is proposed: by the version it was measured with, and by the present one if that is another."""

    number: int
    assessment: Assessment
    present: Assessment | None


def yardstick() -> Yardstick:
    """The severity policy in force."""
    return _read(policies.current(PolicyKind.SEVERITY))


def explain(complaint: Complaint) -> Explanation:
    """Say why this level is proposed for the complaint."""
    present = yardstick()
    version = complaint.severity_policy
    measure = present if version is None or version.id == present.policy_id else _read(version)
    return Explanation(
        number=measure.number,
        assessment=measure.assess(complaint.facts),
        present=None if measure is present else present.assess(complaint.facts),
    )


def follow_facts(
    complaint: Complaint, *, actor: Actor, now: datetime, already_told: Collection[Person] = ()
) -> Assessment:
    """Measure the complaint again after a fact changed: the proposed level follows, a graver one becomes its level.

    A level that a person fixed below what the facts call for stands until a rule matches that was not known then.
    ``already_told`` are those who learn of it by another message of the same moment.

    Raises:
        Conflict: the complaint is over.
    """
    if complaint.is_finished:
        raise Conflict(N_("This complaint is over; its level stays as it was."))
    was = complaint.level
    assessment = measure_again(complaint)
    calling = _calling_for_more(complaint, assessment, was)
    if calling:
        _raise(complaint, was, calling, assessment, actor=actor, now=now, already_told=already_told)
    db.session.flush()
    return assessment


def would_raise(complaint: Complaint, facts: Facts, measure: Yardstick) -> bool:
    """Whether the complaint would become graver if these were its facts."""
    return bool(_calling_for_more(complaint, measure.assess(facts), complaint.level))


def measure_again(complaint: Complaint) -> Assessment:
    """Propose a level anew, by the severity policy in force.

    Before a person fixes one the proposal is the level, and the desk lowers no level.
    """
    measure = yardstick()
    assessment = measure.assess(complaint.facts)
    is_graded = complaint.severity is not None
    complaint.suggested_severity = assessment.severity if is_graded else min(assessment.severity, complaint.level)
    complaint.severity_policy_id = measure.policy_id
    return assessment


def check_level(complaint: Complaint, level: Severity, *, actor: Person, now: datetime) -> None:
    """Let only the group leader set a level below what the facts call for, or below the one it has.

    Raises:
        NotAllowed: somebody else tries.
    """
    floor = min(complaint.suggested_severity, complaint.level)
    if level <= floor:
        return
    leaders = duty.leaders(at=now)
    if not duty.is_leader(actor, at=now) and actor.id not in {person.id for person in leaders}:
        raise NotAllowed(
            N_("Below “%(level)s” only the group leader may go: %(names)s."),
            field="severity",
            level=floor,
            names=", ".join(person.name for person in leaders),
        )


def became_graver(
    complaint: Complaint, was: Severity, *, actor: Actor, now: datetime, already_told: Collection[Person] = ()
) -> None:
    """Where the level is graver than it was: the chain of the new level, and word to the leader, handler and lead.

    Who did it is not told, nor are those ``already_told`` by another message. A complaint from the past rings nobody's
    phone.
    """
    if complaint.level >= was or complaint.is_history:
        return
    if complaint.is_open:
        escalations.level_raised(complaint, actor=actor, now=now)
    for person in _concerned(complaint, now=now):
        if person.id != actor.id and person not in already_told:
            _tell(complaint, person, now=now)


def _read(version: Policy) -> Yardstick:
    return Yardstick(version.id, version.number, SeverityPolicy.from_document(version.document))


def _calling_for_more(complaint: Complaint, assessment: Assessment, was: Severity) -> list[SeverityRule]:
    """The rules that call for a graver level than it has and were not known when a person fixed it."""
    graver = [rule for rule in assessment.rules if rule.severity < was]
    if not graver or complaint.severity is None:
        return graver
    known = _known_rules(complaint)
    return [rule for rule in graver if rule.id not in known]


def _known_rules(complaint: Complaint) -> frozenset[str]:
    """What matched when the level was last fixed or raised."""
    statement = (
        select(TimelineEvent.details)
        .where(
            TimelineEvent.complaint_id == complaint.id,
            TimelineEvent.kind.in_((EventKind.GRADED, EventKind.REGRADED)),
        )
        .order_by(TimelineEvent.id.desc())
        .limit(1)
    )
    details = db.session.scalar(statement) or {}
    return frozenset(details.get("rules", ()))


def _raise(
    complaint: Complaint,
    was: Severity,
    calling: Sequence[SeverityRule],
    assessment: Assessment,
    *,
    actor: Actor,
    now: datetime,
    already_told: Collection[Person],
) -> None:
    to = min(rule.severity for rule in calling)
    is_graded = complaint.severity is not None
    if is_graded:
        gravest = next(rule for rule in calling if rule.severity is to)
        complaint.severity, complaint.severity_reason = to, gravest.sentence
        complaint.graded_at, complaint.graded_by = now, None
    timeline.add(
        complaint,
        EventKind.REGRADED,
        actor=SYSTEM,
        now=now,
        details={
            "level": int(to),
            "is_graded": is_graded,
            "rules": assessment.rule_ids,
            "sentences": [rule.sentence for rule in calling],
        },
        changes={"severity" if is_graded else "suggested_severity": (was, to)},
    )
    db.session.flush()
    milestones.regraded(complaint, was=was, actor=actor, now=now)
    became_graver(complaint, was, actor=actor, now=now, already_told=already_told)


def _concerned(complaint: Complaint, *, now: datetime) -> list[Person]:
    """The leader on duty, the handler, the lead; each once."""
    lead = [part.person for part in responsibilities.current(complaint)[:1]]
    handler = [complaint.handler] if complaint.handler else []
    return people.distinct((*duty.leaders(at=now), *handler, *lead))


def _tell(complaint: Complaint, person: Person, *, now: datetime) -> None:
    level = complaint.level
    notifications.queue(
        kind=NotificationKind.LEVEL_RAISED,
        person=person,
        dedup_key=f"complaint:{complaint.id}:level:{int(level)}:{int(now.timestamp())}:{person.id}",
        complaint=complaint,
        severity=level,
        now=now,
        number=complaint.number,
        level=sms_values.level(level),
    )
