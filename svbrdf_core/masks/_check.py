"""Validation of a mask before anything is filled."""

from __future__ import annotations

import numpy as np

from svbrdf_core.errors import MaskError
from svbrdf_core.masks._types import Hole, Mask, Size

FAINT = 0.5
"""A mask that is nowhere above this leaves more of the old hole than it lets of the fill in."""


def check(mask: Mask, size: Size, name: str = "the mask", *, may_cover: bool = False) -> tuple[Mask, tuple[str, ...]]:
    """Make sure that a mask can be used for a picture, resampling it if only its scale differs.

    Args:
        mask: ``(H, W)`` in 0..1.
        size: height and width of the picture.
        name: what messages call it.
        may_cover: whether it may be all of the picture, as where something else is copied from.

    Returns:
        The mask at the size of the picture, and notes for the user.

    Raises:
        MaskError: NaN or values outside 0..1, another aspect ratio, nothing marked, or nothing left to copy from.
    """
    fitted, notes = fit(mask, size, name)
    low, high = float(fitted.min()), float(fitted.max())
    if not (low >= 0 and high <= 1):
        raise MaskError(f"{_start(name)} has values that are NaN or outside 0 to 1; 0 is known and 1 is the hole.")
    if not high:
        raise MaskError(f"{_start(name)} is empty; paint the region to repair white, or describe it (rect:x,y,w,h).")
    if fitted.all() and not may_cover:
        raise MaskError(f"{_start(name)} covers the whole picture, so nothing is left to copy from; paint less.")
    if high < FAINT:
        notes += (f"{_start(name)} is nowhere whiter than {high:.1%}, so no more of the fill than that is seen.",)
    return fitted, notes


def fit(mask: Mask, size: Size, name: str = "the mask") -> tuple[Mask, tuple[str, ...]]:
    """Bring a mask of the same aspect ratio to a size by nearest neighbour, with a note if anything was done.

    Raises:
        MaskError: it is no ``(H, W)``, or the aspect ratio differs by more than rounding to whole pixels explains.
    """
    if mask.ndim != 2:
        raise MaskError(f"{_start(name)} has the shape {mask.shape}; give (H, W), one number for each pixel.")
    height, width = mask.shape
    if (height, width) == size:
        return mask, ()
    if not _same_aspect((height, width), size):
        raise MaskError(
            f"{_start(name)} is {width} x {height} but the material is {size[1]} x {size[0]}, which is another shape; "
            "make the mask at the size of the material."
        )
    rows = (2 * np.arange(size[0]) + 1) * height // (2 * size[0])
    cols = (2 * np.arange(size[1]) + 1) * width // (2 * size[1])
    note = f"{_start(name)} is {width} x {height} and was scaled to {size[1]} x {size[0]} without smoothing."
    return mask[np.ix_(rows, cols)], (note,)


def source_mask(mask: Mask, forbid: Mask | None = None, *beyond: Hole | None, may_cover: bool = False) -> Hole:
    """Return where a fill may be taken from: known and not forbidden.

    Args:
        mask: ``(H, W)``, the hole.
        forbid: ``(H, W)``, everything above 0 is not to be copied.
        beyond: ``(H, W)`` each, where there is nothing that could be copied.
        may_cover: whether nothing need be left, as where something else is copied from.

    Raises:
        MaskError: nothing is left, or the forbidden area is of another shape.
    """
    allowed: Hole = mask == 0
    if forbid is not None:
        if forbid.shape != mask.shape:
            raise MaskError(f"The forbidden area has the shape {forbid.shape}; give the hole's, {mask.shape}.")
        allowed &= forbid == 0
    for gap in beyond:
        if gap is not None:
            allowed &= ~gap
    if not (may_cover or allowed.any()):
        raise MaskError("The hole and the forbidden area together leave nothing to copy from; forbid less.")
    return allowed


def _same_aspect(a: Size, b: Size) -> bool:
    """Whether less than a pixel of the smaller picture, and no more than 2 %, separates the shapes."""
    if min(*a, *b) == 0:
        return False
    cross = a[0] * b[1], a[1] * b[0]
    return abs(cross[0] - cross[1]) < min(max(*a, *b), 0.02 * max(cross))


def _start(name: str) -> str:
    return name[:1].upper() + name[1:] if name.startswith("the ") else name
