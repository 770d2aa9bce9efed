"""The tree of causes is kept by who searches for causes; it stays a tree, and history keeps its words (N14)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import RecordChange, RootCause
from rules.vocabulary import ReviewState
from tests.client import soup_of
from tests.factories import ComplaintFactory, ReviewFactory, RootCauseFactory, WhyFactory, from_now

LIST = "/root-causes/"


def said(cause: RootCause | None = None, **words: object) -> dict[str, object]:
    given = {"name_zh": "雨季备料不足", "name_en": "Not stocked for the rains", "parent_id": "", **words}
    return {"code": "process.rain", **given} if cause is None else {**given, "version": cause.version}


def form_errors(answer) -> list[str]:
    return [each["name"] for each in soup_of(answer).select(".has-error [name]")]


@pytest.fixture
def root(session):
    made = RootCauseFactory(code="root", name_zh="流程", name_en="Process")
    session.commit()
    return made


def test_a_cause_is_written_down_below_another_and_offered_to_reviews(client, cast, session, root):
    complaint = ComplaintFactory()
    review = ReviewFactory(complaint=complaint)
    WhyFactory(review=review, written_by=cast.lin)
    session.commit()
    client.login(cast.analyst)
    assert client.send(f"{LIST}new/", said(parent_id=root.id)).status_code == 302
    cause = session.scalars(select(RootCause).where(RootCause.code == "process.rain")).one()
    assert (cause.parent, cause.is_active) == (root, True)
    assert session.scalars(select(RecordChange).where(RecordChange.record_type == "root_causes")).one()
    tab = f"/complaints/{complaint.number}/review/"
    assert "流程 › 雨季备料不足" in client.get(tab).text
    assert client.send(f"{LIST}edit/?id={root.id}", {**said(root), "name_zh": "流程"}).status_code == 302
    session.expire_all()
    assert not root.is_active and cause.is_active
    assert "雨季备料不足" not in client.get(tab).text, "what lies below is not offered either"
    assert "雨季备料不足" in client.get(f"/root-causes/details/?id={root.id}").text


def test_what_is_wrong_stands_beside_its_field(client, cast, session, root):
    child = RootCauseFactory(parent=root, code="root.child")
    session.commit()
    client.login(cast.zhao)
    assert form_errors(client.send(f"{LIST}new/", said(code="root"))) == ["code"]
    assert form_errors(client.send(f"{LIST}new/", said(name_en=" "))) == ["name_en"]
    assert form_errors(client.send(f"{LIST}new/", said(name_zh="因" * 81))) == ["name_zh"]
    for nobody in ("999999", "x", "9" * 100):
        assert form_errors(client.send(f"{LIST}new/", said(parent_id=nobody))) == ["parent_id"]
    for below in (root, child):
        answer = client.send(f"{LIST}edit/?id={root.id}", said(root, parent_id=below.id, is_active="y"))
        assert (answer.status_code, form_errors(answer)) == (422, ["parent_id"])
    session.expire_all()
    assert root.parent is None and session.query(RootCause).filter_by(code="process.rain").count() == 0


def test_a_code_is_chosen_once(client, cast, session, root):
    client.login(cast.lin)
    assert not soup_of(client.get(f"{LIST}edit/?id={root.id}")).select("[name=code]")
    changed = {**said(root), "code": "other", "is_active": "y"}
    assert client.send(f"{LIST}edit/?id={root.id}", changed).status_code == 302
    session.expire_all()
    assert (root.code, root.name_zh) == ("root", "雨季备料不足")


def test_others_read_it_with_the_reviews_that_found_it(client, cast, session, root):
    review = ReviewFactory(
        state=ReviewState.DONE, root_cause=root, lessons="先备料", ended_at=from_now().function(), ended_by=cast.lin
    )
    session.commit()
    client.login(cast.auditor)
    page = client.get(f"/root-causes/details/?id={root.id}")
    assert review.complaint.number in page.text and "先备料" in page.text
    assert client.get(f"{LIST}new/").status_code == 403
    assert client.send(f"{LIST}new/", said(), page=LIST).status_code == 403
    assert client.send(f"{LIST}edit/?id={root.id}", said(root), page=LIST).status_code == 403
    assert root.name_zh == "流程"
