"""The guide that another method's coarse samples make, and the choice of the start that is nearest to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.guide import Guide
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import Bias, Objective, SearchState
from svbrdf_core.patch.pieces import THICKEST
from svbrdf_core.patch.types import Floats, Guidance
from svbrdf_core.run import Run
from svbrdf_core.tensors.pyramid import Plane, halve

SPREAD = 8.0
"""Pixels over which texture features go on into the hole; samples do not know them."""


def make_guide(
    plane: Plane, count: int, combinations: Floats, levels: Sequence[Level], guidance: Guidance, run: Run
) -> Guide | None:
    """Return the guide of the finest level at which pieces can be laid and the samples know better; None without any.

    Args:
        plane: the finest picture, ``(H, W, C)``, of all `Features`.
        count: how many of its channels are maps; the others are texture features.
        combinations: float32 ``(C, K)``, of its channels, that the levels hold.
        levels: from fine to coarse, at least two.
        guidance: draws the samples.
        run: that this is.
    """
    depth = min(count_halvings(levels[0].thickness, guidance.max_hole_thickness), len(levels) - 1)
    for _ in range(depth):
        plane = halve(plane)
    samples = guidance.make(np.ascontiguousarray(plane.image[..., :count]), plane.known, plane.allowed, run)
    if not samples:
        return None
    features = _spread(plane, count)
    pictures = [np.concatenate([sample, features], -1) @ combinations for sample in samples]
    while depth + 1 < len(levels) and levels[depth].thickness > THICKEST:
        depth += 1
        everywhere = np.ones(pictures[0].shape[:2], np.bool_)
        pictures = [halve(Plane(picture, everywhere, everywhere)).image for picture in pictures]
    return Guide.of(levels[depth], depth, pictures)


def count_halvings(thickness: float, max_hole_thickness: int) -> int:
    """Return how often to halve a picture, at least once, until a hole has at most ``max_hole_thickness`` pixels."""
    return max(1, math.ceil(math.log2(thickness / max_hole_thickness)))


def _spread(plane: Plane, count: int) -> Floats:
    """Return a plane's texture features, in the hole the mean of the known ones around it."""
    features = plane.image[..., count:]
    known = plane.known[..., None]
    weight = ndimage.gaussian_filter(plane.known.astype(np.float32), SPREAD) + np.float32(1e-6)
    spread = ndimage.gaussian_filter(features * known, (SPREAD, SPREAD, 0)) / weight[..., None]
    return np.where(known, features, spread)


@dataclass(frozen=True)
class GuidedObjective:
    """Another objective that chooses, down from a guide's level, the start that comes near to the guide as well.

    Attributes:
        inner: the other.
        guide: what the hole should look like coarsely.
    """

    inner: Objective
    guide: Guide

    def prepare(self, level: Level, depth: int, generator: np.random.Generator) -> None:
        """Measure what the other does."""
        self.inner.prepare(level, depth, generator)

    def bias(self, state: SearchState) -> Bias | None:
        """Return the other's."""
        return self.inner.bias(state)

    def refine(self, state: SearchState) -> Floats | None:
        """Return the other's."""
        return self.inner.refine(state)

    def energy(self, state: SearchState) -> float:
        """Return the other's energy times the distance to the guide."""
        energy = self.inner.energy(state)
        if state.depth > self.guide.depth:
            return energy
        return energy * max(self.guide.distance(state.picture, state.depth), 1e-6)
