"""Write ``docs/rulebook.md`` from the tables in ``rules/``: ``python -m docs.rulebook``. A test compares the two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from rules import authority, follow_ups, sla, warranty, work_orders
from rules.compensation import COMPENSATION_TRANSITIONS
from rules.escalation import DEFAULT_DOCUMENT, REQUIRED_DUTY_ROLE, Chain, EscalationPolicy, Step
from rules.lifecycle import SECTION_STATUSES, TRANSITIONS
from rules.permissions import ROLE_PERMISSIONS, Permission
from rules.settings import SETTINGS
from rules.severity import FAULT_SIDE, LEAD_POSITIONS, SHIPPED, Condition, Match
from rules.sla import ClockPolicy, Unit
from rules.vocabulary import Action, Category, ClockKind, CompensationKind, DefectCause, Role, Status, Term

PAGE = Path(__file__).with_name("rulebook.md")
HOUR = timedelta(hours=1)


def text() -> str:
    """The whole page."""
    return "\n".join(
        [
            "# The rulebook",
            "",
            "Written from the tables in `rules/` by `python -m docs.rulebook`; change the table, not this page.",
            *_section("Lifecycle of a complaint", _lifecycle()),
            *_section("What may be done in which state", _actions()),
            *_section("Levels", _levels()),
            *_section("Whose phone rings, who answers for it", _responsibility()),
            *_section("Chains of escalation (as shipped)", _chains()),
            *_section("Clocks", _clocks()),
            *_section("What stops a clock", _stops()),
            *_section("What may be written on which tab in which state", _sections()),
            *_section("Warranty", _warranty()),
            *_section("Life of a work order", _steps(work_orders.TRANSITIONS)),
            *_section("Life of a compensation", _steps(COMPENSATION_TRANSITIONS)),
            *_section("Who decides on compensation (as shipped)", _authority()),
            *_section("When customers are asked (as shipped)", _follow_ups()),
            *_section("Settings", _settings()),
            *_section("Roles and permissions", _permissions()),
            "",
        ]
    )


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"## {title}", "", *lines]


def _lifecycle() -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {Status.NEW}"
    for (status, action), following in TRANSITIONS.items():
        if status is not following:
            yield f"    {status} --> {following}: {action}"
    yield "```"


def _actions() -> Iterator[str]:
    yield _row("action", *(status.label for status in Status))
    yield _line(len(Status) + 1)
    for action in Action:
        yield _row(action.label, *(_becomes(status, action) for status in Status))


def _becomes(status: Status, action: Action) -> str:
    following = TRANSITIONS.get((status, action))
    if following is None:
        return ""
    return "•" if following is status else f"→ {following.label}"


def _levels() -> Iterator[str]:
    yield _row("level", "when", "facts", "id")
    yield _line(4)
    for rule in SHIPPED.rules:
        glue = " or " if rule.match is Match.ANY else " and "
        yield _row(rule.severity.label, rule.sentence, glue.join(map(_asked, rule.conditions)), rule.id)
    yield _row("Level 3 general", "Nothing of the above.", "", "D-13")


def _asked(condition: Condition) -> str:
    value = condition.value
    words = ("yes" if value else "no") if isinstance(value, bool) else getattr(value, "label", value)
    return f"{condition.fact.label} {condition.operator.label} {words}"


def _responsibility() -> Iterator[str]:
    yield _row("category", "duty role called first", "fault side proposed", "lead, then cooperators proposed")
    yield _line(4)
    for category in Category:
        side = FAULT_SIDE[category]
        posts = ", ".join(position.label for position in LEAD_POSITIONS[side])
        yield _row(category.label, REQUIRED_DUTY_ROLE[category].label, side.label, posts)


def _clocks() -> Iterator[str]:
    """The shipped targets; the first row that fits a complaint holds."""
    yield _row("clock", "for", "length", "warned at", "told", "at the breach", "again after", "pausable")
    yield _line(8)
    for target in ClockPolicy.from_document(sla.DEFAULT_DOCUMENT).targets:
        scope = [level.label for level in target.levels] + [category.label for category in target.categories]
        amount = "" if target.unit is Unit.PROMISED else f"{target.amount} "
        yield _row(
            target.clock.label,
            ", ".join(scope) or "every complaint",
            f"{amount}{target.unit.label}",
            ", ".join(f"{percent} %" for percent in target.warn_at),
            target.warn.label if target.warn_at else "",
            target.breach.label,
            ", ".join(f"{minutes} min: {target.remind.label}" for minutes in target.remind_after),
            "•" if target.is_pausable else "",
        )


def _stops() -> Iterator[str]:
    yield _row("a conversation with this purpose", "stops, beside the contact clock")
    yield _line(2)
    for purpose, clocks in sla.STOPPED_BY.items():
        yield _row(purpose.label, ", ".join(clock.label for clock in clocks))
    yield _row("a visit, whatever was said", ClockKind.ON_SITE.label)
    gives_way = ", ".join(clock.label for clock in sla.SOONER_WHEN_GRAVER)
    yield _row("a graver level whose target, begun now, is due sooner: another clock begins", gives_way)


def _chains() -> Iterator[str]:
    policy = EscalationPolicy.from_document(DEFAULT_DOCUMENT)
    for chain in policy.chains:
        yield f"**{_serves(chain)}**"
        yield ""
        yield _row("step", "calls", "who must acknowledge", "then")
        yield _line(4)
        for number, step in enumerate(chain.steps, start=1):
            calls = ", ".join(whom.target.label for whom in step.whom)
            yield _row(str(number), calls, "each" if step.each else "anybody", _pace(step))
        yield ""
    holds = (f"{level.label}: {lease / HOUR:g} h" for level, lease in policy.leases.items())
    yield f"An acknowledgement holds without progress — {'; '.join(holds)}."


def _serves(chain: Chain) -> str:
    return ", ".join(level.label for level in sorted(chain.levels)) or "All other complaints"


def _pace(step: Step) -> str:
    minutes = int(step.every.total_seconds()) // 60
    return f"again every {minutes} min until somebody answers" if step.is_endless else f"waits {minutes} min"


def _sections() -> Iterator[str]:
    yield _row("tab", *(status.label for status in Status))
    yield _line(len(Status) + 1)
    for section, statuses in SECTION_STATUSES.items():
        yield _row(section.label, *("•" if status in statuses else "" for status in Status))


def _warranty() -> Iterator[str]:
    """The law's floors; a contract or a published table may only be longer."""
    yield _row("part of the work", "at least")
    yield _line(2)
    for part, length in warranty.SHIPPED.floors.items():
        lasts = f"{length.seasons} heating and cooling seasons" if length.seasons else f"{length.months} months"
        yield _row(part.label, lasts)
    yield ""
    yield (
        f"For the first {warranty.BURDEN_OF_PROOF_MONTHS} months it is the company that has to prove that a defect is "
        "not its own. Free are, within the warranty: "
        f"{', '.join(cause.label for cause in DefectCause if cause in warranty.OURS)}."
    )


def _steps(transitions: Mapping[tuple[Any, Any], Term]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for (state, step), following in transitions.items():
        if state is not following:
            yield f"    {state} --> {following}: {step}"
    yield "```"


def _authority() -> Iterator[str]:
    policy = authority.SHIPPED
    yield _row("rung", "who", "up to (yuan)", "kinds")
    yield _line(4)
    for rung in policy.rungs:
        who = ", ".join(word.label for word in (*rung.holders.roles, *rung.holders.positions))
        kinds = ", ".join(kind.label for kind in CompensationKind if kind in rung.kinds)
        yield _row(rung.id, who, f"{rung.up_to:,}", kinds or "all")
    signers = "; ".join(", ".join(word.label for word in (*group.roles, *group.positions)) for group in policy.signers)
    yield ""
    yield (
        f"Above {policy.ordinary_limit:,} yuan, or with more than {policy.cap_percent} % of a project's contract "
        f"granted in all, a special approval is signed by one of each: {signers}. Nobody decides on their own; a "
        "refusal wins."
    )


def _follow_ups() -> Iterator[str]:
    policy = follow_ups.SHIPPED
    yield _row("level", "days after it was resolved")
    yield _line(2)
    for level, days in policy.days.items():
        yield _row(level.label, ", ".join(str(day) for day in days))
    yield ""
    yield (
        f"Finished projects are visited {', '.join(str(months) for months in policy.visits)} months after acceptance. "
        f"After {policy.tries} tries in vain a complaint may be closed without the customer's word. "
        f"One score of {follow_ups.DISSATISFIED_UP_TO} or less opens it again."
    )


def _settings() -> Iterator[str]:
    yield _row("setting", "default", "bounds")
    yield _line(3)
    for key, rule in SETTINGS.items():
        yield _row(key.label, str(rule.default), f"{rule.lowest}–{rule.highest}")


def _permissions() -> Iterator[str]:
    yield _row("permission", *(role.label for role in Role))
    yield _line(len(Role) + 1)
    for permission in Permission:
        yield _row(permission.label, *("•" if permission in ROLE_PERMISSIONS[role] else "" for role in Role))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _line(cells: int) -> str:
    return "|" + "---|" * cells


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
