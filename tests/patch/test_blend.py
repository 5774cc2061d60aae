"""Steps between copied pieces are levelled; grain, range, unit length and labels are kept."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from svbrdf_core.patch import PatchSettings, fill
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout

LAYOUT = ChannelLayout(("diffuse", "normal", "roughness", "extra:id"), (1, 3, 1, 1))
SIZE = 128
HOLE = (slice(40, 80), slice(44, 88))


@pytest.fixture(scope="module")
def drifting() -> NDArray[np.float32]:
    """Return grain under light that drifts from corner to corner, normals, a constant map and labels."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    colour = 0.2 + 0.5 * (x + y) / 2 + 0.02 * rng.standard_normal((SIZE, SIZE))
    tilt = 0.1 * rng.standard_normal((2, SIZE, SIZE))
    normal = np.stack([*tilt, np.sqrt(1 - (tilt**2).sum(0))])
    labels = rng.integers(0, 2, (SIZE, SIZE))
    return np.stack([colour, *normal, np.full((SIZE, SIZE), 0.4), labels]).astype(np.float32)


def filled(drifting: NDArray[np.float32], seed: int) -> dict[bool, NDArray[np.float32]]:
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[HOLE] = 1
    damaged = np.where(mask > 0, 0.5, drifting).astype(np.float32)
    return {
        blend: fill(
            damaged, LAYOUT, mask, PatchSettings(blend=blend), run=Run(generator=np.random.default_rng(seed))
        ).tensor
        for blend in (False, True)
    }


@pytest.fixture(scope="module")
def fills(drifting: NDArray[np.float32]) -> dict[bool, NDArray[np.float32]]:
    return filled(drifting, 0)


def smooth(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return means over 4 x 4 pixels: the light without the grain."""
    return np.asarray(values[HOLE].reshape(10, 4, 11, 4).mean((1, 3)))


def test_the_light_is_nearer_to_the_truth(
    drifting: NDArray[np.float32], fills: dict[bool, NDArray[np.float32]]
) -> None:
    """By a mean over seeds: once in a while the pieces happen to have the right light."""
    every = [fills, *(filled(drifting, seed) for seed in (1, 2, 3, 4))]
    error = {
        blend: float(np.mean([np.square(smooth(of[blend][0]) - smooth(drifting[0])).mean() for of in every]))
        for blend in (False, True)
    }
    assert error[True] < 0.75 * error[False]


def test_the_grain_stays(fills: dict[bool, NDArray[np.float32]]) -> None:
    energy = {blend: np.square(np.diff(filled[0][HOLE], axis=1)).mean() for blend, filled in fills.items()}
    assert 0.85 < energy[True] / energy[False] < 1.1


def test_ranges_units_constants_and_labels_are_kept(
    drifting: NDArray[np.float32], fills: dict[bool, NDArray[np.float32]]
) -> None:
    filled = fills[True]
    known = np.ones((SIZE, SIZE), np.bool_)
    known[HOLE] = False
    assert filled[0][HOLE].min() >= drifting[0][known].min()
    assert filled[0][HOLE].max() <= drifting[0][known].max()
    assert np.abs(np.linalg.norm(filled[1:4][(slice(None), *HOLE)], axis=0) - 1).max() < 1e-5
    assert (filled[4] == np.float32(0.4)).all()
    assert set(np.unique(filled[5][HOLE])) == {0.0, 1.0}
    assert (filled[:, known] == drifting[:, known]).all()
