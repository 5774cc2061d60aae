"""Crops: where they lie, and that what the network sees of one does not depend on where that is."""

from __future__ import annotations

import numpy as np
import pytest

from svbrdf_core.metrics.crops import FEATURES, MOST, SIDE, describe_crops, find_crops
from svbrdf_core.metrics.distances import frechet
from svbrdf_core.metrics.groups import usable_groups
from svbrdf_core.metrics.renders import Placement
from tests.metrics.conftest import LAYOUT, Case, Floats, pebbles

needs_network = pytest.mark.skipif("perceptual" not in usable_groups(None)[0], reason="ST-LPIPS is not installed")


def test_crops_lie_whole_in_the_mask_and_as_many_as_fit() -> None:
    mask = np.zeros((100, 140), bool)
    mask[7 : 7 + 2 * SIDE, 11 : 11 + 3 * SIDE] = True
    found = find_crops(mask)
    assert sorted(map(tuple, found)) == [(7 + SIDE * y, 11 + SIDE * x) for y in range(2) for x in range(3)]
    mask[7, 11] = False
    assert all(mask[y : y + SIDE, x : x + SIDE].all() for y, x in find_crops(mask))
    mask[:] = False
    mask[40:50] = True  # a stroke
    assert len(find_crops(mask)) == len(find_crops(mask[:20])) == 0
    assert len(find_crops(np.ones((400, 400), bool))) == MOST


@needs_network
def test_a_crop_looks_the_same_wherever_it_lies() -> None:
    values = pebbles(96)
    moved = np.roll(values, (20, 13), (1, 2))
    here, there = (np.zeros((96, 96), bool) for _ in range(2))
    here[10 : 10 + SIDE, 30 : 30 + SIDE] = True
    there[30 : 30 + SIDE, 43 : 43 + SIDE] = True
    one = describe_crops(values, here, Placement(LAYOUT, 0, 0, 96, 96))
    other = describe_crops(moved, there, Placement(LAYOUT, 500, 100, 1024, 1024))
    assert one.pooled.shape == one.spatial.shape == (1, FEATURES)
    np.testing.assert_allclose(one.pooled, other.pooled, atol=1e-4)
    np.testing.assert_allclose(one.spatial, other.spatial, atol=1e-4)


@needs_network
def test_blur_is_farther_from_the_known_crops_than_another_place(case: Case, smooth: Floats) -> None:
    place = Placement(LAYOUT, 0, 0, *case.hole.shape)
    known, truth, blurred = (
        describe_crops(values, mask, place)
        for values, mask in ((case.truth, ~case.hole), (case.truth, case.hole), (smooth, case.hole))
    )
    assert len(truth.pooled) == len(blurred.pooled) == 1 < len(known.pooled)
    for kind in range(2):
        apart = [np.square(crops[kind].mean(0) - known[kind].mean(0)).sum() for crops in (truth, blurred)]
        assert apart[0] < apart[1]
    assert frechet(known.pooled, known.pooled) == pytest.approx(0, abs=1e-6)
