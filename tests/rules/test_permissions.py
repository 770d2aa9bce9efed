"""Roles and permissions, cell by cell, written down a second time on purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.permissions import ROLE_PERMISSIONS, Permission, allowed
from rules.vocabulary import Role

COLUMNS = (
    Role.INTAKE,
    Role.DUTY,
    Role.HANDLER,
    Role.DUTY_MANAGER,
    Role.APPROVER,
    Role.ANALYST,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)
#                             int dut han man app ana adm aud
EXPECTED = {
    Permission.VIEW: "          +   +   +   +   +   +   +   +",
    Permission.REVEAL: "        +   +   +   +   +   -   +   -",
    Permission.EXPORT: "        -   -   -   -   +   +   +   -",
    Permission.RECORD: "        +   +   +   +   -   -   +   -",
    Permission.EDIT_FILES: "    +   -   -   -   -   -   +   -",
    Permission.IMPORT: "        +   -   -   -   -   -   +   -",
    Permission.ACKNOWLEDGE: "   -   +   +   +   -   -   +   -",
    Permission.CONTACT: "       +   +   +   +   -   -   +   -",
    Permission.GRADE: "         -   +   +   +   -   -   +   -",
    Permission.ASSIGN: "        -   +   +   +   -   -   +   -",
    Permission.ESCALATE: "      +   +   +   +   -   -   +   -",
    Permission.NOTE: "          +   +   +   +   +   -   +   -",
    Permission.RESOLVE: "       -   +   +   +   -   -   +   -",
    Permission.REOPEN: "        -   -   +   +   -   -   +   -",
    Permission.VOID: "          -   -   -   +   -   -   +   -",
    Permission.OFFER: "         -   +   +   +   +   -   +   -",
    Permission.APPROVE: "       -   +   +   +   +   -   +   -",
    Permission.PAY: "           -   -   -   -   +   -   +   -",
    Permission.WORK: "          -   +   +   +   -   -   +   -",
    Permission.ASK: "           +   +   +   +   -   -   +   -",
    Permission.SPEAK: "         -   -   -   +   +   -   +   -",
    Permission.REVIEW: "        -   +   +   +   -   +   +   -",
    Permission.REPORT: "        -   -   -   +   +   +   +   +",
    Permission.SCHEDULE: "      -   -   -   +   -   -   +   -",
    Permission.EDIT_SCRIPTS: "  -   -   -   +   -   -   +   -",
    Permission.EDIT_SETTINGS: " -   -   -   +   -   -   +   -",
    Permission.EDIT_POLICIES: " -   -   -   +   -   -   +   -",
    Permission.EDIT_PEOPLE: "   -   -   -   -   -   -   +   -",
    Permission.VIEW_MESSAGES: " +   +   +   +   +   +   +   +",
    Permission.SEND_MESSAGES: " -   +   +   +   -   -   +   -",
    Permission.EDIT_TEMPLATES: "-   -   -   +   -   -   +   -",
    Permission.MANAGE_CHANNELS: "-  -   -   -   -   -   +   -",
    Permission.AUDIT: "         -   -   -   -   -   -   +   +",
}

CELLS = [
    pytest.param(role, permission, mark == "+", id=f"{role}-{permission}")
    for permission, row in EXPECTED.items()
    for role, mark in zip(COLUMNS, row.split(), strict=True)
]


@pytest.mark.parametrize(("role", "permission", "may"), CELLS)
def test_every_cell_of_the_table(role: Role, permission: Permission, may: bool) -> None:
    assert (permission in ROLE_PERMISSIONS[role]) is may


def test_the_expectations_cover_every_role_and_permission() -> None:
    assert EXPECTED.keys() == set(Permission)
    assert set(COLUMNS) == set(Role) == ROLE_PERMISSIONS.keys()


def test_somebody_without_a_role_may_nothing() -> None:
    assert allowed([]) == frozenset()


@given(st.sets(st.sampled_from(Role)), st.sampled_from(Role))
def test_another_role_never_takes_a_permission_away(roles: set[Role], another: Role) -> None:
    assert allowed(roles) <= allowed(roles | {another}) == allowed(roles) | ROLE_PERMISSIONS[another]


def test_those_who_look_back_change_nothing_but_what_they_find() -> None:
    only_looking = {Permission.VIEW, Permission.VIEW_MESSAGES, Permission.AUDIT, Permission.REPORT}
    assert allowed([Role.AUDITOR]) == only_looking
    assert allowed([Role.ANALYST]) - only_looking == {Permission.EXPORT, Permission.REVIEW}
