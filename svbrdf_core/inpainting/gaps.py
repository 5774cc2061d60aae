"""The surroundings of a hole on a canvas with gaps, as a set of tiles has where there is no tile, or not all maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import FillError
from svbrdf_core.masks import Mask, Region
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.torus import find_span, grow_span

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Sides = tuple[int, int, int, int]
"""Top, bottom, left and right, as positions of edges."""

SEEN = 64
"""Pixels that a fill must see beyond a hole's edges where there are any, so that it goes on there."""


@dataclass(frozen=True)
class LayoutShare:
    """The maps that the hole of a window has, among those of a canvas.

    Attributes:
        whole: the maps of the canvas.
        layout: those that are filled.
        names: which of the canvas's maps these are, bool ``(maps,)``.
    """

    whole: ChannelLayout
    layout: ChannelLayout
    names: Bools

    @classmethod
    def of(cls, whole: ChannelLayout, holding: Bools | None) -> LayoutShare:
        """Return the maps that are anywhere in a hole, of which ``holding`` ``(maps, n)`` says where; all if None."""
        names = np.ones(len(whole.names), np.bool_) if holding is None else np.asarray(holding.any(axis=1))
        kept = [(name, count) for name, count, is_in in zip(whole.names, whole.counts, names, strict=True) if is_in]
        return cls(whole, ChannelLayout(tuple(n for n, _ in kept), tuple(c for _, c in kept)), names)

    def sources(self, holding: Bools, hole: Bools) -> Bools:
        """Return ``(h, w)`` true where all maps of a hole are, of which ``holding`` ``(maps, h, w)`` says where.

        Raises:
            FillError: there is no such place beyond the hole.
        """
        found: Bools = np.asarray(holding[self.names].all(axis=0))
        if not (found & ~hole).any():
            raise FillError(
                "The hole lies on tiles with different maps, and none near it has all of "
                f"{', '.join(self.layout.names)}",
                Remedy("only", "leave out what is not in all of them"),
                Remedy("set", "fill one tile at a time"),
            )
        return found

    def take(self, values: Floats) -> Floats:
        """Return the channels ``(c, h, w)`` that are filled, of all ``(C, h, w)``."""
        if self.names.all():
            return values
        return np.concatenate([values[self.whole.slice_of(name)] for name in self.layout.names])

    def put(self, filled: Floats, values: Floats | None) -> Floats:
        """Return all channels ``(C, h, w)``: the filled ones, and those of ``values`` or zeros, which nobody writes."""
        if self.names.all():
            return filled
        shape = (self.whole.n_channels, *filled.shape[1:])
        found = np.zeros(shape, np.float32) if values is None else np.nan_to_num(values)
        for name in self.layout.names:
            found[self.whole.slice_of(name)] = filled[self.layout.slice_of(name)]
        return found


def tight(piece: Region, mask: Mask) -> Region:
    """Return the smallest region that holds the hole of a region."""
    part = mask[piece.top : piece.top + piece.height, piece.left : piece.left + piece.width] > 0
    (top, height), (left, width) = find_span(part.any(axis=1)), find_span(part.any(axis=0))
    return Region(piece.top + top, piece.left + left, height, width)


def context_of(piece: Region, margin: int, absent: Bools) -> Region:
    """Return a hole's region with ``margin`` round it, but for gaps.

    The largest of two rectangles without a gap, if it goes on beyond the hole wherever there is something; else all up
    to where nothing is right beside the hole, with gaps in its corners.
    """
    ends = _grown(piece, margin, absent)
    whole = _limited(piece, ends, absent)
    need = tuple(min(abs(a - b), SEEN) for a, b in zip(whole, _sides(piece), strict=True))
    fits = [
        found
        for found in _without_gaps(piece, ends, absent)
        if all(abs(a - b) >= least for a, b, least in zip(found, _sides(piece), need, strict=True))
    ]
    return _region(max(fits, key=lambda s: (s[1] - s[0]) * (s[3] - s[2]), default=whole))


def near_hole(hole: Bools, gaps: Bools) -> Bools:
    """Return the gaps that a fill of the hole may see, which are unknown to it as the hole is; all ``(h, w)``."""
    from scipy import ndimage

    near: Bools = gaps & (ndimage.maximum_filter(hole.view(np.uint8), 2 * SEEN + 1) > 0)
    return near


def _grown(piece: Region, margin: int, absent: Bools) -> Sides:
    top, height = grow_span((piece.top, piece.height), margin, absent.shape[0])
    left, width = grow_span((piece.left, piece.width), margin, absent.shape[1])
    return top, top + height, left, left + width


def _limited(inner: Region, outer: Sides, absent: Bools) -> Sides:
    """Return how far each side can go until there is a gap between the lines that go on from a region's sides."""
    down = np.asarray(absent[outer[0] : outer[1], inner.left : inner.left + inner.width].any(axis=1))
    across = np.asarray(absent[inner.top : inner.top + inner.height, outer[2] : outer[3]].any(axis=0))
    top, bottom = _free(down, inner.top - outer[0], inner.height)
    left, right = _free(across, inner.left - outer[2], inner.width)
    return outer[0] + top, outer[0] + bottom, outer[2] + left, outer[2] + right


def _free(gap: Bools, start: int, length: int) -> tuple[int, int]:
    """Return first and end of what is free of gaps round a span of lines."""
    before, after = np.flatnonzero(gap[:start]), np.flatnonzero(gap[start + length :])
    end = start + length + int(after[0]) if len(after) else len(gap)
    return int(before[-1]) + 1 if len(before) else 0, end


def _without_gaps(piece: Region, ends: Sides, absent: Bools) -> Iterator[Sides]:
    """Yield two rectangles round a region that have no gap: as high, or as wide, as can be."""
    own = _limited(piece, ends, absent)
    high = Region(own[0], piece.left, own[1] - own[0], piece.width)
    wide = Region(piece.top, own[2], piece.height, own[3] - own[2])
    for first in (high, wide):
        found = _limited(first, ends, absent)
        chosen = (own[0], own[1], found[2], found[3]) if first is high else (found[0], found[1], own[2], own[3])
        if not absent[chosen[0] : chosen[1], chosen[2] : chosen[3]].any():
            yield chosen


def _sides(region: Region) -> Sides:
    return region.top, region.top + region.height, region.left, region.left + region.width


def _region(sides: Sides) -> Region:
    return Region(sides[0], sides[2], sides[1] - sides[0], sides[3] - sides[2])
