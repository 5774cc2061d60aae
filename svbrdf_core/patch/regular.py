"""The one shift of a level's picture that best continues it across the hole.

Bricks, tiles and weaves repeat at fixed offsets, and few offsets dominate the good matches of any picture (He and Sun,
"Statistics of patch offsets for image completion", ECCV 2012). Copying the whole hole from one such offset keeps joints
and rows that a fill patch by patch, content with any smooth continuation, leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.level import Level

BAND = 12
"""Width of the surroundings of the hole that a shift must explain, in pixels of the level."""
OVERLAP = 0.8
"""The part of these surroundings that must be known at the shifted place, too."""
COVER = 0.97
"""The part of the hole's patches whose shifted place must be a source."""


@dataclass(frozen=True)
class Shift:
    """A translation of the picture.

    Attributes:
        dy, dx: from the hole to the source, in pixels of the level.
        score: 1 where the shifted surroundings are equal, 0 where they are as different as chance.
    """

    dy: int
    dx: int
    score: float


def find_shift(level: Level) -> Shift | None:
    """Return the shift whose surroundings of the hole differ least (by correlation), None if none covers the hole."""
    height, width = level.shape
    image = level.given[R:-R, R:-R]
    known = level.known.astype(np.float32)
    near = (ndimage.distance_transform_cdt(level.known, "chessboard") <= BAND) * known
    size = [fft.next_fast_len(2 * n, real=True) for n in level.shape]

    def spectrum(values: NDArray[np.float32]) -> NDArray[np.complex64]:
        return np.asarray(fft.rfft2(values, size, axes=(0, 1)))

    def product(a: NDArray[np.complex64], b: NDArray[np.complex64]) -> NDArray[np.float32]:
        return np.asarray(fft.irfft2(np.conj(a) * b, size, axes=(0, 1)))

    band, all_known = image * near[..., None], image * known[..., None]
    near_f, known_f = spectrum(near), spectrum(known)
    both = product(near_f, known_f)
    cover = product(
        spectrum(level.is_target.astype(np.float32)), spectrum(level.valid[:height, :width].astype(np.float32))
    )
    squares = product(spectrum((band**2).sum(-1)), known_f) + product(near_f, spectrum((all_known**2).sum(-1)))
    cross = np.asarray(fft.irfft2((np.conj(spectrum(band)) * spectrum(all_known)).sum(-1), size))
    possible = (both > OVERLAP * near.sum()) & (cover > COVER * len(level.ys))
    if not possible.any():
        return None
    difference = np.where(possible, (squares - 2 * cross) / np.maximum(both, 1), np.inf)
    row, col = np.unravel_index(int(np.argmin(difference)), difference.shape)
    inside = image[near > 0]
    chance = 2 * float(inside.var(axis=0).sum())
    dy, dx = int(row) - (size[0] if row > height else 0), int(col) - (size[1] if col > width else 0)
    return Shift(dy, dx, 1 - float(difference[row, col]) / chance) if chance > 0 else None
