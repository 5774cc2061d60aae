"""Scales that bring the maps of a material to comparable units, measured over its known region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import spec_of
from svbrdf_core.tensors.threads import map_in_threads

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

FLAT = 0.03
"""Deviations below this fraction of a map's range count as storage noise; such a map gets less weight than others."""
SAMPLE = 1 << 18
"""Known pixels that are measured at the most."""


@dataclass(frozen=True)
class Standardizer:
    """The channels of a tensor that vary, centred on ``mean`` and divided by ``scale``.

    Attributes:
        channels: intp ``(K,)``, the tensor's channels that vary over the known region.
        mean, scale: float32 ``(K,)``.
        groups: slices of the K channels that belong to one map.
    """

    channels: np.ndarray[tuple[int], np.dtype[np.intp]]
    mean: Floats
    scale: Floats
    groups: tuple[slice, ...]

    @classmethod
    def measure(cls, tensor: Floats, layout: ChannelLayout, known: Bools) -> Standardizer:
        """Measure the known region, or `SAMPLE` pixels of it.

        Every map gets one scale, so that its channels together have about unit variance. A map that is constant there
        is left out; one that hardly varies is not blown up (`FLAT`). The published four-map code compares raw 8-bit
        values instead, so that the map with the largest range decides alone.

        Args:
            tensor: float32 ``(C, H, W)``.
            layout: which channels are which map.
            known: bool ``(H, W)``, at least one pixel.
        """
        at = [layout.slice_of(name) for name in layout.names]
        looked_at = _sample(known)

        def look(number: int) -> tuple[list[float], float] | None:
            every = tensor[at[number]].reshape(-1, known.size)
            values = every[:, looked_at]
            if all(_is_constant(channel, known) for channel in every):
                return None
            noise = FLAT * _range_of(layout.names[number], values)
            scale = np.sqrt((values.var(axis=1, dtype=np.float64).mean() + noise**2) * len(values))
            return values.mean(axis=1, dtype=np.float64).tolist(), float(scale)

        channels: list[int] = []
        means: list[float] = []
        scales: list[float] = []
        groups: list[slice] = []
        for of, found in zip(at, map_in_threads(look, range(len(at))), strict=True):
            if found is None:
                continue
            mean, scale = found
            groups.append(slice(len(channels), len(channels) + len(mean)))
            channels += range(of.start, of.stop)
            means += mean
            scales += [scale] * len(mean)
        return cls(
            np.array(channels, np.intp), np.array(means, np.float32), np.array(scales, np.float32), tuple(groups)
        )

    def standardize(self, tensor: Floats, which: slice = slice(None)) -> Floats:
        """Return the varying channels of a tensor ``(C, H, W)``, or some, in standard deviations, ``(K, H, W)``."""
        values = tensor[self.channels[which]]
        values -= self.mean[which, None, None]
        values /= self.scale[which, None, None]
        return values

    def restore(self, values: Floats) -> Floats:
        """Return standardised values ``(K, H, W)`` in the maps' own units, in which the channels are stored."""
        restored: Floats = values * self.scale[:, None, None] + self.mean[:, None, None]
        return restored


def _sample(known: Bools) -> NDArray[np.intp]:
    """Return some of the known pixels, as positions in the flat picture; all where they are few."""
    at = np.flatnonzero(known)
    return at if len(at) <= SAMPLE else at[np.random.default_rng(0).integers(0, len(at), SAMPLE)]


def _is_constant(channel: Floats, known: Bools) -> bool:
    """Whether all known pixels of a channel ``(H W,)`` are alike."""
    parts = [slice(at, at + SAMPLE) for at in range(0, known.size, SAMPLE)]  # what varies is mostly seen to at once
    seen = (channel[part][known.ravel()[part]] for part in parts)
    some = next(values for values in seen if len(values))
    return bool((some == some[0]).all()) and all((values == some[0]).all() for values in seen)


def _range_of(name: str, values: Floats) -> float:
    spec = spec_of(name)
    if spec.high is not None:
        return spec.high - spec.low
    return float(np.ptp(values))
