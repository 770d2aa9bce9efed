"""What may be done to a complaint in which state, as one table.

The same table feeds the guard in the services, the buttons on the page, the test over every pair and the diagram
in ``docs/rulebook.md``. Acknowledging is not a status: somebody has the complaint, nothing is solved yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.refusals import Conflict
from rules.vocabulary import N_, Action, Section, Status

OPEN = frozenset({Status.NEW, Status.CONTACTED, Status.HANDLING})
"""Statuses in which somebody still has to act."""

FINISHED = frozenset({Status.CLOSED, Status.VOID})
"""Statuses in which no clock runs and no phone rings."""

_STAYS = (
    Action.ACKNOWLEDGE,
    Action.MEET,
    Action.GROUP,
    Action.ASSIGN,
    Action.STAND_DOWN,
    Action.ESCALATE,
    Action.PROMISE,
    Action.COMPENSATE,
    Action.UPDATE_FACTS,
)

TRANSITIONS: Mapping[tuple[Status, Action], Status] = MappingProxyType(
    {
        **{(status, action): status for status in sorted(OPEN) for action in _STAYS},
        **{
            (status, action): status
            for status in Status
            if status is not Status.VOID
            for action in (Action.NOTE, Action.ATTACH)
        },
        **{
            (status, action): status
            for status in (*sorted(OPEN), Status.RESOLVED)
            for action in (Action.PAUSE, Action.RESUME, Action.WITHDRAW_PROMISE)
        },
        **{(status, Action.APPOINT): status for status in (*sorted(OPEN), Status.RESOLVED)},
        **{(status, Action.REPORT): status for status in sorted(OPEN)},
        (Status.NEW, Action.CONTACT): Status.CONTACTED,
        (Status.CONTACTED, Action.CONTACT): Status.CONTACTED,
        (Status.HANDLING, Action.CONTACT): Status.HANDLING,
        (Status.RESOLVED, Action.CONTACT): Status.RESOLVED,
        (Status.NEW, Action.GRADE): Status.NEW,
        (Status.CONTACTED, Action.GRADE): Status.HANDLING,
        (Status.HANDLING, Action.GRADE): Status.HANDLING,
        (Status.CONTACTED, Action.RESOLVE): Status.RESOLVED,
        (Status.HANDLING, Action.RESOLVE): Status.RESOLVED,
        (Status.RESOLVED, Action.GROUP): Status.RESOLVED,
        (Status.RESOLVED, Action.COMPENSATE): Status.RESOLVED,
        (Status.RESOLVED, Action.CLOSE): Status.CLOSED,
        (Status.RESOLVED, Action.REOPEN): Status.HANDLING,
        (Status.CLOSED, Action.REOPEN): Status.HANDLING,
        (Status.NEW, Action.VOID): Status.VOID,
        (Status.CONTACTED, Action.VOID): Status.VOID,
        (Status.HANDLING, Action.VOID): Status.VOID,
    }
)


NOT_VOID = frozenset(Status) - {Status.VOID}

SECTION_STATUSES: Mapping[Section, frozenset[Status]] = MappingProxyType(
    {
        Section.INSPECTION: OPEN,
        Section.WORK: OPEN | {Status.RESOLVED},
        Section.DISPUTE: OPEN | {Status.RESOLVED},
        Section.OUTWARD: NOT_VOID,
        Section.FOLLOW_UP: frozenset({Status.RESOLVED, Status.CLOSED}),
        Section.REVIEW: NOT_VOID,
    }
)
"""In which statuses something of a section may still be written: customers are asked after the closing too."""


def check_section(section: Section, status: Status) -> None:
    """Let nothing be written in a section that is not open, or no longer.

    Raises:
        Conflict: the complaint's status does not allow it.
    """
    if status not in SECTION_STATUSES[section]:
        raise Conflict(
            N_("Nothing can be written under “%(section)s” while the complaint is “%(status)s”."),
            section=section,
            status=status,
        )


def next_status(status: Status, action: Action) -> Status:
    """The status that ``action`` leads to.

    Raises:
        Conflict: the action is not possible in this status.
    """
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        raise Conflict(
            N_("“%(action)s” is not possible while the complaint is “%(status)s”."),
            action=action,
            status=status,
        ) from None


def actions(status: Status) -> tuple[Action, ...]:
    """The actions that are possible in this status, in the order of the vocabulary."""
    return tuple(action for action in Action if (status, action) in TRANSITIONS)
