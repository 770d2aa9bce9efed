"""What a drill of a complaint plays, and how its messages are marked (G-02, N15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from rules.severity import Facts
from rules.vocabulary import N_, Category, Channel, MessageLanguage, Term

PHONE = "+0000000000"
"""Of the customer who does not exist: no country's numbers begin with a nought, so nobody can be called by it."""

LENGTH = timedelta(hours=2)
"""A drill ends by itself: the golden two hours are over."""


class Script(Term):
    """What is played."""

    LEAK = "leak", N_("A leak at night")
    MEDIA = "media", N_("A threat to go to the media")
    DELAY = "delay", N_("Work that is far behind")


@dataclass(frozen=True)
class Scene:
    """A made-up complaint: what the customer says, by the language of whoever starts it."""

    channel: Channel
    facts: Facts
    words: Mapping[MessageLanguage, str]


_ZH, _EN = MessageLanguage.CHINESE, MessageLanguage.ENGLISH

SCENES: Mapping[Script, Scene] = MappingProxyType(
    {
        Script.LEAK: Scene(
            Channel.HOTLINE,
            Facts(Category.QUALITY, is_leak=True),
            {
                _ZH: "卫生间的水管半夜爆了，水漫到客厅，已经滴到楼下，楼下邻居在敲门。",
                _EN: "A pipe burst in the bathroom at night; the water runs into the flat below, the neighbour knocks.",
            },
        ),
        Script.MEDIA: Scene(
            Channel.OWNERS_GROUP,
            Facts(Category.QUALITY, is_media_involved=True),
            {
                _ZH: "墙面开裂修了三次还是裂，今晚没有人给答复，明天就请电视台来拍。",
                _EN: "The wall cracks again after three repairs; without an answer tonight the television comes.",
            },
        ),
        Script.DELAY: Scene(
            Channel.HOTLINE,
            Facts(Category.DELAY, delay_days=20),
            {
                _ZH: "工期已经晚了二十天，工地没有人，项目经理的电话打不通。",
                _EN: "The work is twenty days late, nobody is on the site and the project manager does not answer.",
            },
        ),
    }
)

_MARKS: Mapping[MessageLanguage, str] = MappingProxyType({_ZH: "【演练】", _EN: "[Drill] "})


def marked(text: str, language: MessageLanguage) -> str:
    """The text of a message with the mark of a drill in front of it, once."""
    mark = _MARKS[language]
    return text if text.startswith(mark) else mark + text
