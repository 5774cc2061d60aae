"""A material's tensor comes in; the image patches are compared on goes out: standardised maps and texture features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from svbrdf_core.layout import ChannelLayout
from svbrdf_core.maps import spec_of
from svbrdf_core.patch.types import Bools, Floats

FLAT = 0.03
"""Deviations below this fraction of a map's range count as storage noise; such a map gets less weight than others."""

SHARE = 0.99
"""The part of the working image's variance that its principal channels keep; the maps of a material are correlated, so
that half of the channels or fewer carry it and every comparison costs that much less."""
SAMPLE = 50_000
"""Known pixels that the principal channels are computed from."""


@dataclass(frozen=True)
class Standard:
    """How a tensor becomes a working image: ``channels`` are taken, centred on ``mean`` and divided by ``scale``.

    Attributes:
        channels: intp ``(K,)``, the tensor's channels that vary over the known region.
        mean, scale: float32 ``(K,)``.
        groups: slices of the K channels that belong to one map.
    """

    channels: np.ndarray[tuple[int], np.dtype[np.intp]]
    mean: Floats
    scale: Floats
    groups: tuple[slice, ...]


def standard_of(tensor: Floats, layout: ChannelLayout, known: Bools) -> Standard:
    """Measure the known region: every map gets one scale, so that its channels together have about unit variance.

    A map that is constant there is left out; one that hardly varies is not blown up (`FLAT`). The published four-map
    code compares raw 8-bit values instead, so that the map with the largest range decides alone.

    Args:
        tensor: float32 ``(C, H, W)``.
        layout: which channels are which map.
        known: bool ``(H, W)``, at least one pixel.
    """
    channels: list[int] = []
    means: list[float] = []
    scales: list[float] = []
    groups: list[slice] = []
    for name in layout.names:
        at = layout.slice_of(name)
        values = tensor[at][:, known]
        if (values == values[:, :1]).all():
            continue
        variance = values.var(axis=1, dtype=np.float64).mean() + (FLAT * _span(name, values)) ** 2
        scale = np.sqrt(variance * len(values))
        groups.append(slice(len(channels), len(channels) + len(values)))
        channels += range(at.start, at.stop)
        means += values.mean(axis=1, dtype=np.float64).tolist()
        scales += [float(scale)] * len(values)
    return Standard(
        np.array(channels, np.intp), np.array(means, np.float32), np.array(scales, np.float32), tuple(groups)
    )


def _span(name: str, values: Floats) -> float:
    spec = spec_of(name)
    if spec.high is not None:
        return spec.high - spec.low
    return float(np.ptp(values))


def working_image(tensor: Floats, standard: Standard, known: Bools, window: int, weight: float) -> Floats:
    """Return the image to compare: float32 ``(H, W, K + 2 G)``, the unknown set to 0 (the mean).

    The last channels are, for each of the G maps, the mean absolute horizontal and vertical difference over a
    ``window`` x ``window`` neighbourhood of known pixels, times ``weight`` (Newson et al. 2017, section 3.4).
    """
    if not len(standard.channels):
        return np.zeros((*known.shape, 1), np.float32)  # nothing varies: all sources are alike
    values = (tensor[standard.channels].transpose(1, 2, 0) - standard.mean) / standard.scale
    values[~known] = 0
    if weight == 0 or not standard.groups:
        return np.ascontiguousarray(values, np.float32)
    features = [
        weight * _mean_over_known(difference, both, window)
        for group in standard.groups
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
