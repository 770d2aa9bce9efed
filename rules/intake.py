"""Reading a complaint's words: which category they probably mean, and which risks they speak of.

Only ever a proposal: a person at the desk sees it and may change it; an import marks what it guessed.
"""

from __future__ import annotations

import re

from rules.severity import Facts
from rules.vocabulary import Category

_WORDS: tuple[tuple[Category, re.Pattern[str]], ...] = (
    (Category.SAFETY, re.compile("火花|冒火|冒烟|漏电|触电|短路|着火|燃气|煤气|坠落|砸伤")),
    (Category.DELAY, re.compile("工期|拖延|延误|迟迟|停工|停了|逾期|没人施工")),
    (Category.EXTRA_ITEMS, re.compile("增项|多出|加价|结算|收费|乱收|报价单|漏项")),
    (Category.DESIGN, re.compile("图纸|设计|尺寸不符|短了|装不上|效果图")),
    (Category.SERVICE, re.compile("态度|没来|失约|不回|不理|敷衍|推诿|骂")),
    (Category.QUALITY, re.compile("渗水|漏水|渗漏|空鼓|发空|开裂|裂缝|起泡|起鼓|色差|翘|脱落|掉漆|质量|不平")),
)
_SAFETY = _WORDS[0][1]
_LEAK = re.compile("渗水|漏水|渗漏|进水|漏点")
_MEDIA = re.compile("记者|媒体|曝光|电视台|微博|抖音|小红书")
_ASSOCIATION = re.compile("消协|消费者协会|12315|12345|市场监管")
_GROUP = re.compile("好几家|多家|几户|一起投诉")
_DELAY_DAYS = re.compile(r"(?:拖|延|逾期|晚)\D{0,6}?(\d{1,3})\s*天")


def suggest_category(problem: str) -> Category:
    """The category whose words come up first in order of gravity; OTHER when none does."""
    return next((category for category, words in _WORDS if words.search(problem)), Category.OTHER)


def suggest_facts(category: Category, text: str) -> Facts:
    """The risk facts that the words speak of; a person confirms them."""
    delay = _DELAY_DAYS.search(text)
    return Facts(
        category=category,
        is_safety_hazard=bool(_SAFETY.search(text)),
        is_media_involved=bool(_MEDIA.search(text)),
        household_count=3 if _GROUP.search(text) else 1,
        delay_days=int(delay.group(1)) if delay else 0,
        is_leak=bool(_LEAK.search(text)),
        mentions_consumer_association=bool(_ASSOCIATION.search(text)),
    )


def same_words(one: str, other: str) -> bool:
    """Whether two problem texts say the same, apart from blanks and letter case."""
    return gist(one) == gist(other)


def gist(problem: str) -> str:
    """What two texts have in common when they say the same."""
    return "".join(problem.split()).casefold()
