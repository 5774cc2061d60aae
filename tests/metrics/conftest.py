"""A material of our own making, a hole in it, and fills of known quality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.tensors.layout import ChannelLayout

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

SIDE = 160
LAYOUT = ChannelLayout(("diffuse", "normal", "roughness", "specular"), (3, 3, 1, 3))


@dataclass(frozen=True)
class Case:
    """A material ``(C, H, W)`` with a square hole."""

    truth: Floats
    hole: Bools
    layout: ChannelLayout

    def with_hole(self, values: Floats) -> Floats:
        """Return the material with other values in the hole."""
        return np.where(self.hole, values, self.truth).astype(np.float32)


def pebbles(side: int = SIDE, seed: int = 3) -> Floats:
    """Return ``(10, side, side)``: one relief that all maps follow, each with a little grain of its own."""
    rng = np.random.default_rng(seed)
    relief = ndimage.gaussian_filter(rng.standard_normal((side, side)), 3, mode="wrap")
    stone = np.tanh(4 * relief / relief.std())
    down, right = np.gradient(stone)
    normal = np.stack([-right, down, np.full_like(stone, 0.7)])
    normal /= np.linalg.norm(normal, axis=0)
    grain = rng.normal(0, 0.01, (7, side, side))
    colour = 0.5 + 0.25 * stone * np.array([1, 0.7, 0.4])[:, None, None]
    gloss = 0.5 - 0.2 * stone
    flat = np.clip(np.concatenate([colour, gloss[None], 0.3 + 0.1 * np.stack([stone] * 3)]) + grain, 0, 1)
    return np.concatenate([flat[:3], normal, flat[3:]]).astype(np.float32)


@pytest.fixture(scope="session")
def case() -> Case:
    hole = np.zeros((SIDE, SIDE), bool)
    hole[60:108, 50:102] = True
    return Case(pebbles(), hole, LAYOUT)


@pytest.fixture(scope="session")
def noisy(case: Case) -> Floats:
    """Return a fill that is off by noise in the hole."""
    noise = np.random.default_rng(5).normal(0, 0.1, case.truth.shape)
    values = np.clip(case.truth + noise, 0, 1)
    bent = case.truth[3:6] + noise[3:6]
    values[3:6] = bent / np.linalg.norm(bent, axis=0)
    return case.with_hole(values.astype(np.float32))


@pytest.fixture(scope="session")
def smooth(case: Case) -> Floats:
    """Return a fill that is the truth, blurred."""
    return case.with_hole(ndimage.gaussian_filter(case.truth, (0, 2, 2)))


@pytest.fixture(scope="session")
def moved(case: Case) -> Floats:
    """Return a fill of other parts of the material, each map's from another place."""
    values = case.truth.copy()
    for number, name in enumerate(case.layout.names):
        at = case.layout.slice_of(name)
        values[at] = np.roll(case.truth[at], (17 * number + 23, 31 * number + 11), (1, 2))
    return case.with_hole(values)
