"""Examples: pictures beside the canvas that a hole may be filled from, laid next to what a method sees.

A method knows nothing of them: it gets a larger picture, of which the example is a part that it may copy from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import FillError, InputError
from svbrdf_core.material.canvas import Canvas, Picture
from svbrdf_core.methods import InpaintProblem
from svbrdf_core.tensors.layout import ChannelLayout

C = TypeVar("C", bound=Canvas)
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

BEGINNING = 128
"""Longest side of the piece that a canvas begins with, of which nothing is known."""
SIDE = 1024
"""Longest side of the parts of examples that one window sees, all together as one square."""
TRIES = 16
"""Places of an example that are looked at for one with enough to copy from."""
ENOUGH = 0.5
"""Share of a place that may be copied from at which no further one is looked at."""


@dataclass(frozen=True)
class Example:
    """A picture to copy from.

    Attributes:
        canvas: the picture.
        allowed: ``(H, W)``, what of it may be copied.
    """

    canvas: Picture
    allowed: Bools

    def cut(self, layout: ChannelLayout, side: int, generator: np.random.Generator) -> tuple[Floats, Bools]:
        """Return a part ``(C, h, w)`` somewhere, with the maps of a layout, and what of it may be copied ``(h, w)``."""
        height, width = (min(side, size) for size in self.allowed.shape)
        best: tuple[float, int, int] = (-1.0, 0, 0)
        for _ in range(TRIES):
            top, left = (
                int(generator.integers(size - part + 1))
                for size, part in zip(self.allowed.shape, (height, width), strict=True)
            )
            best = max(best, (float(self.allowed[top : top + height, left : left + width].mean()), top, left))
            if best[0] >= ENOUGH:
                break
        share, top, left = best
        if share <= 0:
            raise FillError("The example has nothing to copy from; forbid less of it.")
        values = self.canvas.window(top, left, height, width)
        own = self.canvas.layout
        values = np.concatenate([values[own.slice_of(name)] for name in layout.names])
        allowed = self.allowed[top : top + height, left : left + width] & np.isfinite(values).all(axis=0)
        return np.where(np.isfinite(values), values, 0), allowed


def check_examples(examples: Sequence[Example], layout: ChannelLayout) -> None:
    """See that examples have the maps that are filled.

    Raises:
        InputError: one lacks a map, or has it with other channels.
    """
    for example in examples:
        counts = dict(zip(example.canvas.layout.names, example.canvas.layout.counts, strict=True))
        name = getattr(example.canvas, "name", "the example")
        missing = [one for one in layout.names if one not in counts]
        if missing:
            raise InputError(
                f"{name} has no {', '.join(missing)}, and a fill is copied in all maps at once; take those maps alone "
                "that both have, or give another material."
            )
        for one, count in zip(layout.names, layout.counts, strict=True):
            if counts[one] != count:
                raise InputError(
                    f"{one} has {counts[one]} channels in {name} and {count} in the material; save both alike, or "
                    "leave that map out."
                )


def begin_by_example(canvas: C, examples: Sequence[Example], left: Floats, generator: np.random.Generator) -> C:
    """Return a canvas of which nothing is known with a piece of an example in its middle, which is taken off a hole."""
    side = min(BEGINNING, *(size // 2 for size in left.shape))
    values, allowed = examples[int(generator.integers(len(examples)))].cut(canvas.layout, side, generator)
    height, width = allowed.shape
    top, left_edge = (left.shape[0] - height) // 2, (left.shape[1] - width) // 2
    left[top : top + height, left_edge : left_edge + width][allowed] = 0
    return canvas.with_window(values, allowed.astype(np.float32), top, left_edge)


def lay_beside(
    problem: InpaintProblem, examples: Sequence[Example], generator: np.random.Generator, side: int = SIDE
) -> InpaintProblem:
    """Return a problem on a larger picture, whose first pixels are the problem's, with parts of examples beside it.

    Args:
        problem: a plain one, without edges that wrap.
        examples: at least one.
        generator: chooses the parts.
        side: see `SIDE`.
    """
    side = round(side / math.sqrt(len(examples)))
    parts = [example.cut(problem.layout, side, generator) for example in examples]
    tensor, hole, allowed = problem.tensor, problem.hole, problem.allowed
    for values, may in parts:
        tensor, hole, allowed = _join((tensor, hole, allowed), (values, np.zeros_like(may), may))
    return replace(problem, tensor=tensor, hole=hole, allowed=allowed)


Parts = tuple[Floats, Bools, Bools]
"""Values ``(C, h, w)``, what is unknown of them, and what may be copied."""


def _join(first: Parts, second: Parts) -> Parts:
    """Lay one picture to the right of another, or below, whichever leaves less room between."""
    (h, w), (eh, ew) = first[1].shape, second[1].shape
    if max(h, eh) * (w + ew) > (h + eh) * max(w, ew):
        turned = _join(_turned(first), _turned(second))
        return _turned(turned)
    height = max(h, eh)
    left, right = _padded(first, height), _padded(second, height)
    left[2][:, -1] = False  # no patch goes on from one picture into the other
    tensor, hole, allowed = (np.concatenate([a, b], axis=-1) for a, b in zip(left, right, strict=True))
    return tensor, hole, allowed


def _turned(parts: Parts) -> Parts:
    return parts[0].swapaxes(1, 2), parts[1].T, parts[2].T


def _padded(parts: Parts, height: int) -> Parts:
    """Return a picture with rows of its own below it that are known and not to be copied."""
    values, hole, allowed = parts
    more = height - values.shape[1]
    if not more:
        return values, hole, allowed.copy()
    allowed = np.pad(allowed, ((0, more), (0, 0)))
    allowed[height - more - 1] = False
    # Of what is known, over and over: a level's statistics should not notice.
    tensor, unknown = (
        np.pad(values, ((0, 0), (0, more), (0, 0)), mode="wrap"),
        np.pad(hole, ((0, more), (0, 0)), "wrap"),
    )
    unknown[: height - more] = False
    tensor[:, unknown] = values[:, ~hole].mean(axis=1, keepdims=True) if not hole.all() else 0
    return tensor, np.pad(hole, ((0, more), (0, 0))), allowed
