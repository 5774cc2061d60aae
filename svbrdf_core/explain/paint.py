"""Colours and lines of figures: heat, directions, outlines, arrows, pictures side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rgb = NDArray[np.uint8]
Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]
Colour = tuple[int, int, int]
HEAT: tuple[Colour, ...] = ((8, 6, 20), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
"""Black over purple and orange to yellow, brighter from end to end."""
SERIES: tuple[Colour, ...] = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (213, 94, 0), (204, 121, 167), (86, 180, 233), (240, 228, 66),
    (120, 120, 120),
)  # fmt: skip
"""Colours that people tell apart however they see them (Okabe and Ito 2008)."""
GAP, LINE, TEXT = 12, 26, 16
PAPER, INK = (255, 255, 255), (32, 33, 36)
RIM = (255, 0, 255)
"""Of the line around a hole."""


def heat(values: Floats, highest: float | None = None) -> Rgb:
    """Return values ``(h, w)`` from 0 to the highest as colours ``(h, w, 3)``."""
    top = float(values.max()) if highest is None else highest
    at = np.clip(values / top if top > 0 else np.zeros_like(values), 0, 1) * (len(HEAT) - 1)
    stops = np.array(HEAT, np.float64)
    channels = [np.interp(at, np.arange(len(HEAT)), stops[:, channel]) for channel in range(3)]
    return np.asarray(np.rint(np.stack(channels, -1)), np.uint8)


def direction_colours(down: Floats, right: Floats, longest: float) -> Rgb:
    """Return offsets ``(...)`` as colours ``(..., 3)``: the hue is the direction, the paler the shorter."""
    hue = (np.arctan2(-down, right) / (2 * np.pi)) % 1.0
    colourful = np.clip(np.hypot(down, right) / max(longest, 1e-9), 0, 1)
    pure = np.stack([np.clip(np.abs((hue * 6 + turn) % 6 - 3) - 1, 0, 1) for turn in (0, 4, 2)], -1)
    return np.asarray(np.rint(255 * (1 - colourful[..., None] * (1 - pure))), np.uint8)


def dim(picture: Rgb, part: float = 0.45) -> Rgb:
    """Return a picture ``(h, w, 3)`` in grey, and darker."""
    grey = picture.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    return np.repeat(np.rint(part * grey)[..., None], 3, -1).astype(np.uint8)


def tint(picture: Rgb, where: Bools, colours: Rgb | Colour, opacity: float) -> None:
    """Lay colours over some pixels of a picture."""
    top = np.broadcast_to(np.asarray(colours, np.float64), picture.shape)[where]
    picture[where] = np.rint((1 - opacity) * picture[where] + opacity * top).astype(np.uint8)


def outline(picture: Rgb, inside: Bools, colour: Colour = RIM) -> None:
    """Draw a line of one pixel around a part of a picture, just outside of it."""
    near = np.zeros_like(inside)
    for axis in (0, 1):
        for step in (-1, 1):
            moved = np.roll(inside, step, axis)
            edge: list[slice | int] = [slice(None), slice(None)]
            edge[axis] = 0 if step == 1 else -1
            moved[tuple(edge)] = False
            near |= moved
    picture[near & ~inside] = colour


def draw_arrows(picture: Rgb, arrows: Sequence[tuple[tuple[float, float], tuple[float, float], Colour]]) -> Rgb:
    """Return the picture with arrows, each from one ``(x, y)`` to another in a colour."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for colour, width in ((None, 5), (0, 2)):
        for start, end, own in arrows:
            _draw_arrow(draw, start, end, INK if colour is None else own, width)
    return np.asarray(image).copy()


def _draw_arrow(
    draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], colour: Colour, width: int
) -> None:
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    draw.line((*start, *end), colour, width)
    size = 7 + width
    sides = [(end[0] - size * math.cos(angle + turn), end[1] - size * math.sin(angle + turn)) for turn in (-0.45, 0.45)]
    draw.polygon([end, *sides], colour)
    draw.ellipse((start[0] - width, start[1] - width, start[0] + width, start[1] + width), colour)


def draw_boxes(picture: Rgb, boxes: Sequence[tuple[tuple[float, float, float, float], str]]) -> Rgb:
    """Return the picture with boxes (left, top, width, height), each with a word in its corner."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(TEXT)
    for (left, top, width, height), word in boxes:
        draw.rectangle((left, top, left + width - 1, top + height - 1), outline=(255, 255, 255), width=2)
        at = (left + 4, top + 2)
        draw.text(at, word, (255, 255, 255), font=font, stroke_width=2, stroke_fill=INK)
    return np.asarray(image).copy()


def enlarge(picture: Rgb, least: int) -> Rgb:
    """Return the picture with pixels repeated until its longer side has so many at least."""
    times = max(1, -(-least // max(picture.shape[:2])))
    return np.ascontiguousarray(np.repeat(np.repeat(picture, times, 0), times, 1))


def side_by_side(pictures: Sequence[tuple[str, Rgb]], across: int = 0) -> Rgb:
    """Return captioned pictures of one size on paper, in rows of so many; in one row if 0."""
    across = across or len(pictures)
    height, width = pictures[0][1].shape[:2]
    font = ImageFont.load_default(TEXT)
    wide = max(width, *(math.ceil(font.getlength(word)) for word, _ in pictures)) + GAP
    rows = -(-len(pictures) // across)
    page = Image.new("RGB", (min(across, len(pictures)) * wide + GAP, rows * (height + LINE + GAP) + GAP), PAPER)
    draw = ImageDraw.Draw(page)
    for number, (word, picture) in enumerate(pictures):
        left, top = GAP + number % across * wide, GAP + number // across * (height + LINE + GAP)
        draw.text((left, top), word, INK, font=font)
        page.paste(Image.fromarray(picture), (left, top + LINE))
    return np.asarray(page)


def heat_key(width: int, low: str, high: str) -> Rgb:
    """Return a bar of the colours of heat with the words at its ends."""
    page = Image.new("RGB", (width, LINE + 8), PAPER)
    font = ImageFont.load_default(TEXT)
    draw = ImageDraw.Draw(page)
    left, right = (math.ceil(font.getlength(word)) + 8 for word in (low, high))
    bar = heat(
        np.broadcast_to(np.linspace(0, 1, max(1, width - left - right)), (LINE - 6, max(1, width - left - right)))
    )
    draw.text((0, 6), low, INK, font=font)
    page.paste(Image.fromarray(bar), (left, 6))
    draw.text((width - right + 8, 6), high, INK, font=font)
    return np.asarray(page)


def below(above: Rgb, under: Rgb) -> Rgb:
    """Return two pictures, the second below the first, on paper of the width of the wider."""
    width = max(above.shape[1], under.shape[1])
    page = np.full((above.shape[0] + under.shape[0], width, 3), PAPER[0], np.uint8)
    page[: above.shape[0], : above.shape[1]] = above
    page[above.shape[0] :, : under.shape[1]] = under
    return page
