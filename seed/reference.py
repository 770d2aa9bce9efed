"""What production needs too: the duty group's roles, settings, policies, scripts, playbooks and causes.

Safe to run at every start and from several processes at once: what is missing is added, what is there belongs to the
company and is never touched, so that an edited script or setting survives every upgrade.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from extensions import db
from models import Base, DutyRole, PlaybookStep, RootCause, Script, Setting
from rules.escalation import DutyRoleCode
from rules.settings import SETTINGS
from rules.vocabulary import Position
from seed.playbooks import PLAYBOOKS
from seed.root_causes import ROOT_CAUSES
from seed.scripts import SCRIPTS
from services import policies

DUTY_ROLES = (
    (DutyRoleCode.CS_SUPERVISOR, Position.CS_SUPERVISOR),
    (DutyRoleCode.ENGINEERING, Position.ENGINEERING_DIRECTOR),
    (DutyRoleCode.DESIGN, Position.DESIGN_SUPERVISOR),
    (DutyRoleCode.LEGAL, Position.LEGAL_COUNSEL),
)
"""The duty group with the post that each role belongs to; the first one leads (D-03)."""


def load_reference(now: datetime) -> int:
    """Add what is missing; returns how many rows that were. The caller commits."""
    return (
        _add_missing(DutyRole.code, _duty_roles())
        + _add_missing(
            Setting.key, (Setting(key=key, value=rule.default, changed_at=now) for key, rule in SETTINGS.items())
        )
        + policies.load_missing(now=now)
        + _add_missing(Script.key, _scripts())
        + _load_playbooks()
        + _load_root_causes()
    )


def _duty_roles() -> Iterable[DutyRole]:
    for place, (code, position) in enumerate(DUTY_ROLES):
        yield DutyRole(code=code, position=position, is_leader=place == 0, sort_order=place)


def _scripts() -> Iterable[Script]:
    for place, text in enumerate(SCRIPTS):
        yield Script(
            key=text.key,
            step=text.step,
            category=text.category,
            title_zh=text.title_zh,
            title_en=text.title_en,
            body_zh=text.body_zh,
            body_en=text.body_en,
            sort_order=10 * place,
        )


def _load_playbooks() -> int:
    """The steps of every category that has none; steps have no key, so one process at a time looks."""
    db.session.scalars(select(Setting.key).order_by(Setting.key).limit(1).with_for_update()).one()
    present = set(db.session.scalars(select(PlaybookStep.category).distinct()))
    scripts = {script.key: script for script in db.session.scalars(select(Script))}
    steps = [
        PlaybookStep(category=category, place=10 * place, words_zh=zh, words_en=en, script=scripts.get(key))
        for category, playbook in PLAYBOOKS.items()
        if category not in present
        for place, (zh, en, key) in enumerate(playbook, start=1)
    ]
    db.session.add_all(steps)
    db.session.flush()
    return len(steps)


def _load_root_causes() -> int:
    """The five at the root first, then what lies below them; a cause that the company moved stays where it is."""
    roots = _add_missing(RootCause.code, (_cause(*root) for root in ROOT_CAUSES))
    ids = {cause.code: cause.id for cause in db.session.scalars(select(RootCause))}
    below = (_cause(*each, parent_id=ids[root[0]]) for root, children in ROOT_CAUSES.items() for each in children)
    return roots + _add_missing(RootCause.code, below)


def _cause(code: str, name_zh: str, name_en: str, parent_id: int | None = None) -> RootCause:
    return RootCause(code=code, name_zh=name_zh, name_en=name_en, parent_id=parent_id)


def _add_missing(key: InstrumentedAttribute[Any], rows: Iterable[Base]) -> int:
    """Add every row whose key is not there yet."""
    present = set(db.session.scalars(select(key)))
    return sum(_add(row) for row in rows if getattr(row, key.key) not in present)


def _add(row: Base) -> bool:
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        return False  # Another process loads the same row at the same moment; it is there, which is all we want.
    return True
