"""The demo's stories, each a case as the plan imagines it, and the ordinary month around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from extensions import COMPANY_ZONE
from rules.escalation import DutyRoleCode
from rules.vocabulary import (
    AppointmentPurpose,
    Category,
    Channel,
    CompensationKind,
    ContactPurpose,
    CostKind,
    DefectCause,
    DelayCause,
    ExtraItemOutcome,
    FaultSide,
    OutwardBody,
    Severity,
    SignatureState,
    Stage,
    WorkPart,
)
from seed.demo import aftercare, crews, office, ordinary, pictures, roster
from seed.demo.telling import (
    acknowledge,
    answer,
    appoint,
    call,
    grade,
    hand_over,
    no_answer,
    offer,
    offer_for_delay,
    record,
    report,
    stand_down,
    text_back,
    triage_meeting,
    visit,
)
from seed.demo.week import Story, Week
from services import (
    closing,
    compensations,
    complaints,
    drills,
    escalations,
    evidence,
    outward,
    promises,
    reminders,
    visits,
    work_orders,
)
from services.extra_items import Finding

CS, ENGINEERING, DESIGN = DutyRoleCode.CS_SUPERVISOR, DutyRoleCode.ENGINEERING, DutyRoleCode.DESIGN


def minutes(count: float) -> timedelta:
    """A wait."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """A wait."""
    return timedelta(hours=count)


# --- right now: what the home page shows first ------------------------------------------------------------------------


def sparks_that_nobody_took(week: Week) -> Story:
    """Overdue and climbing: a socket throws sparks, three steps of the ladder were called, nobody has it yet."""
    first_word_at = week.before_end(minutes=34, seconds=12)
    yield first_word_at + minutes(5)
    complaint = record(
        week,
        "吴秀英",
        Category.SAFETY,
        first_word_at=first_word_at,
        problem="昨天改完厨房电路，今天一插电饭煲插座就冒火花，接着整个屋子跳闸，插座面板发黑",
        impact="全屋没电，家里两位老人，冰箱里有胰岛素",
        demand="今晚必须有电工来，确认能不能用电",
        is_safety_hazard=True,
    )
    yield minutes(2)
    evidence.attach(complaint, uploads=[pictures.scorched_socket()], actor=week.cast["intake"], now=week.now)


def a_leak_waits_for_its_level(week: Week) -> Story:
    """Contacted in time, the triage clock runs: water came through to the flat below."""
    first_word_at = week.before_end(minutes=27)
    yield week.before_end(minutes=21, seconds=24)
    complaint = record(
        week,
        "王建国",
        Category.QUALITY,
        first_word_at=first_word_at,
        problem="主卫贴完砖第三天，楼下邻居拍来照片，他家卫生间顶棚湿了一片，大约一张报纸大",
        impact="楼下卫生间已经不敢用，邻居要找物业",
        demand="明天之内查清是哪里漏，楼下的顶也要修好",
        channel=Channel.ADVISER,
        by="linjia",
        is_leak=True,
        promise=("一小时内由工程部回电说明上门时间", week.later_today(hours=1)),
    )
    evidence.attach(complaint, uploads=[pictures.leak()], actor=week.cast["linjia"], now=week.now)
    words = "请客户先关主卫进水，已联系楼下业主；带闭水工具明早到场。"
    yield from answer(week, complaint, ENGINEERING, words, after=(4, 5))


def a_post_nobody_has_seen(week: Week) -> Story:
    """A few minutes left: written in the owners' group, found late, its first call just sent."""
    first_word_at = week.before_end(minutes=22)
    yield week.before_end(minutes=3, seconds=30)
    record(
        week,
        "沈佳怡",
        Category.QUALITY,
        first_word_at=first_word_at,
        problem="次卧窗户左上角往下裂了一道斜缝，一支筷子那么长，用手机照能看到里面的网格布",
        impact="墙纸师傅后天来，只能先停",
        demand="墙纸进场前修平，说清会不会再裂",
        channel=Channel.OWNERS_GROUP,
        by="limin",
    )


# --- in progress ------------------------------------------------------------------------------------------------------


def twelve_days_late(week: Week) -> Story:
    """A delay of more than ten days: level 2, a message a day, the compensation waits for approval (D-12, D-17)."""
    first_word_at = week.on(3, 15, 20)
    yield first_word_at + minutes(4)
    complaint = record(
        week,
        "宋文博",
        Category.DELAY,
        first_word_at=first_word_at,
        problem="交房日过了 12 天，客厅还在刮第二遍腻子，工地连着三天没见到油工",
        impact="租的房子月底到期，搬家公司已经约好",
        demand="给一张看得见完工日的排期，误掉的天数照合同算",
        by="linjia",
        delay_days=12,
    )
    member = yield from answer(
        week, complaint, ENGINEERING, "承认误工，逐日对过：等材料 5 天、油工被调走 7 天。今晚给赶工表。", after=(6, 7)
    )
    yield minutes(8)
    grade(
        week,
        complaint,
        member,
        Severity.URGENT,
        "延误 12 天，影响入住",
        FaultSide.CONSTRUCTION,
        "handler",
        ["suntao", "jiangkai"],
    )
    yield minutes(10)
    zhao = yield from hand_over(week, complaint, member, "handler", "项目经理主责，每天向客户报进度")
    yield week.on(3, 20, 30)
    call(week, complaint, zhao, "赶工表已发客户：加两名油工，每天多做两小时，预计抢回 5 天。")
    material, labour = DelayCause.MATERIAL, DelayCause.LABOUR
    aftercare.lose_days(week, complaint, zhao, material, days_ago=22, days=5, words="腻子粉与底漆到货晚 5 天")
    aftercare.lose_days(week, complaint, zhao, labour, days_ago=10, days=7, words="油工被调去别的工地 7 天")
    aftercare.catch_up(week, complaint, zhao, "加两名油工，早晚各多做一小时", crews=2, hours=2, days=5, within=6)
    aftercare.tick(
        week, complaint, zhao, "租房月底到期，搬家公司已约", "等材料 5 天、油工被调走 7 天", "两班人，六天内抢回 5 天"
    )
    yesterdays = promises.make(
        complaint, text="每日进度：发油漆进度照片", due_at=week.on(1, 18, 0), actor=zhao, now=week.now
    )
    todays = promises.make(
        complaint, text="每日进度：发全屋视频", due_at=week.later_today(hours=3), actor=zhao, now=week.now
    )
    yield week.on(1, 17, 25)
    evidence.attach(complaint, uploads=[pictures.half_painted_wall()], actor=zhao, now=week.now)
    promises.keep(yesterdays, actor=zhao, now=week.now)
    report(week, complaint, zhao, "油漆", 80)
    call(week, complaint, zhao, "照片已发；客户问误工怎么算。")
    yield minutes(15)
    offer_for_delay(week, complaint, zhao, CompensationKind.OFF_FINAL_PAYMENT, 12, "合同每日误工金额，客户选择抵尾款")
    yield week.before_end(minutes=50)
    complaints.add_note(complaint, text=f"“{todays.text}”：油工下午三点收工后拍。", actor=zhao, now=week.now)


def hollow_tiles_on_a_saturday_night(week: Week) -> Story:
    """The plan's own example: a post on Saturday night, a call within fifteen minutes, rework the next day (D-04)."""
    first_word_at = _last_saturday(week)
    yield first_word_at + minutes(3)
    complaint = record(
        week,
        "郑丽华",
        Category.QUALITY,
        first_word_at=first_word_at,
        problem="客厅刚铺的地砖敲下去咚咚响，数了 7 块，靠阳台那一排最多",
        impact="顾问电话没人接，下周三家具送货",
        demand="马上有人负责，送货之前重铺好",
        channel=Channel.OWNERS_GROUP,
        by="limin",
        promise=("22:30 之前由值班工程负责人回电", first_word_at + minutes(30)),
    )
    evidence.attach(complaint, uploads=[pictures.hollow_tiles()], actor=week.cast["limin"], now=week.now)
    member = yield from answer(
        week, complaint, ENGINEERING, "已道歉并接手。约定明早八点半带空鼓锤和瓦工到场，逐块敲给客户听。", after=(5, 7)
    )
    promises.keep(complaint.promises[0], actor=member, now=week.now)
    inspection = promises.make(
        complaint, text="上门复检空鼓", due_at=first_word_at + hours(10.5), actor=member, now=week.now
    )
    agreed = appoint(
        week, complaint, member, AppointmentPurpose.INSPECTION, first_word_at + hours(10.5), remarks="带空鼓锤和瓦工"
    )
    yield minutes(9)
    grade(
        week,
        complaint,
        member,
        Severity.URGENT,
        "空鼓 7 块，挡住家具进场",
        FaultSide.CONSTRUCTION,
        "suntao",
        ["handler", "taoyong"],
    )
    yield agreed.starts_at
    visits.keep(agreed, summary="与客户逐块敲过：7 块确认空鼓，另有 1 块边角轻微。", actor=member, now=week.now)
    seen = aftercare.look(week, complaint, member, "客厅地砖逐块敲")
    aftercare.tap(week, seen, "客厅靠阳台三排", tapped=42, hollow=8)
    aftercare.tap(week, seen, "客厅其余", tapped=66, hollow=1)
    aftercare.tick(
        week, complaint, member, "7 块，靠阳台最多，客户自己数的", "次日早八点半，空鼓锤、瓦工", "当面念过，客户签了字"
    )
    aftercare.agree(
        week,
        seen,
        "靠阳台三排 8 块空鼓，砂浆没有满铺；其余合格。",
        ours="瓦工赶工，背浆不足",
        theirs="铺的当天就听到响，问过一次没人理",
    )
    promises.keep(inspection, actor=member, now=week.now)
    yield minutes(40)
    words = "8 块一并重铺，今天动工，周二之前完工，客户可以在场看。"
    call(week, complaint, member, words, purpose=ContactPurpose.FORMAL_REPLY)
    sun = yield from hand_over(week, complaint, member, "suntao", "返工由工程经理盯到完工")
    yield minutes(30)
    fee = offer(week, complaint, sun, CompensationKind.MANAGEMENT_FEE, "800.00", "返工占用三天，减免部分管理费")
    order = aftercare.work(
        week,
        complaint,
        sun,
        "靠阳台三排 8 块地砖起铺，满浆重铺",
        part=WorkPart.TILING,
        crew=crews.TILERS,
        done_at=week.now + timedelta(days=3),
    )
    work_orders.start(order, actor=sun, now=week.now)
    rework = promises.make(
        complaint, text="三天内重铺完工，请客户到场验收", due_at=first_word_at + hours(67), actor=sun, now=week.now
    )
    yield hours(3)
    compensations.approve(fee, note="金额与返工范围相称", actor=week.cast["approver"], now=week.now)
    yield hours(2)
    compensations.accept(fee, note="客户当面同意抵管理费", actor=sun, now=week.now)
    yield first_word_at + hours(65)
    visit(week, complaint, sun, "八块砖重铺完毕，逐块敲给客户听，无空响。")
    aftercare.spend(week, order, sun, "800×800 地砖", "8", "片", "86.00", batch="TG-2609")
    aftercare.spend(week, order, sun, "瓦工", "2", "工日", "420.00", kind=CostKind.LABOUR)
    aftercare.do_and_show(week, order, sun, "8 块起铺，基层清理后满浆重铺，敲击无空响", pictures.relaid_tiles())
    promises.keep(rework, actor=sun, now=week.now)
    complaints.resolve(complaint, resolution="重铺 8 块，免部分管理费 800 元。", actor=sun, now=week.now)


def cupboard_five_centimetres_short(week: Week) -> Story:
    """A wrong survey: design leads, the factory remakes within 48 hours, a care gift for the trouble (D-15)."""
    first_word_at = week.on(2, 11, 8)
    yield first_word_at + minutes(4)
    complaint = record(
        week,
        "黄晓东",
        Category.DESIGN,
        first_word_at=first_word_at,
        problem="厨房吊柜装上去离墙空出 5 厘米，图纸上是贴墙的",
        impact="油烟机没法装，厨房开不了火",
        demand="重做，不要拿封板糊弄",
        stage=Stage.MATERIAL,
    )
    evidence.attach(complaint, uploads=[pictures.short_cupboard()], actor=week.cast["intake"], now=week.now)
    member = yield from answer(week, complaint, DESIGN, "答应下午复尺；在此之前请客户不要让安装队动手。", after=(5, 6))
    yield minutes(9)
    grade(
        week,
        complaint,
        member,
        Severity.GENERAL,
        "尺寸有误但可重做，不影响其他工序",
        FaultSide.DESIGN,
        "suqing",
        ["xuke", "dingwei"],
    )
    yield week.on(2, 15, 30)
    su = yield from hand_over(week, complaint, member, "suqing", "主案设计师主责")
    visit(
        week,
        complaint,
        su,
        "复尺：图纸 2 350，现场 2 300，量房时漏了管道包封。责任在我们。",
        purpose=ContactPurpose.FORMAL_REPLY,
    )
    aftercare.work(
        week,
        complaint,
        su,
        "新吊柜送装：拆旧柜、装新柜，靠墙收口",
        part=WorkPart.CARPENTRY,
        crew=crews.CARPENTERS,
        technician=week.cast["dingwei"],
        starts_at=week.on(-1, 9, 0),
        done_at=week.on(-1, 17, 0),
    )
    remade = promises.make(
        complaint, text="工厂 48 小时内重做出新柜体", due_at=week.on(0, 16, 0), actor=su, now=week.now
    )
    yield minutes(20)
    gift = offer(week, complaint, su, CompensationKind.CARE_GIFT, "300.00", "台面养护一次，补偿两天不能开火")
    yield week.on(1, 10, 15)
    compensations.approve(gift, note="同意", actor=week.cast["approver"], now=week.now)
    appoint(week, complaint, week.cast["dingwei"], AppointmentPurpose.REPAIR, week.on(-1, 9, 0), remarks="新柜体送装")
    yield week.on(0, 9, 20)
    call(week, complaint, su, "新柜体已下线，明早送装；客户同意。")
    promises.keep(remade, actor=su, now=week.now)


def three_homes_one_facade(week: Week) -> Story:
    """A group complaint with a reporter: level 1, escalated by hand with its reason (D-11, G-08)."""
    first_word_at = week.on(1, 9, 47)
    yield first_word_at + minutes(6)
    complaint = record(
        week,
        "许国强",
        Category.QUALITY,
        first_word_at=first_word_at,
        problem="9 栋东侧三户次卧窗台同一个位置往里渗水，窗外的胶一拉就掉",
        impact="三家地板都起边了，有位业主在电视台上班，说要带人来拍",
        demand="一次查清整面外窗，三家一起赔地板",
        channel=Channel.OWNERS_GROUP,
        stage=Stage.AFTER_SALES,
        by="linjia",
        household_count=3,
        is_media_involved=True,
        is_leak=True,
    )
    member = yield from answer(
        week, complaint, ENGINEERING, "三户都通过电话，今天下午两点统一到场；媒体那边先不回应。", after=(4, 5)
    )
    yield minutes(1)
    yield from triage_meeting(
        week,
        complaint,
        member,
        Severity.MAJOR,
        "同一小区三户，且有媒体介入",
        FaultSide.CONSTRUCTION,
        "suntao",
        ["majun", "gaoyan"],
    )
    media = aftercare.hear_from(
        week,
        complaint,
        member,
        OutwardBody.MEDIA,
        "",
        "都市频道《民生一线》栏目：记者江女士，中午带摄像到 9 栋；先约到会客室，由法务高岩陪同。",
    )
    yield minutes(9)
    escalations.escalate(complaint, reason="记者中午到场，需要组长统一口径并请法务一起去", actor=member, now=week.now)
    yield minutes(6)
    acknowledge(week, complaint, week.on_duty(CS))
    leader = week.on_duty(CS)
    yield minutes(20)
    aftercare.speak_with_one_voice(
        week,
        complaint,
        "我们已收到三户业主反映，今天下午两点由工程和法务一起到场检查。查明原因之前不作推测，"
        "结果当天先告诉业主，再答复各位。联系人：林晓。",
    )
    yield week.on(1, 13, 10)
    lin = yield from hand_over(week, complaint, leader, "roster", "三户和媒体由林晓一个人对外")
    stand_down(week, complaint, lin, week.on(1, 17, 0), "下午两点起都在现场")
    yield week.on(1, 16, 40)
    seen = aftercare.look(week, complaint, lin, "三户联合查看：次卧外窗逐樘拉胶")
    aftercare.see(week, seen, WorkPart.DOORS_WINDOWS, "东侧三户次卧外窗", "胶与窗框脱开，一拉就断，同一批次 SG-2608")
    aftercare.agree(
        week,
        seen,
        "外窗胶批次有问题，三户窗全部铲除重打。",
        ours="进场时没有抽检这批胶",
        theirs="入住头一场雨就渗，物业登记过两次",
    )
    outward.end(media, way="现场当面答复", result="记者看过检查过程后离开，未拍摄、未刊发。", actor=lin, now=week.now)
    order = aftercare.work(
        week,
        complaint,
        lin,
        "1503、1603 次卧外窗旧胶全部铲除，换批次重打，24 小时后冲水",
        part=WorkPart.DOORS_WINDOWS,
        crew=crews.GLAZIERS,
        cause=DefectCause.OUR_MATERIAL,
        done_at=week.later_today(hours=5),
        is_promised=True,
    )
    work_orders.start(order, actor=lin, now=week.now)
    aftercare.spend(week, order, lin, "中性硅酮耐候胶", "24", "支", "31.50", batch="SG-2611")
    aftercare.spend(week, order, lin, "高空作业打胶", "4", "工日", "650.00", kind=CostKind.LABOUR)
    stand_down(week, complaint, lin, week.on(0, 16, 0), "三户书面方案第二天下午送到")
    promises.make(
        complaint, text="三户书面方案（含地板）送到", due_at=week.later_today(hours=4), actor=lin, now=week.now
    )
    yield week.on(1, 19, 40)
    floors = offer(week, complaint, lin, CompensationKind.CASH, "46800.00", "三户次卧地板整间更换，一次结清")
    yield minutes(50)
    aftercare.ask_for_signatures(
        week,
        floors,
        lin,
        "三户同一批胶渗水，地板全部起边，只换一半会有色差；分开谈每户要价更高。",
        "有业主在电视台，拖过本周可能见报；三户已口头同意 46 800 元一次结清。",
        "胶厂索赔款列支（合同第 9 条），先由质量基金垫付。",
    )


def a_neighbour_of_the_facade(week: Week, customer: str, minutes_later: int, words: str) -> Story:
    """One more home of the community with the same matter: with the third the desk counts a group (N1)."""
    first_word_at = week.on(1, 9, 47) + minutes(minutes_later)
    yield first_word_at + minutes(4)
    complaint = record(
        week,
        customer,
        Category.QUALITY,
        first_word_at=first_word_at,
        problem=words,
        impact="地板起边，孩子的房间没法住",
        demand="和楼里那几家一起查，一个标准",
        channel=Channel.OWNERS_GROUP,
        stage=Stage.AFTER_SALES,
        by="limin",
        is_leak=True,
    )
    member = yield from answer(week, complaint, ENGINEERING, "与同楼几户一并处理，下午两点一起到场。", after=(3, 5))
    yield minutes(4)
    grade(week, complaint, member, Severity.MAJOR, "同小区多户渗水", FaultSide.CONSTRUCTION, "suntao", ["majun"])
    if complaint.acknowledged_at is None:  # Level 1 by now: the leader answers for themselves.
        acknowledge(week, complaint, week.on_duty(CS))
    stand_down(week, complaint, member, week.on(1, 14, 0), "下午两点统一到场，之前不再呼叫")
    yield week.on(1, 16, 20 + minutes_later % 7)
    visit(week, complaint, member, "和 1503 一样的胶；同一批窗一起重打。", purpose=ContactPurpose.FORMAL_REPLY)
    stand_down(week, complaint, member, week.on(0, 16, 0), "重打胶要等天晴，明天下午复看")
    yield week.on(0, 15, 30 + minutes_later % 7)
    call(week, complaint, member, "胶已打完，等 24 小时后冲水。", purpose=ContactPurpose.PROGRESS)
    stand_down(week, complaint, member, week.now + hours(23), "等 24 小时后冲水")


def a_letter_from_the_association(week: Week) -> Story:
    """The customer went to the consumer association: level 2, legal cooperates, today's promise kept (D-12)."""
    first_word_at = week.on(6, 14, 22)
    yield first_word_at + minutes(8)
    complaint = record(
        week,
        "曹阳",
        Category.EXTRA_ITEMS,
        first_word_at=first_word_at,
        problem="竣工结算里有一笔 4 380 元的‘墙体加固’，合同和变更单上都找不到",
        impact="尾款没付，钥匙也没交接",
        demand="拿不出签字就去掉，已经在消协登记",
        channel=Channel.AUTHORITY,
        stage=Stage.AFTER_SALES,
        by="limin",
        mentions_consumer_association=True,
    )
    member = yield from answer(
        week, complaint, CS, "说明会在今天内找齐单据；没有签字的部分按我们的疏漏处理。", after=(5, 8)
    )
    yield minutes(9)
    grade(
        week, complaint, member, Severity.URGENT, "客户已到消协登记", FaultSide.MIXED, "chenlu", ["tangyue", "shenyue"]
    )
    yield minutes(40)
    aftercare.hear_from(
        week,
        complaint,
        member,
        OutwardBody.CONSUMER_ASSOCIATION,
        "闵消调〔2026〕1187 号",
        "闵行区消保委投诉科，王老师 021-5588 1200（工作日 9:00–16:30）；要求书面答复并附单据复印件。",
    )
    yield week.on(5, 10, 5)
    complaints.add_note(
        complaint, text="只找到施工方内部联系单，无客户签字。法务意见：该项不能向客户收取。", actor=member, now=week.now
    )
    aftercare.dispute(
        week,
        complaint,
        member,
        "墙体加固",
        "4380.00",
        found=Finding("合同附件三 报价清单", "7", SignatureState.NOT_FOUND, "原墙抹灰松动，施工队自行加固"),
        outcome=ExtraItemOutcome.WITHDRAWN,
        because="加固确实做了，但没有变更单、没有客户签字，合同第 11 条写明未签字的增项不收费。",
    )
    yield hours(1)
    aftercare.speak_with_one_voice(
        week,
        complaint,
        "我司已收到消保委转来的投诉，核对后确认 4 380 元墙体加固费没有客户签字，决定不再收取，"
        "尾款按原合同结算。书面答复附单据复印件，期限内送达。",
    )
    letter = promises.make(
        complaint, text="把书面答复交给消协和客户", due_at=week.on(0, 9, 30), actor=member, now=week.now
    )
    yield week.on(0, 8, 55)
    call(
        week,
        complaint,
        member,
        "书面答复已送达：去掉加固费，尾款按原合同结。客户说等消协回执。",
        purpose=ContactPurpose.FORMAL_REPLY,
    )
    promises.keep(letter, actor=member, now=week.now)


def a_leak_that_came_back(week: Week) -> Story:
    """Solved, closed, and open again two weeks later under the same number."""
    first_word_at = week.on(19, 9, 15)
    yield first_word_at + minutes(3)
    complaint = record(
        week,
        "徐志远",
        Category.QUALITY,
        first_word_at=first_word_at,
        problem="阳台推拉门下槛一下雨就进水，靠近门的木地板鼓起来一条",
        impact="每次下雨都要拿毛巾堵",
        demand="查清楚水从哪里进来，鼓起的地板换掉",
        stage=Stage.AFTER_SALES,
        is_leak=True,
    )
    member = yield from answer(week, complaint, ENGINEERING, "约明天上午冲水试验。", after=(5, 6))
    yield minutes(8)
    grade(week, complaint, member, Severity.URGENT, "渗水已伤及地板", FaultSide.CONSTRUCTION, "zhenghai", ["taoyong"])
    zheng = yield from hand_over(week, complaint, member, "zhenghai", "工程经理带人冲水试验")
    yield week.on(17, 16, 0)
    complaints.resolve(complaint, resolution="下槛重新打胶，更换地板三块。", actor=zheng, now=week.now)
    yield week.on(16, 10, 0)
    closing.close(complaint, agreement="客户说地板看不出换过，满意。", actor=zheng, now=week.now)
    yield week.on(2, 8, 40)
    complaints.reopen(complaint, reason="昨夜大雨，同一处又进水，说明根源不在下槛胶", actor=zheng, now=week.now)
    call(week, complaint, zheng, "向客户承认上次没查到根，今天拆下槛看排水孔。")
    evidence.attach(complaint, uploads=[pictures.crack()], actor=zheng, now=week.now)
    yield week.on(1, 11, 30)
    offer(week, complaint, zheng, CompensationKind.SERVICE_HOURS, "450.00", "第二次返工，送全屋门窗检修一次")
    yield minutes(35)
    aftercare.hear_from(
        week,
        complaint,
        zheng,
        OutwardBody.CONSUMER_HOTLINE,
        "12315-2026-3310115-0846",
        "客户在 12315 平台登记，诉求：查清渗水源头并书面说明。平台经办：浦东新区市场监管局 李科员。",
    )
    yield week.before_end(hours=5)
    seen = aftercare.look(week, complaint, zheng, "拆下推拉门下槛，堵住排水孔与地漏，阳台闭水")
    aftercare.fill_water(week, seen, "阳台地面", depth=30)
    evidence.attach(complaint, uploads=[pictures.filled_balcony()], actor=zheng, now=week.now)


# --- solved -----------------------------------------------------------------------------------------------------------


def five_days_five_hundred_yuan(week: Week) -> Story:
    """Five days × 100 yuan, offered in the open, approved by somebody else, transferred (D-17)."""
    first_word_at = week.on(13, 10, 26)
    yield first_word_at + minutes(4)
    complaint = record(
        week,
        "刘思源",
        Category.DELAY,
        first_word_at=first_word_at,
        problem="验收比约定晚了 5 天，问了才知道水泥断货两天、瓦工回老家三天",
        impact="多住了五天酒店式公寓",
        demand="把误掉的天数算清楚",
        by="limin",
        delay_days=5,
    )
    member = yield from answer(week, complaint, ENGINEERING, "两段误工都认，今天按合同算给客户看。", after=(5, 5))
    yield minutes(10)
    grade(week, complaint, member, Severity.GENERAL, "延误 5 天，已验收", FaultSide.CONSTRUCTION, "handler", ["suntao"])
    yield hours(2)
    zhao = yield from hand_over(week, complaint, member, "handler", "项目经理结清误工")
    material, labour = DelayCause.MATERIAL, DelayCause.LABOUR
    aftercare.lose_days(week, complaint, zhao, material, days_ago=12, days=2, words="水泥断货，停工两天")
    aftercare.lose_days(week, complaint, zhao, labour, days_ago=8, days=3, words="瓦工回老家，三天没有人")
    money = offer_for_delay(week, complaint, zhao, CompensationKind.TRANSFER, 5, "误工 5 天，客户选择转账")
    yield hours(20)
    compensations.approve(money, note="天数与施工日志一致", actor=week.cast["approver"], now=week.now)
    yield hours(5)
    compensations.accept(money, note="客户电话同意，选转账", actor=zhao, now=week.now)
    yield hours(1)
    compensations.pay(
        money, proof="网银回单 2291", actor=week.cast["approver"], now=week.now, uploads=[pictures.receipt()]
    )
    yield hours(1)
    complaints.resolve(complaint, resolution="误工 5 天按合同转账 500 元，到账短信已发客户。", actor=zhao, now=week.now)
    yield hours(22)
    aftercare.ask(week, complaint, week.cast["intake"], (5, 4, 5), "算得清楚，没意见")
    closing.close(complaint, agreement="客户确认收到，说算得清楚就没意见。", actor=zhao, now=week.now)


def tiles_that_never_left_the_warehouse(week: Week) -> Story:
    """A late delivery traced back to its root: no spare carrier for the peak season (G-07)."""
    first_word_at = week.on(9, 16, 12)
    yield first_word_at + minutes(5)
    complaint = record(
        week,
        "蒋雯",
        Category.DELAY,
        first_word_at=first_word_at,
        problem="厨卫墙砖说周一到，到周五还没出库，工人在现场干等",
        impact="瓦工停了四天，后面橱柜测量也往后推",
        demand="砖哪天到给句实话，停工的天数别算我的",
        channel=Channel.WEBSITE,
        stage=Stage.MATERIAL,
        by="linjia",
        delay_days=4,
    )
    member = yield from answer(
        week, complaint, ENGINEERING, "已查到货在仓库，今晚换车发出，明早到；到货我发照片。", after=(6, 9)
    )
    yield minutes(5)
    grade(week, complaint, member, Severity.GENERAL, "停工 4 天，可赶回", FaultSide.CONSTRUCTION, "majun", ["taoyong"])
    ma = yield from hand_over(week, complaint, member, "majun", "项目经理盯到货")
    yield week.on(8, 10, 30)
    complaints.add_note(
        complaint,
        text="往前追：没到货←没车←合作车队排满←月底集中订货没预估←没有备用车队。建议签一家备用，旺季前一周看订货量。",
        actor=ma,
        now=week.now,
    )
    words = "砖明早到场，停工四天不算客户的；瓦工加一人，抢回两天。"
    call(week, complaint, ma, words, purpose=ContactPurpose.FORMAL_REPLY)
    voucher = offer(week, complaint, ma, CompensationKind.VOUCHER, "400.00", "停工四天的不便")
    yield hours(4)
    compensations.approve(voucher, note="同意", actor=week.cast["approver"], now=week.now)
    yield hours(20)
    compensations.accept(voucher, note="客户当面同意收抵用券", actor=ma, now=week.now)
    yield hours(1)
    compensations.pay(voucher, proof="抵用券 V-0418 已发", actor=week.cast["approver"], now=week.now)
    yield week.on(4, 17, 0)
    complaints.resolve(complaint, resolution="墙砖到场并铺完，抢回两天，橱柜测量已排。", actor=ma, now=week.now)
    yield week.on(3, 10, 0)
    review = aftercare.find_cause(
        week,
        complaint,
        ma,
        week.cast["suntao"],
        ["墙砖晚到，因为没有车", "承运商运力不足", "高峰订单没有预测", "没有备用承运商"],
        proof="出库单、调度记录",
        code="process.forecast",
        lessons="旺季前一周看订货量，备用车队提前签好。",
    )
    words = "与一家备用车队签年度框架，月底订货量提前一周预估"
    aftercare.decide_on_action(week, review, ma, words, due_in=14, check_in=60)
    yield week.on(2, 16, 0)
    aftercare.ask(week, complaint, week.cast["linjia"], (4, 4, 3), "砖不错，就是等太久")


def a_wall_on_the_bill(week: Week) -> Story:
    """An extra item without a signature: the full refund was refused, half of it approved (D-18)."""
    first_word_at = week.on(8, 18, 33)
    yield first_word_at + minutes(5)
    complaint = record(
        week,
        "杨柳",
        Category.EXTRA_ITEMS,
        first_word_at=first_word_at,
        problem="结算多出 2 600 元拆墙费，签合同时说厨房那堵墙包在里面",
        impact="不耽误入住，但不想付",
        demand="说不清就退",
        channel=Channel.SHOP,
        stage=Stage.QUOTATION,
    )
    member = yield from answer(week, complaint, CS, "今晚把合同和变更单拍给客户，明天一起对。", after=(4, 11))
    yield minutes(7)
    grade(week, complaint, member, Severity.GENERAL, "增项未讲清，金额不大", FaultSide.SERVICE, "xunuo", ["suqing"])
    yield week.on(7, 11, 0)
    xu = yield from hand_over(week, complaint, member, "xunuo", "专属顾问主责")
    visit(
        week,
        complaint,
        xu,
        "对过图：墙在平面图上标了拆除，报价单漏列。我们该在签约时说明。",
        purpose=ContactPurpose.FORMAL_REPLY,
    )
    aftercare.dispute(
        week,
        complaint,
        xu,
        "厨房拆墙",
        "2600.00",
        found=Finding("报价单 拆改项", "3", SignatureState.NOT_FOUND, "平面图标了拆除，不拆做不成开放厨房"),
        outcome=ExtraItemOutcome.REDUCED,
        because="墙在图上、也确实拆了，但报价漏列是我们的错，签约时没有说明：各担一半。",
        left="1300.00",
    )
    full = offer(week, complaint, xu, CompensationKind.REFUND, "2600.00", "报价漏列，全额退")
    yield hours(3)
    compensations.refuse(
        full, note="墙确实拆了，人工材料是实际发生；漏列是我们的错，各担一半", actor=week.cast["approver"], now=week.now
    )
    yield hours(1)
    little = offer(week, complaint, xu, CompensationKind.VOUCHER, "500.00", "先给一张抵用券")
    yield minutes(30)
    compensations.approve(little, note="可以", actor=week.cast["approver"], now=week.now)
    yield minutes(30)
    compensations.decline(little, note="客户说要退钱，不要券", actor=xu, now=week.now)
    half = offer(week, complaint, xu, CompensationKind.REFUND, "1300.00", "漏列责任各半，退一半")
    yield hours(17)
    compensations.approve(half, note="同意", actor=week.cast["approver"], now=week.now)
    yield week.on(5, 15, 0)
    compensations.accept(half, note="客户微信回复同意", actor=xu, now=week.now)
    yield hours(1)
    compensations.pay(half, proof="红字收据 0387", actor=week.cast["approver"], now=week.now)
    complaints.resolve(complaint, resolution="退回一半拆墙费，给客户一份标明出处的结算说明。", actor=xu, now=week.now)
    yield week.on(4, 10, 30)
    aftercare.ask(week, complaint, week.cast["limin"], (4, 3, 4), "退一半能接受，以后先说清楚再动工")


def stood_up_three_times(week: Week) -> Story:
    """Bad service: an apology, somebody else, and a customer who wants no money."""
    first_word_at = week.on(16, 12, 40)
    yield first_word_at + minutes(3)
    complaint = record(
        week,
        "罗静",
        Category.SERVICE,
        first_word_at=first_word_at,
        problem="约了三回水电验收，监理三回没露面，打过去还说‘你急什么’",
        impact="封板的师傅等着，工地停了",
        demand="换人，并且当面道歉",
        channel=Channel.SOCIAL_MEDIA,
        by="linjia",
    )
    member = yield from answer(week, complaint, CS, "替公司道歉，今天下午由新监理上门验收。", after=(6, 6))
    yield minutes(9)
    grade(week, complaint, member, Severity.GENERAL, "态度与失约", FaultSide.SERVICE, "tangyue", ["chenlu"])
    yield hours(4)
    tang = week.cast["tangyue"]
    gift = offer(week, complaint, tang, CompensationKind.CLEANING, "200.00", "误了三次，送一次开荒保洁")
    yield hours(18)
    compensations.withdraw(gift, note="客户说人换了就行，不要东西", actor=tang, now=week.now)
    complaints.resolve(complaint, resolution="更换监理，水电验收合格，原监理当面致歉。", actor=tang, now=week.now)
    yield hours(25)
    closing.close(complaint, agreement="客户删掉了帖子，说到此为止。", actor=tang, now=week.now)


def a_night_nobody_answered(week: Week) -> Story:
    """Two in the morning: ten minutes of silence, the leader takes it, the customer is reached too late."""
    first_word_at = week.on(5, 2, 10)
    yield first_word_at + minutes(4)
    complaint = record(
        week,
        "田野",
        Category.QUALITY,
        first_word_at=first_word_at,
        problem="卫生间角阀接头半夜崩开，水漫到走廊，物业帮忙关了总阀",
        impact="实木门套泡了水，楼下没漏",
        demand="天亮前有人联系，早上来修",
        is_leak=True,
    )
    yield minutes(18)
    leader = week.on_duty(CS)
    text_back(week, complaint, leader)
    yield minutes(4)
    no_answer(week, complaint, leader)
    yield minutes(13)
    if complaint.acknowledged_at is None:
        acknowledge(week, complaint, leader)
    call(week, complaint, leader, "致歉来晚了。总阀已关，早上七点水电师傅到。")
    yield minutes(5)
    grade(week, complaint, leader, Severity.URGENT, "跑水，门套受损", FaultSide.CONSTRUCTION, "zhenghai", ["dingwei"])
    zheng = yield from hand_over(week, complaint, leader, "zhenghai", "早上带水电师傅到场")
    yield week.on(5, 7, 5)
    visit(week, complaint, zheng, "更换角阀与软管，全屋接头逐个复紧。", purpose=ContactPurpose.FORMAL_REPLY)
    yield week.on(3, 16, 0)
    complaints.resolve(complaint, resolution="门套更换完毕；同批角阀列清单逐户更换。", actor=zheng, now=week.now)
    yield week.on(2, 10, 20)
    words = "新门套颜色和旁边那樘差一大截，打电话去问，说‘就是这样的’"
    aftercare.ask(week, complaint, week.cast["intake"], (2, 2, 3), words)
    yield minutes(6)
    if complaint.acknowledged_at is None:
        acknowledge(week, complaint, zheng)
    yield minutes(9)
    call(week, complaint, zheng, "为那句话道歉。约明早带色板上门，颜色不对就整套重做。")
    yield week.on(1, 9, 30)
    visit(week, complaint, zheng, "色板比过，确实偏红，换批次重做两樘。", purpose=ContactPurpose.FORMAL_REPLY)
    order = aftercare.work(
        week,
        complaint,
        zheng,
        "卫生间、次卧门套两樘按原色板重做，拆旧装新",
        part=WorkPart.DOORS_WINDOWS,
        crew=crews.CARPENTERS,
        cause=DefectCause.OUR_MATERIAL,
        done_at=week.on(-3, 17, 0),
        is_promised=True,
    )
    work_orders.start(order, actor=zheng, now=week.now)
    aftercare.spend(week, order, zheng, "实木复合门套", "2", "樘", "780.00", batch="MT-2610")


def told_twice(week: Week) -> Story:
    """The same customer calls again within the hour: linked, and the second record made void by the leader."""
    first_word_at = week.on(4, 13, 2)
    yield first_word_at + minutes(3)
    words = "玄关柜门板颜色跟打样不一样，偏黄，灯下特别明显"
    complaint = record(
        week,
        "彭晓雪",
        Category.QUALITY,
        first_word_at=first_word_at,
        problem=words,
        impact="不影响用，客人一进门就看到",
        demand="照样板换",
        stage=Stage.AFTER_SALES,
        by="limin",
    )
    member = yield from answer(
        week, complaint, ENGINEERING, "请客户发样板与门板同框照片，明天带色卡上门。", after=(7, 9)
    )
    yield minutes(6)
    grade(week, complaint, member, Severity.GENERAL, "色差，不影响使用", FaultSide.CONSTRUCTION, "majun")
    yield first_word_at + minutes(44)
    again = record(
        week,
        "彭晓雪",
        Category.QUALITY,
        first_word_at=week.now - minutes(3),
        problem=words,
        impact="又打一次，怕没记上",
        demand="照样板换",
        channel=Channel.WECHAT,
        stage=Stage.AFTER_SALES,
        by="linjia",
        repeat_of=complaint,
    )
    yield minutes(5)
    leader = week.cast["roster"]
    call(week, again, leader, "告诉客户第一通已经记好，有人在办，编号只用前一个。")
    complaints.make_void(again, reason=f"与 {complaint.number} 是同一件事", actor=leader, now=week.now)
    ma = yield from hand_over(week, complaint, member, "majun", "项目经理带色卡上门")
    yield week.on(3, 11, 0)
    visit(week, complaint, ma, "色卡比对确认偏色，工厂答应重做门板，十天内换。", purpose=ContactPurpose.FORMAL_REPLY)


# --- the desk's own day -----------------------------------------------------------------------------------------------


def reminders_before_the_shifts(week: Week) -> Story:
    """The members of the duty group are reminded of today's shifts."""
    for hour in range(24, 0, -1):
        yield week.before_end(hours=hour)
        reminders.remind(now=week.now)
        reminders.remind_of_tomorrow(now=week.now)


def a_drill(week: Week) -> Story:
    """A quiet afternoon: everybody on duty is called for practice, and one of them hears nothing (G-02, N15)."""
    yield week.on(6, 15, 0)
    drill = drills.start(remarks="季度应急演练", actor=week.cast["roster"], now=week.now)
    answering = [each.person for each in drill.calls][:-1]
    for person in answering:
        yield minutes(2)
        drills.answer_here(drill, actor=person, now=week.now)
    yield minutes(18)
    drills.end(drill, actor=week.cast["roster"], now=week.now)


def _last_saturday(week: Week) -> datetime:
    """The latest Saturday before today, 22:00."""
    end = week.end.astimezone(COMPANY_ZONE)
    return week.on((end.weekday() - 5) % 7 or 7, 22, 0)


def two_neighbours(week: Week) -> Iterator[Story]:
    """The second and the third home behind the facade."""
    yield a_neighbour_of_the_facade(week, "罗静", 25, "我家是 1603，次卧窗台下面也在渗水，和楼下一样的位置")
    yield a_neighbour_of_the_facade(week, "刘思源", 70, "6 栋也有：次卧窗台渗水，业主群里说不止一家")


STORIES: tuple[Callable[[Week], Story], ...] = (
    sparks_that_nobody_took,
    a_leak_waits_for_its_level,
    a_post_nobody_has_seen,
    twelve_days_late,
    hollow_tiles_on_a_saturday_night,
    cupboard_five_centimetres_short,
    three_homes_one_facade,
    a_letter_from_the_association,
    a_leak_that_came_back,
    five_days_five_hundred_yuan,
    tiles_that_never_left_the_warehouse,
    a_wall_on_the_bill,
    stood_up_three_times,
    a_night_nobody_answered,
    told_twice,
    reminders_before_the_shifts,
    a_drill,
)


def stories(week: Week) -> Iterator[Story]:
    """Everything that happened, in no particular order."""
    yield from (story(week) for story in STORIES)
    yield from two_neighbours(week)
    yield from ordinary.stories(week)
    yield from office.stories(week)
    yield from roster.stories(week)
