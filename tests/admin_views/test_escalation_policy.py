"""The chains as people read and change them, and the preview that says who would be told."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from models import Policy
from rules.escalation import DEFAULT_DOCUMENT
from rules.severity import Facts
from rules.vocabulary import Category, PolicyKind
from services import chain_audit, policies
from tests.client import soup_of
from tests.stories import recorded

PAGE = "/policies/escalation"
EDIT = "/policies/escalation/edit"


@pytest.fixture
def complaint(cast, on_duty, session, now):
    """A new one that nobody has; the duty member was called."""
    complaint = recorded(cast, now=now)
    session.commit()
    return complaint


def filled(client) -> MultiDict:
    """What a browser would send when nothing is touched."""
    fields = MultiDict()
    for field in soup_of(client.get(EDIT)).select_one("form.policy-form").select("[name]"):
        if field.find_parent("template"):
            continue
        if field.name == "select":
            chosen = field.select_one("[selected]")
            fields.add(field["name"], chosen["value"] if chosen else "")
        elif field.name == "textarea":
            fields.add(field["name"], field.text.strip())
        elif field.get("type") != "checkbox" or field.has_attr("checked"):
            fields.add(field["name"], field.get("value", ""))
    return fields


def publish(client, **changes):
    fields = filled(client)
    for name, value in {"remarks": "试行", **changes}.items():
        fields.setlist(name, value if isinstance(value, list) else [value])
    return client.post(EDIT, data=fields)


def newest(session) -> Policy:
    session.expire_all()
    return policies.current(PolicyKind.ESCALATION)


def changed(name: str, value: str) -> dict[str, str]:
    return {name: value}


def test_everybody_reads_the_chains_and_only_managers_edit_them(client, cast):
    client.login(cast.analyst)
    page = soup_of(client.get(PAGE))
    assert [len(table.select("tbody tr")) for table in page.select(".policy-table")] == [3, 4]
    assert not page.select(f"a[href$='{EDIT}']")
    assert client.get(EDIT).status_code == 403
    assert client.post(EDIT, data={"csrf_token": client.token("/password")}).status_code == 403


@pytest.mark.parametrize("lang", ["zh_Hans_CN", "en"])
def test_what_nobody_touched_is_kept_word_for_word(lang, manager, session):
    manager.set_cookie("lang", lang)
    assert publish(manager).status_code == 409, "it says the same as the present version"
    assert publish(manager, **{"chains-1-steps-0-wait": "8"}).status_code == 303
    document = newest(session).document
    assert document["chains"][0] == DEFAULT_DOCUMENT["chains"][0]
    assert document["chains"][1]["steps"][0] == {"whom": ["required_role"], "each": False, "wait": 8}
    assert document["chains"][1]["steps"][1:] == DEFAULT_DOCUMENT["chains"][1]["steps"][1:]
    assert document["leases"] == DEFAULT_DOCUMENT["leases"]


def test_a_chain_of_the_companys_own_with_all_that_a_step_can_do(manager, cast, session):
    row = {
        "levels": ["2", "3"],
        "categories": ["safety"],
        "steps-0-whom-0": f"person:{cast.zhou.id}",
        "steps-0-whom-1": "duty_role:legal",
        "steps-0-each": "y",
        "steps-0-repeats": "2",
        "steps-0-every": "3",
        "steps-0-wait": "7",
        "steps-1-whom-0": "leader",
        "steps-1-wait": "5",
        "steps-1-repeats": "",
        "steps-1-back_to": "1",
        "steps-1-back_times": "2",
        "steps-2-whom-0": "role:duty_manager",
        "steps-2-every": "15",
    }
    answer = publish(manager, **{f"chains-2-{name}": value for name, value in row.items()})
    assert answer.status_code == 303
    made = newest(session).document["chains"][2]
    assert made == {
        "id": "chain.2",
        "levels": [2, 3],
        "categories": ["safety"],
        "steps": [
            {
                "whom": [f"person:{cast.zhou.id}", "duty_role:legal"],
                "each": True,
                "wait": 7,
                "repeats": 2,
                "every": 3,
            },
            {"whom": ["leader"], "each": False, "wait": 5, "back_to": 0, "back_times": 2},
            {"whom": ["role:duty_manager"], "each": False, "repeats": None, "every": 15},
        ],
    }
    assert filled(manager)["chains-2-steps-1-back_to"] == "1", "steps are counted from 1 where people read them"
    page = soup_of(manager.get(PAGE)).text
    assert "周强" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param(changed("chains-1-steps-0-wait", "0"), "chains-1-steps-0-wait", id="no wait"),
        pytest.param(changed("chains-1-steps-0-wait", "ten"), "chains-1-steps-0-wait", id="no number"),
        pytest.param(changed("chains-1-steps-0-wait", ""), "chains-1-steps-0-wait", id="nothing"),
        pytest.param(changed("chains-1-steps-0-wait", "9" * 300), "chains-1-steps-0-wait", id="endless digits"),
        pytest.param(changed("chains-1-steps-0-repeats", "99"), "chains-1-steps-0-repeats", id="too many repeats"),
        pytest.param(changed("chains-1-steps-3-every", "1"), "chains-1-steps-3-every", id="every minute for ever"),
        pytest.param(changed("chains-1-steps-1-back_to", "2"), "chains-1-steps-1-back_to", id="back to itself"),
        pytest.param(changed("chains-1-steps-1-back_to", "1"), "chains-1-steps-1-back_times", id="back for ever"),
        pytest.param(changed("lease_1", "1"), "lease_1", id="a lease of a minute"),
        pytest.param(changed("remarks", ""), "remarks", id="no remarks"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(change, field, manager, session):
    answer = publish(manager, **change)
    assert answer.status_code == 422
    place = soup_of(answer).select_one(f"[name='{field}']").find_parent(class_="form-field")
    assert place.select(".field-error")
    assert newest(session).number == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"chains-1-steps-0-whom-0": ""}, id="a step that calls nobody"),
        pytest.param({"chains-1-steps-0-whom-0": "person:999999"}, id="somebody who is not there"),
        pytest.param({"chains-1-steps-0-whom-0": "role:king"}, id="a role that is not there"),
        pytest.param({"chains-1-steps-0-whom-1": "required_role"}, id="the same people twice"),
        pytest.param({"chains-1-levels": ["1"]}, id="no chain for the rest"),
        pytest.param({"chains-0-levels": []}, id="two chains for the rest"),
        pytest.param({"chains-0-levels": ["9"]}, id="a level that is not there"),
    ],
)
def test_a_policy_that_could_fall_silent_or_be_misread_is_refused_with_a_sentence(change, manager, session):
    answer = publish(manager, **change)
    assert answer.status_code == 422
    assert soup_of(answer).select(".field-error")
    assert newest(session).number == 1


def test_without_chains_or_without_steps_nothing_is_published(manager, session):
    for hollow in ("chains-", "chains-1-steps-"):
        fields = filled(manager)
        bare = MultiDict((name, value) for name, value in fields.items(multi=True) if not name.startswith(hollow))
        bare["remarks"] = "全删"
        answer = manager.post(EDIT, data=bare)
        assert answer.status_code == 422
        assert soup_of(answer).select(".field-error, .alarm")
    assert session.scalars(select(Policy.number).where(Policy.kind == PolicyKind.ESCALATION)).all() == [1]


def test_the_preview_names_who_would_be_told_and_when(manager, cast, on_duty):
    page = soup_of(manager.get(f"{PAGE}?level=1&category=design"))
    lines = [line.get_text(" ", strip=True) for line in page.select(".chain-plan li")]
    assert "11-21 22:00" in lines[0] and "何静" in lines[0] and "林晓" in lines[0]
    assert "22:05" in lines[1]


def test_the_preview_shows_where_nobody_stands(manager, cast):
    page = soup_of(manager.get(f"{PAGE}?level=3&category=quality"))
    assert page.select(".chain-plan .empty-step")


@pytest.mark.parametrize(
    "asked", ["level=9&category=quality", "level=1&category=ghosts", "level=&category=", "level=1"]
)
def test_a_preview_of_nonsense_is_no_preview(asked, manager):
    answer = manager.get(f"{PAGE}?{asked}")
    assert answer.status_code == 200


class TestOnTheComplaint:
    def test_the_card_says_who_was_called_and_the_preview_who_would_be(self, client, cast, complaint, clock):
        client.login(cast.lin)
        page = soup_of(client.get(f"/complaints/{complaint.number}"))
        assert "周强" in page.select_one("#chain").text
        assert not page.select("#chain .chain-plan")
        page = soup_of(client.get(f"/complaints/{complaint.number}?preview=1"))
        first = page.select_one("#chain .chain-plan li").get_text(" ", strip=True)
        assert "22:10" in first and "林晓" in first

    def test_escalating_to_a_chosen_person(self, client, cast, complaint, session):
        client.login(cast.zhou)
        answer = client.send(
            f"/complaints/{complaint.number}/escalate",
            {"to": f"person:{cast.gao.id}", "reason": "对方律师来电"},
            page=f"/complaints/{complaint.number}",
        )
        assert answer.status_code == 302
        session.expire_all()
        assert [step.target_name for step in complaint.escalations] == ["高岩"]
        assert "高岩" in soup_of(client.get(f"/complaints/{complaint.number}")).select_one(".timeline").text

    @pytest.mark.parametrize("to", ["person:999999", "role:king", "nobody", "handler"])
    def test_escalating_to_nobody_is_refused_beside_the_field(self, to, client, cast, complaint):
        client.login(cast.zhou)
        answer = client.send(
            f"/complaints/{complaint.number}/escalate",
            {"to": to, "reason": "急"},
            page=f"/complaints/{complaint.number}",
        )
        assert answer.status_code == 422
        assert soup_of(answer).select("dialog[data-open-now] .field-error")

    def test_standing_down_and_what_the_page_then_says(self, client, cast, complaint, session):
        client.login(cast.lin)
        url = f"/complaints/{complaint.number}"
        late = client.send(f"{url}/stand_down", {"until": "2026-11-23T22:00", "reason": "客户睡了"}, page=url)
        assert late.status_code == 422
        assert soup_of(late).select("dialog[data-open-now] .field-error")
        done = client.send(f"{url}/stand_down", {"until": "2026-11-22T08:00", "reason": "客户睡了"}, page=url)
        assert done.status_code == 302
        page = soup_of(client.get(url))
        assert "11-22 08:00" in page.select_one(".alarm").text
        assert "客户睡了" in page.select_one(".timeline").text

    def test_two_who_must_each_answer_see_who_is_missing(self, client, new_client, cast, complaint, session):
        major = recorded(
            cast, now=complaint.recorded_at, phone="13800138777", facts=Facts(Category.QUALITY, is_media_involved=True)
        )
        session.commit()
        url = f"/complaints/{major.number}"
        client.login(cast.zhou)
        home = soup_of(client.get("/"))
        assert {link.text for link in home.select(".home-chains a.strong")} == {major.number, complaint.number}
        assert client.send(f"{url}/acknowledge", {"back": "home"}, page="/password").location == "/"
        page = soup_of(client.get(url))
        assert "林晓" in page.select_one(".alarm").text
        assert not page.select("form[action$=acknowledge]"), "whoever answered need not answer again"
        assert client.send(f"{url}/acknowledge", {}, page=url).status_code == 409
        leader = new_client()
        leader.login(cast.lin)
        assert leader.send(f"{url}/acknowledge", {}, page=url).status_code == 302
        assert not soup_of(leader.get(url)).select(".alarm")


def test_the_workbench_shows_what_the_auditor_repaired(client, cast, complaint, session, clock):
    complaint.escalation_due_at = None
    chain_audit.audit(now=clock.now())
    session.commit()
    client.login(cast.lin)
    assert complaint.number in soup_of(client.get("/")).select(".home-chains")[-1].text
