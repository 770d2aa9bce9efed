"""Twilio's calls: the text is read out twice, and one key answers it as an SMS would.

"Delivered" means that the call was answered and went through, be it by a mailbox; only a key pressed says that somebody
listened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from gateways import twilio, untrusted, wording
from gateways.base import Answer, Fate, Finding, Message, Push, Receipt, Reply, Unreadable, Verdict
from gateways.twilio import Known, TwilioAccount
from gateways.untrusted import Record
from rules.vocabulary import ChannelKind

_FATES: Final = {
    "completed": Fate.DELIVERED,
    "busy": Fate.FAILED,
    "no-answer": Fate.FAILED,
    "failed": Fate.FAILED,
    "canceled": Fate.FAILED,
}
_KEY_WITHIN: Final = 10
_LONGEST_TEXT: Final = 1500
"""Characters read out: Twilio takes 4,000 of TwiML, and nobody listens that long at night."""


@dataclass(frozen=True, kw_only=True)
class TwilioVoiceSettings(TwilioAccount):
    """An account that calls; ``replies_url`` is where the key pressed is brought to, '' to ask for none."""

    replies_url: str = field(default="", repr=False)
    language: str = "cmn-CN"
    voice: str = "Polly.Zhiyu"


class TwilioVoice:
    """One Twilio account that calls."""

    kind = ChannelKind.VOICE

    def __init__(self, settings: TwilioVoiceSettings) -> None:
        self.name = settings.name
        self._settings = settings

    def send(self, message: Message) -> Verdict:
        """Call once; our id goes along in the address of the receipts."""
        form = {
            "To": message.phone,
            "From": self._settings.sender,
            "Twiml": self._script(message),
            "StatusCallback": self._settings.callback(message),
        }
        return twilio.create(self._settings, "Calls", form, message)

    def find(self, message: Message, provider_id: str) -> Finding:
        """Ask by sid; without one the first call to the number since the attempt is taken for ours."""
        return twilio.find(self._settings, "Calls", message, provider_id, Known(_FATES, _is_ours))

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read a status callback; our id is in its address, which the signature covers.

        Raises:
            Unreadable: it is forged or no status callback.
        """
        said = twilio.authentic(self._settings, push)
        sid, status = said.token("CallSid"), said.token("CallStatus")
        if not sid or not status:
            raise Unreadable("This is no status of a call.")
        receipt = Receipt(
            _FATES.get(status, Fate.ON_ITS_WAY),
            provider_id=sid,
            message_id=push.query.get("id", ""),
            phone=untrusted.e164(said.text("To")),
            code=status,
        )
        return [receipt]

    def replies(self, push: Push) -> Sequence[Reply]:
        """Read the key that was pressed; the call is the reply's id, since a call takes one.

        Raises:
            Unreadable: it is forged or no key.
        """
        said = twilio.authentic(self._settings, push)
        sid, phone = said.token("CallSid"), untrusted.e164(said.text("To"))
        if not sid or not phone or not said.text("Digits"):
            raise Unreadable("This is no key pressed during a call.")
        return [Reply(sid, phone, said.reply("Digits"))]

    def thanks(self, *, is_kept: bool) -> Answer:
        """An empty TwiML document: the call ends."""
        return twilio.thanks(is_kept=is_kept)

    def _script(self, message: Message) -> str:
        spoken = escape(wording.whole(f"{message.signature}。{message.text}")[:_LONGEST_TEXT])
        settings = self._settings
        say = f'<Say language={quoteattr(settings.language)} voice={quoteattr(settings.voice)} loop="2">{spoken}</Say>'
        if settings.replies_url:
            action = quoteattr(settings.replies_url)
            say = f'<Gather action={action} numDigits="1" timeout="{_KEY_WITHIN}">{say}</Gather>'
        return f"<Response>{say}</Response>"


def _is_ours(one: Record, message: Message) -> bool:
    return one.text("direction").startswith("outbound")
