"""Write ``docs/configuration.md`` from the tables: ``python -m docs.configuration``. A test compares the two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import config
from rules.channel_protocols import PROTOCOLS, Form, Protocol, Variable, prefix
from rules.vocabulary import ChannelKind

PAGE = Path(__file__).with_name("configuration.md")

HEAD = """# Configuration

Written from `config.py` and `rules/channel_protocols.py` by `python -m docs.configuration`; change the tables, not this
page. Everything is read from the environment, once, at the start. A value that makes no sense stops the start with a
sentence that names it; an empty one counts as not given. `flask --app app doctor` says what is configured and how it
does.
"""

CHANNELS = """
`CHANNELS` names the ways of sending, separated by spaces, in the order in which one takes over from the other. A
channel is called as its protocol, or as that and `-something` where two speak the same: `tencent-2` speaks `tencent`.
Its own variables begin with its name in capitals, `-` written as `_`: `TENCENT_2_SECRET_ID`.

    CHANNELS="aliyun tencent-2 wecom"
    CHANNELS_CUSTOMER="tencent-2 aliyun"
    PUBLIC_URL=https://desk.example.com
    ALIYUN_ACCESS_KEY_ID=… ALIYUN_ACCESS_KEY_SECRET=…
    TENCENT_2_SECRET_ID=… TENCENT_2_SECRET_KEY=… TENCENT_2_SDK_APP_ID=…
    WECOM_KEY=…

Every channel also takes `NAME_SIGNATURE` (default: `SMS_SIGNATURE`), and one whose provider brings receipts or replies
takes `PUSH_ALLOW_NAME`: the networks that may bring them, such as `203.0.113.0/24 198.51.100.7`; without it the secret
address alone is asked for. The addresses stand on the page of channels, where every channel has a button that sends a
message to oneself. Trouble with a provider's account stops its channel until somebody lets it go on there.

Group robots and e-mail carry messages to the company's people only, never a customer's and never a code that proves a
number. Phones ring where another way did not work, or at the end of a chain.
"""


def text() -> str:
    """The whole page."""
    lines = [
        *HEAD.splitlines(),
        "",
        *_table(("variable", "default", "what it says"), map(_general, config.VARIABLES)),
        "",
        "## Channels",
        *CHANNELS.splitlines(),
        *(line for protocol in PROTOCOLS.values() for line in _protocol(protocol)),
        "",
    ]
    return "\n".join(lines)


def _general(variable: config.Documented) -> tuple[str, str, str]:
    return f"`{variable.name}`", variable.default, variable.meaning


def _protocol(protocol: Protocol) -> Iterator[str]:
    yield from ("", f"### `{protocol.name}`: {protocol.label}", "", _abilities(protocol))
    if protocol.note:
        yield from ("", protocol.note)
    if protocol.variables:
        own = prefix(protocol.name)
        rows = ((f"`{own}{each.key}`", _default(each), _meaning(each)) for each in protocol.variables)
        yield from ("", *_table(("variable", "default", "what it says"), rows))


def _abilities(protocol: Protocol) -> str:
    told = [protocol.kind.label]
    told += ["sends approved templates only"] if protocol.needs_template else []
    told += [f"brings {' and '.join(protocol.pushes)}"] if protocol.pushes else ["brings no receipts"]
    if protocol.kind is not ChannelKind.ROBOT:
        told += [
            "can be asked for a message" if protocol.can_find else "cannot be asked for a message it did not confirm"
        ]
    told += ["needs `PUBLIC_URL`"] if protocol.needs_public_url else []
    return f"{'; '.join(told)}."


def _default(variable: Variable) -> str:
    if variable.default is None:
        return "must be given"
    return f"`{variable.default}`" if variable.default else "empty"


def _meaning(variable: Variable) -> str:
    meaning = f"{variable.meaning[0].upper()}{variable.meaning[1:]}"
    if variable.form in (Form.NUMBER, Form.SECONDS):
        return f"{meaning} ({variable.lowest} to {variable.highest})."
    if variable.form is Form.CHOICE:
        return f"{meaning}: {', '.join(f'`{choice}`' for choice in variable.choices)}."
    return f"{meaning}." if variable.form is not Form.SECRET else f"{meaning}. Never shown."


def _table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
