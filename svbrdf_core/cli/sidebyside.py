"""Pictures of one size in a row, each with words above it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rgb = NDArray[np.uint8]

GAP, LINE = 8, 24
LOUDEST = 16
PAPER, INK = (24, 24, 26), (230, 230, 230)


def difference(before: Rgb, after: Rgb) -> tuple[int, Rgb]:
    """Return what differs between two pictures, made louder by a power of two until large differences are just kept."""
    apart = np.abs(before.astype(np.int16) - after)
    large = float(np.quantile(apart[apart > 0], 0.995)) if apart.any() else 255.0
    gain = 1
    while gain < LOUDEST and large * gain * 2 <= 255:
        gain *= 2
    louder: Rgb = np.minimum(apart * gain, 255).astype(np.uint8)
    return gain, louder


def side_by_side(cells: Sequence[tuple[str, Rgb]]) -> Rgb:
    """Return a page ``(h, w, 3)`` with captioned pictures of one size."""
    height, width = cells[0][1].shape[:2]
    font = ImageFont.load_default(15)
    # Narrow pictures still need room for their words.
    pitch = max(width, math.ceil(max(font.getlength(words) for words, _ in cells))) + GAP
    page = Image.new("RGB", (len(cells) * pitch + GAP, height + LINE + 2 * GAP), PAPER)
    pen = ImageDraw.Draw(page)
    for number, (words, cell) in enumerate(cells):
        pen.text((GAP + number * pitch, GAP), words, INK, font=font)
        page.paste(Image.fromarray(cell), (GAP + number * pitch, GAP + LINE))
    return np.asarray(page)
