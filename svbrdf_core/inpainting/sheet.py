"""Preview sheet: for each map before, after and their difference, side by side with words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from svbrdf_core.inpainting.fill import Fill
from svbrdf_core.masks import Mask, overlay
from svbrdf_core.material import Material
from svbrdf_core.pictures.views import MapView, Picture, as_bytes, hole_in, limits, reduce_map, view_around

Rgb = NDArray[np.uint8]

CELL = 512
"""Longest side of a picture on the sheet, in pixels."""
GAP, LINE = 8, 24
LOUDEST = 16
PAPER, INK = (24, 24, 26), (230, 230, 230)


def sheet(before: Material, fills: Sequence[Fill[Material]], mask: Mask, *, tileable: bool = False) -> Rgb:
    """Draw the preview of one or more fills of the same hole.

    One row a map: before with the hole outlined, each fill, the difference of the first fill, made louder where it is
    faint. A last row shows where the first fill was copied from, if its method can say. Large materials are cropped
    to the hole and reduced; maps are read in bands, so that any size fits.

    Args:
        before: the material with the hole.
        fills: of that hole; the first is compared.
        mask: ``(H, W)``, the hole.
        tileable: the hole may go on across the edges.

    Returns:
        ``(h, w, 3)`` uint8.
    """
    view = view_around(mask, CELL, tileable=tileable)
    hole = hole_in(mask, view)
    words = ["after"] if len(fills) == 1 else [f"v{number}" for number in range(1, len(fills) + 1)]
    rows = [_row(name, before, fills, words, view, hole) for name in before.maps]
    if fills[0].sources is None:
        return _paper(rows)
    drawn = fills[0].sources.draw(before.height, before.width)
    lines = np.arange(view.top, view.top + view.height, view.step)[: view.shape[0]] % before.height
    columns = np.arange(view.left, view.left + view.width, view.step)[: view.shape[1]] % before.width
    rows.append([("copied from", drawn[np.ix_(lines, columns)])])
    return _paper(rows)


LabelledPicture = tuple[str, Rgb]


def _row(
    name: str, before: Material, fills: Sequence[Fill[Material]], words: Sequence[str], view: MapView, hole: Mask
) -> list[LabelledPicture]:
    old = reduce_map(before, name, view)
    new = [reduce_map(fill.canvas, name, view) for fill in fills]
    low, high = limits(name, old)
    gain, difference = _amplify(np.abs(new[0] - old) / np.float32(high - low))
    outlined = overlay((old - low) / (high - low), hole, opacity=0.0, outline=1)
    cells: list[LabelledPicture] = [(f"{name}: before", outlined)]
    cells += [(word, as_bytes((p - low) / (high - low))) for word, p in zip(words, new, strict=True)]
    label = "difference" if len(fills) == 1 else f"difference of {words[0]}"
    return [*cells, (f"{label} x {gain}", as_bytes(difference))]


def _amplify(difference: Picture) -> tuple[int, Picture]:
    """Multiply by a power of two, so that large differences are just not cut off."""
    large = float(np.quantile(difference, 0.995))
    gain = 1
    while gain < LOUDEST and large * gain * 2 <= 1:
        gain *= 2
    return gain, difference * np.float32(gain)


def _paper(rows: Sequence[Sequence[LabelledPicture]]) -> Rgb:
    """Lay rows of captioned pictures of one size out on a page."""
    height, width = rows[0][0][1].shape[:2]
    zoom = max(1, CELL // max(height, width))
    height, width = height * zoom, width * zoom
    font = ImageFont.load_default(15)
    across = max(len(row) for row in rows)
    # Narrow pictures still need room for their captions.
    widest = max(font.getlength(caption) for row in rows for caption, _ in row)
    pitch = (height + LINE + GAP, max(width, math.ceil(widest)) + GAP)
    page = Image.new("RGB", (across * pitch[1] + GAP, len(rows) * pitch[0] + GAP), PAPER)
    draw = ImageDraw.Draw(page)
    for y, row in enumerate(rows):
        for x, (caption, cell) in enumerate(row):
            left, top = GAP + x * pitch[1], GAP + y * pitch[0]
            draw.text((left, top), caption, INK, font=font)
            page.paste(Image.fromarray(np.repeat(np.repeat(cell, zoom, axis=0), zoom, axis=1)), (left, top + LINE))
    return np.asarray(page)
