"""What a page may show of a message."""

from __future__ import annotations

import pytest

from models import Notification
from rules.vocabulary import NotificationKind


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (NotificationKind.VERIFICATION, "您的验证码为402913，10分钟内有效。", "您的验证码为••••••，10分钟内有效。"),
        (NotificationKind.TEST, "编号402913", "编号402913"),
    ],
)
def test_a_code_that_proves_a_phone_is_shown_to_nobody(kind: NotificationKind, text: str, shown: str) -> None:
    assert Notification(kind=kind, text=text).shown_text == shown
