"""Cross-entropy of maps that are black-and-white drawings."""

from __future__ import annotations

import numpy as np

from svbrdf_core.metrics.scene import Floats, ScoredHole
from svbrdf_core.tensors.maps import spec_of

NEAR = 0.2
"""How far from 0 or 1 a value may be to count as black or white."""
BINARY, EITHER = 0.8, 0.005
"""Least share of a drawing's values that are black or white, and of each. Thin lines are grey at their sides."""
CLIP = 1e-6
"""Fills are kept this far from 0 and 1, whose logarithm has no value: the worst pixel costs 13.8."""


def drawings(scene: ScoredHole) -> dict[str, float]:
    """Return ``bce/<map>`` of the maps that are drawings: the mean over the hole of the binary cross-entropy.

    ``-(t log p + (1 - t) log(1 - p))``, natural logarithm, of the truth ``t`` and the fill ``p`` in ``CLIP..1 - CLIP``;
    the measure of line drawings in arXiv 2406.04206, Table II. A map is a drawing if its truth, in the hole and
    around it, is black or white nearly everywhere and both occur.
    """
    found: dict[str, float] = {}
    for name, filled, truth in scene.maps():
        if truth is not None and spec_of(name).encoding != "vector" and is_drawing(truth[:, scene.hole | scene.known]):
            found[f"bce/{name}"] = cross_entropy(filled[:, scene.hole], truth[:, scene.hole])
    return found


def is_drawing(values: Floats) -> bool:
    """Tell whether values of any shape are nearly all black or white, some of them either."""
    black, white = float(np.mean(np.abs(values) <= NEAR)), float(np.mean(np.abs(values - 1) <= NEAR))
    return black + white >= BINARY and min(black, white) >= EITHER


def cross_entropy(filled: Floats, truth: Floats) -> float:
    """Return the mean binary cross-entropy in nats of values of the same shape."""
    p = np.clip(filled.astype(np.float64), CLIP, 1 - CLIP)
    t = np.clip(truth.astype(np.float64), 0, 1)
    return float(-np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)))
