"""Materials of noise: every channel of every map says something."""

from __future__ import annotations

import torch

from svbrdf_core.tensors.layout import ChannelLayout

SPECULAR = ChannelLayout(("diffuse", "normal", "roughness", "specular"), (3, 3, 1, 3))
METALLIC = ChannelLayout(("basecolor", "normal", "roughness", "metallic"), (3, 3, 1, 1))


def noise(layout: ChannelLayout, *shape: int, seed: int = 0, double: bool = False) -> torch.Tensor:
    """Return a material ``(B, C, H, W)`` of values 0.1..0.9, unit normals that lean up to some 45 degrees."""
    batch, height, width = shape
    rng = torch.Generator().manual_seed(seed)
    tensor = torch.rand(batch, layout.n_channels, height, width, generator=rng, dtype=torch.float64) * 0.8 + 0.1
    if "normal" in layout.names:
        at = layout.slice_of("normal")
        leaning = tensor[:, at] * 2 - 1
        leaning[:, 2] = 1.0
        tensor[:, at] = torch.nn.functional.normalize(leaning, dim=1)
    return tensor if double else tensor.float()
