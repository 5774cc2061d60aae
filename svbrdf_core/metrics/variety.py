"""Variety of several fills of one hole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.metrics.gradients import FAINT
from svbrdf_core.metrics.scene import Bools, Floats, check, scene
from svbrdf_core.tensors.layout import ChannelLayout

MARGIN = 64
"""Pixels around the hole that say how much the material varies."""


def diversity(
    fills: Sequence[Floats], layout: ChannelLayout, hole: Bools, *, tileable: bool = False
) -> dict[str, float]:
    """Return how much fills of one hole differ: 0 is not at all, 1 as much as any two known pixels do.

    ``diversity/<map>`` is the root of the mean squared difference between two of the fills, over all pairs and the
    hole's pixels, divided by the root of the mean squared difference between two pixels of the known region near the
    hole. Maps that are constant there are left out; ``diversity`` is the mean over the others.

    Args:
        fills: at least two, each ``(C, H, W)``, as in a material's tensor.
        layout: which channels are which map.
        hole: ``(H, W)``.
        tileable: the surroundings of the hole go on across the edges.

    Raises:
        InputError: fewer than two fills, or fills that do not belong together.
        MaskError: a hole that is empty, of another size, or leaves nothing around it.
    """
    if len(fills) < 2:
        raise InputError(f"Diversity is that of several fills, and there is {len(fills)}; give two or more.")
    for fill in fills:
        check(fill, None, layout, np.asarray(hole, bool))
    scenes = [scene(fill, None, layout, np.asarray(hole, bool), MARGIN, tileable=tileable) for fill in fills]
    inside, known = scenes[0].hole, scenes[0].known
    found: dict[str, float] = {}
    for name in layout.names:
        at = layout.slice_of(name)
        # Half the mean squared difference of all pairs is the variance; no pair has to be formed.
        among = np.var([one.filled[at][:, inside] for one in scenes], axis=0, ddof=1, dtype=np.float64).mean()
        usual = scenes[0].filled[at][:, known].var(axis=1, dtype=np.float64).mean() if known.any() else 0.0
        if usual > FAINT**2:
            found[f"diversity/{name}"] = float(np.sqrt(among / usual))
    return {"diversity": float(np.mean(list(found.values()))), **found} if found else {}
