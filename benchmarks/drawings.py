"""Generator of line drawings, for who has no data set of them at hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE = 256
COUNT = 8
FINE = 4
"""Drawn this much larger and reduced, so that lines have smooth edges."""


def draw(folder: Path, count: int = COUNT) -> list[Path]:
    """Write drawings, black ink on white paper: hatching, scales and loops, each of another seed."""
    paths = []
    for seed in range(count):
        picture = Image.new("L", (SIZE * FINE, SIZE * FINE), 255)
        (_hatch, _scales, _loops)[seed % 3](ImageDraw.Draw(picture), np.random.default_rng(seed))
        path = folder / f"drawing-{seed}.png"
        picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(path)
        paths.append(path)
    return paths


def _line(pen: ImageDraw.ImageDraw, points: list[tuple[float, float]]) -> None:
    pen.line(points, fill=0, width=2 * FINE, joint="curve")


def _hatch(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    side, pitch, slope = SIZE * FINE, rng.uniform(9, 14) * FINE, rng.uniform(-0.6, 0.6)
    wave, length = rng.uniform(2, 5) * FINE, rng.uniform(40, 90) * FINE
    for offset in np.arange(-side, 2 * side, pitch):
        xs = range(0, side + FINE, 2 * FINE)
        _line(pen, [(x, offset + slope * x + wave * math.sin(x / length * 2 * math.pi)) for x in xs])


def _scales(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    side, radius = SIZE * FINE, rng.uniform(12, 20) * FINE
    for row, y in enumerate(np.arange(-radius, side + radius, radius)):
        for x in np.arange(-radius, side + 2 * radius, 2 * radius):
            left = x + (row % 2) * radius
            pen.arc((left - radius, y - radius, left + radius, y + radius), 0, 180, fill=0, width=2 * FINE)


def _loops(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    side, pitch = SIZE * FINE, rng.uniform(14, 20) * FINE
    centre = rng.uniform(0.3, 0.7, 2) * side
    for radius in np.arange(pitch, 1.5 * side, pitch):
        angles = np.linspace(0, 2 * math.pi, 240)
        bumps = radius + 2 * FINE * np.sin(9 * angles)
        _line(
            pen,
            [(centre[0] + r * math.cos(a), centre[1] + r * math.sin(a)) for r, a in zip(bumps, angles, strict=True)],
        )
