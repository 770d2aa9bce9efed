"""The demo's people: the eight logins and their colleagues, each with a post and a part at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models import Person
from rules.vocabulary import Position, Role
from services import people
from services.actors import SYSTEM


@dataclass(frozen=True)
class Part:
    """Who somebody is. Whoever has no role is named in cases but has nothing to do at the desk."""

    login: str
    name: str
    position: Position
    roles: tuple[Role, ...] = ()


PARTS = (
    Part("admin", "冯伟", Position.IT_STAFF, (Role.ADMINISTRATOR,)),
    Part("intake", "周小雨", Position.CS_AGENT, (Role.INTAKE,)),
    Part("duty", "周强", Position.ENGINEERING_DIRECTOR, (Role.DUTY,)),
    Part("handler", "赵磊", Position.PROJECT_MANAGER, (Role.HANDLER,)),
    Part("roster", "林晓", Position.CS_SUPERVISOR, (Role.DUTY_MANAGER,)),
    Part("approver", "钱进", Position.FINANCE, (Role.APPROVER,)),
    Part("analyst", "吴敏", Position.QUALITY_INSPECTOR, (Role.ANALYST,)),
    Part("auditor", "郑直", Position.FINANCE, (Role.AUDITOR,)),
    # Intake, beside 小周:
    Part("linjia", "林佳", Position.CS_AGENT, (Role.INTAKE,)),
    Part("limin", "李敏", Position.CS_AGENT, (Role.INTAKE,)),
    # The duty group, beside 林晓 and 周强:
    Part("chenlu", "陈露", Position.CS_SUPERVISOR, (Role.DUTY,)),
    Part("fangning", "方宁", Position.CS_SUPERVISOR, (Role.DUTY,)),
    Part("suntao", "孙涛", Position.ENGINEERING_MANAGER, (Role.DUTY, Role.HANDLER)),
    Part("zhenghai", "郑海", Position.ENGINEERING_MANAGER, (Role.DUTY, Role.HANDLER)),
    Part("hejing", "何静", Position.DESIGN_SUPERVISOR, (Role.DUTY,)),
    Part("xuke", "许可", Position.DESIGN_DIRECTOR, (Role.DUTY, Role.HANDLER)),
    Part("gaoyan", "高岩", Position.LEGAL_COUNSEL, (Role.DUTY,)),
    Part("shenyue", "沈玥", Position.LEGAL_COUNSEL, (Role.DUTY,)),
    # Who runs the projects:
    Part("majun", "马骏", Position.PROJECT_MANAGER, (Role.HANDLER,)),
    Part("suqing", "苏晴", Position.LEAD_DESIGNER, (Role.HANDLER,)),
    Part("jiangnan", "江楠", Position.LEAD_DESIGNER, (Role.HANDLER,)),
    Part("xunuo", "许诺", Position.ADVISER, (Role.HANDLER,)),
    Part("tangyue", "唐悦", Position.ADVISER, (Role.HANDLER,)),
    Part("taoyong", "陶勇", Position.TECHNICIAN),
    Part("dingwei", "丁伟", Position.TECHNICIAN),
    Part("jiangkai", "姜凯", Position.TECHNICIAN),
    # Who decides on compensation, beside 钱进:
    Part("guchanghe", "顾长河", Position.GENERAL_MANAGER, (Role.APPROVER,)),
    Part("yelan", "叶兰", Position.FINANCE, (Role.APPROVER,)),
)

HAS_A_NEW_PHONE = "shenyue"


class Cast:
    """The demo's people, by login: ``cast["duty"]``."""

    def __init__(self, people_by_login: dict[str, Person]) -> None:
        self._people = people_by_login

    def __getitem__(self, login: str) -> Person:
        return self._people[login]


def hire(*, password: str, now: datetime) -> Cast:
    """Make everybody's account. They share one password and one hash; nobody has to choose another.

    All of them proved their number but one, who has a new phone.
    """
    shared = people.hashed(password)
    cast = Cast(
        {
            part.login: people.create(
                login=part.login,
                name=part.name,
                password=shared,
                roles=part.roles,
                position=part.position,
                phone=f"138001380{place:02}",
                must_change_password=False,
                actor=SYSTEM,
                now=now,
            )
            for place, part in enumerate(PARTS, start=1)
        }
    )
    for part in PARTS:
        cast[part.login].phone_verified_at = now if part.login != HAS_A_NEW_PHONE else None
    return cast
