"""The last, sharp reconstruction of a fill: whole pixels copied from where the field points.

Newson et al. 2017: each hole pixel is taken, in all channels, from the patch centred on it. A smooth correction
(`blend`) may follow.
"""

from __future__ import annotations

import numpy as np

from svbrdf_core.patch.blend import Kinds, Space, level_copies
from svbrdf_core.patch.copies import Copies
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.orientation import locate_origin, orient_tensor
from svbrdf_core.patch.types import Floats, Ints, Orientation, PatchFill
from svbrdf_core.tensors.layout import ChannelLayout


def copy_pixels(
    tensor: Floats,
    layout: ChannelLayout,
    level: Level,
    rows: Ints,
    cols: Ints,
    orientations: tuple[Orientation, ...],
    energy: float,
    space: Space | None,
    kinds: Kinds | None = None,
) -> PatchFill:
    """Fill the tensor by the finest level's field ``(H, W)``; the channels of a space are levelled, within kinds."""
    ys, xs = level.hole_ys, level.hole_xs
    height, width = level.shape
    planes = (tensor, *(orient_tensor(tensor, layout, way) for way in orientations[1:]))
    copies = Copies.of_field(planes, level, rows, cols)
    out = tensor.copy()
    out[:, ys, xs] = copies.values()
    if space is not None:
        out[:, ys, xs] = level_copies(out, layout, space, level.known, ys, xs, copies, kinds)
    from_y, from_x = np.empty_like(ys), np.empty_like(xs)
    for k, way in enumerate(orientations):
        of = copies.orientation == k
        from_y[of], from_x[of] = locate_origin(copies.rows[of], copies.cols[of], way, height, width)
    return PatchFill(out, ys, xs, from_y % height, from_x % width, copies.orientation, orientations, energy)
