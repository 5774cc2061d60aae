"""Errors of each map against the truth."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole
from svbrdf_core.tensors.maps import spec_of

Doubles = NDArray[np.float64]

BAND = 4
"""Pixels of the band on either side of the hole's border."""
REACH = 5
"""Pixels that SSIM looks at around each of its own: an 11 x 11 window."""
CEILING = 100.0
"""Decibels of a map without error: what a mean squared error of 1e-10 has, so that means over maps stay finite."""
SIGMA, K1, K2 = 1.5, 0.01, 0.03


def accuracy(scene: ScoredHole) -> dict[str, float]:
    """Return MSE, L1, PSNR, SSIM of each map and the angle between normals, in the hole and (``band/``) at its border.

    The mean is over the hole's pixels and the map's channels. PSNR is for a peak of 1, or of the largest value of the
    original for maps that may exceed 1. SSIM is that of Wang et al. 2004 (Gaussian window of 11 x 11, sigma 1.5,
    K1 = 0.01, K2 = 0.03, each channel alone), its map averaged over the hole. Angles are in degrees.
    """
    if scene.truth is None:
        return {}
    rim = band(scene)
    found: dict[str, float] = {}
    for name, filled, truth in scene.maps():
        assert truth is not None
        peak = _peak(name, truth[:, scene.hole | scene.known])
        similarity = ssim_map(filled, truth, peak)
        degrees = angles(filled, truth) if spec_of(name).encoding == "vector" else None
        for prefix, where in (("", scene.hole), ("band/", rim)):
            difference = filled[:, where].astype(np.float64) - truth[:, where]
            mse = float(np.mean(difference**2))
            found[f"{prefix}mse/{name}"] = mse
            found[f"{prefix}l1/{name}"] = float(np.mean(np.abs(difference)))
            found[f"{prefix}psnr/{name}"] = psnr(mse, peak)
            found[f"{prefix}ssim/{name}"] = float(np.mean(similarity[:, where]))
            if degrees is not None:
                found[f"{prefix}angle/{name}"] = float(np.mean(degrees[where]))
                found[f"{prefix}angle95/{name}"] = float(np.quantile(degrees[where], 0.95))
    return found


def band(scene: ScoredHole) -> Bools:
    """Return where the hole's border is near: known and filled pixels within `BAND` of each other, ``(h, w)``."""
    ball = np.hypot(*np.mgrid[-BAND : BAND + 1, -BAND : BAND + 1]) <= BAND
    near_hole = ndimage.binary_dilation(scene.hole, ball)
    near_known = ndimage.binary_dilation(scene.known, ball)
    rim: Bools = (scene.hole & near_known) | (scene.known & near_hole)
    return rim


def psnr(mse: float, peak: float = 1.0) -> float:
    """Return the peak signal-to-noise ratio in decibels, at most `CEILING`."""
    return min(CEILING, 10 * math.log10(peak**2 / mse)) if mse > 0 else CEILING


def ssim_map(filled: Floats, truth: Floats, peak: float) -> Doubles:
    """Return the structural similarity ``(C, h, w)`` of two pictures around each pixel (Wang et al. 2004, eq. 13)."""
    x, y = filled.astype(np.float64), truth.astype(np.float64)
    mean_x, mean_y = _filter_gaussian(x), _filter_gaussian(y)
    square_x, square_y, product = mean_x**2, mean_y**2, mean_x * mean_y
    spread_x, spread_y = _filter_gaussian(x * x) - square_x, _filter_gaussian(y * y) - square_y
    together = _filter_gaussian(x * y) - product
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    similarity: Doubles = ((2 * product + c1) * (2 * together + c2)) / (
        (square_x + square_y + c1) * (spread_x + spread_y + c2)
    )
    return similarity


def angles(filled: Floats, truth: Floats) -> Doubles:
    """Return the angle in degrees ``(h, w)`` between normals that are stored as ``(n + 1) / 2``."""
    a, b = (2 * filled.astype(np.float64) - 1), (2 * truth.astype(np.float64) - 1)
    # The arc tangent keeps its digits at small angles, where the arc cosine has none.
    across = np.linalg.norm(np.cross(a, b, axis=0), axis=0)
    turned: Doubles = np.degrees(np.arctan2(across, (a * b).sum(0)))
    return turned


def _peak(name: str, truth: Floats) -> float:
    return 1.0 if spec_of(name).high is not None else max(1.0, float(np.abs(truth).max(initial=0.0)))


def _filter_gaussian(values: Doubles) -> Doubles:
    along = np.arange(-REACH, REACH + 1)
    weights = np.exp(-0.5 * (along / SIGMA) ** 2)
    weights /= weights.sum()
    across = ndimage.correlate1d(values, weights, axis=2)
    smooth: Doubles = ndimage.correlate1d(across, weights, axis=1)
    return smooth
