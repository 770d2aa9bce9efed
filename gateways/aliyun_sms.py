"""Aliyun SMS: SendSms with our id as OutId, QuerySendDetails to find it again, and its pushes.

OutId is a label, not a key: sent twice, it goes out twice. What keeps a message from being doubled is the question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gateways import aliyun_api, attempts, untrusted, web
from gateways.aliyun_api import AliyunAccount, AliyunApi
from gateways.base import (
    Answer,
    Fate,
    Finding,
    Message,
    Push,
    Receipt,
    Reply,
    Unreadable,
    Verdict,
    VerdictKind,
)
from gateways.codes import Codes
from gateways.untrusted import Record
from rules.vocabulary import ChannelKind

CODES: Final = Codes(
    aliyun_api.COMMON_CODES,
    {
        VerdictKind.ACCOUNT: (
            "isv.DAY_LIMIT_CONTROL",
            "isv.DENY_IP_RANGE",
            "isv.MONTH_LIMIT_CONTROL",
            "isv.SIGN_STATE_ILLEGAL",
            "isv.SMS_SIGN_ILLEGAL",
        ),
        VerdictKind.PERMANENT: (
            "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
            "isv.EXTEND_CODE_ERROR",
            "isv.PARAM_LENGTH_LIMIT",
            "isv.PARAM_NOT_SUPPORT_URL",
            "isv.SMS_CONTENT_ILLEGAL",
            "isv.SMS_SIGNATURE_ILLEGAL",
            "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
            "isv.SMS_TEMPLATE_ILLEGAL",
            "isv.TEMPLATE_MISSING_PARAMETERS",
        ),
    },
)

_FATES: Final = {"1": Fate.ON_ITS_WAY, "2": Fate.FAILED, "3": Fate.DELIVERED}
_BEST_FIRST: Final = (Fate.DELIVERED, Fate.ON_ITS_WAY, Fate.FAILED)
_PAGE: Final = 50
_MOST_PAGES: Final = 20
_REMEMBERED: Final = timedelta(days=29)
_CLOCKS_APART: Final = timedelta(minutes=10)
"""How far Aliyun's clock and ours may differ; an attempt near midnight is looked for on both days."""


@dataclass(frozen=True)
class AliyunSmsSettings(AliyunAccount):
    """One account; ``signature`` stands for messages that bring none."""

    endpoint: str = "https://dysmsapi.aliyuncs.com"
    signature: str = ""


class AliyunSms:
    """A channel that sends through Aliyun SMS."""

    kind = ChannelKind.SMS

    def __init__(self, settings: AliyunSmsSettings, read_clock: Callable[[], datetime]) -> None:
        self.name = settings.name
        self._signature = settings.signature
        self._api = AliyunApi(settings, read_clock)

    def send(self, message: Message) -> Verdict:
        """Send once; only approved templates go out here."""
        if message.template is None:
            return Verdict(VerdictKind.PERMANENT, code="no_template")
        parameters = {
            "PhoneNumbers": aliyun_api.dialled(message),
            "SignName": message.signature or self._signature,
            "TemplateCode": message.template.provider_id,
            "OutId": message.message_id,
        }
        if message.template.variables:
            parameters["TemplateParam"] = json.dumps(dict(message.template.variables), ensure_ascii=False)
        return self._api.attempt("SendSms", parameters, codes=CODES, id_field="BizId")

    def find(self, message: Message, provider_id: str) -> Finding:
        """Look through everything that was sent to the number that day.

        Only a complete list without our id proves that Aliyun never saw it, and only where it did not accept it before.
        """
        if self._api.read_clock() - message.at > _REMEMBERED:
            return Finding(Fate.CANNOT_SAY, provider_id)
        ours: list[Finding] = []
        doubt = ""
        try:
            for detail in self._details(message):
                if detail.token("OutId") == message.message_id:
                    ours.append(_finding(detail, provider_id))
        except Unreadable as failure:
            doubt = str(failure)
        except (web.NotSent, web.AnswerLost, ValueError) as failure:
            doubt = type(failure).__name__
        if ours:
            return min(ours, key=lambda finding: _BEST_FIRST.index(finding.fate))
        return Finding(Fate.CANNOT_SAY if doubt or provider_id else Fate.NEVER_SEEN, provider_id, words=doubt)

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read a push of SmsReport.

        Raises:
            Unreadable: it is none.
        """
        return untrusted.readings(push, _receipt)

    def replies(self, push: Push) -> Sequence[Reply]:
        """Read a push of SmsUp.

        Raises:
            Unreadable: it is none.
        """
        return untrusted.readings(push, _reply)

    def thanks(self, *, is_kept: bool) -> Answer:
        """What Aliyun wants to hear."""
        return aliyun_api.thanks(is_kept=is_kept)

    def _details(self, message: Message) -> Iterator[Record]:
        for day in _days(message.at):
            yield from self._details_of_day(aliyun_api.dialled(message), day)

    def _details_of_day(self, number: str, day: date) -> Iterator[Record]:
        seen = 0
        for page in range(1, _MOST_PAGES + 1):
            total, details = self._page(number, day, page)
            yield from details
            seen += len(details)
            if seen >= total:
                return
            if not details:
                break
        raise Unreadable("the list of messages is not complete")

    def _page(self, number: str, day: date, page: int) -> tuple[int, list[Record]]:
        question = {
            "PhoneNumber": number,
            "SendDate": f"{day:%Y%m%d}",
            "PageSize": str(_PAGE),
            "CurrentPage": str(page),
        }
        answered = self._api.ask("QuerySendDetails", question)
        answer = attempts.answer(answered)
        said, listed = Record(answer), answer.get("SmsSendDetailDTOs")
        if answered.status != 200 or said.token("Code") != "OK":
            raise Unreadable(said.token("Code") or f"http_{answered.status}")
        total = said.number("TotalCount")
        details = untrusted.records(listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None)
        if total is None or details is None:
            raise Unreadable("the list of messages cannot be read")
        return total, details


def _days(at: datetime) -> list[date]:
    """Aliyun's days on which an attempt at that moment may be listed."""
    near = (at - _CLOCKS_APART, at + _CLOCKS_APART)
    return sorted({moment.astimezone(untrusted.SHANGHAI).date() for moment in near})


def _finding(detail: Record, provider_id: str) -> Finding:
    fate = _FATES.get(detail.token("SendStatus"), Fate.ON_ITS_WAY)
    return Finding(fate, provider_id, detail.token("ErrCode"))


def _receipt(record: Record) -> Receipt:
    is_delivered, ours, theirs = record.truth("success"), record.token("out_id"), record.token("biz_id")
    if is_delivered is None or not (ours or theirs):
        raise Unreadable("this is no receipt")
    return Receipt(
        Fate.DELIVERED if is_delivered else Fate.FAILED,
        provider_id=theirs,
        message_id=ours,
        phone=untrusted.e164(record.text("phone_number")),
        code=record.token("err_code"),
        words=record.words("err_msg"),
        at=record.moment("report_time"),
        parts=record.number("sms_size"),
    )


def _reply(record: Record) -> Reply:
    phone, text = untrusted.e164(record.text("phone_number")), record.reply("content")
    if not phone or not record.has("content"):
        raise Unreadable("this is no reply")
    theirs = record.token("sequence_id") or untrusted.fingerprint(phone, record.text("send_time"), text)
    return Reply(theirs, phone, text, record.moment("send_time"))
