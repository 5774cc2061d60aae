"""Overlay of a mask on a map."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.masks._local import tiles
from svbrdf_core.masks._morph import grow
from svbrdf_core.masks._types import Hole, Mask

Rgb = NDArray[np.uint8]
MAGENTA = (255, 0, 255)
"""A colour that surfaces hardly ever have; red was lost on bricks and rust."""


def overlay(
    picture: NDArray[Any],
    mask: Mask,
    *,
    colour: tuple[int, int, int] = MAGENTA,
    opacity: float = 0.45,
    outline: int | None = None,
    tileable: bool = False,
) -> Rgb:
    """Tint the hole in a picture and draw a line around it, just outside, so that nothing of the hole is covered.

    Args:
        picture: ``(H, W)`` or ``(H, W, 1 or 3)``; integers of any depth, or floats of which 0..1 is shown.
        mask: ``(H, W)`` in 0..1; soft values tint less.
        colour: of tint and line, 0..255.
        opacity: of the tint, 0..1.
        outline: width of the line in pixels; None picks one that is seen at the picture's size.
        tileable: the line goes on across the edges.

    Returns:
        ``(H, W, 3)`` uint8.
    """
    out = _to_rgb(picture)
    width = max(2, round(max(mask.shape) / 400)) if outline is None else outline
    _tint(out, mask, colour, opacity)
    hole = (mask > 0).astype(np.float32)
    ring: Hole = (grow(hole, width, tileable=tileable) - hole) > 0
    out[ring] = colour
    return out


def _tint(out: Rgb, mask: Mask, colour: tuple[int, int, int], opacity: float) -> None:
    for top, left, height, width in tiles((mask.shape[0], mask.shape[1])):
        part = mask[top : top + height, left : left + width]
        if part.any():
            weight = np.float32(opacity) * part
            # One channel at a time: numpy is slow over a last axis of three.
            for channel, target in enumerate(colour):
                view = out[top : top + height, left : left + width, channel]
                view[:] = np.rint(view + weight * (np.float32(target) - view))


def _to_rgb(picture: NDArray[Any]) -> Rgb:
    stack = picture[:, :, None] if picture.ndim == 2 else picture
    if stack.dtype == np.uint8:
        shown: Rgb = stack
    elif stack.dtype.kind in "iu":
        shown = (stack >> (8 * (stack.dtype.itemsize - 1))).astype(np.uint8)
    else:
        shown = np.rint(np.nan_to_num(stack).clip(0, 1) * 255).astype(np.uint8)
    return np.broadcast_to(shown, (*stack.shape[:2], 3)).copy()
