"""Every sentence the desk can say stands in the catalogue, in Chinese, with the same places to fill in."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from config import PROJECT_DIR

KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "N_": None,
    "_l": None,
}
CATALOGUE = PROJECT_DIR / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAGES = sorted((PROJECT_DIR / "admin_views").rglob("*.py"))
NAMES = {"安心桥", "中文"}
EXAMPLES = {"王女士", "周强", "梧桐苑 18栋3单元2003", "漏水", "瓷砖 空鼓"}
"""Data as a customer or a colleague would type it, shown on the search page in both languages."""

MESSAGES_WITH_EXAMPLES = {"such as 8栋2单元1302"}
MAY_STAY_ENGLISH = {"English", "CSV", "XLSX", "SMS"}


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """Every message of the source, with where it is said."""
    with (PROJECT_DIR / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found: dict[str, list[str]] = {}
    for file, line, message, _comments, _context in extract_from_dir(PROJECT_DIR, methods, options, KEYWORDS):
        key = message if isinstance(message, str) else message[0]
        found.setdefault(key, []).append(f"{file}:{line}")
    return found


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    """The Chinese catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def test_every_message_is_in_the_catalogue(said: dict[str, list[str]], catalogue: Catalog) -> None:
    missing = {message: places for message, places in said.items() if message and message not in catalogue}
    assert missing == {}


def test_every_message_is_translated(said: dict[str, list[str]], catalogue: Catalog) -> None:
    empty = [message for message in said if message in catalogue and not all(_strings(catalogue, message))]
    assert empty == []


def test_the_chinese_is_chinese(said: dict[str, list[str]], catalogue: Catalog) -> None:
    foreign = [
        message
        for message in said
        if message in catalogue and message not in MAY_STAY_ENGLISH
        for string in _strings(catalogue, message)
        if not CHINESE.search(string) and re.search(r"[A-Za-z]{3}", re.sub(r"%\(\w+\)\w", "", string))
    ]
    assert foreign == []


def test_no_translation_is_a_guess(catalogue: Catalog) -> None:
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []


def test_every_translation_fills_in_the_same_places(catalogue: Catalog) -> None:
    wrong = {}
    for message in catalogue:
        if message.id and message.string:
            errors = [str(error) for error in message.check(catalogue)]
            if errors or _places(message.string) - _places(message.id):
                wrong[message.id] = errors
    assert wrong == {}


def test_messages_are_english(said: dict[str, list[str]]) -> None:
    assert {message for message in said if CHINESE.search(message)} <= MESSAGES_WITH_EXAMPLES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_nothing_of_its_own_in_chinese(path: Path) -> None:
    """What stands on a page comes from the catalogue; only a name is the same in every language."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    assert {text for text in said if CHINESE.search(text)} <= NAMES | EXAMPLES


def _strings(catalogue: Catalog, message: str) -> tuple[str, ...]:
    found = catalogue[message]
    assert found is not None
    return found.string if isinstance(found.string, tuple) else (found.string,)


def _places(text: object) -> set[str]:
    return {
        place for part in ([text] if isinstance(text, str) else text or ()) for place in re.findall(r"%\(\w+\)", part)
    }
