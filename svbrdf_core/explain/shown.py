"""Moments of sampling, in groups and words, and what was known as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svbrdf_core.explain.moments import Moment
from svbrdf_core.explain.paint import Rgb

CUT = (0.01, 0.99)
"""Quantiles of a channel that are black and white."""


def group_steps(moments: Sequence[Moment]) -> list[list[Moment]]:
    """Return the moments of each step, in the order of the steps; those of other channels than the first are left out.

    Samples of one fill have the same steps and channels, but for windows of which a map is constant.
    """
    first = moments[0]
    alike = [one for one in moments if (one.count, one.channels) == (first.count, first.channels)]
    numbers = sorted({one.number for one in alike})
    return [[one for one in alike if one.number == number] for number in numbers]


def name_step(number: int, count: int, noise: float) -> str:
    """Return a step in words."""
    return f"step {number} of {count}, noise {noise:.2f}"


def show_known(moment: Moment) -> Rgb:
    """Return what was known ``(h, w, 3)``: the first map, black in the hole."""
    name = moment.channels[0].rpartition(".")[0]
    of = [number for number, channel in enumerate(moment.channels) if channel.rpartition(".")[0] == name][:3]
    values = moment.known[of if len(of) == 3 else of[:1] * 3]
    low, high = np.quantile(values[:, ~moment.hole], CUT, axis=1)[..., None, None] if not moment.hole.all() else (0, 1)
    shown = np.where(moment.hole, 0, (values - low) / np.maximum(high - low, 1e-6))
    return np.asarray(np.rint(shown.clip(0, 1) * 255).transpose(1, 2, 0), np.uint8)
