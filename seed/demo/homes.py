"""The demo's customers, where they live, and what was contracted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from extensions import COMPANY_ZONE, db
from models import Customer, Project
from rules import phones
from seed.demo.cast import Cast
from services import customers, places, records

DISTRICTS = {
    "翠湖花园": "浦东新区",
    "金地名郡": "闵行区",
    "阳光里": "徐汇区",
    "滨江壹号": "杨浦区",
    "梧桐苑": "静安区",
    "龙湖天街公寓": "松江区",
}
CITY = "上海"


@dataclass(frozen=True)
class Household:
    """A customer as the desk knows them: name, home, adviser."""

    name: str
    community: str
    room: str
    adviser: str = "xunuo"


HOUSEHOLDS = (
    Household("吴秀英", "翠湖花园", "8栋2单元1302"),
    Household("王建国", "金地名郡", "3栋1单元601", "tangyue"),
    Household("沈佳怡", "梧桐苑", "12栋1单元1803"),
    Household("宋文博", "阳光里", "11栋2402", "tangyue"),
    Household("郑丽华", "滨江壹号", "2栋905"),
    Household("黄晓东", "梧桐苑", "5栋301", "tangyue"),
    Household("刘思源", "龙湖天街公寓", "6栋1单元1105"),
    Household("何美玲", "金地名郡", "9栋2单元402"),
    Household("徐志远", "翠湖花园", "15栋1单元2201", "tangyue"),
    Household("杨柳", "阳光里", "4栋1单元704"),
    Household("许国强", "龙湖天街公寓", "9栋2单元1503"),
    Household("蒋雯", "滨江壹号", "7栋1单元1206", "tangyue"),
    Household("韩磊", "阳光里", "2栋3单元503"),
    Household("冯雅婷", "翠湖花园", "3栋1单元901"),
    Household("曹阳", "金地名郡", "16栋1单元1004", "tangyue"),
    Household("彭晓雪", "梧桐苑", "8栋2单元602"),
    Household("田野", "滨江壹号", "1栋2单元1801"),
    Household("范琳", "龙湖天街公寓", "3栋1单元806", "tangyue"),
    Household("邓超群", "阳光里", "7栋2单元1102"),
    Household("叶青", "翠湖花园", "11栋2单元1604"),
    Household("潘立新", "金地名郡", "5栋1单元203", "tangyue"),
    Household("罗静", "龙湖天街公寓", "9栋2单元1603"),
)


@dataclass(frozen=True)
class Contract:
    """A contract: yuan, yuan a day, and days from today for start, planned finish and acceptance."""

    number: str
    customer: str
    amount: str
    rate: str
    starts: int
    finishes: int
    accepted: int | None = None
    manager: str = "handler"
    engineer: str = "suntao"
    designer: str = "suqing"


CONTRACTS = (
    Contract("ZX2025-0533", "徐志远", "238000", "120", -260, -130, -124),
    Contract("ZX2025-0588", "彭晓雪", "156800", "100", -240, -140, -133, "majun", "zhenghai", "jiangnan"),
    Contract("ZX2025-0612", "何美玲", "189500", "100", -225, -120, -116),
    Contract("ZX2026-0018", "宋文博", "268000", "100", -132, -15),
    Contract("ZX2026-0031", "冯雅婷", "142000", "80", -170, -75, -70, "majun", "zhenghai", "jiangnan"),
    Contract("ZX2026-0045", "韩磊", "98600", "60", -150, -80, -79, "majun"),
    Contract("ZX2026-0062", "曹阳", "312000", "150", -140, -20, -12, "handler", "zhenghai"),
    Contract("ZX2026-0079", "许国强", "205000", "120", -145, -45, -41, "majun", "suntao", "jiangnan"),
    Contract("ZX2026-0107", "郑丽华", "226000", "100", -92, 25),
    Contract("ZX2026-0113", "吴秀英", "118000", "80", -60, 30, None, "majun", "zhenghai"),
    Contract("ZX2026-0140", "王建国", "176000", "100", -75, 20, None, "handler", "suntao", "jiangnan"),
    Contract("ZX2026-0166", "黄晓东", "198000", "100", -70, 12, None, "majun", "zhenghai", "suqing"),
    Contract("ZX2026-0198", "沈佳怡", "164000", "100", -48, 50),
    Contract("ZX2026-0222", "蒋雯", "287000", "130", -40, 65, None, "majun", "zhenghai", "jiangnan"),
    Contract("ZX2026-0251", "刘思源", "153000", "100", -118, -20, -9, "handler", "suntao", "jiangnan"),
    Contract("ZX2026-0263", "范琳", "132000", "80", -30, 70, None, "majun", "suntao", "suqing"),
)


@dataclass(frozen=True)
class Known:
    """A customer of the demo with what an intake form asks for."""

    household: Household
    customer: Customer
    phone: phones.Phone
    contract_no: str


def move_in(cast: Cast, *, now: datetime) -> dict[str, Known]:
    """Write down homes, customers and contracts; returns the customers by name."""
    contracts = {contract.customer: contract for contract in CONTRACTS}
    known = {}
    for place, household in enumerate(HOUSEHOLDS, start=1):
        contract = contracts.get(household.name)
        phone = phones.parse(f"139001390{place:02}")
        customer = _customer(household, phone, cast, now=now)
        if contract is not None:
            _sign(contract, customer, cast, today=now.astimezone(COMPANY_ZONE).date())
        known[household.name] = Known(household, customer, phone, contract.number if contract else "")
    db.session.flush()
    return known


def _customer(household: Household, phone: phones.Phone, cast: Cast, *, now: datetime) -> Customer:
    community, room = places.find_or_create_room(community=household.community, room=household.room)
    assert community is not None
    community.city, community.district = CITY, DISTRICTS[household.community]
    customer = customers.find_or_create(
        name=household.name, phone=phone, room=room, actor=cast["intake"], now=now - timedelta(days=300)
    )
    customer.adviser = cast[household.adviser]
    return customer


def _sign(contract: Contract, customer: Customer, cast: Cast, *, today: date) -> None:
    signed_on = today + timedelta(days=contract.starts - 18)
    signed_at = datetime(signed_on.year, signed_on.month, signed_on.day, 15, 30, tzinfo=COMPANY_ZONE)
    project = Project(
        contract_no=contract.number,
        customer=customer,
        room=customer.room,
        amount=Decimal(contract.amount),
        daily_delay_rate=Decimal(contract.rate),
        signed_on=signed_on,
        starts_on=today + timedelta(days=contract.starts),
        planned_finish_on=today + timedelta(days=contract.finishes),
        accepted_on=None if contract.accepted is None else today + timedelta(days=contract.accepted),
        project_manager=cast[contract.manager],
        engineering_manager=cast[contract.engineer],
        lead_designer=cast[contract.designer],
        adviser=customer.adviser,
        created_at=signed_at,
    )
    db.session.add(project)
    records.note_edit(project, actor=cast["intake"], now=signed_at)
