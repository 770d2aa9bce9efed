"""What production needs too, loaded at every start."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, scoped_session

import seed
from models import DutyRole, Script, Setting
from rules.escalation import DutyRoleCode
from rules.settings import SETTINGS, SettingKey
from rules.vocabulary import Category, ScriptStep
from seed.scripts import SCRIPTS
from services import scripts
from services import settings as company_settings
from tests.cast import Cast

Db = scoped_session[Session]


def rows(session: Db) -> dict[Any, int | None]:
    return {model: session.scalar(select(func.count(model.id))) for model in (DutyRole, Setting, Script)}


class TestLoadingItAgain:
    def test_changes_nothing(self, session: Db, now: datetime) -> None:
        before = rows(session)
        assert seed.load_reference(now) == 0
        assert rows(session) == before

    def test_keeps_a_script_that_somebody_edited(self, session: Db, now: datetime) -> None:
        script = session.scalars(select(Script).where(Script.key == "empathy.pause")).one()
        script.body_zh, script.is_active = "先听，后说。", False
        session.commit()
        seed.load_reference(now)
        session.refresh(script)
        assert (script.body_zh, script.is_active) == ("先听，后说。", False)

    def test_keeps_a_setting_that_somebody_changed(self, session: Db, cast: Cast, now: datetime) -> None:
        setting = session.scalars(select(Setting).where(Setting.key == SettingKey.PROMISE_REMINDER_MINUTES)).one()
        company_settings.change(setting, value=7, actor=cast.roster, now=now)
        seed.load_reference(now)
        assert company_settings.value(SettingKey.PROMISE_REMINDER_MINUTES) == 7

    def test_adds_what_a_newer_version_brings(self, session: Db, now: datetime) -> None:
        session.execute(delete(Script).where(Script.key.in_(["opening.30s", "empathy.pause"])))
        session.execute(delete(Setting))
        assert seed.load_reference(now) == 2 + len(SETTINGS)


def test_the_customer_service_supervisor_leads_the_four_roles(session: Db) -> None:
    roles = session.scalars(select(DutyRole).order_by(DutyRole.sort_order)).all()
    assert [role.code for role in roles] == list(DutyRoleCode)
    assert [role.code for role in roles if role.is_leader] == [DutyRoleCode.CS_SUPERVISOR]


def test_every_setting_stands_at_its_default(session: Db) -> None:
    assert {row.key: row.value for row in session.scalars(select(Setting))} == {
        key: rule.default for key, rule in SETTINGS.items()
    }


class TestTheScripts:
    def test_there_is_one_for_every_moment(self) -> None:
        assert {script.step for script in SCRIPTS} == set(ScriptStep)

    def test_every_category_has_its_own_way_of_triage(self) -> None:
        assert {script.category for script in SCRIPTS if script.step is ScriptStep.TRIAGE} >= set(Category)

    def test_each_speaks_both_languages(self) -> None:
        assert all(
            text.strip()
            for script in SCRIPTS
            for text in (script.title_zh, script.title_en, script.body_zh, script.body_en)
        )

    def test_no_key_is_used_twice(self) -> None:
        assert len({script.key for script in SCRIPTS}) == len(SCRIPTS)

    @pytest.mark.parametrize(
        ("words", "key"),
        [
            ("总开关", "opening.safety"),
            ("默数一秒", "empathy.pause"),
            ("复述", "read-back.checklist"),
            ("空鼓锤", "triage.quality"),
            ("延误天数 × 合同每日金额", "triage.delay"),
            ("报价单", "triage.extra-items"),
            ("48 小时", "triage.design"),
        ],
    )
    def test_they_say_what_the_plan_asks_for(self, words: str, key: str) -> None:
        assert words in next(script.body_zh for script in SCRIPTS if script.key == key)

    def test_the_intake_page_begins_with_the_first_thirty_seconds(self, session: Db) -> None:
        assert scripts.for_intake()[0].key == "opening.30s"
