"""The record behind an id in an address: found, or a clear 404."""

from __future__ import annotations

from http import HTTPStatus
from typing import TypeVar

from flask import abort

from extensions import db
from models import Base

LARGEST_ID = 2**63 - 1
"""More than this no database can look for."""

Row = TypeVar("Row", bound=Base)


def row_or_404(model: type[Row], row_id: int) -> Row:
    """The record with this id; there may be none, and people make ids up."""
    row = db.session.get(model, row_id) if row_id <= LARGEST_ID else None
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return row
