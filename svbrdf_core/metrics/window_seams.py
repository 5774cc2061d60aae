"""Visibility, in a fill, of the borders of the windows or tiles that it was made in."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from svbrdf_core.metrics.gradients import FAINT
from svbrdf_core.metrics.scene import Bools, Floats, make_comparable
from svbrdf_core.metrics.seams import SCALES, find_jumps, mean_squares
from svbrdf_core.tensors.layout import ChannelLayout


def window_seams(
    filled: Floats, layout: ChannelLayout, hole: Bools, rows: Collection[int], columns: Collection[int]
) -> dict[str, float]:
    """Return ``window_seam/<map>``: jumps across window borders over those elsewhere in the fill, about 1 unseen.

    A jump is that of `svbrdf_core.metrics.seams.seams`: the distance of the means of two squares side by side, of one
    pixel or of 4 x 4; rows and columns are set against their own kind. Above 1 windows do not go together, below 1 the
    fill is smoother where they meet; of the sizes and directions the ratio that is farthest from 1 is told. A map that
    is constant in the hole is left out. ``window_seam`` is the ratio farthest from 1 of all maps.

    Args:
        filled: ``(C, H, W)``, the material's tensor with the hole filled.
        layout: which channels are which map.
        hole: ``(H, W)``; only jumps within it count.
        rows: numbers of the rows that a window begins with, or that follow the last one of a window.
        columns: the same of columns.
    """
    values, found = make_comparable(filled, layout), {}
    for name in layout.names:
        channels = values[layout.slice_of(name)]
        ratios = [
            ratio
            for side in SCALES
            for axis, borders in enumerate((rows, columns))
            if (ratio := _ratio(channels, hole, side, axis, borders)) is not None
        ]
        if ratios:
            found[f"window_seam/{name}"] = _farthest(ratios)
    return {"window_seam": _farthest(found.values()), **found} if found else {}


def _farthest(ratios: Collection[float]) -> float:
    return max(ratios, key=lambda ratio: abs(np.log(ratio)))


def _ratio(values: Floats, hole: Bools, side: int, axis: int, borders: Collection[int]) -> float | None:
    """Return the mean jump across borders over the mean elsewhere."""
    jumps = np.moveaxis(find_jumps(mean_squares(values, side), axis, side), axis, 0)
    share = np.moveaxis(mean_squares(hole[None].astype(np.float32), side)[0], axis, 0)
    inside = (share[:-side] > 0.999) & (share[side:] > 0.999)
    between = side + np.arange(len(jumps))  # the row or column that the second square begins with
    away = np.abs(between[:, None] - np.array(sorted(borders), np.intp)[None]).min(1, initial=len(values[0]) + side)
    at, elsewhere = inside & (away == 0)[:, None], inside & (away >= side)[:, None]
    if not at.any() or not elsewhere.any():
        return None
    crossing, usual = float(jumps[at].mean()), float(jumps[elsewhere].mean())
    return None if max(crossing, usual) < FAINT else (crossing + FAINT) / (usual + FAINT)
