"""What a mask holds: against a count by scipy."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from blender_addon.holes import raster
from blender_addon.holes.raster import summarise

masks = arrays.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def by_scipy(mask: Any) -> int:
    return int(ndimage.label(mask, np.ones((3, 3)))[1])


@given(masks)
def test_holes_are_counted_like_scipy_does(mask: Any) -> None:
    found = summarise(mask)
    assert found.holes == by_scipy(mask)
    assert found.share == mask.mean()
    assert (found.height, found.width) == mask.shape


@given(masks)
def test_on_an_image_that_repeats_holes_are_joined_across_its_borders(mask: Any) -> None:
    labels = ndimage.label(np.tile(mask, (3, 3)), np.ones((3, 3)))[0]
    # The same texel in any of the repeats is the same hole.
    height, width = mask.shape
    parent = list(range(labels.max() + 1))

    def root(label: int) -> int:
        while parent[label] != label:
            label = parent[label]
        return label

    for y, x in np.argwhere(mask):
        for copy in labels[y::height, x::width].ravel():
            parent[root(int(copy))] = root(int(labels[y, x]))
    wanted = len({root(int(label)) for label in labels[np.tile(mask, (3, 3))]})
    assert summarise(mask, wrap=True).holes == wanted


def test_a_mask_without_a_hole_has_none() -> None:
    empty = summarise(np.zeros((10, 20)))
    assert (empty.holes, empty.share, empty.height, empty.width) == (0, 0.0, 10, 20)


def test_a_spiral_is_one_hole() -> None:
    mask = np.zeros((401, 401), bool)
    for step in range(0, 200, 4):
        mask[step, step : 400 - step] = mask[400 - step, step : 401 - step] = True
        mask[step : 400 - step, 400 - step] = mask[step + 4 : 401 - step, step] = True
        mask[step + 4, step : step + 4] = True
    assert by_scipy(mask) == 1
    assert summarise(mask).holes == 1


def test_noise_is_counted_at_half_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "MOST_RUNS", 50)
    mask = np.zeros((128, 128), bool)
    mask[::4, ::4] = True
    assert summarise(mask).holes == 32 * 32


def test_4096_is_quick() -> None:
    mask = np.random.default_rng(0).random((4096, 4096)) < 0.01
    mask[500:900, 300:2000] = True
    begin = time.process_time()
    assert summarise(mask).holes > 100_000
    assert time.process_time() - begin < 2  # 0.06 s alone on one core
