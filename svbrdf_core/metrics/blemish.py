"""Blemish: how much a fill gives itself away, without the truth."""

from __future__ import annotations

import math

from svbrdf_core.metrics.measure import measure
from svbrdf_core.metrics.scene import Bools, Floats
from svbrdf_core.tensors.layout import ChannelLayout


def blemish(filled: Floats, layout: ChannelLayout, hole: Bools, *, tileable: bool = False) -> float:
    """Return 0 for a fill that no measure tells from its surroundings, and more the more it differs.

    The sum of what is wrong with its seam (the logarithm of how much it shows), its sharpness (the logarithm of how
    far it is from that of comparable known patches, either way) and its coherence (what is lost of it); see
    `docs/metrics.md`. It ranks several fills of one hole; between holes it means little.

    Args:
        filled: float32 ``(C, H, W)``.
        layout: which channels are which map.
        hole: ``(H, W)``.
        tileable: the surroundings go on across the edges.
    """
    found = measure(filled, None, layout, hole, groups=("structure",), tileable=tileable)
    seam = max(0.0, math.log(found.get("seam", 1.0)))
    sharpness = abs(math.log(max(found.get("sharpness", 1.0), 1e-3)))
    return seam + sharpness + max(0.0, 1 - found.get("coherence", 1.0))
