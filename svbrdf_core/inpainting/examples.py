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
from svbrdf_core.inpainting.guides import Bytes, Guides
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
GAP = 24
"""Pixels between a hole that reaches the edge of its window and an example there, so that it does not end as that
begins; they are filled along."""
TRIES = 16
"""Places of an example that are looked at for one with enough to copy from."""
ENOUGH = 0.5
"""Share of a place that may be copied from at which no further one is looked at."""
MOST = 16
"""Colours of a guide that are looked for; more go over into each other."""


@dataclass(frozen=True)
class ExamplePart:
    """A part of an example.

    Attributes:
        values: ``(C, h, w)``.
        allowed: ``(h, w)``, what may be copied.
        labels: ``(h, w, L)``, its colours in a guide.
    """

    values: Floats
    allowed: Bools
    labels: Bytes


@dataclass(frozen=True)
class Example:
    """A picture to copy from.

    Attributes:
        canvas: the picture.
        allowed: ``(H, W)``, what of it may be copied.
        labels: ``(H, W, L)``, its colours in a guide; None if there is no guide.
    """

    canvas: Picture
    allowed: Bools
    labels: Bytes | None = None

    def cut(
        self, layout: ChannelLayout, side: int, generator: np.random.Generator, wanted: Bytes | None = None
    ) -> ExamplePart:
        """Return a part somewhere, with the maps of a layout.

        Args:
            layout: which maps.
            side: its longest side.
            generator: chooses the place, among some with enough to copy from.
            wanted: colours ``(h, w, L)`` of what is filled; the place should have all that there are.
        """
        size = self.allowed.shape
        height, width = min(side, size[0]), min(side, size[1])
        best: tuple[float, int, int] = (-1.0, 0, 0)
        for _ in range(TRIES):
            top, left = int(generator.integers(size[0] - height + 1)), int(generator.integers(size[1] - width + 1))
            place = np.s_[top : top + height, left : left + width]
            best = max(best, (_usefulness(self.allowed[place], self._colours(place), wanted), top, left))
            if best[0] >= ENOUGH:
                break
        _, top, left = best
        place = np.s_[top : top + height, left : left + width]
        if not self.allowed[place].any():
            raise FillError("The example has nothing to copy from; forbid less of it.")
        values = self.canvas.window(top, left, height, width)
        own = self.canvas.layout
        values = np.concatenate([values[own.slice_of(name)] for name in layout.names])
        finite = np.isfinite(values).all(axis=0)
        return ExamplePart(np.where(finite, values, 0), self.allowed[place] & finite, self._colours(place))

    def _colours(self, place: tuple[slice, slice]) -> Bytes:
        rows, columns = place
        shape = (rows.stop - rows.start, columns.stop - columns.start, 0)
        return np.empty(shape, np.uint8) if self.labels is None else self.labels[place]


def _usefulness(allowed: Bools, colours: Bytes, wanted: Bytes | None) -> float:
    """Return the share of a place that may be copied; with a guide, that of the colour there is least of."""
    if wanted is None or not wanted.shape[2]:
        return float(allowed.mean())
    kinds = np.unique(wanted.reshape(-1, wanted.shape[2]), axis=0)[:MOST]
    return min(float((allowed & (colours == kind).all(axis=2)).mean()) for kind in kinds) * len(kinds)


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


def begin_by_example(
    canvas: C, examples: Sequence[Example], left: Floats, generator: np.random.Generator, labels: Bytes | None = None
) -> C:
    """Return a canvas of which nothing is known with a piece of an example in its middle, which is taken off a hole.

    With a guide ``(H, W, L)`` only what has the right colour is taken.
    """
    side = min(BEGINNING, *(size // 2 for size in left.shape))
    top, start = (left.shape[0] - side) // 2, (left.shape[1] - side) // 2
    wanted = None if labels is None else labels[top : top + side, start : start + side]
    part = examples[int(generator.integers(len(examples)))].cut(canvas.layout, side, generator, wanted)
    height, width = part.allowed.shape
    taken = part.allowed
    if wanted is not None and wanted.shape[2]:
        taken = taken & np.asarray((part.labels == wanted[:height, :width]).all(axis=2))
    left[top : top + height, start : start + width][taken] = 0
    return canvas.with_window(part.values, taken.astype(np.float32), top, start)


def lay_beside(
    problem: InpaintProblem, guides: Guides | None, examples: Sequence[Example], generator: np.random.Generator
) -> tuple[InpaintProblem, Guides | None]:
    """Return a problem on a larger picture, whose first pixels are the problem's, with parts of examples beside it.

    Args:
        problem: a plain one, without edges that wrap.
        guides: of the same window; None if there are none.
        examples: at least one.
        generator: chooses the parts.
    """
    side = round(SIDE / math.sqrt(len(examples)))
    own = np.empty((*problem.hole.shape, 0), np.uint8) if guides is None else guides.labels
    parts = [example.cut(problem.layout, side, generator, own) for example in examples]
    laid = _Laid(problem.tensor, problem.hole, problem.allowed, own)
    for part in parts:
        if part.labels.shape[2] != own.shape[2]:
            raise InputError("The guide has no colours for the example; give a picture of them too.")
        laid = laid.beside(_Laid(part.values, np.zeros_like(part.allowed), part.allowed, part.labels))
    if guides is not None:
        rows, columns = (big - small for big, small in zip(laid.hole.shape, problem.hole.shape, strict=True))
        around = ((0, rows), (0, columns))
        angles = None if guides.angles is None else np.pad(guides.angles, around, constant_values=np.nan)
        guides = replace(guides, labels=laid.labels, angles=angles)
    former = problem.former
    if former is not None:
        beside = laid.values.copy()
        beside[:, : problem.hole.shape[0], : problem.hole.shape[1]] = former.tensor
        former = replace(former, tensor=beside)
    return replace(problem, tensor=laid.values, hole=laid.hole, allowed=laid.allowed, former=former), guides


@dataclass(frozen=True)
class _Laid:
    """Pictures laid side by side: values ``(C, h, w)``, what is unknown, what may be copied, and colours."""

    values: Floats
    hole: Bools
    allowed: Bools
    labels: Bytes

    def beside(self, other: _Laid) -> _Laid:
        """Return another one to the right of this, or below, whichever leaves less room between."""
        (h, w), (eh, ew) = self.hole.shape, other.hole.shape
        if max(h, eh) * (w + ew) > (h + eh) * max(w, ew):
            return self._turned().beside(other._turned())._turned()
        height = max(h, eh)
        return self._padded(height)._parted()._joined(other._padded(height))

    def _turned(self) -> _Laid:
        return _Laid(self.values.swapaxes(1, 2), self.hole.T, self.allowed.T, self.labels.swapaxes(0, 1))

    def _joined(self, other: _Laid) -> _Laid:
        return _Laid(
            np.concatenate([self.values, other.values], axis=2),
            np.concatenate([self.hole, other.hole], axis=1),
            np.concatenate([self.allowed, other.allowed], axis=1),
            np.concatenate([self.labels, other.labels], axis=1),
        )

    def _parted(self) -> _Laid:
        """Return the pictures ready for something at their right side that they do not go on in.

        No patch is copied that goes on there; where the hole reaches that side, so does what lies between, which is
        filled along.
        """
        allowed = self.allowed.copy()
        allowed[:, -1] = False
        parted = replace(self, allowed=allowed)
        if not self.hole[:, -1].any():
            return parted
        shape = (self.hole.shape[0], GAP)
        labels = np.repeat(self.labels[:, -1:], GAP, axis=1)
        between = np.zeros((len(self.values), *shape), np.float32)
        return parted._joined(_Laid(between, np.ones(shape, np.bool_), np.zeros(shape, np.bool_), labels))

    def _padded(self, height: int) -> _Laid:
        """Return the pictures with rows below them, of what is known of them over and over; it is not copied from."""
        if self.hole.shape[0] == height:
            return self
        turned = self._turned()._parted()._turned()
        more = height - turned.hole.shape[0]
        if more <= 0:
            return turned._cropped(height)
        below = ((0, more), (0, 0))
        values = np.pad(self.values, ((0, 0), (0, height - self.hole.shape[0]), (0, 0)), mode="wrap")
        values[:, : turned.hole.shape[0]] = turned.values
        unknown = np.pad(self.hole, ((0, height - self.hole.shape[0]), (0, 0)), mode="wrap")
        unknown[: turned.hole.shape[0]] = False
        values[:, unknown] = 0 if self.hole.all() else self.values[:, ~self.hole].mean(axis=1, keepdims=True)
        labels = np.pad(turned.labels, (*below, (0, 0)), mode="edge" if turned.labels.shape[2] else "empty")
        return _Laid(values, np.pad(turned.hole, below), np.pad(turned.allowed, below), labels)

    def _cropped(self, height: int) -> _Laid:
        return _Laid(self.values[:, :height], self.hole[:height], self.allowed[:height], self.labels[:height])
