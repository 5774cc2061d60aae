"""Mirrored and turned textures keep their relief: normals turn with the heights they belong to."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from svbrdf_core.patch.orientation import list_orientations, locate_origin, orient, orient_tensor, rotate_normal
from svbrdf_core.patch.types import Floats, Orientation
from svbrdf_core.tensors.layout import ChannelLayout
from tests.patch.cases import LAYOUTS, texture

ALL = [Orientation(quarters, mirrored) for quarters, mirrored in product(range(4), (False, True))]
each_turn = pytest.mark.parametrize("turn", ALL, ids=lambda turn: f"{turn.quarters}{'m' if turn.mirrored else ''}")


def normals_of(height: Floats) -> Floats:
    """Return the unit normals ``(3, H, W)`` of a relief, x right and y up; rows run down."""
    down, right = np.gradient(height.astype(np.float64))
    normal = np.stack([-right, down, np.full_like(right, 0.2)])
    return np.asarray(normal / np.linalg.norm(normal, axis=0), np.float32)


def relief(height: int = 12, width: int = 17) -> Floats:
    heights = texture(1, height, width, seed=5)
    return np.concatenate([normals_of(heights[0]), heights])


RELIEF = ChannelLayout(("normal", "height"), (3, 1))


@each_turn
def test_normals_of_the_laid_relief_are_the_laid_normals(turn: Orientation) -> None:
    oriented = orient_tensor(relief(), RELIEF, turn)
    np.testing.assert_allclose(oriented[:3], normals_of(oriented[3]), atol=1e-6)


@each_turn
def test_other_maps_only_move(turn: Orientation) -> None:
    tensor = texture(7, 9, 14)
    before = tensor.copy()
    oriented = orient_tensor(tensor, LAYOUTS[7], turn)
    for channel in (0, 1, 2, 5, 6):
        assert (oriented[channel] == orient(tensor[channel], turn)).all()
    assert (tensor == before).all()
    assert oriented.flags["C_CONTIGUOUS"]


def test_a_material_without_normals() -> None:
    tensor = texture(4, 9, 14)
    assert (orient_tensor(tensor, LAYOUTS[4], Orientation(1)) == np.rot90(tensor, axes=(1, 2))).all()


@each_turn
def test_origin_inverts_laying(turn: Orientation) -> None:
    height, width = 6, 11
    numbers = np.arange(height * width, dtype=np.int32).reshape(height, width)
    oriented = orient(numbers, turn)
    rows, cols = (axis.ravel().astype(np.int32) for axis in np.indices(oriented.shape))
    from_rows, from_cols = locate_origin(rows, cols, turn, height, width)
    assert (numbers[from_rows, from_cols] == oriented.ravel()).all()


@each_turn
def test_a_turn_does_not_change_its_input_or_a_normal_s_length(turn: Orientation) -> None:
    x, y = texture(2, 5, 5)
    kept = x.copy(), y.copy()
    new_x, new_y = rotate_normal(x, y, turn)
    assert (x == kept[0]).all() and (y == kept[1]).all()
    np.testing.assert_allclose(np.hypot(new_x, new_y), np.hypot(x, y), rtol=1e-6)


def test_the_untouched_way_comes_first() -> None:
    for quarters, mirrors in product((False, True), repeat=2):
        ways = list_orientations(quarters, mirrors)
        assert ways[0] == Orientation()
        assert len(set(ways)) == len(ways) == (4 if quarters else 1) * (2 if mirrors else 1)
