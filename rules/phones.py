"""Telephone numbers as people say them, kept as E.164 and shown masked (N18)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

from rules.refusals import Refusal
from rules.vocabulary import N_

REGION = "CN"
MAX_LENGTH = 40
_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|x|#)\s*(\d{1,8})\s*$", re.IGNORECASE)
_DIALABLE = re.compile(r"[+\d\s().\-/\u2010-\u2015\u2212]+")
_DIALLED_AS_IT_IS = re.compile("1[3-9]|400|800")
_MOBILE_TYPES = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


@dataclass(frozen=True)
class Phone:
    """A number that can be called: E.164, its extension ('' for none), and whether it can take an SMS."""

    number: str
    extension: str
    is_mobile: bool

    @property
    def masked(self) -> str:
        """The number as it may stand on a screen or in a log."""
        return mask(self.number, self.extension)


def parse(text: str, *, field: str = "phone") -> Phone:
    """Read a number in any form that occurs: spaces, dashes, +86, 0086, full-width digits, 转 for an extension.

    Raises:
        Refusal: it is no number that could be called.
    """
    folded = unicodedata.normalize("NFKC", text).strip()
    extension = ""
    if match := _EXTENSION.search(folded):
        extension = match.group(1)
        folded = folded[: match.start()]
    try:
        if len(folded) > MAX_LENGTH or not _DIALABLE.fullmatch(folded):
            raise Refusal(N_("This is not a phone number."), field=field)
        number = phonenumbers.parse(folded, REGION)
    except phonenumbers.NumberParseException:
        raise Refusal(N_("This is not a phone number."), field=field) from None
    if not phonenumbers.is_valid_number(number):
        raise Refusal(N_("This phone number cannot exist; a digit is missing or too many."), field=field)
    kind = phonenumbers.number_type(number)
    return Phone(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension, kind in _MOBILE_TYPES
    )


def mobile(text: str, *, field: str = "phone") -> str:
    """Read a number that must take an SMS; returns E.164.

    Raises:
        Refusal: it is no number, or a landline.
    """
    phone = parse(text, field=field)
    if not phone.is_mobile or phone.extension:
        raise Refusal(N_("An SMS needs a mobile number."), field=field)
    return phone.number


def kept(number: str, extension: str) -> Phone:
    """A number as it is kept, E.164 with its extension beside it, as one that was just said.

    Raises:
        Refusal: it is no number that could be called.
    """
    return parse(f"{number}转{extension}" if extension else number)


def national(number: str) -> str:
    """The number as it is dialled in the country: 13800138000, 021-59254122, and Beijing's 010-88886666."""
    if not number.startswith("+86"):
        return number
    if number[3:4] == "1" and len(number) == len("+8613800138000"):
        return number[3:]
    parsed = phonenumbers.parse(number, REGION)
    area, _, subscriber = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL).partition(" ")
    return f"{area}-{subscriber.replace(' ', '')}"


def mask(number: str, extension: str = "") -> str:
    """``138****8000``, ``021****4122``: the last four digits identify, the middle is hidden."""
    if not number:
        return ""
    digits = number.removeprefix("+86")
    if number.startswith("+86") and not _DIALLED_AS_IT_IS.match(digits):
        digits = f"0{digits}"  # A landline is dialled with its area code: 021, 0755.
    head = digits[:3] if len(digits) >= 10 else ""
    tail = f"转{'*' * len(extension)}" if extension else ""
    return f"{head}****{digits[-4:]}{tail}"
