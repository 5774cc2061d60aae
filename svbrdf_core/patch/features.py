"""The image that patches are compared on: standardised maps, texture features, and their principal channels."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from svbrdf_core.patch.types import Bools, Floats
from svbrdf_core.tensors.standardize import Standardizer

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
    values = standardizer.standardize(tensor).transpose(1, 2, 0)
    values[~known] = 0
    if weight == 0 or not standardizer.groups:
        return np.ascontiguousarray(values, np.float32)
    features = [
        weight * _mean_over_known(difference, both, window)
        for group in standardizer.groups
        for difference, both in _differences(values[..., group], known)
    ]
    return np.concatenate([values, np.stack(features, -1)], -1).astype(np.float32)


def _differences(values: Floats, known: Bools) -> list[tuple[Floats, Bools]]:
    found = []
    for axis in (1, 0):
        difference = np.zeros(known.shape, np.float32)
        both = np.zeros(known.shape, np.bool_)
        here = (slice(None), slice(None, -1)) if axis else (slice(None, -1), slice(None))
        difference[here] = np.linalg.norm(np.diff(values, axis=axis), axis=-1)
        both[here] = (known[:, 1:] & known[:, :-1]) if axis else (known[1:] & known[:-1])
        found.append((difference, both))
    return found


def _mean_over_known(values: Floats, known: Bools, window: int) -> Floats:
    total = ndimage.uniform_filter(values * known, window, mode="constant")
    count = ndimage.uniform_filter(known.astype(np.float32), window, mode="constant")
    return np.where(count > 0.5 / window**2, total / np.maximum(count, 0.5 / window**2), 0).astype(np.float32)


def principal_channels(image: Floats, known: Bools) -> Floats:
    """Return the orthonormal combinations ``(C, K)`` of an image's channels that hold `SHARE` of its known variance.

    Distances between patches of ``image @ combinations`` are those of the image, but for what was left out.
    """
    values = image[known]
    values = values[:: max(1, len(values) // SAMPLE)].astype(np.float64)
    variance, directions = np.linalg.eigh(np.cov(values, rowvar=False, ddof=0).reshape(values.shape[1], -1))
    kept = np.cumsum(variance[::-1]) < SHARE * variance.sum()
    count = min(int(kept.sum()) + 1, values.shape[1])
    return np.ascontiguousarray(directions[:, ::-1][:, :count], np.float32)
