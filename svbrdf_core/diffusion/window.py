"""The part of a picture that is sampled: its hole with what the network sees around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svbrdf_core.diffusion.tiled import MARGIN, round_up
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Bools, Floats
from svbrdf_core.tensors.torus import Positions, find_span, grow_span, list_positions


@dataclass(frozen=True)
class SampledWindow:
    """The rows and columns that are sampled; their numbers are multiples of `STRIDE`.

    Attributes:
        rows, columns: pixels of the picture; one may come twice.
        wrap: whether they are all that there are of a torus, so that opposite edges are neighbours.
    """

    rows: Positions
    columns: Positions
    wrap: tuple[bool, bool]

    def alone(self) -> SampledWindow:
        """Return the window of itself as a picture of its own."""
        return SampledWindow(np.arange(len(self.rows)), np.arange(len(self.columns)), self.wrap)

    def crop(self, values: Floats) -> Floats:
        """Return the window of ``(C, H, W)``."""
        return values[np.ix_(np.arange(len(values)), self.rows, self.columns)]

    def write(self, window: Floats, values: Floats) -> None:
        """Write the window ``(C, h, w)`` into ``values``, ``(C, H, W)``."""
        # Of what a torus brings twice the copy nearer to the middle is right; it is written last.
        rows, columns = _order_outside_in(len(self.rows)), _order_outside_in(len(self.columns))
        every = np.arange(len(values))
        values[np.ix_(every, self.rows[rows], self.columns[columns])] = window[np.ix_(every, rows, columns)]


def find_window(picture: MaskedPicture, least: int = 0) -> SampledWindow:
    """Return the window of a picture's hole.

    Args:
        picture: the picture.
        least: pixels along a side of the window that it has at least.
    """
    sides = zip(list_touched(picture), picture.wrap, strict=True)
    (rows, down), (columns, across) = (_list_side(touched, least, wraps) for touched, wraps in sides)
    return SampledWindow(rows, columns, (down, across))


def list_touched(picture: MaskedPicture) -> tuple[Bools, Bools]:
    """Return which rows, and which columns, the hole of a picture touches."""
    return np.asarray((~picture.known).any(axis=1)), np.asarray((~picture.known).any(axis=0))


def _list_side(touched: Bools, least: int, wraps: bool) -> tuple[Positions, bool]:
    """Return the hole's rows or columns with what is around them, and whether they are all there are of a ring.

    On a torus they go on at the other side; a picture that is too short goes on in mirror image.
    """
    length = len(touched)
    span = find_span(touched, wrap=wraps)
    margin = max(MARGIN, (least - span[1] + 1) // 2)
    if wraps:
        count = round_up(span[1] + 2 * margin)
        whole = count >= length and round_up(length) == length
        return list_positions((0, length) if whole else (span[0] - margin, count), length, wrap=True), whole
    start, count = grow_span(span, margin, length)
    count = round_up(max(count, least))
    return list_positions((max(0, min(start, length - count)), count), length), False


def _order_outside_in(length: int) -> Positions:
    """Return 0 to ``length - 1``, those farthest from the middle first."""
    return np.argsort(-np.abs(np.arange(length) - (length - 1) / 2), kind="stable")
