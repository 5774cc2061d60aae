"""The Haar wavelets of pictures, and mosaics of them."""

from __future__ import annotations

import torch
from torch.nn import functional


def to_wavelets(x: torch.Tensor) -> torch.Tensor:
    """Return the Haar transform of pictures ``(B, C, H, W)`` with even sides, ``(B, 4 C, H / 2, W / 2)``.

    First the mean of 2 x 2 pixels of all channels, then what differs between columns, rows and diagonals. It is
    orthonormal: lengths stay as they are.
    """
    b, c, h, w = x.shape
    blocks = x.reshape(b, c, h // 2, 2, w // 2, 2)
    one, other = blocks[:, :, :, :, :, 0], blocks[:, :, :, :, :, 1]
    low, high = one + other, one - other  # over columns; (B, C, H / 2, 2, W / 2)
    bands = [low[:, :, :, 0] + low[:, :, :, 1], high[:, :, :, 0] + high[:, :, :, 1]]
    bands += [low[:, :, :, 0] - low[:, :, :, 1], high[:, :, :, 0] - high[:, :, :, 1]]
    return torch.cat(bands, 1) / 2


def from_wavelets(bands: torch.Tensor) -> torch.Tensor:
    """Return the pictures whose transform `to_wavelets` gave."""
    mean, column, row, diagonal = bands.chunk(4, 1)
    top = torch.stack([mean + column + row + diagonal, mean - column + row - diagonal], -1)
    bottom = torch.stack([mean + column - row - diagonal, mean - column - row + diagonal], -1)
    b, c, h, w = mean.shape
    return torch.stack([top, bottom], 3).reshape(b, c, 2 * h, 2 * w) / 2


def average_down(x: torch.Tensor, unit: int) -> torch.Tensor:
    """Return pictures as a mosaic of tiles about ``unit`` pixels wide, laid smoothly (Biradar et al., section IV.D)."""
    height, width = (max(1, round(side / unit)) for side in x.shape[2:])
    small = functional.adaptive_avg_pool2d(x, (height, width))
    return functional.interpolate(small, x.shape[2:], mode="bilinear", align_corners=False)
