"""Between linear light and what a display is sent."""

from __future__ import annotations

import torch


def from_srgb(stored: torch.Tensor) -> torch.Tensor:
    """Decode sRGB to linear light, any shape; differentiable everywhere (IEC 61966-2-1).

    Values above 1 follow the same curve; negative ones its linear part.
    """
    curve = ((stored.clamp_min(0.04045) + 0.055) * (1 / 1.055)) ** 2.4
    return torch.where(stored <= 0.04045, stored * (1 / 12.92), curve)


def to_srgb(light: torch.Tensor) -> torch.Tensor:
    """Encode linear light as sRGB, any shape; the inverse of :func:`from_srgb`, nothing is clipped."""
    curve = 1.055 * light.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(light <= 0.0031308, light * 12.92, curve)


def film(light: torch.Tensor) -> torch.Tensor:
    """Compress linear light of 0 to infinity to 0..1 as film does: soft shadows, highlights that roll off.

    The rational fit to the ACES reference curve of Narkowicz (2015), "ACES Filmic Tone Mapping Curve", whose
    exposure of 0.72 keeps mid grey where it is.
    """
    x = 0.72 * light.clamp_min(0)
    return (x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).clamp(0, 1)
