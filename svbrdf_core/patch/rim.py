"""The last pixels of a fill before its rim, eased so that they step to the known ones as those step among themselves.

A piece seldom meets the rim to the last digit. In smooth materials the rest is a line one pixel wide that the eye finds
at once, and no levelling of light removes it, for it differs from pixel to pixel. What it exceeds the material's own
steps by is taken off the first pixel, and less and less of it off the next ones. Where a piece goes on as the known
pixels do, or the material's own grain is as strong as the steps, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.threads import map_in_threads
from svbrdf_core.tensors.torus import find_span

REACH = 3
"""Pixels of the hole that are eased."""
AROUND = 6.0
"""Standard deviation, in pixels along the rim, of the window over which steps are compared."""
WAYS = ((0, 1), (0, -1), (1, 0), (-1, 0))
TELLING = 4.0
"""A step of which the piece's own would remove all but less than 1 / TELLING of the energy is the material's."""
TINY = np.float32(1e-12)

GoesOn = Callable[[NDArray[np.intp], int, int], Floats]
"""Given numbers of pixels and a direction (dy, dx), returns what their pieces hold one pixel further, ``(C, n)``."""


def ease_rim(
    tensor: Floats,
    channels: NDArray[np.intp],
    values: Floats,
    ys: Ints,
    xs: Ints,
    known: Bools,
    wrap: tuple[bool, bool],
    groups: Sequence[slice],
    goes_on: GoesOn,
) -> Floats:
    """Return the hole's pixels ``(K, N)``, those next to its rim eased; the cost follows the hole.

    Args:
        tensor: float32 ``(C, H, W)``, of which what is known is read.
        channels: intp ``(K,)``, which of them.
        values: float32 ``(K, N)``, the hole's pixels.
        ys: ``(N,)``, rows of the hole's pixels.
        xs: their columns.
        known: bool ``(H, W)``, everything else.
        wrap: whether rows and columns go on across the border.
        groups: the channels of each map that may change; those of a map are compared together.
        goes_on: how the pieces would go on where they end.
    """
    rows, cols = (_list_lines(at, size, wraps) for at, size, wraps in zip((ys, xs), known.shape, wrap, strict=True))
    hole = ~known[np.ix_(rows, cols)]
    depth = ndimage.distance_transform_cdt(np.pad(hole, 1, constant_values=True), "chessboard")[1:-1, 1:-1]
    at = (ys - rows[0]) % known.shape[0], (xs - cols[0]) % known.shape[1]
    further = [_continue(hole, way, at, goes_on, len(values)) for way in WAYS]
    picture = tensor[np.ix_(channels, rows, cols)]
    picture[:, *at] = values
    eased = values.copy()

    def ease(group: slice) -> None:
        excess, rim = _measure_excess(picture[group], hole, [beyond[group] for beyond in further])
        rise = sum(_spread(excess, rim, depth, ring) for ring in range(1, REACH + 1))
        eased[group] += np.asarray(rise, np.float32)[:, *at]

    map_in_threads(ease, groups)
    return eased


def _list_lines(at: Ints, size: int, wraps: bool) -> NDArray[np.intp]:
    """Return the rows (or columns) that hold pixels, and two more on either side where there are any."""
    touched = np.zeros(size, np.bool_)
    touched[at] = True
    start, length = find_span(touched, wrap=wraps)
    lines = np.arange(start - 2, start + length + 2)
    return lines % size if wraps else lines[(lines >= 0) & (lines < size)]


def _continue(hole: Bools, way: tuple[int, int], at: tuple[Ints, Ints], goes_on: GoesOn, channels: int) -> Floats:
    """Return how the pieces go on in one direction ``(C, H, W)``, where they end there."""
    which = np.flatnonzero(_shift(~hole, way, 1)[at])
    out = np.zeros((channels, *hole.shape), np.float32)
    out[:, at[0][which], at[1][which]] = goes_on(which, *way)
    return out


def _measure_excess(values: Floats, hole: Bools, further: Sequence[Floats]) -> tuple[Floats, Bools]:
    """Return by how much pixels on the rim should rise ``(K, H, W)``, 0 elsewhere, and which these are."""
    jumps = np.zeros_like(values)
    found, misfit, usual, count = (np.zeros(hole.shape, np.float32) for _ in range(4))
    for way, continued in zip(WAYS, further, strict=True):
        beside, beyond = _shift(values, way, 1), _shift(values, way, 2)
        at = hole & _shift(~hole, way, 1) & _shift(~hole, way, 2)
        jump = np.where(at, beside - values, 0)
        jumps += jump
        found += np.square(jump).sum(0)
        misfit += np.where(at, np.square(beside - continued).sum(0), 0)
        usual += np.where(at, np.square(beyond - beside).sum(0), 0)
        count += at
    found, misfit, usual = (ndimage.gaussian_filter(energy, AROUND) for energy in (found, misfit, usual))
    found, usual = np.maximum(found, TINY), np.maximum(usual, TINY)
    # What is left has the energy of the material's own steps; what a piece itself goes on with is no excess: neither
    # where the difference is as small as those, nor at a groove along the rim, beside which it is small.
    share = (1 - 1 / np.sqrt(np.maximum(found / usual, 1))) * np.minimum(misfit / usual, 1)
    share *= np.minimum(TELLING * misfit / found, 1)
    return share * jumps / np.maximum(count, 1), count > 0


def _shift(values: np.ndarray, way: tuple[int, int], by: int) -> np.ndarray:
    """Return the neighbours in one direction; beyond the border there is nothing, or False."""
    out = np.zeros_like(values)
    dy, dx = way[0] * by, way[1] * by
    height, width = values.shape[-2:]
    here = np.s_[..., max(-dy, 0) : height - max(dy, 0), max(-dx, 0) : width - max(dx, 0)]
    there = np.s_[..., max(dy, 0) : height - max(-dy, 0), max(dx, 0) : width - max(-dx, 0)]
    out[here] = values[there]
    return out


def _spread(excess: Floats, rim: Bools, depth: np.ndarray, ring: int) -> Floats:
    """Return the excess carried to the pixels that lie so deep in the hole, the less the deeper."""
    if ring == 1:
        return np.where(depth == 1, excess, 0)
    width = 0.6 * ring - 0.3
    weight = ndimage.gaussian_filter(rim.astype(np.float32), width)
    mean = ndimage.gaussian_filter(excess, (0, width, width)) / np.maximum(weight, 1e-6)
    return np.where(depth == ring, mean * np.float32(1 - (ring - 1) / REACH), 0)
