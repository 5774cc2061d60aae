"""Features of all maps jointly at each pixel of a tile: tone, contrast and grain of each, and how they go together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.metrics.scene import Floats
from svbrdf_core.metrics.tiles import SIDE, Tiles
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import spec_of

STEP = 2
"""Every second pixel of every second row has features; its neighbours would say the same."""
SIGMAS = (1, 2, 4)
"""Standard deviations in pixels of the Gaussian windows."""
JOINT = 2
"""The window in which maps are set against each other."""


def describe_pixels(values: Floats, tiles: Tiles, layout: ChannelLayout) -> list[Floats]:
    """Return the features of each tile's pixels that count, ``(pixels, F)`` a tile.

    They are the values; in Gaussian windows of three sizes each channel's mean, each map's deviation and the root
    mean square of its differences along rows and along columns, and the root of the mean product of two maps'
    gradients; and in one window the scalar product of gradients of different maps, and their covariance. Windows end
    at the tile and count nothing but its pixels in the mask.

    Args:
        values: standardised, ``(C, h, w)``.
        tiles: where to look.
        layout: which channels are which map.
    """
    mask = tiles.shapes.reshape(len(tiles.shapes), 1, -1).astype(np.float32)
    x = tiles.cut(values).reshape(len(mask), -1, SIDE**2) * mask
    along = _Differences(mask)
    maps = [layout.slice_of(name) for name in layout.names]
    across, down = (_sum_maps(d**2, maps) for d in along.of(x))
    size = np.sqrt(across + down)
    one, other = _pairs(range(len(maps)))
    found = [x[..., _SAMPLED]]
    for sigma in SIGMAS:
        mean = _smooth(x, mask, sigma)
        variance = _smooth(x * x, mask, sigma) - mean**2
        energies = [_smooth(across, along.across, sigma), _smooth(down, along.down, sigma)]
        together = _smooth(size[:, one] * size[:, other], mask, sigma)
        found += [mean, *(np.sqrt(np.maximum(v, 0)) for v in (_sum_maps(variance, maps), *energies, together))]
    found += _relations(x, mask, along, layout)
    features = np.concatenate(found, axis=1).swapaxes(1, 2)
    return [f[m] for f, m in zip(features, tiles.shapes.reshape(len(mask), -1)[:, _SAMPLED], strict=True)]


class _Differences:
    """Differences to the next pixel of tiles ``(n, C, SIDE^2)``, 0 where one end does not count."""

    def __init__(self, mask: Floats) -> None:
        square = mask.reshape(len(mask), 1, SIDE, SIDE)
        both = [np.zeros_like(square), np.zeros_like(square)]
        both[0][..., :-1] = square[..., :-1] * square[..., 1:]
        both[1][..., :-1, :] = square[..., :-1, :] * square[..., 1:, :]
        self.across, self.down = (b.reshape(mask.shape) for b in both)
        """Where both ends count, ``(n, 1, SIDE^2)``."""

    def of(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the differences along rows and along columns."""
        across, down = np.roll(x, -1, axis=2) - x, np.roll(x, -SIDE, axis=2) - x
        return across * self.across, down * self.down


def _relations(x: Floats, mask: Floats, along: _Differences, layout: ChannelLayout) -> list[Floats]:
    """Return scalar products of gradients and covariances of what different maps show."""
    shown, owners = [], []
    for number, name in enumerate(layout.names):
        at = layout.slice_of(name)
        # A normal's x and y are its slopes; of a colour its brightness.
        parts = [x[:, at.start], x[:, at.start + 1]] if spec_of(name).encoding == "vector" else [x[:, at].mean(1)]
        shown += parts
        owners += [number] * len(parts)
    values = np.stack(shown, 1)
    one, other = _pairs(owners)
    across, down = along.of(values)
    mean = _smooth(values, mask, JOINT)
    return [
        _smooth(across[:, one] * across[:, other], along.across, JOINT)
        + _smooth(down[:, one] * down[:, other], along.down, JOINT),
        _smooth(values[:, one] * values[:, other], mask, JOINT) - mean[:, one] * mean[:, other],
    ]


def _pairs(owners: range | list[int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of channels that belong to different maps."""
    found = [(a, b) for a, b in combinations(range(len(owners)), 2) if owners[a] != owners[b]]
    one, other = np.array(found, np.intp).reshape(-1, 2).T
    return one, other


def _sum_maps(values: Floats, maps: list[slice]) -> Floats:
    return np.stack([values[:, at].sum(1) for at in maps], 1)


def _window(sigma: float) -> Floats:
    """Return the Gaussian weights ``(SIDE^2, pixels with features)`` of a tile's pixels."""
    apart = np.arange(SIDE)[:, None] - np.arange(0, SIDE, STEP)
    line = np.exp(-0.5 * (apart / sigma) ** 2)
    return np.kron(line, line).astype(np.float32)


_WINDOWS = {sigma: _window(sigma) for sigma in SIGMAS}
_SAMPLED = np.flatnonzero(np.add.outer(np.arange(SIDE) % STEP, np.arange(SIDE) % STEP) == 0)


def _smooth(values: Floats, weight: Floats, sigma: int) -> Floats:
    """Return the weighted mean of values ``(n, C, SIDE^2)`` around each pixel that has features."""
    window = _WINDOWS[sigma]
    total = (values * weight).reshape(-1, SIDE**2) @ window
    mean: Floats = total.reshape(*values.shape[:2], window.shape[1]) / np.maximum(weight @ window, np.float32(1e-4))
    return mean
