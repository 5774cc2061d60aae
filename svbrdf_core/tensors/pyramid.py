"""Pictures with unknown and forbidden pixels, and their halving from one level of a pyramid to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.tensors.threads import map_in_threads

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

ROWS = 64
"""Rows that are written at a time."""


@dataclass(frozen=True)
class Plane:
    """A picture at one scale.

    Attributes:
        image: float32 ``(H, W, C)``.
        known: bool ``(H, W)``; elsewhere ``image`` holds nothing.
        allowed: bool ``(H, W)``, whether pixels may serve as sources.
        fixed: how many of the last channels are known everywhere.
        room: where a border is to be added, the larger array that ``image`` is the middle of: it saves a copy.
    """

    image: Floats
    known: Bools
    allowed: Bools
    fixed: int = 0
    room: Floats | None = None


def halve(plane: Plane) -> Plane:
    """Average known pixels 2 x 2; an odd last row or column stands alone. Half of a block must be known to count.

    Of channels that are known everywhere all pixels count.
    """
    known = plane.known.astype(np.float32)
    count, area = add_blocks(known), add_blocks(np.ones_like(known))
    most = np.maximum(count, 1)[..., None]
    image = np.empty((*count.shape, plane.image.shape[2]), np.float32)

    def write(part: slice) -> None:
        rows = slice(2 * part.start, 2 * part.stop)
        np.divide(add_blocks(plane.image[rows] * known[rows, :, None]), most[part], out=image[part])
        if plane.fixed:
            at = np.s_[..., plane.image.shape[2] - plane.fixed :]
            np.divide(add_blocks(plane.image[rows][at]), area[part][..., None], out=image[part][at])

    map_in_threads(write, [slice(at, at + ROWS) for at in range(0, len(count), ROWS)])
    return Plane(image, 2 * count >= area, add_blocks(~plane.allowed) == 0, plane.fixed)


def add_blocks(picture: NDArray[Any]) -> NDArray[Any]:
    """Return the sums of 2 x 2 pixels; beyond an odd last row or column there is nothing."""
    for axis in (0, 1):
        ahead = np.moveaxis(picture, axis, 0)
        sums = ahead[::2].copy() if ahead.dtype != np.bool_ else ahead[::2].astype(np.uint8)
        sums[: len(ahead) // 2] += ahead[1::2]
        picture = np.moveaxis(sums, 0, axis)
    return picture
