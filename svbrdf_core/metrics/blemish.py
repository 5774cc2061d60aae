"""Blemish: how much a fill gives itself away, without the truth."""

from __future__ import annotations

import math

import numpy as np

from svbrdf_core.metrics.coherence import coherence
from svbrdf_core.metrics.measure import SURROUNDINGS
from svbrdf_core.metrics.scene import Bools, Floats, check, scene
from svbrdf_core.metrics.seams import seams
from svbrdf_core.metrics.wasserstein import wasserstein
from svbrdf_core.tensors.layout import ChannelLayout

FAR = 0.5
"""Weight of the distance from the material's patches, which varies more between fills than the others do."""


def blemish(
    filled: Floats, layout: ChannelLayout, hole: Bools, *, tileable: bool = False, known: Bools | None = None
) -> float:
    """Return 0 for a fill that no measure tells from its surroundings, and more the more it differs.

    The sum of what is wrong with its seam (the logarithm of how much it shows), its patches (half the logarithm of
    their Wasserstein distance from the known ones, over what is usual there) and its coherence (what is lost of it);
    see `docs/metrics.md`. It ranks several fills of one hole; between holes it means little.

    Args:
        filled: float32 ``(C, H, W)``.
        layout: which channels are which map.
        hole: ``(H, W)``.
        tileable: the surroundings go on across the edges.
        known: ``(H, W)``, the only pixels outside the hole to compare with; all of them if None.
    """
    hole = np.asarray(hole, bool)
    check(filled, None, layout, hole)
    cut = scene(filled, None, layout, hole, SURROUNDINGS, tileable=tileable, known=known)
    joint = coherence(cut)
    shows = max(0.0, math.log(seams(cut).get("seam", 1.0)))
    lost = 0.0 if joint is None else max(0.0, 1 - joint)
    return shows + lost + FAR * max(0.0, math.log(wasserstein(cut).get("wasserstein", 1.0)))
