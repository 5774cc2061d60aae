"""Charts as pictures: lines, bars with marks, and tables whose cells are coloured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from svbrdf_core.explain.paint import INK, PAPER, SERIES, Colour, Floats, Rgb, heat

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 78, 216, 20, 64
TEXT = 16
FAINT, SOFT = (222, 222, 218), (110, 113, 120)
CELL = (86, 34)
Say = Callable[[float], str]


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    Attributes:
        name: in the key.
        xs, ys: its points.
        dashed: whether it is drawn so, and in grey: for what would be without an effect.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    dashed: bool = False


def percent(value: float) -> str:
    """Return a share 0..1 as text."""
    return f"{value:.0%}"


def draw_lines(series: Sequence[Series], x_title: str, y_title: str, say_y: Say, say_x: Say = "{:g}".format) -> Rgb:
    """Return a chart of lines from 0 up; one point alone is a dot."""
    frame = _Frame.of([x for one in series for x in one.xs], [y for one in series for y in one.ys])
    image, draw = _paper(frame, x_title, y_title, say_y)
    for x in _ticks(frame.left, frame.right):
        _centred(draw, (frame.x(x), HEIGHT - BOTTOM + 8), say_x(x))
    colours = iter(SERIES * (1 + len(series) // len(SERIES)))
    for number, one in enumerate(series):
        colour = SOFT if one.dashed else next(colours)
        points = [(frame.x(x), frame.y(y)) for x, y in zip(one.xs, one.ys, strict=True)]
        _draw_line(draw, points, colour, one.dashed)
        _draw_key(draw, number, one.name, colour)
    return np.asarray(image)


def draw_bars(names: Sequence[str], values: Sequence[float], marks: Sequence[float], titles: tuple[str, str, str],
              say: Say) -> Rgb:  # fmt: skip
    """Return a chart of bars, each with a mark beside it.

    Args:
        names: of the bars.
        values: from 0 up.
        marks: one a bar, such as what would be without an effect.
        titles: of the vertical axis, the bars and the marks.
        say: makes text of a value.
    """
    frame = _Frame.of([0, len(names)], [*values, *marks])
    image, draw = _paper(frame, "", titles[0], say)
    wide = frame.x(1) - frame.x(0)
    for number, (name, value, mark) in enumerate(zip(names, values, marks, strict=True)):
        left = frame.x(number)
        draw.rectangle((left + 0.18 * wide, frame.y(value), left + 0.82 * wide, frame.y(0)), fill=SERIES[0])
        draw.line((left + 0.06 * wide, frame.y(mark), left + 0.94 * wide, frame.y(mark)), INK, 3)
        _centred(draw, (left + wide / 2, HEIGHT - BOTTOM + 8), name)
    _draw_key(draw, 0, titles[1], SERIES[0])
    _draw_key(draw, 1, titles[2], INK)
    return np.asarray(image)


def draw_table(values: Floats, rows: Sequence[str], columns: Sequence[str], corner: str, say: Say) -> Rgb:
    """Return a table ``(rows, columns)`` of values, coloured from 0 to the highest."""
    font = ImageFont.load_default(TEXT)
    first = 24 + math.ceil(max(font.getlength(word) for word in (*rows, corner)))
    image = Image.new("RGB", (first + CELL[0] * len(columns) + 12, CELL[1] * (len(rows) + 1) + 12), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((8, 10), corner, SOFT, font=font)
    colours = heat(np.asarray(values, np.float64))
    for column, word in enumerate(columns):
        _centred(draw, (first + CELL[0] * (column + 0.5), 10), word)
    for row, word in enumerate(rows):
        top = CELL[1] * (row + 1) + 6
        draw.text((8, top + 7), word, INK, font=font)
        for column in range(len(columns)):
            left = first + CELL[0] * column
            colour = tuple(int(part) for part in colours[row, column])
            draw.rectangle((left, top, left + CELL[0] - 3, top + CELL[1] - 3), fill=colour)
            bright = sum(colour) > 380
            _centred(draw, (left + CELL[0] / 2, top + 6), say(float(values[row, column])), INK if bright else PAPER)
    return np.asarray(image)


@dataclass(frozen=True)
class _Frame:
    """The ranges of a chart."""

    left: float
    right: float
    top: float

    @classmethod
    def of(cls, xs: Sequence[float], ys: Sequence[float]) -> _Frame:
        left, right = min(xs), max(xs)
        top = _ticks(0, max(max(ys), 1e-6))
        step = top[1] - top[0]
        return cls(left, right if right > left else left + 1, step * math.ceil(max(*ys, 1e-6) / step - 1e-9))

    def x(self, value: float) -> float:
        return LEFT + (value - self.left) / (self.right - self.left) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)


def _paper(frame: _Frame, x_title: str, y_title: str, say: Say) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(TEXT)
    for value in _ticks(0, frame.top):
        draw.line((LEFT, frame.y(value), WIDTH - RIGHT, frame.y(value)), INK if value == 0 else FAINT, 1)
        word = say(value)
        draw.text((LEFT - 10 - font.getlength(word), frame.y(value) - 10), word, SOFT, font=font)
    draw.text((WIDTH - RIGHT - font.getlength(x_title), HEIGHT - 30), x_title, SOFT, font=font)
    turned = Image.new("RGB", (math.ceil(font.getlength(y_title)) + 2, 22), PAPER)
    ImageDraw.Draw(turned).text((0, 0), y_title, SOFT, font=font)
    image.paste(turned.rotate(90, expand=True), (2, TOP))
    return image, draw


def _draw_line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: Colour, dashed: bool) -> None:
    if len(points) == 1 or not dashed:
        draw.line(points, colour, 3)
        for x, y in points if len(points) < 12 else ():
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), colour)
        return
    for (x0, y0), (x1, y1) in pairwise(points):
        count = max(1, int(math.hypot(x1 - x0, y1 - y0) // 8))
        for part in range(0, count, 2):
            a, b = part / count, min(1.0, (part + 1) / count)
            draw.line((x0 + a * (x1 - x0), y0 + a * (y1 - y0), x0 + b * (x1 - x0), y0 + b * (y1 - y0)), colour, 2)


def _draw_key(draw: ImageDraw.ImageDraw, number: int, name: str, colour: Colour) -> None:
    font = ImageFont.load_default(TEXT)
    left, top = WIDTH - RIGHT + 20, TOP + 24 * number
    draw.rectangle((left, top + 7, left + 18, top + 11), fill=colour)
    draw.text((left + 26, top), name, INK, font=font)


def _centred(draw: ImageDraw.ImageDraw, at: tuple[float, float], word: str, colour: Colour = SOFT) -> None:
    font = ImageFont.load_default(TEXT)
    draw.text((at[0] - font.getlength(word) / 2, at[1]), word, colour, font=font)


def _ticks(low: float, high: float) -> list[float]:
    """Return four to ten round numbers from low to high."""
    span = max(high - low, 1e-9)
    step = 10 ** math.floor(math.log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 6)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]
