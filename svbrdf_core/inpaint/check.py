"""What a request comes to, or the reason why it cannot be done, before anything is filled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svbrdf_core import masks
from svbrdf_core.inpaint.prepare import prepare
from svbrdf_core.masks import Mask
from svbrdf_core.request import InpaintRequest
from svbrdf_core.run import Run


@dataclass(frozen=True)
class CheckReport:
    """What a request that can be done comes to.

    Attributes:
        pixels: of the hole.
        share: of the material's pixels that are the hole's, 0 to 1.
        box: top, left, height and width of the hole in pixels; in a material that tiles it is the smallest on the
            torus, which may go on across the edges.
        regions: how many pieces the hole has, which do not touch each other.
        tileable: whether the edges of the material are taken to meet.
        notes: sentences for the user about the hole.
    """

    pixels: int
    share: float
    box: tuple[int, int, int, int]
    regions: int
    tileable: bool
    notes: tuple[str, ...]


def check(request: InpaintRequest) -> CheckReport:
    """Find out whether a request can be done, and what it comes to, without filling or writing anything.

    Raises:
        InputError, AmbiguousInput, MaskError, OutputError: it cannot; see `svbrdf_core.inpaint.prepare.prepare`.
    """
    run = Run()
    found = prepare(request, run)
    mask, tileable = found.mask, found.tileable
    pixels = int(np.count_nonzero(mask))
    (top, height), (left, width) = (_span(mask, axis, around=tileable) for axis in (0, 1))
    return CheckReport(
        pixels=pixels,
        share=pixels / mask.size,
        box=(top, left, height, width),
        regions=len(masks.components(mask, tileable=tileable)),
        tileable=tileable,
        notes=tuple(note for note in run.notes if note not in found.warnings),
    )


def _span(mask: Mask, axis: int, *, around: bool) -> tuple[int, int]:
    """Return start and length of the hole's rows or columns, on a ring if ``around``."""
    at, total = np.flatnonzero(mask.any(axis=1 - axis)), mask.shape[axis]
    first, length = int(at[0]), int(at[-1] - at[0] + 1)
    if not around:
        return first, length
    gaps = np.diff(at, append=at[0] + total)
    widest = len(gaps) - 1 - int(gaps[::-1].argmax())  # the last of equals, so that no edge is crossed in vain
    return int(at[(widest + 1) % len(at)]), total - int(gaps[widest]) + 1
