"""The part of a picture that is sampled: its hole with what the network sees around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svbrdf_core.diffusion.tiled import MARGIN, round_up
from svbrdf_core.learning.crops import Picture
from svbrdf_core.learning.holes import Bools, Floats

Indices = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True)
class Window:
    """The rows and columns that are sampled; their numbers are multiples of `STRIDE`.

    Attributes:
        rows, columns: pixels of the picture; one may come twice.
        wrap: whether they are all that there are of a torus, so that opposite edges are neighbours.
    """

    rows: Indices
    columns: Indices
    wrap: tuple[bool, bool]

    def crop(self, values: Floats) -> Floats:
        """Return the window of ``(C, H, W)``."""
        return values[np.ix_(np.arange(len(values)), self.rows, self.columns)]

    def write(self, window: Floats, values: Floats) -> None:
        """Write the window ``(C, h, w)`` into ``values``, ``(C, H, W)``."""
        # Of what a torus brings twice the copy nearer to the middle is right; it is written last.
        rows, columns = _order_outside_in(len(self.rows)), _order_outside_in(len(self.columns))
        every = np.arange(len(values))
        values[np.ix_(every, self.rows[rows], self.columns[columns])] = window[np.ix_(every, rows, columns)]


def find_window(picture: Picture) -> Window:
    """Return the window of a picture's hole."""
    touched = [np.asarray((~picture.known).any(axis=axis)) for axis in (1, 0)]
    spans = [_find_span(side, wraps) for side, wraps in zip(touched, picture.wrap, strict=True)]
    whole = [wraps and len(span) == len(side) for span, side, wraps in zip(spans, touched, picture.wrap, strict=True)]
    return Window(spans[0], spans[1], (whole[0], whole[1]))


def _find_span(touched: Bools, wraps: bool) -> Indices:
    """Return the indices of the hole's rows or columns with what is around them.

    On a torus they go on at the other side; a picture that is too short goes on in mirror image.
    """
    length = len(touched)
    inside = np.flatnonzero(touched)
    if wraps:
        # The longest gap without a hole is what is left out.
        gaps = np.diff(np.append(inside, inside[0] + length))
        first = int(inside[(int(gaps.argmax()) + 1) % len(inside)])
        extent = length - int(gaps.max()) + 1
        count = round_up(extent + 2 * MARGIN)
        if count >= length and round_up(length) == length:
            return np.arange(length)
        return np.asarray((first - MARGIN + np.arange(count)) % length)
    start, stop = max(0, int(inside[0]) - MARGIN), min(length, int(inside[-1]) + 1 + MARGIN)
    count = round_up(stop - start)
    start = max(0, min(start, length - count))
    at = np.arange(start, start + count) % (2 * length)
    return np.where(at < length, at, 2 * length - 1 - at)


def _order_outside_in(length: int) -> Indices:
    """Return 0 to ``length - 1``, those farthest from the middle first."""
    return np.argsort(-np.abs(np.arange(length) - (length - 1) / 2), kind="stable")
