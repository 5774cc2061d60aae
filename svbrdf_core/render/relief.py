"""Parallax of flat surfaces: each pixel shows what the viewer sees there of a surface that the height map lowers."""

from __future__ import annotations

import torch
from torch.nn.functional import grid_sample

from svbrdf_core.render.vectors import Field
from svbrdf_core.tensors.layout import ChannelLayout

STEPS = 8
STEEPEST = 0.2
"""Smallest cosine of the view that is followed; flatter views would slide over half the material."""


def apply_parallax(tensor: torch.Tensor, layout: ChannelLayout, eye: Field, depth: float) -> torch.Tensor:
    """Return a material ``(B, C, H, W)`` shifted by parallax; without a height map as it is.

    A height of 1 lies in the plane, one of 0 ``depth`` below it. The point where the view meets the surface is found
    by fixed-point iteration (iterative parallax mapping, Premecz 2006), which is differentiable; steps of the height
    map that hide what lies behind them are smeared.

    Args:
        tensor: the material; beyond its edges they go on.
        layout: which channels are which map.
        eye: unit vectors to the camera.
        depth: in half longer sides of the tensor.
    """
    if "height" not in layout.names:
        return tensor
    batch, _, rows, columns = tensor.shape
    longer = max(rows, columns)
    slope = depth / eye[2].clamp_min(STEEPEST)
    at_x = (2 * torch.arange(columns, dtype=tensor.dtype, device=tensor.device) + 1) / columns - 1
    at_y = (2 * torch.arange(rows, dtype=tensor.dtype, device=tensor.device) + 1) / rows - 1
    # One unit of the surface is half its longer side; grid_sample counts in half sides, and downwards.
    step_x, step_y = -eye[0] * slope * (longer / columns), eye[1] * slope * (longer / rows)
    height = tensor[:, layout.slice_of("height")]
    grid = torch.empty(0)
    below = 1 - height
    for _ in range(STEPS):
        across = at_x.view(1, 1, 1, -1) + step_x * below
        down = at_y.view(1, 1, -1, 1) + step_y * below
        grid = torch.stack((across, down), dim=-1)[:, 0].expand(batch, rows, columns, 2)
        below = 1 - grid_sample(height, grid, padding_mode="border", align_corners=False)
    return grid_sample(tensor, grid, padding_mode="border", align_corners=False)
