"""A tab of a complaint's page: what is there, and the buttons beside it, each with its form in a dialog.

A section declares its template, its forms by verb, and what the template draws. A form is either about the complaint
or about one record of it; it says itself for whom and for what it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext

from admin_views.base import actor
from admin_views.complaint_forms import ActionForm
from admin_views.pages import Page
from admin_views.rows import row_or_404
from extensions import timepiece
from models import Base, Complaint, Person
from rules.next_steps import Tab
from services import complaint_locks, complaints, malice


class SectionForm(ActionForm):
    """One button: its word, what it asks, and how it is done. ``model`` is the record it is about, None for the
    complaint itself.
    """

    model: ClassVar[type[Base] | None] = None
    word: ClassVar[Any]
    """On the button and over the dialog."""
    hint: ClassVar[Any] = None
    """A sentence over the fields."""
    is_grave: ClassVar[bool] = False
    """Whether the button is red."""

    def __init__(self, complaint: Complaint, item: Any = None, **kwargs: Any) -> None:
        self.item = item
        super().__init__(complaint, **kwargs)

    @classmethod
    def is_offered(cls, complaint: Complaint, item: Any, actor: Person) -> bool:
        """Whether this person sees the button here; the service checks for itself."""
        raise NotImplementedError

    def propose(self) -> None:
        """Fill in what is likely before the form is shown."""


@dataclass(frozen=True)
class Button:
    """A button that is shown, and the form in its dialog."""

    verb: str
    form: SectionForm
    item: Any
    url: str
    is_open: bool = False

    @property
    def dialog_id(self) -> str:
        """The dialog's id on the page."""
        return f"do-{self.verb}" if self.item is None else f"do-{self.verb}-{self.item.id}"


class SectionPage(Page):
    """One tab. ``forms`` are its verbs, in the order of the buttons."""

    is_in_menu = False
    tab: ClassVar[Tab]
    template: ClassVar[str]
    forms: ClassVar[Mapping[str, type[SectionForm]]] = {}

    def context(self, complaint: Complaint) -> Mapping[str, Any]:
        """What the template draws."""
        return {}

    def items(self, complaint: Complaint) -> Iterable[Base]:
        """The records of the complaint that buttons are about."""
        return ()

    def belongs(self, item: Any, complaint: Complaint) -> bool:
        """Whether the record is one of this complaint's."""
        return bool(item.complaint_id == complaint.id)

    @expose("/")
    def page(self, number: str) -> Any:
        """Show the tab; ``?open=verb`` begins with the dialog of that button, where there is one."""
        return self._page(_found(number))

    @expose("/<verb>", methods=("POST",))
    def act(self, number: str, verb: str) -> Any:
        """Do what a button of the complaint says."""
        return self._attempt(number, verb, None)

    @expose("/<verb>/<int:item_id>", methods=("POST",))
    def act_on(self, number: str, verb: str, item_id: int) -> Any:
        """Do what a button of one record says."""
        return self._attempt(number, verb, item_id)

    def _attempt(self, number: str, verb: str, item_id: int | None) -> Any:
        """Do it with the complaint locked; what is refused stands in the dialog on the page as it is now."""
        kind = self._kind(verb, item_id)
        complaint = complaint_locks.by_number(number)
        form = kind(complaint, self._item(kind, complaint, item_id))
        if form.carries_out(lambda now: form.do(actor=actor(), now=now)):
            flash(gettext("Done: %(step)s.", step=kind.word), "success")
            return redirect(url_for(".page", number=number))
        return self._page(_found(number), refused=Refused(verb, form.item, form)), form.status

    def _kind(self, verb: str, item_id: int | None) -> type[SectionForm]:
        kind = self.forms.get(verb)
        if kind is None or (kind.model is None) is not (item_id is None):
            abort(HTTPStatus.NOT_FOUND)
        return kind

    def _item(self, kind: type[SectionForm], complaint: Complaint, item_id: int | None) -> Base | None:
        if kind.model is None or item_id is None:
            return None
        item = row_or_404(kind.model, item_id)
        if not self.belongs(item, complaint):
            abort(HTTPStatus.NOT_FOUND)
        return item

    def _page(self, complaint: Complaint, *, refused: Refused | None = None) -> str:
        buttons = [
            button for item in (None, *self.items(complaint)) for button in self._buttons(complaint, item, refused)
        ]
        return self.render(
            self.template,
            complaint=complaint,
            tab=self.tab,
            now=timepiece.now(),
            is_malicious=malice.is_confirmed(complaint),
            buttons=buttons,
            buttons_of=lambda item=None: [button for button in buttons if button.item is item],
            **self.context(complaint),
        )

    def _buttons(self, complaint: Complaint, item: Base | None, refused: Refused | None) -> list[Button]:
        """The buttons of the complaint or of one of its records; a refused form comes back as it was."""
        found = []
        for verb, kind in self.forms.items():
            if kind.model is not (None if item is None else type(item)):
                continue
            is_refused = refused is not None and (refused.verb, refused.item) == (verb, item)
            if refused is not None and is_refused:
                found.append(Button(verb, refused.form, item, self._url(complaint, verb, item), is_open=True))
            elif kind.is_offered(complaint, item, actor()):
                form = kind(complaint, item, formdata=None)
                form.propose()
                is_open = refused is None and item is None and request.args.get("open") == verb
                found.append(Button(verb, form, item, self._url(complaint, verb, item), is_open=is_open))
        return found

    def _url(self, complaint: Complaint, verb: str, item: Any) -> str:
        if item is None:
            return url_for(".act", number=complaint.number, verb=verb)
        return url_for(".act_on", number=complaint.number, verb=verb, item_id=item.id)


@dataclass(frozen=True)
class Refused:
    """What was asked for and not done, with the form as it was sent."""

    verb: str
    item: Base | None
    form: SectionForm


def _found(number: str) -> Complaint:
    complaint = complaints.find(number)
    if complaint is None:
        abort(HTTPStatus.NOT_FOUND)
    return complaint
