"""What contextual attention copied features from, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.explain import paint
from svbrdf_core.explain.page import Figure, Section

if TYPE_CHECKING:
    from svbrdf_core.learned.filling import AttentionMap

LEAST = 512
"""Pixels along a side of the picture, at least."""
SHOWN = 2.0
"""Standard deviations that are black and white."""


def explain_map(found: AttentionMap) -> Section:
    """Return the attention map as figures: the hue of a place is the direction of the one it attends to most.

    Yu et al. 2018, figure 4.
    """
    height, width = found.hole.shape
    ys, xs = np.mgrid[:height, :width]
    down, right = (found.most - np.stack([ys, xs])).astype(np.float64)
    longest = float(np.hypot(down, right)[found.hole].max())
    grey = np.clip(found.picture[: min(3, len(found.picture))].mean(0) / (2 * SHOWN) + 0.5, 0, 1)
    picture = np.repeat(np.rint(160 * grey)[..., None], 3, -1).astype(np.uint8)
    times = picture.shape[0] // height
    inside = np.kron(found.hole, np.ones((times, times), np.bool_))
    colours = np.kron(paint.direction_colours(down, right, longest), np.ones((times, times, 1), np.uint8))
    paint.tint(picture, inside, colours, 0.9)
    paint.outline(picture, inside)
    caption = (
        "In the hole the hue is the direction in which the place lies that is attended to most, as on a wheel: red to "
        f"the right, yellow-green up, cyan to the left, violet down; fuller the farther, at most {longest:.0f} places "
        f"of {times} pixels of the network's scale."
    )
    share = float(found.share[found.hole].mean())
    words = (
        f"A place of the hole gives {100 * share:.1f}% of its attention to the one that it attends to most, on average."
    )
    figure = Figure("attention-map", paint.enlarge(picture, LEAST), "Where the attention went", caption)
    data = {"attention_map": {"most": found.most.tolist(), "share": share, "hole": found.hole.tolist()}}
    return Section("What the attention copied", (words,), (figure,), data=data)
