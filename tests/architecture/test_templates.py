"""Every template can be compiled, and every word in it can be translated."""

from __future__ import annotations

import re

import pytest
from jinja2 import Environment

from config import PROJECT_DIR
from tests.conftest import Databases

TEMPLATES = sorted(
    str(path.relative_to(PROJECT_DIR / "templates")) for path in (PROJECT_DIR / "templates").rglob("*.html")
)
SAME_IN_EVERY_LANGUAGE = {"Anxinqiao", "安心桥", "English", "中文", "EN", "Ctrl", "CSV", "PDF", "XLSX"}
SHOWN_ATTRIBUTES = re.compile(r"""\b(?:title|placeholder|alt|aria-label|label|value)="([^"]*)\"""")
WORD = re.compile(r"[A-Za-z\u4e00-\u9fff]{2,}")


@pytest.fixture(scope="module")
def templates(databases: Databases) -> Environment:
    """Where templates are compiled."""
    return databases.app("sqlite", has_pages=True).jinja_env


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles(name: str, templates: Environment) -> None:
    assert templates.get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_word_on_it_can_be_translated(name: str, templates: Environment) -> None:
    source = (PROJECT_DIR / "templates" / name).read_text(encoding="utf-8")
    assert untranslatable(source, templates) == []


def untranslatable(source: str, templates: Environment) -> list[str]:
    """Words that stand on the page itself and not in a message."""
    hole = "\x00"
    plain = "".join(
        value if kind == "data" else hole * (kind in ("variable_begin", "block_begin"))
        for _line, kind, value in templates.lex(source)
    )
    plain = re.sub(r"<(script|style|svg)\b.*?</\1>|<input type=\"hidden\"[^>]*>", "", plain, flags=re.DOTALL)
    shown = [*SHOWN_ATTRIBUTES.findall(plain), re.sub(r"<[^>]*>", hole, plain)]
    words = (word for part in shown for word in WORD.findall(re.sub(r"&\w+;", " ", part)))
    return [word for word in words if word not in SAME_IN_EVERY_LANGUAGE]


def test_a_word_of_its_own_would_be_noticed(templates: Environment) -> None:
    page = '<p title="Hello">{{ _("Fine") }} 你好 <b>{% if x %}bold{% endif %}</b></p>'
    assert untranslatable(page, templates) == ["Hello", "你好", "bold"]
