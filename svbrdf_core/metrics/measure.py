"""A fill and, if there is one, the truth come in; every figure that was asked for goes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.layout import ChannelLayout
from svbrdf_core.metrics.accuracy import BAND, REACH, accuracy
from svbrdf_core.metrics.coherence import coherence
from svbrdf_core.metrics.detail import detail
from svbrdf_core.metrics.registry import CHEAP, GROUPS
from svbrdf_core.metrics.scene import Bools, Floats, Scene, check, scene
from svbrdf_core.metrics.seams import seams

SURROUNDINGS = 64
"""Pixels around the hole that a fill is compared with."""


def measure(
    filled: Floats,
    truth: Floats | None,
    layout: ChannelLayout,
    hole: Bools,
    *,
    groups: Collection[str] = CHEAP,
    tileable: bool = False,
    known: Bools | None = None,
) -> dict[str, float]:
    """Return figures of a fill by name; `METRICS` says what they mean.

    Args:
        filled: ``(C, H, W)`` float32, the material's tensor with the hole filled.
        truth: the same without the hole; None if it is not known, then only what needs none is returned.
        layout: which channels are which map.
        hole: ``(H, W)``.
        groups: of `GROUPS`.
        tileable: the surroundings of the hole go on across the edges.
        known: ``(H, W)``, the only pixels outside the hole to compare with; all of them if None.

    Returns:
        Finite numbers. A figure that has no value here (the coherence of a single map) is left out.

    Raises:
        InputError: shapes that do not belong together, a fill with NaN in the hole, an unknown group, or a group that
            needs a package that is not installed.
        MaskError: a hole that is empty, of another size, or leaves nothing around it.
    """
    unknown = sorted(set(groups) - set(GROUPS))
    if unknown:
        raise InputError(f"There is no group of metrics {unknown[0]!r}; choose from: {', '.join(GROUPS)}.")
    hole = np.asarray(hole, bool)
    check(filled, truth, layout, hole)
    found: dict[str, float] = {}
    for group, work in _WORK.items():
        if group in groups:
            margin, function = work
            found |= function(scene(filled, truth, layout, hole, margin, tileable=tileable, known=known))
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}


def structure(scene: Scene) -> dict[str, float]:
    """Return coherence, sharpness, total variation and the visibility of the seam."""
    joint = coherence(scene)
    return {**({} if joint is None else {"coherence": joint}), **detail(scene), **seams(scene)}


_WORK: dict[str, tuple[int, Callable[[Scene], dict[str, float]]]] = {
    "maps": (BAND + REACH, accuracy),
    "structure": (SURROUNDINGS, structure),
}
"""Each group's margin around the hole, and what it computes."""
