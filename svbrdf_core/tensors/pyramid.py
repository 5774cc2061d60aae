"""Pictures with unknown and forbidden pixels, and their halving from one level of a pyramid to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Plane:
    """A picture at one scale.

    Attributes:
        image: float32 ``(H, W, C)``.
        known: bool ``(H, W)``; elsewhere ``image`` holds nothing.
        allowed: bool ``(H, W)``, whether pixels may serve as sources.
    """

    image: Floats
    known: Bools
    allowed: Bools


def halve(plane: Plane) -> Plane:
    """Average known pixels 2 x 2; an odd last row or column stands alone. Half of a block must be known to count."""
    height, width = plane.known.shape
    pad = ((0, height % 2), (0, width % 2))
    weight = np.pad(plane.known.astype(np.float32), pad)
    image = np.pad(plane.image, (*pad, (0, 0))) * weight[..., None]
    total = image[0::2, 0::2] + image[0::2, 1::2] + image[1::2, 0::2] + image[1::2, 1::2]
    count = weight[0::2, 0::2] + weight[0::2, 1::2] + weight[1::2, 0::2] + weight[1::2, 1::2]
    inside = np.pad(np.ones(plane.known.shape, np.float32), pad)
    area = inside[0::2, 0::2] + inside[0::2, 1::2] + inside[1::2, 0::2] + inside[1::2, 1::2]
    ok = np.pad(plane.allowed, pad, constant_values=True)
    allowed = ok[0::2, 0::2] & ok[0::2, 1::2] & ok[1::2, 0::2] & ok[1::2, 1::2]
    return Plane(total / np.maximum(count, 1)[..., None], 2 * count >= area, allowed)
