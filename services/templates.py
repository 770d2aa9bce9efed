"""Templates: the words of every message, as shipped or as managers published them, and where a provider knows them.

Publishing adds a version; what stands in the outbox is worded anew when it is sent. A channel that knows only approved
texts sends the newest version that its provider approved, until it approves the one in force.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import SessionTransaction, joinedload
from sqlalchemy.orm.exc import StaleDataError

from extensions import db
from gateways.base import ApprovedTemplate
from models import MessageTemplate, Notification, TemplateRegistration
from rules import drills, sms_parts, sms_templates, sms_text, sms_values, texts
from rules.permissions import Permission
from rules.refusals import Conflict, NotFound, Refusal
from rules.vocabulary import N_, MessageLanguage, NotificationKind, RegistrationState
from services import channels, customer_links, first_writer, records
from services.actors import Actor, require

if TYPE_CHECKING:
    from services.channels import Channel

MAX_REMARKS = 500
MAX_PROVIDER_ID, MAX_SIGNATURE, MAX_WORDS = 64, 30, 300
LONGEST_SENTENCE = 120

_log = logging.getLogger(__name__)

_KEPT = "templates"
_LANGUAGES = {language.value: language for language in MessageLanguage}

Key = tuple[NotificationKind, MessageLanguage]


@dataclass(frozen=True)
class Worded:
    """A text ready to be sent, without its signature, and how many parts it has with it.

    ``template_id`` is the version it was made of, None for the shipped words; ``cut`` names values that did not fit.
    """

    text: str
    template_id: int | None
    parts: int
    cut: tuple[str, ...] = ()

    def put_on(self, notification: Notification) -> None:
        """Let the message say this; what tells of a complaint that is played says so in front (N15)."""
        notification.text, notification.template_id, notification.parts = self.text, self.template_id, self.parts
        if notification.is_of_played_complaint:
            notification.text = drills.marked(self.text, _language(notification))
            notification.parts = sms_parts.count(notification.text, signature())


class Version(NamedTuple):
    """The words of a kind in a language; number 0 with no id are the shipped ones."""

    text: str
    number: int = 0
    id: int | None = None


class Approved(NamedTuple):
    """A version as a provider approved it."""

    text: str
    number: int
    id: int
    provider_template_id: str


@dataclass
class _Kept:
    """What was read in one transaction: every version in force, and what each channel's provider approved."""

    transaction: SessionTransaction | None
    versions: Mapping[Key, Version]
    approved: dict[str, Mapping[Key, Approved]] = field(default_factory=dict)


# --- words ----------------------------------------------------------------------------------------------------------


def worded(kind: NotificationKind, language: MessageLanguage, values: Mapping[str, str]) -> Worded:
    """The text in force with these values in it; never fails."""
    version = in_force(kind, language)
    sentence = values.get(sms_text.SENTENCE, "") if kind is NotificationKind.ANSWER else ""
    if sentence:
        text = sms_templates.sentence(sentence, LONGEST_SENTENCE)
        return Worded(text, None, sms_parts.count(text, signature()))
    filled = sms_templates.fill(version.text, said(values, language), language)
    if filled.cut:
        _log.warning("a message of kind %s: no room for the whole of %s", kind, ", ".join(filled.cut))
    return Worded(filled.text, version.id, sms_parts.count(filled.text, signature()), filled.cut)


def said(values: Mapping[str, Any], language: MessageLanguage) -> dict[str, str]:
    """The values of a message in words."""
    return {name: sms_values.say(name, str(value), language) for name, value in values.items()}


def in_force(kind: NotificationKind, language: MessageLanguage) -> Version:
    """The newest published version, else the shipped words; read once a transaction."""
    return _kept().versions.get((kind, language)) or Version(sms_text.shipped(kind, language))


def approved(notification: Notification, channel: Channel) -> ApprovedTemplate | None:
    """The message as the channel's provider approved it; None where it approved no version of its text."""
    language = _language(notification)
    version = approved_at(notification.kind, language, channel.name)
    if version is None:
        return None
    values = _values(notification, language)
    names = sms_templates.variables(version.text)
    fitting = {name: customer_links.unsealed(sms_templates.fit(name, values.get(name, ""), language)) for name in names}
    return ApprovedTemplate(version.provider_template_id, fitting)


def worded_as_approved(notification: Notification, channel: Channel) -> Worded | None:
    """The words that really leave through a channel of templates: those of the version its provider approved.

    None where it approved no version, or writes whatever it is given.
    """
    language = _language(notification)
    version = approved_at(notification.kind, language, channel.name) if channel.needs_template else None
    if version is None:
        return None
    filled = sms_templates.fill(version.text, _values(notification, language), language)
    return Worded(filled.text, version.id, sms_parts.count(filled.text, signature()), filled.cut)


def _language(notification: Notification) -> MessageLanguage:
    receiver = notification.person or notification.customer
    return receiver.message_language if receiver else MessageLanguage.CHINESE


def _values(notification: Notification, language: MessageLanguage) -> dict[str, str]:
    return said({**notification.variables, sms_templates.CODE: notification.reply_code}, language)


def approved_at(kind: NotificationKind, language: MessageLanguage, channel: str) -> Approved | None:
    """The newest version that this channel's provider approved; read once a transaction."""
    kept = _kept()
    if channel not in kept.approved:
        kept.approved[channel] = _approved_versions(channel)
    return kept.approved[channel].get((kind, language))


def signature() -> str:
    """What stands in front of every text, without 【】."""
    given: str = current_app.config["DESK"].sms_signature
    return given


def _kept() -> _Kept:
    """What this transaction has read; another one reads anew, since somebody may have published meanwhile."""
    session = db.session()
    kept: _Kept | None = session.info.get(_KEPT)
    if kept is None or kept.transaction is None or kept.transaction is not session.get_transaction():
        versions = _versions_in_force()
        kept = session.info[_KEPT] = _Kept(session.get_transaction(), versions)
    return kept


def _forget() -> None:
    db.session().info.pop(_KEPT, None)


def _versions_in_force() -> Mapping[Key, Version]:
    T = MessageTemplate
    rows = db.session.execute(select(T.kind, T.language, T.text, T.number, T.id).order_by(T.number))
    return {(row.kind, _LANGUAGES[row.language]): Version(row.text, row.number, row.id) for row in rows}


def _approved_versions(channel: str) -> Mapping[Key, Approved]:
    T, R = MessageTemplate, TemplateRegistration
    rows = db.session.execute(
        select(T.kind, T.language, T.text, T.number, T.id, R.provider_template_id)
        .join(R, R.template_id == T.id)
        .where(R.channel == channel, R.state == RegistrationState.APPROVED)
        .order_by(T.number)
    )
    return {
        (row.kind, _LANGUAGES[row.language]): Approved(row.text, row.number, row.id, row.provider_template_id)
        for row in rows
    }


# --- versions -------------------------------------------------------------------------------------------------------


def versions(kind: NotificationKind, language: MessageLanguage, *, limit: int = 50) -> list[MessageTemplate]:
    """The published versions, the newest on top, each with its author."""
    return list(
        db.session.scalars(
            select(MessageTemplate)
            .where(MessageTemplate.kind == kind, MessageTemplate.language == language)
            .options(joinedload(MessageTemplate.published_by))
            .order_by(MessageTemplate.number.desc())
            .limit(limit)
        )
    )


def numbered(kind: NotificationKind, language: MessageLanguage, number: int) -> MessageTemplate:
    """The version of this number.

    Raises:
        NotFound: there is none.
    """
    T = MessageTemplate
    version = db.session.scalar(select(T).where(T.kind == kind, T.language == language, T.number == number))
    if version is None:
        raise NotFound(N_("There is no such version."))
    return version


def check(text: str, kind: NotificationKind, language: MessageLanguage) -> None:
    """Refuse words that a provider would, or that could not be filled in.

    Raises:
        Refusal: with the first fault, beside ``text``.
    """
    known = sms_templates.offered(kind)
    sms_templates.check(text, known=known, signature=signature(), language=language, field="text")


def publish(
    kind: NotificationKind,
    language: MessageLanguage,
    *,
    text: str,
    remarks: str,
    based_on: int,
    actor: Actor,
    now: datetime,
) -> MessageTemplate:
    """Publish the next version, made from version ``based_on`` (0: the shipped words).

    Raises:
        NotAllowed: the role does not allow it. Refusal: the words cannot be sent, or no remarks.
        Conflict: it says the same as the present one, or somebody published another version meanwhile.
    """
    require(actor, Permission.EDIT_TEMPLATES)
    text = text.strip()
    check(text, kind, language)
    texts.check_given(remarks, N_("Please say what changes and why."), field="remarks", longest=MAX_REMARKS)
    _forget()
    present = in_force(kind, language)
    if present.number != based_on:
        raise _published_meanwhile(present.number)
    if present.text == text:
        raise Conflict(N_("This says the same as the present version."))
    return _insert(kind, language, based_on + 1, text=text, remarks=remarks.strip(), actor=actor, now=now)


def _insert(
    kind: NotificationKind,
    language: MessageLanguage,
    number: int,
    *,
    text: str,
    remarks: str,
    actor: Actor,
    now: datetime,
) -> MessageTemplate:
    version = MessageTemplate(
        kind=kind,
        language=language,
        number=number,
        text=text,
        remarks=remarks,
        published_at=now,
        published_by_id=actor.id,
    )
    if not first_writer.insert(version):
        raise _published_meanwhile(number)
    _forget()
    return version


def _published_meanwhile(number: int) -> Conflict:
    return Conflict(N_("Somebody published version %(number)s meanwhile; please look at it first."), number=number)


# --- registrations --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Registered:
    """What a provider says of a version: its id there, the signature it goes with, its state and the words to it."""

    provider_template_id: str = ""
    signature: str = ""
    state: RegistrationState = RegistrationState.APPLIED
    words: str = ""

    def checked(self) -> Registered:
        """The same without spaces around.

        Raises:
            Refusal: something is endless or cannot be kept, or it is approved without an id.
        """
        found = Registered(self.provider_template_id.strip(), self.signature.strip(), self.state, self.words.strip())
        for name, longest in _LONGEST.items():
            texts.check(getattr(found, name), field=name, longest=longest)
        if any(sign.isspace() for sign in found.provider_template_id):
            raise Refusal(N_("An id has no spaces."), field="provider_template_id")
        if set(found.signature) & set("【】"):
            raise Refusal(N_("The signature stands without 【】."), field="signature")
        if found.state is RegistrationState.APPROVED and not found.provider_template_id:
            raise Refusal(N_("What is approved has an id at the provider."), field="provider_template_id")
        return found


_LONGEST = {"provider_template_id": MAX_PROVIDER_ID, "signature": MAX_SIGNATURE, "words": MAX_WORDS}


def registrations(version_ids: Collection[int]) -> Sequence[TemplateRegistration]:
    """What is known of these versions at any channel, the newest version on top."""
    statement = (
        select(TemplateRegistration)
        .where(TemplateRegistration.template_id.in_(version_ids))
        .options(joinedload(TemplateRegistration.template), joinedload(TemplateRegistration.changed_by))
        .order_by(TemplateRegistration.channel, TemplateRegistration.template_id.desc())
    )
    return db.session.scalars(statement).all()


def by_id(registration_id: int) -> TemplateRegistration:
    """The registration with this id.

    Raises:
        NotFound: there is none.
    """
    found = db.session.get(TemplateRegistration, registration_id)
    if found is None:
        raise NotFound(N_("There is no such registration."))
    return found


def register(
    kind: NotificationKind,
    language: MessageLanguage,
    number: int,
    *,
    channel: str,
    registered: Registered,
    actor: Actor,
    now: datetime,
) -> TemplateRegistration:
    """Write down that a version was handed in at a channel's provider; the shipped words become version 1 by it.

    Raises:
        NotAllowed: the role does not allow it. Refusal: a field is not usable, or a variable may be longer than this
            provider takes. NotFound: there is no such version. Conflict: it is registered there already.
    """
    require(actor, Permission.EDIT_TEMPLATES)
    registered = registered.checked()
    version = numbered(kind, language, number) if number else _shipped_as_first(kind, language, actor=actor, now=now)
    if registered.state is not RegistrationState.REFUSED:
        _refuse_longer_variables(version.text, language, channel)
    registration = TemplateRegistration(template_id=version.id, channel=channel)
    _put(registration, registered, actor=actor, now=now)
    changes = records.named(registration, records.changes_of(registration))
    if not first_writer.insert(registration):
        raise Conflict(N_("Version %(number)s is registered there already."), number=version.number)
    records.note_change(registration, changes, actor=actor, now=now)
    db.session.flush()
    _forget()
    return registration


def _refuse_longer_variables(text: str, language: MessageLanguage, channel: str) -> None:
    """A template whose values the provider would refuse, message after message, is not even handed in there."""
    known = channels.configured().named(channel)
    most = known.longest_variable if known is not None else None
    for name in sms_templates.variables(text):
        longest = sms_templates.VARIABLES[name].longest_in(language)
        if most is not None and longest > most:
            raise Refusal(
                N_("This provider takes %(most)s characters in a variable at most; {%(name)s} may have %(longest)s."),
                field="provider_template_id",
                most=most,
                name=name,
                longest=longest,
            )


def change_registration(
    registration: TemplateRegistration, *, version: int, registered: Registered, actor: Actor, now: datetime
) -> None:
    """Write down what the provider says now; ``version`` is the one that the person saw.

    Raises:
        NotAllowed: the role does not allow it. Refusal: a field is not usable, or a variable may be longer than this
            provider takes. Conflict: somebody else changed it meanwhile.
    """
    require(actor, Permission.EDIT_TEMPLATES)
    registered = registered.checked()
    if registration.version != version:
        raise _changed_meanwhile()
    if registered.state is not RegistrationState.REFUSED:
        handed_in = registration.template
        language = _LANGUAGES[handed_in.language]
        _refuse_longer_variables(handed_in.text, language, registration.channel)
    _put(registration, registered, actor=actor, now=now)
    try:
        records.note_edit(registration, actor=actor, now=now)
        db.session.flush()
    except StaleDataError:
        raise _changed_meanwhile() from None
    _forget()


def _put(registration: TemplateRegistration, registered: Registered, *, actor: Actor, now: datetime) -> None:
    registration.provider_template_id = registered.provider_template_id
    registration.signature = registered.signature
    registration.state = registered.state
    registration.words = registered.words
    registration.changed_at, registration.changed_by_id = now, actor.id


def _shipped_as_first(
    kind: NotificationKind, language: MessageLanguage, *, actor: Actor, now: datetime
) -> MessageTemplate:
    """A provider knows versions, so the shipped words become the first one."""
    present = in_force(kind, language)
    if present.number:
        raise _published_meanwhile(present.number)
    return _insert(kind, language, 1, text=present.text, remarks="", actor=actor, now=now)


def _changed_meanwhile() -> Conflict:
    return Conflict(N_("Somebody else changed this registration meanwhile; please look at it first."))
