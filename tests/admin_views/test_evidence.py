"""Evidence: the one way to a file's content, and that nothing a customer sends runs in a browser."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select

from models import Complaint, Evidence
from services import evidence
from services.evidence import Upload
from tests.client import soup_of
from tests.factories import ComplaintFactory, EvidenceFactory, PersonFactory

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738"
    "550000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def complaint(cast, session) -> Complaint:
    """What the files belong to."""
    made = ComplaintFactory(number="C-2611-0001")
    session.commit()
    return made


@pytest.fixture
def keep(complaint, cast, session, now):
    """Keep a file as 小周."""

    def kept(name: str, content: bytes) -> Evidence:
        upload = Upload(name, io.BytesIO(content))
        (item,) = evidence.attach(complaint, uploads=[upload], actor=cast.xiaozhou, now=now)
        session.commit()
        return item

    return kept


def test_a_picture_opens_and_runs_nothing(client, cast, keep):
    item = keep("空鼓.png", PNG)
    client.login(cast.auditor)
    answer = client.get(f"/evidence/{item.id}/file", buffered=True)
    assert answer.data == PNG
    assert answer.mimetype == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "%E7%A9%BA%E9%BC%93.png" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["合同.pdf", "look.png", "page.html", "../../etc/passwd", 'a";b\r\nX: y.pdf'])
def test_anything_else_is_saved_under_a_harmless_name(client, cast, keep, name):
    item = keep(name, PDF)
    client.login(cast.lin)
    answer = client.get(f"/evidence/{item.id}/file", buffered=True)
    assert answer.mimetype == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment")
    assert ".." not in disposition and "\n" not in disposition
    assert "X" not in answer.headers


def test_the_complaint_shows_its_pictures(client, cast, keep):
    item = keep("空鼓.png", PNG)
    client.login(cast.lin)
    page = soup_of(client.get("/complaints/C-2611-0001"))
    assert page.select_one(f"#evidence img[src='/evidence/{item.id}/file']")
    rows = soup_of(client.get("/evidence/")).select("tbody tr")
    assert len(rows) == 1 and rows[0].select_one(f"a[href='/evidence/{item.id}/file']")


def test_a_file_that_is_gone_is_not_found(client, cast, session):
    item = EvidenceFactory()
    client.login(cast.lin)
    assert client.get(f"/evidence/{item.id}/file").status_code == 404


@pytest.mark.parametrize("made_up", ["0", "12345", "9" * 30, "x", "../1", "%2e%2e%2fsecret_key"])
def test_a_made_up_id_is_not_found(client, cast, made_up):
    client.login(cast.lin)
    assert client.get(f"/evidence/{made_up}/file").status_code == 404


def test_without_login_or_role_no_file(client, cast, keep):
    item = keep("空鼓.png", PNG)
    assert client.get(f"/evidence/{item.id}/file").location.startswith("/login")
    client.login(PersonFactory(login="norole", roles=[]))
    assert client.get(f"/evidence/{item.id}/file").status_code == 403


def test_nothing_is_written_or_deleted_here(client, cast, keep, session):
    item = keep("空鼓.png", PNG)
    client.login(cast.admin)
    for url in ("/evidence/new/", f"/evidence/edit/?id={item.id}", "/evidence/delete/", "/evidence/action/"):
        assert client.send(url, {"id": str(item.id)}, page="/evidence/").status_code in (403, 404, 405)
    assert session.scalar(select(func.count(Evidence.id))) == 1
    assert evidence.path(item).is_file()
