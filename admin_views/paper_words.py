"""What every paper has in common when it is put into words: who issues it, its page numbers, dates and amounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from flask import Response, current_app, send_file
from flask_babel import gettext

from admin_views.words import company_time
from models import Crew, Person
from services.papers import Wording


def issuer() -> str:
    """The company, as its messages are signed."""
    return str(current_app.config["DESK"].sms_signature)


def wording() -> Wording:
    """The words of the pages themselves."""
    return Wording(
        page_of=gettext("Page {page} of {pages}"),
        left_out=gettext("… ({count} more characters are in the electronic record)"),
        checksum=gettext("Checksum"),
        checksum_means=gettext(
            "SHA-256 of everything that this paper says, with the checksum of every file; "
            "the desk keeps the same contents under the same number."
        ),
    )


def moment(at: datetime | None) -> str:
    """A moment as paper needs it, with its year; '—' for none."""
    return company_time(at, "yyyy-MM-dd HH:mm") or "—"


def day(on: date | None) -> str:
    """A day; '—' for none."""
    return on.isoformat() if on else "—"


def yuan(amount: Decimal | None) -> str:
    """An amount; '—' for none."""
    return f"¥{amount:,.2f}" if amount is not None else "—"


def name(who: Person | Crew | None) -> str:
    """Somebody's name; the desk itself where nobody did it."""
    return who.name if who is not None else gettext("the desk")


def yes(is_so: bool) -> str:
    """Yes or no."""
    return gettext("Yes") if is_so else gettext("No")


def joined(parts: Iterable[str]) -> str:
    """What is there of some words, side by side."""
    return " · ".join(part for part in parts if part)


def sent(content: BinaryIO, file_name: str) -> Response:
    """A PDF to the browser, which shows it and keeps nothing of it."""
    answer: Response = send_file(content, mimetype="application/pdf", download_name=file_name, etag=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer
