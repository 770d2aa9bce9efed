"""What is remembered: one module per noun, all of them importable from here."""

from models.audit_finding import AuditFinding
from models.base import Base
from models.clock import Clock
from models.clock_pause import ClockPause
from models.compensation import Compensation
from models.complaint import Complaint
from models.customer import Customer
from models.customer_contact import CustomerContact
from models.duty import DutyRole, Shift
from models.escalation import Escalation
from models.evidence import Evidence
from models.feed import CalendarFeed
from models.group_case import GroupCase, GroupMember
from models.handover import Handover
from models.heartbeat import Heartbeat
from models.import_batch import ImportBatch
from models.leave import Leave
from models.notification import Notification
from models.number_sequence import NumberSequence
from models.override import Override
from models.person import Person, PersonRole
from models.place import Building, Community, Room
from models.policy import Policy
from models.project import Project
from models.promise import Promise
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
    "AuditFinding",
    "Base",
    "Building",
    "CalendarFeed",
    "Clock",
    "ClockPause",
    "Community",
    "Compensation",
    "Complaint",
    "Customer",
    "CustomerContact",
    "DutyRole",
    "Escalation",
    "Evidence",
    "GroupCase",
    "GroupMember",
    "Handover",
    "Heartbeat",
    "HistoryIsFinal",
    "ImportBatch",
    "Leave",
    "MeetingAttendee",
    "Notification",
    "NumberSequence",
    "Override",
    "Person",
    "PersonRole",
    "Policy",
    "Project",
    "Promise",
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
    "TimelineEvent",
    "TriageMeeting",
]
