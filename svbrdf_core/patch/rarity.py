"""Rarity of a level's source patches, and weights by which a fill takes rare ones as often as its surroundings do.

A mean squared distance is smallest for patches that are common and flat: they resemble every average, and a search that
minimises it ends in a smear. Two things undo that. A source costs less the farther it is from all other sources (a
static weight), and a feedback between rounds raises the cost of the ranks of rarity that the fill uses more than its
surroundings do (a match of histograms, as Kopf et al., "Solid texture synthesis from 2D exemplars", SIGGRAPH 2007, do
for colours).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch.level import Level, gather_patches
from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.threads import map_in_threads

Indices = NDArray[np.intp]

SAMPLE = 700
"""Random sources that each source is compared with."""
MEASURED = 4_000
"""Sources that are compared, about; those between take the figure of the nearest one, which overlaps them."""
AT_A_TIME = 500
"""Of these, how many a thread compares at a time."""
APART = 8
"""Pixels between two sources, so that one is not found to be like its own shifted copy."""
LOWEST, HIGHEST = 0.6, 4.0
"""Bounds of the static weights: below, rarities (nails, dots, scratches) are sown everywhere."""
RANKS = 8
"""Classes of rarity, equally large, whose shares are matched."""
LEAST, MOST = 0.25, 4.0
"""Bounds of what the feedback multiplies the weights by."""
TASTE, TASTE_SIZE = 0.1, 4
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
        cells = _Cells.thin(level)
        distance = _nearest_distances(level, cells, generator)
        median = float(np.median(distance))
        # Rounded: the last digits of BLAS sums depend on the number of threads, and the fill must not.
        weight = np.ones_like(distance) if median <= 0 else (1.5 * median / (distance + 0.5 * median)) ** exponent
        weights = cells.spread(np.clip(weight.round(3), LOWEST, HIGHEST)) * _draw_taste(level, generator)
        rank = cells.spread(
            np.searchsorted(np.quantile(distance, np.arange(1, RANKS) / RANKS), distance).astype(np.int32)
        )
        weights[~level.valid], rank[~level.valid] = 1, RANKS
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
    """Return a smooth random factor for each place, of the shape of ``level.valid``."""
    height, width = level.valid.shape
    rows, cols = np.arange(height) // TASTE_SIZE, np.arange(width) // TASTE_SIZE
    noise = ndimage.gaussian_filter(generator.standard_normal((rows[-1] + 1, cols[-1] + 1), np.float32), 1)
    noise -= noise.mean()
    factor = np.exp(TASTE * noise / max(float(noise.std()), 1e-6))
    return np.asarray(factor[rows][:, cols], np.float32)


def find_surroundings(level: Level) -> Bools:
    """Return the untouched sources ``(H, W)`` around the hole, about as far from it as it is thick."""
    height, width = level.shape
    valid = level.valid[:height, :width]
    reach = max(APART, level.thickness)
    box = _box(level.known, reach)
    near = np.zeros_like(valid)
    near[box] = valid[box] & (ndimage.distance_transform_cdt(level.known[box], "chessboard") <= reach)
    return near if np.count_nonzero(near) >= FEWEST or not valid.any() else valid


def _box(known: Bools, margin: int) -> tuple[slice, slice]:
    """Return the part of a picture that holds what is not known, and a margin where there is one."""
    spans = [np.flatnonzero(~known.min(1 - axis)) for axis in (0, 1)]
    rows, cols = (
        slice(max(int(at[0]) - margin, 0), int(at[-1]) + 1 + margin) if len(at) else slice(0, 0) for at in spans
    )
    return rows, cols


def _shares(ranks: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    counts = np.bincount(ranks, minlength=RANKS)[:RANKS] + 0.5  # none is impossible
    return np.asarray(counts / counts.sum(), np.float64)


@dataclass(frozen=True)
class _Cells:
    """Sources on a grid, which stand for those around them: patches that overlap are about as rare.

    Attributes:
        shape: of ``level.valid``.
        step: pixels from one to the next.
        ys, xs: int32 ``(M,)``.
    """

    shape: tuple[int, ...]
    step: int
    ys: Ints
    xs: Ints

    @classmethod
    def thin(cls, level: Level) -> _Cells:
        """Choose about `MEASURED` sources."""
        ys, xs = level.source_ys, level.source_xs
        step = max(1, round((len(ys) / MEASURED) ** 0.5))
        kept = (ys % step == 0) & (xs % step == 0)
        return cls(level.valid.shape, step, ys[kept], xs[kept]) if kept.any() else cls(level.valid.shape, 1, ys, xs)

    def number(self) -> Indices:
        """Return the grid, with each source's number and -1 where there is none."""
        out = np.full([(size - 1) // self.step + 1 for size in self.shape], -1, np.intp)
        out[self.ys // self.step, self.xs // self.step] = np.arange(len(self.ys))
        return out

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a value of each source ``(M,)`` as a picture, each pixel with that of the nearest, about."""
        number = self.number()
        nearest = ndimage.distance_transform_edt(number < 0, return_distances=False, return_indices=True)
        picture = values[number[tuple(nearest)]]
        rows, cols = (
            np.minimum((np.arange(size) + self.step // 2) // self.step, (size - 1) // self.step) for size in self.shape
        )
        return np.asarray(picture[rows][:, cols])


def _nearest_distances(level: Level, cells: _Cells, generator: np.random.Generator) -> Floats:
    """Return the squared distance ``(M,)`` of each measured source to the most similar of a random sample of others."""
    ys, xs = level.source_ys, level.source_xs
    picked = generator.choice(len(ys), min(len(ys), SAMPLE), replace=False)
    others = gather_patches(level.source, level.channels, ys[picked], xs[picked])
    squares = np.einsum("ij,ij->i", others, others)
    which, beside = _list_beside(cells, ys[picked], xs[picked])

    def measure(part: slice) -> Floats:
        mine = gather_patches(level.source, level.channels, cells.ys[part], cells.xs[part])
        distance = mine @ (-2 * others.T)
        distance += squares
        here = slice(*np.searchsorted(which, (part.start, part.stop)))
        distance[which[here] - part.start, beside[here]] = np.inf
        return np.asarray(np.maximum(distance.min(1) + np.einsum("ij,ij->i", mine, mine), 0))

    parts = [slice(at, at + AT_A_TIME) for at in range(0, len(cells.ys), AT_A_TIME)]
    found = np.concatenate(map_in_threads(measure, parts))
    found[np.isinf(found)] = 0 if np.isinf(found).all() else np.median(found[np.isfinite(found)])
    return found


def _list_beside(cells: _Cells, ys: Ints, xs: Ints) -> tuple[Indices, Indices]:
    """Return which measured sources, in order, lie less than `APART` pixels beside which of others ``(ys, xs)``."""
    reach = (APART - 1) // cells.step + 1
    number = np.pad(cells.number(), reach, constant_values=-1)
    around = sliding_window_view(number, (2 * reach + 1, 2 * reach + 1))[ys // cells.step, xs // cells.step]
    at = np.flatnonzero(around.ravel() >= 0)
    which, beside = around.ravel()[at], at // around[0].size
    near = (np.abs(cells.ys[which] - ys[beside]) < APART) & (np.abs(cells.xs[which] - xs[beside]) < APART)
    order = np.argsort(which[near], kind="stable")
    return which[near][order], beside[near][order]
