"""Windows around the pieces of a hole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from svbrdf_core import masks
from svbrdf_core.masks import Mask, Region
from svbrdf_core.masks import _regions as private
from tests.masks.strategies import masks as some_masks
from tests.masks.strategies import shifts

margins = st.integers(0, 9)


def marked(windows: list[Region], size: tuple[int, ...]) -> np.ndarray:
    """How many windows cover each pixel."""
    count = np.zeros(size, int)
    for window in windows:
        rows = np.arange(window.top, window.top + window.height) % size[0]
        cols = np.arange(window.left, window.left + window.width) % size[1]
        count[np.ix_(rows, cols)] += 1
    return count


@given(some_masks(), margins, st.booleans())
def test_windows_cover_the_hole_once_and_stay_in_the_picture(mask: Mask, margin: int, tileable: bool) -> None:
    windows = masks.regions(mask, margin, tileable=tileable)
    count = marked(windows, mask.shape)
    assert count.max() <= 1
    for window in windows:
        assert 0 <= window.top < mask.shape[0]
        assert 0 <= window.left < mask.shape[1]
        assert window.height <= mask.shape[0]
        assert window.width <= mask.shape[1]
        assert tileable or window.top + window.height <= mask.shape[0]
        assert tileable or window.left + window.width <= mask.shape[1]
        assert window.take(mask).any()
    near = np.pad(mask, margin, mode="wrap" if tileable else "constant")
    near = ndimage.maximum_filter(near, 2 * margin + 1)[
        margin : margin + mask.shape[0], margin : margin + mask.shape[1]
    ]
    assert (count[near > 0] == 1).all()


@given(some_masks(), margins)
def test_blocks_find_the_same_windows_as_pixels(mask: Mask, margin: int) -> None:
    size = (mask.shape[0], mask.shape[1])
    padded = [
        private._pad(np.array([box.top, box.height, box.left, box.width]), margin, size, False)
        for box in masks.components(mask)
    ]
    assert masks.regions(mask, margin) == private._sort_regions(list(private._merge_overlapping(padded, size)))


@given(some_masks(), shifts)
def test_components_move_with_the_torus(mask: Mask, shift: tuple[int, int]) -> None:
    height, width = mask.shape
    moved = masks.components(np.roll(mask, shift, (0, 1)), tileable=True)
    expected = [
        Region(
            (box.top + shift[0]) % height if box.height < height else 0,
            (box.left + shift[1]) % width if box.width < width else 0,
            box.height,
            box.width,
        )
        for box in masks.components(mask, tileable=True)
    ]
    assert moved == sorted(expected)


def test_components_are_eight_connected() -> None:
    mask = np.zeros((6, 9), np.float32)
    mask[1, 1] = mask[2, 2] = mask[4, 6] = 1
    assert masks.components(mask) == [Region(1, 1, 2, 2), Region(4, 6, 1, 1)]


@pytest.mark.parametrize("corner", [(0, 0), (0, 8), (5, 0), (5, 8)])
def test_corners_touch_across_the_torus(corner: tuple[int, int]) -> None:
    mask = np.zeros((6, 9), np.float32)
    mask[corner] = mask[5 - corner[0], 8 - corner[1]] = 1
    assert len(masks.components(mask)) == 2
    assert masks.components(mask, tileable=True) == [Region(5, 8, 2, 2)]


def test_a_band_across_the_torus_spans_it_from_0() -> None:
    mask = np.zeros((40, 30), np.float32)
    mask[10:12] = 1
    assert masks.regions(mask, 4, tileable=True) == [Region(6, 0, 10, 30)]


def test_window_wider_than_the_torus_is_the_torus() -> None:
    mask = np.zeros((40, 30), np.float32)
    mask[20, 3:20] = 1
    assert masks.regions(mask, 8, tileable=True) == [Region(12, 0, 17, 30)]


def test_windows_that_overlap_are_one() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[10, 10] = mask[10, 19] = 1
    assert len(masks.regions(mask, 4)) == 2
    assert masks.regions(mask, 5) == [Region(5, 5, 11, 20)]


def test_windows_meet_across_the_wrap() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[20, 1] = mask[20, 38] = 1
    assert masks.regions(mask, 3, tileable=True) == [Region(17, 35, 7, 10)]
    assert masks.regions(mask, 3) == [Region(17, 0, 7, 5), Region(17, 35, 7, 5)]


def test_very_many_specks_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.zeros((256, 256), np.float32)
    mask[::8, ::8] = 1
    assert len(masks.regions(mask, 1)) == 1024
    monkeypatch.setattr(private, "MANY", 100)
    gathered = masks.regions(mask, 1)
    assert len(gathered) <= 100
    assert (marked(gathered, mask.shape)[mask > 0] == 1).all()


def test_nothing_marked_gives_no_window() -> None:
    assert masks.regions(np.zeros((4, 4), np.float32), 3) == []
    assert masks.components(np.zeros((4, 4), np.float32), tileable=True) == []
