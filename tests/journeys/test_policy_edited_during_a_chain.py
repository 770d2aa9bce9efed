"""A manager edits the policies while complaints wait: what runs keeps its version, what comes next has the new one."""

from __future__ import annotations

from datetime import timedelta

from models import Shift
from rules.escalation import DutyRoleCode
from rules.vocabulary import ClockKind, Severity
from tests.cast import Cast
from tests.journeys.conftest import Desk

OnDuty = dict[DutyRoleCode, Shift]


def test_a_running_chain_keeps_the_waits_it_began_with(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    xiaozhou = desk.seat(cast.xiaozhou)
    earlier = xiaozhou.hears()
    desk.tick()
    begun_at = desk.clock.now()
    assert desk.complaint(earlier).escalation_due_at == begun_at + timedelta(minutes=10)

    # Two minutes later the standard chain is to wait three minutes only; the desk is restarted on top.
    desk.wait(minutes=2)
    desk.seat(cast.roster).publishes("escalation", "夜间缩短等待", **{"chains-1-steps-0-wait": "3"})
    desk.restart()
    desk.wait(minutes=2)
    assert desk.phone(cast.lin, about=earlier) == [], "four minutes: by the new version the leader would be called"

    later = desk.seat(cast.xiaozhou).hears(phone="13900139006", room="5栋501", community="阳光里")
    desk.tick()
    assert desk.complaint(later).escalation_due_at == desk.clock.now() + timedelta(minutes=3)
    desk.wait(minutes=3)
    assert len(desk.phone(cast.lin, about=later)) == 1
    assert desk.phone(cast.lin, about=earlier) == []
    desk.clock.set(begun_at + timedelta(minutes=10))
    desk.tick()
    assert len(desk.phone(cast.lin, about=earlier)) == 1
    assert desk.complaint(earlier).escalation_policy_id != desk.complaint(later).escalation_policy_id
    assert "夜间缩短等待" in desk.seat(cast.auditor).client.get("/policies/escalation").get_data(as_text=True)


def test_clocks_that_run_keep_their_targets(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    earlier = desk.seat(cast.xiaozhou).hears()
    before = {clock.kind: clock.due_at for clock in desk.complaint(earlier).clocks}
    form = _targets(desk, cast)
    triage = next(name.removesuffix("clock") for name, value in form.items() if value == [ClockKind.TRIAGE])
    desk.seat(cast.roster).publishes("clocks", "研判改为 20 分钟", **{f"{triage}amount": "20"})
    desk.restart()
    desk.tick()
    assert {clock.kind: clock.due_at for clock in desk.complaint(earlier).clocks} == before
    later = desk.seat(cast.xiaozhou).hears(phone="13900139006", room="5栋501", community="阳光里")
    clocks = {clock.kind: clock for clock in desk.complaint(later).clocks}
    assert clocks[ClockKind.TRIAGE].due_at - clocks[ClockKind.TRIAGE].started_at == timedelta(minutes=20)


def test_a_level_that_was_found_stays_what_it_is(desk: Desk, cast: Cast, on_duty: OnDuty) -> None:
    earlier = desk.seat(cast.xiaozhou).hears(problem="渗水到楼下", is_leak="y")
    assert desk.complaint(earlier).level is Severity.URGENT
    version = desk.complaint(earlier).severity_policy_id
    form = _severity_rules(desk, cast)
    leak = next(name.removesuffix("id") for name, value in form.items() if value == "D-12.leak")
    desk.seat(cast.roster).publishes("severity", "渗漏一律按重大处理", **{f"{leak}level": "1"})
    desk.tick()
    assert desk.complaint(earlier).level is Severity.URGENT
    assert desk.complaint(earlier).severity_policy_id == version
    later = desk.seat(cast.xiaozhou).hears(
        phone="13900139006", room="5栋501", community="阳光里", problem="渗水到楼下", is_leak="y"
    )
    assert desk.complaint(later).level is Severity.MAJOR


def _targets(desk: Desk, cast: Cast) -> dict[str, object]:
    return desk.seat(cast.roster).policy_form("clocks")


def _severity_rules(desk: Desk, cast: Cast) -> dict[str, object]:
    return desk.seat(cast.roster).policy_form("severity")
