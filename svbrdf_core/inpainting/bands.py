"""Bands along edges that are to meet: how wide they may be, and whether the edges meet then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.masks import Mask
from svbrdf_core.material.canvas import Canvas
from svbrdf_core.material.tiling import measure_gaps, read_pairs

SHARES = (1 / 4, 1 / 2, 1)
"""Bands that are tried, in parts of the widest."""
LEAST = 16
"""Pixels of the narrowest band: a few patches."""
LINES = 128
"""Pairs of neighbouring lines inside that steps are compared with."""
FAINT = 1e-3
"""Steps inside, in standard deviations, below which there are none."""
UNSEEN = 1.05
"""A step over an edge is none that is seen up to here, in those between lines inside."""


def fit_band(
    size: tuple[int, int], units: tuple[int, int], percent: float, meets: tuple[bool, bool]
) -> tuple[tuple[int, int], ...]:
    """Return the widths of bands to try, down and across, the narrowest first; 0 along edges that are not to meet.

    Args:
        size: height and width of the material.
        units: pixels of which half a band must be a multiple, down and across.
        percent: of the picture that the widest band takes.
        meets: whether the upper and lower edges are to meet, and the left and right ones.

    Raises:
        InputError: a band would be more than half of the picture.
    """
    found: list[tuple[int, int]] = []
    for share in SHARES:
        pair = [0, 0]
        for axis, (length, unit) in enumerate(zip(size, units, strict=True)):
            if meets[axis]:
                half = max(round(length * percent / 200 * share), LEAST // 2)
                pair[axis] = 2 * -(-half // unit) * unit
            if 2 * pair[axis] > length:
                raise InputError(
                    f"A band of {pair[axis]} pixels is more than half of the picture, which has {length}; give a "
                    "narrower one, or larger images."
                )
        found.append((pair[0], pair[1]))
    return tuple(dict.fromkeys(found))


def band_mask(height: int, width: int, band: tuple[int, int]) -> Mask:
    """Return the mask ``(H, W)`` of bands along the edges, half on either side of a seam."""
    mask = np.zeros((height, width), np.float32)
    rows, columns = band[0] // 2, band[1] // 2
    mask[:rows] = mask[height - rows :] = 1
    mask[:, :columns] = mask[:, width - columns :] = 1
    return mask


@dataclass(frozen=True)
class EdgeSteps:
    """How a material goes on across its edges.

    Attributes:
        rows: the step from the last row to the first, over the mean step between neighbouring rows inside.
        columns: the same of columns.
    """

    rows: float
    columns: float

    def worst(self, meets: tuple[bool, bool]) -> float:
        """Return the larger one of those edges that are to meet."""
        return max(step for step, counts in zip((self.rows, self.columns), meets, strict=True) if counts)


def measure_edge_steps(canvas: Canvas) -> EdgeSteps:
    """Compare the steps over the edges of a picture, all maps in their standard deviations, with those inside.

    The mean along a line is left out, so that a joint that runs along an edge does not count.
    """
    return EdgeSteps(_measure_step(canvas, 0), _measure_step(canvas, 1))


def _measure_step(canvas: Canvas, axis: int) -> float:
    total = (canvas.height, canvas.width)[axis]
    inside = np.unique(np.linspace(0, total - 2, LINES).round().astype(int)).tolist()
    pairs = read_pairs(canvas, [total - 1, *inside], axis)
    spread = pairs[:, 1:].std(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
    varies = spread.ravel() > 1e-4
    if not varies.any():
        return 1.0
    steps = measure_gaps(*np.moveaxis(np.asarray(pairs[varies] / spread[varies], np.float32), 3, 0))
    usual = float(steps[1:].mean())
    return float(steps[0]) / usual if usual > FAINT else 1.0
