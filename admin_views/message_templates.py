"""Texts of messages: what each says in each language, who changed it and how, and where a provider approved it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from admin_views.base import actor
from admin_views.fields import WordField, sentence
from admin_views.pages import Page
from admin_views.rows import LARGEST_ID
from admin_views.verb_form import VerbForm
from models import MessageTemplate, TemplateRegistration
from rules import sms_parts, sms_templates, sms_text
from rules.message_kinds import KINDS
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.sms_templates import CODE, VARIABLES, Variable
from rules.vocabulary import MessageClass, MessageLanguage, NotificationKind, RegistrationState
from services import channels, templates
from services.actors import require
from services.channels import Channel
from services.templates import Approved, Registered, Version

TEXT_LENGTH = sms_parts.LONGEST
_PIECES = re.compile(r"\{[^{}]*\}|[A-Za-z0-9]+|.", re.DOTALL)


def _number(text: Any) -> int:
    """A hidden field's number; 0 when somebody made it up."""
    text = str(text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class TextForm(VerbForm):
    """A version that is to be published; ``based_on`` is the one it was made from."""

    based_on = HiddenField()
    text = TextAreaField(
        lazy_gettext("Text"), [InputRequired(lazy_gettext("Write the text.")), Length(max=TEXT_LENGTH)]
    )
    remarks = TextAreaField(
        lazy_gettext("What changes, and why"),
        [InputRequired(lazy_gettext("Please say what changes and why.")), Length(max=templates.MAX_REMARKS)],
    )


class RegistrationForm(VerbForm):
    """What a provider says of a version; ``version`` is the record's that the person saw, 0 for a new one."""

    version = HiddenField()
    provider_template_id = StringField(
        lazy_gettext("Template's id at the provider"), [Length(max=templates.MAX_PROVIDER_ID)]
    )
    signature = StringField(lazy_gettext("Signature"), [Length(max=templates.MAX_SIGNATURE)])
    state = WordField(lazy_gettext("State"), words=RegistrationState)
    words = TextAreaField(lazy_gettext("Provider's words"), [Length(max=templates.MAX_WORDS)])

    def registered(self) -> Registered:
        """What was typed."""
        return Registered(
            provider_template_id=self.provider_template_id.data or "",
            signature=self.signature.data or "",
            state=self.state.data,
            words=self.words.data or "",
        )


@dataclass(frozen=True)
class AtChannel:
    """How a version stands at a channel that needs approved texts, and which version goes out there now."""

    channel: Channel
    registration: TemplateRegistration | None
    sent: Approved | None


@dataclass(frozen=True)
class Piece:
    """A piece of a text; ``change`` is 'new' or 'gone' where two versions differ, otherwise ''."""

    text: str
    change: str = ""

    @property
    def is_place(self) -> bool:
        """Whether a variable stands here."""
        return self.text.startswith("{")


@dataclass(frozen=True)
class Published:
    """A version of the history (None: as shipped) and its text, with what it changed in the one before."""

    version: MessageTemplate | None
    pieces: Sequence[Piece]


class MessageTemplatesView(Page):
    """Everybody who sees messages reads what they say; managers publish the next version."""

    view_permission = Permission.VIEW_MESSAGES

    @expose("/")
    def index(self) -> Any:
        """Every message in every language, by whom it is for."""
        found = {
            (kind, language): templates.in_force(kind, language) for kind in NotificationKind for language in _LANGUAGES
        }
        return self.render(
            "message_templates.html",
            classes=_by_class(),
            languages=_LANGUAGES,
            versions=found,
            standing=_standing(found),
            pieces=pieces,
            parts=_most_parts,
        )

    @expose("/<kind>/<language>")
    @expose("/<kind>/<language>/<int:number>")
    def show(self, kind: str, language: str, number: int | None = None) -> Any:
        """One text, the one in force unless asked for another, and the history."""
        of = _key(kind, language)
        present = templates.in_force(*of)
        shown = present if number in (None, present.number) else _version(*of, number or 0)
        return self.render(
            "message_template.html",
            kind=of[0],
            language=of[1],
            languages=_LANGUAGES,
            shown=shown,
            present=present,
            variables=_used(shown.text),
            preview=_preview(shown.text, of[1]),
            standing=_at_channels(*of, shown),
            pieces=pieces,
            history=_history(*of),
            may_edit=current_user.may(Permission.EDIT_TEMPLATES),
            is_answer=of[0] is NotificationKind.ANSWER,
        )

    @expose("/<kind>/<language>/edit", methods=("GET", "POST"))
    def edit(self, kind: str, language: str) -> Any:
        """The form of the next version; a refusal stands beside the text."""
        of = _key(kind, language)
        require(actor(), Permission.EDIT_TEMPLATES)
        if request.method == "GET":
            present = templates.in_force(*of)
            return self._editor(of, TextForm(formdata=None, text=present.text, based_on=str(present.number)))
        form = TextForm()
        is_published = form.carries_out(
            lambda now: templates.publish(
                *of,
                text=form.text.data or "",
                remarks=form.remarks.data or "",
                based_on=_number(form.based_on.data),
                actor=actor(),
                now=now,
            )
        )
        if not is_published:
            return self._editor(of, form), form.status
        flash(gettext("Published. Every message that leaves from now on says it so."), "success")
        return redirect(url_for(".show", kind=kind, language=language), code=HTTPStatus.SEE_OTHER)

    @expose("/<kind>/<language>/preview", methods=("POST",))
    def preview(self, kind: str, language: str) -> Any:
        """What would arrive, and what stands in the way; nothing is kept."""
        of = _key(kind, language)
        require(actor(), Permission.EDIT_TEMPLATES)
        text = request.form.get("text", "")[:TEXT_LENGTH]
        return self.render("message_template_preview.html", preview=_preview(text, of[1]), refusal=_refused(text, of))

    @expose("/<kind>/<language>/<int:number>/at/<channel>", methods=("GET", "POST"))
    def registration(self, kind: str, language: str, number: int, channel: str) -> Any:
        """What the channel's provider says of a version; 0 are the shipped words."""
        of, at = _key(kind, language), _channel(channel)
        require(actor(), Permission.EDIT_TEMPLATES)
        shown = _version(*of, number)
        standing = next(each.registration for each in _at_channels(*of, shown) if each.channel is at)
        form = RegistrationForm() if request.method == "POST" else _filled(standing, at)
        if request.method == "POST" and self._writes_down(form, of, number, at, standing):
            flash(gettext("Saved."), "success")
            return redirect(url_for(".show", kind=kind, language=language), code=HTTPStatus.SEE_OTHER)
        return self._registration_page(of, shown, at, form), form.status if request.method == "POST" else HTTPStatus.OK

    def _writes_down(
        self,
        form: RegistrationForm,
        of: tuple[NotificationKind, MessageLanguage],
        number: int,
        at: Channel,
        standing: TemplateRegistration | None,
    ) -> bool:
        seen = _number(form.version.data)
        if standing is None or not seen:
            return form.carries_out(
                lambda now: templates.register(
                    *of, number, channel=at.name, registered=form.registered(), actor=actor(), now=now
                )
            )
        return form.carries_out(
            lambda now: templates.change_registration(
                standing, version=seen, registered=form.registered(), actor=actor(), now=now
            )
        )

    def _registration_page(
        self,
        of: tuple[NotificationKind, MessageLanguage],
        shown: Version,
        at: Channel,
        form: RegistrationForm,
    ) -> str:
        """The form goes on from what stands now, which the page shows beside it when somebody else changed it."""
        standing = next(each.registration for each in _at_channels(*of, shown) if each.channel is at)
        present = standing.version if standing else 0
        is_stale = _number(form.version.data) != present
        form.version.process_data(present)
        return self.render(
            "message_registration.html",
            kind=of[0],
            language=of[1],
            shown=shown,
            channel=at,
            form=form,
            standing=standing if is_stale else None,
        )

    def _editor(self, of: tuple[NotificationKind, MessageLanguage], form: TextForm) -> str:
        """The form goes on from the newest version, which the page shows when it was published meanwhile."""
        kind, language = of
        present = templates.in_force(kind, language)
        is_stale = _number(form.based_on.data) != present.number
        form.based_on.process_data(present.number)
        text = (form.text.data or "")[:TEXT_LENGTH]
        return self.render(
            "message_template_edit.html",
            kind=kind,
            language=language,
            form=form,
            newest=templates.versions(kind, language, limit=1)[0] if is_stale and present.number else None,
            variables=[(name, VARIABLES[name]) for name in sms_templates.offered(kind)],
            code=CODE,
            preview=_preview(text, language),
            refusal=None,
            pieces=pieces,
            is_answer=kind is NotificationKind.ANSWER,
        )


_LANGUAGES = tuple(MessageLanguage)


def _key(kind: str, language: str) -> tuple[NotificationKind, MessageLanguage]:
    kinds = [each for each in NotificationKind if each == kind]
    languages = [each for each in _LANGUAGES if each == language]
    if not kinds or not languages:
        abort(HTTPStatus.NOT_FOUND)
    return kinds[0], languages[0]


def _channel(name: str) -> Channel:
    found = channels.configured().named(name)
    if found is None or not found.needs_template:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _version(kind: NotificationKind, language: MessageLanguage, number: int) -> Version:
    """A version by its number; 0 are the shipped words."""
    if number == 0:
        return Version(sms_text.shipped(kind, language))
    if number > LARGEST_ID:
        abort(HTTPStatus.NOT_FOUND)
    found = templates.numbered(kind, language, number)
    return Version(found.text, found.number, found.id)


def _by_class() -> Mapping[MessageClass, Sequence[NotificationKind]]:
    return {each: [kind for kind in NotificationKind if KINDS[kind].message_class is each] for each in MessageClass}


def _needing() -> list[Channel]:
    return [channel for channel in channels.configured() if channel.needs_template]


def _at_channels(kind: NotificationKind, language: MessageLanguage, version: Version) -> list[AtChannel]:
    return _standing({(kind, language): version})[kind, language]


def _standing(versions: Mapping[templates.Key, Version]) -> dict[templates.Key, list[AtChannel]]:
    """How each of these versions stands at every channel that needs approved texts."""
    ids = [version.id for version in versions.values() if version.id is not None]
    needing = _needing()
    known = {(each.template_id, each.channel): each for each in (templates.registrations(ids) if needing else ())}
    return {
        key: [
            AtChannel(channel, known.get((version.id or 0, channel.name)), templates.approved_at(*key, channel.name))
            for channel in needing
        ]
        for key, version in versions.items()
    }


def _filled(standing: TemplateRegistration | None, at: Channel) -> RegistrationForm:
    if standing is None:
        return RegistrationForm(formdata=None, version="0", signature=at.signature, state=RegistrationState.APPLIED)
    return RegistrationForm(formdata=None, obj=standing)


def _used(text: str) -> list[tuple[str, Variable]]:
    return [(name, VARIABLES[name]) for name in sms_templates.variables(text) if name in VARIABLES]


@dataclass(frozen=True)
class Shown:
    """What arrives with example values; ``bare`` is the same without a code, where the text has one."""

    parts: Sequence[tuple[str, int]]
    bare: Sequence[tuple[str, int]]
    most_parts: int


def _preview(text: str, language: MessageLanguage) -> Shown:
    signature = templates.signature()
    shown = sms_templates.preview(text, signature, language=language)
    has_code = CODE in sms_templates.variables(text)
    bare = sms_templates.preview(text, signature, {CODE: ""}, language).parts if has_code else ()
    return Shown(_measured(shown.parts), _measured(bare), shown.most_parts)


def _measured(parts: Iterable[str]) -> list[tuple[str, int]]:
    return [(part, sms_parts.units(part)) for part in parts]


def _most_parts(text: str, language: MessageLanguage) -> int:
    return sms_templates.preview(text, templates.signature(), language=language).most_parts


def _refused(text: str, of: tuple[NotificationKind, MessageLanguage]) -> str:
    """What stands in the way of publishing this text; '' for nothing."""
    try:
        templates.check(text.strip(), *of)
    except Refusal as refusal:
        return sentence(refusal)
    return ""


def pieces(text: str) -> list[Piece]:
    """A text in pieces: what is fixed, and where variables stand."""
    return [Piece(part) for part in re.split(r"(\{[^{}]*\})", text) if part]


def _history(kind: NotificationKind, language: MessageLanguage) -> list[Published]:
    """The versions, the newest on top, and the shipped words below them."""
    published = templates.versions(kind, language)
    told: list[tuple[MessageTemplate | None, str]] = [(version, version.text) for version in published]
    if not published or published[-1].number == 1:
        told.append((None, sms_text.shipped(kind, language)))
    changed = [Published(version, compared(before, text)) for (version, text), (_, before) in pairwise(told)]
    return [*changed, Published(told[-1][0], pieces(told[-1][1]))]


def compared(before: str, after: str) -> list[Piece]:
    """The later text, with what went and what came; no variable and no English word is cut."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    found: list[Piece] = []
    for kind, i, j, k, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += pieces("".join(new[k:end]))
            continue
        if old[i:j]:
            found.append(Piece("".join(old[i:j]), "gone"))
        if new[k:end]:
            found.append(Piece("".join(new[k:end]), "new"))
    return found
