"""Holes filled smoothly by what is known at ever coarser scales: quick, and good enough to look at meanwhile."""

from __future__ import annotations

import numpy as np

from svbrdf_core.tensors.pyramid import Bools, Floats, add_blocks


def push_pull(tensor: Floats, known: Bools) -> Floats:
    """Return pictures ``(C, H, W)`` whose unknown pixels hold what their surroundings are like.

    Gortler, Grzeszczuk, Szeliski, Cohen, "The Lumigraph", 1996, section 3.4: known pixels are averaged down until all
    of a level is known, and what is missing is taken up again from there.

    Args:
        tensor: what is in unknown pixels means nothing.
        known: bool ``(H, W)``; if nothing is known, there are zeros.
    """
    values = np.where(known, tensor, 0).astype(np.float32).transpose(1, 2, 0)
    return _fill(values, known[..., None].astype(np.float32)).transpose(2, 0, 1)


def _fill(values: Floats, weight: Floats) -> Floats:
    """Return values ``(H, W, C)`` with those filled in whose weight ``(H, W, 1)``, 0 or 1, is 0."""
    if weight.all() or weight.size == 1:
        return values
    count, total = add_blocks(weight), add_blocks(values * weight)
    some = np.maximum(count, 1).astype(np.float32)
    coarse = _fill(total / some, count / some)
    return np.where(weight > 0, values, _double(coarse, values.shape[:2]))


def _double(picture: Floats, size: tuple[int, int]) -> Floats:
    """Return a picture enlarged linearly: each pixel is three parts its own block's and one part the next one's.

    In a sixth of the time that an interpolation at any places takes, for whoever looks waits for it.
    """
    for axis, length in enumerate(size):
        ahead = np.moveaxis(picture, axis, 0)
        padded = np.concatenate([ahead[:1], ahead, ahead[-1:]])
        out = np.empty((2 * len(ahead), *ahead.shape[1:]), np.float32)
        out[::2] = 0.75 * ahead + 0.25 * padded[:-2]
        out[1::2] = 0.75 * ahead + 0.25 * padded[2:]
        picture = np.moveaxis(out[:length], 0, axis)
    return picture
