"""What a provider's answer means, in a sentence for the person who looks after the channel."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from gateways.base import Verdict, VerdictKind
from models import ChannelState
from rules.vocabulary import ChannelCondition

_KEYS = lazy_gettext("The provider does not know these keys, or the secret is not theirs.")
_RIGHTS = lazy_gettext("The provider knows these keys, but they may not send.")
_MONEY = lazy_gettext("The account has no money left, or the service was ended.")
_CLOCK = lazy_gettext("The desk's clock is wrong; the provider takes no request from another time.")
_NETWORK = lazy_gettext("The provider does not let in the desk's address; add it to the list there.")
_SIGNATURE = lazy_gettext("The signature is not approved for this account.")
_TEMPLATE = lazy_gettext("The template is not approved, or its variables are others than the provider knows.")
_NO_TEMPLATE = lazy_gettext("This channel sends approved templates only, and none is registered for this message.")
_QUOTA = lazy_gettext("The account has used up what it may send in a day or a month.")
_NUMBER_LIMIT = lazy_gettext("This number has had as many messages as the provider allows for now.")
_NUMBER = lazy_gettext("The provider does not send to this number.")
_REFUSED_NUMBER = lazy_gettext("The owner of this number wants no messages from this account.")
_TOO_FAST = lazy_gettext("The provider was asked too fast and wants to be left alone for a while.")
_ROBOT = lazy_gettext("There is no such robot any more: it was removed, switched off, or the group was closed.")
_ROBOT_SECRET = lazy_gettext("The robot refused the signing secret, the keyword or the desk's address.")
_SENDER = lazy_gettext("The number or address that is to send is not this account's.")
_APPLICATION = lazy_gettext("The provider does not know this application or service.")
_NOT_REACHED = lazy_gettext(
    "The provider could not be reached; look at the network and at the address in the settings."
)
_NO_ANSWER = lazy_gettext("The connection broke before the answer came; nobody knows whether the message goes out.")
_UNWRITABLE = lazy_gettext("With these settings no request can be written; look for a stray character in a key.")
_BLOCKED_WORDS = lazy_gettext("The provider refuses the words of the message.")

SENTENCES: Final[Mapping[str, Any]] = {
    "not_reached": _NOT_REACHED,
    "no_answer": _NO_ANSWER,
    "unwritable": _UNWRITABLE,
    "no_template": _NO_TEMPLATE,
    # Aliyun
    "Forbidden*": _RIGHTS,
    "IncompleteSignature*": _KEYS,
    "InvalidAccessKeyId*": _KEYS,
    "InvalidSecurityToken*": _KEYS,
    "InvalidTimeStamp*": _CLOCK,
    "NoPermission*": _RIGHTS,
    "SignatureDoesNotMatch*": _KEYS,
    "Throttling*": _TOO_FAST,
    "isp.RAM_PERMISSION_DENY": _RIGHTS,
    "isv.ACCOUNT_ABNORMAL": _MONEY,
    "isv.ACCOUNT_NOT_EXISTS": _KEYS,
    "isv.AMOUNT_NOT_ENOUGH": _MONEY,
    "isv.BILLID_NOT_EXIST": _SENDER,
    "isv.BLACK_KEY_CONTROL_LIMIT": _REFUSED_NUMBER,
    "isv.BUSINESS_LIMIT_CONTROL": _NUMBER_LIMIT,
    "isv.DAY_LIMIT_CONTROL": _QUOTA,
    "isv.DENY_IP_RANGE": _NETWORK,
    "isv.DISPLAY_NUMBER_ILLEGAL": _SENDER,
    "isv.MOBILE_NUMBER_ILLEGAL": _NUMBER,
    "isv.MONTH_LIMIT_CONTROL": _QUOTA,
    "isv.OUT_OF_SERVICE": _MONEY,
    "isv.PRODUCT_UN*": _APPLICATION,
    "isv.SIGN_STATE_ILLEGAL": _SIGNATURE,
    "isv.SMS_CONTENT_ILLEGAL": _BLOCKED_WORDS,
    "isv.SMS_SIGN*": _SIGNATURE,
    "isv.*TEMPLATE*": _TEMPLATE,
    "isv.VOICE_CALL_PERIOD_ERROR": _NUMBER_LIMIT,
    # Tencent
    "ActionOffline": _APPLICATION,
    "AuthFailure*": _KEYS,
    "FailedOperation.ContainSensitiveWord": _BLOCKED_WORDS,
    "FailedOperation.InsufficientBalanceInSmsPackage": _MONEY,
    "FailedOperation.PhoneNumberInBlacklist": _REFUSED_NUMBER,
    "FailedOperation.SignatureIncorrectOrUnapproved": _SIGNATURE,
    "FailedOperation.Template*": _TEMPLATE,
    "InternalError.RequestTimeException": _CLOCK,
    "InternalError.Sig*": _KEYS,
    "InvalidParameter.AppidAndBizId": _APPLICATION,
    "InvalidParameterValue.IncorrectPhoneNumber": _NUMBER,
    "InvalidParameterValue.SdkAppIdNotExist": _APPLICATION,
    "IpInBlacklist": _NETWORK,
    "IpNotInWhitelist": _NETWORK,
    "LimitExceeded.*": _QUOTA,
    "LimitExceeded.DeliveryFrequencyLimit": _NUMBER_LIMIT,
    "LimitExceeded.PhoneNumber*": _NUMBER_LIMIT,
    "RequestLimitExceeded*": _TOO_FAST,
    "UnauthorizedOperation*": _RIGHTS,
    # Twilio
    "10001": _MONEY,
    "20003": _KEYS,
    "20005": _MONEY,
    "20008": _KEYS,
    "20404": _APPLICATION,
    "20429": _TOO_FAST,
    "21211": _NUMBER,
    "21212": _SENDER,
    "21215": _RIGHTS,
    "21408": _RIGHTS,
    "21606": _SENDER,
    "21608": _RIGHTS,
    "21610": _REFUSED_NUMBER,
    "21614": _NUMBER,
    "21659": _SENDER,
    "21660": _SENDER,
    "30002": _MONEY,
    # Robots
    "11232": _TOO_FAST,
    "130101": _TOO_FAST,
    "19001": _ROBOT,
    "19021": _ROBOT_SECRET,
    "19022": _NETWORK,
    "19024": _ROBOT_SECRET,
    "300001": _ROBOT,
    "300005": _ROBOT,
    "310000": _ROBOT_SECRET,
    "40035": _ROBOT,
    "400013": _ROBOT,
    "400101": _ROBOT,
    "400102": _ROBOT,
    "400106": _ROBOT,
    "45009": _TOO_FAST,
    "660026": _TOO_FAST,
    "93000": _ROBOT,
    "93004": _ROBOT,
    "93008": _ROBOT,
    # Mail servers and bare HTTP
    "530": _KEYS,
    "534": _KEYS,
    "535": _KEYS,
    "http_401": _KEYS,
    "http_402": _MONEY,
    "http_403": _RIGHTS,
    "http_404": _APPLICATION,
    "http_429": _TOO_FAST,
}
"""Known codes; ``*`` stands for anything, and the longest entry that fits decides."""

KINDS: Final[Mapping[VerdictKind, Any]] = {
    VerdictKind.ACCEPTED: lazy_gettext("The provider took the message; it should be there in a moment."),
    VerdictKind.RETRY: lazy_gettext("The provider did not take the message now; later it may."),
    VerdictKind.ACCOUNT: lazy_gettext("The provider takes nothing from this account."),
    VerdictKind.PERMANENT: lazy_gettext("The provider refuses this message."),
    VerdictKind.UNKNOWN: lazy_gettext("The provider gave no clear answer; it is asked whether the message goes out."),
}
"""What is said of a code that nobody knows."""


def answer(verdict: Verdict) -> str:
    """An answer in a sentence, followed by the provider's own words."""
    sentence = KINDS[VerdictKind.ACCEPTED] if verdict.kind is VerdictKind.ACCEPTED else _meaning(verdict.code)
    return _quoted(str(sentence or KINDS[verdict.kind]), verdict.code, verdict.words)


def trouble(state: ChannelState) -> str:
    """Why a channel rests or stands still, in a sentence followed by the provider's own words."""
    is_stopped = state.condition is ChannelCondition.STOPPED
    sentence = _meaning(state.code) or KINDS[VerdictKind.ACCOUNT if is_stopped else VerdictKind.RETRY]
    return _quoted(str(sentence), state.code, state.words)


def meaning(code: str) -> str:
    """What a code means, in a sentence; '' for one that nobody knows."""
    return str(_meaning(code) or "")


def _meaning(code: str) -> Any:
    fitting = (entry for entry in SENTENCES if _fits(entry, code))
    return SENTENCES.get(max(fitting, key=len, default=""))


def _fits(entry: str, code: str) -> bool:
    """Whether a code is of an entry; case matters, as providers write it."""
    return fnmatchcase(code, entry)


def _quoted(sentence: str, code: str, words: str) -> str:
    """The sentence, and what it was made of: the desk's own code in brackets, or what the provider said."""
    said = " ".join(filter(None, (code, words)))
    if not said:
        return sentence
    if code in OWN:
        return f"{sentence} ({said})"
    return gettext("%(sentence)s The provider's own words: %(said)s", sentence=sentence, said=said)


OWN: Final = frozenset({"not_reached", "no_answer", "unwritable", "no_template", "lease_over"})
"""Codes that no provider gave."""
