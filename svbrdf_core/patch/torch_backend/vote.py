"""The reconstruction of pixels from the patches that cover them, in torch."""

from __future__ import annotations

import torch
from torch import Tensor

from svbrdf_core.patch.cpu_backend.kernels import FAR, R
from svbrdf_core.patch.torch_backend.level import DeviceLevel
from svbrdf_core.patch.types import Field


def reconstructed(level: DeviceLevel, field: Field, ranks: Tensor, ys: Tensor, xs: Tensor) -> Tensor:
    """Return each pixel's mean ``(n, C)`` over its patches, weighted by exp(-d / 2 s^2), as `kernels.vote` does.

    Args:
        level: where.
        field: the sources of its targets.
        ranks: int64 ``(50,)``, which of a pixel's n distances, from the smallest, is ``s^2``.
        ys: int64 ``(n,)``, rows of the pixels; those that no matched patch covers keep their value.
        xs: int64 ``(n,)``, their columns.
    """
    reach = torch.arange(-R, R + 1, device=ys.device)
    dy, dx = torch.meshgrid(reach, reach, indexing="ij")
    dy, dx = dy.reshape(1, -1), dx.reshape(1, -1)
    qy, qx, inside = level.within(ys[:, None] + dy, xs[:, None] + dx)
    cost = field.cost[qy, qx]
    ok = inside & level.is_target[qy, qx] & (cost < float(FAR))
    cost = torch.where(ok, cost, torch.inf)
    spread = cost.sort(1).values.gather(1, ranks[ok.sum(1)][:, None]).clamp_min(1e-6)
    weight = torch.where(ok, torch.exp(-cost / (2 * spread)), 0.0)
    first = (field.rows[qy, qx] - dy + R) * level.source.pitch + field.cols[qy, qx] - dx + R
    values = level.source.pixels[torch.where(ok, first, torch.zeros_like(first))]
    total = weight.sum(1, keepdim=True)
    mean = values.mul_(weight.unsqueeze(-1)).sum(1) / total
    present = level.target.view()[ys + R, xs + R]
    return torch.where(total > 0, mean, present)
