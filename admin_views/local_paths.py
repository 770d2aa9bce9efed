"""Ways back: only to a page of our own."""

from __future__ import annotations

from urllib.parse import urlsplit


def local_path(target: str, default: str = "/") -> str:
    """The target when it is a path of this desk, else ``default``: nobody is sent to another site from here."""
    parts = urlsplit(target)
    is_local = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if is_local and not parts.scheme and not parts.netloc and target.isprintable() else default
