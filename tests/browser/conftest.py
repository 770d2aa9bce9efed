"""Pages in a real browser: desk and phone, Chinese and English, and a console that must stay silent.

What people do there is done on two of the four screens, each width and each language once; which two follows from the
test's name, so that each file has all four. Whether a page fits is looked at on every screen (``every_screen``).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from extensions import db
from models import Person
from tests.client import PASSWORD

WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
LANGUAGES = ["zh_Hans_CN", "en"]
_HERE = Path(__file__).parent

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth + 1 ? [] :
  [document.documentElement.scrollWidth, ...[...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.outerHTML.slice(0, 120))]"""
"""What stands over the edge of the screen, when the page is wider than it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the two screens that are not a test's own."""
    items[:] = [item for item in items if not _is_on_anothers_screen(item)]


def _is_on_anothers_screen(item: pytest.Item) -> bool:
    if not item.path.is_relative_to(_HERE) or item.get_closest_marker("every_screen"):
        return False
    if any(mark.args[0] in ("width", "lang") for mark in item.iter_markers("parametrize")):
        return False  # It has chosen for itself.
    screen = item.callspec.params  # type: ignore[attr-defined]
    place = list(WIDTHS).index(screen["width"]) + LANGUAGES.index(screen["lang"])
    return place % 2 != zlib.crc32(item.nodeid.partition("[")[0].encode()) % 2


@dataclass
class Visitor:
    """Somebody at a screen; ``complaints`` collects everything the console said."""

    page: Any
    base: str
    trouble: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the desk. What the test wrote or read is committed first: SQLite has one writer."""
        db.session.commit()
        answer = self.page.goto(self.base + path)
        assert answer.status < 400, f"{path}: {answer.status}"

    def login(self, person: Person) -> None:
        """Log in through the form."""
        name = person.login
        self.go("/login")
        self.page.fill("#login", name)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.btn-primary")
        self.page.wait_for_url(self.base + "/")

    def assert_fits(self) -> None:
        """No page is wider than the screen, once its stylesheets are there: a press does not wait for them."""
        self.page.wait_for_load_state()
        wide = self.page.evaluate(TOO_WIDE)
        assert not wide, f"{self.page.url}: {wide}"


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> str:
    """The size of the screen."""
    return str(request.param)


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    """The language of the screen."""
    return str(request.param)


@pytest.fixture
def sit_down(browser: Any, live_server: str, width: str, lang: str) -> Iterator[Callable[[Person | None], Visitor]]:
    """Puts a person, logged in, or a customer, who never is, before a screen; its console must have been silent."""
    contexts, visitors = [], []

    def start(person: Person | None) -> Visitor:
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        context = browser.new_context(viewport=size, has_touch=width == "phone", timezone_id="Asia/Shanghai")
        context.add_cookies([{"name": "lang", "value": lang, "url": live_server}])
        visitor = Visitor(context.new_page(), live_server)
        visitor.page.set_default_timeout(15_000)
        visitor.page.on("pageerror", lambda error: visitor.trouble.append(str(error)))
        visitor.page.on(
            "console", lambda said: visitor.trouble.append(said.text) if said.type in ("error", "warning") else None
        )
        contexts.append(context)
        visitors.append(visitor)
        if person is not None:
            visitor.login(person)
        return visitor

    yield start
    trouble = [line for visitor in visitors for line in visitor.trouble]
    for context in contexts:
        context.close()
    assert not trouble
