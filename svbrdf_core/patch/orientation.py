"""Mirrored and turned copies of a tensor, normals turned with the texture."""

from __future__ import annotations

import numpy as np

from svbrdf_core.patch.types import Floats, Ints, Orientation
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import kind_of


def list_orientations(rotations: bool, mirrors: bool) -> tuple[Orientation, ...]:
    """List the orientations in which sources may be used, the untouched one first."""
    return tuple(
        Orientation(quarter, mirrored)
        for mirrored in ((False, True) if mirrors else (False,))
        for quarter in (range(4) if rotations else (0,))
    )


def orient(image: np.ndarray, orientation: Orientation) -> np.ndarray:
    """Return the image ``(H, W, ...)`` mirrored and turned; a view, height and width swapped at odd quarters."""
    return np.rot90(image[:, ::-1] if orientation.mirrored else image, orientation.quarters)


def orient_tensor(tensor: Floats, layout: ChannelLayout, orientation: Orientation) -> Floats:
    """Return the tensor ``(C, H, W)`` mirrored and turned, its normals (x right, y up) pointing where they should."""
    oriented = np.ascontiguousarray(orient(tensor.transpose(1, 2, 0), orientation).transpose(2, 0, 1))
    for name in (name for name in layout.names if kind_of(name) == "normal"):
        at = layout.slice_of(name).start
        oriented[at], oriented[at + 1] = rotate_normal(oriented[at], oriented[at + 1], orientation)
    return oriented


def rotate_normal(x: Floats, y: Floats, orientation: Orientation) -> tuple[Floats, Floats]:
    """Turn the tangential components of normals (x right, y up) with their texture."""
    if orientation.mirrored:
        x = -x
    for _ in range(orientation.quarters):
        x, y = -y, x.copy()
    return x, y


def locate_origin(rows: Ints, cols: Ints, orientation: Orientation, height: int, width: int) -> tuple[Ints, Ints]:
    """Return where pixels of an oriented image lie in the ``(height, width)`` image it was made from."""
    tall, wide = (height, width) if orientation.quarters % 2 == 0 else (width, height)
    for _ in range(orientation.quarters):
        rows, cols, tall, wide = cols, tall - 1 - rows, wide, tall
    return rows, (width - 1 - cols if orientation.mirrored else cols)
