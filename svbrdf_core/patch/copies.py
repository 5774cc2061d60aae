"""Where every pixel of a filled hole was copied from, and how its source goes on around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.types import Floats, Ints


@dataclass(frozen=True)
class Copies:
    """The source of every hole pixel in the oriented copies of a tensor.

    Attributes:
        planes: the tensor and its turned copies, float32 ``(C, H, W)`` or ``(C, W, H)``.
        rows, cols, orientation: ``(N,)``, the source pixel in its plane, and which plane.
        centre_rows, centre_cols: ``(N,)``, the centre of the source patch, all known; beside an edge of the picture
            that is not the source pixel.
        wrap: whether rows and columns of the first plane wrap.
    """

    planes: tuple[Floats, ...]
    rows: Ints
    cols: Ints
    orientation: NDArray[np.int8]
    centre_rows: Ints
    centre_cols: Ints
    wrap: tuple[bool, bool]

    @classmethod
    def of_field(cls, planes: tuple[Floats, ...], level: Level, rows: Ints, cols: Ints) -> Copies:
        """Read the field ``(H, W)`` of the finest level at the hole's pixels."""
        height, width = level.shape
        ys = level.hole_ys if level.wrap[0] else np.clip(level.hole_ys, R, height - R - 1)
        xs = level.hole_xs if level.wrap[1] else np.clip(level.hole_xs, R, width - R - 1)
        orientation = (np.searchsorted(level.starts, rows[ys, xs], side="right") - 1).astype(np.int8)
        centre_rows = rows[ys, xs] - np.asarray(level.starts, np.int32)[orientation]
        centre_cols = cols[ys, xs]
        return cls(
            planes,
            centre_rows + level.hole_ys - ys,
            centre_cols + level.hole_xs - xs,
            orientation,
            centre_rows,
            centre_cols,
            level.wrap,
        )

    def values(self, dy: int = 0, dx: int = 0, which: NDArray[np.intp] | None = None) -> Floats:
        """Return the channels ``(C, n)`` of the sources, or of pixels beside them, no further than their patches go."""
        every = np.arange(len(self.rows)) if which is None else which
        out = np.empty((self.planes[0].shape[0], len(every)), np.float32)
        for k, plane in enumerate(self.planes):
            of = self.orientation[every] == k
            at = every[of]
            rows = np.clip(self.rows[at] + dy, self.centre_rows[at] - R, self.centre_rows[at] + R) % plane.shape[1]
            cols = np.clip(self.cols[at] + dx, self.centre_cols[at] - R, self.centre_cols[at] + R) % plane.shape[2]
            out[:, of] = plane.reshape(len(plane), -1).take(rows * plane.shape[2] + cols, 1)
        return out

    def label_pieces(self, ys: Ints, xs: Ints) -> NDArray[np.intp]:
        """Return a number ``(N,)`` for each pixel of the hole, the same where the same shift of a plane was copied.

        Args:
            ys: the pixels' rows, counted on across the seam of a torus.
            xs: their columns, alike.
        """
        height, width = self.planes[0].shape[1:]
        plain = self.orientation == 0
        down, right = self.rows.astype(np.int64) - ys, self.cols.astype(np.int64) - xs
        down = np.where(plain & self.wrap[0], down % height, down)
        right = np.where(plain & self.wrap[1], right % width, right)
        span = 4 * max(height, width) + 1
        keys = (self.orientation.astype(np.int64) * span + down + span // 2) * span + right + span // 2
        return np.asarray(np.unique(keys, return_inverse=True)[1])
