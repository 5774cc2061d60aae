"""Film curve from linear light to what a display is sent."""

from __future__ import annotations

import torch


def film(light: torch.Tensor) -> torch.Tensor:
    """Compress linear light of 0 to infinity to 0..1 as film does: soft shadows, highlights that roll off.

    The rational fit to the ACES reference curve of Narkowicz (2015), "ACES Filmic Tone Mapping Curve", whose
    exposure of 0.72 keeps mid grey where it is.
    """
    x = 0.72 * light.clamp_min(0)
    return (x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).clamp(0, 1)
