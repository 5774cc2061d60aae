"""Resizing of materials: averaged where they shrink, never aliased, normals of length 1 again."""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d, interpolate

from svbrdf_core.tensors.layout import ChannelLayout


def shrink(tensor: torch.Tensor, layout: ChannelLayout, longest: int) -> torch.Tensor:
    """Return a material ``(B, C, H, W)`` no side of which is longer than ``longest``; a smaller one as it is."""
    height, width = tensor.shape[2:]
    longer = max(height, width)
    if longer <= longest:
        return tensor
    size = (max(1, round(height * longest / longer)), max(1, round(width * longest / longer)))
    small = interpolate(tensor, size, mode="area")
    if "normal" in layout.names:
        at = layout.slice_of("normal")
        small[:, at] = torch.nn.functional.normalize(small[:, at], dim=1)
    return small


def halve(light: torch.Tensor) -> torch.Tensor:
    """Return a picture of half the size, four pixels averaged."""
    return avg_pool2d(light, 2)
