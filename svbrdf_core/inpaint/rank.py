"""A ranking of several fills of one hole, those that give themselves away least first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from svbrdf_core.inpaint.fill import Fill
from svbrdf_core.masks import Mask
from svbrdf_core.metrics import blemish

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
    fill: Fill
    blemish: float | None


def ranked(fills: Sequence[tuple[int, Fill]], mask: Mask, *, tileable: bool) -> list[Ranked]:
    """Return seeds and fills of a hole ``(H, W)``, the best first."""
    if len(fills) == 1:
        return [Ranked(*fills[0], None)]
    judged = [(_blemish(fill, mask, tileable), seed, fill) for seed, fill in fills]
    return [Ranked(seed, fill, found) for found, seed, fill in sorted(judged, key=lambda item: item[:2])]


def _blemish(fill: Fill, mask: Mask, tileable: bool) -> float:
    (top, bottom), (left, right) = [(0, n) for n in mask.shape] if tileable else [_span(mask, axis) for axis in (0, 1)]
    values = fill.material.window(top, left, bottom - top, right - left)
    return blemish(values, fill.material.layout, mask[top:bottom, left:right] > 0, tileable=tileable)


def _span(mask: Mask, axis: int) -> tuple[int, int]:
    touched = np.flatnonzero((mask > 0).any(axis=1 - axis))
    return max(0, int(touched[0]) - NEAR), min(mask.shape[axis], int(touched[-1]) + 1 + NEAR)
