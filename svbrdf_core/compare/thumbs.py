"""Thumbnails for the report: small WebP pictures as data URIs, from PNG files read one at a time."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from svbrdf_core.errors import InputError

QUALITY = 86
LONGEST = 512
"""Longest side of a picture in a page; the PNG beside it has every pixel."""
THUMB = 192
MARGIN = 16
"""Pixels kept around what differs from the truth, so that the edge of the kept part is far from the hole's."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Thumbnail:
    """A picture in a page.

    Attributes:
        src: data URI.
        png: relative address of the full picture.
        box: left, top, width, height of ``src`` on the picture of the truth, in its pixels.
    """

    src: str
    png: str
    box: Box


def open_picture(path: Path) -> Image.Image:
    """Return an 8-bit PNG as RGB or grey.

    Raises:
        InputError: it is missing or no picture.
    """
    try:
        with Image.open(path) as file:
            file.load()
            return file.convert("L" if file.mode in ("1", "L", "I", "I;16") else "RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} cannot be read ({error}); run the comparison again without resuming.") from error


def reduce_picture(picture: Image.Image) -> Image.Image:
    """Return a picture no longer than :data:`LONGEST` on either side."""
    scale = LONGEST / max(picture.size)
    if scale >= 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


def show(picture: Image.Image, png: str) -> Thumbnail:
    """Return a whole, reduced picture for a page."""
    return Thumbnail(_webp(picture), address(png), (0, 0, *picture.size))


def show_change(picture: Image.Image, truth: Image.Image, png: str) -> Thumbnail:
    """Return only what differs from the truth, both reduced; a fill leaves most of the window as it was."""
    box = _find_changed_box(picture, truth)
    if box is None:
        return Thumbnail("", address(png), (0, 0, 0, 0))
    left, top, right, bottom = box
    return Thumbnail(_webp(picture.crop(box)), address(png), (left, top, right - left, bottom - top))


def hole_overlay(mask: Image.Image) -> str:
    """Return a data URI of black that is opaque in the hole and clear elsewhere."""
    overlay = Image.new("LA", mask.size)
    overlay.putalpha(mask.point(lambda value: 255 if value else 0))
    return _uri(overlay.convert("RGBA"), lossless=True)


def hole_box(mask: Image.Image, room: float = 0.3) -> Box:
    """Return left, top, width, height of the square around the hole, with some room, inside the picture."""
    left, top, right, bottom = mask.getbbox() or (0, 0, *mask.size)
    side = min(round(max(right - left, bottom - top) * (1 + room)) + 8, *mask.size)
    x = min(max((left + right - side) // 2, 0), mask.size[0] - side)
    y = min(max((top + bottom - side) // 2, 0), mask.size[1] - side)
    return x, y, side, side


def thumb(picture: Image.Image, box: Box, hole: Image.Image | None = None) -> str:
    """Return a data URI of a square part of a picture, with the hole hatched if one is given."""
    part = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    small = picture.crop(part).convert("RGB").resize((THUMB, THUMB), Image.Resampling.LANCZOS)
    if hole is not None:
        cut = hole.crop(part).resize((THUMB, THUMB), Image.Resampling.NEAREST)
        small.paste(Image.fromarray(_hatch(THUMB)), (0, 0), cut)
    return _webp(small, quality=78)


def address(path: str) -> str:
    """Return a relative path as it stands in a page."""
    return quote(path, safe="/")


def _find_changed_box(picture: Image.Image, truth: Image.Image) -> tuple[int, int, int, int] | None:
    width, height = picture.size
    if picture.size != truth.size:
        return (0, 0, width, height)
    unequal = np.asarray(picture.convert("RGB")) != np.asarray(truth.convert("RGB"))
    rows, columns = np.flatnonzero(unequal.any(axis=(1, 2))), np.flatnonzero(unequal.any(axis=(0, 2)))
    if not len(rows):
        return None
    return (
        max(int(columns[0]) - MARGIN, 0),
        max(int(rows[0]) - MARGIN, 0),
        min(int(columns[-1]) + 1 + MARGIN, width),
        min(int(rows[-1]) + 1 + MARGIN, height),
    )


def _hatch(side: int) -> NDArray[np.uint8]:
    """Return ``(side, side, 3)`` of grey diagonal stripes."""
    y, x = np.indices((side, side))
    grey = np.where((x + y) // 6 % 2, 150, 120).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _webp(picture: Image.Image, quality: int = QUALITY) -> str:
    return _uri(picture, quality=quality, method=4, use_sharp_yuv=True)


def _uri(picture: Image.Image, **options: object) -> str:
    stream = io.BytesIO()
    picture.save(stream, "WEBP", **options)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
