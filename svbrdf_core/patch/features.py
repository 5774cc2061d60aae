"""The image that patches are compared on: standardised maps, texture features, and their principal channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch.types import Bools, Floats
from svbrdf_core.tensors.standardize import Standardizer
from svbrdf_core.tensors.threads import map_in_threads

SHARE = 0.99
"""The part of the features' variance that their principal channels keep; the maps of a material are correlated, so that
half of the channels or fewer carry it and every comparison costs that much less."""
SAMPLE = 50_000
"""Known pixels that the principal channels are computed from, about."""
CELLS = 4
"""Texture features are means of so many cells a side; between the middles of cells they are interpolated."""
ROWS = 128
"""Rows that are written at a time."""


@dataclass(frozen=True)
class Features:
    """What is known of a tensor's pixels: K standardised channels, and for each of their G maps two texture features.

    Nothing is kept of the channels, and of the features what a smooth picture needs: at full size they would be the
    most that a fill keeps.

    Attributes:
        tensor: float32 ``(C, H, W)``.
        standardizer: the scale of each map.
        known: bool ``(H, W)``; elsewhere the channels are 0, their mean.
        cell: pixels a side of the features' cells.
        texture: float32 ``(2 G, h, w)``, for each map the mean length of its steps to the right and down in a window of
            cells, times a weight (Newson et al. 2017, section 3.4). No map without a weight.
    """

    tensor: Floats
    standardizer: Standardizer
    known: Bools
    cell: int
    texture: Floats

    @classmethod
    def measure(cls, tensor: Floats, standardizer: Standardizer, known: Bools, window: int, weight: float) -> Features:
        """Measure the texture.

        Args:
            tensor: float32 ``(C, H, W)``; unknown pixels may hold anything.
            standardizer: the scale of each map.
            known: bool ``(H, W)``.
            window: the pixels a side over which steps are averaged.
            weight: of the texture features against the channels; 0 leaves them out.
        """
        cell = max(1, window // CELLS)
        shape = tuple(-(-size // cell) for size in known.shape)
        groups = standardizer.groups if weight else ()
        texture = np.empty((2 * len(groups), *shape), np.float32)
        steps = [_Steps.within(known, axis, cell, window // cell) for axis in (1, 0)] if groups else []

        def measure_map(number: int) -> None:
            values = standardizer.standardize(tensor, groups[number])
            for at, step in enumerate(steps, 2 * number):
                np.multiply(step.average(values), weight, out=texture[at])

        map_in_threads(measure_map, range(len(groups)))
        return cls(tensor, standardizer, known, cell, texture)

    @property
    def count(self) -> int:
        """K + 2 G; 1, which is 0 everywhere, where nothing varies."""
        return max(1, len(self.standardizer.channels) + len(self.texture))

    def find_principal(self) -> Floats:
        """Return the orthonormal combinations ``(K + 2 G, M)`` that hold `SHARE` of the variance of what is known.

        Distances between patches of combined features are those of the features, but for what was left out.
        """
        at = np.flatnonzero(self.known)
        values = self._sample(at[:: max(1, len(at) // SAMPLE)]).astype(np.float64)
        variance, directions = np.linalg.eigh(np.cov(values, ddof=0).reshape(self.count, -1))
        kept = np.cumsum(variance[::-1]) < SHARE * variance.sum()
        count = min(int(kept.sum()) + 1, self.count)
        return np.ascontiguousarray(directions[:, ::-1][:, :count], np.float32)

    def combine(self, combinations: Floats, out: Floats | None = None) -> Floats:
        """Return the picture float32 ``(H, W, M)`` of combinations ``(K + 2 G, M)`` of the features; into ``out``."""
        height, width = self.known.shape
        channels = len(self.standardizer.channels)
        out = np.empty((height, width, combinations.shape[1]), np.float32) if out is None else out
        if not channels:
            out[:] = 0
            return out
        texture = np.tensordot(self.texture, combinations[channels:], (0, 0))
        below, of_rows = _find_cells(height, self.cell, self.texture.shape[1])
        right, of_cols = _find_cells(width, self.cell, self.texture.shape[2])

        def write(part: slice) -> None:
            values = self.standardizer.standardize(self.tensor[:, part])
            np.copyto(values, 0, where=~self.known[part])
            out[part] = np.tensordot(values, combinations[:channels], (0, 0))
            if len(self.texture):
                first, second = texture[below[part]], texture[np.minimum(below[part] + 1, len(texture) - 1)]
                rows = _mix(first, second, of_rows[part, None, None])
                beside = np.minimum(right + 1, texture.shape[1] - 1)
                out[part] += _mix(rows[:, right], rows[:, beside], of_cols[:, None])

        map_in_threads(write, [slice(at, at + ROWS) for at in range(0, height, ROWS)])
        return out

    def _sample(self, at: NDArray[np.intp]) -> Floats:
        """Return the features ``(K + 2 G, n)`` of known pixels, given as positions in the flat picture."""
        if not len(self.standardizer.channels):
            return np.zeros((1, len(at)), np.float32)
        values = self.standardizer.standardize(self.tensor.reshape(len(self.tensor), 1, -1)[:, :, at])[:, 0]
        ys, xs = np.divmod(at, self.known.shape[1])
        nearest = self.texture[:, ys // self.cell, xs // self.cell]
        return np.concatenate([values, nearest])


def _find_cells(size: int, cell: int, count: int) -> tuple[NDArray[np.intp], Floats]:
    """Return for each row (or column) the cell whose middle is before it, and how far it is on the way to the next."""
    place = np.clip((np.arange(size) + 0.5) / cell - 0.5, 0, count - 1)
    before = place.astype(np.intp)
    return before, (place - before).astype(np.float32)


def _mix(first: Floats, second: Floats, share: Floats) -> Floats:
    return np.asarray(first + (second - first) * share, np.float32)


@dataclass(frozen=True)
class _Steps:
    """The steps between known pixels in one direction.

    Attributes:
        axis: 0 down, 1 to the right.
        known: bool ``(H, W)``, whether a pixel and its neighbour are.
        inverse: float32 ``(h, w)``, 1 over how many steps there are around each cell, 0 where there are none.
        cell: pixels a side of the cells.
        window: over how many cells a side they are averaged.
    """

    axis: int
    known: Bools
    inverse: Floats
    cell: int
    window: int

    @classmethod
    def within(cls, known: Bools, axis: int, cell: int, window: int) -> _Steps:
        both = np.zeros_like(known)
        here, there = _beside(axis)
        both[here] = known[here] & known[there]
        count = _add_cells(both.astype(np.float32), cell, window)
        return cls(axis, both, np.where(count > 0.5, 1 / np.maximum(count, 0.5), 0).astype(np.float32), cell, window)

    def average(self, values: Floats) -> Floats:
        """Return the mean length of the steps of values ``(K, H, W)`` around each cell, 0 where there are none."""
        length = np.zeros(self.known.shape, np.float32)
        here, there = _beside(self.axis)
        for channel in values:
            step = channel[there] - channel[here]
            step *= step
            length[here] += step
        np.sqrt(length, out=length)
        np.copyto(length, 0, where=~self.known)
        return _add_cells(length, self.cell, self.window) * self.inverse


def _beside(axis: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the pixels that have a neighbour in a direction, and these neighbours."""
    every, first, second = slice(None), slice(None, -1), slice(1, None)
    return ((every, first), (every, second)) if axis else ((first, every), (second, every))


def _add_cells(picture: Floats, cell: int, window: int) -> Floats:
    """Return the sums ``(h, w)`` of a picture over windows of cells, the last of which may be smaller."""
    for axis in (1, 0):
        picture = np.add.reduceat(picture, np.arange(0, picture.shape[axis], cell), axis)
    return np.asarray(ndimage.uniform_filter(picture, window, mode="constant") * window**2, np.float32)
