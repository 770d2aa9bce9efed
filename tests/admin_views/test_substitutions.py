"""Substitutes are named and ended on a page of their own (CA3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from extensions import COMPANY_ZONE, db
from models import Substitution
from rules.vocabulary import Role
from tests.factories import PersonFactory, SubstitutionFactory


@pytest.fixture
def other(session):
    return PersonFactory(roles=[Role.APPROVER])


def said(person, substitute, now, *, first: int = 0, last: int = 3) -> dict[str, object]:
    today = now.astimezone(COMPANY_ZONE).date()
    days = {"first_on": today + timedelta(days=first), "last_on": today + timedelta(days=last)}
    return {"person": person.id, "substitute": substitute.id, **days, "remarks": "出差"}


def test_a_decider_names_their_own_and_ends_it(client, cast, other, now, session):
    client.login(cast.approver)
    assert client.send("/substitutions/new", said(cast.approver, other, now)).status_code == 303
    made = db.session.query(Substitution).one()
    assert (made.person_id, made.substitute_id, made.made_by_id) == (cast.approver.id, other.id, cast.approver.id)
    assert other.name in client.get("/substitutions/").text
    assert client.send(f"/substitutions/{made.id}/end", {}, page="/substitutions/new").status_code == 303
    assert other.name not in client.get("/substitutions/").text.split('<ul class="rows">')[1]


def test_what_is_refused_writes_nothing(client, cast, other, now, session):
    client.login(cast.approver)
    backwards = client.send("/substitutions/new", said(cast.approver, other, now, first=3, last=1))
    for_another = client.send("/substitutions/new", said(other, cast.approver, now))
    assert (backwards.status_code >= 400, for_another.status_code >= 400) == (True, True)
    assert db.session.query(Substitution).count() == 0
    assert client.send("/substitutions/new", said(cast.approver, other, now)).status_code == 303
    assert client.send("/substitutions/new", said(cast.approver, other, now, first=3, last=9)).status_code >= 400
    assert db.session.query(Substitution).count() == 1


def test_somebody_else_s_is_not_ended_and_who_decides_nothing_sees_no_page(client, cast, other, session):
    theirs = SubstitutionFactory(person=other, substitute=cast.approver)
    last_on = theirs.last_on
    session.commit()
    client.login(cast.approver)
    client.send(f"/substitutions/{theirs.id}/end", {}, page="/substitutions/new")
    db.session.refresh(theirs)
    assert theirs.last_on == last_on
    client.login(cast.xiaozhou)
    assert client.get("/substitutions/").status_code == 403
