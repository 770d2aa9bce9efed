"""The tree of causes that all reviews share: H-07's five at the root, the company's own below."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from extensions import db
from models import RootCause
from rules.refusals import Refusal
from rules.vocabulary import N_


def everything() -> Mapping[int, RootCause]:
    """The whole tree by id; it is a page long, and read at once."""
    return {cause.id: cause for cause in db.session.scalars(select(RootCause).order_by(RootCause.id))}


def path_of(cause: RootCause, tree: Mapping[int, RootCause]) -> list[RootCause]:
    """The cause with everything above it, from the root down."""
    path: list[RootCause] = []
    step: RootCause | None = cause
    while step is not None and step not in path:
        path.insert(0, step)
        step = tree.get(step.parent_id) if step.parent_id is not None else None
    return path


def usable() -> list[list[RootCause]]:
    """The paths of all causes in use, each under its parent."""
    tree = everything()
    paths = [path_of(cause, tree) for cause in tree.values()]
    return sorted(
        (path for path in paths if all(cause.is_active for cause in path)),
        key=lambda path: [cause.id for cause in path],
    )


def by_id(cause_id: int | None) -> RootCause:
    """A cause that may be chosen.

    Raises:
        Refusal: there is none of this id, or it is out of use.
    """
    cause = db.session.get(RootCause, cause_id) if cause_id else None
    if cause is None or not cause.is_active:
        raise Refusal(N_("Please choose the cause."), field="root_cause_id")
    return cause


def check_parent(cause_id: int | None, parent_id: int | None) -> None:
    """Keep the tree a tree: nothing hangs below itself.

    Raises:
        Refusal: the parent lies below the cause, or is the cause.
    """
    tree = everything()
    parent = tree.get(parent_id) if parent_id is not None else None
    if parent is not None and cause_id is not None and cause_id in {each.id for each in path_of(parent, tree)}:
        raise Refusal(N_("A cause cannot hang below itself."), field="parent_id")
