"""The picture of what contextual attention copied."""

from __future__ import annotations

import numpy as np

from svbrdf_core.explain.contextual import explain_map
from svbrdf_core.learned.filling import AttentionMap


def test_a_hole_that_looks_to_the_right_is_red_and_one_to_the_left_is_not() -> None:
    hole = np.zeros((8, 8), np.bool_)
    hole[3:5, 2:6] = True
    rows, columns = np.mgrid[:8, :8]
    most = np.stack([rows, np.where(columns < 4, 7, 0)]).astype(np.int64)
    share = np.where(hole, 0.25, 1).astype(np.float32)
    found = explain_map(AttentionMap(np.zeros((5, 64, 64), np.float32), hole, most, share))
    (figure,) = found.figures
    scale = figure.pixels.shape[0] // 64
    assert figure.pixels.shape[0] >= 512
    right = figure.pixels[28 * scale, 20 * scale].astype(int)
    left = figure.pixels[28 * scale, 44 * scale].astype(int)
    assert right[0] > 200 > right[1]
    assert left[0] < 120 < left[1]
    assert (figure.pixels[4, 4] == figure.pixels[4, 4, 0]).all(), "grey outside"
    assert found.words == (
        "A place of the hole gives 25.0% of its attention to the one that it attends to most, on average.",
    )
    assert found.data["attention_map"]["share"] == 0.25  # type: ignore[index, call-overload]
