"""The command: what it prints, what it leaves, how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

import cli
from extensions import db
from models import Complaint
from tests.imports.exports import HOTLINE, cells_of, csv_file, row

Db = scoped_session[Session]
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Db) -> Run:
    """Type the command: ``run(file, "--apply")``."""
    if "import-complaints" not in app.cli.commands:
        cli.register(app)

    def run(*arguments: Any) -> Result:
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["import-complaints", *map(str, arguments)])

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The hotline's export."""
    path = tmp_path / "热线 10.csv"
    path.write_bytes(csv_file(cells_of(HOTLINE)))
    return path


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Complaint)) or 0


ENDINGS = {
    outcome: sum(case.outcome == outcome for case in HOTLINE) for outcome in ("accepted", "duplicate", "refused")
}


def test_says_how_each_row_ends_and_writes_nothing(run: Run, file: Path) -> None:
    result = run(file)
    assert result.exit_code == 0, result.output
    rows = result.stdout.split("\n\n")[0].splitlines()
    assert len(rows) == len(HOTLINE)
    assert "HL00000004" in rows[3] and "[联系电话]" in rows[3]
    assert count() == 0
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_prints_one_json_object(run: Run, file: Path) -> None:
    result = run(file, "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert set(said) == {"rows", *ENDINGS}
    assert {outcome: said[outcome] for outcome in ENDINGS} == ENDINGS
    assert said["rows"][0] == {
        "row": 2,
        "ref": "HL00000001",
        "outcome": "accepted",
        "field": "",
        "reason": "",
        "phone": "+8617777763170",
        "first_word_at": "2026-10-06T09:36:00Z",
        "repeat_of": None,
    }
    refused = said["rows"][3]
    assert refused.pop("reason")
    assert refused == {
        "row": 5,
        "ref": "HL00000004",
        "outcome": "refused",
        "field": "联系电话",
        "phone": "",
        "first_word_at": "",
        "repeat_of": None,
    }
    assert said["rows"][17]["repeat_of"] == "HL00000001"
    assert [row["field"] for row in said["rows"]] == [case.field.replace("repeat", "") for case in HOTLINE]


def test_writes_and_leaves_the_refused_rows_beside_the_file(run: Run, file: Path) -> None:
    result = run(file, "--apply")
    assert result.exit_code == 0, result.output
    left = file.with_name("热线 10.refused.csv")
    assert str(left) in result.stdout
    assert count() == ENDINGS["accepted"]
    assert left.read_bytes().decode("gb18030").count("\r\n") == 1 + ENDINGS["refused"]


def test_twice_adds_nothing_and_never_writes_over_a_file_somebody_may_be_correcting(run: Run, file: Path) -> None:
    run(file, "--apply")
    left = file.with_name("热线 10.refused.csv")
    left.write_text("being corrected", encoding="utf-8")
    said = run(file, "--apply", "--json")
    assert json.loads(said.stdout)["accepted"] == 0
    assert count() == ENDINGS["accepted"]
    assert left.read_text(encoding="utf-8") == "being corrected"
    assert file.with_name("热线 10.refused-2.csv").exists()
    assert "refused-2" in said.stderr


def test_a_file_without_refused_rows_leaves_nothing(run: Run, tmp_path: Path) -> None:
    good = tmp_path / "good.csv"
    good.write_bytes(csv_file([row()]))
    assert run(good, "--apply").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["good.csv"]


def test_refused_rows_go_where_they_are_sent(run: Run, file: Path, tmp_path: Path) -> None:
    target = tmp_path / "there" / "back.csv"
    assert run(file, "--apply", "--refused", target).exit_code == 0
    assert target.exists()
    assert run(file, "--refused", target).exit_code == 2


def test_a_closed_directory_is_left_alone(run: Run, file: Path, app: Flask) -> None:
    file.parent.chmod(0o555)
    try:
        assert run(file, "--apply").exit_code == 0
    finally:
        file.parent.chmod(0o755)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert [path.name for path in app.config["DESK"].import_dir.iterdir()] == ["热线 10.refused.csv"]


def test_nothing_is_written_where_the_refused_rows_cannot_be_left(run: Run, file: Path) -> None:
    result = run(file, "--apply", "--refused", file.parent)
    assert result.exit_code == 2
    assert count() == 0


@pytest.mark.parametrize("content", [None, b"", csv_file([]), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_file_that_cannot_be_taken_ends_with_2_and_a_sentence(
    run: Run, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    told, said = run(path), run(path, "--json", "--apply")
    assert (told.exit_code, said.exit_code) == (2, 2)
    assert told.stdout == "" and len(told.stderr.strip().splitlines()) == 1
    assert json.loads(said.stdout) == {"error": told.stderr.strip()}
    assert count() == 0


def test_a_directory_is_no_file(run: Run, tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 2
