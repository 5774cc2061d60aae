"""How copied pieces meet: by how much one should rise to meet the other, and how much that says.

A join is an edge between neighbouring pixels copied by different shifts. Both pieces go on in their sources across it,
so they can be compared over the same few pixels on both sides. What differs alike all along the join is light, or the
colour of a stone cut in two; what differs here and there is content that does not meet, and no reason to move anything.
All values are in standard deviations of their map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.jit import kernel

REACH = 4.0
"""Pixels along a join over which what both sides say is averaged, with weights exp(-distance / REACH)."""
GRAIN = 8.0
"""A step this many times above the sources' own is removed exactly; below, the average along the join is."""
AGREEMENT = 0.03
"""Deviation along a join, in a channel, that is storage noise even where the sources are flat."""
BIG = 1.0
"""A rise above this, in a map, is likelier structure that does not meet than light; it counts less."""
TINY = np.float32(1e-12)


@dataclass(frozen=True)
class Join:
    """Edges in one direction across which two pieces meet.

    Attributes:
        ours, theirs: float32 ``(T, E, C)``, the two pieces going on over the same T pixels across each edge.
        valid: bool ``(T, E)``, where both have a value; in each edge somewhere.
        grain: float32 ``(E, C)``, the larger of the squared steps of either piece there.
        excess: float32 ``(E, C)``, how much our piece lies above the other right at the edge.
        pieces: intp ``(E,)``, which two pieces meet.
        along: int32 ``(E,)``, where the edge lies along the join.
    """

    ours: Floats
    theirs: Floats
    valid: Bools
    grain: Floats
    excess: Floats
    pieces: NDArray[np.intp]
    along: Ints


def measure_joins(join: Join, groups: Sequence[slice]) -> tuple[Floats, Floats]:
    """Return how far the other piece should rise ``(E, C)``, and how much that counts, 0 to 1 ``(E,)``.

    Args:
        join: the edges of one direction.
        groups: the channels of each map.
    """
    channels = join.excess.shape[1]
    kept = join.valid[..., None].astype(np.float32)
    kept /= kept.sum(0)
    gap = join.ours - join.theirs
    moments = [(kept * part).sum(0) for part in (gap, join.ours, join.theirs)]
    moments += [_sum_maps((kept * part**2).sum(0), groups) for part in (gap, join.ours, join.theirs)]
    means, count = _average_along(np.concatenate(moments, 1), join.pieces, join.along)
    first, second = means[:, : 3 * channels], means[:, 3 * channels :]
    squares = [_sum_maps(part**2, groups) for part in np.split(first, 3, 1)]
    spread, ours, theirs = (np.maximum(a - b, 0) for a, b in zip(np.split(second, 3, 1), squares, strict=True))
    sizes = np.array([group.stop - group.start for group in groups], np.float32)
    disagreement = spread / (2 * np.minimum(ours, theirs) + AGREEMENT**2 * sizes)
    trusted = squares[0] / (squares[0] + spread / count[:, None] + TINY)
    sharp = _sum_maps(join.excess**2, groups)
    exact = 1 / (1 + (GRAIN * _sum_maps(join.grain, groups) / (sharp + TINY)) ** 2)
    of = np.repeat(np.arange(len(groups)), sizes.astype(np.intp))
    rise = exact[:, of] * join.excess + ((1 - exact) * trusted)[:, of] * first[:, :channels]
    likely = 1 / (1 + _sum_maps(rise**2, groups) / BIG**2)
    return rise, (likely / (1 + disagreement**2)).min(1)


def _sum_maps(values: Floats, groups: Sequence[slice]) -> Floats:
    return np.stack([values[:, group].sum(1) for group in groups], 1)


def _average_along(values: Floats, pieces: NDArray[np.intp], along: Ints) -> tuple[Floats, Floats]:
    """Return the means ``(E, M)`` along each join, and of how many edges each is, by their weights."""
    order = np.lexsort((along, pieces))
    place, join = along[order].astype(np.float32), pieces[order]
    sums = _sum_along(np.concatenate([values, np.ones_like(values[:, :1])], 1)[order], place, join, REACH)
    squared = _sum_along(np.ones((len(values), 1), np.float32), place, join, REACH / 2)[:, 0]
    means, count = np.empty_like(values), np.empty(len(values), np.float32)
    means[order] = sums[:, :-1] / sums[:, -1:]
    count[order] = sums[:, -1] ** 2 / squared
    return means, count


@kernel()
def _sum_along(values: Floats, place: Floats, join: NDArray[np.intp], reach: float) -> Floats:
    """Return sums over the same join with weights exp(-distance / reach), by one pass forwards and one back."""
    count, width = values.shape
    out = values.copy()
    carried = np.zeros(width, np.float32)
    for way in (1, -1):
        carried[:] = 0
        start = 0 if way == 1 else count - 1
        for step in range(1, count):
            i = start + way * step
            fade = np.float32(0)
            if join[i] == join[i - way]:
                fade = np.float32(np.exp(-abs(place[i] - place[i - way]) / reach))
            for k in range(width):
                carried[k] = (carried[k] + values[i - way, k]) * fade
                out[i, k] += carried[k]
    return out
