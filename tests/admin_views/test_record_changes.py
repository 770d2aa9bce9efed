"""The record of changes reads like the screens: no word stands there as the database spells it."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import inspect

from admin_views.formatters import model_of
from admin_views.labels import labels_of
from admin_views.menu import NOUNS
from admin_views.records import KINDS
from rules.escalation import DutyRoleCode
from rules.rotations import Pattern, RotationKind, Slot, Unit
from services import duty, rotations
from services.records import _SILENT
from tests.client import soup_of


@pytest.mark.parametrize("record_type", KINDS)
def test_every_column_that_may_change_has_a_name(record_type):
    columns = {column.key for column in inspect(model_of(record_type)).column_attrs} - _SILENT
    assert columns <= labels_of(record_type).keys()


@pytest.mark.parametrize("model", [model for view, model, *_ in NOUNS if view.edit_permission])
def test_whatever_has_a_form_of_its_own_has_a_name(model):
    assert model.__tablename__ in KINDS


def test_words_numbers_and_people_stand_in_the_reader_s_language(client, cast, on_duty, session, now):
    pattern = Pattern(
        kind=RotationKind.SHIFT,
        every=1,
        unit=Unit.DAYS,
        slots=(Slot("早班", time(8), time(20)), Slot("夜班", time(20), time(8))),
        first_day=date(2026, 11, 24),
        handover_at=time(8),
        zone="Asia/Shanghai",
    )
    role = duty.role(DutyRoleCode.ENGINEERING)
    rotations.create(
        role=role, name="工程两班", pattern=pattern, members=[cast.zhou, cast.he], actor=cast.roster, now=now
    )
    session.commit()
    client.login(cast.auditor)
    (row,) = soup_of(client.get("/changes/")).select("tbody tr")
    words = row.get_text(" ")
    assert "工程两班" in words and "早班 08:00 20:00" in words and "轮班" in words
    for raw in ("rotations", "shift", "days", "slots", "first_day", "{"):
        assert raw not in words, raw
