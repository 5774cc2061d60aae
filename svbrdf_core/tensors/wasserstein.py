"""Sliced Wasserstein distance of two samples (Rabin, Peyré, Delon and Bernot 2011; Bonneel et al. 2015)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

DIRECTIONS = 64
"""Directions: 2000 patches of 300 numbers on either side take 5 ms."""


def sliced_wasserstein(a: Floats, b: Floats, rng: np.random.Generator, *, directions: int = DIRECTIONS) -> float:
    """Return the mean, over random directions, of the 1-Wasserstein distance of two samples projected onto them.

    On a line that distance is the mean difference of the quantiles, ``∫ |F⁻¹(t) - G⁻¹(t)| dt`` over 0..1, which is
    exact here for samples of different sizes too. It is 0 for equal samples, and has the samples' unit. Two finite
    samples of one distribution are not at 0: their distance falls with the root of their sizes, so that only
    distances of equally large samples can be compared. Those of one state of ``rng`` share their directions.

    Args:
        a: float32 ``(n, d)``, such as patches laid out in rows.
        b: float32 ``(m, d)``.
        rng: draws the directions.
        directions: how many.

    Raises:
        ValueError: a sample that is empty, or samples of different widths.
    """
    if a.shape[1] != b.shape[1] or not len(a) or not len(b):
        raise ValueError(f"samples of the shapes {a.shape} and {b.shape} have no distance")
    axes = rng.standard_normal((directions, a.shape[1]), np.float32)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    # Rows are sorted: numpy sorts contiguous float32 by vector instructions.
    low, high = np.sort(axes @ a.T, axis=1), np.sort(axes @ b.T, axis=1)
    if len(a) != len(b):
        at_a, at_b, width = _pair_quantiles(len(a), len(b))
        return float((np.abs(low[:, at_a] - high[:, at_b]) @ width).mean())
    return float(np.abs(low - high).mean(dtype=np.float64))


def _pair_quantiles(n: int, m: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return the spans of 0..1 on which two empirical quantile functions are constant: their indices and widths."""
    # In units of 1 / (n m) the ends are whole numbers, so that none is met twice.
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    starts = np.concatenate([[0], ends[:-1]])
    return starts // m, starts // n, (ends - starts) / (n * m)
