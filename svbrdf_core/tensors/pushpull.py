"""Holes filled smoothly by what is known at ever coarser scales: quick, and good enough to look at meanwhile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


def push_pull(tensor: Floats, known: Bools) -> Floats:
    """Return pictures ``(C, H, W)`` whose unknown pixels hold what their surroundings are like.

    Gortler, Grzeszczuk, Szeliski, Cohen, "The Lumigraph", 1996, section 3.4: known pixels are averaged down until all
    of a level is known, and what is missing is taken up again from there.

    Args:
        tensor: what is in unknown pixels means nothing.
        known: bool ``(H, W)``; if nothing is known, there are zeros.
    """
    return _fill(np.where(known, tensor, 0).astype(np.float32), known.astype(np.float32))


def _fill(values: Floats, weight: Floats) -> Floats:
    if weight.all() or weight.size == 1:
        return values
    count, total = _add_blocks(weight), _add_blocks(values * weight)
    some = np.maximum(count, 1).astype(np.float32)
    coarse = _fill(total / some, count / some)
    return np.where(weight > 0, values, _double(coarse, values.shape[-2:]))


def _add_blocks(picture: Floats) -> Floats:
    """Return the sums of 2 x 2 blocks of the last axes; an odd last row or column stands alone."""
    height, width = picture.shape[-2:]
    even = np.pad(picture, (*((0, 0),) * (picture.ndim - 2), (0, height % 2), (0, width % 2)))
    rows: Floats = even[..., ::2, :] + even[..., 1::2, :]
    return rows[..., ::2] + rows[..., 1::2]


def _double(picture: Floats, size: tuple[int, int]) -> Floats:
    """Return pictures enlarged linearly: each pixel is three parts its own block's and one part the next one's."""
    for axis, length in zip((-2, -1), size, strict=True):
        moved = np.moveaxis(picture, axis, -1)
        padded = np.concatenate([moved[..., :1], moved, moved[..., -1:]], -1)
        out = np.empty((*moved.shape[:-1], 2 * moved.shape[-1]), np.float32)
        out[..., ::2] = 0.75 * moved + 0.25 * padded[..., :-2]
        out[..., 1::2] = 0.75 * moved + 0.25 * padded[..., 2:]
        picture = np.moveaxis(out[..., :length], -1, axis)
    return picture
