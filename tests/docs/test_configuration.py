"""The page of all settings says what is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import config
from docs import configuration
from rules.channel_protocols import PROTOCOLS, prefix


class Listener(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def test_the_page_is_written_from_the_tables() -> None:
    page = configuration.PAGE.read_text(encoding="utf-8")
    assert page == configuration.text(), "run: python -m docs.configuration"


def test_every_variable_that_is_read_is_in_the_tables_and_no_other(tmp_path: Path) -> None:
    environ = Listener({"DATA_DIR": str(tmp_path), "CHANNELS": "sandbox"})
    config.read(environ)
    of_the_channel = {"SANDBOX_SIGNATURE", "PUSH_ALLOW_SANDBOX"}
    assert environ.asked - of_the_channel == {variable.name for variable in config.VARIABLES}


def test_the_defaults_of_numbers_and_words_are_those_in_force(tmp_path: Path) -> None:
    plain = {each.name: each.default for each in config.VARIABLES if each.default.isalnum() and each.default.isascii()}
    assert {"PORT", "SEND_THREADS", "DEMO", "LOG_LEVEL", "CHANNELS"} <= set(plain)
    key = {"DATA_DIR": str(tmp_path), "SECRET_KEY": "the same"}
    assert config.read({**key, **{name: text for name, text in plain.items() if text != "none"}}) == config.read(key)


def test_every_protocol_has_a_chapter_with_its_variables() -> None:
    page = configuration.text()
    for protocol in PROTOCOLS.values():
        assert f"### `{protocol.name}`" in page
        for variable in protocol.variables:
            assert f"`{prefix(protocol.name)}{variable.key}`" in page
