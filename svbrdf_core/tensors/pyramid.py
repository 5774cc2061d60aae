"""Pictures with unknown and forbidden pixels, and their halving from one level of a pyramid to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    known = plane.known.astype(np.float32)
    count, area = _add_blocks(known), _add_blocks(np.ones_like(known))
    total = _add_blocks(plane.image * known[..., None])
    total /= np.maximum(count, 1)[..., None]
    return Plane(total, 2 * count >= area, _add_blocks(~plane.allowed) == 0)


def _add_blocks(picture: NDArray[Any]) -> NDArray[Any]:
    """Return the sums of 2 x 2 pixels; beyond an odd last row or column there is nothing."""
    for axis in (0, 1):
        ahead = np.moveaxis(picture, axis, 0)
        sums = ahead[::2].copy() if ahead.dtype != np.bool_ else ahead[::2].astype(np.uint8)
        sums[: len(ahead) // 2] += ahead[1::2]
        picture = np.moveaxis(sums, 0, axis)
    return picture
