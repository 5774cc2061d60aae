"""Contact sheet of fills beside their truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import svbrdf_core as sv

Pixels = NDArray[np.uint8]
CELL = 192
"""Side of a cell in pixels."""


def draw_beside(
    truth: NDArray[np.float32], filled: NDArray[np.float32], layout: sv.ChannelLayout, hole: NDArray[np.bool_]
) -> Pixels:
    """Return a strip ``(CELL, n * CELL, 3)``: truth and fill of each map round the hole, edged in the truth."""
    rows, cols = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    side = min(*hole.shape, int(1.3 * max(np.ptp(rows), np.ptp(cols))) + 16)
    top = int(np.clip((rows[0] + rows[-1] - side) // 2, 0, hole.shape[0] - side))
    left = int(np.clip((cols[0] + cols[-1] - side) // 2, 0, hole.shape[1] - side))
    at = np.linspace(0, side - 1, CELL).round().astype(np.intp)
    edge = hole & ~ndimage.binary_erosion(hole, iterations=max(1, side // CELL))
    cells = []
    for name in layout.names:
        for values in (truth, filled):
            part = values[layout.slice_of(name)] / 2 + 0.5 if name == "normal" else values[layout.slice_of(name)]
            cell = np.broadcast_to(np.clip(part, 0, 1), (3, *hole.shape)).transpose(1, 2, 0)
            cell = np.where(edge[..., None] & (values is truth), (1.0, 0.0, 1.0), cell)
            cells.append((cell[top + at][:, left + at] * 255).round().astype(np.uint8))
    return np.concatenate(cells, axis=1)


def contact_sheet(strips: Sequence[Pixels]) -> Pixels:
    """Return the strips below each other, the shorter ones padded with black."""
    width = max(strip.shape[1] for strip in strips)
    return np.concatenate([np.pad(strip, ((0, 4), (0, width - strip.shape[1]), (0, 0))) for strip in strips])
