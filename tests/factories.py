"""One factory for every model: rows as small as the database allows, at the test's own time."""

from __future__ import annotations

import functools
import uuid
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import factory
from argon2 import PasswordHasher
from factory.alchemy import SQLAlchemyModelFactory

import models
from extensions import db, timepiece
from rules import working_time
from rules.compensation import CompensationAction
from rules.escalation import DutyRoleCode, Target
from rules.message_kinds import KINDS
from rules.phones import Phone
from rules.rotations import RotationKind, Unit
from rules.settings import SettingKey
from rules.severity import Facts
from rules.vocabulary import (
    AppointmentPurpose,
    AuditProblem,
    CaseFormKind,
    Category,
    Channel,
    ClockKind,
    ClockState,
    CompensationBasis,
    CompensationKind,
    ContactMethod,
    CostKind,
    Coverage,
    DelayCause,
    DelayEntryKind,
    EscalationCause,
    EventKind,
    FaultSide,
    FindingKind,
    ImportState,
    MessageLanguage,
    NotificationKind,
    NotificationState,
    OutwardBody,
    PolicyKind,
    Position,
    ReplyOutcome,
    ResponsibilityKind,
    Role,
    ScriptStep,
    Severity,
    WorkOrderKind,
    WorkPart,
)
from services.calls import Intake
from tests.client import PASSWORD

POSITION_OF_DUTY_ROLE = {
    DutyRoleCode.CS_SUPERVISOR: Position.CS_SUPERVISOR,
    DutyRoleCode.ENGINEERING: Position.ENGINEERING_DIRECTOR,
    DutyRoleCode.DESIGN: Position.DESIGN_SUPERVISOR,
    DutyRoleCode.LEGAL: Position.LEGAL_COUNSEL,
}


@functools.cache
def hash_of(password: str) -> str:
    """A password's hash, made once: honest hashing is slow on purpose."""
    return PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(password)


def from_now(**length: float) -> Any:
    """A moment so far from the test's clock: ``from_now(minutes=30)``."""
    return factory.LazyFunction(lambda: timepiece.now() + timedelta(**length))


class DeskFactory(SQLAlchemyModelFactory):
    """Adds to the test's session and flushes, so that the database has its say at once."""

    class Meta:
        abstract = True
        sqlalchemy_session = db.session
        sqlalchemy_session_persistence = "flush"


class PersonFactory(DeskFactory):
    """Somebody who works here: ``PersonFactory(name="林晓", roles=[Role.DUTY])``."""

    class Meta:
        model = models.Person
        exclude = ("roles",)

    roles: tuple[Role, ...] = ()
    login = factory.Sequence("person{}".format)
    name = factory.Sequence("员工{}".format)
    position = None
    phone = factory.Sequence("+861390013{:04d}".format)
    password_hash = factory.LazyFunction(lambda: hash_of(PASSWORD))
    created_at = from_now(days=-30)
    role_rows = factory.LazyAttribute(lambda person: [models.PersonRole(role=role) for role in person.roles])


class CommunityFactory(DeskFactory):
    """A community (小区)."""

    class Meta:
        model = models.Community

    name = factory.Sequence("梧桐苑{}期".format)
    city = "上海"


class BuildingFactory(DeskFactory):
    """A building."""

    class Meta:
        model = models.Building

    community = factory.SubFactory(CommunityFactory)
    name = factory.Sequence("{}栋".format)


class RoomFactory(DeskFactory):
    """A home."""

    class Meta:
        model = models.Room

    building = factory.SubFactory(BuildingFactory)
    unit = "3单元"
    number = factory.Sequence("{:04d}".format)


class CustomerFactory(DeskFactory):
    """A customer file."""

    class Meta:
        model = models.Customer

    name = "王女士"
    phone = factory.Sequence("+861380013{:04d}".format)
    phone_tail = factory.LazyAttribute(lambda customer: customer.phone[-4:])
    created_at = from_now(days=-20)


class PolicyFactory(DeskFactory):
    """A later version of the working time."""

    class Meta:
        model = models.Policy

    kind = PolicyKind.WORKING_TIME
    number = factory.Sequence(lambda n: n + 2)
    document = factory.LazyFunction(lambda: dict(working_time.DEFAULT_DOCUMENT))
    remarks = "周六上午也上班"
    published_at = from_now()


class ProjectFactory(DeskFactory):
    """A contract with the plan's example rate (D-17)."""

    class Meta:
        model = models.Project

    contract_no = factory.Sequence("ZX2026-{:04d}".format)
    customer = factory.SubFactory(CustomerFactory)
    room = factory.SubFactory(RoomFactory)
    amount = Decimal("168000.00")
    daily_delay_rate = Decimal("100.00")
    created_at = from_now(days=-20)


class DutyRoleFactory(DeskFactory):
    """A role of the duty group; the reference rows are found, not doubled."""

    class Meta:
        model = models.DutyRole
        sqlalchemy_get_or_create = ("code",)

    code = DutyRoleCode.CS_SUPERVISOR
    position = factory.LazyAttribute(lambda role: POSITION_OF_DUTY_ROLE[role.code])
    is_leader = factory.LazyAttribute(lambda role: role.code is DutyRoleCode.CS_SUPERVISOR)


class ShiftFactory(DeskFactory):
    """A shift that began two hours ago and lasts ten more."""

    class Meta:
        model = models.Shift

    role = factory.SubFactory(DutyRoleFactory)
    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    starts_at = from_now(hours=-2)
    ends_at = from_now(hours=10)
    created_at = from_now(days=-1)


class RotationFactory(DeskFactory):
    """A daily rotation of nobody yet."""

    class Meta:
        model = models.Rotation

    role = factory.SubFactory(DutyRoleFactory)
    name = "客服主管轮值"
    kind = RotationKind.DAILY
    unit = Unit.DAYS
    first_day = date(2026, 11, 23)
    handover_at = time(8)
    zone = "Asia/Shanghai"
    made_until = from_now()
    created_at = from_now()


class RotationMemberFactory(DeskFactory):
    """The first place of a rotation."""

    class Meta:
        model = models.RotationMember

    rotation_id = factory.LazyFunction(lambda: RotationFactory().id)
    place = 0
    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])


class OverrideFactory(DeskFactory):
    """Somebody stands beside the others for an hour."""

    class Meta:
        model = models.Override

    role = factory.SubFactory(DutyRoleFactory)
    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    starts_at = from_now()
    ends_at = from_now(hours=1)
    reason = "电话多，加一个人"
    created_at = from_now()


class SwapFactory(DeskFactory):
    """A swap that waits for an answer."""

    class Meta:
        model = models.Swap

    role = factory.SubFactory(DutyRoleFactory)
    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    taker = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    starts_at = from_now(hours=10)
    ends_at = from_now(hours=18)
    reason = "孩子发烧"
    asked_at = from_now()


class LeaveFactory(DeskFactory):
    """A day off from now on."""

    class Meta:
        model = models.Leave

    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    starts_at = from_now()
    ends_at = from_now(days=1)
    created_at = from_now()


class ComplaintFactory(DeskFactory):
    """A complaint row by itself; a test of what happens around one records it through the services."""

    class Meta:
        model = models.Complaint

    number = factory.Sequence("T-{:06d}".format)
    channel = Channel.HOTLINE
    first_word_at = from_now(minutes=-5)
    recorded_at = from_now()
    customer = factory.SubFactory(CustomerFactory)
    contact_name = factory.LazyAttribute(lambda complaint: complaint.customer.name)
    contact_phone = factory.LazyAttribute(lambda complaint: complaint.customer.phone)
    contact_phone_tail = factory.LazyAttribute(lambda complaint: complaint.contact_phone[-4:])
    category = Category.QUALITY
    problem = "客厅新铺的瓷砖空鼓"
    suggested_severity = Severity.GENERAL
    duty_role = factory.SubFactory(DutyRoleFactory, code=DutyRoleCode.ENGINEERING)


class OfComplaintFactory(DeskFactory):
    """A row that belongs to a complaint."""

    class Meta:
        abstract = True

    complaint = factory.SubFactory(ComplaintFactory)


class AuditFindingFactory(OfComplaintFactory):
    """A chain that was found without a next step, and repaired."""

    class Meta:
        model = models.AuditFinding

    problem = AuditProblem.NO_NEXT_STEP
    found_at = from_now()


class ClockFactory(OfComplaintFactory):
    """A contact clock that runs."""

    class Meta:
        model = models.Clock

    kind = ClockKind.CONTACT
    state = ClockState.RUNNING
    started_at = from_now()
    due_at = from_now(minutes=30)
    next_action_at = factory.LazyAttribute(
        lambda clock: clock.due_at if clock.state in (ClockState.RUNNING, ClockState.BREACHED) else None
    )


class TriageMeetingFactory(OfComplaintFactory):
    """One that has just begun."""

    class Meta:
        model = models.TriageMeeting

    started_at = from_now()
    started_by = factory.SubFactory(PersonFactory)
    due_at = from_now(minutes=10)


class MeetingAttendeeFactory(DeskFactory):
    """Somebody who was called and is not there yet."""

    class Meta:
        model = models.MeetingAttendee

    meeting = factory.SubFactory(TriageMeetingFactory)
    person = factory.SubFactory(PersonFactory)
    called_at = from_now()


class ClockPauseFactory(DeskFactory):
    """A clock that waits for the customer."""

    class Meta:
        model = models.ClockPause

    clock = factory.SubFactory(ClockFactory, kind=ClockKind.ON_SITE, state=ClockState.PAUSED, is_pausable=True)
    started_at = from_now()
    reason = "客户周日才在家"
    paused_by = factory.SubFactory(PersonFactory, roles=[Role.HANDLER])


class CompensationFactory(OfComplaintFactory):
    """An agreed amount that waits for approval."""

    class Meta:
        model = models.Compensation

    kind = CompensationKind.CASH
    basis = CompensationBasis.AGREED
    amount = Decimal("200.00")
    reason = "返工期间的不便"
    offered_at = from_now()
    offered_by = factory.SubFactory(PersonFactory, roles=[Role.HANDLER])


class CustomerContactFactory(OfComplaintFactory):
    """A call that reached the customer."""

    class Meta:
        model = models.CustomerContact

    at = from_now()
    by = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    method = ContactMethod.PHONE
    is_reached = True
    summary = "已致歉并约定明早上门"


class EscalationFactory(OfComplaintFactory):
    """A step that the clock climbed."""

    class Meta:
        model = models.Escalation

    from_level = 0
    to_level = 1
    target = Target.LEADER
    cause = EscalationCause.UNANSWERED
    raised_at = from_now()


class EvidenceFactory(OfComplaintFactory):
    """A photo's row, without the file."""

    class Meta:
        model = models.Evidence

    original_name = "空鼓.jpg"
    storage_name = factory.LazyFunction(lambda: uuid.uuid4().hex)
    media_type = "image/jpeg"
    size = 1024
    sha256 = "0" * 64
    uploaded_at = from_now()


class HeartbeatFactory(DeskFactory):
    """A job's last run."""

    class Meta:
        model = models.Heartbeat

    job = factory.Sequence("job_{}".format)
    succeeded_at = from_now()


class ImportBatchFactory(DeskFactory):
    """A spreadsheet that was handed in."""

    class Meta:
        model = models.ImportBatch

    file_name = "hotline.csv"
    storage_name = factory.LazyFunction(lambda: uuid.uuid4().hex)
    sha256 = "0" * 64
    state = ImportState.CHECKING
    uploaded_at = from_now()
    uploaded_by = factory.SubFactory(PersonFactory, roles=[Role.INTAKE])


class NotificationFactory(DeskFactory):
    """A message that waits to be sent."""

    class Meta:
        model = models.Notification

    dedup_key = factory.Sequence("test:{}".format)
    kind = NotificationKind.TEST
    message_class = factory.LazyAttribute(lambda notification: KINDS[notification.kind].message_class)
    person = factory.SubFactory(PersonFactory)
    phone = factory.LazyAttribute(lambda notification: notification.person.phone)
    text = "这是一条测试短信，收到即表示通道正常。"
    created_at = from_now()
    due_at = from_now()
    expires_at = from_now(hours=4)


class NotificationStepFactory(DeskFactory):
    """The first line of a message's history."""

    class Meta:
        model = models.NotificationStep

    notification = factory.SubFactory(NotificationFactory)
    at = from_now()
    state = NotificationState.QUEUED


class ReceiptFactory(DeskFactory):
    """What a provider says of a message that nobody knows yet."""

    class Meta:
        model = models.Receipt

    channel = "sandbox"
    dedup_key = factory.Sequence("receipt-{}".format)
    provider_id = factory.Sequence("sandbox-{}".format)
    state = NotificationState.DELIVERED
    received_at = from_now()


class InboundMessageFactory(DeskFactory):
    """A reply that the desk could make nothing of."""

    class Meta:
        model = models.InboundMessage

    channel = "sandbox"
    provider_id = factory.Sequence("reply-{}".format)
    phone = "+8613800138000"
    text = "收到了"
    received_at = from_now()
    outcome = ReplyOutcome.NOT_UNDERSTOOD


class ChannelStateFactory(DeskFactory):
    """A channel that works."""

    class Meta:
        model = models.ChannelState

    name = factory.Sequence("channel-{}".format)
    since = from_now()


class MessageTemplateFactory(DeskFactory):
    """The next version of a text."""

    class Meta:
        model = models.MessageTemplate

    kind = NotificationKind.TEST
    language = MessageLanguage.CHINESE.value
    number = factory.Sequence(lambda n: n + 1)
    text = "这是一条测试短信，收到即表示通道正常。"
    published_at = from_now()


class TemplateRegistrationFactory(DeskFactory):
    """A text that waits for a provider's approval."""

    class Meta:
        model = models.TemplateRegistration

    template = factory.SubFactory(MessageTemplateFactory)
    channel = "aliyun"
    signature = "安心桥"
    changed_at = from_now()


class OptOutFactory(DeskFactory):
    """A number that wants no more messages."""

    class Meta:
        model = models.OptOut

    phone = factory.Sequence("+861370013{:04d}".format)
    words = "TD"
    opted_out_at = from_now()


class PhoneVerificationFactory(DeskFactory):
    """A code that was sent and not typed back yet."""

    class Meta:
        model = models.PhoneVerification

    person = factory.SubFactory(PersonFactory)
    phone = factory.LazyAttribute(lambda verification: verification.person.phone)
    code_hash = "0" * 64
    sent_at = from_now()
    expires_at = from_now(minutes=10)


class AppointmentFactory(OfComplaintFactory):
    """Somebody comes tomorrow to look at it."""

    class Meta:
        model = models.Appointment

    person = factory.SubFactory(PersonFactory, roles=[Role.HANDLER])
    purpose = AppointmentPurpose.INSPECTION
    starts_at = from_now(days=1)
    ends_at = from_now(days=1, hours=2)
    made_at = from_now()


class DrillFactory(DeskFactory):
    """A drill that has just begun."""

    class Meta:
        model = models.Drill

    started_at = from_now()
    started_by = factory.SubFactory(PersonFactory, roles=[Role.DUTY_MANAGER])
    due_at = from_now(minutes=15)


class DrillCallFactory(DeskFactory):
    """Somebody who was called and has not answered yet."""

    class Meta:
        model = models.DrillCall

    drill = factory.SubFactory(DrillFactory)
    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    called_at = from_now()


class NumberSequenceFactory(DeskFactory):
    """A running number."""

    class Meta:
        model = models.NumberSequence

    prefix = factory.Sequence("X-{}".format)
    last = 0


class PromiseFactory(OfComplaintFactory):
    """A promise for tomorrow."""

    class Meta:
        model = models.Promise

    text = "明天上午十点前上门复查"
    made_at = from_now()
    made_by = factory.SubFactory(PersonFactory, roles=[Role.INTAKE])
    due_at = from_now(days=1)


class RecordChangeFactory(DeskFactory):
    """An edit that was written down."""

    class Meta:
        model = models.RecordChange

    record_type = "customers"
    record_id = 1
    at = from_now()
    changes: dict[str, list[Any]] = {"name": ["王女士", "王小姐"]}


class ResponsibilityFactory(OfComplaintFactory):
    """A lead."""

    class Meta:
        model = models.Responsibility

    person = factory.SubFactory(PersonFactory, roles=[Role.HANDLER])
    kind = ResponsibilityKind.LEAD
    side = FaultSide.CONSTRUCTION
    named_at = from_now()


class ScriptFactory(DeskFactory):
    """What to say in the first thirty seconds."""

    class Meta:
        model = models.Script

    key = factory.Sequence("script-{}".format)
    step = ScriptStep.OPENING
    title_zh = "开场"
    title_en = "Opening"
    body_zh = "您好，我是安心桥客服，您的事情现在由我负责。"
    body_en = "Hello, this is the Anxinqiao desk; from now on I look after this."


class SettingFactory(DeskFactory):
    """A number that a duty manager changed."""

    class Meta:
        model = models.Setting
        sqlalchemy_get_or_create = ("key",)

    key = SettingKey.PROMISE_REMINDER_MINUTES
    value = 30


class SmsInboxMessageFactory(DeskFactory):
    """An SMS that arrived on a sandbox phone."""

    class Meta:
        model = models.SmsInboxMessage

    phone = "+8613800138000"
    text = "【安心桥】这是一条测试短信，收到即表示通道正常。"
    message_id = factory.LazyFunction(lambda: uuid.uuid4().hex)
    received_at = from_now()


class SpecialDayFactory(DeskFactory):
    """A make-up day that was announced late."""

    class Meta:
        model = models.SpecialDay

    day = factory.Sequence(lambda n: date(2027, 2, 13) + timedelta(days=n))
    is_working = True
    name = "春节调休"


class SummonsFactory(OfComplaintFactory):
    """Somebody who was called first."""

    class Meta:
        model = models.Summons

    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    summoned_at = from_now()


class TimelineEventFactory(OfComplaintFactory):
    """A line of history."""

    class Meta:
        model = models.TimelineEvent

    at = from_now()
    kind = EventKind.NOTE
    note = "已与项目经理核实"


class IntakeFactory(factory.Factory):
    """What intake staff write down when 王女士 calls about hollow tiles (D-04)."""

    class Meta:
        model = Intake

    channel = Channel.HOTLINE
    first_word_at = from_now(minutes=-2)
    contact_name = "王女士"
    phone = Phone("+8613800138100", "", is_mobile=True)
    category = Category.QUALITY
    problem = "客厅新铺的瓷砖空鼓，敲着发空"
    facts = factory.LazyAttribute(lambda intake: Facts(intake.category))
    community = "梧桐苑"
    room = "18栋3单元2003"
    impact = "下周要进家具"
    demand = "三天内返工"
    is_read_back = True


class HandoverFactory(DeskFactory):
    """A handover that waits to be accepted."""

    class Meta:
        model = models.Handover

    role = factory.SubFactory(DutyRoleFactory)
    given_by = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    taken_by = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    changed_at = from_now()
    created_at = from_now()
    opened_at = from_now()
    due_at = from_now(minutes=15)


class CalendarFeedFactory(DeskFactory):
    """The feed of somebody's own shifts."""

    class Meta:
        model = models.CalendarFeed

    person = factory.SubFactory(PersonFactory, roles=[Role.DUTY])
    secret_hash = factory.Sequence("{:064x}".format)
    created_at = from_now(days=-1)


class GroupCaseFactory(DeskFactory):
    """An open group complaint about quality."""

    class Meta:
        model = models.GroupCase

    number = factory.Sequence("G-T-{:04d}".format)
    community = factory.SubFactory(CommunityFactory)
    category = Category.QUALITY
    opened_at = from_now()


class GroupMemberFactory(OfComplaintFactory):
    """A complaint that the desk counted in."""

    class Meta:
        model = models.GroupMember

    group = factory.SubFactory(GroupCaseFactory)
    household = factory.Sequence("1//{}".format)
    joined_at = from_now()


class CrewFactory(DeskFactory):
    """A crew."""

    class Meta:
        model = models.Crew

    name = factory.Sequence("泥工{}班".format)
    trade = "泥工"


class InspectionFactory(DeskFactory):
    """A look at the place that goes on."""

    class Meta:
        model = models.Inspection

    complaint = factory.SubFactory(ComplaintFactory)
    inspector = factory.SubFactory(PersonFactory)
    started_at = from_now()


class FindingFactory(DeskFactory):
    """Tiles that were tapped."""

    class Meta:
        model = models.Finding

    inspection = factory.SubFactory(InspectionFactory)
    kind = FindingKind.HOLLOW_TILES
    part = WorkPart.TILING
    place = "客厅"
    tapped = 60
    hollow = 9


class WorkOrderFactory(DeskFactory):
    """Planned free rework without a complaint behind it."""

    class Meta:
        model = models.WorkOrder

    number = factory.Sequence("W-2611-{:04d}".format)
    customer = factory.SubFactory(CustomerFactory)
    kind = WorkOrderKind.REWORK
    part = WorkPart.TILING
    words = "客厅空鼓砖返工"
    coverage = Coverage.IN_WARRANTY
    is_free = True
    why = "保修期内，本公司施工"
    made_at = from_now()
    planned_start_at = from_now(days=1)
    planned_done_at = from_now(days=4)


class WorkCostFactory(DeskFactory):
    """Ten tiles."""

    class Meta:
        model = models.WorkCost

    work_order = factory.SubFactory(WorkOrderFactory)
    kind = CostKind.MATERIAL
    what = "瓷砖"
    quantity = Decimal(10)
    unit = "片"
    unit_price = Decimal("45.00")
    amount = Decimal("450.00")
    entered_at = from_now()


class QuotationFactory(DeskFactory):
    """A price without an answer yet."""

    class Meta:
        model = models.Quotation

    work_order = factory.SubFactory(WorkOrderFactory)
    amount = Decimal("860.00")
    words = "更换水龙头及人工"
    offered_at = from_now()
    offered_by = factory.SubFactory(PersonFactory)


class DelayEntryFactory(DeskFactory):
    """Two days lost to late material."""

    class Meta:
        model = models.DelayEntry

    project = factory.SubFactory(ProjectFactory)
    kind = DelayEntryKind.LOST
    cause = DelayCause.MATERIAL
    first_on = factory.LazyFunction(lambda: timepiece.now().date() - timedelta(days=9))
    last_on = factory.LazyFunction(lambda: timepiece.now().date() - timedelta(days=8))
    days = 2
    words = "瓷砖晚到"
    entered_at = from_now()


class CatchUpPlanFactory(DeskFactory):
    """Two crews in shifts."""

    class Meta:
        model = models.CatchUpPlan

    complaint = factory.SubFactory(ComplaintFactory)
    words = "两班轮换"
    crews = 2
    more_hours = 2
    days = 2
    done_on = factory.LazyFunction(lambda: timepiece.now().date() + timedelta(days=6))
    made_at = from_now()
    made_by = factory.SubFactory(PersonFactory)


class ExtraItemFactory(DeskFactory):
    """A charge in dispute."""

    class Meta:
        model = models.ExtraItem

    complaint = factory.SubFactory(ComplaintFactory)
    what = "墙面加固"
    amount = Decimal("3200.00")
    entered_at = from_now()
    entered_by = factory.SubFactory(PersonFactory)


class CaseFormFactory(DeskFactory):
    """A design fault's form."""

    class Meta:
        model = models.CaseForm

    complaint = factory.SubFactory(ComplaintFactory)
    kind = CaseFormKind.DESIGN_FAULT
    answers = factory.LazyFunction(dict)
    filled_at = from_now()
    filled_by = factory.SubFactory(PersonFactory)


class ContractWarrantyFactory(DeskFactory):
    """Three years for tiling."""

    class Meta:
        model = models.ContractWarranty

    project = factory.SubFactory(ProjectFactory)
    part = WorkPart.TILING
    months = 36


class PlaybookStepFactory(DeskFactory):
    """A step for complaints of quality."""

    class Meta:
        model = models.PlaybookStep

    category = Category.QUALITY
    place = factory.Sequence(lambda count: count + 1)
    words_zh = "带空鼓锤上门"
    words_en = "Bring the tapping hammer"


class PlaybookTickFactory(DeskFactory):
    """A step that was done."""

    class Meta:
        model = models.PlaybookTick

    complaint = factory.SubFactory(ComplaintFactory)
    step = factory.SubFactory(PlaybookStepFactory)
    at = from_now()
    by = factory.SubFactory(PersonFactory)


class OutwardCaseFactory(DeskFactory):
    """The 12315 platform asks."""

    class Meta:
        model = models.OutwardCase

    complaint = factory.SubFactory(ComplaintFactory)
    body = OutwardBody.CONSUMER_HOTLINE
    reference = factory.Sequence("12315-{:06d}".format)
    came_at = from_now()
    due_at = from_now(days=14)
    entered_by = factory.SubFactory(PersonFactory)


class OutwardStatementFactory(DeskFactory):
    """A statement that nobody approved yet."""

    class Meta:
        model = models.OutwardStatement

    complaint = factory.SubFactory(ComplaintFactory)
    words = "我司已成立专项小组，正在处理。"
    written_at = from_now()
    written_by = factory.SubFactory(PersonFactory)


class MaliceReviewFactory(DeskFactory):
    """A suspicion."""

    class Meta:
        model = models.MaliceReview

    complaint = factory.SubFactory(ComplaintFactory)
    suspicion = "同一照片出现在三份投诉中"
    said_at = from_now()
    said_by = factory.SubFactory(PersonFactory)


class CompensationDecisionFactory(DeskFactory):
    """An approval."""

    class Meta:
        model = models.CompensationDecision

    compensation = factory.SubFactory(CompensationFactory)
    step = CompensationAction.APPROVE
    at = from_now()
    by = factory.SubFactory(PersonFactory)


class SpecialApprovalFactory(DeskFactory):
    """The form of a special approval."""

    class Meta:
        model = models.SpecialApproval

    compensation = factory.SubFactory(CompensationFactory)
    reason = "影响面大"
    risk = "媒体关注"
    budget = "客服专项"
    filled_at = from_now()
    filled_by = factory.SubFactory(PersonFactory)


class SubstitutionFactory(DeskFactory):
    """A substitute for the coming week."""

    class Meta:
        model = models.Substitution

    person = factory.SubFactory(PersonFactory)
    substitute = factory.SubFactory(PersonFactory)
    first_on = factory.LazyFunction(lambda: timepiece.now().date())
    last_on = factory.LazyFunction(lambda: timepiece.now().date() + timedelta(days=6))
    made_at = from_now()


class CustomerLinkFactory(DeskFactory):
    """A link that nobody opened yet."""

    class Meta:
        model = models.CustomerLink

    digest = factory.Sequence("{:064x}".format)
    complaint = factory.SubFactory(ComplaintFactory)
    made_at = from_now()
    expires_at = from_now(days=7)


class FollowUpFactory(DeskFactory):
    """A customer who is to be asked tomorrow."""

    class Meta:
        model = models.FollowUp

    complaint = factory.SubFactory(ComplaintFactory)
    round = 1
    due_at = from_now(days=1)


class FollowUpTryFactory(DeskFactory):
    """A call that nobody took."""

    class Meta:
        model = models.FollowUpTry

    follow_up = factory.SubFactory(FollowUpFactory)
    at = from_now()
    by = factory.SubFactory(PersonFactory)
    method = ContactMethod.PHONE


class CaseFileFactory(DeskFactory):
    """The first printed copy."""

    class Meta:
        model = models.CaseFile

    complaint = factory.SubFactory(ComplaintFactory)
    copy = 1
    printed_at = from_now()
    pages = 3
    sha256 = "a" * 64


class RootCauseFactory(DeskFactory):
    """A cause."""

    class Meta:
        model = models.RootCause

    code = factory.Sequence("cause-{}".format)
    name_zh = "材料受潮"
    name_en = "Damp material"


class ReviewFactory(DeskFactory):
    """The search for a cause, under way."""

    class Meta:
        model = models.Review

    complaint = factory.SubFactory(ComplaintFactory)
    begun_at = from_now()
    begun_by = factory.SubFactory(PersonFactory)


class WhyFactory(DeskFactory):
    """The first answer to “why?”."""

    class Meta:
        model = models.Why

    review = factory.SubFactory(ReviewFactory)
    place = 1
    answer = "水泥受潮"
    written_at = from_now()
    written_by = factory.SubFactory(PersonFactory)


class CorrectiveActionFactory(DeskFactory):
    """Something to be done within the month."""

    class Meta:
        model = models.CorrectiveAction

    review = factory.SubFactory(ReviewFactory)
    words = "仓库加装防潮垫"
    owner = factory.SubFactory(PersonFactory)
    due_on = factory.LazyFunction(lambda: timepiece.now().date() + timedelta(days=14))
    check_on = factory.LazyFunction(lambda: timepiece.now().date() + timedelta(days=44))
    made_at = from_now()
