"""Holes are cut to windows: each hole is filled once, with its surroundings, wherever it lies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svbrdf_core.inpainting.windows import LEAST_MARGIN, coordinates, plan


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(40, 900),
    width=st.integers(40, 900),
    holes=st.lists(st.tuples(st.floats(0, 0.95), st.floats(0, 0.95), st.integers(1, 60)), min_size=1, max_size=5),
    tileable=st.booleans(),
)
def test_every_hole_is_filled_exactly_once(
    height: int, width: int, holes: list[tuple[float, float, int]], tileable: bool
) -> None:
    mask = np.zeros((height, width), np.float32)
    for y, x, side in holes:
        mask[int(y * height) : int(y * height) + side, int(x * width) : int(x * width) + side] = 1
    filled = np.zeros((height, width), int)
    for window in plan(mask, tileable):
        assert 1 <= window.context.height <= height
        assert 1 <= window.context.width <= width
        inside = np.zeros((height, width), np.bool_)
        inside[np.ix_(*coordinates(window.context, (height, width)))] = True
        for piece in window.pieces:
            at = np.ix_(*coordinates(piece, (height, width)))
            assert inside[at].all()
            filled[at] += 1
    assert (filled[mask > 0] == 1).all()
    assert filled.max() == 1


def test_far_holes_have_windows_of_their_own() -> None:
    mask = np.zeros((3000, 3000), np.float32)
    mask[100:110, 100:110] = mask[2500:2510, 2600:2610] = 1
    windows = plan(mask, tileable=False)
    assert len(windows) == 2
    assert all(len(window.pieces) == 1 for window in windows)


def test_near_holes_share_a_window() -> None:
    mask = np.zeros((2000, 2000), np.float32)
    mask[1000:1010, 1000:1010] = mask[1000:1010, 1150:1160] = 1
    assert len(plan(mask, tileable=False)) == 1


def test_a_hole_over_the_edge_has_its_surroundings_on_both_sides() -> None:
    mask = np.zeros((2000, 2000), np.float32)
    mask[:10, 900:920] = mask[-10:, 900:920] = 1
    (window,) = plan(mask, tileable=True)
    assert window.context.top == 2000 - 10 - LEAST_MARGIN
    assert window.context.height == 20 + 2 * LEAST_MARGIN
    assert window.wrap == (False, False)


@pytest.mark.parametrize("tileable", [False, True])
def test_a_small_picture_is_one_window(tileable: bool) -> None:
    mask = np.zeros((128, 200), np.float32)
    mask[60:70, 90:110] = 1
    (window,) = plan(mask, tileable)
    assert (window.context.height, window.context.width) == (128, 200)
    assert window.wrap == (tileable, tileable)
