"""The card of a person's phone: a code is sent, typed back, and everybody sees what is proved."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Notification, PhoneVerification
from services import opt_outs
from tests.client import soup_of


def card(client, person):
    return soup_of(client.get(f"/people/details/?id={person.id}")).select_one("#phone-card")


def code_sent(session) -> str:
    return session.scalars(select(Notification)).one().variables["password"]


def test_one_proves_ones_own_number(client, cast, session, now):
    client.login(cast.zhou)
    page = f"/people/details/?id={cast.zhou.id}"
    assert card(client, cast.zhou).select_one(".badge.warning")
    assert client.send(f"/verifications/{cast.zhou.id}/send", page=page).status_code == 303
    assert card(client, cast.zhou).select_one("input[name=code]")
    client.send(f"/verifications/{cast.zhou.id}/prove", {"code": code_sent(session)}, page=page)
    session.expire_all()
    assert cast.zhou.phone_verified_at == now
    assert card(client, cast.zhou).select_one(".badge.done") and not card(client, cast.zhou).select("form")


def test_a_wrong_code_is_said_and_counted(client, cast, session):
    client.login(cast.zhou)
    page = f"/people/details/?id={cast.zhou.id}"
    client.send(f"/verifications/{cast.zhou.id}/send", page=page)
    wrong = f"{(int(code_sent(session)) + 1) % 10**6:06d}"
    answer = client.send(f"/verifications/{cast.zhou.id}/prove", {"code": wrong}, page=page, follow_redirects=True)
    assert answer.status_code == 200
    assert session.scalar(select(PhoneVerification.tries)) == 1
    for _ in range(6):
        client.send(f"/verifications/{cast.zhou.id}/prove", {"code": wrong}, page=page)
    session.expire_all()
    assert session.scalar(select(PhoneVerification.tries)) == 5 and cast.zhou.phone_verified_at is None


@pytest.mark.parametrize("typed", ["", "x", "1" * 5000, "%00", "\x00", "😀" * 6])
def test_nonsense_is_answered(client, cast, session, typed):
    client.login(cast.zhou)
    page = f"/people/details/?id={cast.zhou.id}"
    answer = client.send(f"/verifications/{cast.zhou.id}/prove", {"code": typed}, page=page, follow_redirects=True)
    assert answer.status_code == 200


def test_nobody_proves_the_number_of_another(client, cast, session):
    client.login(cast.lin)
    assert not card(client, cast.zhou).select("form")
    for verb in ("send", "prove"):
        url = f"/verifications/{cast.zhou.id}/{verb}"
        assert client.send(url, {"code": "123456"}, page="/people/").status_code == 403
    assert session.scalars(select(PhoneVerification)).all() == []


def test_an_administrator_may_have_a_code_sent(client, cast, session):
    client.login(cast.admin)
    client.send(f"/verifications/{cast.zhou.id}/send", page="/people/")
    assert session.scalars(select(PhoneVerification)).one().person_id == cast.zhou.id


def test_a_wish_for_no_messages_stands_on_the_card(client, cast, session, now):
    opt_outs.opt_out(cast.zhou.phone, "STOP", now)
    client.login(cast.lin)
    assert "STOP" in card(client, cast.zhou).get_text()


def test_the_roster_marks_who_is_on_duty_with_an_unverified_number(client, cast, on_duty, session, now):
    cast.zhou.phone_verified_at = now
    session.commit()
    client.login(cast.roster)
    posts = soup_of(client.get("/roster/")).select(".post-who")
    marked = {post.get_text(" ", strip=True)[:2] for post in posts if post.select_one(".badge.warning")}
    assert {"林晓", "何静", "高岩"} == marked


def test_without_a_list_one_lands_on_ones_own_page(client, cast):
    client.login(cast.zhou)
    assert client.get("/verifications/").location.endswith(f"id={cast.zhou.id}")
