"""Rendering in bands of rows: what is in between stays in the processor's cache, and memory small."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

PIXELS = 2**15
"""Pixels of a band, about: fresh pages for whole pictures cost several times the arithmetic."""

Band = Callable[[slice], torch.Tensor]


def run_in_bands(shape: Sequence[int], band: Band) -> torch.Tensor:
    """Return the parts ``(B, C, h, W)`` that ``band`` gives for slices of rows, put together along the rows.

    Args:
        shape: batch, rows and columns of what is computed.
        band: gives the picture of some rows; slices begin at even rows and hold an even number of them, save the last.
    """
    batch, height, width = shape
    count = 2 * max(1, PIXELS // (2 * batch * width))
    return torch.cat([band(slice(row, min(row + count, height))) for row in range(0, height, count)], dim=2)


def rows_of(field: Sequence[torch.Tensor], rows: slice) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return some rows of three tensors ``(B, C, H, W)``; what is the same in all rows stays so."""
    x, y, z = (part if part.shape[2] == 1 else part[:, :, rows] for part in field)
    return x, y, z
