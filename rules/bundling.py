"""Many messages waiting for one phone: which are overtaken by a newer one, and which become one message.

Pure: what may leave now goes in, a plan comes out. No message is lost on the way: each leaves by itself, goes out in a
bundle, or has a newer one that says more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from rules.vocabulary import MessageClass

BUNDLED = frozenset({MessageClass.DUTY, MessageClass.STAFF})
"""Only the company's people get bundles: the words about several complaints are for those who work on them."""

NAMED = 3
"""Numbers that a bundle names; of the others it says how many there are."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Waiting:
    """A message that may leave now, or a bundle that was written and has not left (``is_bundle``).

    ``thread`` is what it tells the latest of, one clock or one chain, '' for nothing of the kind. ``bundle_key`` says
    which messages may go together, '' for none. ``numbers`` are those of the complaints it is about. The lower
    ``priority`` is the more urgent one. ``person_id`` says whom it is for: one phone may be handed on from shift to
    shift, and whoever answers does so for themselves.
    """

    id: int
    phone: str
    message_class: MessageClass
    numbers: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    priority: int = 5
    thread: str = ""
    bundle_key: str = ""
    is_bundle: bool = False
    person_id: int | None = None


@dataclass(frozen=True)
class Bundle:
    """One message for several. ``into`` is a bundle that waits already and takes them in, None for a new one.

    ``numbers`` are of all that it stands for, the most urgent first. It is as urgent as its most urgent member, and
    wanted as long as its last.
    """

    members: tuple[int, ...]
    numbers: tuple[str, ...]
    priority: int
    expires_at: datetime
    into: int | None = None

    @property
    def variables(self) -> dict[str, str]:
        """What its text says: how many complaints, and the first numbers (``rules.sms_templates``)."""
        etc = "等" if len(self.numbers) > NAMED else ""
        return {"count": str(len(self.numbers)), "numbers": "、".join(self.numbers[:NAMED]) + etc}


@dataclass(frozen=True)
class Plan:
    """What becomes of everything that waits: ids that leave by themselves, bundles, older ids → the newer one."""

    alone: tuple[int, ...]
    bundles: tuple[Bundle, ...]
    superseded: Mapping[int, int]


def plan(waiting: Iterable[Waiting]) -> Plan:
    """What leaves how, the most urgent first; the same messages in any order make the same plan."""
    queue = sorted(waiting, key=_urgency)
    superseded = _superseded(queue)
    left = [message for message in queue if message.id not in superseded]
    groups = _groups([message for message in left if _may_be_bundled(message)], _together).values()
    bundles = tuple(_bundle(group) for group in groups if _is_worth_it(group))
    taken = {id_ for bundle in bundles for id_ in (*bundle.members, bundle.into)}
    return Plan(tuple(message.id for message in left if message.id not in taken), bundles, superseded)


def _superseded(queue: Sequence[Waiting]) -> dict[int, int]:
    """The older messages of each thread, with the newest one of it."""
    found = {}
    for thread in _groups([message for message in queue if message.thread], _thread).values():
        newest = max(thread, key=_age)
        found.update({message.id: newest.id for message in thread if message is not newest})
    return found


def _bundle(group: Sequence[Waiting]) -> Bundle:
    """One for all; the oldest bundle that waits takes the others in."""
    into = min((message for message in group if message.is_bundle), key=_age, default=None)
    return Bundle(
        members=tuple(message.id for message in group if message is not into),
        numbers=tuple(dict.fromkeys(number for message in group for number in message.numbers)),
        priority=min(message.priority for message in group),
        expires_at=max(message.expires_at for message in group),
        into=into.id if into else None,
    )


def _is_worth_it(group: Sequence[Waiting]) -> bool:
    """Whether one message says as much as these: what is all about one complaint is better said by itself."""
    about = {number for message in group for number in message.numbers}
    return len(group) > 1 and (len(about) > 1 or any(message.is_bundle for message in group))


def _may_be_bundled(message: Waiting) -> bool:
    return bool(message.bundle_key and message.numbers) and message.message_class in BUNDLED


def _together(message: Waiting) -> Hashable:
    return message.phone, message.person_id, message.message_class, message.bundle_key


def _thread(message: Waiting) -> Hashable:
    """A newer message of another class is no substitute: it may have to wait for the morning."""
    return message.phone, message.person_id, message.message_class, message.thread


def _urgency(message: Waiting) -> tuple[int, datetime, int]:
    return message.priority, *_age(message)


def _age(message: Waiting) -> tuple[datetime, int]:
    return message.created_at, message.id


def _groups(messages: Iterable[Waiting], key: Callable[[Waiting], Key]) -> dict[Key, list[Waiting]]:
    """The messages by what they share, in their order."""
    groups: dict[Key, list[Waiting]] = {}
    for message in messages:
        groups.setdefault(key(message), []).append(message)
    return groups
