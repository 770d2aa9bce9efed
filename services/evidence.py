"""Evidence: take files in by what they are, not by what they are called (A-10)."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import filetype
from flask import current_app

from extensions import db
from models import Compensation, Complaint, Evidence, Inspection, Person, WorkOrder
from rules.lifecycle import next_status
from rules.permissions import Permission
from rules.refusals import Refusal
from rules.vocabulary import N_, Action, EventKind, EvidenceUse, Side
from services import acknowledgements, images, timeline
from services.actors import require

MEDIA_TYPES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/heic": "heic",
    "application/pdf": "pdf",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/3gpp": "3gp",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/x-wav": "wav",
    "audio/amr": "amr",
}
MAX_FILES = 10
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file somebody handed in: its name as they call it, and its content from the beginning."""

    name: str
    stream: BinaryIO


def check(uploads: Sequence[Upload]) -> None:
    """Refuse what is no evidence, before anything is written.

    Raises:
        Refusal: too many files, one is empty or too large, or of a type that is not taken.
    """
    if len(uploads) > MAX_FILES:
        raise Refusal(N_("At most %(most)s files at a time."), field="evidence", most=MAX_FILES)
    for upload in uploads:
        _media_type(upload)
        _check_size(upload)


def require_some(uploads: Sequence[Upload]) -> None:
    """Refuse an upload without files.

    Raises:
        Refusal: nothing was chosen.
    """
    if not uploads:
        raise Refusal(N_("Please choose a file."), field="evidence")


def attach(
    complaint: Complaint,
    *,
    uploads: Sequence[Upload],
    actor: Person,
    now: datetime,
    use: EvidenceUse = EvidenceUse.GENERAL,
    side: Side | None = None,
    inspection: Inspection | None = None,
    work_order: WorkOrder | None = None,
    compensation: Compensation | None = None,
) -> list[Evidence]:
    """Keep files of a complaint and write them on the timeline; ``use`` and ``side`` say what they show (H-07).

    A file is on the disk before its row is committed; if the transaction fails a stray file remains, which no page
    ever serves.

    Raises:
        Refusal: see ``check``.
    """
    require(actor, Permission.NOTE)
    next_status(complaint.status, Action.ATTACH)
    about = About(complaint, inspection=inspection, work_order=work_order, compensation=compensation)
    kept = keep(uploads, about=about, use=use, side=side, actor=actor, now=now)
    if kept:
        timeline.add(
            complaint,
            EventKind.EVIDENCE,
            actor=actor,
            now=now,
            details={"names": [item.original_name for item in kept]},
        )
        acknowledgements.renew(complaint, now=now)
        db.session.flush()
    return kept


@dataclass(frozen=True)
class About:
    """What a file belongs to: a complaint, a work order, or both, and more closely an inspection or a compensation."""

    complaint: Complaint | None = None
    inspection: Inspection | None = None
    work_order: WorkOrder | None = None
    compensation: Compensation | None = None


def keep(
    uploads: Sequence[Upload],
    *,
    about: About,
    use: EvidenceUse,
    side: Side | None = None,
    actor: Person | None,
    now: datetime,
) -> list[Evidence]:
    """Keep files without a word on the timeline and without asking who may: the caller did both.

    ``actor`` is None where a customer sends them by their link.

    Raises:
        Refusal: see ``check``; or a picture is broken.
    """
    check(uploads)
    cleaned = [_cleaned(upload) for upload in uploads]
    kept = [
        Evidence(
            complaint=about.complaint,
            inspection=about.inspection,
            work_order=about.work_order,
            compensation=about.compensation,
            use=use,
            side=side,
            original_name=neutral_name(upload.name),
            uploaded_at=now,
            uploaded_by=actor,
            **_stored(content, media_type),
        )
        for upload, (content, media_type) in zip(uploads, cleaned, strict=True)
    ]
    db.session.add_all(kept)
    db.session.flush()
    return kept


def keep_signature(png: bytes, *, about: About, actor: Person | None, now: datetime) -> Evidence:
    """Keep a signature that was drawn on the screen (A-10).

    Raises:
        Refusal: it is no picture, or a blank sheet.
    """
    try:
        is_blank = images.is_blank(png)
    except images.NoPicture:
        is_blank = True
    if is_blank:
        raise Refusal(N_("The signature could not be read; please draw it again."), field="signature")
    upload = Upload("signature.png", io.BytesIO(png))
    return keep([upload], about=about, use=EvidenceUse.SIGNATURE, side=Side.CUSTOMERS, actor=actor, now=now)[0]


def path(evidence: Evidence) -> Path:
    """Where the file lies."""
    return _directory() / evidence.storage_name


def _directory() -> Path:
    directory: Path = current_app.config["DESK"].upload_dir
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _cleaned(upload: Upload) -> tuple[BinaryIO, str]:
    """The content as it is kept, and its type: a picture is drawn anew, so that it tells no place (N18)."""
    media_type = _media_type(upload)
    if media_type not in images.FORMATS:
        upload.stream.seek(0)
        return upload.stream, media_type
    try:
        content, media_type = images.drawn_anew(upload.stream, media_type)
    except images.NoPicture:
        raise Refusal(
            N_("“%(name)s” is broken or too large: it cannot be read as a picture."),
            field="evidence",
            name=neutral_name(upload.name),
        ) from None
    return io.BytesIO(content), media_type


def _stored(content: BinaryIO, media_type: str) -> dict[str, Any]:
    """Write the content to the disk; the columns that say where and what it is."""
    storage_name = f"{uuid.uuid4().hex}.{MEDIA_TYPES[media_type]}"
    digest, size = hashlib.sha256(), 0
    with (_directory() / storage_name).open("xb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return {"storage_name": storage_name, "media_type": media_type, "size": size, "sha256": digest.hexdigest()}


def neutral_name(name: str) -> str:
    """A file's name without path, control characters or anything a browser might take for markup."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = "".join("_" if unicodedata.category(char).startswith("C") or char in '<>:"|?*' else char for char in last)
    return clean.strip(" .")[-200:] or "file"


def _media_type(upload: Upload) -> str:
    upload.stream.seek(0)
    kind = filetype.guess(upload.stream.read(8192))
    if kind is None or kind.mime not in MEDIA_TYPES:
        raise Refusal(
            N_("“%(name)s” is of a type that is not taken; photos, videos, sound and PDF are."),
            field="evidence",
            name=neutral_name(upload.name),
        )
    return str(kind.mime)


def _check_size(upload: Upload) -> None:
    limit: int = current_app.config["DESK"].upload_limit
    upload.stream.seek(0, 2)
    if not 0 < upload.stream.tell() <= limit:
        raise Refusal(
            N_("“%(name)s” is empty or larger than %(limit)s MB."),
            field="evidence",
            name=neutral_name(upload.name),
            limit=limit // 1024 // 1024,
        )
