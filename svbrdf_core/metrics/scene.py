"""A hole and its surroundings, cut out of a picture and laid side by side.

Every metric works on such a scene, so that its cost follows the hole and two specks in the corners of an 8K material
are two small jobs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.masks import Region, Size, regions
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import spec_of
from svbrdf_core.tensors.torus import list_positions

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

GUARD = 6
"""Pixels round each piece of a scene that filters may look at and no metric counts."""


@dataclass(frozen=True)
class ScoredHole:
    """The hole and its surroundings.

    Attributes:
        filled: ``(C, h, w)``, values made comparable (see `make_comparable`).
        truth: the same without the hole, if it is known.
        hole: ``(h, w)``, where the fill is judged.
        known: ``(h, w)``, what it is compared with; what lies in neither is not looked at.
        layout: which channels are which map.
    """

    filled: Floats
    truth: Floats | None
    hole: Bools
    known: Bools
    layout: ChannelLayout

    def maps(self) -> Iterator[tuple[str, Floats, Floats | None]]:
        """Yield each map's name, its channels of the fill and of the truth."""
        for name in self.layout.names:
            at = self.layout.slice_of(name)
            yield name, self.filled[at], None if self.truth is None else self.truth[at]


def make_comparable(tensor: Floats, layout: ChannelLayout) -> Floats:
    """Return a tensor ``(C, H, W)`` in the units errors are told in: as stored, normals as ``(n + 1) / 2``."""
    out = tensor.astype(np.float32)
    for name in layout.names:
        if spec_of(name).encoding == "vector":
            at = layout.slice_of(name)
            out[at] = out[at] / 2 + np.float32(0.5)
    return out


def check(filled: Floats, truth: Floats | None, layout: ChannelLayout, hole: Bools) -> None:
    """Refuse what cannot be compared.

    Raises:
        InputError: shapes that do not belong together, or a fill with values that are no numbers.
        MaskError: a hole that is empty, of another size, or leaves nothing around it.
    """
    if filled.ndim != 3 or filled.shape[0] != layout.n_channels:
        raise InputError(f"The fill has the shape {filled.shape}, but its maps have {layout.n_channels} channels.")
    if truth is not None and truth.shape != filled.shape:
        raise InputError(f"The fill has the shape {filled.shape} and the original {truth.shape}; they must agree.")
    if hole.shape != filled.shape[1:]:
        raise MaskError(f"The mask is {hole.shape} and the fill {filled.shape[1:]} (height, width); they must agree.")
    if not hole.any():
        raise MaskError("The mask is empty; there is no hole to judge.")
    if hole.all():
        raise MaskError("The mask covers everything; nothing is left to compare with.")
    if not np.isfinite(filled[:, hole]).all():
        raise InputError("The fill holds NaN or infinite values in the hole; there is nothing to measure.")


def scene(
    filled: Floats,
    truth: Floats | None,
    layout: ChannelLayout,
    hole: Bools,
    margin: int,
    *,
    tileable: bool = False,
    known: Bools | None = None,
) -> ScoredHole:
    """Cut the hole out with ``margin`` pixels around it, each far piece on its own.

    Args:
        filled: ``(C, H, W)``, as in a material's tensor.
        truth: the same without the hole, if it is known.
        layout: which channels are which map.
        hole: ``(H, W)``.
        margin: pixels around the hole that metrics may count.
        tileable: the surroundings go on across the edges of the picture; else it is mirrored there, uncounted.
        known: ``(H, W)``, the only pixels outside the hole that count; all of them if None.
    """
    size = (hole.shape[0], hole.shape[1])
    found = regions(hole.astype(np.float32), margin, tileable=tileable)
    pieces = [_Piece.of(region, size, tileable) for region in found]
    spots, shape = _shelves([(len(p.rows), len(p.cols)) for p in pieces])
    counted = np.zeros(shape, bool)
    holes, around = counted.copy(), counted.copy()
    pictures = [np.zeros((layout.n_channels, *shape), np.float32) for _ in (filled, truth)]
    for piece, spot in zip(pieces, spots, strict=True):
        at = (piece.rows[:, None], piece.cols)
        to = (slice(spot[0], spot[0] + len(piece.rows)), slice(spot[1], spot[1] + len(piece.cols)))
        holes[to] = hole[at] & piece.counted
        around[to] = ~hole[at] & piece.counted if known is None else ~hole[at] & piece.counted & known[at]
        for picture, whole in zip(pictures, (filled, truth), strict=True):
            if whole is not None:
                picture[:, to[0], to[1]] = whole[:, at[0], at[1]]
    finite = [np.isfinite(picture) for picture in pictures]
    around &= finite[0].all(0)
    cut = [
        make_comparable(np.where(ok, p, 0) if not ok.all() else p, layout)
        for p, ok in zip(pictures, finite, strict=True)
    ]
    usable = truth is not None and bool(finite[1][:, holes].all())
    return ScoredHole(cut[0], cut[1] if usable else None, holes, around, layout)


@dataclass(frozen=True)
class _Piece:
    """A window: rows and columns of the picture, `GUARD` more on each side, and which of its pixels count."""

    rows: NDArray[np.intp]
    cols: NDArray[np.intp]
    counted: Bools

    @classmethod
    def of(cls, region: Region, size: Size, wraps: bool) -> _Piece:
        rows = list_positions((region.top - GUARD, region.height + 2 * GUARD), size[0], wrap=wraps)
        cols = list_positions((region.left - GUARD, region.width + 2 * GUARD), size[1], wrap=wraps)
        counted = np.zeros((len(rows), len(cols)), bool)
        counted[GUARD:-GUARD, GUARD:-GUARD] = True
        return cls(rows, cols, counted)


def _shelves(sizes: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Lay rectangles out in rows, a pixel apart; return their corners and the size of it all."""
    width = max(max(w for _, w in sizes), int(np.sqrt(sum(h * w for h, w in sizes))))
    spots: list[tuple[int, int]] = [(0, 0)] * len(sizes)
    top = left = tall = 0
    for number in sorted(range(len(sizes)), key=lambda n: -sizes[n][0]):
        if left and left + sizes[number][1] > width:
            top, left, tall = top + tall + 1, 0, 0
        spots[number] = (top, left)
        left, tall = left + sizes[number][1] + 1, max(tall, sizes[number][0])
    return spots, (top + tall, width)
