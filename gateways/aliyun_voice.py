"""Aliyun's calls: SingleCallByTts reads an approved text aloud; for the last level, where an SMS was not enough.

OutId takes 15 bytes here, so a receipt brings back only the first 15 digits of our id; and a call whose answer was
lost cannot be asked after, since the question wants Aliyun's id.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateways import aliyun_api, attempts, untrusted, web
from gateways.aliyun_api import AliyunAccount, AliyunApi
from gateways.base import Answer, Fate, Finding, Message, Push, Receipt, Reply, Unreadable, Verdict, VerdictKind
from gateways.codes import Codes
from gateways.untrusted import Record
from rules.vocabulary import ChannelKind

CODES: Final = Codes(
    aliyun_api.COMMON_CODES,
    {
        VerdictKind.RETRY: ("isv.VOICE_CALL_PERIOD_ERROR",),
        VerdictKind.ACCOUNT: ("isv.BILLID_NOT_EXIST", "isv.DISPLAY_NUMBER_ILLEGAL"),
        VerdictKind.PERMANENT: (
            "isv.COMPLAINT_REJECT",
            "isv.TEMPLATE_ILLEGAL",
            "isv.TEMPLATE_PARAMS_ILLEGAL",
            "isv.TTS_TEMPLATE_ILLEGAL",
            "isv.VOICE_ROBOT_NOT_PERIOD",
        ),
        VerdictKind.UNKNOWN: ("isv.VOICE_CALL_FAIL",),  # It may have rung before it failed.
    },
)

OUT_ID_LENGTH: Final = 15
_ANSWERED: Final = frozenset({"200000", "200001"})
"""Heard to the end, or hung up before it: somebody picked up."""
_UNDER_WAY: Final = frozenset({"200100", "200101", "200102", "200103", "200201", "300000"})


@dataclass(frozen=True)
class AliyunVoiceSettings(AliyunAccount):
    """One account; ``shown_number`` '' calls from Aliyun's common numbers.

    ``product_id`` is what kind of call is asked after; Aliyun's own pages name 11000000300006 for notices and, in
    another place, 11010000138001 for every text read aloud.
    """

    endpoint: str = "https://dyvmsapi.aliyuncs.com"
    shown_number: str = ""
    play_times: int = 2
    product_id: str = "11000000300006"


class AliyunVoice:
    """A channel that calls through Aliyun."""

    kind = ChannelKind.VOICE

    def __init__(self, settings: AliyunVoiceSettings, read_clock: Callable[[], datetime]) -> None:
        self.name = settings.name
        self._settings = settings
        self._api = AliyunApi(settings, read_clock)

    def send(self, message: Message) -> Verdict:
        """Call once; only approved texts are read aloud here."""
        if message.template is None:
            return Verdict(VerdictKind.PERMANENT, code="no_template")
        parameters = {
            "CalledNumber": aliyun_api.dialled(message),
            "TtsCode": message.template.provider_id,
            "PlayTimes": str(self._settings.play_times),
            "OutId": message.message_id[:OUT_ID_LENGTH],
        }
        if self._settings.shown_number:
            parameters["CalledShowNumber"] = self._settings.shown_number
        if message.template.variables:
            parameters["TtsParam"] = json.dumps(dict(message.template.variables), ensure_ascii=False)
        return self._api.attempt("SingleCallByTts", parameters, codes=CODES, id_field="CallId")

    def find(self, message: Message, provider_id: str) -> Finding:
        """Ask how a call ended; Aliyun knows some minutes after it did, and by its own id only."""
        if not provider_id:
            return Finding(Fate.CANNOT_SAY)
        question = {
            "CallId": provider_id,
            "ProdId": self._settings.product_id,
            "QueryDate": str(int(message.at.timestamp()) * 1000),
        }

        def read(page: web.Page) -> Finding:
            state = _state(attempts.answer(page))
            return Finding(_fate(state) if state else Fate.CANNOT_SAY, provider_id, state)

        return attempts.question(lambda: self._api.ask("QueryCallDetailByCallId", question), read)

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read a push of VoiceReport; ``message_id`` holds the first 15 digits of ours.

        Raises:
            Unreadable: it is none.
        """
        return untrusted.readings(push, _receipt)

    def replies(self, push: Push) -> Sequence[Reply]:
        """Nobody writes back to a call.

        Raises:
            Unreadable: always.
        """
        raise Unreadable("calls bring no replies")

    def thanks(self, *, is_kept: bool) -> Answer:
        """What Aliyun wants to hear."""
        return aliyun_api.thanks(is_kept=is_kept)


def _state(answer: Mapping[str, object]) -> str:
    """The state in the details of the call, which come as JSON inside the JSON; '' where there are none (yet)."""
    details = answer.get("Data")
    try:
        fields = json.loads(details) if isinstance(details, str) else None
    except (ValueError, RecursionError):
        return ""
    return Record(fields).token("state") if isinstance(fields, dict) else ""


def _fate(state: str) -> Fate:
    if state in _ANSWERED:
        return Fate.DELIVERED
    return Fate.ON_ITS_WAY if state in _UNDER_WAY else Fate.FAILED


def _receipt(record: Record) -> Receipt:
    call_id, state = record.token("call_id"), record.token("status_code")
    if not call_id or not state:
        raise Unreadable("this is no receipt of a call")
    return Receipt(
        _fate(state),
        provider_id=call_id,
        message_id=record.token("out_id"),
        phone=untrusted.e164(record.text("callee")),
        code=state,
        words=record.words("status_msg"),
        at=record.moment("end_time"),
    )
