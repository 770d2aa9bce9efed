"""What a PDF says, read by a library that did not write it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2


def pages(content: bytes) -> list[str]:
    """The text of every page, spaces and line ends left out: where a line breaks is nobody's promise."""
    with _opened(content) as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def text(content: bytes) -> str:
    """The text of all pages."""
    return "".join(pages(content))


@contextmanager
def _opened(content: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(content)
    try:
        yield document
    finally:
        document.close()
