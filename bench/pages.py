"""What every page costs, and whether it grows with the number of complaints.

``python -m bench.pages --small URL --large URL`` asks for the same pages on two databases of one kind, turn by turn in
one process, so that only the ratio between them matters. A page over ``SLOW_MS`` that grew is marked with !.
"""

from __future__ import annotations

import argparse
import contextvars
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select

from bench import desk
from extensions import db
from models import Complaint, Customer, Person, Project

ROUNDS = 5
SLOW_MS = 100
GREW = 2.0
DEEPEST_PAGE = 499

Address = Callable[["Sample"], str]


@dataclass(frozen=True)
class Sample:
    """The records of one database that the addresses are made from."""

    newest: Complaint
    old: Complaint
    customer: Customer
    project: Project


@dataclass
class Cost:
    """What one page cost on one database: the best of several rounds in milliseconds, and its queries."""

    ms: float = float("inf")
    queries: int = 0
    status: int = 0
    slowest: str = ""


@dataclass
class Database:
    """One of the two databases, with somebody logged in who may do everything."""

    app: Flask
    client: FlaskClient
    sample: Sample
    costs: dict[str, Cost] = field(default_factory=dict)


PAGES: dict[str, Address] = {
    "home": lambda sample: "/",
    "home, the refreshing part": lambda sample: "/matters",
    "a complaint, new": lambda sample: f"/complaints/{sample.newest.number}",
    "a complaint, old": lambda sample: f"/complaints/{sample.old.number}",
    "intake": lambda sample: "/intake/",
    "roster": lambda sample: "/roster/",
    "roster of a month, by person": lambda sample: "/roster/?month=2026-11&by=person",
    "my duty": lambda sample: "/roster/mine",
    "fairness": lambda sample: "/roster/fairness",
    "rotations": lambda sample: "/rotations/",
    "overrides": lambda sample: "/overrides/",
    "swaps": lambda sample: "/swaps/",
    "leaves": lambda sample: "/leaves/",
    "handovers": lambda sample: "/handovers/",
    "a policy": lambda sample: "/policies/severity",
    **{
        f"a complaint, old: {tab}": lambda sample, tab=tab: f"/complaints/{sample.old.number}/{tab}/"  # type: ignore[misc]
        for tab in ("inspection", "work", "disputes", "money", "outward", "follow-up", "review", "papers")
    },
    **{
        f"search: {name}": address
        for name, address in {
            "a number": lambda sample: f"/search/suggest?q={sample.old.number}",
            "the end of a number": lambda sample: f"/search/?q={sample.old.number[-4:]}",
            "a phone": lambda sample: f"/search/?q={sample.customer.phone[3:]}",
            "a masked phone": lambda sample: f"/search/?q={sample.customer.masked_phone}",
            "the end of a phone": lambda sample: f"/search/?q={sample.customer.phone_tail}",
            "the beginning of a phone": lambda sample: f"/search/?q={sample.customer.phone[3:10]}",
            "a contract": lambda sample: f"/search/?q={sample.project.contract_no}",
            "the beginning of contracts": lambda sample: "/search/?q=ZX2024-0",
            "the hotline's number": lambda sample: f"/search/?q={sample.old.external_ref or 'HL00000001'}",
            "a home": lambda sample: f"/search/?q={sample.old.community_stated}{sample.old.room_stated}",
            "a community": lambda sample: f"/search/?q={sample.old.community_stated}",
            "a name": lambda sample: f"/search/?q={sample.customer.name}",
            "one character": lambda sample: "/search/?q=王",
            "a frequent word": lambda sample: "/search/?q=空鼓",
            "two frequent words": lambda sample: "/search/?q=瓷砖 赔偿",
            "words standing together": lambda sample: "/search/?q=卫生间防水没做好",
            "a rare word": lambda sample: f"/search/?q=编号{sample.old.id:06d}",
            "frequent tokens, no such phrase": lambda sample: "/search/?q=砖瓷空鼓",
            "no such word": lambda sample: "/search/?q=查无此词啊",
            "suggestions while typing": lambda sample: "/search/suggest?q=漏水",
        }.items()
    },
}


def pages(app: Flask) -> dict[str, Address]:
    """The pages above, and every list with its last page, sorts, tabs, filters, pickers and exports."""
    with app.test_request_context():
        views = [view for view in app.extensions["admin"][0]._views if hasattr(view, "desk_filters")]
        lists = {name: address for view in views for name, address in _list_pages(view)}
    return PAGES | {name: (lambda sample, address=address: address) for name, address in lists.items()}


def _list_pages(view: Any) -> Iterator[tuple[str, str]]:
    name, url = view.endpoint, f"{view.url}/"
    yield f"{name}: list", url
    yield f"{name}: last page that can be reached", f"{url}?page={DEEPEST_PAGE}"
    for place, (column, _) in enumerate(view._list_columns):
        if column in view._sortable_columns:
            yield f"{name}: sorted by {column}", f"{url}?sort={place}"
            yield f"{name}: sorted by {column}, descending", f"{url}?sort={place}&desc=1"
    for tab in view.tabs:
        yield f"{name}: tab {tab.key}", f"{url}?view={tab.key}"
    for each in view.desk_filters:
        for value in _values(each):
            yield f"{name}: {each.key} {value}", f"{url}?{value}"
    if view.search_hint:
        yield f"{name}: search 空鼓", f"{url}?search=空鼓"
        yield f"{name}: search 8000", f"{url}?search=8000"
    for loader in view._form_ajax_refs:
        yield f"{name}: picker {loader}", f"{url}ajax/lookup/?name={loader}&query=王"
    yield f"{name}: export, first bytes", f"{url}export/csv/"


def _values(each: Any) -> list[str]:
    if len(each.keys) == 2:
        return [f"{each.keys[0]}=2026-11-01", f"{each.keys[1]}=2026-11-01"]
    return [f"{each.key}={value}" for value, _ in each.options()[:4]] or [f"{each.key}=ZX2024-0"]


# --- measuring -------------------------------------------------------------------------------------------------------


def measure(database: Database, address: str) -> Cost:
    """Ask once; for a stream the time ends with its first bytes."""
    statements: list[tuple[float, str]] = []

    def before(connection: Any, *rest: Any) -> None:
        connection.info["began"] = time.perf_counter()

    def after(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append((time.perf_counter() - connection.info["began"], statement))

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        # An empty context: a request must not share what Flask keeps for the app that is open around it.
        status, took = contextvars.Context().run(_first_bytes, database.client, address)
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)
    asked = [each for each in statements if not each[1].startswith("BEGIN")]
    return Cost(took * 1000, len(asked), status, max(asked, default=(0.0, ""))[1])


def _first_bytes(client: FlaskClient, address: str) -> tuple[int, float]:
    began = time.perf_counter()
    answer = client.get(address)
    next(iter(answer.response), b"")
    took = time.perf_counter() - began
    answer.close()
    return answer.status_code, took


def opened(stack: ExitStack, url: str) -> Database:
    """The desk on this database and its administrator at the screen."""
    app = stack.enter_context(desk.opened(url))
    sample = _sample()
    person = db.session.get_one(Person, 1)
    key = person.get_id()
    db.session.expunge_all()
    db.session.rollback()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = key, True
    client.set_cookie("lang", "zh_Hans_CN")
    return Database(app, client, sample)


def _sample() -> Sample:
    newest = db.session.get_one(Complaint, db.session.scalar(select(func.max(Complaint.id))))
    old = db.session.get_one(Complaint, newest.id // 3)
    return Sample(
        newest, old, db.session.get_one(Customer, old.customer_id), db.session.get_one(Project, old.project_id)
    )


def compare(small_url: str, large_url: str, *, rounds: int = ROUNDS, only: str = "") -> list[str]:
    """Print a line for each page; returns the names of those that are slow and grew, or failed."""
    with ExitStack() as stack:
        databases = [opened(stack, url) for url in (small_url, large_url)]
        print(f"{'page':62} {'SQL':>4} {'small':>8} {'large':>8} {'ratio':>6}")
        return [
            name
            for name, address in pages(databases[0].app).items()
            if only in name and _compare_page(name, address, databases, rounds)
        ]


def _compare_page(name: str, address: Address, databases: list[Database], rounds: int) -> bool:
    small, large = _best(name, address, databases, rounds)
    if large.ms > SLOW_MS and large.ms > GREW * small.ms:
        small, large = _best(name, address, databases, 2 * rounds)  # A busy machine may have been the reason.
    if large.status == 404:
        print(f"{name:62} not there")
        return False
    ratio = large.ms / small.ms
    is_bad = (large.ms > SLOW_MS and ratio > GREW) or large.status >= 400
    failed = f" HTTP {large.status}" if large.status >= 400 else ""
    print(f"{name:62} {large.queries:4} {small.ms:7.1f}  {large.ms:7.1f}  {ratio:5.2f}{' !' if is_bad else ''}{failed}")
    if is_bad:
        print(f"    {' '.join(large.slowest.split())[:400]}")
    return is_bad


def _best(name: str, address: Address, databases: list[Database], rounds: int) -> list[Cost]:
    for _ in range(rounds):
        for database in databases:
            cost = measure(database, address(database.sample))
            database.costs[name] = min(cost, database.costs.get(name, Cost()), key=lambda each: each.ms)
    return [database.costs[name] for database in databases]


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", required=True, help="a database with few complaints")
    parser.add_argument("--large", required=True, help="one with many")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", default="", help="only pages whose name holds this")
    arguments = parser.parse_args()
    grew = compare(arguments.small, arguments.large, rounds=arguments.rounds, only=arguments.only)
    print(f"{len(grew)} pages are slow and grew, or failed." if grew else "No page grew.")


if __name__ == "__main__":
    main()
