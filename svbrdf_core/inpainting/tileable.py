"""A material made to tile by the narrowest bands along its edges that let them meet, and the judgement of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.codec.plain import Json
from svbrdf_core.inpainting.bands import UNSEEN, EdgeSteps, measure_edge_steps
from svbrdf_core.inpainting.canvas import RequestedCanvas
from svbrdf_core.inpainting.fill import Fill
from svbrdf_core.inpainting.flatten import flatten_light
from svbrdf_core.inpainting.rank import Ranked
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material
from svbrdf_core.material.tiling import single, tiles
from svbrdf_core.metrics.repetition import SIDE, Repetition, measure_repetition
from svbrdf_core.request import TileSpec
from svbrdf_core.run import Run

FillHole = Callable[[Material, Mask, int, Run], list[Ranked]]
"""Fills a hole ``(H, W)`` of a material, once or several times, the best first; the number chooses other seeds."""
AGAIN = 2
"""How often the widest band is filled again, by other seeds, if the edges do not meet."""


@dataclass(frozen=True)
class TileReport:
    """How well a material tiles.

    Attributes:
        before, after: its edges.
        band: pixels of the bands that were filled, down and across; 0 where none was.
        repetition: how much one sees that it repeats.
    """

    before: EdgeSteps
    after: EdgeSteps
    band: tuple[int, int]
    repetition: Repetition

    def to_json(self) -> dict[str, Json]:
        """Return the report for programs."""
        return {
            "band": list(self.band),
            "edge_rows": round(self.after.rows, 4),
            "edge_columns": round(self.after.columns, 4),
            "edge_rows_before": round(self.before.rows, 4),
            "edge_columns_before": round(self.before.columns, 4),
            "repetition": round(self.repetition.contrast, 4),
        }


def make_tileable(canvas: RequestedCanvas, spec: TileSpec, fill: FillHole, run: Run) -> tuple[list[Ranked], TileReport]:
    """Fill bands along the edges of a material, wider ones until the edges meet.

    Returns:
        The fills by the narrowest bands that do it, or by those that come nearest to it, and what is to be said.

    Raises:
        FillError: nothing can be copied.
        Cancelled: the run was stopped.
    """
    meets = canvas.bands[-1][0] > 0, canvas.bands[-1][1] > 0
    material = flatten_light(canvas.material, run) if spec.flatten else canvas.material
    before = measure_edge_steps(material)
    goes_on = all(goes or not counts for goes, counts in zip(tiles(material), meets, strict=True))
    if (goes_on or before.worst(meets) <= UNSEEN) and canvas.hole is None:
        known = "its lines go on across them" if goes_on else _say(before, meets)
        run.note(f"The edges meet already ({known}); nothing is filled.")
        untouched = Fill(material, None, None, 0.0, ())
        return [Ranked(0, untouched, None)], _report(before, before, (0, 0), material, run)
    best: tuple[float, list[Ranked], EdgeSteps, tuple[int, int]] | None = None
    tries = [(band, 0) for band in canvas.bands] + [(canvas.bands[-1], again) for again in range(1, AGAIN + 1)]
    efforts = [float((canvas.mask_of(band) > 0).sum()) for band, _ in tries]
    for (band, again), part in zip(tries, run.parts(efforts), strict=True):
        fills = fill(material, canvas.mask_of(band), again, part)
        steps = measure_edge_steps(fills[0].fill.canvas)
        if best is None or steps.worst(meets) < best[0]:
            best = steps.worst(meets), fills, steps, band
        if best[0] <= UNSEEN:
            break
    assert best is not None  # there is at least one band
    _, fills, after, band = best
    sizes = [f"{size} {word}" for size, word in zip(band, ("rows", "columns"), strict=True) if size]
    met = "meet" if best[0] <= UNSEEN else "come near to each other, but a seam may be seen; another seed may do better"
    run.note(f"Bands of {' and '.join(sizes)} are filled, and the edges {met} ({_say(after, meets, before)}).")
    return fills, _report(before, after, band, fills[0].fill.canvas, run)


def _report(before: EdgeSteps, after: EdgeSteps, band: tuple[int, int], material: Material, run: Run) -> TileReport:
    repetition = measure_repetition(_read_lightness(material))
    run.note(repetition.sentence)
    return TileReport(before, after, band, repetition)


def _read_lightness(material: Material) -> NDArray[np.float64]:
    """Return the lightness ``(h, w)`` of the colours, or of the first map if there are none, reduced by averaging."""
    step = max(1, min(material.height, material.width) // SIDE)
    one, rows = single(material, material.shown_map), []
    for top in range(0, material.height - step + 1, step):
        band = one.window(top, 0, step, material.width).mean(axis=(0, 1))
        rows.append(band[: material.width // step * step].reshape(-1, step).mean(axis=1))
    return np.asarray(rows, np.float64)


def _say(steps: EdgeSteps, meets: tuple[bool, bool], before: EdgeSteps | None = None) -> str:
    words = []
    for counts, word, value, old in zip(
        meets,
        ("top to bottom", "left to right"),
        (steps.rows, steps.columns),
        (None, None) if before is None else (before.rows, before.columns),
        strict=True,
    ):
        if counts:
            told = f"{word} the step is {value:.2f} of one inside"
            words.append(told if old is None else f"{told}, {old:.2f} before")
    return "; ".join(words)
