"""Evidence is taken by what a file is, not by what it is called (A-10)."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from models import Complaint, Evidence
from rules.refusals import Conflict, NotAllowed, Refusal
from rules.vocabulary import EventKind, Status
from services import evidence
from services.evidence import Upload, neutral_name
from tests.cast import Cast
from tests.factories import ComplaintFactory
from tests.services.conftest import lines

Db = scoped_session[Session]
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 100
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 100
PDF = b"%PDF-1.7\n" + b"\x00" * 100
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 100
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
ZIP = b"PK\x03\x04" + b"\x00" * 100


def upload(name: str, content: bytes) -> Upload:
    """A file somebody hands in."""
    return Upload(name, io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "media_type", "ending"),
    [
        (JPEG, "image/jpeg", "jpg"),
        (PNG, "image/png", "png"),
        (PDF, "application/pdf", "pdf"),
        (MP4, "video/mp4", "mp4"),
    ],
    ids=["jpeg", "png", "pdf", "mp4"],
)
def test_a_file_is_kept_whole_under_a_name_of_our_own(
    content: bytes, media_type: str, ending: str, complaint: Complaint, cast: Cast, now: datetime
) -> None:
    (kept,) = evidence.attach(complaint, uploads=[upload("空鼓.exe", content)], actor=cast.xiaozhou, now=now)
    assert (kept.media_type, kept.size, kept.original_name) == (media_type, len(content), "空鼓.exe")
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert kept.storage_name.endswith(f".{ending}") and "空鼓" not in kept.storage_name
    assert evidence.path(kept).read_bytes() == content
    assert lines(complaint, EventKind.EVIDENCE)[0].details == {"names": ["空鼓.exe"]}


@pytest.mark.parametrize(
    "content", [EXE, HTML, SVG, ZIP, b"just words", b""], ids=["exe", "html", "svg", "zip", "text", "empty"]
)
def test_a_photo_by_name_only_is_refused_and_nothing_is_kept(
    content: bytes, complaint: Complaint, cast: Cast, now: datetime, session: Db, app: Flask
) -> None:
    with pytest.raises(Refusal) as refusal:
        evidence.attach(
            complaint, uploads=[upload("a.jpg", JPEG), upload("photo.jpg", content)], actor=cast.xiaozhou, now=now
        )
    assert refusal.value.field == "evidence"
    assert refusal.value.params["name"] == "photo.jpg"
    assert session.scalar(select(func.count(Evidence.id))) == 0
    assert not list(app.config["DESK"].upload_dir.glob("*"))


@pytest.mark.parametrize(("over", "is_taken"), [(0, True), (1, False)], ids=["20 MB", "a byte more"])
def test_a_file_has_at_most_twenty_megabytes(
    over: int, is_taken: bool, complaint: Complaint, cast: Cast, now: datetime
) -> None:
    big = upload("big.jpg", JPEG + b"\x00" * (20 * 1024 * 1024 - len(JPEG) + over))
    if is_taken:
        assert evidence.attach(complaint, uploads=[big], actor=cast.xiaozhou, now=now)
    else:
        with pytest.raises(Refusal):
            evidence.attach(complaint, uploads=[big], actor=cast.xiaozhou, now=now)


def test_at_most_ten_files_at_a_time(complaint: Complaint, cast: Cast, now: datetime) -> None:
    with pytest.raises(Refusal):
        evidence.attach(complaint, uploads=[upload("a.jpg", JPEG)] * 11, actor=cast.xiaozhou, now=now)


def test_no_file_is_no_line_of_history(complaint: Complaint, cast: Cast, now: datetime) -> None:
    assert evidence.attach(complaint, uploads=[], actor=cast.xiaozhou, now=now) == []
    assert lines(complaint, EventKind.EVIDENCE) == []


def test_who_only_looks_hands_nothing_in_and_a_void_record_takes_nothing(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        evidence.attach(ComplaintFactory(), uploads=[upload("a.jpg", JPEG)], actor=cast.auditor, now=now)
    with pytest.raises(Conflict):
        evidence.attach(
            ComplaintFactory(status=Status.VOID), uploads=[upload("a.jpg", JPEG)], actor=cast.admin, now=now
        )


@pytest.mark.parametrize(
    ("name", "neutral"),
    [
        ("客厅 空鼓.jpg", "客厅 空鼓.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\照片\\a.jpg", "a.jpg"),
        ("<script>.jpg", "_script_.jpg"),
        ("a\x00\r\nb.jpg", "a___b.jpg"),
        ("invoice\u202egpj.exe", "invoice_gpj.exe"),
        ("..", "file"),
        ("", "file"),
        ("长" * 300 + ".jpg", "长" * 196 + ".jpg"),
    ],
)
def test_a_name_is_made_harmless(name: str, neutral: str) -> None:
    assert neutral_name(name) == neutral
