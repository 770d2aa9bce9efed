"""What the office does beside the complaints: causes looked into, maintenance, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from extensions import db
from models import Complaint, Customer
from rules.vocabulary import CostKind, DefectCause, WorkOrderKind, WorkPart
from seed.demo import aftercare, crews, pictures
from seed.demo.week import Story, Week
from services import corrective_actions, substitutions, work_orders
from services.work_orders import Plan


def a_cause_looked_into(week: Week) -> Story:
    """Water beside the shower: the acceptance had no water-holding test; one effect was looked at, one is to be."""
    yield week.on(18, 15, 0)
    owner = week.cast["zhenghai"]
    review = aftercare.find_cause(
        week,
        _last_of(week, "冯雅婷"),
        owner,
        week.cast["analyst"],
        ["挡水条根部渗水", "根部没有做附加防水层", "交底时没讲这道工序", "验收单上没有淋浴房闭水这一项"],
        proof="开孔照片、交底记录、验收单样本",
        code="process.acceptance",
        lessons="淋浴房挡水条根部也要闭水 24 小时，验收单加一行。",
    )
    sheet = "验收单加“淋浴房闭水 24 小时”一行，门店打印模板同步更换"
    class_of_tilers = "瓦工、水电两班补课：挡水条根部附加防水层"
    looked_at = aftercare.decide_on_action(week, review, owner, sheet, due_in=2, check_in=16)
    to_be_looked_at = aftercare.decide_on_action(week, review, owner, class_of_tilers, due_in=6, check_in=30)
    yield week.on(17, 11, 0)
    words = "新验收单已发各店，旧单作废收回"
    corrective_actions.do(looked_at, words=words, actor=owner, now=week.now)
    yield week.on(13, 18, 0)
    words = "两班共 14 人到场，当场做样板一块"
    corrective_actions.do(to_be_looked_at, words=words, actor=owner, now=week.now)
    yield week.on(1, 9, 0)
    corrective_actions.sweep(now=week.now)


def lamps_that_wore_out(week: Week) -> Story:
    """Maintenance without a complaint, at a price that the customer has to agree to (A-03, A-04)."""
    yield week.on(2, 14, 30)
    majun = week.cast["majun"]
    order = Plan(
        kind=WorkOrderKind.MAINTENANCE,
        part=WorkPart.ELECTRICS,
        words="客厅筒灯 6 只光衰，更换并检查驱动",
        starts_at=week.on(-2, 9, 30),
        done_at=week.on(-2, 11, 30),
        crew=week.crews[crews.PLUMBERS],
    )
    home = week.known["韩磊"].customer
    lamps = work_orders.plan(
        order=order, cause=DefectCause.WEAR, customer=home, project=home.projects[0], actor=majun, now=week.now
    )
    yield timedelta(minutes=20)
    words = "筒灯 6 只 × 45 元，人工 90 元"
    work_orders.quote(lamps, amount=Decimal("360.00"), words=words, actor=majun, now=week.now)


def doors_looked_after(week: Week) -> Story:
    """A regular check of a finished home, done, photographed and signed (A-02, A-03)."""
    yield week.on(6, 9, 0)
    zheng = week.cast["zhenghai"]
    order = Plan(
        kind=WorkOrderKind.MAINTENANCE,
        part=WorkPart.CARPENTRY,
        words="半年回访养护：全屋柜门合页调整、抽屉导轨上油",
        starts_at=week.now,
        done_at=week.now + timedelta(hours=3),
        crew=week.crews[crews.CARPENTERS],
    )
    home = week.known["彭晓雪"].customer
    check = work_orders.plan(
        order=order,
        cause=DefectCause.WEAR,
        is_free=True,
        why="保修期内每半年免费养护一次",
        customer=home,
        project=home.projects[0],
        actor=zheng,
        now=week.now,
    )
    work_orders.start(check, actor=zheng, now=week.now)
    yield timedelta(hours=2)
    aftercare.spend(week, check, zheng, "木工", "0.5", "工日", "400.00", kind=CostKind.LABOUR)
    aftercare.do_and_show(week, check, zheng, "调整 23 副合页，更换 2 副，导轨全部上油", pictures.cupboards())


def who_stands_in(week: Week) -> Story:
    """The general manager travels, and finance takes leave next week (CA3)."""
    yield week.on(1, 21, 0)
    manager, finance, deputy = (week.cast[login] for login in ("guchanghe", "approver", "yelan"))
    substitutions.name(
        manager,
        substitute=deputy,
        first_on=week.on(0, 9, 0).date(),
        last_on=week.on(-3, 9, 0).date(),
        remarks="深圳供应商大会",
        actor=manager,
        now=week.now,
    )
    substitutions.name(
        finance,
        substitute=deputy,
        first_on=week.on(-7, 9, 0).date(),
        last_on=week.on(-11, 9, 0).date(),
        remarks="年假",
        actor=finance,
        now=week.now,
    )


def _last_of(week: Week, customer: str) -> Complaint:
    """What this customer complained of last."""
    theirs = select(Complaint).join(Complaint.customer).where(Customer.id == week.known[customer].customer.id)
    return db.session.scalars(theirs.order_by(Complaint.id.desc()).limit(1)).one()


def stories(week: Week) -> Iterator[Story]:
    """Everything the office did."""
    yield from (story(week) for story in (a_cause_looked_into, lamps_that_wore_out, doors_looked_after, who_stands_in))
