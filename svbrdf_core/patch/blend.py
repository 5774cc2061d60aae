"""A smooth correction of copied pixels that levels the steps between copied pieces and at the rim.

Where two neighbours come from different places, their sources say how large the step between them should be (the mean
of both sources' own steps, as in Perez et al. 2003, "Poisson image editing"); where a material's light or colour
drifts, the step found is larger. The correction is the screened least-squares answer to these differences, smoothed,
so that it moves light and colour but leaves grain alone: on the fixed cases the error falls, the gradient energy stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.sparse import Doubles, Edges, Neighbours, list_neighbours, solve_poisson

SCREEN = 1e-3
"""Weight of "no correction" against one edge: a step is levelled out over about 1 / sqrt(SCREEN) = 30 pixels."""
TRUST = 0.3
"""Differences above this many standard deviations are structure that does not meet, not drift; they count less."""
SMOOTH = 2.0
"""Standard deviation of the smoothing, in pixels."""
Steps = Callable[[NDArray[np.intp], int, int], Floats]


def level_steps(tensor: Floats, ys: Ints, xs: Ints, wrap: tuple[bool, bool], steps: Steps, scale: Floats) -> Floats:
    """Return the correction ``(C, N)`` for the hole's pixels ``(ys, xs)``.

    Args:
        tensor: float32 ``(C, H, W)``, already filled by copies.
        ys: rows of the hole's pixels.
        xs: their columns.
        wrap: whether rows and columns wrap.
        steps: given pixel numbers and a direction (dy, dx), the steps ``(C, n)`` that their own sources show there.
        scale: ``(C,)``, the standard deviation of each channel's map.
    """
    hole = np.zeros(tensor.shape[1:], np.bool_)
    hole[ys, xs] = True
    edges = [_weigh_edges(tensor, ys, xs, near, steps, scale) for near in list_neighbours(hole, wrap)]
    correction = solve_poisson(edges, len(ys), screen=SCREEN, rtol=1e-4, maxiter=500)
    return _smooth_correction(correction, ys, xs, hole, wrap)


def _weigh_edges(tensor: Floats, ys: Ints, xs: Ints, near: Neighbours, steps: Steps, scale: Floats) -> Edges:
    """Return by how much the wanted steps to neighbours in one direction exceed those found, robustly weighted."""
    wanted = steps(near.first, near.dy, near.dx).astype(np.float64)
    both = near.second >= 0
    wanted[:, both] = (wanted[:, both] - steps(near.second[both], -near.dy, -near.dx)) / 2
    excess = wanted - (tensor[:, near.ys, near.xs] - tensor[:, ys[near.first], xs[near.first]])
    weight = 1 / (1 + ((excess / scale[:, None]) ** 2).sum(0) / TRUST**2)
    return Edges(near.first, near.second, excess, weight)


def _smooth_correction(correction: Doubles, ys: Ints, xs: Ints, hole: Bools, wrap: tuple[bool, bool]) -> Floats:
    top, left = int(ys.min()), int(xs.min())
    box = (slice(top, int(ys.max()) + 1), slice(left, int(xs.max()) + 1))
    sides = zip(wrap, box, hole.shape, strict=True)
    modes: list[Literal["wrap", "nearest"]] = [
        "wrap" if wraps and side.stop - side.start == full else "nearest" for wraps, side, full in sides
    ]
    inside = hole[box].astype(np.float32)
    share = ndimage.gaussian_filter(inside, SMOOTH, mode=modes)
    out = np.empty(correction.shape, np.float32)
    for channel, values in enumerate(correction):
        picture = np.zeros(inside.shape, np.float32)
        picture[ys - top, xs - left] = values
        out[channel] = (ndimage.gaussian_filter(picture, SMOOTH, mode=modes) / np.maximum(share, 1e-6))[
            ys - top, xs - left
        ]
    return out
