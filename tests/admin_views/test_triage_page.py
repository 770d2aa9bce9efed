"""Triage on the complaint's page: the meeting, the drawing of who answers, the reasons for the level."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from admin_views import responsibility_map
from models import Complaint, MeetingAttendee, TriageMeeting
from rules.vocabulary import FaultSide, Position, Severity
from services import complaints, meetings
from tests.client import DeskClient, soup_of
from tests.factories import PersonFactory
from tests.query_count import queries
from tests.stories import recorded


@pytest.fixture
def complaint(cast, on_duty, session, now) -> Complaint:
    """Hollow tiles, recorded just now."""
    complaint = recorded(cast, now=now)
    session.commit()
    return complaint


@pytest.fixture
def meeting(complaint, cast, session, now) -> TriageMeeting:
    """林晓 has called 周强 and 钱进."""
    begun = meetings.start(
        complaint, attendees=[cast.zhou, cast.approver], place="https://meet.example/1", actor=cast.lin, now=now
    )
    session.commit()
    return begun


def address(complaint: Complaint) -> str:
    return f"/complaints/{complaint.number}"


def press(client: DeskClient, complaint: Complaint, action: str, **said: object):
    return client.send(f"{address(complaint)}/{action}", said, page=address(complaint))


def shown(client: DeskClient, complaint: Complaint):
    page = client.get(address(complaint))
    assert page.status_code == 200
    return soup_of(page)


def decisions(cast, **known: object) -> dict[str, object]:
    return {
        "severity": "2",
        "reason": "整面返工",
        "side": "construction",
        "lead": str(cast.zhao.id),
        "cooperators": [str(cast.zhou.id)],
        **known,
    }


class TestTheMeeting:
    def test_it_begins_with_the_people_the_plan_names_ticked(self, client, cast, complaint):
        client.login(cast.zhou)
        ticked = shown(client, complaint).select("#do-meet input[name=attendees][checked]")
        assert {box["value"] for box in ticked} == {str(cast.lin.id), str(cast.zhao.id)}

    def test_from_the_call_to_the_decisions(self, client, new_client, cast, complaint, session, clock):
        client.login(cast.lin)
        ids = [str(cast.lin.id), str(cast.zhou.id), str(cast.approver.id)]
        assert press(client, complaint, "meet", attendees=ids, place="三楼会议室").status_code == 302
        panel = shown(client, complaint).select_one(".meeting")
        assert "三楼会议室" in panel.text
        assert not shown(client, complaint).select("#do-meet"), "no second one is offered"
        other = new_client()
        other.login(cast.approver)
        assert shown(other, complaint).select(".meeting form[action$='meeting/join'] .btn-primary")
        assert not shown(other, complaint).select("[data-dialog=meeting-end]")
        assert press(other, complaint, "meeting/join").status_code == 302
        assert press(client, complaint, "meeting/join", person=str(cast.zhou.id)).status_code == 302
        clock.forward(minutes=8)
        answer = press(client, complaint, "meeting/end", **decisions(cast))
        assert answer.status_code == 302
        session.expire_all()
        assert complaint.severity is Severity.URGENT
        there = select(MeetingAttendee).where(MeetingAttendee.joined_at.is_not(None))
        assert len(session.scalars(there).all()) == 3
        page = shown(client, complaint)
        assert not page.select(".meeting")
        assert "整面返工" in page.select_one("#meetings").text

    def test_the_panel_alone_refreshes_itself(self, client, cast, meeting, clock):
        client.login(cast.zhou)
        answer = client.get(f"{address(meeting.complaint)}/meeting")
        assert soup_of(answer).select_one(".meeting a[rel~=noopener]")["href"] == "https://meet.example/1"
        assert not soup_of(answer).select(".meeting-over")
        clock.forward(minutes=10, seconds=1)
        assert soup_of(client.get(f"{address(meeting.complaint)}/meeting")).select(".meeting-over")

    def test_a_place_that_is_no_web_address_is_no_link(self, client, cast, complaint, session, now):
        meetings.start(complaint, attendees=[cast.zhou], place="javascript:alert(1)", actor=cast.lin, now=now)
        client.login(cast.lin)
        panel = shown(client, complaint).select_one(".meeting")
        assert "javascript:alert(1)" in panel.text
        assert not panel.select("a[href^=javascript]")

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            pytest.param({"reason": " "}, "reason", id="no reason"),
            pytest.param({"promise_text": "明天"}, "promise_due_at", id="half a promise"),
            pytest.param({"promise_text": "明天", "promise_due_at": "2026-11-21T08:00"}, "promise_due_at", id="past"),
            pytest.param({"severity": "9"}, "severity", id="no such level"),
            pytest.param({"lead": "x"}, "lead", id="nobody leads"),
        ],
    )
    def test_a_decision_that_makes_no_sense_comes_back_beside_its_field(
        self, said, field, client, cast, meeting, session
    ):
        client.login(cast.lin)
        answer = press(client, meeting.complaint, "meeting/end", **decisions(cast, **said))
        assert answer.status_code == 422
        dialog = soup_of(answer).select_one("#meeting-end[data-open-now]")
        place = dialog.select_one(f"[name={field}]").find_parent(class_="form-field")
        assert place.select(".field-error")
        session.expire_all()
        assert (meeting.ended_at, meeting.complaint.severity) == (None, None)

    def test_the_lead_among_the_cooperators_is_refused_beside_them(self, client, cast, meeting, session):
        client.login(cast.lin)
        answer = press(client, meeting.complaint, "meeting/end", **decisions(cast, cooperators=[str(cast.zhao.id)]))
        assert answer.status_code == 422
        session.expire_all()
        assert meeting.ended_at is None

    def test_nobody_called_is_refused_in_the_dialog(self, client, cast, complaint):
        client.login(cast.lin)
        answer = press(client, complaint, "meet", place="")
        assert answer.status_code == 422
        assert soup_of(answer).select("#do-meet[data-open-now] .field-error")

    def test_the_second_who_presses_sees_the_meeting_of_the_first(self, client, new_client, cast, complaint, session):
        late = new_client()
        late.login(cast.zhou)
        token = late.token(address(complaint))
        client.login(cast.lin)
        assert press(client, complaint, "meet", attendees=[str(cast.zhou.id)]).status_code == 302
        answer = late.post(f"{address(complaint)}/meet", data={"csrf_token": token, "attendees": [str(cast.lin.id)]})
        assert answer.status_code == 409
        assert soup_of(answer).select(".alarm") and soup_of(answer).select(".meeting")
        assert len(session.scalars(select(TriageMeeting)).all()) == 1

    def test_what_ended_meanwhile_is_said_and_not_done_twice(self, client, cast, meeting, session, now):
        client.login(cast.lin)
        token = client.token(address(meeting.complaint))
        meetings.call_off(meeting, reason="没人", actor=cast.zhou, now=now)
        for step in ("join", "end", "call-off"):
            data = {"csrf_token": token, **decisions(cast)}
            answer = client.post(f"{address(meeting.complaint)}/meeting/{step}", data=data)
            assert answer.status_code == 409, step

    @pytest.mark.parametrize("step", ["join", "end", "call-off"])
    def test_who_may_only_look_does_nothing_to_it(self, step, client, cast, meeting, session):
        client.login(cast.analyst)
        assert press(client, meeting.complaint, f"meeting/{step}", **decisions(cast)).status_code == 403
        session.expire_all()
        assert meeting.ended_at is None

    @pytest.mark.parametrize("person", ["999999", "-1", "x", "9" * 40, "١"])
    def test_made_up_people_do_not_join(self, person, client, cast, meeting):
        client.login(cast.lin)
        assert press(client, meeting.complaint, "meeting/join", person=person).status_code in (302, 404)

    def test_an_unknown_step_is_no_page(self, client, cast, meeting):
        client.login(cast.lin)
        assert press(client, meeting.complaint, "meeting/dance").status_code == 404


class TestTheWorkbench:
    def test_whoever_was_called_finds_the_way_in(self, client, new_client, cast, meeting, session, now):
        client.login(cast.zhou)
        (bar,) = soup_of(client.get("/")).select(".home-meeting")
        assert bar["href"] == address(meeting.complaint)
        assert "is-awaited" in bar["class"]
        press(client, meeting.complaint, "meeting/join")
        assert "is-awaited" not in soup_of(client.get("/")).select_one(".home-meeting")["class"]
        meetings.call_off(meeting, reason="没人", actor=cast.lin, now=now)
        assert not soup_of(client.get("/")).select(".home-meeting")


class TestTheMap:
    def test_before_grading_the_plan_s_proposal_is_drawn_dashed(self, client, cast, complaint):
        client.login(cast.lin)
        drawing = shown(client, complaint).select_one("svg.map")
        assert "map-proposal" in drawing["class"]
        assert "赵磊" in drawing.text

    def test_afterwards_the_lead_on_top_and_a_line_to_everybody(self, client, cast, complaint, session, now):
        complaints.grade(
            complaint,
            severity=Severity.URGENT,
            reason="返工",
            side=FaultSide.CONSTRUCTION,
            lead=cast.zhao,
            cooperators=[cast.zhou, cast.he],
            actor=cast.lin,
            now=now,
        )
        client.login(cast.lin)
        drawing = shown(client, complaint).select_one("svg.map")
        assert "map-proposal" not in drawing["class"]
        assert [group["class"] for group in drawing.select("g")] == [["lead"], ["cooperator"], ["cooperator"]]
        assert len(drawing.select("path")) == 2
        assert "赵磊" in drawing["aria-label"]

    @pytest.mark.parametrize("count", [0, 1, 2, 3, 8])
    def test_boxes_stay_inside_and_apart(self, count, app, session):
        with app.test_request_context():
            drawn = responsibility_map.draw(PersonFactory.create_batch(count + 1), side=FaultSide.DESIGN)
        for box in drawn.boxes:
            assert box.x >= 0 and box.x + box.width <= drawn.width
            assert box.y >= 0 and box.y + box.height <= drawn.height
        for one in drawn.boxes:
            for other in drawn.boxes:
                apart = one.x + one.width <= other.x or other.x + other.width <= one.x
                below = one.y + one.height <= other.y or other.y + other.height <= one.y
                assert one is other or apart or below

    @pytest.mark.parametrize(
        ("text", "fits"),
        [("赵磊", "赵磊"), ("customer service supervisor", "customer service super…"), ("长" * 12, "长" * 11 + "…")],
    )
    def test_long_names_are_cut(self, text, fits):
        assert responsibility_map.fitting(text) == fits


class TestWhy:
    def test_the_sentence_the_facts_behind_it_and_the_version(self, client, cast, complaint, session):
        client.login(cast.lin)
        answer = press(client, complaint, "update_facts", household_count="4", delay_days="0", note="三户邻居")
        assert answer.status_code == 302
        card = shown(client, complaint).select_one("#level")
        (reason,) = card.select(".reasons li")
        assert reason.select_one(".badge.level-1")
        assert "4" in reason.text
        assert "1" in card.select("p.muted")[-1].text

    def test_less_than_the_facts_ask_for_is_refused_beside_the_level(self, client, new_client, cast, complaint):
        client.login(cast.zhou)
        press(client, complaint, "update_facts", is_leak="y", household_count="1", delay_days="0")
        answer = press(client, complaint, "grade", **decisions(cast, severity="3"))
        assert answer.status_code == 403
        field = soup_of(answer).select_one("#do-grade[data-open-now] [name=severity]").find_parent(class_="form-field")
        assert "林晓" in field.select_one(".field-error").text
        leader = new_client()
        leader.login(cast.lin)
        assert press(leader, complaint, "grade", **decisions(cast, severity="3")).status_code == 302
        assert shown(leader, complaint).select("#level .over")

    def test_calmer_facts_say_that_the_level_waits_for_the_leader(self, client, cast, complaint):
        client.login(cast.zhou)
        press(client, complaint, "update_facts", is_leak="y", household_count="1", delay_days="0")
        assert not shown(client, complaint).select("#level .level-kept")
        press(client, complaint, "update_facts", household_count="1", delay_days="0")
        page = shown(client, complaint)
        assert page.select("#level .level-kept")
        assert "二级" in page.select_one(".head-facts small").text, "the proposal stands beside the badge, not under it"

    def test_a_raised_level_is_told_by_the_desk(self, client, cast, complaint, session, clock):
        client.login(cast.lin)
        press(client, complaint, "grade", **decisions(cast, severity="3"))
        clock.forward(minutes=5)
        press(client, complaint, "update_facts", is_media_involved="y", household_count="1", delay_days="0")
        page = shown(client, complaint)
        assert page.select_one("#level .badge.level-1")
        assert page.select(".timeline .alarm-line")


def test_the_page_with_a_meeting_asks_a_bounded_number_of_questions(client, cast, complaint, session, now):
    client.login(cast.lin)
    client.get(address(complaint))
    with queries() as few:
        client.get(address(complaint))
    crowd = PersonFactory.create_batch(12, position=Position.TECHNICIAN)
    meetings.start(complaint, attendees=crowd, place="", actor=cast.lin, now=now + timedelta(seconds=1))
    session.commit()
    with queries() as more:
        client.get(address(complaint))
    assert len(more) - len(few) < 12
