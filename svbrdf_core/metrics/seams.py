"""Visibility of the seam at the hole's border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.metrics.gradients import FAINT
from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole

SCALES = (1, 4)
"""Sides in pixels of the two squares that are compared across the border: lines that break, and a step of the tone."""
STRAY = 1 / 8
"""Share of a square that may lie on the wrong side, so that round borders are looked at too."""


def seams(scene: ScoredHole) -> dict[str, float]:
    """Return ``seam`` and ``seam/<map>``: jumps across the border over those that belong there, about 1 unseen.

    A jump is the distance (over the channels) of the means of two squares side by side, one in the hole and one known;
    rows and columns are set against their own kind, so that a grain in one direction is no seam. Of single pixels and
    squares of 4 x 4, the larger ratio counts. What belongs there is the jump of the truth at the same places or, where
    no truth is known, the mean jump inside the known region. Below 1 the fill is smoother at its border than that. A
    map that is constant on both sides is left out; ``seam`` is the mean of the others.
    """
    found: dict[str, float] = {}
    for name, filled, truth in scene.maps():
        ratios = [r for s in SCALES if (r := _ratio(filled, truth, scene, s)) is not None]
        if ratios:
            found[f"seam/{name}"] = max(ratios)
    return {"seam": float(np.mean(list(found.values()))), **found} if found else {}


def _ratio(values: Floats, truth: Floats | None, scene: ScoredHole, side: int) -> float | None:
    """Return the mean jump across the border over the mean that belongs there."""
    means, hole, known = mean_squares(values, side), _share(scene.hole, side), _share(scene.known, side)
    true = None if truth is None else mean_squares(truth, side)
    crossing = usual = 0.0
    count = 0
    for axis in (0, 1):
        jump = find_jumps(means, axis, side)
        (hole_a, hole_b), (known_a, known_b) = _beside(hole, axis, side), _beside(known, axis, side)
        most = 1 - STRAY
        border = ((hole_a >= most) & (known_b >= most)) | ((known_a >= most) & (hole_b >= most))
        inside = (known_a > 0.999) & (known_b > 0.999)
        if border.any() and inside.any():
            crossing += float(jump[border].sum())
            belongs = jump[inside] if true is None else find_jumps(true, axis, side)[border]
            usual += float(belongs.mean()) * int(border.sum())
            count += int(border.sum())
    if not count or max(crossing, usual) < FAINT * count:
        return None
    return (crossing + FAINT * count) / (usual + FAINT * count)


def find_jumps(means: Floats, axis: int, side: int) -> Floats:
    """Return the distance of each square's mean from that of the one beside it."""
    here, beside = _beside(means, axis, side)
    jumps: Floats = np.sqrt(np.square(beside - here).sum(0))
    return jumps


def _share(mask: Bools, side: int) -> NDArray[np.float32]:
    share: NDArray[np.float32] = mean_squares(mask[None].astype(np.float32), side)[0]
    return share


def mean_squares(values: Floats, side: int) -> Floats:
    """Return the mean of every square of a side, ``(C, h - side + 1, w - side + 1)``."""
    if side == 1:
        return values
    down = np.zeros_like(values[:, side - 1 :])
    for n in range(side):
        down += values[:, n : values.shape[1] - side + 1 + n]
    means = np.zeros_like(down[:, :, side - 1 :])
    for n in range(side):
        means += down[:, :, n : values.shape[2] - side + 1 + n]
    return means / np.float32(side**2)


def _beside(values: NDArray[np.float32], axis: int, side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each square and the one beside it, along the rows (axis 1) or the columns (axis 0) of ``(…, h, w)``."""
    if axis == 0:
        return values[..., :-side, :], values[..., side:, :]
    return values[..., :-side], values[..., side:]
