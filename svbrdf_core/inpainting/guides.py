"""Guides: colours that say which part becomes like which, structure that goes on, and how the grain runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch import Control
from svbrdf_core.tensors.layout import ChannelLayout

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

GRAIN = 4.0
"""Deviation in pixels of the window in which the direction of the grain is estimated."""
SMOOTH = 12.0
"""The same of what goes on into a hole where nobody painted how the grain runs there."""


@dataclass(frozen=True)
class Guides:
    """What a fill follows besides its surroundings.

    Attributes:
        labels: ``(H, W, L)``, colours of the whole canvas; L may be 0.
        angles: ``(H, W)``, how the grain is to run in the hole: radians, counter-clockwise from the x axis, NaN where
            it goes on as it runs around; None if it does so everywhere, or does not matter.
        grain: whether directions matter.
    """

    labels: Bytes
    angles: Floats | None = None
    grain: bool = False

    def rolled(self, top: int, left: int) -> Guides:
        """Return the guides of a canvas that begins at another row and column."""
        by, axes = (-top, -left), (0, 1)
        angles = None if self.angles is None else np.roll(self.angles, by, axes)
        return replace(self, labels=np.roll(self.labels, by, axes), angles=angles)

    def taken(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Guides:
        """Return the guides of some rows and columns."""
        at = np.ix_(rows, columns)
        return replace(self, labels=self.labels[at], angles=None if self.angles is None else self.angles[at])

    def control(self, tensor: Floats, layout: ChannelLayout, hole: Bools) -> Control:
        """Return the control maps of a window ``(C, h, w)`` with a hole ``(h, w)``, which the guides are of."""
        labels = np.asarray(np.moveaxis(self.labels, 2, 0) / np.float32(255), np.float32)
        if not self.grain:
            return Control(labels, np.empty((0, *hole.shape), np.float32))
        directions = estimate_directions(tensor, layout, ~hole)
        if self.angles is not None:
            said = hole & np.isfinite(self.angles)
            twice = 2 * self.angles[said]
            directions[:, said] = np.cos(twice), np.sin(twice)
            hole = hole & ~said
        return Control(labels, _go_on(directions, hole), turned=self.angles is not None)


def estimate_directions(tensor: Floats, layout: ChannelLayout, known: Bools) -> Floats:
    """Return how the grain runs, ``(2, H, W)`` as of `Control.directions`, by the structure tensor of all maps.

    Bigün and Granlund, "Optimal orientation detection of linear symmetry", ICCV 1987: the grain runs across the
    gradients, whose mean outer product tells their common direction, and how far they have one.

    Args:
        tensor: float32 ``(C, H, W)``.
        layout: which channels are which map.
        known: bool ``(H, W)``; elsewhere the direction is 0, which is none.
    """
    across, down, both = (np.zeros(known.shape, np.float32) for _ in range(3))
    inner = ndimage.binary_erosion(known, np.ones((3, 3), np.bool_), border_value=1)
    for name in layout.names:
        values = tensor[layout.slice_of(name)]
        spread = float(values[:, known].std()) if known.any() else 0.0
        for channel in values if spread > 1e-4 else ():
            dy, dx = (step * inner for step in np.gradient(np.where(known, channel, 0) / np.float32(spread)))
            across += dx * dx
            down += dy * dy
            both += dx * dy
    across, down, both = (np.asarray(ndimage.gaussian_filter(part, GRAIN)) for part in (across, down, both))
    size = np.maximum(across + down, 1e-9)
    # The angle of the grain is that of the gradients turned by 90 degrees, and rows count downwards.
    return np.asarray(np.stack([down - across, 2 * both]) / size * known, np.float32)


def _go_on(directions: Floats, hole: Bools) -> Floats:
    """Return directions going on smoothly into a hole from the nearest pixels around it."""
    if hole.all():
        return directions
    nearest = ndimage.distance_transform_edt(hole, return_distances=False, return_indices=True)
    spread = directions[:, nearest[0], nearest[1]]
    smooth = np.stack([ndimage.gaussian_filter(part, SMOOTH) for part in spread])
    return np.asarray(np.where(hole, smooth, directions), np.float32)
