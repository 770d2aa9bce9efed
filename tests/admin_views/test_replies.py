"""The list of what came back from phones."""

from __future__ import annotations

import pytest

from rules.vocabulary import NotificationKind, ReplyOutcome
from tests.client import soup_of
from tests.factories import ComplaintFactory, InboundMessageFactory, NotificationFactory
from tests.query_count import queries


def rows(client, url: str) -> int:
    return len(soup_of(client.get(url)).select("tbody tr"))


@pytest.fixture
def came(cast) -> None:
    """One that acted, one that nobody understood, one of a customer."""
    call = NotificationFactory(
        kind=NotificationKind.DUTY_CALL, person=cast.zhou, complaint=ComplaintFactory(number="C-2611-0009")
    )
    InboundMessageFactory(
        person=cast.zhou, phone=cast.zhou.phone, text="1", outcome=ReplyOutcome.DONE, notification=call
    )
    InboundMessageFactory(person=cast.lin, phone=cast.lin.phone, text="啊？")
    InboundMessageFactory(phone="+8613900139777", text="明天下午在家", outcome=ReplyOutcome.KEPT)


def test_shows_what_came_of_it_and_no_full_number(client, cast, came):
    client.login(cast.auditor)
    text = client.get("/replies/").get_data(as_text=True)
    assert "明天下午在家" in text and "C-2611-0009" in text and "138****8001" in text
    assert "13800138001" not in text and "13900139777" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [("", 3), ("?view=read", 1), ("?view=without", 1), ("?outcome=done", 1), ("?search=周", 1), ("?outcome=x", 3)],
)
def test_can_be_narrowed_down(client, cast, came, query, found):
    client.login(cast.lin)
    assert rows(client, f"/replies/{query}") == found


def test_each_has_its_page(client, cast, came):
    reply = InboundMessageFactory(text="<b>不</b>")
    client.login(cast.lin)
    text = client.get(f"/replies/details/?id={reply.id}").get_data(as_text=True)
    assert "&lt;b&gt;" in text and "<b>不" not in text


def test_costs_the_same_for_many(client, cast, came):
    client.login(cast.lin)
    with queries() as few:
        client.get("/replies/")
    for _ in range(12):
        InboundMessageFactory(person=cast.zhou, notification=NotificationFactory(complaint=ComplaintFactory()))
    with queries() as many:
        client.get("/replies/")
    assert len(many) == len(few)


def test_nothing_is_written_here_and_only_some_take_it_away(client, cast, came):
    client.login(cast.auditor)
    assert client.get("/replies/export/csv/").status_code in (302, 403)
    client.login(cast.admin)
    assert client.get("/replies/new/").status_code in (302, 403, 404)
    assert "C-2611-0009" in client.get("/replies/export/csv/", buffered=True).get_data(as_text=True)


def test_a_bundle_s_reply_names_its_complaints(client, cast):
    for number in range(1, 6):
        ComplaintFactory(number=f"C-2611-000{number}")
    several = " ".join(f"C-2611-000{number}" for number in range(1, 6))
    bundle = NotificationFactory(
        kind=NotificationKind.BUNDLE, person=cast.zhou, complaint=None, variables={"all": several}
    )
    reply = InboundMessageFactory(person=cast.zhou, outcome=ReplyOutcome.DONE, notification=bundle)
    client.login(cast.lin)
    links = soup_of(client.get("/replies/")).select("tbody td a[href^='/complaints/']")
    assert [link.text for link in links] == ["C-2611-0001", "C-2611-0002", "C-2611-0003"]
    assert "还有 2" in client.get(f"/replies/details/?id={reply.id}").get_data(as_text=True)
    client.login(cast.analyst)
    assert several in client.get("/replies/export/csv/?view=all", buffered=True).get_data(as_text=True)
