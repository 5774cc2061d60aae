"""Distance between the patch statistics of a fill and of the known region.

The ideas of FID (Heusel et al. 2017) and KID (Binkowski et al. 2018), on features of our own: a photograph's network
knows nothing of roughness, and one material has too few patches for 2048 features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.metrics.gradients import FAINT
from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole, check, scene
from svbrdf_core.tensors.layout import ChannelLayout

Doubles = NDArray[np.float64]

MARGIN = 128
"""Pixels around the hole that patches are taken from."""
SIDE, STRIDES = 8, (1, 2, 4)
"""Samples a side of a patch, and pixels between them on each level: the patch sees 8, 16 and 32 pixels."""
REACH = SIDE // 2 * max(STRIDES) + 6
"""Pixels around its middle that a patch depends on, the blur of the coarsest level with it."""
FEATURES = 64
MOST, LEAST = 1024, 2 * FEATURES
"""Patches that are looked at at most, and that there must be."""


def patch_statistics(
    filled: Floats, layout: ChannelLayout, hole: Bools, *, tileable: bool = False, seed: int = 0
) -> dict[str, float]:
    """Return ``patch/frechet`` and ``patch/kernel``: distances of the fill's patches from the known region's.

    A patch is all maps around a pixel on three levels of a Gaussian pyramid, 8 x 8 samples each, in standard
    deviations of the known region. Its features are 64 random projections, negative ones cut to 0. ``frechet`` is the
    squared Fréchet distance of the two Gaussians with the features' means and covariances (Heusel et al. 2017, eq. 6),
    ``kernel`` the unbiased squared maximum mean discrepancy with the kernel ``(x y / 64 + 1)^3`` (Binkowski et al.
    2018, section 3), which is about 0, also below it, where both are alike. No truth is needed.

    Args:
        filled: ``(C, H, W)``, as in a material's tensor.
        layout: which channels are which map.
        hole: ``(H, W)``.
        tileable: the surroundings of the hole go on across the edges.
        seed: of the projections and of which patches are looked at; only figures of one seed can be compared.

    Returns:
        Nothing where either side has fewer than 128 patches.

    Raises:
        InputError: shapes that do not belong together, or a fill with NaN in the hole.
        MaskError: a hole that is empty, of another size, or leaves nothing around it.
    """
    hole = np.asarray(hole, bool)
    check(filled, None, layout, hole)
    cut = scene(filled, None, layout, hole, MARGIN, tileable=tileable)
    rng = np.random.default_rng(seed)
    spots = [_spots(middles, rng) for middles in _middles(cut)]
    if min(len(spot) for spot in spots) < LEAST:
        return {}
    of_fill, of_known = _features(_standard(cut), spots, rng)
    return {"patch/frechet": frechet(of_fill, of_known), "patch/kernel": kernel(of_fill, of_known)}


def frechet(x: Doubles, y: Doubles) -> float:
    """Return the squared Fréchet distance of the Gaussians fitted to two samples ``(n, d)`` and ``(m, d)``."""
    one, other = np.atleast_2d(np.cov(x, rowvar=False)), np.atleast_2d(np.cov(y, rowvar=False))
    # The trace of the root of a product of covariances is the sum of the roots of its eigenvalues, all at least 0.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(one @ other).real, 0)).sum()
    apart = np.square(x.mean(0) - y.mean(0)).sum()
    return max(float(apart + np.trace(one) + np.trace(other) - 2 * roots), 0.0)


def kernel(x: Doubles, y: Doubles) -> float:
    """Return the unbiased squared maximum mean discrepancy of two samples ``(n, d)`` and ``(m, d)``, cubic kernel."""

    def alike(a: Doubles, b: Doubles) -> Doubles:
        values: Doubles = (a @ b.T / a.shape[1] + 1) ** 3
        return values

    def within(a: Doubles) -> float:
        values = alike(a, a)
        return float(values.sum() - np.trace(values)) / (len(a) * (len(a) - 1))

    return within(x) + within(y) - 2 * float(alike(x, y).mean())


def _middles(cut: ScoredHole) -> tuple[Bools, Bools]:
    """Return where patches of the fill may have their middle, and those of the known region."""
    side = 2 * REACH + 1
    seen = ndimage.minimum_filter(cut.hole | cut.known, side, mode="constant", cval=0)
    apart = ndimage.minimum_filter(cut.known, side, mode="constant", cval=0)
    return cut.hole & seen, apart


def _spots(middles: Bools, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return pixels ``(n, 2)`` of a mask, at most `MOST` of them."""
    found = np.argwhere(middles)
    return rng.choice(found, MOST, replace=False) if len(found) > MOST else found


def _standard(cut: ScoredHole) -> Floats:
    """Return all channels in standard deviations of the known region; those that do not vary there are left as 0."""
    known = cut.filled[:, cut.known]
    mean, spread = known.mean(1)[:, None, None], known.std(1)[:, None, None]
    return np.where(spread > FAINT, (cut.filled - mean) / np.maximum(spread, FAINT), 0).astype(np.float32)


def _features(values: Floats, spots: list[NDArray[np.intp]], rng: np.random.Generator) -> list[Doubles]:
    totals = [np.zeros((len(spot), FEATURES)) for spot in spots]
    scale = np.sqrt(len(values) * SIDE**2 * len(STRIDES))
    for stride in STRIDES:
        level = ndimage.gaussian_filter(values, (0, stride / 2, stride / 2), truncate=3) if stride > 1 else values
        mixing = rng.standard_normal((len(values) * SIDE**2, FEATURES)) / scale
        offsets = (np.arange(SIDE) - SIDE // 2) * stride
        for total, spot in zip(totals, spots, strict=True):
            rows = spot[:, 0, None, None] + offsets[:, None]
            columns = spot[:, 1, None, None] + offsets
            patches = level[:, rows, columns].transpose(1, 0, 2, 3).reshape(len(spot), -1)
            total += patches @ mixing
    return [np.maximum(total, 0) for total in totals]
