"""The last, sharp reconstruction of a fill: whole pixels copied from where the field points.

Newson et al. 2017: each hole pixel is taken, in all channels, from the patch centred on it. A smooth correction
(`blend`) may follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.blend import level_steps
from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.orientation import locate_origin, orient_tensor
from svbrdf_core.patch.types import Floats, Ints, Orientation, PatchFill
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import EXTRA_PREFIX
from svbrdf_core.tensors.standardize import Standardizer


@dataclass(frozen=True)
class Copies:
    """The source of every hole pixel in the oriented copies of a tensor.

    Attributes:
        planes: the tensor and its turned copies, float32 ``(C, H, W)`` or ``(C, W, H)``.
        rows, cols, orientation: ``(N,)``, the source pixel in its plane, and which plane.
        wrap: whether rows and columns of the first plane wrap.
    """

    planes: tuple[Floats, ...]
    rows: Ints
    cols: Ints
    orientation: NDArray[np.int8]
    wrap: tuple[bool, bool]

    def values(self, dy: int = 0, dx: int = 0, which: NDArray[np.intp] | None = None) -> Floats:
        """Return the channels ``(C, n)`` of the sources, or of their neighbours one step away."""
        every = np.arange(len(self.rows)) if which is None else which
        out = np.empty((self.planes[0].shape[0], len(every)), np.float32)
        for k, plane in enumerate(self.planes):
            of = self.orientation[every] == k
            rows, cols = self.rows[every[of]] + dy, self.cols[every[of]] + dx
            rows = rows % plane.shape[1] if k == 0 and self.wrap[0] else np.clip(rows, 0, plane.shape[1] - 1)
            cols = cols % plane.shape[2] if k == 0 and self.wrap[1] else np.clip(cols, 0, plane.shape[2] - 1)
            out[:, of] = plane[:, rows, cols]
        return out

    def steps(self, which: NDArray[np.intp], dy: int, dx: int) -> Floats:
        """Return the steps ``(C, n)`` from the sources of some pixels to the neighbours of the sources."""
        return self.values(dy, dx, which) - self.values(0, 0, which)


def copy_pixels(
    tensor: Floats,
    layout: ChannelLayout,
    standardizer: Standardizer,
    level: Level,
    rows: Ints,
    cols: Ints,
    orientations: tuple[Orientation, ...],
    energy: float,
    blend: bool,
) -> PatchFill:
    """Fill the tensor by the finest level's field ``(H, W)``."""
    ys, xs = level.hole_ys, level.hole_xs
    height, width = level.shape
    centre_y = ys if level.wrap[0] else np.clip(ys, R, height - R - 1)
    centre_x = xs if level.wrap[1] else np.clip(xs, R, width - R - 1)
    orientation = (np.searchsorted(level.starts, rows[centre_y, centre_x], side="right") - 1).astype(np.int8)
    planes = (tensor, *(orient_tensor(tensor, layout, way) for way in orientations[1:]))
    copies = Copies(
        planes,
        rows[centre_y, centre_x] + ys - centre_y - np.asarray(level.starts, np.int32)[orientation],
        cols[centre_y, centre_x] + xs - centre_x,
        orientation,
        level.wrap,
    )
    out = tensor.copy()
    out[:, ys, xs] = copies.values()
    if blend:
        out[:, ys, xs] = _blend_copies(out, layout, standardizer, level, copies)
    from_y, from_x = np.empty_like(ys), np.empty_like(xs)
    for k, way in enumerate(orientations):
        of = orientation == k
        from_y[of], from_x[of] = locate_origin(copies.rows[of], copies.cols[of], way, height, width)
    return PatchFill(out, ys, xs, from_y % height, from_x % width, orientation, orientations, energy)


def _blend_copies(
    out: Floats, layout: ChannelLayout, standardizer: Standardizer, level: Level, copies: Copies
) -> Floats:
    """Return the hole's pixels ``(C, N)``, corrected, within the known values' range, normals of unit length."""
    ys, xs = level.hole_ys, level.hole_xs
    values = out[:, ys, xs]
    if not len(standardizer.channels):
        return values
    plain = [layout.slice_of(name) for name in layout.names if name.startswith(EXTRA_PREFIX)]  # may be labels
    labels = {channel for at in plain for channel in range(at.start, at.stop)}
    moved = [k for k, channel in enumerate(standardizer.channels) if channel not in labels]
    channels = standardizer.channels[moved]

    def steps(which: NDArray[np.intp], dy: int, dx: int) -> Floats:
        return copies.steps(which, dy, dx)[channels]

    values[channels] += level_steps(out[channels], ys, xs, level.wrap, steps, standardizer.scale[moved])
    low, high = out[:, level.known].min(1), out[:, level.known].max(1)
    values = np.clip(values, low[:, None], high[:, None])
    if "normal" in layout.names:
        at = layout.slice_of("normal")
        values[at] /= np.maximum(np.linalg.norm(values[at], axis=0), 1e-6)
    return values
