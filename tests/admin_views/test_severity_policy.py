"""The severity policy as people read and change it, and what the intake page proposes by it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from models import Policy
from rules.severity import DEFAULT_DOCUMENT
from rules.vocabulary import PolicyKind
from services import policies
from tests.client import soup_of

PAGE = "/policies/severity"
EDIT = "/policies/severity/edit"


def sent(form) -> dict[str, str]:
    """What a browser would send when nothing is touched."""
    fields = {}
    for field in form.select("[name]"):
        if field.find_parent("template"):
            continue
        if field.name == "select":
            fields[field["name"]] = field.select_one("[selected]")["value"]
        elif field.name == "textarea":
            fields[field["name"]] = field.text.strip()
        else:
            fields[field["name"]] = field.get("value", "")
    return fields


def filled(client) -> dict[str, str]:
    return sent(soup_of(client.get(EDIT)).select_one("form.policy-form"))


def newest(session) -> Policy:
    session.expire_all()
    return policies.current(PolicyKind.SEVERITY)


def test_the_plan_s_table_can_be_read_by_everybody(client, cast):
    client.login(cast.analyst)
    page = soup_of(client.get(PAGE))
    assert len(page.select(".policy-table tbody tr")) == 7
    assert not page.select(f"a[href$='{EDIT}']")
    assert client.get(EDIT).status_code == 403


@pytest.mark.parametrize("lang", ["zh_Hans_CN", "en"])
def test_what_nobody_touched_is_kept_word_for_word(lang, manager, session):
    manager.set_cookie("lang", lang)
    fields = filled(manager)
    answer = manager.post(EDIT, data={**fields, "remarks": "未改"})
    assert answer.status_code == 409, "it says the same as the present version"
    changed = manager.post(EDIT, data={**fields, "rules-3-conditions-0-value": "7", "remarks": "七天就算较急"})
    assert changed.status_code == 303
    expected = [dict(rule) for rule in DEFAULT_DOCUMENT["rules"]]
    expected[3]["conditions"] = [{"fact": "delay_days", "operator": "more_than", "value": 7}]
    assert newest(session).document == {"rules": expected}


def test_a_rule_of_the_company_s_own_gets_an_id_and_is_shown_with_what_changed(manager, session):
    fields = filled(manager)
    rule = {
        "level": "1",
        "sentence": "橱柜连锅端",
        "match": "all",
        "conditions-0-fact": "category",
        "conditions-0-operator": "is_not",
        "conditions-0-category": "service",
        "conditions-1-fact": "is_leak",
        "conditions-1-operator": "is_not",
    }
    answer = manager.post(EDIT, data={**fields, **{f"rules-6-{k}": v for k, v in rule.items()}, "remarks": "试行"})
    assert answer.status_code == 303
    assert newest(session).document["rules"][6] == {
        "id": "rule.2",
        "level": 1,
        "sentence": "橱柜连锅端",
        "match": "all",
        "conditions": [
            {"fact": "category", "operator": "is_not", "value": "service"},
            {"fact": "is_leak", "operator": "is_not", "value": True},
        ],
    }
    page = soup_of(manager.get(PAGE))
    assert "橱柜连锅端" in page.select_one(".policy-diff ins").text
    assert filled(manager)["rules-6-conditions-1-operator"] == "is_not"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"rules-1-conditions-0-value": "0"}, "rules-1-conditions-0-value", id="no household"),
        pytest.param({"rules-1-conditions-0-value": "drei"}, "rules-1-conditions-0-value", id="no number"),
        pytest.param({"rules-1-conditions-0-value": "²"}, "rules-1-conditions-0-value", id="no digit"),
        pytest.param({"rules-1-conditions-0-operator": "is"}, "rules-1-conditions-0-operator", id="a number is not"),
        pytest.param({"rules-2-sentence": " "}, "rules-2-sentence", id="no sentence"),
        pytest.param({"rules-2-level": "7"}, "rules-2-level", id="no such level"),
        pytest.param({"rules-2-conditions-0-fact": "weather"}, "rules-2-conditions-0-fact", id="no such fact"),
        pytest.param({"remarks": ""}, "remarks", id="no remarks"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(change, field, manager, session):
    answer = manager.post(EDIT, data={**filled(manager), "remarks": "试行", **change})
    assert answer.status_code == 422
    place = soup_of(answer).select_one(f"[name='{field}']").find_parent(class_="form-field")
    assert place.select(".field-error")
    assert newest(session).number == 1


def test_a_table_without_rules_or_a_rule_without_conditions_is_refused(manager, session):
    fields = filled(manager)
    bare = {name: value for name, value in fields.items() if not name.startswith("rules-")}
    assert manager.post(EDIT, data={**bare, "remarks": "全删"}).status_code == 422
    hollow = {name: value for name, value in fields.items() if not name.startswith("rules-2-conditions")}
    assert manager.post(EDIT, data={**hollow, "remarks": "删条件"}).status_code == 422
    assert session.scalars(select(Policy.number).where(Policy.kind == PolicyKind.SEVERITY)).all() == [1]


def test_a_version_that_the_rules_would_refuse_today_is_shown_as_it_was_kept(manager, cast, session, now):
    old = policies.current(PolicyKind.SEVERITY)
    policies.publish(
        PolicyKind.SEVERITY,
        document={"rules": DEFAULT_DOCUMENT["rules"][:2]},
        remarks="删繁就简",
        based_on=old.number,
        actor=cast.roster,
        now=now,
    )
    document = {"rules": [{**DEFAULT_DOCUMENT["rules"][0], "sentence": "下雨", "match": "sometimes"}]}
    session.execute(update(Policy).where(Policy.id == old.id).values(document=document))
    session.commit()
    assert "删繁就简" in manager.get(PAGE).text
    assert "下雨" in soup_of(manager.get(f"{PAGE}/{old.number}")).select_one(".policy-card").text


class TestAtTheIntake:
    @pytest.fixture
    def desk(self, client, cast):
        client.login(cast.xiaozhou)
        return client

    def test_the_page_begins_with_a_proposal(self, desk):
        assert soup_of(desk.get("/intake/")).select("#level .badge.level-3")

    @pytest.mark.parametrize(
        ("said", "level", "reasons"),
        [
            pytest.param({"category": "quality"}, 3, 1, id="nothing asks for more"),
            pytest.param({"category": "safety"}, 1, 1, id="the category alone"),
            pytest.param({"category": "delay", "delay_days": "11", "is_leak": "y"}, 2, 2, id="two sentences"),
            pytest.param({"category": "quality", "household_count": "3"}, 1, 1, id="three households"),
            pytest.param({"household_count": "x", "delay_days": "-", "category": "nonsense"}, 3, 1, id="half typed"),
        ],
    )
    def test_it_follows_what_is_ticked(self, said, level, reasons, desk):
        answer = desk.send("/intake/level", said, page="/intake/")
        assert answer.status_code == 200
        piece = soup_of(answer)
        assert piece.select(f"p .badge.level-{level}")
        assert len(piece.select(".reasons li")) == reasons

    def test_it_goes_by_the_version_in_force(self, desk, cast, session, now):
        document = {"rules": [{**DEFAULT_DOCUMENT["rules"][4], "level": 1}]}
        policies.publish(
            PolicyKind.SEVERITY, document=document, remarks="漏水一律一级", based_on=1, actor=cast.roster, now=now
        )
        session.commit()
        answer = desk.send("/intake/level", {"category": "quality", "is_leak": "y"}, page="/intake/")
        assert soup_of(answer).select("p .badge.level-1")

    def test_only_who_records_may_ask(self, client, cast):
        client.login(cast.analyst)
        assert client.send("/intake/level", {}, page="/password").status_code == 403
