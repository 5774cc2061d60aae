"""Directional albedo of the GGX model's specular term."""

from __future__ import annotations

import functools
import math

import torch
from torch.nn.functional import grid_sample

from svbrdf_core.render.ggx import schlick, squared_alpha, visibility
from svbrdf_core.render.vectors import spread

SIDE = 32
"""Rows and columns of the table."""
STEPS = (64, 32)
"""Samples of the half vector in elevation and in half a turn."""


def albedo(cosine: torch.Tensor, roughness: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scale and bias of F0 that give the reflected share: ``F0 * scale + bias`` (Karis 2013, eq. 8).

    Args:
        cosine: of the angle between normal and view, ``(B, 1, H, W)``.
        roughness: perceptual, broadcastable to it.
    """
    cosine, roughness = spread(cosine, roughness)
    grid = torch.stack((cosine, roughness), dim=-1)[:, 0] * 2 - 1
    table = _table().to(cosine).expand(len(cosine), -1, -1, -1)
    found = grid_sample(table, grid, padding_mode="border", align_corners=True)
    return found[:, :1], found[:, 1:]


@functools.cache
def _table() -> torch.Tensor:
    """Return scale and bias ``(1, 2, SIDE, SIDE)``, rows by roughness, columns by cosine, both 0..1."""
    roughness = torch.linspace(0, 1, SIDE, dtype=torch.float64).view(-1, 1, 1, 1)
    cosine = torch.linspace(0, 1, SIDE, dtype=torch.float64).clamp_min(1e-3).view(1, -1, 1, 1)
    share = _middles(STEPS[0]).view(1, 1, -1, 1)
    turn = _middles(STEPS[1]) * math.pi
    a2 = squared_alpha(roughness)
    # Half vectors distributed as D n.h (Walter et al. 2007, eq. 35); by symmetry half a turn is enough.
    cos_normal = ((1 - share) / (1 + (a2 - 1) * share)).sqrt()
    sines = (1 - cos_normal * cos_normal).clamp_min(0).sqrt() * (1 - cosine * cosine).sqrt()
    cos_half = (sines * turn.cos() + cos_normal * cosine).clamp_min(0)
    cos_light = (2 * cos_half * cos_normal - cosine).clamp_min(0)
    weight = 4 * visibility(cos_light, cosine, a2) * cos_light * cos_half / cos_normal
    rise = schlick(torch.zeros_like(cos_half), cos_half)
    return torch.stack((weight * (1 - rise), weight * rise)).mean(dim=(3, 4))[None]


def _middles(count: int) -> torch.Tensor:
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count
