"""A ranking of several fills of one hole, those that give themselves away least first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from svbrdf_core.inpainting.fill import Fill
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material
from svbrdf_core.tensors.torus import find_span, grow_span

NEAR = 128
"""Pixels round the hole that fills are judged by."""


@dataclass(frozen=True)
class Ranked:
    """A fill and its place.

    Attributes:
        seed: of the fill.
        fill: the fill.
        blemish: how much it gives itself away (`svbrdf_core.metrics.blemish`); None if there was nothing to rank.
    """

    seed: int
    fill: Fill[Material]
    blemish: float | None


def rank_fills(fills: Sequence[tuple[int, Fill[Material]]], mask: Mask, *, tileable: bool) -> list[Ranked]:
    """Return seeds and fills of a hole ``(H, W)``, the best first."""
    if len(fills) == 1:
        return [Ranked(*fills[0], None)]
    judged = [(judge(fill.canvas, mask, tileable=tileable), seed, fill) for seed, fill in fills]
    return [Ranked(seed, fill, found) for found, seed, fill in sorted(judged, key=lambda item: item[:2])]


def judge(filled: Material, mask: Mask, *, tileable: bool) -> float:
    """Return how much the fill of a hole ``(H, W)`` gives itself away (`svbrdf_core.metrics.blemish`)."""
    from svbrdf_core.metrics import blemish  # with scipy's statistics, for which a single fill need not wait

    (top, height), (left, width) = (
        (0, total) if tileable else grow_span(find_span((mask > 0).any(axis=1 - axis)), NEAR, total)
        for axis, total in enumerate(mask.shape)
    )
    values = filled.window(top, left, height, width)
    cut = (slice(top, top + height), slice(left, left + width))
    absent = filled.absent()
    known = None if absent is None else ~absent[cut]
    return blemish(values, filled.layout, mask[cut] > 0, tileable=tileable, known=known)
