"""Short ways to the middle of a story."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from models import Complaint
from rules import phones
from rules.severity import Facts
from rules.vocabulary import Category, Channel
from services import calls
from tests.cast import Cast


def recorded(cast: Cast, *, now: datetime, phone: str = "13800139999", **said: Any) -> Complaint:
    """A complaint as 小周 records it: hollow tiles, by the owners' group, first word now."""
    category = said.pop("category", Category.QUALITY)
    intake = calls.Intake(
        **{
            "channel": Channel.OWNERS_GROUP,
            "first_word_at": now,
            "contact_name": "郑丽华",
            "phone": phones.parse(phone),
            "category": category,
            "problem": "客厅新铺的砖敲着发空",
            "facts": Facts(category),
            "community": "滨江壹号",
            "room": "2栋905",
            **said,
        }
    )
    return calls.record(intake, actor=cast.xiaozhou, now=now)
