"""Grow, shrink, feather and invert."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from svbrdf_core import masks
from svbrdf_core.errors import MaskError
from svbrdf_core.masks import Mask
from svbrdf_core.masks._local import SWEEP_REACH, squared_distance
from tests.masks.strategies import masks as some_masks
from tests.masks.strategies import shifts

radii = st.one_of(st.integers(0, 12), st.floats(0, 12))


def dot(size: int = 9) -> Mask:
    mask = np.zeros((size, size), np.float32)
    mask[size // 2, size // 2] = 1
    return mask


def disk(radius: float) -> np.ndarray:
    reach = int(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    footprint: np.ndarray = x * x + y * y <= radius * radius
    return footprint


def test_a_dot_grows_to_a_disk() -> None:
    grown = masks.grow(dot(), 2)
    np.testing.assert_array_equal(grown[2:7, 2:7], disk(2))
    assert grown.sum() == 13


@given(some_masks(), radii)
def test_grow_is_the_maximum_over_a_disk(mask: Mask, radius: float) -> None:
    expected = ndimage.grey_dilation(mask, footprint=disk(radius), mode="constant")
    np.testing.assert_array_equal(masks.grow(mask, radius), expected)


@given(some_masks(), radii)
def test_grow_on_the_torus_is_the_maximum_over_a_wrapped_disk(mask: Mask, radius: float) -> None:
    expected = ndimage.grey_dilation(mask, footprint=disk(radius), mode="wrap")
    np.testing.assert_array_equal(masks.grow(mask, radius, tileable=True), expected)


@pytest.mark.parametrize("tileable", [False, True])
@pytest.mark.parametrize(("values", "wrong"), [(12, 0.0), (255, 1 / 32)])
def test_a_soft_mask_grows_far(values: int, wrong: float, tileable: bool) -> None:
    rows, columns = np.mgrid[:160, :150]
    mask = (np.round(np.clip(1 - np.hypot(rows - 10, columns - 20) / 9, 0, 1) * values) / values).astype(np.float32)
    expected = np.zeros_like(mask)
    for y, x in np.argwhere(mask):
        down, across = abs(rows - y), abs(columns - x)
        if tileable:
            down, across = np.minimum(down, 160 - down), np.minimum(across, 150 - across)
        expected = np.maximum(expected, mask[y, x] * (down**2 + across**2 <= 70.4**2))
    grown = masks.grow(mask, 70.4, tileable=tileable)
    np.testing.assert_allclose(grown, expected, rtol=0, atol=wrong)
    np.testing.assert_array_equal(grown > 0, expected > 0)
    np.testing.assert_array_equal(grown == 1, expected == 1)


@given(some_masks(), radii, radii, st.booleans())
def test_grow_is_monotone(mask: Mask, a: float, b: float, tileable: bool) -> None:
    small, large = sorted((a, b))
    grown = masks.grow(mask, small, tileable=tileable)
    assert (grown >= mask).all()
    assert (masks.grow(mask, large, tileable=tileable) >= grown).all()


@given(some_masks(), radii, st.booleans())
def test_shrink_after_grow_gives_at_least_the_mask(mask: Mask, radius: float, tileable: bool) -> None:
    closed = masks.grow(masks.grow(mask, radius, tileable=tileable), -radius, tileable=tileable)
    assert (closed >= mask - 1e-6).all()
    assert (masks.shrink(mask, radius, tileable=tileable) <= mask + 1e-6).all()


def test_shrink_does_not_eat_from_the_border() -> None:
    mask = np.zeros((9, 9), np.float32)
    mask[:5] = 1
    assert masks.shrink(mask, 2)[:3].all()
    assert masks.shrink(mask, 2).sum() == 27
    assert masks.shrink(mask, 2, tileable=True).sum() == 9


@given(some_masks(), radii, shifts, st.booleans())
def test_filters_go_round_the_torus(mask: Mask, radius: float, shift: tuple[int, int], inward: bool) -> None:
    filters: list[Callable[[Mask], Mask]] = [
        lambda m: masks.grow(m, radius, tileable=True),
        lambda m: masks.shrink(m, radius, tileable=True),
        lambda m: masks.feather(m, radius, inward=inward, tileable=True),
    ]
    rolled = np.roll(mask, shift, (0, 1))
    for apply in filters:
        np.testing.assert_array_equal(apply(rolled), np.roll(apply(mask), shift, (0, 1)))


@given(some_masks())
def test_invert_twice(mask: Mask) -> None:
    np.testing.assert_allclose(masks.invert(masks.invert(mask)), mask, atol=1e-7)


@given(some_masks(), radii, st.booleans())
def test_feather_outward_keeps_what_was_marked(mask: Mask, radius: float, tileable: bool) -> None:
    soft = masks.feather(mask, radius, tileable=tileable)
    assert soft.dtype == np.float32
    assert (soft >= mask).all()
    assert (soft <= 1).all()
    reached = masks.grow((mask > 0).astype(np.float32), radius, tileable=tileable)
    assert not soft[reached == 0].any()


@given(some_masks(soft=False), radii, st.booleans())
def test_feather_outward_marks_all_it_reaches(mask: Mask, radius: float, tileable: bool) -> None:
    soft = masks.feather(mask, radius, tileable=tileable)
    np.testing.assert_array_equal(soft > 0, masks.grow(mask, radius, tileable=tileable) > 0)


@given(some_masks(), radii, st.booleans())
def test_feather_inward_keeps_the_hole(mask: Mask, radius: float, tileable: bool) -> None:
    soft = masks.feather(mask, radius, inward=True, tileable=tileable)
    np.testing.assert_array_equal(soft > 0, mask > 0)
    assert (soft <= mask).all()


def test_feather_falls_smoothly() -> None:
    row = masks.feather(dot(13), 3)[6, 6:11]
    np.testing.assert_allclose(row, [1, 0.84375, 0.5, 0.15625, 0], atol=1e-6)


def test_antialiased_edge_does_not_weaken_the_rim() -> None:
    mask = np.zeros((1, 12), np.float32)
    mask[0, :5], mask[0, 5] = 1, 0.3
    hard = mask.copy()
    hard[0, 5] = 0
    np.testing.assert_array_equal(masks.feather(mask, 4), masks.feather(hard, 4))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_widths_must_be_numbers(value: float) -> None:
    with pytest.raises(MaskError, match="finite number"):
        masks.grow(dot(), value)
    with pytest.raises(MaskError, match="finite number"):
        masks.feather(dot(), value)


def test_negative_feather_is_refused() -> None:
    with pytest.raises(MaskError, match="0 or more"):
        masks.feather(dot(), -1)


@pytest.mark.parametrize("reach", [1, 20, SWEEP_REACH, SWEEP_REACH + 1])
def test_distances_of_both_methods_are_exact(reach: int) -> None:
    hole = np.random.default_rng(reach).random((300, 280)) < 0.0002
    exact = ndimage.distance_transform_edt(~hole) ** 2
    np.testing.assert_allclose(squared_distance(hole, reach), np.minimum(exact, (reach + 1) ** 2), rtol=1e-6)


@pytest.mark.parametrize("tileable", [False, True])
def test_tiles_leave_no_seams(tileable: bool) -> None:
    mask = masks.brush((1100, 700), np.random.default_rng(1), tileable=tileable)
    padded = np.pad(mask, 40, mode="wrap" if tileable else "constant")
    distance = ndimage.distance_transform_edt(padded == 0)[40:-40, 40:-40]
    np.testing.assert_array_equal(masks.grow(mask, 33, tileable=tileable), distance <= 33)


@pytest.mark.parametrize("tileable", [False, True])
@pytest.mark.parametrize("size", [(96, 96), (7, 130), (61, 1)])
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_any_radius_is_exact_and_bounded_by_the_picture(
    size: tuple[int, int], tileable: bool, data: st.DataObject
) -> None:
    radius = data.draw(st.sampled_from([64.5, 130, 140.25, 6000, 10_000]))
    soft = data.draw(st.booleans())
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    mask = np.zeros(size, np.float32)
    for _ in range(3):
        y, x = generator.integers(size)
        mask[y, x] = generator.choice([0.25, 0.5, 1]) if soft else 1
    grown = masks.grow(mask, radius, tileable=tileable)
    rows, columns = np.indices(size)
    expected = np.zeros(size, np.float32)
    for y, x in np.argwhere(mask):
        dy, dx = np.abs(rows - y), np.abs(columns - x)
        if tileable:
            dy, dx = np.minimum(dy, size[0] - dy), np.minimum(dx, size[1] - dx)
        expected = np.where(dy**2 + dx**2 <= radius**2, np.maximum(expected, mask[y, x]), expected)
    np.testing.assert_array_equal(grown, expected)


@pytest.mark.parametrize("tileable", [False, True])
def test_a_radius_beyond_the_picture_costs_what_the_picture_does(tileable: bool) -> None:
    soft = np.zeros((96, 96), np.float32)
    soft[40:50, 40:50] = np.linspace(0.01, 1, 100).reshape(10, 10)
    hard = (soft > 0).astype(np.float32)
    tracemalloc.start()
    start = time.process_time()
    try:
        for mask in (soft, hard):
            masks.grow(mask, 10_000, tileable=tileable)
            masks.grow(mask, -10_000, tileable=tileable)
            masks.feather(mask, 10_000, tileable=tileable)
            masks.feather(mask, 10_000, tileable=tileable, inward=True)
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
        assert time.process_time() - start < 10
    finally:
        tracemalloc.stop()
