"""Evidence is taken by what a file is, not by what it is called (A-10)."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from PIL import Image
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
PDF = b"%PDF-1.7\n" + b"\x00" * 100
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 100
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
BROKEN = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 100
ZIP = b"PK\x03\x04" + b"\x00" * 100


def picture(kind: str, size: tuple[int, int] = (40, 30), **how: Any) -> bytes:
    """A small picture as a phone would write it."""
    out = io.BytesIO()
    Image.new("RGB", size, (194, 52, 43)).save(out, kind, **how)
    return out.getvalue()


JPEG, PNG = picture("JPEG"), picture("PNG")


def upload(name: str, content: bytes) -> Upload:
    """A file somebody hands in."""
    return Upload(name, io.BytesIO(content))


@pytest.mark.parametrize(
    ("content", "media_type", "ending"),
    [
        (PDF, "application/pdf", "pdf"),
        (MP4, "video/mp4", "mp4"),
    ],
    ids=["pdf", "mp4"],
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


def _from_a_phone(kind: str) -> bytes:
    """Held upright, with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 14.0, 0.0), 3: "E", 4: (121.0, 29.0, 0.0)})
    exif[0x010E] = "secret place"
    return picture(kind, exif=exif)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_keeps_its_picture_upright_and_loses_the_place(
    kind: str, complaint: Complaint, cast: Cast, now: datetime
) -> None:
    content = _from_a_phone(kind)
    assert b"secret place" in content
    (kept,) = evidence.attach(complaint, uploads=[upload("现场.jpg", content)], actor=cast.xiaozhou, now=now)
    stored = evidence.path(kept).read_bytes()
    assert b"secret place" not in stored and kept.sha256 == hashlib.sha256(stored).hexdigest()
    with Image.open(io.BytesIO(stored)) as shown:
        assert not shown.getexif() and shown.size == (30, 40), "turned as the camera was held"
        assert all(abs(found - meant) < 8 for found, meant in zip(shown.getpixel((5, 5)), (194, 52, 43), strict=False))


def test_what_hides_behind_a_picture_is_not_kept(complaint: Complaint, cast: Cast, now: datetime) -> None:
    (kept,) = evidence.attach(complaint, uploads=[upload("a.png", PNG + EXE)], actor=cast.xiaozhou, now=now)
    assert EXE not in evidence.path(kept).read_bytes()


def test_a_picture_of_a_hundred_million_pixels_is_no_photo(complaint: Complaint, cast: Cast, now: datetime) -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 200_000
    with pytest.raises(Refusal) as refusal:
        evidence.attach(complaint, uploads=[upload("a.png", bomb.getvalue())], actor=cast.xiaozhou, now=now)
    assert refusal.value.field == "evidence"


def test_a_photo_of_an_iphone_becomes_one_that_every_browser_shows(
    complaint: Complaint, cast: Cast, now: datetime
) -> None:
    (kept,) = evidence.attach(complaint, uploads=[upload("a.heic", picture("HEIF"))], actor=cast.xiaozhou, now=now)
    assert kept.media_type == "image/jpeg" and kept.storage_name.endswith(".jpg")


@pytest.mark.parametrize(
    "content",
    [EXE, HTML, SVG, ZIP, BROKEN, b"just words", b""],
    ids=["exe", "html", "svg", "zip", "broken", "text", "empty"],
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
    big = upload("big.mp4", MP4 + b"\x00" * (20 * 1024 * 1024 - len(MP4) + over))
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
