"""What a fill looks like on its way: pixels copied by a coarse level's field as they are at full size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svbrdf_core.patch.copies import Copies
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.orientation import locate_origin
from svbrdf_core.patch.solve import double_field
from svbrdf_core.patch.types import Floats, Ints, Orientation


def copy_by_level(
    tensor: Floats, levels: Sequence[Level], orientations: tuple[Orientation, ...], depth: int, rows: Ints, cols: Ints
) -> Floats:
    """Return values ``(C, H, W)`` of the hole copied by the field of a level: sharp, and in blocks if it is coarse.

    Elsewhere there are zeros, whose memory is never touched.

    Turned copies of normals are not turned for this: it is to be looked at for a second.

    Args:
        tensor: what is filled.
        levels: from fine to coarse.
        orientations: of the copies in each level.
        depth: the number of the level.
        rows: of its field.
        cols: alike.
    """
    for at in range(depth, 0, -1):
        rows, cols = double_field(rows, cols, levels[at], levels[at - 1])
    finest = levels[0]
    copies = Copies.of_field((tensor,), finest, rows, cols)
    height, width = tensor.shape[1:]
    out = np.zeros(tensor.shape, tensor.dtype)
    for number, way in enumerate(orientations):
        of = copies.orientation == number
        from_y, from_x = locate_origin(copies.rows[of], copies.cols[of], way, height, width)
        out[:, finest.hole_ys[of], finest.hole_xs[of]] = tensor[:, from_y % height, from_x % width]
    return out
