"""Measurement of a fill by all metrics of the groups asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.metrics.accuracy import BAND, REACH, accuracy
from svbrdf_core.metrics.coherence import coherence
from svbrdf_core.metrics.detail import detail
from svbrdf_core.metrics.drawings import drawings
from svbrdf_core.metrics.patches import MARGIN, compare_patches
from svbrdf_core.metrics.perception import perception
from svbrdf_core.metrics.registry import CHEAP, GROUPS
from svbrdf_core.metrics.renders import Placement, render_errors
from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole, check, scene
from svbrdf_core.metrics.seams import seams
from svbrdf_core.metrics.two_sample import two_sample
from svbrdf_core.metrics.wasserstein import wasserstein
from svbrdf_core.metrics.windows import ScoredWindow, windows
from svbrdf_core.tensors.layout import ChannelLayout

SURROUNDINGS = 64
"""Pixels around the hole that a fill is compared with."""
CONTEXT = 32
"""Pixels around the hole that FLIP and the networks see."""


def measure(
    filled: Floats,
    truth: Floats | None,
    layout: ChannelLayout,
    hole: Bools,
    *,
    groups: Collection[str] = CHEAP,
    tileable: bool = False,
    known: Bools | None = None,
    linear: Collection[str] = (),
    part: tuple[int, int, int, int] | None = None,
) -> dict[str, float]:
    """Return figures of a fill by name; `METRICS` says what they mean.

    Args:
        filled: ``(C, H, W)`` float32, the material's tensor with the hole filled.
        truth: the same without the hole; None if it is not known, then only what needs none is returned.
        layout: which channels are which map.
        hole: ``(H, W)``.
        groups: of `GROUPS`.
        tileable: the surroundings of the hole go on across the edges; renderings show them as they lie.
        known: ``(H, W)``, the only pixels outside the hole to compare with; all of them if None.
        linear: colour maps that are stored as linear light, for renderings.
        part: top, left, height and width of a larger material that the tensors are cut out of, for renderings: height
            and width are those of the material.

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
    top, left, height, width = part or (0, 0, *hole.shape)
    place = Placement(layout, top, left, height, width, linear)
    for group, looking in _LOOKING.items():
        if group in groups:
            margin, look = looking
            found |= look(windows(filled, truth, hole, margin, known=known), place)
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}


def errors(scene: ScoredHole) -> dict[str, float]:
    """Return how far each map is from the truth, with the cross-entropy of those that are line drawings."""
    return {**accuracy(scene), **drawings(scene)}


def structure(scene: ScoredHole) -> dict[str, float]:
    """Return coherence, sharpness, total variation and the visibility of the seam."""
    joint = coherence(scene)
    return {**({} if joint is None else {"coherence": joint}), **detail(scene), **seams(scene)}


def statistics(scene: ScoredHole) -> dict[str, float]:
    """Return whether the fill can be told from its surroundings, and how far its patches are from theirs."""
    told = two_sample(scene)
    return {**({} if told is None else {"two_sample": told}), **wasserstein(scene)}


_WORK: dict[str, tuple[int, Callable[[ScoredHole], dict[str, float]]]] = {
    "maps": (BAND + REACH, errors),
    "structure": (SURROUNDINGS, structure),
    "statistics": (SURROUNDINGS, statistics),
    "sets": (MARGIN, compare_patches),
}
"""Each group's margin around the hole, and what it computes."""

_LOOKING: dict[str, tuple[int, Callable[[Iterable[ScoredWindow], Placement], dict[str, float]]]] = {
    "render": (SURROUNDINGS, render_errors),
    "perceptual": (CONTEXT, perception),
}
"""The same for the groups that look at pictures."""
