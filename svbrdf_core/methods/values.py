"""Conversions of values: blanks in holes for tools that need numbers there, and results made valid for their maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.methods.interface import Bools, Floats, InpaintProblem
from svbrdf_core.run import Run
from svbrdf_core.tensors.maps import kind_of, spec_of

Bytes = NDArray[np.uint8]


def without_hole(tensor: Floats, hole: Bools) -> Floats:
    """Return a copy ``(C, H, W)`` with the mean of the known values in the hole, so that nothing leaks out of it."""
    out = tensor.copy()
    out[:, hole] = tensor[:, ~hole].mean(1, dtype=np.float64).astype(np.float32)[:, None]
    return out


def make_valid(tensor: Floats, problem: InpaintProblem) -> Floats:
    """Return ``tensor`` with unit normals and values in range in the hole, and what was known outside.

    The range of a map is its own (0..1), or what the known region holds where that is more.
    """
    out = problem.tensor.copy()
    for name in problem.layout.names:
        at = problem.layout.slice_of(name)
        values = tensor[at][:, problem.hole]
        if kind_of(name) == "normal":
            length = np.linalg.norm(values, axis=0)
            up = np.array([[0], [0], [1]], np.float32)
            out[at][:, problem.hole] = np.where(length > 1e-3, values / np.maximum(length, 1e-3), up)
            continue
        known = problem.tensor[at][:, ~problem.hole]
        spec = spec_of(name)
        low, high = min(spec.low, float(known.min())), max(spec.high or 1.0, float(known.max()))
        out[at][:, problem.hole] = np.clip(values, low, high)
    return out


@dataclass(frozen=True)
class Scale:
    """How a map's values are put into 0..255 and back: by its own range, or by what the known region holds."""

    low: float
    high: float

    @classmethod
    def of(cls, name: str, known: Floats) -> Scale:
        """Return the scale of a map from its known values ``(C, N)``."""
        if kind_of(name) == "normal":
            return cls(-1.0, 1.0)
        return cls(min(0.0, float(known.min())), max(1.0, float(known.max())))

    def to_255(self, values: Floats) -> Floats:
        """Return values as float32 in 0..255."""
        return np.asarray((values - self.low) * np.float32(255 / (self.high - self.low)), np.float32)

    def back(self, values: Floats) -> Floats:
        """Return what `to_255` was given."""
        return np.asarray(values * np.float32((self.high - self.low) / 255) + self.low, np.float32)


def by_bytes(problem: InpaintProblem, run: Run, fill: Callable[[Bytes, Bools], Bytes], *, grey: bool) -> Floats:
    """Fill each map on its own by a tool that knows 8-bit pictures.

    Args:
        problem: what to fill.
        run: that this is part of.
        fill: takes a picture uint8 ``(H, W, 3)``, or ``(H, W, 1)`` if it takes ``grey``, and the hole.
        grey: whether maps of one channel are handed over as they are; otherwise they are repeated to three.
    """
    blank = without_hole(problem.tensor, problem.hole)
    out = blank.copy()
    for number, name in enumerate(problem.layout.names):
        run.check()
        run.report(name, number / len(problem.layout.names))
        at = problem.layout.slice_of(name)
        scale = Scale.of(name, problem.tensor[at][:, ~problem.hole])
        pixels = np.clip(np.rint(scale.to_255(blank[at])), 0, 255).astype(np.uint8).transpose(1, 2, 0)
        pixels[problem.hole] = 0
        for channels in _pictures(pixels.shape[2]):
            picture = pixels[..., channels]
            repeated = picture if grey or len(channels) == 3 else np.repeat(picture, 3, axis=2)
            filled = fill(np.ascontiguousarray(repeated), problem.hole)[..., : len(channels)]
            where = np.arange(at.start, at.stop)[channels]
            out[where] = scale.back(filled.transpose(2, 0, 1).astype(np.float32))
    return make_valid(out, problem)


def _pictures(count: int) -> list[list[int]]:
    """Return which channels of a map go into a picture together: three, or one at a time."""
    return [[0, 1, 2]] if count == 3 else [[channel] for channel in range(count)]
