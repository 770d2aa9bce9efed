"""The few numbers that a duty manager may change."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, scoped_session

from models import RecordChange, Setting
from rules.refusals import NotAllowed, Refusal
from rules.settings import SETTINGS, SettingKey
from services import settings
from tests.cast import Cast
from tests.factories import SettingFactory

Db = scoped_session[Session]
KEY = SettingKey.PROMISE_REMINDER_MINUTES


def test_what_nobody_changed_has_its_default(session: Db) -> None:
    session.execute(delete(Setting))
    assert {key: settings.value(key) for key in SettingKey} == {key: rule.default for key, rule in SETTINGS.items()}


def test_a_change_counts_at_once_and_is_on_record(cast: Cast, now: datetime, session: Db) -> None:
    setting = SettingFactory(key=KEY)
    settings.change(setting, value=5, actor=cast.roster, now=now)
    session.commit()
    assert settings.minutes(KEY) == timedelta(minutes=5)
    assert (setting.changed_by, setting.changed_at) == (cast.roster, now)
    assert session.scalars(select(RecordChange)).one().changes["value"] == [30, 5]


def test_a_value_out_of_bounds_is_refused(cast: Cast, now: datetime) -> None:
    with pytest.raises(Refusal) as refusal:
        settings.change(SettingFactory(key=KEY), value=0, actor=cast.roster, now=now)
    assert refusal.value.field == "value"
    assert settings.value(KEY) == 30


@pytest.mark.parametrize("who", ["xiaozhou", "zhou", "zhao", "approver", "auditor"])
def test_only_who_plans_or_administers_may(who: str, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        settings.change(SettingFactory(key=KEY), value=5, actor=getattr(cast, who), now=now)
