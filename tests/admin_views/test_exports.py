"""Lists as files: readable in Excel, harmless to open, masked, bounded, and for whoever may."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from admin_views.exports import BATCH, harmless
from admin_views.menu import NOUNS
from extensions import db
from rules.permissions import ROLE_PERMISSIONS, Permission
from tests import factories
from tests.query_count import queries

EVIL = ["=HYPERLINK(\"http://evil\")", "+1+1", "-2+3", "@SUM(A1)", "\tx", "\r=1", "＝1+1"]  # fmt: skip


def table(answer) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def sheet(answer) -> list[list[object]]:
    assert answer.status_code == 200
    return [list(row) for row in load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)]


@pytest.mark.parametrize("text", EVIL)
def test_what_begins_like_a_formula_is_a_text(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["王女士", "", " =1", "1-2", "a@b"])
def test_everything_else_stays_as_it_is(text):
    assert harmless(text) == text


def test_a_formula_in_a_name_is_harmless_in_both_files(client, cast, session):
    factories.CustomerFactory(name='=cmd|"/c calc"!A1', wechat="@SUM(A1)")
    session.commit()
    client.login(cast.analyst)
    (_, row) = table(client.get("/customers/export/csv/", buffered=True))
    assert row[0] == '\'=cmd|"/c calc"!A1'
    assert "'@SUM(A1)" in row
    book = load_workbook(io.BytesIO(client.get("/customers/export/xlsx/", buffered=True).data))
    assert {cell.data_type for cell in book.active[2]} <= {"s", "inlineStr", "n"}


def test_phones_leave_masked(client, cast, session):
    factories.CustomerFactory(phone="+8613612345678")
    factories.ComplaintFactory(contact_phone="+8613612345678")
    session.commit()
    client.login(cast.analyst)
    for noun in ("customers", "complaints"):
        for kind in ("csv", "xlsx"):
            answer = client.get(f"/{noun}/export/{kind}/", buffered=True)
            cells = [str(cell) for row in (table if kind == "csv" else sheet)(answer) for cell in row]
            assert "136****5678" in cells
            assert not [cell for cell in cells if "13612345678" in cell]


def test_amounts_are_numbers_and_days_are_days(client, cast, session):
    factories.ProjectFactory(contract_no="ZX2026-0001")
    session.commit()
    client.login(cast.analyst)
    (head, row) = sheet(client.get("/projects/export/xlsx/", buffered=True))
    assert row[0] == "ZX2026-0001"
    assert 168000 in row
    assert len(head) == len(row) and all(isinstance(name, str) for name in head)


def test_a_file_holds_what_the_list_shows(client, cast, session):
    for name in ("翠湖花园", "滨江壹号"):
        factories.CommunityFactory(name=name)
    session.commit()
    client.login(cast.analyst)
    (_, row) = table(client.get("/communities/export/csv/?search=滨江", buffered=True))
    assert row[0] == "滨江壹号"


def test_a_long_list_is_read_in_batches_by_a_session_that_is_closed(client, cast, session):
    factories.CommunityFactory.create_batch(BATCH + 20)
    session.commit()
    client.login(cast.analyst)
    with queries() as seen:
        assert len(table(client.get("/communities/export/csv/", buffered=True))) == BATCH + 21
    assert len(seen) < 12
    assert db.engine.pool.checkedout() <= 1


@pytest.mark.parametrize("endpoint", [endpoint for _, _, _, endpoint, _ in NOUNS])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_list_can_be_taken_away(endpoint, kind, client, cast, app, session):
    factory = next(
        each
        for each in vars(factories).values()
        if isinstance(each, type)
        and issubclass(each, factories.DeskFactory)
        and each._meta.model is next(model for _, model, _, name, _ in NOUNS if name == endpoint)
    )
    factory()
    session.commit()
    client.login(cast.admin)
    with app.test_request_context():
        url = app.url_for(f"{endpoint}.export", export_type=kind)
    assert len((table if kind == "csv" else sheet)(client.get(f"{url}?view=all", buffered=True))) >= 2


def test_only_who_may_export(client, cast):
    for person in (cast.xiaozhou, cast.lin, cast.auditor, cast.approver):
        client.login(person)
        allowed = any(Permission.EXPORT in ROLE_PERMISSIONS[role] for role in person.roles)
        assert client.get("/customers/export/csv/", buffered=True).status_code == (200 if allowed else 403)
        assert ("/customers/export/csv/" in client.get("/customers/").get_data(as_text=True)) is allowed


def test_an_unknown_kind_of_file(client, cast):
    client.login(cast.analyst)
    assert client.get("/customers/export/pickle/", buffered=True).status_code == 404
