"""What is remembered: one module per noun, all of them importable from here."""

from models.appointment import Appointment
from models.audit_finding import AuditFinding
from models.base import Base
from models.channel_state import ChannelState
from models.clock import Clock
from models.clock_pause import ClockPause
from models.compensation import Compensation
from models.complaint import Complaint
from models.customer import Customer
from models.customer_contact import CustomerContact
from models.drill import Drill, DrillCall
from models.duty import DutyRole, Shift
from models.escalation import Escalation
from models.evidence import Evidence
from models.feed import CalendarFeed
from models.group_case import GroupCase, GroupMember
from models.handover import Handover
from models.heartbeat import Heartbeat
from models.import_batch import ImportBatch
from models.inbound_message import InboundMessage
from models.leave import Leave
from models.message_template import MessageTemplate, TemplateRegistration
from models.notification import Notification
from models.notification_step import NotificationStep
from models.number_sequence import NumberSequence
from models.opt_out import OptOut
from models.override import Override
from models.person import Person, PersonRole
from models.phone_verification import PhoneVerification
from models.place import Building, Community, Room
from models.policy import Policy
from models.project import Project
from models.promise import Promise
from models.receipt import Receipt
from models.record_change import RecordChange
from models.responsibility import Responsibility
from models.rotation import Rotation, RotationMember
from models.script import Script
from models.setting import Setting
from models.sms_inbox import SmsInboxMessage
from models.span import Span
from models.special_day import SpecialDay
from models.summons import Summons
from models.swap import Swap
from models.timeline import HistoryIsFinal, TimelineEvent
from models.triage_meeting import MeetingAttendee, TriageMeeting

__all__ = [
    "Appointment",
    "AuditFinding",
    "Base",
    "Building",
    "CalendarFeed",
    "ChannelState",
    "Clock",
    "ClockPause",
    "Community",
    "Compensation",
    "Complaint",
    "Customer",
    "CustomerContact",
    "Drill",
    "DrillCall",
    "DutyRole",
    "Escalation",
    "Evidence",
    "GroupCase",
    "GroupMember",
    "Handover",
    "Heartbeat",
    "HistoryIsFinal",
    "ImportBatch",
    "InboundMessage",
    "Leave",
    "MeetingAttendee",
    "MessageTemplate",
    "Notification",
    "NotificationStep",
    "NumberSequence",
    "OptOut",
    "Override",
    "Person",
    "PersonRole",
    "PhoneVerification",
    "Policy",
    "Project",
    "Promise",
    "Receipt",
    "RecordChange",
    "Responsibility",
    "Room",
    "Rotation",
    "RotationMember",
    "Script",
    "Setting",
    "Shift",
    "SmsInboxMessage",
    "Span",
    "SpecialDay",
    "Summons",
    "Swap",
    "TemplateRegistration",
    "TimelineEvent",
    "TriageMeeting",
]
