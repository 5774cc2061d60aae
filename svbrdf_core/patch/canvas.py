"""A level's picture as pieces cover it: what is filled, from where, and the cuts that join one more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.correlate import Place
from svbrdf_core.patch.cpu_backend import cuts
from svbrdf_core.patch.cpu_backend.kernels import PATCH, R
from svbrdf_core.patch.guide import Guide, low_pass
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.onion import move_to_valid, spread_sources
from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.torus import find_gap

CUT_WEIGHT = 0.3
"""Cost of disagreeing with a guide in a cut, per pixel and standard deviation."""

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Wish:
    """A guide as the canvas lies, and what is compared with it.

    Attributes:
        canvas: float32 ``(H, W, C)``, low-passed.
        confidence: float32 ``(H, W)``.
        source: the sources, low-passed alike, unpadded.
    """

    canvas: Floats
    confidence: Floats
    source: Floats

    def loss(self, window: Window, rows: Ints, cols: Ints) -> Floats:
        """Return how far the sources of a window's pixels are from what they should look like."""
        away = self.canvas[window] - self.source[rows, cols]
        return np.asarray(np.sqrt(np.einsum("...c,...c", away, away)) * self.confidence[window], np.float32)


@dataclass
class Canvas:
    """A level's picture, rolled so that as little of the hole as can be crosses a border that wraps.

    Attributes:
        level: the level.
        shift: how far down and right in the picture the canvas's first pixel lies.
        source: float32 ``(H' + 2 R, W' + 2 R, C)``, the padded sources.
        known: bool ``(H, W)``.
        filled: bool ``(H, W)``, known or laid.
        rows, cols: int32 ``(H, W)``, sources of filled pixels; known pixels are their own.
        wish: None if there is none.
    """

    level: Level
    shift: tuple[int, int]
    source: Floats
    known: Bools
    filled: Bools
    rows: Ints
    cols: Ints
    wish: Wish | None

    @classmethod
    def of(cls, level: Level, guide: Guide | None) -> Canvas:
        """Make an empty one."""
        down, across = (find_gap((~level.known).sum(1 - axis)) if level.wrap[axis] else 0 for axis in (0, 1))
        shift = down, across
        back = (-shift[0], -shift[1])
        known = np.roll(level.known, back, (0, 1))
        rows, cols = (np.roll(numbers, back, (0, 1)) for numbers in np.indices(level.shape, dtype=np.int32))
        source = level.source.reshape(level.source.shape[0], -1, level.channels)
        wish = None
        if guide is not None:
            seen = np.asarray(ndimage.maximum_filter(level.valid, PATCH))
            low = low_pass(source[R:-R, R:-R], (False, False), seen)
            wish = Wish(np.roll(guide.picture, back, (0, 1)), np.roll(guide.confidence, back, (0, 1)), low)
        return cls(level, shift, source, known, known.copy(), rows, cols, wish)

    def picture(self, window: Window = np.s_[:, :]) -> Floats:
        """Return the pixels of a window ``(h, w, C)``; those that are not filled hold nothing."""
        return self.source[self.rows[window] + R, self.cols[window] + R]

    def costs(self, window: Window) -> Floats:
        """Return what each pixel of a window costs, float32 ``(h, w)``: its share of seams within, and its guide."""
        known, filled = self.known[window], self.filled[window]
        state = np.where(known, cuts.KNOWN, np.where(filled, cuts.KEPT, cuts.OUTSIDE)).astype(np.int8)
        rows, cols = np.ascontiguousarray(self.rows[window]), np.ascontiguousarray(self.cols[window])
        seams = cuts.measure_seams(self.source, state, rows, cols)
        return seams if self.wish is None else seams + np.float32(CUT_WEIGHT) * self.wish.loss(window, rows, cols)

    def join(self, window: Window, places: Sequence[Place], *, forced: bool) -> bool:
        """Lay the piece that comes cheapest over a window, by a minimum cut; return whether anything changed.

        The outermost pixels of the window stay.

        Args:
            window: where pieces may change the canvas.
            places: where its first pixel may come from.
            forced: fill what is not filled, at any price; otherwise nothing is filled, and costs only fall.
        """
        known, filled = np.ascontiguousarray(self.known[window]), np.ascontiguousarray(self.filled[window])
        rows, cols = np.ascontiguousarray(self.rows[window]), np.ascontiguousarray(self.cols[window])
        may = _inner(window, self.known.shape)
        loss = np.zeros(known.shape, np.float32) if self.wish is None else self.wish.loss(window, rows, cols) * filled
        changed = False
        least = cuts.HUGE if forced else 0
        for place in places:
            state, new_rows, new_cols = cuts.place_piece(
                self.level.valid, known, filled, may, forced, (place.row, place.col), place.copy
            )
            unary = np.zeros(known.shape, np.float32)
            if self.wish is not None:
                unary = (CUT_WEIGHT * (self.wish.loss(window, new_rows, new_cols) - loss)).astype(np.float32)
            excess, capacity = cuts.weigh_cut(self.source, state, rows, cols, new_rows, new_cols, unary)
            base = int(np.minimum(excess, 0).sum()) + cuts.HUGE * int((state == cuts.FORCED).sum())
            cost, taken = cuts.cut_grid(excess, capacity, known.shape[1], least - base)
            if cost + base < least:
                least = cost + base
                take, changed = taken.reshape(known.shape) & (state >= cuts.FREE), True
                self.rows[window] = np.where(take, new_rows, rows)
                self.cols[window] = np.where(take, new_cols, cols)
                self.filled[window] = filled | take
        return changed

    def field(self) -> tuple[Ints, Ints]:
        """Return a valid source for each target, int32 ``(H, W)`` each, as the picture lies."""
        level = self.level
        laid = self.filled & ~self.known
        wanted = np.roll(level.is_target, (-self.shift[0], -self.shift[1]), (0, 1))
        if laid.any():
            rows, cols = spread_sources(self.rows, self.cols, laid, wanted, level.valid)
        else:
            rows, cols = move_to_valid(self.rows, self.cols, level.valid)
        rows, cols = (np.where(wanted, numbers, 0).astype(np.int32) for numbers in (rows, cols))
        return np.roll(rows, self.shift, (0, 1)), np.roll(cols, self.shift, (0, 1))


def _inner(window: Window, shape: tuple[int, ...]) -> Bools:
    """Return the pixels of a window whose seams all lie in it."""
    inside = [np.ones(part.stop - part.start, np.bool_) for part in window]
    for line, part, length in zip(inside, window, shape, strict=True):
        line[0] &= part.start == 0
        line[-1] &= part.stop == length
    return np.outer(*inside)
