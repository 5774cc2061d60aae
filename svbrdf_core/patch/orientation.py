"""A tensor comes in; its mirrored and turned copies go out, normals turned with the texture."""

from __future__ import annotations

import numpy as np

from svbrdf_core.layout import ChannelLayout
from svbrdf_core.patch.types import Floats, Ints, Turn


def turns_wanted(quarters: bool, mirrors: bool) -> tuple[Turn, ...]:
    """List the ways sources may be laid, the untouched one first."""
    return tuple(
        Turn(quarter, mirrored)
        for mirrored in ((False, True) if mirrors else (False,))
        for quarter in (range(4) if quarters else (0,))
    )


def lay(image: np.ndarray, turn: Turn) -> np.ndarray:
    """Return the image ``(H, W, ...)`` mirrored and turned; a view, height and width swapped at odd quarters."""
    return np.rot90(image[:, ::-1] if turn.mirrored else image, turn.quarters)


def lay_tensor(tensor: Floats, layout: ChannelLayout, turn: Turn) -> Floats:
    """Return the tensor ``(C, H, W)`` mirrored and turned, its normals (x right, y up) pointing where they should."""
    laid = np.ascontiguousarray(lay(tensor.transpose(1, 2, 0), turn).transpose(2, 0, 1))
    if "normal" in layout.names:
        at = layout.slice_of("normal").start
        laid[at], laid[at + 1] = turned_normal(laid[at], laid[at + 1], turn)
    return laid


def turned_normal(x: Floats, y: Floats, turn: Turn) -> tuple[Floats, Floats]:
    """Turn the tangential components of normals (x right, y up) with their texture."""
    if turn.mirrored:
        x = -x
    for _ in range(turn.quarters):
        x, y = -y, x.copy()
    return x, y


def origin_of(rows: Ints, cols: Ints, turn: Turn, height: int, width: int) -> tuple[Ints, Ints]:
    """Return where pixels of a laid image lie in the ``(height, width)`` image it was made from."""
    tall, wide = (height, width) if turn.quarters % 2 == 0 else (width, height)
    for _ in range(turn.quarters):
        rows, cols, tall, wide = cols, tall - 1 - rows, wide, tall
    return rows, (width - 1 - cols if turn.mirrored else cols)
