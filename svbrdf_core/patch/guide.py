"""What a hole should look like coarsely, how sure that is, and how far a fill is from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.types import Bools, Floats
from svbrdf_core.tensors.pyramid import Plane, halve

BLUR = 1.5
"""Low-pass of a guide and of what is compared with it, in pixels: samples are softer than sources, and would favour the
soft ones."""
DOUBT = 0.25
"""Variance of samples, over that of the low-passed known pixels, at which a guide counts half."""


@dataclass(frozen=True, eq=False)
class Guide:
    """What samples of a hole have in common, at one level.

    Attributes:
        depth: number of the level, 0 for the finest.
        picture: float32 ``(H, W, C)``, their mean, low-passed, in the level's channels.
        confidence: float32 ``(H, W)``, 0 to 1: how far they agree.
        hole: bool ``(H, W)``.
        wrap: whether rows and columns wrap.
    """

    depth: int
    picture: Floats
    confidence: Floats
    hole: Bools
    wrap: tuple[bool, bool]

    @classmethod
    def of(cls, level: Level, depth: int, samples: Sequence[Floats]) -> Guide:
        """Average samples ``(H, W, C)`` of the level's picture, of which only the hole is read."""
        sources = level.source.reshape(level.source.shape[0], -1, level.channels)[R:-R, R:-R]
        known = level.known[..., None]
        own = sources[: level.shape[0], : level.shape[1]]
        low = np.stack([low_pass(np.where(known, own, sample), level.wrap) for sample in samples])
        spread = float(low[0][level.known].var(0).sum())
        variance = low.var(0, ddof=1).sum(-1) if len(samples) > 1 else np.zeros(level.shape)
        confidence = 1 / (1 + variance / max(DOUBT * spread, 1e-12))
        return cls(depth, low.mean(0), np.asarray(confidence, np.float32), ~level.known, level.wrap)

    def distance(self, picture: Floats, depth: int) -> float:
        """Return the mean distance of a picture ``(H, W, C)``, of this level or of a finer one, in the hole."""
        everywhere = np.ones(picture.shape[:2], np.bool_)
        plane = Plane(picture, everywhere, everywhere)
        for _ in range(self.depth - depth):
            plane = halve(plane)
        away = np.linalg.norm(low_pass(plane.image, self.wrap) - self.picture, axis=-1)
        return float(np.average(away[self.hole], weights=self.confidence[self.hole]))


def low_pass(image: Floats, wrap: tuple[bool, bool], seen: Bools | None = None) -> Floats:
    """Return the weighted mean of the seen pixels around each pixel of an image ``(H, W, C)``."""
    modes: list[Literal["wrap", "nearest"]] = ["wrap" if wraps else "nearest" for wraps in wrap]
    if seen is None:
        return np.asarray(ndimage.gaussian_filter(image, (BLUR, BLUR, 0), mode=[*modes, "nearest"]), np.float32)
    weight = ndimage.gaussian_filter(seen.astype(np.float32), BLUR, mode=modes)
    blurred = low_pass(np.where(seen[..., None], image, 0), wrap)
    return np.asarray(blurred / np.maximum(weight, 1e-6)[..., None], np.float32)
