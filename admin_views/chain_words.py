"""Chains of escalation in the reader's language: whom a step calls, how long it waits, what follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from extensions import db
from models import Person
from rules.escalation import Chain, EscalationPolicy, Step, Target, Whom
from rules.vocabulary import Severity


def whom(callee: Whom) -> str:
    """Whom it calls: “Group leader on duty”, “On duty for Legal”, a person's name."""
    if callee.target is Target.DUTY_ROLE:
        return _("On duty for %(role)s", role=_(callee.duty_role.label))
    if callee.target is Target.ROLE:
        return _("Everybody with the role “%(role)s”", role=_(callee.role.label))
    if callee.target is Target.PERSON:
        person = db.session.get(Person, callee.person_id)
        return person.name if person is not None else _("nobody")
    return _(callee.target.label)


def everybody(callees: Iterable[Whom]) -> str:
    """All whom a step calls."""
    return _(", ").join(whom(callee) for callee in callees)


def serves(chain: Chain) -> str:
    """For which complaints the chain is: “Level 1 major”, “Level 2 urgent, Level 3 general · Safety hazard”."""
    if chain.is_catch_all:
        return _("All other complaints")
    levels = _(", ").join(_(level.label) for level in sorted(chain.levels))
    categories = _(", ").join(_(category.label) for category in sorted(chain.categories))
    return " · ".join(filter(None, (levels, categories)))


def pace(step: Step) -> str:
    """How often the step calls and how long it waits."""
    if step.is_endless:
        return _("every %(minutes)s min until somebody answers", minutes=_minutes(step.every))
    words = []
    if step.repeats:
        words.append(
            ngettext(
                "%(num)s more time, every %(minutes)s min",
                "%(num)s more times, every %(minutes)s min",
                step.repeats,
                minutes=_minutes(step.every),
            )
        )
    words.append(_("waits %(minutes)s min", minutes=_minutes(step.wait)))
    if step.back_to is not None:
        words.append(
            ngettext(
                "then back to step %(step)s, up to %(num)s time",
                "then back to step %(step)s, up to %(num)s times",
                step.back_times,
                step=step.back_to + 1,
            )
        )
    return _("; ").join(words)


def answering(step: Step) -> str:
    """Whose answer it waits for."""
    return _("each for themselves") if step.each else _("anybody")


def length(minutes: int) -> str:
    """A length of whole minutes in the largest unit that says it exactly."""
    if minutes % (24 * 60) == 0:
        return ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60))
    if minutes % 60 == 0:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return _("%(minutes)s min", minutes=minutes)


def lines(document: Mapping[str, Any]) -> Sequence[str]:
    """A policy in sentences, one for each step and each lease."""
    policy = EscalationPolicy.from_document(document)
    found = [
        _(
            "%(level)s: an acknowledgement holds %(length)s without progress",
            level=_(level.label),
            length=lease(policy, level),
        )
        for level in Severity
    ]
    for chain in policy.chains:
        found += [
            _(
                "%(chain)s, step %(step)s: %(whom)s (%(answer)s); %(pace)s",
                chain=serves(chain),
                step=number,
                whom=everybody(step.whom),
                answer=answering(step),
                pace=pace(step),
            )
            for number, step in enumerate(chain.steps, start=1)
        ]
    return found


def lease(policy: EscalationPolicy, level: Severity) -> str:
    """How long an acknowledgement holds at this level."""
    return length(_minutes(policy.leases[level]))


def _minutes(time: Any) -> int:
    return int(time.total_seconds()) // 60
