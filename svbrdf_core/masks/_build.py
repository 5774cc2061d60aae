"""Rasterization of descriptions of holes into one mask at the size of a material."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import MaskError
from svbrdf_core.masks._brush import brush
from svbrdf_core.masks._check import fit
from svbrdf_core.masks._image import from_alpha, from_key, read
from svbrdf_core.masks._local import TILE
from svbrdf_core.masks._shapes import add_circle, add_polygon, add_rect
from svbrdf_core.masks._spec import Alpha, Brush, Circle, Key, MaskPicture, MaskSpec, NonFinite, Polygon, Rect
from svbrdf_core.masks._types import Hole, Mask, Size


@dataclass(frozen=True)
class Sources:
    """Where a hole can be read off a material; each is asked only if a description needs it.

    Attributes:
        colour: from top row and height of a band to the colour map ``(1 or 3, height, W)`` in its stored encoding,
            floats 0..1 or integers; bands, so that a large map need never be held whole.
        alpha: returns the alpha ``(H, W)`` of the colour map, None if it has none.
        nonfinite: returns ``(H, W)``, true where any map holds NaN or infinity, None if none does.
    """

    colour: Callable[[int, int], NDArray[Any]] | None = None
    alpha: Callable[[], NDArray[Any] | None] | None = None
    nonfinite: Callable[[], Hole | None] | None = None


NOTHING = Sources()


def build(
    specs: Sequence[MaskSpec], size: Size, sources: Sources = NOTHING, *, tileable: bool = False
) -> tuple[Mask, tuple[str, ...]]:
    """Make the union of several holes.

    Args:
        specs: what ``parse`` returned; where holes overlap the higher value counts.
        size: height and width of the material.
        sources: the material's colour, alpha and non-finite samples.
        tileable: shapes that leave the picture come in again on the other side.

    Returns:
        The mask ``(H, W)``, possibly empty (``check`` refuses that), and notes for the user.

    Raises:
        MaskError: a mask file is missing, no mask, or of another shape; or the material lacks what a hole is read off.
        InputError: a mask file cannot be read.
    """
    mask = np.zeros(size, np.float32)
    notes: tuple[str, ...] = ()
    for spec in specs:
        notes += _add(mask, spec, sources, tileable)
    return mask, notes


def _add(mask: Mask, spec: MaskSpec, sources: Sources, tileable: bool) -> tuple[str, ...]:
    height, width = mask.shape
    match spec:
        case Rect(x, y, w, h):
            add_rect(mask, x.pixels(width), y.pixels(height), w.pixels(width), h.pixels(height), tileable=tileable)
        case Circle(x, y, radius):
            r = radius.pixels(min(height, width))
            add_circle(mask, x.pixels(width), y.pixels(height), r, tileable=tileable)
        case Polygon(points):
            add_polygon(mask, [(x.pixels(width), y.pixels(height)) for x, y in points], tileable=tileable)
        case Key():
            _add_key(mask, spec, sources)
        case Alpha():
            _unite(mask, from_alpha(_alpha(sources)))
        case NonFinite():
            _unite(mask, _nonfinite(sources))
        case Brush(seed):
            _unite(mask, brush((height, width), np.random.default_rng(seed), tileable=tileable))
        case MaskPicture(path):
            fitted, notes = fit(read(path), (height, width), str(path))
            _unite(mask, fitted)
            return notes
    return ()


def _unite(mask: Mask, other: NDArray[Any]) -> None:
    np.maximum(mask, other, out=mask)


def _add_key(mask: Mask, spec: Key, sources: Sources) -> None:
    if sources.colour is None:
        raise MaskError(f"{spec} needs a colour map, and this material has none; describe the hole in another way.")
    for top in range(0, mask.shape[0], TILE):
        band = mask[top : top + TILE]
        band[from_key(sources.colour(top, len(band)), spec.colour, spec.tolerance)] = 1


def _alpha(sources: Sources) -> NDArray[Any]:
    alpha = sources.alpha() if sources.alpha else None
    if alpha is None:
        raise MaskError("The colour map has no alpha channel of its own; give a mask file or a shape (rect:x,y,w,h).")
    return alpha


def _nonfinite(sources: Sources) -> Hole:
    bad = sources.nonfinite() if sources.nonfinite else None
    if bad is None:
        raise MaskError("No map of this material holds NaN or infinity; give a mask file or a shape (rect:x,y,w,h).")
    return bad
