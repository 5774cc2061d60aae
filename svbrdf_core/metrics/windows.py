"""Windows of bounded size around a hole, one at a time.

Renderings and networks look at pictures as they are, which the pieces of a `ScoredHole`, laid side by side, are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from svbrdf_core.masks import Region, regions
from svbrdf_core.metrics.scene import Bools, Floats

TILE = 512
"""Longest side of what is counted in one window; keeps the memory of renderings and networks small."""


@dataclass(frozen=True)
class ScoredWindow:
    """A part of a material with a part of its hole.

    Attributes:
        top, left: where it lies in the material.
        filled: ``(C, h, w)``, units of the tensor; the truth (if there is one) outside the hole, numbers everywhere.
        truth: ``(C, h, w)``, if it is known everywhere in the hole.
        hole: ``(h, w)``, pixels that count here; those of the hole that another window counts are left out.
        known: ``(h, w)``, outside the hole and to be compared with.
    """

    top: int
    left: int
    filled: Floats
    truth: Floats | None
    hole: Bools
    known: Bools


def windows(
    filled: Floats, truth: Floats | None, hole: Bools, margin: int, *, known: Bools | None = None
) -> Iterator[ScoredWindow]:
    """Yield windows that count each pixel of the hole once, with up to ``margin`` pixels around it.

    Args:
        filled: ``(C, H, W)``, as in a material's tensor.
        truth: the same without the hole, if it is known.
        hole: ``(H, W)``.
        margin: context in pixels.
        known: ``(H, W)``, the only pixels outside the hole to compare with; all of them if None.
    """
    usable = truth is not None and bool(np.isfinite(truth[:, hole]).all())
    for region in regions(hole.astype(np.float32), margin):
        for core, (rows, columns) in _tiles(region, margin):
            counted = np.zeros((rows.stop - rows.start, columns.stop - columns.start), bool)
            inside = (_relative_slice(core[0], rows), _relative_slice(core[1], columns))
            counted[inside] = hole[core]
            if counted.any():
                at = (slice(None), rows, columns)
                yield _window(
                    filled[at], truth[at] if usable and truth is not None else None, hole[at[1:]], counted,
                    None if known is None else known[at[1:]], (rows.start, columns.start),
                )  # fmt: skip


def _window(
    filled: Floats, truth: Floats | None, hole: Bools, counted: Bools, known: Bools | None, corner: tuple[int, int]
) -> ScoredWindow:
    around = ~hole & np.isfinite(filled).all(0)
    if known is not None:
        around &= known
    # What changed outside the hole is no part of the fill, and must not be seen through a filter's or a net's window.
    after = filled if truth is None else np.where(hole, filled, truth)
    clean = None if truth is None else np.nan_to_num(truth).astype(np.float32)
    return ScoredWindow(*corner, np.nan_to_num(after).astype(np.float32), clean, counted, around)


Spans = tuple[slice, slice]


def _tiles(region: Region, margin: int) -> Iterator[tuple[Spans, Spans]]:
    """Yield tiles of a region, and each with the margin that the region has around it."""
    for rows, tall in _cuts(region.top, region.height, margin):
        for columns, wide in _cuts(region.left, region.width, margin):
            yield (rows, columns), (tall, wide)


def _cuts(start: int, length: int, margin: int) -> Iterator[tuple[slice, slice]]:
    stop = start + length
    whole = length <= TILE + 2 * margin  # a piece of up to TILE pixels, with the margin it came with, stays one
    step = length if whole else TILE
    for at in range(start, stop, step):
        end = min(at + step, stop)
        yield slice(at, end), slice(max(start, at - margin), min(stop, end + margin))


def _relative_slice(core: slice, outer: slice) -> slice:
    return slice(core.start - outer.start, core.stop - outer.start)
