"""Convolutions on the plane and on the torus."""

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
        self.margin = dilation * (size // 2)
        super().__init__(before, after, size, stride=stride, dilation=dilation, padding=self.margin)
        self.wrap = (False, False)

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - the name in torch
        """Return ``(B, C', H / stride, W / stride)``."""
        if not any(self.wrap):
            return super().forward(input)
        padded = pad(input, self.margin, self.wrap)
        return functional.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation)
