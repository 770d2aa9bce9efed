"""The tab of causes: asked, verified by another, found, acted on; who does not search sees no button (N14, G-07)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from extensions import COMPANY_ZONE, timepiece
from models import CorrectiveAction, Review, RootCause, Why
from rules.refusals import Refusal
from rules.vocabulary import Category, ReviewState, Status
from services import corrective_actions
from tests.client import soup_of
from tests.factories import ComplaintFactory, CorrectiveActionFactory, ReviewFactory, RootCauseFactory, WhyFactory

PAGE = "/complaints/C-2611-0001/review/"


@pytest.fixture
def late(cast, session):
    """A delivery that came late."""
    made = ComplaintFactory(number="C-2611-0001", status=Status.HANDLING, handler=cast.zhao)
    session.commit()
    return made


def press(client, verb: str, **said: object):
    return client.send(f"{PAGE}{verb}", said, page=PAGE)


def buttons(client) -> set[str]:
    return {button["data-dialog"].split("-")[1] for button in soup_of(client.get(PAGE)).select("[data-dialog^='do-']")}


def test_from_the_first_why_to_what_is_done_about_it(client, cast, session, late):
    cause = session.scalars(select(RootCause)).first() or RootCauseFactory()
    session.commit()
    client.login(cast.zhao)
    assert buttons(client) == {"begin"}
    assert press(client, "begin", answer="没有车", proof="调度记录").status_code == 302
    review = session.scalars(select(Review)).one()
    if not session.scalars(select(Why)).all():
        assert press(client, f"why/{review.id}", answer="没有车", proof="调度记录").status_code == 302
    refused = press(client, f"why/{review.id}", answer="承运商运力不足", proof="")
    assert refused.status_code == 422 and soup_of(refused).select_one("dialog[data-open-now] .field-error")
    assert press(client, f"why/{review.id}", answer="承运商运力不足", proof="合同").status_code == 302
    first, second = session.scalars(select(Why).order_by(Why.place)).all()
    assert press(client, f"verify/{second.id}").status_code in (403, 409), "nobody verifies what they wrote"
    client.login(cast.lin)
    assert press(client, f"verify/{second.id}").status_code == 302
    client.login(cast.zhao)
    finished = press(client, f"finish/{review.id}", root_cause_id=str(cause.id), lessons="旺季前备车队")
    assert finished.status_code == 302
    today = timepiece.now().astimezone(COMPANY_ZONE).date()
    days = {"due_on": str(today + timedelta(days=14)), "check_on": str(today + timedelta(days=60))}
    acted = press(client, f"action/{review.id}", words="签备用车队", owner=str(cast.zhao.id), **days)
    assert acted.status_code == 302
    session.expire_all()
    assert (review.state, session.scalars(select(CorrectiveAction)).one().owner) == (ReviewState.DONE, cast.zhao)
    report = client.get(f"{PAGE}report")
    assert report.status_code == 200
    for words in (first.answer, "承运商运力不足", "签备用车队", "旺季前备车队"):
        assert words in report.text


@pytest.mark.parametrize("login", ["xiaozhou", "approver", "auditor"])
def test_who_does_not_search_for_causes_sees_no_button_and_does_nothing(client, cast, session, late, login):
    client.login(login)
    assert buttons(client) == set()
    assert press(client, "begin", answer="x", proof="x").status_code == 403
    assert session.scalars(select(Review)).all() == []


def test_another_complaint_s_why_is_not_found_here(client, cast, session, late):
    other = WhyFactory(written_by=cast.lin)
    action = CorrectiveActionFactory(review=other.review)
    session.commit()
    client.login(cast.zhao)
    assert press(client, f"verify/{other.id}").status_code == 404
    assert press(client, f"why/{other.review.id}", answer="x", proof="x").status_code == 404
    assert press(client, f"done/{action.id}", done_words="x").status_code == 404
    assert client.get(f"{PAGE}report").status_code == 404, "there is no review to report on"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"words": " "}, "words"),
        ({"words": "签" * 501}, "words"),
        ({"owner": "0"}, "owner"),
        ({"owner": "9" * 30}, "owner"),
        ({"due_on": "2000-01-01"}, "due_on"),
        ({"due_on": "x"}, "due_on"),
        ({"check_on": "2000-01-01"}, "check_on"),
        ({"check_on": "9999-12-31"}, "check_on"),
    ],
)
def test_what_is_wrong_with_an_action_stands_beside_its_field(client, cast, session, late, wrong, field):
    review = ReviewFactory(complaint=late)
    session.commit()
    client.login(cast.zhao)
    today = timepiece.now().astimezone(COMPANY_ZONE).date()
    said = {"words": "签备用车队", "owner": str(cast.zhao.id), "due_on": str(today), "check_on": str(today), **wrong}
    answer = press(client, f"action/{review.id}", **said)
    dialog = soup_of(answer).select_one("dialog[data-open-now]")
    assert answer.status_code == 422
    assert [each["name"] for each in dialog.select(".has-error [name]")] == [field]
    assert session.scalars(select(CorrectiveAction)).all() == []


def test_whoever_left_meanwhile_owns_no_action(cast, session, late):
    review = ReviewFactory(complaint=late)
    cast.he.is_active = False
    session.flush()
    today = timepiece.now().astimezone(COMPANY_ZONE).date()
    with pytest.raises(Refusal) as refusal:
        corrective_actions.make(
            review,
            words="签备用车队",
            owner_id=cast.he.id,
            due_on=today,
            check_on=today,
            actor=cast.zhao,
            now=timepiece.now(),
        )
    assert refusal.value.field == "owner"


def test_what_earlier_cases_taught_stands_where_the_next_one_is_handled(client, cast, session, late, clock):
    """RV5: of the same kind, finished, in earnest; the latest first, and only a few."""
    done = {"state": ReviewState.DONE, "root_cause": RootCauseFactory(name_zh="备料不足"), "ended_by": cast.lin}
    for days in range(5):
        at = clock.now() - timedelta(days=days)
        ReviewFactory(
            complaint=ComplaintFactory(category=late.category), lessons=f"教训{days}", begun_at=at, ended_at=at, **done
        )
    for other in (
        ComplaintFactory(category=Category.SERVICE),
        ComplaintFactory(category=late.category, is_drill=True),
    ):
        ReviewFactory(complaint=other, lessons="别的", ended_at=clock.now(), **done)
    ReviewFactory(complaint=ComplaintFactory(category=late.category), lessons="还没完")
    session.commit()
    client.login(cast.zhou)
    shown = soup_of(client.get("/complaints/C-2611-0001")).select(".lessons li .words")
    assert [each.text for each in shown] == ["教训0", "教训1", "教训2"]
