"""Levelling of flat colours: stones keep one colour each, constants and few values stay what they are, drifts go."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from svbrdf_core.patch import PatchSettings, fill
from svbrdf_core.patch.flats import Palette
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout

Floats = NDArray[np.float32]
SIZE = 192
LAYOUT = ChannelLayout(("diffuse", "roughness", "metallic", "height"), (3, 1, 1, 1))
"""Stones; grain; a mask of two values; a constant."""


def make_mask() -> Floats:
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[60:132, 60:132] = 1
    return mask


HOLE = make_mask() > 0


def make_stones() -> Floats:
    """Lay stones of one of twelve colours each, with black mortar and softened edges, as 8-bit files hold them."""
    rng = np.random.default_rng(0)
    corners = np.indices((10, 10)).reshape(2, -1).T * 24 - 24
    centres = corners + rng.uniform(4, 20, corners.shape)
    found = cKDTree(centres).query(np.indices((SIZE, SIZE)).reshape(2, -1).T, 2)
    distance, nearest = np.asarray(found[0]), np.asarray(found[1])
    colours = np.round(rng.uniform(0.15, 0.95, (12, 3)) * 255)[rng.integers(12, size=len(centres))]
    inside = np.clip((distance[:, 1] - distance[:, 0] - 2) / 1.5, 0, 1)
    colour = (np.round(colours[nearest[:, 0]] * inside[:, None]) / 255).T.reshape(3, SIZE, SIZE)
    roughness = 0.4 + 0.1 * colour.mean(0) + 0.02 * rng.standard_normal((SIZE, SIZE))
    metallic = colour[0] > colour[1]
    return np.stack([*colour, roughness, metallic, np.full((SIZE, SIZE), 0.37)]).astype(np.float32)


def fill_hole(tensor: Floats, layout: ChannelLayout, *, blend: bool = True, up_to: int = SIZE) -> Floats:
    """Fill the hole from columns up to some one."""
    hidden = np.where(HOLE, np.float32(0.5), tensor)
    sources = np.broadcast_to(np.arange(SIZE) < up_to, HOLE.shape)
    run = Run(generator=np.random.default_rng(0))
    return fill(hidden, layout, make_mask(), PatchSettings(blend=blend), source_mask=sources, run=run).tensor


@pytest.fixture(scope="module")
def stones() -> Floats:
    return make_stones()


@pytest.fixture(scope="module")
def fills(stones: Floats) -> dict[bool, Floats]:
    return {blend: fill_hole(stones, LAYOUT, blend=blend) for blend in (False, True)}


def list_steps(values: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """Return the largest step of any channel at each edge, and how many of the edge's two pixels are in the hole."""
    steps, sides = [], []
    for axis in (0, 1):
        steps.append(np.abs(np.diff(values, axis=axis + 1)).max(0).ravel())
        first, second = np.delete(HOLE, -1, axis), np.delete(HOLE, 0, axis)
        sides.append((first.astype(np.int8) + second).ravel())
    return np.concatenate(steps), np.concatenate(sides)


def share_of_contours(values: Floats) -> float:
    """Return the part of edges in the hole with a step too small to be one between colours of the material."""
    steps, sides = list_steps(values)
    inside = steps[sides == 2]
    return float(((inside > 1e-4) & (inside < 0.04)).mean())


def step_at_rim(values: Floats) -> float:
    """Return the mean step across the hole's border over that of the known region."""
    steps, sides = list_steps(values)
    return float(steps[sides == 1].mean() / steps[sides == 0].mean())


def test_flat_stones_get_no_contour_lines(fills: dict[bool, Floats]) -> None:
    assert share_of_contours(fills[True][:3]) < share_of_contours(fills[False][:3]) + 0.01


def test_stones_cut_by_the_rim_become_whole(fills: dict[bool, Floats]) -> None:
    assert step_at_rim(fills[True][:3]) < 0.85 * step_at_rim(fills[False][:3])


def test_mortar_stays_black(fills: dict[bool, Floats]) -> None:
    black = (fills[False][:3] == 0).all(0) & HOLE
    assert black.sum() > 100
    assert (fills[True][:3, black] == 0).mean() > 0.99


def test_constants_and_masks_stay_bit_by_bit(fills: dict[bool, Floats]) -> None:
    assert np.array_equal(fills[True][4:], fills[False][4:])
    assert (fills[True][5] == np.float32(0.37)).all()


@pytest.mark.parametrize("levels", [3, 12, 50])
def test_a_map_of_few_values_keeps_to_them(levels: int) -> None:
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    grain = 0.1 * rng.standard_normal((SIZE, SIZE))
    few = (np.round((0.5 * (x + y) + grain).clip(0, 1) * (levels - 1)) / (levels - 1)).astype(np.float32)
    tensor = np.stack([few, few + grain.astype(np.float32)])
    filled = fill_hole(tensor, ChannelLayout(("roughness", "height"), (1, 1)))
    assert np.isin(filled[0][HOLE], few[~HOLE]).all()


@pytest.mark.parametrize("name", ["diffuse", "height"])
def test_a_drift_of_light_leaves_no_rim(name: str) -> None:
    rng = np.random.default_rng(3)
    x = np.arange(SIZE) / SIZE
    grain = 0.03 * rng.standard_normal((SIZE, SIZE))
    tensor = ((0.3 + 0.3 * x) * (1 + grain))[None].astype(np.float32)
    layout = ChannelLayout((name,), (1,))
    before, after = (step_at_rim(fill_hole(tensor, layout, blend=blend, up_to=50)) for blend in (False, True))
    assert before > 1.4
    assert after < 1.1


def test_flat_colours_are_told_from_shades() -> None:
    rng = np.random.default_rng(0)
    ramp = np.round(rng.uniform(0, 200, 20_000)) / 255
    assert not Palette(ramp[None].astype(np.float32)).flat.any()
    spiked = np.where(rng.random(20_000) < 0.1, 250 / 255, ramp)
    palette = Palette(spiked[None].astype(np.float32))
    assert palette.colours[palette.flat].tolist() == [[np.float32(250 / 255)]]
