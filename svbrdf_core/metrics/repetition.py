"""How much one sees that a material repeats when it is laid over a large surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

SIDE = 256
"""Pixels a side that a tile is reduced to: what repeats to the eye is large in the tile."""
COARSE = 1 / 24
"""Deviation of the blur, in sides of the tile, beyond which spots are seen from afar."""
NEAR = 1 / 8
"""Shifts less than this, in sides, say how large spots are, not that they come again."""
SEEN, PLAIN = 0.010, 0.025
"""Contrast from which a repetition can be seen when looked for, and from which it is seen at once: of lightness, where
black to white is 1. Held against twenty materials laid two by two."""


@dataclass(frozen=True)
class Repetition:
    """The repetition of a tiled plane.

    Attributes:
        contrast: deviation of its lightness at a coarse scale, 0..1, of which the part is left out that comes again
            within a tile anyway, as bricks do.
        own: the highest autocorrelation of a tile at shifts within it: 1 if it repeats itself.
    """

    contrast: float
    own: float

    @property
    def sentence(self) -> str:
        """What is said of it."""
        if self.contrast < SEEN:
            said = "Laid over a large surface its repetition is hardly seen"
        elif self.contrast < PLAIN:
            said = "Laid over a large surface its repetition can be seen by its larger spots"
        else:
            said = "Laid over a large surface its repetition catches the eye, for its large spots differ much"
        return f"{said} (contrast {self.contrast:.3f})."


def measure_repetition(light: NDArray[np.float64]) -> Repetition:
    """Measure the autocorrelation of the plane that copies of a picture make, at the scale of its large spots.

    At shifts of whole tiles it is 1, of any material; whether that is seen depends on how much there is to recognise:
    the coarse contrast of a tile, but for what its own autocorrelation finds again within it.

    Args:
        light: ``(h, w)``, the lightness of a tile, 0..1, at a size of some hundred pixels (`SIDE`).
    """
    coarse = ndimage.gaussian_filter(light, [COARSE * size for size in light.shape], mode="wrap")
    coarse -= coarse.mean()
    contrast = float(coarse.std())
    if contrast < 1e-6:
        return Repetition(0.0, 1.0)
    power = np.abs(fft.rfft2(coarse)) ** 2
    correlation = fft.irfft2(power, s=coarse.shape) / (coarse.size * contrast**2)
    rows, columns = (np.minimum(np.arange(size), size - np.arange(size)) / size for size in coarse.shape)
    far = np.maximum(rows[:, None], columns[None]) >= NEAR
    own = float(np.clip(correlation[far].max(), 0, 1))
    return Repetition(contrast * float(np.sqrt(1 - own)), own)
