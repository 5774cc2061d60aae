"""How visible the borders of windows are in a fill."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core.metrics.scene import Bools, Floats
from svbrdf_core.metrics.window_seams import window_seams
from svbrdf_core.tensors.layout import ChannelLayout

LAYOUT = ChannelLayout(("diffuse", "roughness"), (3, 1))
ROWS, COLUMNS = (48, 80), (40, 72, 104)


def scene() -> tuple[Floats, Bools]:
    noise = np.random.default_rng(0).standard_normal((4, 128, 144))
    hole = np.zeros((128, 144), np.bool_)
    hole[16:112, 8:136] = True
    smooth = ndimage.gaussian_filter(noise, (0, 1.5, 1.5))
    return (0.5 + 0.2 * smooth / smooth.std()).astype(np.float32), hole


def test_a_fill_without_seams_has_none() -> None:
    values, hole = scene()
    found = window_seams(values, LAYOUT, hole, ROWS, COLUMNS)
    assert set(found) == {"window_seam", "window_seam/diffuse", "window_seam/roughness"}
    assert all(0.8 < ratio < 1.25 for ratio in found.values())


def test_a_step_of_one_map_is_seen_and_in_that_one_alone() -> None:
    values, hole = scene()
    values[3, :, 72:104] += 0.2
    found = window_seams(values, LAYOUT, hole, ROWS, COLUMNS)
    assert found["window_seam"] == found["window_seam/roughness"] > 1.5
    assert found["window_seam/diffuse"] < 1.25


def test_a_smooth_join_is_seen_too() -> None:
    values, hole = scene()
    for row in ROWS:
        values[:3, row - 1 : row + 1] = values[:3, row - 1 : row + 1].mean(1, keepdims=True)
    found = window_seams(values, LAYOUT, hole, ROWS, COLUMNS)
    assert found["window_seam/diffuse"] < 0.2
    assert found["window_seam/roughness"] > 0.8


def test_nothing_is_told_of_constant_maps_or_where_there_are_no_borders() -> None:
    values, hole = scene()
    values[3] = 0.5
    assert "window_seam/roughness" not in window_seams(values, LAYOUT, hole, ROWS, COLUMNS)
    assert window_seams(values, LAYOUT, hole, (), ()) == {}
    assert window_seams(values, LAYOUT, hole, (4,), ()) == {}  # outside the hole


@pytest.mark.parametrize("grain", [0, 1])
def test_rows_and_columns_are_set_against_their_own_kind(grain: int) -> None:
    values, hole = scene()
    values = np.moveaxis(ndimage.gaussian_filter1d(np.moveaxis(values, 1 + grain, 1), 6, axis=1), 1, 1 + grain)
    found = window_seams(values, LAYOUT, hole, ROWS, COLUMNS)
    assert all(0.7 < ratio < 1.4 for ratio in found.values())
