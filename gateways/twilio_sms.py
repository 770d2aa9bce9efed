"""Twilio's messages. Twilio takes no id of ours and lists none, so a lost answer is looked up by number and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateways import twilio, untrusted, wording
from gateways.base import Answer, Fate, Finding, Message, Push, Receipt, Reply, Unreadable, Verdict
from gateways.twilio import Known, TwilioAccount
from gateways.untrusted import Record
from rules.vocabulary import ChannelKind

_FATES: Final = {
    "delivered": Fate.DELIVERED,
    "read": Fate.DELIVERED,
    "undelivered": Fate.FAILED,
    "failed": Fate.FAILED,
    "canceled": Fate.FAILED,
}


class TwilioSms:
    """One Twilio account that writes messages."""

    kind = ChannelKind.SMS

    def __init__(self, account: TwilioAccount) -> None:
        self.name = account.name
        self._account = account

    def send(self, message: Message) -> Verdict:
        """Write once; our id goes along in the address of the receipts."""
        sender = "MessagingServiceSid" if self._account.sender.startswith("MG") else "From"
        form = {
            "To": message.phone,
            sender: self._account.sender,
            "Body": wording.under_signature(message),
            "StatusCallback": self._account.callback(message),
        }
        return twilio.create(self._account, "Messages", form, message)

    def find(self, message: Message, provider_id: str) -> Finding:
        """Ask by sid, or look for our words among what went to the number since the attempt."""
        return twilio.find(self._account, "Messages", message, provider_id, Known(_FATES, _is_ours))

    def receipts(self, push: Push) -> Sequence[Receipt]:
        """Read a status callback; our id is in its address, which the signature covers.

        Raises:
            Unreadable: it is forged or no status callback.
        """
        said = twilio.authentic(self._account, push)
        sid, status = said.token("MessageSid"), said.token("MessageStatus")
        if not sid or not status:
            raise Unreadable("This is no status of a message.")
        receipt = Receipt(
            _FATES.get(status, Fate.ON_ITS_WAY),
            provider_id=sid,
            message_id=push.query.get("id", ""),
            phone=untrusted.e164(said.text("To")),
            code=said.token("ErrorCode") or status,
        )
        return [receipt]

    def replies(self, push: Push) -> Sequence[Reply]:
        """Read an incoming message.

        Raises:
            Unreadable: it is forged or no message.
        """
        said = twilio.authentic(self._account, push)
        sid, phone = said.token("MessageSid"), untrusted.e164(said.text("From"))
        if not sid or not phone or not said.has("Body"):
            raise Unreadable("This is no message.")
        return [Reply(sid, phone, said.reply("Body"))]

    def thanks(self, *, is_kept: bool) -> Answer:
        """An empty TwiML document: nothing is written back."""
        return twilio.thanks(is_kept=is_kept)


def _is_ours(one: Record, message: Message) -> bool:
    # A trial account puts a sentence of its own before every text.
    return one.text("direction").startswith("outbound") and one.text("body").strip().endswith(
        wording.under_signature(message).strip()
    )
