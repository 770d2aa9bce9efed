"""Who does something: a person with roles, or the desk itself (a clock, an import)."""

from __future__ import annotations

from typing import Final

from models import Person
from rules.permissions import Permission
from rules.refusals import NotAllowed
from rules.vocabulary import N_


class System:
    """The desk itself, acting because a person did not."""

    id: None = None
    name = "system"


SYSTEM: Final = System()
Actor = Person | System


def require(actor: Actor, permission: Permission) -> None:
    """Let the desk itself and people with the permission pass.

    Raises:
        NotAllowed: the person's roles do not allow it.
    """
    if isinstance(actor, Person) and not actor.may(permission):
        raise NotAllowed(N_("Your role does not allow this: %(permission)s."), permission=permission)
