"""The image that patches are compared on: standardised maps, texture features, and their principal channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.types import Bools, Floats
from svbrdf_core.tensors.standardize import Standardizer
from svbrdf_core.tensors.threads import map_in_threads

SHARE = 0.99
"""The part of the feature image's variance that its principal channels keep; the maps of a material are correlated, so
that half of the channels or fewer carry it and every comparison costs that much less."""
SAMPLE = 50_000
"""Known pixels that the principal channels are computed from."""


def feature_image(tensor: Floats, standardizer: Standardizer, known: Bools, window: int, weight: float) -> Floats:
    """Return the image to compare: float32 ``(H, W, K + 2 G)``, the unknown set to 0 (the mean).

    The last channels are, for each of the G maps, the mean absolute horizontal and vertical difference over a
    ``window`` x ``window`` neighbourhood of known pixels, times ``weight`` (Newson et al. 2017, section 3.4).
    """
    if not len(standardizer.channels):
        return np.zeros((*known.shape, 1), np.float32)  # nothing varies: all sources are alike
    groups = standardizer.groups if weight else ()
    count = len(standardizer.channels)
    image = np.empty((*known.shape, count + 2 * len(groups)), np.float32)
    steps = [_Steps.within(known, axis, window) for axis in (1, 0)] if groups else []

    def write_map(number: int) -> None:
        of = standardizer.groups[number]
        values = standardizer.standardize(tensor, of)
        np.copyto(values, 0, where=~known)
        image[..., of] = values.transpose(1, 2, 0)
        for at, step in enumerate(steps, count + 2 * number):
            image[..., at] = weight * step.average(values)

    map_in_threads(write_map, range(len(standardizer.groups)))
    return image


@dataclass(frozen=True)
class _Steps:
    """The steps between known pixels in one direction.

    Attributes:
        axis: 0 down, 1 to the right.
        known: bool ``(H, W)``, whether a pixel and its neighbour are.
        share: float32 ``(H, W)``, of the steps around each pixel.
        window: over how many pixels a side they are averaged.
    """

    axis: int
    known: Bools
    share: Floats
    window: int

    @classmethod
    def within(cls, known: Bools, axis: int, window: int) -> _Steps:
        both = np.zeros_like(known)
        here, there = _beside(axis)
        both[here] = known[here] & known[there]
        return cls(axis, both, ndimage.uniform_filter(both.astype(np.float32), window, mode="constant"), window)

    def average(self, values: Floats) -> Floats:
        """Return the mean length of the steps of values ``(K, H, W)`` around each pixel, 0 where there are none."""
        length = np.zeros(self.known.shape, np.float32)
        here, there = _beside(self.axis)
        for channel in values:
            length[here] += np.square(channel[there] - channel[here])
        np.sqrt(length, out=length)
        length *= self.known
        total = ndimage.uniform_filter(length, self.window, mode="constant")
        least = 0.5 / self.window**2
        return np.where(self.share > least, total / np.maximum(self.share, least), 0).astype(np.float32)


def _beside(axis: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the pixels that have a neighbour in a direction, and these neighbours."""
    every, first, second = slice(None), slice(None, -1), slice(1, None)
    return ((every, first), (every, second)) if axis else ((first, every), (second, every))


def principal_channels(image: Floats, known: Bools) -> Floats:
    """Return the orthonormal combinations ``(C, K)`` of an image's channels that hold `SHARE` of its known variance.

    Distances between patches of ``image @ combinations`` are those of the image, but for what was left out.
    """
    at = np.flatnonzero(known)
    values = image.reshape(-1, image.shape[-1])[at[:: max(1, len(at) // SAMPLE)]].astype(np.float64)
    variance, directions = np.linalg.eigh(np.cov(values, rowvar=False, ddof=0).reshape(values.shape[1], -1))
    kept = np.cumsum(variance[::-1]) < SHARE * variance.sum()
    count = min(int(kept.sum()) + 1, values.shape[1])
    return np.ascontiguousarray(directions[:, ::-1][:, :count], np.float32)
