"""Every word the desk chooses from: the stored value and the English label, translated where it is shown.

A value is what the database keeps and never changes; a label may be reworded at any time.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Self


def N_(message: str) -> str:
    """Mark a message for translation where it is written; it is translated where it is shown."""
    return message


class Term(StrEnum):
    """A word with a stored value and a label."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """Keep the label beside the value."""
        term = str.__new__(cls, value)
        term._value_ = value
        term.label = label
        return term


class Role(Term):
    """What a person may do at the desk (``rules/permissions.py`` says what each role allows)."""

    INTAKE = "intake", N_("Intake")
    DUTY = "duty", N_("Duty member")
    HANDLER = "handler", N_("Handler")
    DUTY_MANAGER = "duty_manager", N_("Duty manager")
    APPROVER = "approver", N_("Approver")
    ANALYST = "analyst", N_("Analyst")
    ADMINISTRATOR = "administrator", N_("Administrator")
    AUDITOR = "auditor", N_("Auditor")


class Position(Term):
    """A person's post in the company; D-14 names who answers for which kind of fault."""

    CS_SUPERVISOR = "cs_supervisor", N_("Customer service supervisor")
    CS_AGENT = "cs_agent", N_("Customer service agent")
    ADVISER = "adviser", N_("Dedicated adviser")
    ENGINEERING_DIRECTOR = "engineering_director", N_("Engineering director")
    ENGINEERING_MANAGER = "engineering_manager", N_("Engineering manager")
    PROJECT_MANAGER = "project_manager", N_("Project manager")
    TECHNICIAN = "technician", N_("Technician")
    DESIGN_DIRECTOR = "design_director", N_("Design director")
    DESIGN_SUPERVISOR = "design_supervisor", N_("Design supervisor")
    LEAD_DESIGNER = "lead_designer", N_("Lead designer")
    LEGAL_COUNSEL = "legal_counsel", N_("Legal counsel")
    QUALITY_INSPECTOR = "quality_inspector", N_("Quality inspector")
    FINANCE = "finance", N_("Finance")
    GENERAL_MANAGER = "general_manager", N_("General manager")
    IT_STAFF = "it_staff", N_("IT staff")


class Channel(Term):
    """How the customer's word reached the company (H-02, G-08)."""

    HOTLINE = "hotline", N_("400 hotline")
    WEBSITE = "website", N_("Website")
    WECHAT = "wechat", N_("WeChat account")
    ADVISER = "adviser", N_("Dedicated adviser")
    SHOP = "shop", N_("Shop")
    OWNERS_GROUP = "owners_group", N_("Owners' group chat")
    SOCIAL_MEDIA = "social_media", N_("Social media")
    EMAIL = "email", N_("E-mail")
    AUTHORITY = "authority", N_("Public authority")


class Category(Term):
    """What kind of complaint it is (D-16 to D-19, D-15, H-05)."""

    QUALITY = "quality", N_("Construction quality")
    DELAY = "delay", N_("Delay")
    EXTRA_ITEMS = "extra_items", N_("Extra-item dispute")
    SERVICE = "service", N_("Service attitude")
    DESIGN = "design", N_("Design")
    SAFETY = "safety", N_("Safety hazard")
    OTHER = "other", N_("Other")


class Stage(Term):
    """The stage of the job the complaint is about (A-11)."""

    DESIGN = "design", N_("Design stage")
    QUOTATION = "quotation", N_("Quotation")
    MATERIAL = "material", N_("Material")
    CONSTRUCTION = "construction", N_("Construction")
    AFTER_SALES = "after_sales", N_("After-sales")


class Severity(IntEnum):
    """The one severity scale (decision 2 of the plan); 1 is the gravest."""

    MAJOR = 1
    URGENT = 2
    GENERAL = 3

    @property
    def label(self) -> str:
        """The level as the desk says it."""
        return _SEVERITY_LABELS[self]


_SEVERITY_LABELS = {
    Severity.MAJOR: N_("Level 1 major"),
    Severity.URGENT: N_("Level 2 urgent"),
    Severity.GENERAL: N_("Level 3 general"),
}


class Status(Term):
    """Where a complaint stands; ``rules/lifecycle.py`` says what may follow."""

    NEW = "new", N_("Waiting for contact")
    CONTACTED = "contacted", N_("Customer contacted")
    HANDLING = "handling", N_("In progress")
    RESOLVED = "resolved", N_("Resolved")
    CLOSED = "closed", N_("Closed")
    VOID = "void", N_("Void")


class Action(Term):
    """What a person can do to a complaint."""

    ACKNOWLEDGE = "acknowledge", N_("Acknowledge")
    CONTACT = "contact", N_("Record contact")
    GRADE = "grade", N_("Grade")
    MEET = "meet", N_("Triage meeting")
    GROUP = "group", N_("Group complaint")
    ASSIGN = "assign", N_("Hand over")
    STAND_DOWN = "stand_down", N_("Stand down")
    ESCALATE = "escalate", N_("Escalate")
    NOTE = "note", N_("Add a note")
    PROMISE = "promise", N_("Make a promise")
    WITHDRAW_PROMISE = "withdraw_promise", N_("Take a promise back")
    APPOINT = "appoint", N_("Make an appointment")
    REPORT = "report", N_("Report progress to the customer")
    ATTACH = "attach", N_("Add evidence")
    COMPENSATE = "compensate", N_("Offer compensation")
    UPDATE_FACTS = "update_facts", N_("Update the facts")
    PAUSE = "pause", N_("Pause a clock")
    RESUME = "resume", N_("Resume a clock")
    RESOLVE = "resolve", N_("Mark as resolved")
    CLOSE = "close", N_("Close")
    REOPEN = "reopen", N_("Reopen")
    VOID = "void", N_("Make void")


class Section(Term):
    """A part of the work on a complaint, each with its own buttons on the page."""

    INSPECTION = "inspection", N_("Inspection")
    WORK = "work", N_("Work orders")
    DISPUTE = "dispute", N_("Delay and extra items")
    OUTWARD = "outward", N_("Authorities and media")
    FOLLOW_UP = "follow_up", N_("Follow-up")
    REVIEW = "review", N_("Review")


class ClockKind(Term):
    """A promise of time that the plan makes; each runs by itself (decisions 4 and 5)."""

    CONTACT = "contact", N_("Contact within 30 min")
    TRIAGE = "triage", N_("Triage within 30 min")
    FIRST_ANSWER = "first_answer", N_("First answer")
    GOLDEN = "golden", N_("Golden 2 hours")
    ON_SITE = "on_site", N_("On site within 24 h")
    FORMAL_REPLY = "formal_reply", N_("Formal reply")
    REWORK = "rework", N_("Rework promise")
    PROGRESS = "progress", N_("Daily progress report")
    COMPENSATION = "compensation", N_("Decision on compensation")
    FOLLOW_UP = "follow_up", N_("Follow-up")
    OUTWARD = "outward", N_("Answer to an authority or the media")


class ClockState(Term):
    """Where a clock stands; BREACHED still runs, MISSED was stopped too late, PAUSED waits for the customer."""

    RUNNING = "running", N_("Running")
    PAUSED = "paused", N_("Paused")
    BREACHED = "breached", N_("Overdue")
    MET = "met", N_("Met")
    MISSED = "missed", N_("Missed")
    CANCELLED = "cancelled", N_("Cancelled")


class FaultSide(Term):
    """Where the fault lies, D-14's four answers."""

    CONSTRUCTION = "construction", N_("Construction side")
    DESIGN = "design", N_("Design side")
    SERVICE = "service", N_("Service side")
    MIXED = "mixed", N_("Mixed")


class ResponsibilityKind(Term):
    """One lead, any number of cooperators (D-14)."""

    LEAD = "lead", N_("Lead")
    COOPERATOR = "cooperator", N_("Cooperator")


class ContactMethod(Term):
    """How somebody talked to the customer."""

    PHONE = "phone", N_("Phone call")
    WECHAT = "wechat_message", N_("WeChat")
    VISIT = "visit", N_("Visit")
    SMS = "sms", N_("SMS")


class ContactPurpose(Term):
    """What the customer was told; each of them stops the clock of its name (A-05, D-17, H-06)."""

    TALK = "talk", N_("Conversation")
    FIRST_ANSWER = "first_answer", N_("First answer: what happens next")
    PROGRESS = "progress", N_("Progress report")
    FORMAL_REPLY = "formal_reply", N_("Formal reply")
    FOLLOW_UP = "follow_up", N_("Follow-up")


class PromiseKind(Term):
    """What was promised; a rework promise has a clock of its own (D-16)."""

    GENERAL = "general", N_("Promise")
    REWORK = "rework", N_("Rework promise")


class PolicyKind(Term):
    """Which of the plan's tables a policy holds; managers edit them, every version is kept."""

    SEVERITY = "severity", N_("Severity")
    CLOCKS = "clocks", N_("Clocks")
    ESCALATION = "escalation", N_("Escalation chain")
    WORKING_TIME = "working_time", N_("Working time")
    WARRANTY = "warranty", N_("Warranty")
    AUTHORITY = "authority", N_("Who decides on compensation")
    FOLLOW_UP = "follow_up", N_("Follow-up")


class AuditProblem(Term):
    """What the auditor found wrong with a chain, and put right."""

    NO_NEXT_STEP = "no_next_step", N_("Nobody would have been called")
    STEP_OVERDUE = "step_overdue", N_("The next call was overdue")
    NO_LEASE = "no_lease", N_("An acknowledgement without an end")


class EscalationCause(Term):
    """Why an escalation happened."""

    MANUAL = "manual", N_("Pressed by a person")
    UNANSWERED = "unanswered", N_("Nobody acknowledged in time")
    BREACH = "breach", N_("A clock ran out")
    NOBODY_ON_DUTY = "nobody_on_duty", N_("Nobody on duty")
    LAPSED = "lapsed", N_("The acknowledgement went stale")
    HANDED_OVER = "handed_over", N_("Handed over")
    RESUMED = "resumed", N_("The stand-down is over")
    REPAIRED = "repaired", N_("Found without a next step")


class CompensationKind(Term):
    """What the company gives (D-16, D-17, H-08)."""

    CASH = "cash", N_("Cash")
    TRANSFER = "transfer", N_("Bank transfer")
    OFF_FINAL_PAYMENT = "off_final_payment", N_("Off the final payment")
    MANAGEMENT_FEE = "management_fee", N_("Part of the management fee waived")
    CLEANING = "cleaning", N_("Cleaning")
    REWORK = "rework", N_("Free rework")
    SERVICE_HOURS = "service_hours", N_("Extra service hours")
    VOUCHER = "voucher", N_("Voucher")
    REFUND = "refund", N_("Refund")
    CARE_GIFT = "care_gift", N_("Care or maintenance gift")


class CompensationBasis(Term):
    """How the amount came about."""

    AGREED = "agreed", N_("Agreed amount")
    DELAY = "delay", N_("Days of delay × daily rate")


class CompensationStatus(Term):
    """Where a compensation stands; DECLINED was by the customer, REFUSED by the company."""

    OFFERED = "offered", N_("Waiting for approval")
    APPROVED = "approved", N_("Approved")
    ACCEPTED = "accepted", N_("Accepted by the customer")
    PAID = "paid", N_("Paid or delivered")
    REFUSED = "refused", N_("Refused")
    DECLINED = "declined", N_("Declined by the customer")
    WITHDRAWN = "withdrawn", N_("Withdrawn")


class MessageClass(Term):
    """Whom a message is for, and so at which hours it may come and how many of them a phone takes.

    DUTY calls somebody who is on duty; STAFF is everything else for the company's people; an ANSWER goes back to
    somebody who has just written; an ALARM tells an administrator that a channel is in trouble.
    """

    DUTY = "duty", N_("To somebody on duty")
    STAFF = "staff", N_("To staff")
    CUSTOMER = "customer", N_("To a customer")
    VERIFICATION = "verification", N_("Verification code")
    ANSWER = "answer", N_("Answer to a reply")
    ALARM = "alarm", N_("Alarm about a channel")


class ChannelKind(Term):
    """What a channel reaches people by."""

    SMS = "sms", N_("SMS")
    ROBOT = "robot", N_("Group robot")
    EMAIL = "email", N_("E-mail")
    VOICE = "voice", N_("Phone call")


class NotificationKind(Term):
    """Which message it is; one template each in ``rules/sms_text.py``."""

    DUTY_CALL = "duty_call", N_("Complaint waiting for you")
    ESCALATION = "escalation", N_("Escalated to you")
    NOBODY_ON_DUTY = "nobody_on_duty", N_("Nobody on duty")
    ASSIGNED = "assigned", N_("Complaint handed to you")
    CLOCK_BREACHED = "clock_breached", N_("Time ran out")
    CLOCK_WARNING = "clock_warning", N_("Time is running out")
    CLOCK_OVERRUN = "clock_overrun", N_("Still not done after the time ran out")
    LEASE_LAPSED = "lease_lapsed", N_("Your acknowledgement went stale")
    LEVEL_RAISED = "level_raised", N_("Raised to a graver level")
    CHAIN_REPAIRED = "chain_repaired", N_("A chain was repaired")
    GROUP_OPENED = "group_opened", N_("Group complaint")
    GROUP_MESSAGE = "group_message", N_("Word to a group complaint")
    MEETING_CALLED = "meeting_called", N_("Triage meeting begins")
    CUSTOMER_SILENT = "customer_silent", N_("The customer hears nothing")
    SHIFT_REMINDER = "shift_reminder", N_("Your shift begins")
    SHIFT_TOMORROW = "shift_tomorrow", N_("You are on duty tomorrow")
    SHIFT_CHANGED = "shift_changed", N_("Your shift was changed")
    ROSTER_GAP = "roster_gap", N_("Nobody will be on duty")
    SWAP_REQUESTED = "swap_requested", N_("Swap of duty asked of you")
    SWAP_TO_APPROVE = "swap_to_approve", N_("Swap of duty to approve")
    SWAP_DECIDED = "swap_decided", N_("Your swap of duty was decided")
    HANDOVER_WAITING = "handover_waiting", N_("Handover to accept")
    HANDOVER_LATE = "handover_late", N_("Handover not accepted")
    PROMISE_DUE = "promise_due", N_("A promise falls due")
    COMPENSATION_TO_DECIDE = "compensation_to_decide", N_("Compensation to decide")
    VISIT_TOMORROW = "visit_tomorrow", N_("Your visit tomorrow")
    VISIT_SOON = "visit_soon", N_("Your visit in two hours")
    VISIT_CHANGED = "visit_changed", N_("Your visit was changed")
    APPOINTMENT_MADE = "appointment_made", N_("To the customer: an appointment was made")
    APPOINTMENT_TOMORROW = "appointment_tomorrow", N_("To the customer: appointment tomorrow")
    APPOINTMENT_SOON = "appointment_soon", N_("To the customer: appointment in two hours")
    APPOINTMENT_CHANGED = "appointment_changed", N_("To the customer: the appointment was changed")
    PROGRESS_REPORT = "progress_report", N_("To the customer: progress of the day")
    FOLLOW_UP_LINK = "follow_up_link", N_("To the customer: how was it?")
    FOLLOW_UP_DUE = "follow_up_due", N_("A customer is to be asked")
    CUSTOMER_DISSATISFIED = "customer_dissatisfied", N_("The customer is not satisfied")
    WATER_TEST_OVER = "water_test_over", N_("A water-holding test is over")
    STATEMENT_TO_APPROVE = "statement_to_approve", N_("Statement to approve")
    MALICE_TO_DECIDE = "malice_to_decide", N_("Complaint for legal counsel")
    ACTION_DUE = "action_due", N_("A corrective action falls due")
    MORNING_DIGEST = "morning_digest", N_("What is open this morning")
    BUNDLE = "bundle", N_("Several complaints in one message")
    ANSWER = "answer", N_("Answer to a reply")
    VERIFICATION = "verification", N_("Code to verify a number")
    CHANNEL_ALARM = "channel_alarm", N_("A channel is in trouble")
    DRILL = "drill", N_("Drill of the duty group")
    TEST = "test", N_("Test message")


class NotificationState(Term):
    """Where a message stands.

    CLAIMED is leased by a worker and certainly not sent; ATTEMPTED may be; UNKNOWN means that the provider may have it
    and has not said so. A BUNDLED one went out inside another.
    """

    QUEUED = "queued", N_("Queued")
    CLAIMED = "claimed", N_("Taken by a worker")
    ATTEMPTED = "attempted", N_("Being sent")
    ACCEPTED = "accepted", N_("Accepted by the provider")
    DELIVERED = "delivered", N_("Delivered")
    FAILED = "failed", N_("Failed")
    UNKNOWN = "unknown", N_("Unknown")
    EXPIRED = "expired", N_("Expired")
    CANCELLED = "cancelled", N_("No longer needed")
    BUNDLED = "bundled", N_("Sent together with others")


class ChannelCondition(Term):
    """How a channel is. A TRIPPED one rests for a while; a STOPPED one waits until somebody looked after it."""

    OPEN = "open", N_("Working")
    TRIPPED = "tripped", N_("Resting after failures")
    STOPPED = "stopped", N_("Stopped: trouble with the account")


class RegistrationState(Term):
    """What a provider says of a template."""

    APPLIED = "applied", N_("Waiting for approval")
    APPROVED = "approved", N_("Approved")
    REFUSED = "refused", N_("Refused")


class ReplyOutcome(Term):
    """What the desk made of a message from a phone."""

    DONE = "done", N_("Done")
    REFUSED = "refused", N_("Not possible")
    UNKNOWN_NUMBER = "unknown_number", N_("Nobody's number")
    UNKNOWN_CODE = "unknown_code", N_("No such code")
    OF_ANOTHER = "of_another", N_("Somebody else's code")
    AMBIGUOUS = "ambiguous", N_("Which of several is not clear")
    EXPIRED = "expired", N_("Too late")
    NOT_UNDERSTOOD = "not_understood", N_("Not understood")
    OPTED_OUT = "opted_out", N_("Wants no more messages")
    OPTED_IN = "opted_in", N_("Wants messages again")
    KEPT = "kept", N_("Kept for people to read")


class MessageLanguage(Term):
    """In which language somebody wants their messages."""

    CHINESE = "zh", N_("Chinese")
    ENGLISH = "en", N_("English")


class AppointmentState(Term):
    """Where an appointment with a customer stands; a MOVED one has another in its place."""

    PLANNED = "planned", N_("Planned")
    MOVED = "moved", N_("Moved")
    CANCELLED = "cancelled", N_("Cancelled")
    KEPT = "kept", N_("Kept")
    MISSED = "missed", N_("Nobody came")


class AppointmentPurpose(Term):
    """Why somebody comes to the customer."""

    INSPECTION = "inspection", N_("On-site inspection")
    REPAIR = "repair", N_("Repair")
    HANDOVER = "handover", N_("Handover of the work")
    TALK = "talk", N_("Talk")


class MessageRelation(Term):
    """Why one message follows from another."""

    RESENT = "resent", N_("Sent again by hand")
    FALLBACK = "fallback", N_("Sent another way")
    BUNDLE = "bundle", N_("Stands for several")
    ANSWER = "answer", N_("Answers a reply")


class EventKind(Term):
    """What a line of a complaint's timeline tells."""

    RECORDED = "recorded", N_("Recorded")
    IMPORTED = "imported", N_("Imported")
    ACKNOWLEDGED = "acknowledged", N_("Acknowledged")
    CONTACT_LOGGED = "contact_logged", N_("Contact logged")
    GRADED = "graded", N_("Graded")
    RESPONSIBILITY = "responsibility", N_("Responsibility")
    ASSIGNED = "assigned", N_("Handed over")
    ESCALATED = "escalated", N_("Escalated")
    NOBODY_ON_DUTY = "nobody_on_duty", N_("Nobody on duty")
    NOTIFIED = "notified", N_("Notified")
    NOTIFICATION_FAILED = "notification_failed", N_("Message failed")
    CLOCK_BREACHED = "clock_breached", N_("Time ran out")
    CLOCK_STOPPED = "clock_stopped", N_("Clock stopped")
    CLOCK_WARNED = "clock_warned", N_("Time is running out")
    CLOCK_OVERRUN = "clock_overrun", N_("Still not done")
    CLOCK_PAUSED = "clock_paused", N_("Clock paused")
    CLOCK_RESUMED = "clock_resumed", N_("Clock resumed")
    LEASE_LAPSED = "lease_lapsed", N_("Acknowledgement went stale")
    STOOD_DOWN = "stood_down", N_("Stood down")
    CHAIN_REPAIRED = "chain_repaired", N_("Chain repaired")
    CALLS_FAILED = "calls_failed", N_("Nobody could be reached")
    REGRADED = "regraded", N_("Level raised by new facts")
    GROUP_JOINED = "group_joined", N_("Joined a group complaint")
    GROUP_LEFT = "group_left", N_("Left a group complaint")
    GROUP_MESSAGE = "group_message", N_("Word to the group complaint")
    REPLIED = "replied", N_("Answered by SMS")
    APPOINTMENT_MADE = "appointment_made", N_("Appointment made")
    APPOINTMENT_CHANGED = "appointment_changed", N_("Appointment changed")
    CUSTOMER_TOLD = "customer_told", N_("Message to the customer")
    MEETING_STARTED = "meeting_started", N_("Triage meeting began")
    MEETING_ENDED = "meeting_ended", N_("Triage meeting ended")
    MEETING_OVERRUN = "meeting_overrun", N_("Triage meeting runs over")
    NOTE = "note", N_("Note")
    EDITED = "edited", N_("Edited")
    EVIDENCE = "evidence", N_("Evidence")
    PROMISED = "promised", N_("Promise")
    PROMISE_KEPT = "promise_kept", N_("Promise kept")
    PROMISE_DUE = "promise_due", N_("Promise reminded")
    PROMISE_WITHDRAWN = "promise_withdrawn", N_("Promise taken back")
    COMPENSATION = "compensation", N_("Compensation")
    REPEAT_LINKED = "repeat_linked", N_("Linked as a repeat")
    DUPLICATE_MERGED = "duplicate_merged", N_("Merged with a duplicate")
    CUSTOMER_SILENT = "customer_silent", N_("The customer hears nothing")
    INSPECTED = "inspected", N_("Inspection")
    WORK_ORDER = "work_order", N_("Work order")
    DELAY_LEDGER = "delay_ledger", N_("Ledger of days")
    EXTRA_ITEM = "extra_item", N_("Extra item")
    CASE_FORM = "case_form", N_("Form filled in")
    PLAYBOOK = "playbook", N_("Step of the playbook")
    OUTWARD = "outward", N_("Authority or media")
    STATEMENT = "statement", N_("Statement")
    LINK_SENT = "link_sent", N_("Link for the customer")
    CUSTOMER_WROTE = "customer_wrote", N_("The customer, on their page")
    FOLLOWED_UP = "followed_up", N_("Follow-up")
    REVIEW = "review", N_("Review")
    MALICE = "malice", N_("Bad faith")
    CASE_FILE = "case_file", N_("Case file printed")
    RESOLVED = "resolved", N_("Resolved")
    CLOSED = "closed", N_("Closed")
    REOPENED = "reopened", N_("Reopened")
    VOIDED = "voided", N_("Made void")
    REVEALED = "revealed", N_("Contact details shown")


class ScriptStep(Term):
    """The moment of the conversation a script is for (N20, D-06, D-09, G-09)."""

    OPENING = "opening", N_("First 30 seconds")
    EMPATHY = "empathy", N_("Catch the feeling")
    FACTS = "facts", N_("Ask for the facts")
    READ_BACK = "read_back", N_("Read back")
    PROMISE = "promise", N_("Say what happens next")
    CALL_BACK = "call_back", N_("Calling back")
    TRIAGE = "triage", N_("Triage")
    CLOSING = "closing", N_("Closing")


class ImportState(Term):
    """Where an uploaded spreadsheet stands."""

    CHECKING = "checking", N_("Being checked")
    CHECKED = "checked", N_("Checked, nothing written yet")
    APPLYING = "applying", N_("Being written")
    APPLIED = "applied", N_("Written to the desk")
    REFUSED = "refused", N_("Refused as a whole")


class RowOutcome(Term):
    """How a spreadsheet row ended."""

    ACCEPTED = "accepted", N_("Accepted")
    DUPLICATE = "duplicate", N_("Duplicate")
    REFUSED = "refused", N_("Refused")


class WorkPart(Term):
    """A part of the work, as the warranty knows it (A-02, N10)."""

    TILING = "tiling", N_("Tiling")
    WALLS = "walls", N_("Walls and ceilings")
    PAINT = "paint", N_("Paint and wallpaper")
    FLOORING = "flooring", N_("Flooring")
    CARPENTRY = "carpentry", N_("Carpentry and cupboards")
    DOORS_WINDOWS = "doors_windows", N_("Doors and windows")
    WATERPROOFING = "waterproofing", N_("Waterproofing")
    PLUMBING = "plumbing", N_("Water pipes and sanitary ware")
    ELECTRICS = "electrics", N_("Electrics")
    HEATING_COOLING = "heating_cooling", N_("Heating and cooling")
    OTHER = "other", N_("Anything else")


class DefectCause(Term):
    """What a defect comes from: it decides who pays (A-04)."""

    WORKMANSHIP = "workmanship", N_("Our workmanship")
    OUR_MATERIAL = "our_material", N_("Material that we supplied")
    CUSTOMERS_MATERIAL = "customers_material", N_("Material that the customer supplied")
    USE = "use", N_("Use or damage after handover")
    WEAR = "wear", N_("Ordinary wear")
    UNKNOWN = "unknown", N_("Not known yet")


class Coverage(Term):
    """Where a part of the work stands with its warranty on a day."""

    NOT_ACCEPTED = "not_accepted", N_("Not accepted yet: still ours to finish")
    IN_WARRANTY = "in_warranty", N_("In warranty")
    OUT_OF_WARRANTY = "out_of_warranty", N_("Out of warranty")


class FindingKind(Term):
    """How something is measured on site (D-16, N11)."""

    HOLLOW_TILES = "hollow_tiles", N_("Tapping of tiles")
    WATER_HOLDING = "water_holding", N_("Water-holding test")
    CRACK = "crack", N_("Crack")
    OTHER = "other", N_("Seen or measured otherwise")


class FindingVerdict(Term):
    """What a measurement says."""

    SOUND = "sound", N_("In order")
    DEFECTIVE = "defective", N_("Not in order")
    RUNNING = "running", N_("Test still runs")
    OPEN = "open", N_("For a person to judge")


class WorkOrderKind(Term):
    """What a work order is for (A-03)."""

    REWORK = "rework", N_("Rework")
    REPAIR = "repair", N_("Repair")
    MAINTENANCE = "maintenance", N_("Maintenance")
    CLEANING = "cleaning", N_("Cleaning")


class WorkOrderState(Term):
    """Where a work order stands."""

    PLANNED = "planned", N_("Planned")
    QUOTED = "quoted", N_("Waiting for the customer's yes to the price")
    RUNNING = "running", N_("In hand")
    DONE = "done", N_("Done, not confirmed yet")
    CLOSED = "closed", N_("Confirmed by the customer")
    CANCELLED = "cancelled", N_("Called off")


class WorkOrderAction(Term):
    """A step in the life of a work order."""

    QUOTE = "quote", N_("Name the price")
    ACCEPT_QUOTE = "accept_quote", N_("The customer accepts the price")
    DECLINE_QUOTE = "decline_quote", N_("The customer declines the price")
    PLAN = "plan", N_("Plan")
    START = "start", N_("Begin the work")
    FINISH = "finish", N_("Work done")
    CONFIRM = "confirm", N_("Confirm with the customer")
    REDO = "redo", N_("Not in order: once more")
    CANCEL = "cancel", N_("Call off")


class CostKind(Term):
    """What a work order's money goes for (A-01)."""

    MATERIAL = "material", N_("Material")
    LABOUR = "labour", N_("Labour")
    OTHER = "other", N_("Other costs")


class DelayCause(Term):
    """Why days were lost (D-17)."""

    MATERIAL = "material", N_("Material came late")
    LABOUR = "labour", N_("Too few workers")
    WEATHER = "weather", N_("Weather")
    CUSTOMER = "customer", N_("The customer's own wish or delay")
    OTHER = "other", N_("Something else")


class DelayEntryKind(Term):
    """Whether days were lost or won back."""

    LOST = "lost", N_("Days lost")
    WON_BACK = "won_back", N_("Days won back")


class SignatureState(Term):
    """Whether the customer's signature under an extra item was found (D-18)."""

    FOUND = "found", N_("Signed")
    NOT_FOUND = "not_found", N_("Not signed")
    UNCLEAR = "unclear", N_("Not clear")


class ExtraItemOutcome(Term):
    """What became of a disputed extra item (D-18)."""

    UPHELD = "upheld", N_("The charge stands")
    REDUCED = "reduced", N_("Reduced")
    WITHDRAWN = "withdrawn", N_("Not charged")


class OutwardBody(Term):
    """Who asks from outside (N16)."""

    CONSUMER_ASSOCIATION = "consumer_association", N_("Consumer association")
    CONSUMER_HOTLINE = "consumer_hotline", N_("12315 platform")
    MAYORS_HOTLINE = "mayors_hotline", N_("12345 hotline")
    HOUSING_AUTHORITY = "housing_authority", N_("Housing authority")
    COURT = "court", N_("Court or arbitration")
    MEDIA = "media", N_("Media")
    OTHER = "other", N_("Somebody else")


class FollowUpState(Term):
    """What became of asking the customer."""

    PLANNED = "planned", N_("Planned")
    ANSWERED = "answered", N_("Answered")
    UNREACHED = "unreached", N_("Nobody reached")
    CANCELLED = "cancelled", N_("Not needed any more")


class FollowUpWay(Term):
    """How the customer answered, which says who wrote the scores down."""

    LINK = "link", N_("By the customer, on the page")
    PHONE = "phone", N_("By phone, entered by staff")
    VISIT = "visit", N_("On a visit, entered by staff")
    PAPER = "paper", N_("On paper, entered by staff")


class ReviewState(Term):
    """Where the search for the cause stands."""

    OPEN = "open", N_("In hand")
    DONE = "done", N_("Done")


class ActionEffect(Term):
    """Whether a corrective action helped."""

    WORKED = "worked", N_("It helped")
    FAILED = "failed", N_("It did not help")
    UNCLEAR = "unclear", N_("Too early or too few to say")


class EvidenceUse(Term):
    """What a file shows."""

    GENERAL = "general", N_("Evidence")
    BEFORE = "before", N_("Before the work")
    DURING = "during", N_("During the work")
    AFTER = "after", N_("After the work")
    SIGNATURE = "signature", N_("Signature")
    PROOF = "proof", N_("Proof of payment or delivery")
    DOCUMENT = "document", N_("Contract or paper")


class Side(Term):
    """Whose side something shows (H-07)."""

    OURS = "ours", N_("Our side")
    CUSTOMERS = "customers", N_("The customer's side")


class MaliceVerdict(Term):
    """What legal counsel decided on a complaint that seems to be made in bad faith (A-10, decision 8)."""

    CONFIRMED = "confirmed", N_("Made in bad faith")
    REJECTED = "rejected", N_("A complaint like any other")


class CaseFormKind(Term):
    """A short form of its own."""

    DESIGN_FAULT = "design_fault", N_("Design fault")
    SERVICE = "service", N_("Service and attitude")
