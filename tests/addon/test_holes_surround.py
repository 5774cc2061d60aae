"""What a thumbnail shows: the hole and what is around it."""

from __future__ import annotations

import numpy as np
import pytest

from blender_addon.holes.raster import surround_hole


@pytest.mark.parametrize(
    ("rows", "columns", "found"),
    [
        ((40, 60), (80, 100), (0.32, 0.34, 0.58, 0.66)),  # a square around it, whatever the sides of the image
        ((0, 20), (0, 20), (0.0, 0.0, 0.16, 0.32)),  # inside the image
        ((0, 100), (0, 200), (0.0, 0.0, 1.0, 1.0)),
        ((0, 0), (0, 0), (0.0, 0.0, 1.0, 1.0)),  # there is none
    ],
)
def test_the_square_around_a_hole(
    rows: tuple[int, int], columns: tuple[int, int], found: tuple[float, float, float, float]
) -> None:
    mask = np.zeros((100, 200), np.uint8)
    mask[slice(*rows), slice(*columns)] = 255
    left, top, right, bottom = surround_hole(mask)
    assert (left, top, right, bottom) == pytest.approx(found, abs=0.051)
    ys, xs = np.nonzero(mask)
    assert not len(ys) or (left <= xs.min() / 200 and xs.max() / 200 < right and top <= ys.min() / 100)
