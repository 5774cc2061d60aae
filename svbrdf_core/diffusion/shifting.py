"""Mask-shift restoration: a large hole window by window, each of which knows what the ones before it filled.

After Wang, Yu, Yu and Zhang 2023, "Unlimited-size diffusion restoration", section 3.2. Each window is a run of the
sampler of its own, and what it shares with earlier ones counts as known to it. So it is a hole like any other to every
solver and network, no network sees more than it was trained on, and memory holds one window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from svbrdf_core.diffusion.network import STRIDE
from svbrdf_core.diffusion.tiled import round_up
from svbrdf_core.diffusion.window import SampledWindow, find_window, list_touched
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Bools, Floats
from svbrdf_core.run import Run
from svbrdf_core.tensors.torus import Positions, Span, find_span, list_positions

OVERLAP = 2
"""Two windows side by side share 1 / OVERLAP of their sides (128 of 256 pixels in the paper)."""
MARGIN = 4
"""The first and the last window begin and end 1 / MARGIN of their sides outside the hole."""
TRIM = STRIDE
"""Pixels at the end of a window, where its network sees no further, that the next one fills again."""

FillWindow = Callable[[MaskedPicture, SampledWindow, Run], Floats]
"""Returns the values ``(C, h, w)`` of a window, filled, from the window as a picture of its own."""


@dataclass(frozen=True)
class Shift:
    """A window and how many of its rows and columns, from its first ones, are kept."""

    window: SampledWindow
    kept: tuple[int, int]

    @classmethod
    def of(cls, window: SampledWindow) -> Shift:
        """Return a window of which all is kept."""
        return cls(window, (len(window.rows), len(window.columns)))

    def keep(self, found: Floats, values: Floats, known: Bools) -> None:
        """Write what is kept of a filled window ``(C, h, w)``, and that it is known, into a picture."""
        height, width = self.kept
        part = SampledWindow(self.window.rows[:height], self.window.columns[:width], (False, False))
        part.write(found[:, :height, :width], values)
        known[np.ix_(part.rows, part.columns)] = True


def list_windows(picture: MaskedPicture, side: int, least: int = 0, grid: int = 1) -> list[Shift]:
    """Return windows of a side that cover a picture's hole, in rows from the top, each from the left.

    A hole that is at most half as large has one, `find_window`. On a torus windows go on at the other side, and the
    last ones know the first ones again.

    Args:
        picture: the picture; where it is too short for a window it goes on in mirror image.
        side: pixels along a side, a multiple of `STRIDE` for networks that want such.
        least: of the window of a hole that has one, see `find_window`.
        grid: what is kept of a window ends at a multiple of this, so that no block of a coarser fill is cut.
    """
    touched = list_touched(picture)
    spans = [find_span(side_touched, wrap=wraps) for side_touched, wraps in zip(touched, picture.wrap, strict=True)]
    if max(length for _, length in spans) <= side - 2 * (side // MARGIN):
        return [Shift.of(find_window(picture, least))]
    rows, columns = (
        list(_list_sides(span, len(of), side, wraps, grid if grid <= side // MARGIN else 1))
        for span, of, wraps in zip(spans, touched, picture.wrap, strict=True)
    )
    shifts = [
        Shift(SampledWindow(down, across, (ring_down, ring_across)), (height, width))
        for down, ring_down, height in rows
        for across, ring_across, width in columns
    ]
    return [shift for shift in shifts if not picture.known[np.ix_(shift.window.rows, shift.window.columns)].all()]


def _list_sides(span: Span, length: int, side: int, wraps: bool, grid: int) -> Iterator[tuple[Positions, bool, int]]:
    """Yield each window's rows or columns, whether they are all there are of a ring, and how many are kept."""
    if wraps and side >= length and round_up(length) == length:
        yield list_positions((0, length), length), True, length
        return
    first, last = span[0] - side // MARGIN, span[0] + span[1] + side // MARGIN - side
    if not wraps:
        first, last = (max(0, min(at, length - side)) for at in (first, last))
    shift = side - side // OVERLAP
    starts = np.linspace(first, last, max(0, -(-(last - first) // shift)) + 1).round().astype(int)
    for start in map(int, starts):
        end = start + side - TRIM
        kept = side if start == starts[-1] else side - TRIM - end % length % grid
        yield list_positions((start, side), length, wrap=wraps), False, kept


def fill_shifted(picture: MaskedPicture, shifts: list[Shift], fill: FillWindow, run: Run) -> Floats:
    """Return the picture's values ``(C, H, W)``, its hole filled window by window.

    Args:
        picture: what is known.
        shifts: see `list_windows`.
        fill: fills one, and leaves what is known as it is.
        run: told of each window.

    Raises:
        Cancelled: the run was cancelled.
    """
    values, known = picture.values.copy(), picture.known.copy()
    for shift, part in zip(shifts, run.parts([1.0] * len(shifts)), strict=True):
        window = shift.window
        seen = MaskedPicture(window.crop(values), known[np.ix_(window.rows, window.columns)], window.wrap)
        if not seen.known.all():
            shift.keep(fill(seen, window, part), values, known)
    return values
