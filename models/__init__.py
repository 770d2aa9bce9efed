"""What is remembered: one module per noun, all of them importable from here."""

from models.appointment import Appointment
from models.audit_finding import AuditFinding
from models.base import Base
from models.case_file import CaseFile
from models.case_form import CaseForm
from models.channel_state import ChannelState
from models.clock import Clock
from models.clock_pause import ClockPause
from models.compensation import Compensation
from models.compensation_decision import CompensationDecision
from models.complaint import Complaint
from models.contract_warranty import ContractWarranty
from models.crew import Crew
from models.customer import Customer
from models.customer_contact import CustomerContact
from models.customer_link import CustomerLink
from models.delay import CatchUpPlan, DelayEntry
from models.drill import Drill, DrillCall
from models.duty import DutyRole, Shift
from models.escalation import Escalation
from models.evidence import Evidence
from models.extra_item import ExtraItem
from models.feed import CalendarFeed
from models.follow_up import FollowUp, FollowUpTry
from models.group_case import GroupCase, GroupMember
from models.handover import Handover
from models.heartbeat import Heartbeat
from models.import_batch import ImportBatch
from models.inbound_message import InboundMessage
from models.inspection import Finding, Inspection
from models.leave import Leave
from models.malice import MaliceReview
from models.message_template import MessageTemplate, TemplateRegistration
from models.notification import Notification
from models.notification_step import NotificationStep
from models.number_sequence import NumberSequence
from models.opt_out import OptOut
from models.outward import OutwardCase, OutwardStatement
from models.override import Override
from models.person import Person, PersonRole
from models.phone_verification import PhoneVerification
from models.place import Building, Community, Room
from models.playbook import PlaybookStep, PlaybookTick
from models.policy import Policy
from models.project import Project
from models.promise import Promise
from models.receipt import Receipt
from models.record_change import RecordChange
from models.responsibility import Responsibility
from models.review import CorrectiveAction, Review, RootCause, Why
from models.rotation import Rotation, RotationMember
from models.script import Script
from models.setting import Setting
from models.sms_inbox import SmsInboxMessage
from models.span import Span
from models.special_approval import SpecialApproval
from models.special_day import SpecialDay
from models.substitution import Substitution
from models.summons import Summons
from models.swap import Swap
from models.timeline import HistoryIsFinal, TimelineEvent
from models.triage_meeting import MeetingAttendee, TriageMeeting
from models.work_order import Quotation, WorkCost, WorkOrder

__all__ = [
    "Appointment",
    "AuditFinding",
    "Base",
    "Building",
    "CalendarFeed",
    "CaseFile",
    "CaseForm",
    "CatchUpPlan",
    "ChannelState",
    "Clock",
    "ClockPause",
    "Community",
    "Compensation",
    "CompensationDecision",
    "Complaint",
    "ContractWarranty",
    "CorrectiveAction",
    "Crew",
    "Customer",
    "CustomerContact",
    "CustomerLink",
    "DelayEntry",
    "Drill",
    "DrillCall",
    "DutyRole",
    "Escalation",
    "Evidence",
    "ExtraItem",
    "Finding",
    "FollowUp",
    "FollowUpTry",
    "GroupCase",
    "GroupMember",
    "Handover",
    "Heartbeat",
    "HistoryIsFinal",
    "ImportBatch",
    "InboundMessage",
    "Inspection",
    "Leave",
    "MaliceReview",
    "MeetingAttendee",
    "MessageTemplate",
    "Notification",
    "NotificationStep",
    "NumberSequence",
    "OptOut",
    "OutwardCase",
    "OutwardStatement",
    "Override",
    "Person",
    "PersonRole",
    "PhoneVerification",
    "PlaybookStep",
    "PlaybookTick",
    "Policy",
    "Project",
    "Promise",
    "Quotation",
    "Receipt",
    "RecordChange",
    "Responsibility",
    "Review",
    "Room",
    "RootCause",
    "Rotation",
    "RotationMember",
    "Script",
    "Setting",
    "Shift",
    "SmsInboxMessage",
    "Span",
    "SpecialApproval",
    "SpecialDay",
    "Substitution",
    "Summons",
    "Swap",
    "TemplateRegistration",
    "TimelineEvent",
    "TriageMeeting",
    "Why",
    "WorkCost",
    "WorkOrder",
]
