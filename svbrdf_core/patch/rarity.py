"""Rarity of a level's source patches, and weights by which a fill takes rare ones as often as its surroundings do.

A mean squared distance is smallest for patches that are common and flat: they resemble every average, and a search that
minimises it ends in a smear. Two things undo that. A source costs less the farther it is from all other sources (a
static weight), and a feedback between rounds raises the cost of the ranks of rarity that the fill uses more than its
surroundings do (a match of histograms, as Kopf et al., "Solid texture synthesis from 2D exemplars", SIGGRAPH 2007, do
for colours).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch.level import Level, gather_patches
from svbrdf_core.patch.types import Bools, Floats, Ints

Indices = NDArray[np.intp]

SAMPLE = 700
"""Random sources that each source is compared with."""
MEASURED = 8_000
"""Sources that are compared, about; those between take the figure of the nearest one, which overlaps them."""
APART = 8
"""Pixels between two sources, so that one is not found to be like its own shifted copy."""
LOWEST, HIGHEST = 0.6, 4.0
"""Bounds of the static weights: below, rarities (nails, dots, scratches) are sown everywhere."""
RANKS = 8
"""Classes of rarity, equally large, whose shares are matched."""
LEAST, MOST = 0.25, 4.0
"""Bounds of what the feedback multiplies the weights by."""
TASTE, TASTE_SIZE = 0.1, 4.0
"""Relative deviation of the weights by chance, and the pixels over which it is alike: each seed has its favourites."""
FEWEST = 64
"""Surroundings with fewer sources than this say nothing; then all sources are the surroundings."""


@dataclass(frozen=True)
class Rarity:
    """How rare each source of a level is.

    Attributes:
        weight: float32 of the shape of ``level.valid``: the static weights; 1 where there is no source.
        rank: int32 of the same shape, 0 for the commonest to `RANKS` - 1; `RANKS` where there is no source.
        around: bool ``(H, W)``, the sources around the hole.
        expected: float64 ``(RANKS,)``, the share of each rank among these.
    """

    weight: Floats
    rank: Ints
    around: Bools
    expected: np.ndarray[tuple[int], np.dtype[np.float64]]

    @classmethod
    def measure(cls, level: Level, exponent: float, generator: np.random.Generator) -> Rarity:
        """Measure a level.

        Args:
            level: its sources.
            exponent: of the static weights, ``((m + a) / (n + a)) ** exponent`` with n a source's squared distance to
                the most similar other one, m the median of all n, a = m / 2. 0 makes them 1.
            generator: draws the sources that all are compared with.
        """
        distance = _nearest_distances(level, generator)
        median = float(np.median(distance))
        # Rounded: the last digits of BLAS sums depend on the number of threads, and the fill must not.
        weight = np.ones_like(distance) if median <= 0 else (1.5 * median / (distance + 0.5 * median)) ** exponent
        weight = np.clip(weight.round(3), LOWEST, HIGHEST) * _draw_taste(level, generator)
        ranks = np.searchsorted(np.quantile(distance, np.arange(1, RANKS) / RANKS), distance)
        rank = np.full(level.valid.shape, RANKS, np.int32)
        rank[level.source_ys, level.source_xs] = ranks
        weights = np.ones(level.valid.shape, np.float32)
        weights[level.source_ys, level.source_xs] = weight
        around = find_surroundings(level)
        return cls(weights, rank, around, _shares(rank[: around.shape[0], : around.shape[1]][around]))

    def correct(self, factors: Floats, used: Ints, gain: float) -> Floats:
        """Return factors on the weights of the ranks ``(RANKS,)`` after another round.

        Args:
            factors: those of the round before.
            used: ranks of the sources that the fill used in it.
            gain: power of the ratio of a rank's share in the fill to its share around the hole.
        """
        changed = np.log(factors) + gain * np.log(_shares(used) / self.expected)
        changed -= float(changed @ self.expected)  # only what they are to each other counts
        return np.clip(np.exp(changed), LEAST, MOST).astype(np.float32)


def _draw_taste(level: Level, generator: np.random.Generator) -> Floats:
    """Return a smooth random factor for each source ``(N,)``."""
    noise = ndimage.gaussian_filter(generator.standard_normal(level.valid.shape, np.float32), TASTE_SIZE)
    noise = noise[level.source_ys, level.source_xs]
    noise -= noise.mean()
    return np.asarray(np.exp(TASTE * noise / max(float(noise.std()), 1e-6)), np.float32)


def find_surroundings(level: Level) -> Bools:
    """Return the untouched sources ``(H, W)`` around the hole, about as far from it as it is thick."""
    height, width = level.shape
    valid = level.valid[:height, :width]
    thickness = 2 * float(ndimage.distance_transform_edt(~level.known).max())
    near = valid & (ndimage.distance_transform_edt(level.known) <= max(APART, thickness))
    return near if np.count_nonzero(near) >= FEWEST or not valid.any() else valid


def _shares(ranks: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    counts = np.bincount(ranks, minlength=RANKS)[:RANKS] + 0.5  # none is impossible
    return np.asarray(counts / counts.sum(), np.float64)


def _nearest_distances(level: Level, generator: np.random.Generator) -> Floats:
    """Return the squared distance ``(N,)`` of each source to the most similar of a random sample of others."""
    ys, xs = level.source_ys, level.source_xs
    picked = generator.choice(len(ys), min(len(ys), SAMPLE), replace=False)
    others = gather_patches(level.source, level.channels, ys[picked], xs[picked])
    measured = _thin(ys, xs)
    mine = gather_patches(level.source, level.channels, ys[measured], xs[measured])
    distance = mine @ (-2 * others.T)
    distance += np.einsum("ij,ij->i", others, others)
    distance[_pairs_beside(level, measured, picked)] = np.inf
    found = np.maximum(distance.min(1) + np.einsum("ij,ij->i", mine, mine), 0)
    found[np.isinf(found)] = 0 if np.isinf(found).all() else np.median(found[np.isfinite(found)])
    return _spread(level, measured, found)


def _pairs_beside(level: Level, measured: Indices, picked: Indices) -> tuple[Indices, Indices]:
    """Return which of the measured sources lie less than `APART` pixels beside which of the picked ones."""
    edge = APART - 1
    number = np.full((level.valid.shape[0] + 2 * edge, level.valid.shape[1] + 2 * edge), -1, np.intp)
    number[level.source_ys[measured] + edge, level.source_xs[measured] + edge] = np.arange(len(measured))
    around = sliding_window_view(number, (2 * edge + 1, 2 * edge + 1))
    near = around[level.source_ys[picked], level.source_xs[picked]].reshape(len(picked), -1)
    which, at = np.nonzero(near >= 0)
    return near[which, at], which


def _thin(ys: Ints, xs: Ints) -> Indices:
    step = max(1, round((len(ys) / MEASURED) ** 0.5))
    kept = np.flatnonzero((ys % step == 0) & (xs % step == 0))
    return kept if len(kept) else np.arange(len(ys))


def _spread(level: Level, measured: Indices, found: Floats) -> Floats:
    """Return the figure of the nearest measured source for each source."""
    ys, xs = level.source_ys, level.source_xs
    if len(measured) == len(ys):
        return found
    picture = np.zeros(level.valid.shape, np.float32)
    missing = np.ones(level.valid.shape, np.bool_)
    picture[ys[measured], xs[measured]] = found
    missing[ys[measured], xs[measured]] = False
    at = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
    return np.asarray(picture[at[0][ys, xs], at[1][ys, xs]])
