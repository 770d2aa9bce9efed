"""How the desk says no: one sentence for a person, the field it belongs to, and the right HTTP status.

A refusal carries an English message with named places (``%(name)s``); the edge translates it and fills them in.
"""

from __future__ import annotations

from http import HTTPStatus


class Refusal(Exception):
    """Something that was asked for and will not be done.

    Args:
        message: an English sentence marked with ``N_`` where it is written.
        field: the name of the form field the sentence belongs beside, '' for none.
        params: what fills the message's named places.
    """

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, message: str, *, field: str = "", **params: object) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.field = field
        self.params = params


class NotAllowed(Refusal):
    """The person's roles do not allow it."""

    status = HTTPStatus.FORBIDDEN


class Conflict(Refusal):
    """The state of things does not allow it, often because somebody else was first."""

    status = HTTPStatus.CONFLICT


class NotFound(Refusal):
    """There is no such record, or it is not this person's to see."""

    status = HTTPStatus.NOT_FOUND
