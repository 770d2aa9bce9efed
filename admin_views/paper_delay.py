"""The account of a delay as the customer reads it: day by day, what counts, and what it comes to (D-17, N8)."""

from __future__ import annotations

from flask_babel import gettext as _

from admin_views.paper_words import day, issuer, joined, wording, yuan
from models import Complaint, DelayEntry, Project
from rules.vocabulary import DelayEntryKind
from services import delay_ledger
from services.papers import Facts, Heading, Paper, Signatures, Table, Words


def paper(complaint: Complaint, project: Project) -> Paper:
    """The whole ledger of the project, line by line; what was struck out does not stand in it."""
    statement = delay_ledger.statement(project)
    account = statement.account
    rows = [_row(row) for row in statement.rows if row.struck_at is None]
    total = (_("Together"), "", "", _days(account.owed))
    head = [_("Days"), _("Why"), _("What happened"), _("Counts")]
    owed = yuan(statement.amount.amount) if statement.amount else _("Nothing is owed.")
    return Paper(
        title=_("Account of the delay"),
        number=complaint.number,
        subtitle=joined([complaint.contact_name, complaint.place, project.contract_no]),
        issuer=issuer(),
        blocks=[
            Heading(_("Day by day")),
            Table(head, [*rows, total], (3.4, 2, 5, 1.6), numbers=(3,), is_summed=True)
            if rows
            else Words(_("Nothing is on record."), is_muted=True),
            Heading(_("What it comes to")),
            Facts(
                [
                    (_("Lost"), _days(account.lost)),
                    (_("Of these your own"), _days(account.customers_own)),
                    (_("Won back"), _days(account.won_back)),
                    (_("Owed"), _days(account.owed)),
                    (_("A day"), yuan(project.daily_delay_rate) if project.daily_delay_rate else ""),
                    (_("Compensation"), owed),
                ]
            ),
            Words(_("Owed are the days lost, without your own and without those won back, at the contract's rate.")),
            Signatures([_("Customer, date"), _("For the company, date")]),
        ],
        wording=wording(),
    )


def _row(row: DelayEntry) -> tuple[str, str, str, str]:
    """One line; a day or a span of days."""
    span = day(row.first_on) if row.first_on == row.last_on else f"{day(row.first_on)} – {day(row.last_on)}"
    why = _(row.cause.label) if row.cause and row.kind is DelayEntryKind.LOST else _(row.kind.label)
    return span, why, row.words, _days(delay_ledger.counts(row))


def _days(count: int) -> str:
    return _("%(days)s days", days=count)
