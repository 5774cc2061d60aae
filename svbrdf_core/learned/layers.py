"""Convolutions on the plane and on the torus, and the Haar wavelets of pictures."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


def pad(x: torch.Tensor, margin: int, wrap: tuple[bool, bool]) -> torch.Tensor:
    """Return pictures ``(B, C, H, W)`` with a margin of 0, or of what is at the other side along axes that wrap."""
    for axis, wraps in zip((2, 3), wrap, strict=True):
        if wraps:
            places = torch.arange(-margin, x.shape[axis] + margin, device=x.device) % x.shape[axis]
            x = x.index_select(axis, places)
        elif margin:
            x = functional.pad(x, (0, 0, margin, margin) if axis == 2 else (margin, margin, 0, 0))
    return x


class Convolution(nn.Conv2d):
    """A convolution of odd size that keeps sides, or divides them by its stride; see `pad` for what is beyond edges."""

    def __init__(self, before: int, after: int, size: int = 3, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__(before, after, size, stride=stride, dilation=dilation)
        self.margin = dilation * (size // 2)
        self.wrap = (False, False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - the name in torch
        """Return ``(B, C', H / stride, W / stride)``."""
        return super().forward(pad(input, self.margin, self.wrap))


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
