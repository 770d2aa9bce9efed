"""Words that stand out: a state as a badge, the same in lists and on pages."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from markupsafe import Markup


def badge(text: str, kind: str = "neutral") -> Markup:
    """A badge; ``kind`` is its class in the stylesheet."""
    return Markup('<span class="badge {}">{}</span>').format(kind, text)


def word_badge(word: Any, prefix: str) -> Markup:
    """A word of a vocabulary, coloured by what it means: ``compensation-paid``, ``message-failed``."""
    return badge(gettext(word.label), f"{prefix}-{word.value}")
