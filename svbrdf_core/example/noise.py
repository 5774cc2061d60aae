"""Periodic building blocks: noise, cells and blurs that continue across the edges of the tile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Field = NDArray[np.float32]
"""One value per pixel, ``(H, W)``."""


def grid(size: int) -> tuple[Field, Field]:
    """Return pixel centres ``x`` (to the right) and ``y`` (down) in tile widths, each ``(size, size)`` in 0..1."""
    at = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)
    x, y = np.meshgrid(at, at)
    return x, y


def noise(
    size: int, rng: np.random.Generator, low: float, high: float, *, falloff: float = 1.0, along: float = 1.0
) -> Field:
    """Return periodic noise of zero mean and unit deviation.

    Args:
        size: side in pixels.
        rng: the only source of randomness.
        low: start of the band of frequencies, in cycles per tile.
        high: end of the band.
        falloff: amplitude goes with ``frequency ** -falloff`` inside the band.
        along: how much longer features are along y than along x; below 1 they lie along x.
    """
    white = rng.standard_normal((size, size), dtype=np.float32)
    fx = fft.rfftfreq(size, 1 / size)[None, :]
    fy = fft.fftfreq(size, 1 / size)[:, None] * along
    f = np.hypot(fx, fy)
    f[0, 0] = 1.0
    # Soft band edges: a hard cut rings.
    band = f**-falloff * np.exp(-((f / high) ** 2)) * (1 - np.exp(-((f / low) ** 2)))
    band[0, 0] = 0.0
    out = np.asarray(fft.irfft2(fft.rfft2(white) * band.astype(np.float32), s=(size, size)), dtype=np.float32)
    return np.asarray(out / out.std(), dtype=np.float32)


def smoothstep(low: float | Field, high: float | Field, x: Field) -> Field:
    """Return the cubic ramp that is 0 below ``low`` and 1 above ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def blur(field: Field, radius: float) -> Field:
    """Return a periodic Gaussian blur; ``radius`` is the deviation in tile widths."""
    size = field.shape[0]
    # By frequency, since the cost of a kernel would grow with the radius in pixels.
    fx, fy = fft.rfftfreq(size, 1 / size)[None, :], fft.fftfreq(size, 1 / size)[:, None]
    keep = np.exp(-2 * (np.pi * radius) ** 2 * (fx**2 + fy**2)).astype(np.float32)
    return np.asarray(fft.irfft2(fft.rfft2(field) * keep, s=field.shape), dtype=np.float32)


def wrap_delta(delta: Field) -> Field:
    """Return a difference of tile positions taken the short way round, in -0.5..0.5."""
    return np.asarray(delta - np.round(delta), dtype=np.float32)


def cell_bowls(x: Field, y: Field, count: int, rng: np.random.Generator, sharpness: float) -> tuple[Field, Field]:
    """Return the surface left by one round tool on every cell of a jittered ``count * count`` grid.

    Each blow leaves a paraboloid; the surface is their soft minimum, so blows cut into each other along ridges.

    Returns:
        The surface in squared cell widths, and a random value 0..1 of the deepest blow at each pixel (blended).
    """
    jitter = rng.uniform(-0.42, 0.42, (2, count, count)).astype(np.float32)
    level = rng.uniform(0.0, 0.22, (count, count)).astype(np.float32)
    tone = rng.uniform(0.0, 1.0, (count, count)).astype(np.float32)
    column, row = np.floor(x * count).astype(np.int64), np.floor(y * count).astype(np.int64)
    total = np.zeros_like(x)
    tones = np.zeros_like(x)
    for dj in range(-2, 3):
        for di in range(-2, 3):
            i, j = (column + di) % count, (row + dj) % count
            dx = column + di + 0.5 + jitter[0, j, i] - x * count
            dy = row + dj + 0.5 + jitter[1, j, i] - y * count
            weight = np.exp(-sharpness * (dx * dx + dy * dy + level[j, i])).astype(np.float32)
            total += weight
            tones += weight * tone[j, i]
    return np.asarray(-np.log(total) / sharpness, dtype=np.float32), tones / total
