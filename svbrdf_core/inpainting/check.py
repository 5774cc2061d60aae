"""Check of a request: what it comes to, or why it cannot be done, before anything is filled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from svbrdf_core import masks
from svbrdf_core.inpainting.blocks import plan_fill
from svbrdf_core.inpainting.examples import SIDE
from svbrdf_core.inpainting.prepare import Prepared, prepare
from svbrdf_core.inpainting.tiled import box_of_set
from svbrdf_core.request import InpaintRequest
from svbrdf_core.run import Run
from svbrdf_core.tensors.torus import find_span


@dataclass(frozen=True)
class CheckReport:
    """What a request that can be done comes to.

    Attributes:
        pixels: of the hole.
        share: of the material's pixels that are the hole's, 0 to 1.
        box: top, left, height and width of the hole in pixels; in a material that tiles it is the smallest on the
            torus, which may go on across the edges. Of a set of tiles it lies on all of them side by side.
        regions: how many pieces the hole has, which do not touch each other.
        tileable: whether the edges of the material are taken to meet.
        notes: sentences for the user about the hole.
        memory: bytes that the fill needs, about.
        seconds: that all variations take on a processor, about; 0 of methods whose time does not follow the hole.
    """

    pixels: int
    share: float
    box: tuple[int, int, int, int]
    regions: int
    tileable: bool
    notes: tuple[str, ...]
    memory: int
    seconds: float


PROGRAM = 300 * 2**20
"""Bytes of the program itself with compiled kernels."""
COPYING, SMOOTH = 40, 16
"""Bytes for each sample of a window, of methods that copy pixels and of others; `python -m benchmarks memory`."""
KEPT = 4
"""Bytes of each sample of a canvas that is larger than its material."""
SECONDS = 1e-4
"""Of a filled pixel, copied in all maps; measured on one core with ten channels, a little less."""
AT_LEAST = 1.0
"""Seconds that a fill of copies takes besides, however small its hole."""


def check(request: InpaintRequest) -> CheckReport:
    """Find out whether a request can be done, and what it comes to, without filling or writing anything.

    Raises:
        InputError, AmbiguousInput, MaskError, OutputError: it cannot; see `svbrdf_core.inpainting.prepare.prepare`.
    """
    run = Run()
    found = prepare(request, run)
    mask, tileable = found.canvas.mask, found.canvas.wraps
    pixels = int(np.count_nonzero(mask))
    memory, seconds = _estimate(found)
    (top, height), (left, width) = (find_span(mask.any(axis=1 - axis), wrap=tileable) for axis in (0, 1))
    box = (top, left, height, width) if found.grid is None else box_of_set(found.material, mask, found.grid)
    return CheckReport(
        pixels=pixels,
        share=pixels / math.prod(found.size),
        box=box,
        regions=len(masks.components(mask, tileable=tileable)),
        tileable=tileable,
        notes=tuple(note for note in run.notes if note not in found.warnings),
        memory=memory,
        seconds=seconds,
    )


def _estimate(found: Prepared) -> tuple[int, float]:
    """Return bytes and seconds that the fills need: those of the largest window, and of all pixels."""
    copies = found.method.traits(found.settings).copies_pixels
    canvas = found.canvas
    windows = plan_fill(canvas.mask, canvas.wraps, found.material.absent(), canvas.block)
    beside = min(SIDE**2, sum(example.allowed.size for example in canvas.examples))
    samples = max(w.context.height * w.context.width for w in windows) + beside
    samples *= found.material.layout.n_channels
    # Of a larger canvas what is written is kept until it is saved.
    kept = 0 if canvas.material is found.material else canvas.mask.size * found.material.layout.n_channels * KEPT
    pixels = int(np.count_nonzero(canvas.mask))
    pieces = [piece for window in windows for piece in window.pieces]
    box = max(piece.height for piece in pieces), max(piece.width for piece in pieces)
    extra = found.method.extra_cost(found.settings, box)
    seconds = extra.seconds + (AT_LEAST + pixels * SECONDS if copies else 0.0)
    memory = PROGRAM + kept + samples * (COPYING if copies else SMOOTH) + extra.memory
    return memory, extra.once + seconds * found.request.method.variations
