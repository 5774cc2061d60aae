"""The objective of believable fills: as rich as the surroundings, no piece twice, no smear preferred.

It weighs the sources by their rarity (`rarity`), raises the price of those that are used several times, and chooses
among the starts of a level by how far a fill's patches are from those around the hole, besides by its energy.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.level import Level, gather_patches
from svbrdf_core.patch.objective import Bias, Objective, SearchState
from svbrdf_core.patch.rarity import RANKS, Rarity
from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.wasserstein import sliced_wasserstein

EXPONENT = 0.7
"""Of the static weights at a richness of 1."""
GAIN = 0.35
"""Power by which the shares of ranks are corrected in a round, at a richness of 1."""
REUSE = 0.5
"""Price of a source that is used twice, in mean costs, at a richness of 1."""
CHOICE = 0.5
"""Power of the distance to the surroundings in the choice of a start, at a richness of 1."""
LOOKED_AT = 1000
"""Patches of the fill, and of its surroundings, whose distance is measured."""


@dataclass
class RichObjective:
    """Another objective, made richer.

    Attributes:
        inner: the other.
        richness: 0 changes nothing, 1 is as rich as the surroundings.
    """

    inner: Objective
    richness: float = 1.0
    _rarities: dict[int, Rarity] = field(default_factory=dict)
    _plain: dict[int, Bias] = field(default_factory=dict)
    _factors: Floats = field(default_factory=lambda: np.ones(RANKS, np.float32))

    def prepare(self, level: Level, depth: int, generator: np.random.Generator) -> None:
        """Measure how rare the level's sources are."""
        self.inner.prepare(level, depth, generator)
        self._rarities[depth] = Rarity.measure(level, EXPONENT * self.richness, generator)
        self._plain[depth] = Bias(self._rarities[depth].weight, np.zeros(level.valid.shape, np.float32))

    def bias(self, state: SearchState) -> Bias | None:
        """Return weights by rarity and, from the second round on, corrected ones, and prices of what is used often."""
        level, depth = state.level, state.depth
        if not state.iteration:  # another start
            self._factors = np.ones(RANKS, np.float32)
            return self._plain[depth]
        rarity = self._rarities[depth]
        rows, cols, _ = state.field
        used = rarity.rank[rows[level.ys, level.xs], cols[level.ys, level.xs]]
        self._factors = rarity.correct(self._factors, used, GAIN * self.richness)
        price = count_uses(level, rows, cols)
        price -= 1
        np.maximum(price, 0, out=price)
        price *= np.float32(REUSE * self.richness * state.mean_cost)
        return Bias(rarity.weight * np.append(self._factors, np.float32(1)).take(rarity.rank), price)

    def refine(self, state: SearchState) -> Floats | None:
        """Return what the other objective writes."""
        return self.inner.refine(state)

    def energy(self, state: SearchState) -> float:
        """Return the other's energy times a power of the distance to the surroundings."""
        distance = distance_to_surroundings(state.level, state.picture, self._rarities[state.depth].around)
        return float(self.inner.energy(state) * distance ** (CHOICE * self.richness))


def count_uses(level: Level, rows: Ints, cols: Ints) -> Floats:
    """Return how often each source and its eight neighbours are used on average, of the shape of ``level.valid``."""
    flat = rows[level.ys, level.xs].astype(np.intp) * level.valid.shape[1] + cols[level.ys, level.xs]
    uses = np.bincount(flat, minlength=level.valid.size).reshape(level.valid.shape)
    return np.asarray(ndimage.uniform_filter(uses.astype(np.float32), 3, mode="constant"))


def distance_to_surroundings(level: Level, picture: Floats, around: Bools) -> float:
    """Return the sliced Wasserstein distance of the fill's patches to those around the hole, 1 if there are none.

    Not to those of the whole picture: fills with more contrast than belongs to the place would win.

    Args:
        level: the level.
        picture: float32 ``(H, W, C)``, as it is filled.
        around: bool ``(H, W)``, which sources are the surroundings.
    """
    height, width = level.shape
    inside = np.zeros(level.shape, np.bool_)
    inside[R : height - R, R : width - R] = True
    generator = np.random.default_rng(0)  # the same patches and directions for every start
    flat = np.ascontiguousarray(picture).reshape(height, width * level.channels)

    def look(where: Bools) -> Floats:
        at = np.flatnonzero(where & inside)
        at = at if len(at) <= LOOKED_AT else generator.choice(at, LOOKED_AT, replace=False)
        return gather_patches(flat, level.channels, *np.array([at // width - R, at % width - R], np.int32))

    of_fill, of_surroundings = look(~level.known), look(around)
    if not len(of_fill) or not len(of_surroundings):
        return 1.0
    return max(sliced_wasserstein(of_fill, of_surroundings, generator), 1e-6)
