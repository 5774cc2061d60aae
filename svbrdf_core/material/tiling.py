"""A test for tiling: whether a material goes on from its right edge to its left one, and from bottom to top."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.material.canvas import Picture
from svbrdf_core.material.material import Material
from svbrdf_core.tensors.layout import ChannelLayout

LINES = 64
"""Pairs of neighbouring lines inside the material that the seam is compared with."""
TORN = 0.3
"""A seam is open from here on, on a scale from 0 (as inside) to 1 (as lines that have nothing to do with each other).

Of the twenty materials we try things on fifteen tile: twelve are found out, three have a joint of bricks or planks on
their seam and are taken not to. None of the other five, and none of sixty crops of all, is taken to tile.
"""


def tiles(material: Material, mask: NDArray[np.float32] | None = None) -> tuple[bool, bool]:
    """Tell whether a material goes on across its seams: top to bottom, and left to right.

    Across each seam the two lines of pixels are compared, as are pairs of neighbouring lines inside, and pairs far
    apart. The mean along a line is left out, so that a joint that runs along the seam does not count. In doubt
    the answer is no, as it is for a set of UDIM tiles: a fill then treats the edge as an edge, which costs less than a
    wrong continuation.

    Args:
        material: any; it is read by lines, map by map.
        mask: ``(H, W)``, the hole, which is not looked at.

    Returns:
        Whether rows wrap (bottom to top) and whether columns wrap (right to left).
    """
    if material.tiles is not None and len(material.tiles.cells) > 1:
        return False, False
    known = None if mask is None else mask == 0
    return _openness(material, known, axis=0) < TORN, _openness(material, known, axis=1) < TORN


def single(material: Material, name: str) -> Material:
    """Return the same material as if it had one map only, so that a window reads one file."""
    binding = material.maps[name]
    layout = ChannelLayout((name,), (binding.n_channels,))
    return dataclasses.replace(material, maps={name: binding}, layout=layout)


def _openness(material: Material, known: NDArray[np.bool_] | None, axis: int) -> float:
    """Return where the seam stands between neighbours inside (0) and strangers (1); 1 if too little is known of it."""
    total = (material.height, material.width)[axis]
    if total < 8:
        return 1.0
    inside = np.unique(np.linspace(0, total - 2, LINES).round().astype(int))
    starts = [total - 1, *inside.tolist()]
    pairs = np.concatenate([read_pairs(single(material, name), starts, axis) for name in material.maps])
    if known is not None:
        across = np.moveaxis(known, axis, 1)
        pairs[:, ~np.stack([across[:, [s, (s + 1) % total]] for s in starts])] = np.nan
    pairs = pairs[:, np.isfinite(pairs).mean(axis=(0, 2, 3)) > 0.5]
    if not np.isfinite(pairs[:, :1]).any() or len(pairs[0]) < 8:
        return 1.0
    spread = np.nanstd(pairs, axis=(1, 2, 3), keepdims=True)
    pairs = pairs[spread.ravel() > 1e-4] / spread[spread.ravel() > 1e-4]
    if not len(pairs):
        return 0.0
    steps = measure_gaps(pairs[..., 0], pairs[..., 1])
    seam, near = steps[:1], steps[1:]
    far = measure_gaps(pairs[:, 1:, :, 0], np.roll(pairs[:, 1:, :, 0], len(near) // 3, axis=1))
    usual, strange = float(np.median(near)), float(np.median(far))
    # Where strangers are as alike as neighbours (noise), no seam can be seen.
    return (float(seam[0]) - usual) / (strange - usual) if strange > 1.05 * usual else 0.0


def read_pairs(picture: Picture, starts: Sequence[int], axis: int) -> NDArray[np.float32]:
    """Return ``(C, lines, length, 2)``: for each start that line and the next, along the other axis, round the edge."""
    height, width = picture.height, picture.width
    if axis == 0:
        return np.stack([picture.window(s, 0, 2, width, wrap=True).transpose(0, 2, 1) for s in starts], axis=1)
    return np.stack([picture.window(0, s, height, 2, wrap=True) for s in starts], axis=1)


def measure_gaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far lines ``(C, lines, length)`` differ, one number a pair, apart from their mean."""
    apart = a - b
    known = np.isfinite(apart)
    apart = np.where(known, apart, 0)
    count = np.maximum(known.sum(axis=2, keepdims=True), 1)
    apart = np.where(known, np.abs(apart - apart.sum(axis=2, keepdims=True) / count), 0)
    return np.asarray(apart.sum(axis=(0, 2)) / np.maximum(known.sum(axis=(0, 2)), 1), np.float32)
