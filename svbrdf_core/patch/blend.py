"""Copied pixels come in; a smooth correction that closes the steps between copied pieces, and at the rim, goes out.

Where two neighbours come from different places, their sources say how large the step between them should be (the mean
of both sources' own steps, as in Perez et al. 2003, "Poisson image editing"); where a material's light or colour
drifts, the step found is larger. The correction is the screened least-squares answer to these differences, smoothed,
so that it moves light and colour but leaves grain alone: on the fixed cases the error falls, the gradient energy stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import linalg

from svbrdf_core.patch.types import Bools, Floats, Ints

SCREEN = 1e-3
"""Weight of "no correction" against one edge: a step is levelled out over about 1 / sqrt(SCREEN) = 30 pixels."""
TRUST = 0.3
"""Differences above this many standard deviations are structure that does not meet, not drift; they count less."""
SMOOTH = 2.0
"""Standard deviation of the smoothing, in pixels."""
DIRECT = 100_000
"""Holes with more pixels are solved by conjugate gradients, the others by a factorisation."""

Doubles = NDArray[np.float64]
Steps = Callable[[NDArray[np.intp], int, int], Floats]


@dataclass(frozen=True)
class Edges:
    """Pairs of 4-neighbours, the first of which is in the hole.

    Attributes:
        first: intp ``(E,)``, which hole pixel.
        second: intp ``(E,)``, its neighbour's number, -1 for known pixels.
        excess: float64 ``(C, E)``, wanted minus found step from first to second.
    """

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    excess: Doubles


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
    number = np.full(tensor.shape[1:], -1, np.intp)
    number[ys, xs] = np.arange(len(ys))
    edges = [_edges(tensor, ys, xs, number, wrap, steps, dy, dx) for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0))]
    correction = _solve(edges, len(ys), scale)
    return _smoothed(correction, ys, xs, number >= 0, wrap)


def _edges(
    tensor: Floats,
    ys: Ints,
    xs: Ints,
    number: NDArray[np.intp],
    wrap: tuple[bool, bool],
    steps: Steps,
    dy: int,
    dx: int,
) -> Edges:
    height, width = number.shape
    to_y, to_x = ys + dy, xs + dx
    inside = ((to_y >= 0) & (to_y < height) | wrap[0]) & ((to_x >= 0) & (to_x < width) | wrap[1])
    first = np.nonzero(inside)[0]
    to_y, to_x = to_y[first] % height, to_x[first] % width
    second = number[to_y, to_x]
    wanted = steps(first, dy, dx).astype(np.float64)
    both = second >= 0
    wanted[:, both] = (wanted[:, both] - steps(second[both], -dy, -dx)) / 2
    return Edges(first, second, wanted - (tensor[:, to_y, to_x] - tensor[:, ys[first], xs[first]]))


def _solve(edges: list[Edges], count: int, scale: Floats) -> Doubles:
    diagonal = np.full(count, SCREEN)
    right = np.zeros((len(scale), count))
    rows, cols, values = [np.arange(count)], [np.arange(count)], []
    for edge in edges:
        weight = 1 / (1 + ((edge.excess / scale[:, None]) ** 2).sum(0) / TRUST**2)
        diagonal[edge.first] += weight  # no pixel stands twice in one direction
        right[:, edge.first] -= weight * edge.excess
        both = edge.second >= 0
        rows.append(edge.first[both])
        cols.append(edge.second[both])
        values.append(-weight[both])
    entries = np.concatenate([diagonal, *values]), (np.concatenate(rows), np.concatenate(cols))
    matrix = sparse.csc_array(entries, shape=(count, count))
    if count <= DIRECT:
        factors = linalg.splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        return np.asarray(factors.solve(np.ascontiguousarray(right.T)).T)
    return np.stack([linalg.cg(matrix, side, rtol=1e-4, maxiter=500)[0] for side in right])


def _smoothed(correction: Doubles, ys: Ints, xs: Ints, hole: Bools, wrap: tuple[bool, bool]) -> Floats:
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
