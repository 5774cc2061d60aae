"""A ball wrapped in a material, seen from afar: which part of it each pixel shows, and which way it faces."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch.nn.functional import grid_sample, pad

from svbrdf_core.render.surface import Surface
from svbrdf_core.render.vectors import Field, spread

MARGIN = 1.05
"""Half the side of the picture, in radii."""


@dataclass(frozen=True)
class Ball:
    """What the pixels of a picture of a unit ball show.

    Attributes:
        where: points of the ball, which are its normals too; outside its outline they lie on it.
        along, up: unit vectors to the right and up in the material at these points.
        inside: 1 where the ball is, 0 beside it, ``(1, 1, S, S)``.
    """

    where: Field
    along: Field
    up: Field
    inside: torch.Tensor


def ball(size: int, rows: slice = slice(None)) -> Ball:
    """Return the geometry of some rows of a picture of ``size`` x ``size`` pixels, the viewer far away on +z."""
    line = ((torch.arange(size, dtype=torch.float32) + 0.5) * (2 / size) - 1) * MARGIN
    x, y = spread(line.view(1, 1, 1, -1), -line[rows].view(1, 1, -1, 1))
    square = x * x + y * y
    inward = torch.rsqrt(square.clamp_min(1))
    x, y, z = x * inward, y * inward, (1 - square).clamp_min(0).sqrt()
    ring = (x * x + z * z).sqrt().clamp_min(1e-6)
    along = (z / ring, torch.zeros_like(x), -x / ring)
    up = (-y * x / ring, ring, -y * z / ring)
    return Ball((x, y, z), along, up, (square <= 1).to(x.dtype))


def wrap_border(tensor: torch.Tensor) -> torch.Tensor:
    """Return a material ``(B, C, H + 2, W + 2)`` with a border of what lies on its other side."""
    return pad(tensor, (1, 1, 1, 1), mode="circular")


def wrap_material(tensor: torch.Tensor, shown: Ball, turn: float = 0.0) -> torch.Tensor:
    """Return what of a material each pixel shows, ``(B, C, S, S)``.

    The material goes twice around the equator (for a square; more often for tall ones) and once from pole to pole,
    without distortion on the equator.

    Args:
        tensor: the material, as :func:`wrap_border` gives it: ``(B, C, H + 2, W + 2)``.
        shown: the ball.
        turn: how far the ball is turned to the right, 1 being all the way round.
    """
    x, y, z = shown.where
    height, width = (length - 2 for length in tensor.shape[2:])
    repeats = max(1, round(2 * height / width))
    column = (torch.atan2(x, z) / (2 * math.pi) - turn) * repeats + 0.5
    row = 0.5 - torch.asin(y.clamp(-1, 1)) / math.pi
    column = column - column.floor()
    # In pixels of the padded material, then in the -1..1 of grid_sample.
    grid = torch.stack(((column * width + 1) * (2 / (width + 2)) - 1, (row * height + 1) * (2 / (height + 2)) - 1), -1)
    return grid_sample(tensor, grid[:, 0].expand(len(tensor), -1, -1, -1), align_corners=False)


def bend_normals(met: Surface, shown: Ball) -> Surface:
    """Return the surface with its normals turned from the material's frame to that of the ball."""
    x, y, z = met.normal
    a, u, n = shown.along, shown.up, shown.where
    turned = tuple(a[i] * x + u[i] * y + n[i] * z for i in range(3))
    return replace(met, normal=(turned[0], turned[1], turned[2]))
