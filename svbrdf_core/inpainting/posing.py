"""A hole of a canvas, and each window of it as a problem that a method is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core import masks
from svbrdf_core.errors import FillError, MaskError
from svbrdf_core.inpainting.examples import Example
from svbrdf_core.inpainting.former import Former
from svbrdf_core.inpainting.gaps import LayoutShare, near_hole
from svbrdf_core.inpainting.guides import Guides
from svbrdf_core.inpainting.windows import FillWindow, coordinates
from svbrdf_core.masks import Mask
from svbrdf_core.material.canvas import Canvas
from svbrdf_core.methods import InpaintProblem

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Hole:
    """The hole of a canvas.

    Attributes:
        weight: ``(H, W)`` 0..1, what of the fill is seen.
        allowed: ``(H, W)``, where pixels may be copied from.
        absent: ``(H, W)``, where the canvas is not; None if it is everywhere.
        tileable: whether it may go on across the edges.
        seed: of all randomness.
        examples: what may be copied from besides.
        block: the longest side of what is filled at once; None for all that is near to each other.
        guides: what the fill follows besides its surroundings.
        former: the fill that is varied; None to fill anew.
    """

    weight: Mask
    allowed: Bools
    absent: Bools | None
    tileable: bool
    seed: int
    examples: Sequence[Example] = ()
    block: int | None = None
    guides: Guides | None = None
    former: Former | None = None


@dataclass(frozen=True)
class Pose:
    """A window as a problem: of the maps that it holds.

    Attributes:
        window: of the canvas.
        values: float32 ``(C, h, w)``, of all maps.
        share: which maps it holds.
        problem: what a method is asked.
    """

    window: FillWindow
    values: NDArray[np.float32]
    share: LayoutShare
    problem: InpaintProblem


def pose_window(canvas: Canvas, hole: Hole, window: FillWindow, left: Mask) -> Pose:
    """Return a window as what a method is asked of the pixels in it that are left to fill."""
    context = window.context
    at = (context.top, context.left)
    values = canvas.window(*at, context.height, context.width, wrap=hole.tileable)
    unknown = context.take(left) > 0
    holding = canvas.holding(*at, context.height, context.width)
    written = unknown & (context.take(hole.weight) > 0)
    share = LayoutShare.of(canvas.layout, None if holding is None else holding[:, written])
    allowed = context.take(hole.allowed)
    if holding is not None:
        allowed &= share.sources(holding, unknown)
        unknown |= near_hole(unknown, ~np.asarray(holding.any(axis=0)))
    if unknown.all() and not hole.examples:
        raise FillError("Nothing is known round the hole, so there is nothing to go by; paint a smaller hole.")
    _check_finite(values, unknown)
    former = None
    if hole.former is not None:
        former = hole.former.take(context, hole.tileable, share, values, unknown)
    problem = InpaintProblem(
        tensor=share.take(values),
        layout=share.layout,
        hole=unknown,
        allowed=allowed,
        wrap=window.wrap,
        corner=at,
        size=(canvas.height, canvas.width),
        former=former,
    )
    return Pose(window, values, share, problem)


def find_unknown(canvas: Canvas, hole: Hole) -> Mask:
    """Return what is to be filled, above 0, as a method must see it."""
    left = _grow_for_small_maps(hole.weight, canvas, hole.tileable).copy()
    if hole.absent is not None:
        left[hole.absent] = 0
    return left


def take_off(window: FillWindow, left: Mask) -> Bools:
    """Return where in the window this step writes, and take it off what is left."""
    height, width = left.shape
    context = window.context
    ours = np.zeros((context.height, context.width), np.bool_)
    for piece in window.pieces:
        rows, cols = coordinates(piece, (height, width))
        left[np.ix_(rows, cols)] = 0
        ours[np.ix_((rows - context.top) % height, (cols - context.left) % width)] = True
    return ours


def weigh(weight: Mask, values: NDArray[np.float32]) -> Mask:
    """Return how much of a fill ``(h, w)`` is seen over values ``(C, h, w)``: all of it where there are none."""
    nothing = ~np.isfinite(values).all(0) & (weight > 0)  # there is nothing there to blend with
    return np.where(nothing, np.float32(1), weight)


def _grow_for_small_maps(hole: Mask, canvas: Canvas, tileable: bool) -> Mask:
    """Return the hole as a method must see it: larger by what smaller maps smear of it when they are enlarged."""
    ratio = canvas.magnification
    return hole if ratio <= 1 else masks.grow(hole, int(np.ceil(1.5 * ratio)), tileable=tileable)


def _check_finite(values: NDArray[np.float32], unknown: Bools) -> None:
    bad = int(np.count_nonzero(~np.isfinite(values).all(0) & ~unknown))
    if bad:
        raise MaskError(
            f"{bad} pixels round the hole are NaN or infinite; fill them too by adding the mask 'nan', "
            "or repair the file."
        )
