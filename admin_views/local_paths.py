"""Ways back: only to a page of our own."""

from __future__ import annotations


def local_path(target: str, default: str = "/") -> str:
    r"""The target when it is a path of this desk, else ``default``: nobody is sent to another site from here.

    Browsers read ``//`` and ``\\`` at the beginning as another site, and drop tabs and line ends wherever they stand.
    """
    is_path = target.startswith("/") and not target.startswith("//") and "\\" not in target
    return target if is_path and target.isprintable() else default
