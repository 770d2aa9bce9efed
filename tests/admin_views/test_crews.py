"""Crews are kept by who looks after people; one that is switched off is offered for no new work (A-03)."""

from __future__ import annotations

from models import Crew
from tests.client import soup_of
from tests.factories import CrewFactory, WorkOrderFactory


def said(crew: Crew | None = None, **words: object) -> dict[str, object]:
    return {"name": "瓦工一组", "trade": "瓦工", "foreman_id": "", **words}


def test_a_crew_is_written_down_changed_and_switched_off(client, cast, session):
    client.login(cast.admin)
    assert client.send("/crews/new/", said(foreman_id=cast.zhao.id)).status_code == 302
    crew = session.query(Crew).one()
    assert (crew.name, crew.trade, crew.foreman, crew.is_active) == ("瓦工一组", "瓦工", cast.zhao, True)
    twice = client.send("/crews/new/", said())
    assert twice.status_code == 422 and soup_of(twice).select_one(".has-error [name=name]")
    assert client.send(f"/crews/edit/?id={crew.id}", said(version=crew.version)).status_code == 302
    session.expire_all()
    assert (crew.foreman, crew.is_active) == (None, False)
    assert "瓦工一组" not in soup_of(client.get("/crews/")).select_one("main").get_text()
    assert "瓦工一组" not in client.get("/work-order/new").text


def test_its_page_shows_its_orders_and_others_only_read(client, cast, session):
    order = WorkOrderFactory(crew=CrewFactory(name="木工二组"))
    session.commit()
    client.login(cast.zhao)
    assert order.number in client.get(f"/crews/details/?id={order.crew.id}").text
    assert client.get("/crews/new/").status_code == 403
    assert client.send("/crews/new/", said(), page="/crews/").status_code == 403
    assert session.query(Crew).count() == 1
