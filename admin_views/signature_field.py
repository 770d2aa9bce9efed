"""A signature that is drawn on the screen with a finger or a mouse (A-10). The script is ``static/signature.js``."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask_babel import gettext
from markupsafe import Markup
from wtforms import Field, ValidationError

from services import images

BEGINNING = "data:image/png;base64,"
LONGEST = 300_000
"""Bytes of a drawn picture; a signature of a whole phone screen has a tenth of that."""


class SignatureField(Field):
    """A field to draw in; ``data`` is the PNG, None when nothing was drawn."""

    data: bytes | None

    def widget(self, field: Field, **kwargs: Any) -> Markup:
        """The place to draw in, a button to begin anew, and the field that carries the picture."""
        return Markup(
            '<div class="signature" data-signature><canvas width="600" height="220" tabindex="0" aria-label="{label}">'
            '</canvas><input type="hidden" id="{id}" name="{name}"><button type="button" class="btn btn-small"'
            " data-signature-clear>{again}</button></div>"
        ).format(label=self.label.text, id=self.id, name=self.name, again=gettext("Draw again"))

    def process_data(self, value: object) -> None:
        """Nothing is ever filled in: a signature is drawn anew."""
        self.data = None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what the script sent."""
        text = valuelist[0] if valuelist else ""
        self.data = _png(text) if text else None


def _png(text: str) -> bytes:
    """The picture, looked at by its content; a white sheet is no signature."""
    try:
        if not text.startswith(BEGINNING) or len(text) > LONGEST * 4 // 3 + len(BEGINNING):
            raise images.NoPicture("too long, or none")
        content = base64.b64decode(text.removeprefix(BEGINNING), validate=True)
        if not images.is_blank(content):
            return content
    except (binascii.Error, ValueError, images.NoPicture):
        pass
    raise ValidationError(gettext("The signature could not be read; please draw it again."))
