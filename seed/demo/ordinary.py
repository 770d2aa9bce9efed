"""Ordinary cases of the past month: one table, one way of telling. Some were called back too late, and it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from rules.escalation import REQUIRED_DUTY_ROLE
from rules.vocabulary import Category, Channel, ContactPurpose, FaultSide, Severity, Stage
from seed.demo.aftercare import ask
from seed.demo.telling import acknowledge, call, grade, hand_over, record, visit
from seed.demo.week import Story, Week
from services import closing, complaints

CONSTRUCTION, DESIGN, SERVICE = FaultSide.CONSTRUCTION, FaultSide.DESIGN, FaultSide.SERVICE
GENERAL, URGENT = Severity.GENERAL, Severity.URGENT


@dataclass(frozen=True)
class Case:
    """One case from the first word to the customer's yes; ``called_after`` minutes, ``solved_after`` days.

    ``scores`` is what the customer gives the day after: attitude, quality, efficiency.
    """

    days_ago: int
    hour: int
    minute: int
    customer: str
    category: Category
    problem: str
    impact: str
    demand: str
    called_after: int
    severity: Severity
    reason: str
    side: FaultSide
    lead: str
    resolution: str
    solved_after: int
    scores: tuple[int, int, int]
    agreement: str = "客户看过，表示满意。"
    channel: Channel = Channel.HOTLINE
    stage: Stage = Stage.CONSTRUCTION
    by: str = "intake"


# fmt: off
CASES = (
    Case(29, 10, 12, "韩磊", Category.QUALITY, "餐厅踢脚线两处翘起，接头能塞进一枚硬币", "不影响住，扫地时会挂到",
         "这周找时间钉好", 9, GENERAL, "局部小毛病，不影响入住", CONSTRUCTION, "majun",
         "木工上门重新打胶固定，接头补缝。", 2, (5, 4, 4), stage=Stage.AFTER_SALES),
    Case(27, 19, 40, "彭晓雪", Category.SERVICE, "打了三次电话问保修，每次都让等回电，一次也没等到", "灯一直没修",
         "给个准时间，以后找谁说清楚", 22, GENERAL, "服务衔接疏漏，未造成损失", SERVICE, "xunuo",
         "专属顾问当面道歉，留下直拨号码，灯具当天换好。", 1, (4, 5, 3),
         channel=Channel.WECHAT, by="linjia", stage=Stage.AFTER_SALES),
    Case(26, 8, 55, "曹阳", Category.QUALITY, "北阳台门关不严，刮风时呜呜响", "夜里吵得睡不着", "调好门，换密封条", 14,
         GENERAL, "五金需调整，局部问题", CONSTRUCTION, "zhenghai", "调整合页并更换密封条，现场试风无异响。", 3,
         (5, 5, 4), stage=Stage.AFTER_SALES, by="limin"),
    Case(24, 21, 18, "冯雅婷", Category.QUALITY, "淋浴房挡水条外侧渗水，垫子一早是湿的", "怕老人滑倒",
         "两天内找到原因", 41, URGENT, "渗水，家中有老人", CONSTRUCTION, "zhenghai",
         "重做挡水条根部防水，闭水 24 小时无渗漏。", 4, (4, 4, 3), "客户说两天没再见水，同意结案。",
         stage=Stage.AFTER_SALES),
    Case(22, 14, 5, "范琳", Category.EXTRA_ITEMS, "群里发的水电清单比预算多了 11 个插座点位", "不敢往下签",
         "按图一个个数给我看", 12, GENERAL, "点位变更未当面说明", SERVICE, "tangyue",
         "设计师与客户逐间核点，确认 7 个为客户自加，4 个退回不做。", 2, (5, 5, 5),
         channel=Channel.ADVISER, stage=Stage.QUOTATION),
    Case(20, 16, 30, "叶青", Category.OTHER, "楼上在装修，建筑垃圾堆在我家门口过道", "婴儿车推不出去", "今天清走", 18,
         GENERAL, "文明施工问题，当天可解决", FaultSide.MIXED, "chenlu", "班组当晚清运完毕，过道铺设保护垫。", 1,
         (4, 4, 5), channel=Channel.OWNERS_GROUP, by="linjia"),
    Case(18, 11, 26, "蒋雯", Category.DESIGN, "插座图上床头左右各一个，交底时少画了一个", "床摆好后没法充电",
         "开槽前补上", 8, GENERAL, "图纸漏项，尚未开槽", DESIGN, "jiangnan", "补发变更图并在现场画线确认。", 1,
         (5, 5, 5), channel=Channel.WECHAT, stage=Stage.DESIGN),
    Case(15, 9, 3, "潘立新", Category.SERVICE, "门店约好十点量房，等到十一点半没人来也没电话", "请了半天假",
         "另约周末，别再让我白等", 27, GENERAL, "失约，客户可接受改期", SERVICE, "tangyue",
         "顾问登门致歉，周六上午完成量房。", 3, (4, 5, 3), channel=Channel.SHOP, by="limin", stage=Stage.DESIGN),
    Case(12, 17, 48, "邓超群", Category.QUALITY, "书房墙上乳胶漆滚出一道道印子，侧着光很明显", "不影响住，看着不舒服",
         "重刷这一面", 35, GENERAL, "观感瑕疵，局部返工", CONSTRUCTION, "majun", "整面墙打磨后重刷两遍，侧光复验。", 3,
         (4, 4, 3), by="linjia"),
    Case(10, 20, 10, "何美玲", Category.QUALITY, "厨房水槽下面的软管接口滴水，接了半盆", "橱柜底板泡软了",
         "今晚先止水，换底板", 7, URGENT, "漏水且泡坏橱柜底板", CONSTRUCTION, "suntao",
         "当晚更换软管，次日更换橱柜底板。", 1, (5, 5, 5), "客户回访时说反应快，满意。", stage=Stage.AFTER_SALES),
    Case(7, 13, 34, "田野", Category.DELAY, "说好上周五装的房门到今天没送来", "约了朋友来看", "给个到货日期", 16,
         GENERAL, "延误 4 天，未影响入住", CONSTRUCTION, "handler",
         "门厂补发，安装完毕，逐扇试锁。", 3, (4, 4, 3), stage=Stage.MATERIAL),
    Case(5, 10, 41, "韩磊", Category.QUALITY, "客卫镜柜门掉了一扇，合页螺丝滑丝", "镜子差点砸到孩子",
         "换结实的合页", 13, GENERAL, "五金损坏，已提醒暂停使用", CONSTRUCTION, "majun",
         "更换加厚合页并对其余三扇逐一检查。", 1, (5, 4, 5), stage=Stage.AFTER_SALES, by="limin"),
)
# fmt: on


def tell(case: Case, week: Week) -> Story:
    """The way an ordinary complaint goes: recorded, taken, called back, graded, solved, agreed."""
    first_word_at = week.on(case.days_ago, case.hour, case.minute)
    yield first_word_at + timedelta(minutes=3)
    complaint = record(
        week,
        case.customer,
        case.category,
        first_word_at=first_word_at,
        problem=case.problem,
        impact=case.impact,
        demand=case.demand,
        channel=case.channel,
        stage=case.stage,
        by=case.by,
        is_leak="水" in case.problem and case.severity is URGENT,
    )
    member = week.on_duty(REQUIRED_DUTY_ROLE[case.category])
    yield first_word_at + timedelta(minutes=max(case.called_after - 4, 4))
    acknowledge(week, complaint, member)
    yield first_word_at + timedelta(minutes=case.called_after)
    if complaint.acknowledged_at is None:  # The contact clock ran out in between and the case climbed.
        acknowledge(week, complaint, member)
    call(week, complaint, member, f"已回电致歉，客户要求：{case.demand}。约定安排并告知进展。")
    yield timedelta(minutes=6)
    grade(week, complaint, member, case.severity, case.reason, case.side, case.lead)
    yield timedelta(minutes=20)
    handler = yield from hand_over(week, complaint, member, case.lead, "由主责人跟进到底")
    yield week.on(case.days_ago, 16, case.minute) if case.hour < 12 else week.on(case.days_ago - 1, 9, case.minute)
    visit(week, complaint, handler, "现场看过，做法和时间当面说定。", purpose=ContactPurpose.FORMAL_REPLY)
    yield max(week.now, week.on(max(case.days_ago - case.solved_after, 0), 16, case.minute)) + timedelta(hours=1)
    call(week, complaint, handler, "做完了，请客户看过，没有别的问题。", purpose=ContactPurpose.PROGRESS)
    complaints.resolve(complaint, resolution=case.resolution, actor=handler, now=week.now)
    yield timedelta(hours=26)
    ask(week, complaint, week.cast[case.by], case.scores, case.agreement)
    closing.close(complaint, agreement=case.agreement, actor=handler, now=week.now)
    if case.severity is URGENT and case.days_ago > 14:  # Asked again a week after it was solved; one is late with it.
        yield timedelta(days=6)
        ask(week, complaint, week.cast[case.by], (5, 5, 5), "一周后再问：没有新的问题。")


def stories(week: Week) -> Iterator[Story]:
    """Every ordinary case as a story."""
    return (tell(case, week) for case in CASES)
