"""Patches of a fill and of the known region as two sets: how far apart they are, and what each holds of the other.

The ideas of FID (Heusel et al. 2017), KID (Binkowski et al. 2018), precision and recall (Kynkäänniemi et al. 2019),
density and coverage (Naeem et al. 2020), on features of our own: a photograph's network knows nothing of roughness, and
one material has too few patches for its 2048 features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.metrics.distances import (
    NEIGHBOURS,
    Doubles,
    Sample,
    frechet,
    jackknife,
    kernel,
    kernel_left_out,
    neighbourhoods,
)
from svbrdf_core.metrics.gradients import FAINT
from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole, check, scene
from svbrdf_core.tensors.layout import ChannelLayout

MARGIN = 128
"""Pixels around the hole that patches are taken from."""
SIDE, STRIDES = 8, (1, 2, 4)
"""Samples a side of a patch, and pixels between them on each level: the patch sees 8, 16 and 32 pixels."""
REACH = SIDE // 2 * max(STRIDES) + 6
"""Pixels around its middle that a patch depends on, the blur of the coarsest level with it."""
BLOCK = SIDE * max(STRIDES)
"""Pixels a side of the squares whose patches are not compared with each other: they share most of what they see."""
FEATURES = 64
MOST, LEAST = 1024, 2 * FEATURES
"""Patches that are looked at at most, and that there must be."""
FEWEST = 4
"""Blocks on either side below which nothing can be said of chance."""


def patch_statistics(
    filled: Floats, layout: ChannelLayout, hole: Bools, *, tileable: bool = False, seed: int = 0
) -> dict[str, float]:
    """Return how the fill's patches lie among the known region's, as `compare_patches` does; no truth is needed.

    Args:
        filled: ``(C, H, W)``, as in a material's tensor.
        layout: which channels are which map.
        hole: ``(H, W)``.
        tileable: the surroundings of the hole go on across the edges.
        seed: of the projections and of which patches are looked at; only figures of one seed can be compared.

    Returns:
        Nothing where either side has fewer than 128 patches, or lies in fewer than 4 squares of 32 pixels.

    Raises:
        InputError: shapes that do not belong together, or a fill with NaN in the hole.
        MaskError: a hole that is empty, of another size, or leaves nothing around it.
    """
    hole = np.asarray(hole, bool)
    check(filled, None, layout, hole)
    return compare_patches(scene(filled, None, layout, hole, MARGIN, tileable=tileable), seed)


def compare_patches(cut: ScoredHole, seed: int = 0) -> dict[str, float]:
    """Return ``patch/frechet``, ``kernel``, ``kernel_error``, ``precision``, ``recall``, ``density`` and ``coverage``.

    A patch is all maps around a pixel on three levels of a Gaussian pyramid, 8 x 8 samples each, in standard
    deviations of the known region. Its features are 64 random projections, negative ones cut to 0. ``frechet`` is the
    squared Fréchet distance of the two Gaussians with the features' means and covariances, ``kernel`` the unbiased
    squared maximum mean discrepancy, which is about 0, also below it, where both are alike, and ``kernel_error`` its
    standard error. Patches overlap: those of one square of 32 x 32 pixels are never compared with each other, and the
    error comes from leaving whole squares out.
    """
    rng = np.random.default_rng(seed)
    spots = [_spots(middles, rng) for middles in _middles(cut)]
    blocks = [spot // BLOCK @ np.array([cut.hole.shape[1], 1]) for spot in spots]
    if min(len(spot) for spot in spots) < LEAST or min(len(np.unique(block)) for block in blocks) < FEWEST:
        return {}
    if any(np.unique(block, return_counts=True)[1].max() > len(block) - NEIGHBOURS for block in blocks):
        return {}
    of_fill, of_known = (Sample(*pair) for pair in zip(_features(_standard(cut), spots, rng), blocks, strict=True))
    near = neighbourhoods(of_known, of_fill)
    # A square may hold patches of both sides, but what is left out at a time is one side's.
    left_out = kernel_left_out(of_fill, of_known, of_fill.blocks, -1 - of_known.blocks)
    return {
        "patch/frechet": frechet(of_fill.features, of_known.features),
        "patch/kernel": kernel(of_fill, of_known),
        "patch/kernel_error": jackknife(left_out),
        **{f"patch/{name}": value for name, value in near._asdict().items()},
    }


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
