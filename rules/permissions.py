"""Who may do what: one table of roles × permissions, checked in the services and shown in the buttons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from rules.vocabulary import N_, Action, Role, Term


class Permission(Term):
    """One thing a person may or may not do."""

    VIEW = "view", N_("See complaints, customers and projects")
    REVEAL = "reveal", N_("See full phone numbers (each look is recorded)")
    EXPORT = "export", N_("Export lists")
    RECORD = "record", N_("Record complaints")
    EDIT_FILES = "edit_files", N_("Edit customers, projects and places")
    IMPORT = "import", N_("Import spreadsheets")
    ACKNOWLEDGE = "acknowledge", N_("Acknowledge complaints")
    CONTACT = "contact", N_("Record contacts with the customer")
    GRADE = "grade", N_("Grade and name who is responsible")
    ASSIGN = "assign", N_("Hand complaints over")
    ESCALATE = "escalate", N_("Escalate")
    NOTE = "note", N_("Write notes, promises and evidence")
    RESOLVE = "resolve", N_("Resolve and close")
    REOPEN = "reopen", N_("Reopen")
    VOID = "void", N_("Make void")
    OFFER = "offer", N_("Offer compensation")
    APPROVE = "approve", N_("Decide on compensation")
    PAY = "pay", N_("Confirm payment of compensation")
    WORK = "work", N_("Inspect and do work orders")
    ASK = "ask", N_("Ask customers afterwards")
    SPEAK = "speak", N_("Answer authorities and the media")
    REVIEW = "review", N_("Search for causes")
    REPORT = "report", N_("See the analysis report")
    SCHEDULE = "schedule", N_("Schedule duty shifts")
    EDIT_SCRIPTS = "edit_scripts", N_("Edit scripts")
    EDIT_SETTINGS = "edit_settings", N_("Edit settings")
    EDIT_POLICIES = "edit_policies", N_("Edit policies")
    EDIT_PEOPLE = "edit_people", N_("Edit people and roles")
    VIEW_MESSAGES = "view_messages", N_("See the messages sent")
    SEND_MESSAGES = "send_messages", N_("Send messages again, and to customers")
    EDIT_TEMPLATES = "edit_templates", N_("Edit the texts of messages")
    MANAGE_CHANNELS = "manage_channels", N_("Test channels and let them go on")
    AUDIT = "audit", N_("See the record of changes")


P = Permission
_DESK = {P.VIEW, P.RECORD, P.NOTE, P.ESCALATE, P.VIEW_MESSAGES}
_HANDLING = _DESK | {P.REVEAL, P.ACKNOWLEDGE, P.CONTACT, P.GRADE, P.ASSIGN, P.RESOLVE, P.OFFER, P.SEND_MESSAGES}
_HANDLING |= {P.APPROVE, P.WORK, P.ASK, P.REVIEW}

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.INTAKE: frozenset(_DESK | {P.REVEAL, P.CONTACT, P.EDIT_FILES, P.IMPORT, P.ASK}),
        Role.DUTY: frozenset(_HANDLING),
        Role.HANDLER: frozenset(_HANDLING | {P.REOPEN}),
        Role.DUTY_MANAGER: frozenset(
            _HANDLING
            | {P.SCHEDULE, P.EDIT_SCRIPTS, P.EDIT_SETTINGS, P.EDIT_POLICIES, P.EDIT_TEMPLATES, P.REOPEN, P.VOID}
            | {P.SPEAK, P.REPORT}
        ),
        Role.APPROVER: frozenset(
            {P.VIEW, P.REVEAL, P.NOTE, P.OFFER, P.APPROVE, P.PAY, P.EXPORT, P.VIEW_MESSAGES, P.SPEAK, P.REPORT}
        ),
        Role.ANALYST: frozenset({P.VIEW, P.EXPORT, P.VIEW_MESSAGES, P.REVIEW, P.REPORT}),
        Role.ADMINISTRATOR: frozenset(Permission),
        Role.AUDITOR: frozenset({P.VIEW, P.VIEW_MESSAGES, P.AUDIT, P.REPORT}),
    }
)

ACTION_PERMISSION: Mapping[Action, Permission] = MappingProxyType(
    {
        Action.ACKNOWLEDGE: P.ACKNOWLEDGE,
        Action.CONTACT: P.CONTACT,
        Action.GRADE: P.GRADE,
        Action.MEET: P.GRADE,
        Action.GROUP: P.GRADE,
        Action.ASSIGN: P.ASSIGN,
        Action.STAND_DOWN: P.ASSIGN,
        Action.ESCALATE: P.ESCALATE,
        Action.NOTE: P.NOTE,
        Action.PROMISE: P.NOTE,
        Action.WITHDRAW_PROMISE: P.NOTE,
        Action.APPOINT: P.SEND_MESSAGES,
        Action.REPORT: P.SEND_MESSAGES,
        Action.ATTACH: P.NOTE,
        Action.COMPENSATE: P.OFFER,
        Action.UPDATE_FACTS: P.NOTE,
        Action.PAUSE: P.CONTACT,
        Action.RESUME: P.CONTACT,
        Action.RESOLVE: P.RESOLVE,
        Action.CLOSE: P.RESOLVE,
        Action.REOPEN: P.REOPEN,
        Action.VOID: P.VOID,
    }
)


def allowed(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that a person with these roles may do."""
    return frozenset[Permission]().union(*(ROLE_PERMISSIONS[role] for role in roles))
