"""Playbooks: every category has its steps, each is ticked once, and what was ticked stays (N20)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

import seed.reference as reference
from extensions import db
from models import Complaint, Person, PlaybookStep
from rules.refusals import Conflict, NotAllowed, NotFound, Refusal
from rules.vocabulary import Category, EventKind, Status
from seed.playbooks import PLAYBOOKS
from seed.scripts import SCRIPTS
from services import complaint_locks, playbooks
from tests.cast import Cast
from tests.factories import PlaybookStepFactory
from tests.services.conftest import lines

Db = scoped_session[Session]


def test_every_category_has_its_steps_with_words_in_both_languages() -> None:
    keys = {script.key for script in SCRIPTS}
    assert set(PLAYBOOKS) == set(Category)
    for steps in PLAYBOOKS.values():
        assert 5 <= len(steps) <= 10 and len(set(steps)) == len(steps)
        for zh, en, key in steps:
            assert 0 < len(zh) <= 300 and 0 < len(en) <= 300 and zh != en
            assert key == "" or key in keys


def test_a_playbook_that_somebody_edited_is_never_touched(session: Db, now: datetime) -> None:
    step = session.scalars(select(PlaybookStep).where(PlaybookStep.category == Category.DELAY)).first()
    assert step is not None
    step.words_zh = "我们自己的第一步"
    session.commit()
    assert reference.load_reference(now) == 0
    assert step.words_zh == "我们自己的第一步"


def test_ticks_show_how_far_it_is(complaint: Complaint, cast: Cast, now: datetime) -> None:
    first = playbooks.of(complaint).next
    assert first is not None
    done = playbooks.tick(complaint, step_id=first.id, remarks=" 客户很急 ", actor=cast.xiaozhou, now=now)
    progress = playbooks.of(complaint)
    assert (progress.done, len(progress.lines)) == (1, len(PLAYBOOKS[complaint.category]))
    assert (done.by, done.remarks) == (cast.xiaozhou, "客户很急")
    assert progress.next is not first
    assert lines(complaint, EventKind.PLAYBOOK)[0].details["words_zh"] == first.words_zh
    with pytest.raises(Conflict, match="周小雨"):
        playbooks.tick(complaint, step_id=first.id, remarks="", actor=cast.zhao, now=now)


def test_a_tick_is_taken_back_and_both_stay_on_the_timeline(complaint: Complaint, cast: Cast, now: datetime) -> None:
    first = playbooks.of(complaint).next
    assert first is not None
    playbooks.tick(complaint, step_id=first.id, remarks="", actor=cast.xiaozhou, now=now)
    with pytest.raises(NotAllowed):
        playbooks.untick(complaint, step_id=first.id, actor=cast.auditor, now=now)
    playbooks.untick(complaint, step_id=first.id, actor=cast.zhao, now=now)
    assert playbooks.of(complaint).next is first
    told = lines(complaint, EventKind.PLAYBOOK)
    assert [(line.actor, line.details["is_undone"]) for line in told] == [(cast.xiaozhou, False), (cast.zhao, True)]
    with pytest.raises(NotFound):
        playbooks.untick(complaint, step_id=first.id, actor=cast.zhao, now=now)
    complaint.status = Status.CLOSED
    with pytest.raises(Conflict):
        playbooks.untick(complaint, step_id=first.id, actor=cast.zhao, now=now)


def test_what_was_ticked_stays_when_the_playbook_changes(complaint: Complaint, cast: Cast, now: datetime) -> None:
    first = playbooks.of(complaint).next
    assert first is not None
    playbooks.tick(complaint, step_id=first.id, remarks="", actor=cast.zhao, now=now)
    first.is_active = False
    complaint.category = Category.DESIGN
    progress = playbooks.of(complaint)
    assert first in [line.step for line in progress.lines]
    assert len(progress.lines) == len(PLAYBOOKS[Category.DESIGN]) + 1


def test_what_cannot_be_ticked(complaint: Complaint, cast: Cast, now: datetime) -> None:
    step = playbooks.of(complaint).next
    foreign = PlaybookStepFactory(category=Category.DELAY)
    assert step is not None
    for step_id in (foreign.id, 0, 2**62):
        with pytest.raises(NotFound):
            playbooks.tick(complaint, step_id=step_id, remarks="", actor=cast.zhao, now=now)
    with pytest.raises(Refusal):
        playbooks.tick(complaint, step_id=step.id, remarks="长" * 301, actor=cast.zhao, now=now)
    with pytest.raises(NotAllowed):
        playbooks.tick(complaint, step_id=step.id, remarks="", actor=cast.auditor, now=now)
    complaint.status = Status.CLOSED
    with pytest.raises(Conflict):
        playbooks.tick(complaint, step_id=step.id, remarks="", actor=cast.zhao, now=now)


def test_two_who_tick_at_once_tick_once(
    complaint: Complaint, cast: Cast, now: datetime, at_once: Callable[..., list[Any]]
) -> None:
    step = playbooks.of(complaint).next
    assert step is not None
    number, step_id, ids = complaint.number, step.id, (cast.zhao.id, cast.lin.id)

    def tick(person_id: int) -> None:
        actor = db.session.get_one(Person, person_id)
        playbooks.tick(complaint_locks.by_number(number), step_id=step_id, remarks="", actor=actor, now=now)

    done = at_once(lambda: tick(ids[0]), lambda: tick(ids[1]))
    assert sorted(type(each).__name__ for each in done) == ["Conflict", "NoneType"], done
