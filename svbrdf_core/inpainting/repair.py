"""A whole repair: the hole is filled, once or several times, and the files appear together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from svbrdf_core.codec.plain import Json
from svbrdf_core.formats import Samples
from svbrdf_core.inpainting.canvas import Tileable
from svbrdf_core.inpainting.effort import estimate_stages
from svbrdf_core.inpainting.examples import Example
from svbrdf_core.inpainting.fill import Fill, inpaint
from svbrdf_core.inpainting.former import Former
from svbrdf_core.inpainting.guides import Guides
from svbrdf_core.inpainting.prepare import Prepared, prepare
from svbrdf_core.inpainting.rank import Ranked, rank_fills
from svbrdf_core.inpainting.report import report_of
from svbrdf_core.inpainting.sheet import sheet
from svbrdf_core.inpainting.staging import pictures, save_variations
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material, SaveReport
from svbrdf_core.methods import Method
from svbrdf_core.request import InpaintRequest, MethodChoice, OutputSpec, TileSpec
from svbrdf_core.run import Run


@dataclass(frozen=True)
class Repaired:
    """What a repair did.

    Attributes:
        report: what ``svbrdf inpaint --json`` prints; nothing but what JSON knows.
        material: the best fill, as it was written.
        before: what was filled, on its canvas.
        mask: ``(H, W)``, the hole.
    """

    report: dict[str, Json]
    material: Material
    before: Material
    mask: Mask


def repair(request: InpaintRequest, run: Run | None = None) -> Repaired:
    """Fill the hole, once or several times, and write what was asked for, all or none.

    Args:
        request: what is wanted.
        run: told how far it is; its notes are warnings and what there is to say, when they are known.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written. See `svbrdf_core.inpainting.prepare`,
            `inpaint` and ``Material.save``.
        Cancelled: the run was stopped.
    """
    run = Run() if run is None else run
    found = prepare(request, run)
    count = request.method.variations
    filling, saving = run.parts(estimate_stages(found, count))
    filling.report("preparing", 0.0, timed=False)
    tiling = None
    if isinstance(request.canvas, TileSpec):
        from svbrdf_core.inpainting.tileable import make_tileable  # with what judges how it repeats

        fills, tiling = make_tileable(found.canvas, request.canvas, partial(fill_prepared, found), filling)
    else:
        fills = fill_prepared(found, found.canvas.material, found.canvas.mask, 0, filling)
    saving.report("saving", 0.0, variation=count, variations=count)
    with ExitStack() as stack:
        stack.enter_context(pictures(_draw_pictures(found, fills), overwrite=request.output.overwrite))
        saved = _save(request.output, [one.fill for one in fills])
    for note in (note for report in saved for note in report.notes):
        run.note(note)
    saving.report("done", 1.0, variation=count, variations=count)
    report = report_of(found, fills, saved, run.notes, tiling)
    return Repaired(report, fills[0].fill.canvas, found.canvas.material, found.canvas.mask)


def fill_prepared(found: Prepared, material: Material, mask: Mask, again: int, run: Run) -> list[Ranked]:
    """Fill a hole of a prepared request's canvas, by the request's seeds or others; see `fill_variations`.

    Args:
        found: the request.
        material: of the canvas.
        mask: ``(H, W)``, the hole.
        again: 0 for the request's seeds, 1 for the next as many, and so on.
        run: told how far it is.
    """
    choice = found.request.method
    return fill_variations(
        material,
        mask,
        replace(choice, seed=choice.seed + again * choice.variations),
        run,
        method=found.method,
        settings=found.settings,
        forbid=found.canvas.forbid,
        tileable=found.canvas.tileable,
        examples=found.canvas.examples,
        block=found.canvas.block,
        guides=found.guides,
        former=found.former,
    )


def fill_variations(
    material: Material,
    mask: Mask,
    choice: MethodChoice,
    run: Run,
    *,
    method: Method | None = None,
    settings: Any = None,
    forbid: Mask | None = None,
    tileable: Tileable = False,
    examples: Sequence[Example] = (),
    block: int | None = None,
    guides: Guides | None = None,
    former: Material | None = None,
) -> list[Ranked]:
    """Return fills of a hole ``(H, W)``, the best first.

    Args:
        material: what is repaired.
        mask: the hole.
        choice: seed, number of fills, how much they vary one, and device.
        run: told how far it is.
        method: how each is filled; the one that the choice names if None.
        settings: of the method; its defaults if None.
        forbid: ``(H, W)``, above 0 where nothing may be copied from.
        tileable: whether the edges meet.
        examples: what may be copied from besides.
        block: the longest side of what is filled at once; see `inpaint`.
        guides: what the fills follow besides; see `inpaint`.
        former: a fill that all of them vary; None for the first of them, if they vary any.

    Raises:
        FillError: the hole cannot be filled from what is known.
        Cancelled: the run was stopped.
    """
    fills: list[tuple[int, Fill[Material]]] = []
    for number in range(choice.variations):
        part = run.part(
            number / choice.variations, (number + 1) / choice.variations, variation=(number + 1, choice.variations)
        )
        varied = None if choice.from_step == 1 else former or (fills[0][1].canvas if fills else None)
        fill = inpaint(
            material,
            mask,
            method=choice.name if method is None else method,
            seed=choice.seed + number,
            settings=settings,
            forbid=forbid,
            tileable=tileable,
            examples=examples,
            block=block,
            guides=guides,
            former=None if varied is None else Former(varied, choice.from_step),
            device=choice.device,
            run=part,
        )
        fills.append((choice.seed + number, fill))
    return rank_fills(fills, mask, tileable=tileable is True)


def _draw_pictures(found: Prepared, fills: list[Ranked]) -> dict[Path, Samples]:
    wanted: dict[Path, Samples] = {}
    output, canvas = found.request.output, found.canvas
    material = canvas.material
    if output.preview is not None:
        drawn = [one.fill for one in fills]
        wanted[output.preview.path] = sheet(material, drawn, canvas.mask, tileable=canvas.wraps)
    sources = fills[0].fill.sources
    if output.source_map is not None and sources is not None:
        wanted[output.source_map.path] = sources.draw(material.height, material.width)
    return wanted


def _save(output: OutputSpec, fills: list[Fill[Material]]) -> tuple[SaveReport, ...]:
    if len(fills) > 1:
        materials = [fill.canvas for fill in fills]
        return save_variations(materials, output.folder, overwrite=output.overwrite, keep_jpeg=output.keep_jpeg)
    saved = fills[0].canvas.save(
        output.folder, in_place=output.in_place, overwrite=output.overwrite, keep_jpeg=output.keep_jpeg
    )
    return (saved,)
