"""Resampling between the material's pixels and those of a smaller map: bilinear up, area average down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.material.values import Values

if TYPE_CHECKING:
    from scipy import sparse

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Taps:
    """Bilinear weights along one axis: rows ``needed`` of the map, and two of them for each output row."""

    needed: Indices
    low: Indices
    high: Indices
    weight: Values


def taps(start: int, count: int, full: int, size: int, wrap: bool) -> Taps:
    """Return where ``count`` material rows from ``start`` lie in a map of ``size`` rows (pixel centres aligned)."""
    at = (np.arange(start, start + count) + 0.5) * (size / full) - 0.5
    low = np.floor(at).astype(np.intp)
    weight = (at - low).astype(np.float32)
    needed = np.arange(low[0], low[-1] + 2)
    rows = needed % size if wrap else np.clip(needed, 0, size - 1)
    return Taps(rows, low - low[0], low - low[0] + 1, weight)


def enlarge(values: Values, rows: Taps, columns: Taps) -> Values:
    """Interpolate ``(n, m, c)`` samples at ``needed`` rows and columns to the material's pixels."""
    wy = rows.weight[:, None, None]
    tall = values[rows.low] * (1 - wy) + values[rows.high] * wy
    wx = columns.weight[None, :, None]
    return np.asarray(tall[:, columns.low] * (1 - wx) + tall[:, columns.high] * wx, dtype=np.float32)


def find_covered(start: int, count: int, full: int, size: int) -> Indices:
    """Return the map rows, not wrapped, that any of ``count`` material rows from ``start`` overlaps."""
    scale = size / full
    # A thousandth of a texel of rounding must not pull in a neighbour.
    first = int(np.floor(start * scale + 1e-6))
    last = int(np.ceil((start + count) * scale - 1e-6))
    return np.arange(first, max(last, first + 1))


def shares(start: int, count: int, full: int, size: int) -> sparse.csr_array:
    """Return the overlap ``(n, count)`` of covered map rows with material rows, in map rows."""
    from scipy import sparse

    scale = size / full
    rows = find_covered(start, count, full, size)
    low = (start + np.arange(count)) * scale
    first = np.floor(low + 1e-6).astype(np.intp) - rows[0]
    columns = np.arange(count)
    inside = np.clip(rows[0] + first + 1 - low, 0, scale)
    second = scale - inside
    spill = (second > 1e-6 * scale) & (first + 1 < len(rows))
    return sparse.csr_array(
        (
            np.concatenate([inside, second[spill]]).astype(np.float32),
            (np.concatenate([first, first[spill] + 1]), np.concatenate([columns, columns[spill]])),
        ),
        shape=(len(rows), count),
    )


def reduce_edit(
    window: Values, mask: Values, rows: sparse.csr_array, columns: sparse.csr_array
) -> tuple[Values, Values]:
    """Average an edit ``(h, w, c)`` under its mask ``(h, w)`` over the pixels of a smaller map.

    A sample that any of the hole overlaps takes the mean of the hole's part of it alone (the known part still
    carries the old content through the enlargement); its mask is the largest it overlaps.
    """
    area = rows @ mask @ columns.T
    total = np.maximum(area, np.finfo(np.float32).tiny)
    mean = np.stack([(rows @ (window[:, :, c] * mask) @ columns.T) / total for c in range(window.shape[2])], axis=2)
    alpha = np.zeros(area.shape, np.float32)
    levels = np.unique(mask[mask > 0])
    if len(levels) == 1:
        alpha[area > 0] = levels[0]
        return mean.astype(np.float32), alpha
    peak = _max_per_row(_max_per_row(mask, rows).T, columns).T
    return mean.astype(np.float32), peak.astype(np.float32)


def _max_per_row(values: Values, share: sparse.csr_array) -> Values:
    """Return for each row of ``share`` the largest of the value rows it overlaps."""
    rows = [values[share.indices[a:b]].max(axis=0) for a, b in zip(share.indptr, share.indptr[1:], strict=False)]
    return np.stack(rows)
