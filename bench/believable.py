"""What a desk has after years: made-up people, homes and calls, the same ones every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from bench import aftercare
from bench.aftercare import Row
from extensions import COMPANY_ZONE
from models import (
    Base,
    Building,
    Clock,
    Community,
    Compensation,
    Complaint,
    Customer,
    CustomerContact,
    Notification,
    NumberSequence,
    Person,
    PersonRole,
    Project,
    Promise,
    Responsibility,
    Room,
    Shift,
    SmsInboxMessage,
    TimelineEvent,
)
from rules.search import index_text
from rules.vocabulary import (
    Category,
    Channel,
    ClockKind,
    ClockState,
    CompensationBasis,
    CompensationKind,
    CompensationStatus,
    ContactMethod,
    EventKind,
    FaultSide,
    MessageClass,
    NotificationKind,
    NotificationState,
    PolicyKind,
    ResponsibilityKind,
    Role,
    Severity,
    Status,
)

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉梅建国志文雪晨宇欣怡浩然子涵梓轩思远雨桐嘉懿"
TITLES = ("女士", "先生", "小姐", "老师")
COMMUNITIES = (
    *("梧桐", "金地", "绿城", "翠湖", "滨江", "阳光", "世纪", "紫荆"),
    *("桃源", "东方", "海棠", "银杏", "锦绣", "星河", "香榭"),
)
ENDINGS = ("苑", "花园", "天地", "名邸", "公馆", "新村", "家园", "国际")
PLACES = ("客厅", "主卧", "次卧", "厨房", "卫生间", "阳台", "餐厅", "书房", "玄关", "儿童房")
PROBLEMS = (
    (Category.QUALITY, "{place}新铺的瓷砖空鼓{n}块，敲击声音发空"),
    (Category.QUALITY, "{place}吊顶出现{n}条裂缝，最长约{cm}厘米"),
    (Category.QUALITY, "{place}防水没做好，楼下邻居反映漏水，面积约{n}平方米"),
    (Category.QUALITY, "{place}墙面开裂，外墙一侧也有{n}处裂纹"),
    (Category.DELAY, "工期已经拖了{n}天，{place}的水泥一直没有到货"),
    (Category.DELAY, "{place}的瓷砖工人{n}天没有来，项目经理不回电话"),
    (Category.EXTRA_ITEMS, "{place}增项{n}项没有提前说明，多收{cm}00元"),
    (Category.EXTRA_ITEMS, "合同第{n}页没有写{place}的拆旧费用，现在要求补交"),
    (Category.SERVICE, "顾问态度敷衍，{place}的问题反映了{n}次没有回复"),
    (Category.DESIGN, "{place}的橱柜尺寸与图纸差{cm}厘米，装不上"),
    (Category.SAFETY, "{place}改造线路后插座打火，跳闸{n}次"),
    (Category.OTHER, "{place}施工垃圾{n}天没有清运，物业已经投诉"),
)
IMPACTS = (
    "停工{n}天，下周要搬家",
    "家里有老人和孩子，晚上不敢用电",
    "房租又多付了一个月",
    "影响不大，希望尽快处理",
    "",
)
DEMANDS = ("{n}天内修好", "返工并赔偿误工损失", "按合同赔偿每天的延期费", "给出书面说明", "退还多收的费用")

POLICY_IDS = {kind: place for place, kind in enumerate(PolicyKind, 1)}
"""The reference data publishes version 1 of each kind in this order."""
RUNNING = (
    (ClockKind.FIRST_ANSWER, timedelta(hours=24)),
    (ClockKind.ON_SITE, timedelta(hours=24)),
    (ClockKind.FORMAL_REPLY, timedelta(days=3)),
)
"""Clocks that run on an open complaint that somebody has, and how long."""

STAFF = 60
OPEN = 300
"""How many complaints are open at a time: what a company can carry, however long its history."""
EVERY = timedelta(seconds=95)
"""A million calls are three years of them."""


@dataclass
class World:
    """A desk with ``rows`` complaints, the last of them at ``now``; every generator may be read once.

    ``open_count`` newest complaints are open; ``due_count`` of their clocks ran out already, when given. ``history`` is
    how many stopped clocks every complaint has behind it.
    """

    rows: int
    now: datetime
    open_count: int = OPEN
    due_count: int | None = None
    history: int = 1
    random: Random = field(default_factory=lambda: Random(7))
    months: Counter[str] = field(default_factory=Counter)

    @property
    def customers(self) -> int:
        """How many customers (and homes, and contracts): a fifth of the calls."""
        return max(self.rows // 5, 10)

    @property
    def communities(self) -> int:
        """How many communities."""
        return max(self.rows // 2500, 10)

    def tables(self) -> Iterator[tuple[type[Base], Iterator[Row]]]:
        """Every table with its rows, in the order they refer to each other."""
        yield Person, self._people()
        yield PersonRole, self._roles()
        yield Shift, self._shifts()
        yield Community, self._communities()
        yield Building, ({"id": i, "community_id": self._community(i), "name": f"{i}栋"} for i in self._range())
        yield Room, ({"id": i, "building_id": i, "unit": "2单元", "number": f"{i % 30 + 1}01"} for i in self._range())
        yield Customer, self._customers()
        yield Project, self._projects()
        yield Complaint, self._complaints()
        yield NumberSequence, ({"prefix": month, "last": last} for month, last in self.months.items())
        yield Clock, self._clocks()
        yield TimelineEvent, self._timeline()
        yield CustomerContact, self._each(7, self._contact)
        yield Promise, self._each(3, self._promise)
        yield Responsibility, self._each(6, self._responsibility)
        yield Compensation, self._each(1, self._compensation)
        yield Notification, self._each(10, self._notification)
        yield SmsInboxMessage, self._each(10, self._sms)
        yield from aftercare.tables(self)

    # Everything about a person, a home or a call follows from its number, so that tables agree with each other.

    def _range(self) -> range:
        return range(1, self.customers + 1)

    def _community(self, home: int) -> int:
        return home % self.communities + 1

    def _community_name(self, community: int) -> str:
        head, end = COMMUNITIES[community % 15], ENDINGS[community // 15 % 8]
        return f"{head}{end}{community // 120 + 1}期"

    def _name(self, customer: int) -> str:
        random = Random(customer)
        if random.random() < 0.4:
            return random.choice(SURNAMES) + random.choice(TITLES)
        return random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice((1, 2, 2))))

    def _phone(self, customer: int) -> str:
        return f"+8613{customer * 7_919_113 % 1_000_000_000:09d}"

    def recorded_at(self, complaint: int) -> datetime:
        """When the complaint was recorded."""
        return self.now - EVERY * (self.rows - complaint)

    def customer_of(self, complaint: int) -> int:
        """The id of its customer, and of their home and contract."""
        return complaint * 7919 % self.customers + 1

    def is_open(self, complaint: int) -> bool:
        """Whether it is one of the newest, which are open."""
        return complaint > self.rows - self.open_count

    def _is_waiting(self, complaint: int) -> bool:
        """Whether nobody has it yet."""
        return self.is_open(complaint) and complaint % 3 == 0

    def person(self, number: int) -> int:
        """The id of somebody of the staff."""
        return number % STAFF + 1

    def _people(self) -> Iterator[Row]:
        for i in range(1, STAFF + 1):
            yield {
                "id": i,
                "login": f"staff{i}",
                "name": self._name(i * 31),
                "phone": f"+8615900{i:06d}",
                "password_hash": "!",
                "created_at": self.now,
            }

    def _roles(self) -> Iterator[Row]:
        for i in range(1, STAFF + 1):
            yield {"person_id": i, "role": Role.ADMINISTRATOR if i == 1 else list(Role)[i % 5]}

    def _shifts(self) -> Iterator[Row]:
        for i in range(1500):
            starts_at = self.now + timedelta(hours=12 * (i // 4 - 360))
            ends_at = starts_at + timedelta(hours=12)
            yield {
                "role_id": i % 4 + 1,
                "person_id": self.person(i),
                "starts_at": starts_at,
                "ends_at": ends_at,
                "created_at": starts_at,
            }

    def _communities(self) -> Iterator[Row]:
        for i in range(1, self.communities + 1):
            yield {"id": i, "name": self._community_name(i), "city": "上海"}

    def _customers(self) -> Iterator[Row]:
        for i in self._range():
            phone = self._phone(i)
            yield {
                "id": i,
                "name": self._name(i),
                "phone": phone,
                "phone_tail": phone[-4:],
                "room_id": i,
                "created_at": self.recorded_at(i * 5),
            }

    def _projects(self) -> Iterator[Row]:
        for i in self._range():
            yield {
                "id": i,
                "contract_no": f"ZX{2023 + i % 4}-{i:06d}",
                "customer_id": i,
                "room_id": i,
                "amount": Decimal(80_000 + i % 200_000),
                "daily_delay_rate": Decimal(100),
                "project_manager_id": self.person(i),
                "created_at": self.recorded_at(i * 5),
            }

    def _complaints(self) -> Iterator[Row]:
        for i in range(1, self.rows + 1):
            random = self.random
            customer = self.customer_of(i)
            phone, recorded_at = self._phone(customer), self.recorded_at(i)
            category, sentence = PROBLEMS[int(random.random() ** 1.6 * len(PROBLEMS))]
            n, cm = random.randrange(1, 15), random.randrange(2, 40)
            problem = f"{sentence.format(place=random.choice(PLACES), n=n, cm=cm)}，单据编号{i:06d}。"
            impact, demand = random.choice(IMPACTS).format(n=n), random.choice(DEMANDS).format(n=n)
            name, community = self._name(customer), self._community_name(self._community(customer))
            room = f"{customer}栋2单元{customer % 30 + 1}01"
            is_open, severity = self.is_open(i), Severity(random.choices((1, 2, 3), (5, 25, 70))[0])
            handler = self.person(i)
            taken_at = recorded_at + timedelta(minutes=6)
            status = (Status.NEW, Status.CONTACTED, Status.HANDLING)[i % 3] if is_open else Status.CLOSED
            is_waiting = self._is_waiting(i)
            month = f"C-{recorded_at.astimezone(COMPANY_ZONE):%y%m}"
            self.months[month] += 1
            yield {
                "id": i,
                "number": f"{month}-{self.months[month]:04d}",
                "external_ref": f"HL{i:08d}" if i % 2 else None,
                "channel": random.choice(list(Channel)),
                "first_word_at": recorded_at - timedelta(minutes=3),
                "recorded_at": recorded_at,
                "recorded_by_id": self.person(i // 3),
                "first_responder_id": self.person(i // 3),
                "handler_id": None if is_waiting else handler,
                "customer_id": customer,
                "project_id": customer,
                "room_id": customer,
                "contact_name": name,
                "contact_phone": phone,
                "contact_phone_tail": phone[-4:],
                "community_stated": community,
                "room_stated": room,
                "contract_no_stated": f"ZX{2023 + customer % 4}-{customer:06d}",
                "category": category,
                "problem": problem,
                "impact": impact,
                "demand": demand,
                "status": status,
                "suggested_severity": severity,
                "severity": None if is_waiting else severity,
                "graded_at": None if is_waiting else taken_at,
                "graded_by_id": None if is_waiting else handler,
                "duty_role_id": i % 4 + 1,
                "acknowledged_at": None if is_waiting else taken_at,
                "acknowledged_by_id": None if is_waiting else handler,
                "escalation_due_at": recorded_at + timedelta(days=1) if is_waiting else None,
                "search_text": index_text("\n".join((name, community, room, problem, impact, demand))),
            }

    def _clocks(self) -> Iterator[Row]:
        """Stopped triage clocks, and one that runs where the complaint is open.

        For the first ``due_count`` of those that run there is something to do: half of them ran out, half are to be
        warned of.
        """
        late = self.rows - self.open_count + (self.due_count if self.due_count is not None else self.open_count // 10)
        for i in range(1, self.rows + 1):
            started_at = self.recorded_at(i)
            row = {"complaint_id": i, "started_at": started_at, "owner_id": self.person(i)}
            for _ in range(self.history):
                yield row | {"kind": ClockKind.TRIAGE} | self._stopped(i, started_at)
            if self.is_open(i):
                yield row | self._running(i, is_due=i <= late)
            else:
                yield row | {"kind": ClockKind.CONTACT} | self._stopped(i, started_at)

    def _running(self, i: int, *, is_due: bool) -> Row:
        """A clock that began by the shipped policy: contact while nobody has the complaint, then one of the others."""
        kind, budget = (ClockKind.CONTACT, timedelta(minutes=30)) if self._is_waiting(i) else RUNNING[i % len(RUNNING)]
        is_warned = not is_due or i % 2 == 0 or kind is ClockKind.FORMAL_REPLY
        left = timedelta(seconds=-1) if is_due else budget / 3
        if is_due and not is_warned:
            left = budget / 2 - timedelta(seconds=1)
        due_at = self.now + left
        return {
            "kind": kind,
            "state": ClockState.RUNNING,
            "started_at": due_at - budget,
            "due_at": due_at,
            "policy_id": POLICY_IDS[PolicyKind.CLOCKS],
            "working_time_id": POLICY_IDS[PolicyKind.WORKING_TIME],
            "target_id": kind.value,
            "budget_seconds": int(budget.total_seconds()),
            "steps_done": 2 if is_due and is_warned else int(not is_due),
            "next_action_at": self.now - timedelta(seconds=1) if is_due else due_at - budget / 5,
        }

    def _stopped(self, i: int, started_at: datetime) -> Row:
        due_at, stopped_at = started_at + timedelta(minutes=30), started_at + timedelta(minutes=5 + i % 30)
        state = ClockState.MET if stopped_at <= due_at else ClockState.MISSED
        return {"state": state, "due_at": due_at, "stopped_at": stopped_at}

    def _timeline(self) -> Iterator[Row]:
        """Four lines of each complaint, as the services write them."""
        recorded = {"channel": Channel.HOTLINE, "entered_late_seconds": 180, "is_read_back": True}
        details: tuple[tuple[EventKind, Row], ...] = (
            (EventKind.RECORDED, recorded | {"suggested_severity": 3, "rules": []}),
            (EventKind.ACKNOWLEDGED, {}),
            (EventKind.CONTACT_LOGGED, {"method": ContactMethod.PHONE, "is_reached": True, "is_read_back": False}),
            (EventKind.GRADED, {}),
        )
        for i in range(1, self.rows + 1):
            for step, (kind, said) in enumerate(details):
                at = self.recorded_at(i) + timedelta(minutes=2 * step)
                yield {"complaint_id": i, "at": at, "actor_id": self.person(i), "kind": kind} | {
                    "details": said,
                    "changes": {},
                }

    def _each(self, tenths: int, make: Callable[[int, datetime], Row]) -> Iterator[Row]:
        """A row for so many of ten complaints."""
        for i in range(1, self.rows + 1):
            if i % 10 < tenths:
                yield {"complaint_id": i} | make(i, self.recorded_at(i))

    def _contact(self, i: int, at: datetime) -> Row:
        return {
            "at": at + timedelta(minutes=9),
            "by_id": self.person(i),
            "method": ContactMethod.PHONE,
            "is_reached": True,
            "summary": "已致歉，约定明早上门",
        }

    def _promise(self, i: int, at: datetime) -> Row:
        return {
            "text": "明天上午十点前上门复查",
            "made_at": at,
            "made_by_id": self.person(i),
            "due_at": at + timedelta(days=1),
            "kept_at": None if self.is_open(i) else at + timedelta(hours=20),
            "kept_by_id": None if self.is_open(i) else self.person(i),
        }

    def _responsibility(self, i: int, at: datetime) -> Row:
        return {
            "person_id": self.person(i),
            "kind": ResponsibilityKind.LEAD,
            "side": FaultSide.CONSTRUCTION,
            "named_at": at + timedelta(minutes=20),
        }

    def _compensation(self, i: int, at: datetime) -> Row:
        return {
            "kind": CompensationKind.CASH,
            "basis": CompensationBasis.AGREED,
            "amount": Decimal(100 + i % 900),
            "reason": "返工期间的不便",
            "status": CompensationStatus.OFFERED if self.is_open(i) else CompensationStatus.PAID,
            "paid_at": None if self.is_open(i) else at + timedelta(days=3),
            "payment_proof": "" if self.is_open(i) else f"ZF{i:08d}",
            "offered_at": at + timedelta(hours=3),
            "offered_by_id": self.person(i),
            "decided_by_id": None if self.is_open(i) else self.person(i + 1),
        }

    def _notification(self, i: int, at: datetime) -> Row:
        return {
            "public_id": f"{i:032x}",
            "dedup_key": f"complaint:{i}:call:0:{self.person(i)}",
            "kind": NotificationKind.ASSIGNED if i % 4 == 0 else NotificationKind.DUTY_CALL,
            "message_class": MessageClass.STAFF if i % 4 == 0 else MessageClass.DUTY,
            "person_id": self.person(i),
            "phone": f"+8615900{self.person(i):06d}",
            "text": f"【安心桥】投诉{i}等待接单，请尽快登录处理。",
            "state": NotificationState.DELIVERED,
            "created_at": at,
            "due_at": at,
            "expires_at": at + timedelta(hours=4),
            "attempts": 1,
            "attempted_at": at,
            "accepted_at": at + timedelta(seconds=1),
            "delivered_at": at + timedelta(seconds=5),
            "finished_at": at + timedelta(seconds=5),
            "channel": "sandbox",
            "provider_id": f"{i:032x}",
            "variables": {},
            "channels_tried": [],
        }

    def _sms(self, i: int, at: datetime) -> Row:
        return {
            "phone": f"+8615900{self.person(i):06d}",
            "text": f"【安心桥】投诉{i}等待接单，请尽快登录处理。",
            "message_id": f"{i:032x}",
            "received_at": at + timedelta(seconds=1),
        }
