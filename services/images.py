"""Pictures: drawn anew from their pixels, so that neither a place nor anything hidden travels with them.

A phone writes into every photo where and when it was taken. Drawing it anew leaves the picture and drops the rest; what
only begins like a picture cannot be drawn at all and is refused.
"""

from __future__ import annotations

import io
import warnings
from typing import Any, BinaryIO

import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 100_000_000
"""A picture of more is no photo; the memory of the whole desk would go into it."""

MOST_DRAWN = 4_000_000
"""Pixels of a picture that was drawn on a screen."""

MOST_FRAMES = 200
"""Of a picture that moves."""

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/heic": "JPEG",  # No browser of the desk shows HEIC; a JPEG is as good, and everybody sees it.
}
"""What a picture of each type is kept as."""

OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 88, "optimize": True},
    "WEBP": {"quality": 88},
    "PNG": {},
    "GIF": {},
}

pillow_heif.register_heif_opener()


class NoPicture(Exception):
    """What was handed in cannot be drawn."""


def drawn_anew(stream: BinaryIO, media_type: str) -> tuple[bytes, str]:
    """The picture without anything but its pixels, upright, and the media type it has now.

    Raises:
        NoPicture: it is broken, or larger than any photo.
    """
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # The size is checked below, once.
            with Image.open(stream, formats=_readable(media_type)) as picture:
                return _drawn(picture, FORMATS[media_type])
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as broken:
        raise NoPicture(str(broken)) from broken


def is_blank(png: bytes) -> bool:
    """Whether a drawn picture shows nothing: every pixel is the same.

    Raises:
        NoPicture: it is no PNG, broken, or larger than any screen.
    """
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            if picture.width * picture.height > MOST_DRAWN:
                raise NoPicture("too large")
            darkest, lightest = picture.convert("L").getextrema()
            return darkest == lightest
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as broken:
        raise NoPicture(str(broken)) from broken


def _readable(media_type: str) -> tuple[str, ...]:
    """The one format that it may be: what only claims to be a picture is read by nobody else."""
    return ("HEIF",) if media_type == "image/heic" else (FORMATS[media_type],)


def _drawn(picture: Image.Image, kind: str) -> tuple[bytes, str]:
    if picture.width * picture.height > MOST_PIXELS or getattr(picture, "n_frames", 1) > MOST_FRAMES:
        raise NoPicture("too large")
    out = io.BytesIO()
    if getattr(picture, "is_animated", False) and kind in ("GIF", "WEBP"):
        picture.save(out, kind, save_all=True, comment=b"", exif=b"", xmp=b"", **OPTIONS[kind])
    else:
        _upright(picture, kind).save(out, kind, icc_profile=picture.info.get("icc_profile"), **OPTIONS[kind])
    return out.getvalue(), f"image/{kind.lower()}"


def _upright(picture: Image.Image, kind: str) -> Image.Image:
    """The pixels alone, turned as the camera was held."""
    turned = ImageOps.exif_transpose(picture)
    if kind == "JPEG" and turned.mode not in ("RGB", "L"):
        turned = turned.convert("RGB")
    bare = Image.new(turned.mode, turned.size)
    if turned.mode == "P" and (palette := turned.getpalette("RGBA")) is not None:
        bare.putpalette(palette, "RGBA")
    bare.paste(turned)
    return bare
