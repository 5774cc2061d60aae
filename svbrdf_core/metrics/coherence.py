"""Coherence: how well the edges of the maps coincide in the fill, against the known region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.metrics.gradients import FAINT, edges
from svbrdf_core.metrics.scene import Bools, ScoredHole

NEARBY = 9
"""Side of the window whose mean is taken off: what coincides within a few pixels counts, not busy and calm areas."""
STRONG = 0.75
"""The quantile of the known region's edges at which an edge counts half."""
WEAK = 0.5
"""Share of the known region's strength of edges in the comparison: edges that are not there agree with none."""
RELATED = 0.1
"""Least correlation of two maps' edges in the known region that can be lost."""
FEWEST = 64
"""Pixels of the hole, its rim aside, below which a correlation is chance."""


@dataclass(frozen=True)
class _Edges:
    """Where a map has edges, in the known region and in the hole: values around 0, one for each pixel there."""

    known: NDArray[np.float32]
    hole: NDArray[np.float32]


def coherence(scene: ScoredHole) -> float | None:
    """Return how well the edges of different maps coincide in the hole; 1 is as well as in the known region.

    Each map's edges become numbers ``u = e^2 / (e^2 + q^2)`` from 0 (none) to 1 (strong), ``q`` being the upper
    quartile of the known region's, less their mean within a few pixels. For two maps a and b with correlation
    ``r = cov(a, b) / (s_a s_b)`` in the known region, the hole has
    ``f = (1 + w) cov'(a, b) / (s'_a s'_b + w s_a s_b)`` with ``w = 1/2``: the correlation there, but nearer to 0 the
    weaker the hole's edges are, so that blur, whose faint slopes all run alike, wins nothing. The result is
    ``sum(f r) / sum(r^2)`` over the pairs of maps that are related at all (``r > 0.1``).

    0 is what maps filled each on its own come to; values above 1 mean edges that coincide more than usual.

    Returns:
        The figure; None where no two maps are related in the known region (constant maps are related to none), or
        where fewer than 64 pixels of the hole have all their neighbours in it.
    """
    hole, known = _inner(scene.hole), _inner(scene.known)
    if hole.sum() < FEWEST or not known.any():
        return None
    found = [e for _, filled, _ in scene.maps() if (e := _edges(edges(filled), hole, known)) is not None]
    kept = weight = 0.0
    for number, a in enumerate(found):
        for b in found[number + 1 :]:
            usual = _correlate(a.known, b.known, 0.0)
            if usual > RELATED:
                strength = float(a.known.std()) * float(b.known.std())
                kept += usual * _correlate(a.hole, b.hole, strength)
                weight += usual**2
    return kept / weight if weight else None


def _edges(strength: NDArray[np.float32], hole: Bools, known: Bools) -> _Edges | None:
    half = max(float(np.quantile(strength[known], STRONG)), 2 * FAINT)
    square = strength**2
    soft = square / (square + np.float32(half**2))
    there = _subtract_mean(soft, known)[known]
    return _Edges(there, _subtract_mean(soft, hole)[hole]) if there.std() > 0.01 else None


def _subtract_mean(values: NDArray[np.float32], mask: Bools) -> NDArray[np.float32]:
    """Take off the mean of the pixels nearby that are in the mask."""
    inside = mask.astype(np.float32)
    share = ndimage.uniform_filter(inside, NEARBY)
    mean = ndimage.uniform_filter(values * inside, NEARBY) / np.maximum(share, np.float32(1e-6))
    return np.asarray(values - mean, np.float32)


def _correlate(a: NDArray[np.float32], b: NDArray[np.float32], strength: float) -> float:
    """Return the correlation of two samples, seen among edges of a given strength."""
    together = float(np.mean((a - a.mean()) * (b - b.mean()), dtype=np.float64))
    scale = float(a.std()) * float(b.std()) + WEAK * strength
    return together * (1 + WEAK if strength else 1) / scale if scale else 0.0


def _inner(mask: Bools) -> Bools:
    """Return the pixels of a mask whose gradient is made of its own pixels alone."""
    inner: Bools = ndimage.binary_erosion(mask, np.ones((3, 3), bool))
    return inner
