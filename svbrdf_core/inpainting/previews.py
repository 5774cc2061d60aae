"""What a fill looks like before and while it is made."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from svbrdf_core import masks
from svbrdf_core.inpainting.blocks import plan_fill
from svbrdf_core.inpainting.posing import Hole, Pose, find_unknown, take_off, weigh
from svbrdf_core.inpainting.windows import FillWindow
from svbrdf_core.masks import Mask
from svbrdf_core.material.canvas import Canvas
from svbrdf_core.methods import InpaintProblem
from svbrdf_core.methods.values import make_valid
from svbrdf_core.tensors.pushpull import push_pull
from svbrdf_core.tensors.torus import grow_span

C = TypeVar("C", bound=Canvas)
RIM = 8
"""Pixels round a hole that what is shown first is made of."""


def look_first(canvas: C, hole: Hole) -> C:
    """Return the canvas with something smooth in the hole, which is there before a method has begun."""
    left = find_unknown(canvas, hole)
    return _smooth(canvas, hole, plan_fill(left, hole.tileable, hole.absent, hole.block), left)


def _smooth(canvas: C, hole: Hole, windows: list[FillWindow], left: Mask) -> C:
    """Return the canvas with something smooth in what is left to fill of some windows.

    No more than the hole with a rim is read, so that nobody waits for it. Where nothing is known it stays as it is.
    """
    left, wraps = left.copy(), hole.tileable
    for window in windows:
        for piece in window.pieces:
            top, height = grow_span((piece.top, piece.height), RIM, canvas.height, wrap=wraps)
            start, width = grow_span((piece.left, piece.width), RIM, canvas.width, wrap=wraps)
            box = masks.Region(top, start, height, width)
            unknown = box.take(left) > 0
            values = canvas.window(top, start, height, width, wrap=wraps)
            known = ~unknown & np.isfinite(values).any(0)
            if not known.any():
                continue
            problem = InpaintProblem(np.nan_to_num(values), canvas.layout, ~known, known)
            smooth = make_valid(push_pull(problem.tensor, known), problem)
            weight = weigh(box.take(hole.weight) * unknown, values)
            canvas = canvas.with_window(smooth, weight, top, start, wrap=wraps)
        take_off(window, left)
    return canvas


def show_window(
    canvas: C, hole: Hole, pose: Pose, later: list[FillWindow], left: Mask, values: NDArray[np.float32]
) -> C:
    """Return the canvas with a window's values in the hole, and something smooth in the windows that come later."""
    if later:
        canvas = _smooth(canvas, hole, later, left)
    context = pose.window.context
    shown, weight = pose.share.put(values, None), weigh(context.take(hole.weight) * pose.problem.hole, pose.values)
    return canvas.with_window(shown, weight, context.top, context.left, wrap=hole.tileable)
