"""The repair itself: the hole is filled, once or several times, and the files appear together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from svbrdf_core.formats import Samples
from svbrdf_core.inpainting import Fill, inpaint
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material, SaveReport
from svbrdf_core.plain import Json
from svbrdf_core.publishing import pictures, save_variations
from svbrdf_core.repairing.checking import Prepared, Tell, prepared
from svbrdf_core.repairing.ranking import Ranked, ranked
from svbrdf_core.repairing.report import report_of
from svbrdf_core.repairing.request import Choice, Repair
from svbrdf_core.repairing.sheet import sheet
from svbrdf_core.run import Progress

OnProgress = Callable[[int, Progress], None]
"""Takes the number of a variation, from 0, and how far it is."""


@dataclass(frozen=True)
class Repaired:
    """What a repair did.

    Attributes:
        report: what ``svbrdf inpaint --json`` prints; nothing but what JSON knows.
        material: the best fill, as it was written.
    """

    report: dict[str, Json]
    material: Material


def repair(
    job: Repair,
    *,
    on_progress: OnProgress | None = None,
    should_stop: Callable[[], bool] | None = None,
    tell: Tell | None = None,
) -> Repaired:
    """Fill the hole, once or several times, and write what was asked for, all or none.

    Args:
        job: what is wanted.
        on_progress: called from time to time in this thread.
        should_stop: asked often; when it says yes the fill stops within one step.
        tell: takes warnings and notes when they are known; they are in the report too.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written. See `check`, ``inpaint`` and
            ``Material.save``.
        Cancelled: ``should_stop`` said yes.
        TypeError: the settings are another method's.
    """
    tell = tell or (lambda sentences: None)
    found = prepared(job, tell)
    fills = fill_all(
        job.material,
        found.mask,
        job.choice,
        forbid=found.forbid,
        tileable=found.tileable,
        on_progress=on_progress,
        should_stop=should_stop,
    )
    with ExitStack() as stack:
        stack.enter_context(pictures(_drawn(job, fills, found), overwrite=job.overwrite))
        saved = _save(job, [one.fill for one in fills])
    told = [*found.more, *(note for one in fills for note in one.fill.notes), *(n for s in saved for n in s.notes)]
    tell(told)
    return Repaired(report_of(job, fills, saved, found, told), fills[0].fill.material)


def fill_all(
    material: Material,
    mask: Mask,
    choice: Choice,
    *,
    forbid: Mask | None = None,
    tileable: bool = False,
    on_progress: OnProgress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[Ranked]:
    """Return fills of a hole ``(H, W)``, the best first.

    Raises:
        FillError: the hole cannot be filled from what is known.
        Cancelled: ``should_stop`` said yes.
    """
    fills: list[tuple[int, Fill]] = []
    for number in range(choice.variations):
        fill = inpaint(
            material,
            mask,
            method=choice.method,
            seed=choice.seed + number,
            settings=choice.settings,
            forbid=forbid,
            tileable=tileable,
            device=choice.device,
            on_progress=None if on_progress is None else partial(on_progress, number),
            should_stop=should_stop,
        )
        fills.append((choice.seed + number, fill))
    return ranked(fills, mask, tileable=tileable)


def _drawn(job: Repair, fills: list[Ranked], found: Prepared) -> dict[Path, Samples]:
    wanted: dict[Path, Samples] = {}
    if job.preview is not None:
        wanted[job.preview] = sheet(job.material, [one.fill for one in fills], found.mask, tileable=found.tileable)
    sources = fills[0].fill.sources
    if job.source_map is not None and sources is not None:
        wanted[job.source_map] = sources.draw(job.material.height, job.material.width)
    return wanted


def _save(job: Repair, fills: list[Fill]) -> tuple[SaveReport, ...]:
    if len(fills) > 1:
        return save_variations([fill.material for fill in fills], job.target, overwrite=job.overwrite)
    return (fills[0].material.save(job.target, in_place=job.in_place, overwrite=job.overwrite),)
