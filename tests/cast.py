"""The cast: the same few people in every story, each with a fixed part."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from extensions import db
from models import DutyRole, Person, Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import Position, Role
from tests.factories import PersonFactory, ShiftFactory


@dataclass(frozen=True)
class Cast:
    """Who is who; the login is the attribute's name."""

    lin: Person
    """林晓, customer-service supervisor, leads the duty group."""
    zhou: Person
    """周强, engineering director, on duty for engineering."""
    he: Person
    """何静, design supervisor, on duty for design."""
    gao: Person
    """高岩, legal counsel, on duty for legal."""
    xiaozhou: Person
    """小周, takes the calls."""
    zhao: Person
    """赵磊, project manager, handles complaints."""
    roster: Person
    """Plans the shifts; the end of the ladder."""
    approver: Person
    analyst: Person
    auditor: Person
    admin: Person


_PARTS = {
    "lin": ("林晓", Position.CS_SUPERVISOR, Role.DUTY),
    "zhou": ("周强", Position.ENGINEERING_DIRECTOR, Role.DUTY),
    "he": ("何静", Position.DESIGN_SUPERVISOR, Role.DUTY),
    "gao": ("高岩", Position.LEGAL_COUNSEL, Role.DUTY),
    "xiaozhou": ("周小雨", Position.CS_AGENT, Role.INTAKE),
    "zhao": ("赵磊", Position.PROJECT_MANAGER, Role.HANDLER),
    "roster": ("孙梅", Position.CS_SUPERVISOR, Role.DUTY_MANAGER),
    "approver": ("钱进", Position.FINANCE, Role.APPROVER),
    "analyst": ("吴敏", Position.CS_AGENT, Role.ANALYST),
    "auditor": ("郑直", Position.GENERAL_MANAGER, Role.AUDITOR),
    "admin": ("冯工", Position.IT_STAFF, Role.ADMINISTRATOR),
}

_ON_DUTY = {
    "lin": DutyRoleCode.CS_SUPERVISOR,
    "zhou": DutyRoleCode.ENGINEERING,
    "he": DutyRoleCode.DESIGN,
    "gao": DutyRoleCode.LEGAL,
}


def call_in() -> Cast:
    """Hire everybody at once; phones are +86 138 0013 8000 and up, in the order of the cast."""
    people = {
        login: PersonFactory.build(
            login=login, name=name, position=position, roles=[role], phone=f"+861380013{8000 + place}"
        )
        for place, (login, (name, position, role)) in enumerate(_PARTS.items())
    }
    db.session.add_all(people.values())
    db.session.flush()
    return Cast(**people)


def put_on_duty(cast: Cast, **hours: datetime) -> dict[DutyRoleCode, Shift]:
    """One shift for each role of the duty group, from two hours ago for twelve hours unless ``hours`` say otherwise."""
    roles = {role.code: role for role in db.session.scalars(select(DutyRole))}
    shifts = {
        code: ShiftFactory.build(role=roles[code], person=getattr(cast, login), **hours)
        for login, code in _ON_DUTY.items()
    }
    db.session.add_all(shifts.values())
    db.session.flush()
    return shifts
