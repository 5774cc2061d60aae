"""The work of ``svbrdf inpaint``: from a loaded material and what is wanted to files and a report."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from svbrdf_core.cli.bar import bar
from svbrdf_core.cli.outcome import Json, Outcome
from svbrdf_core.cli.publish import check_folder, check_picture, pictures, save_variations
from svbrdf_core.cli.ranking import Ranked, ranked
from svbrdf_core.cli.session import Session
from svbrdf_core.cli.sheet import sheet
from svbrdf_core.diffusion import PRESETS, DiffusionSettings
from svbrdf_core.errors import InputError
from svbrdf_core.formats import Samples
from svbrdf_core.holes import Shaping, hole
from svbrdf_core.inpainting import Fill, inpaint, usable
from svbrdf_core.masks import Mask, check
from svbrdf_core.material import Material, SaveReport
from svbrdf_core.methods.auto import AutoSettings
from svbrdf_core.patch import PatchSettings
from svbrdf_core.tiling import tiles


@dataclass(frozen=True)
class Choice:
    """How to fill: see the options of the same names."""

    method: str = "patch"
    seed: int = 0
    variations: int = 1
    device: str = "auto"
    rotations: bool = False
    mirrors: bool = False
    preset: str | None = None
    budget: float | None = None
    model: Path | None = None


@dataclass(frozen=True)
class Job:
    """Everything ``svbrdf inpaint`` was asked for.

    Attributes:
        material: the one to repair.
        masks, forbid: descriptions of the hole and of where nothing may be copied from.
        shaping: what is done to the mask.
        choice: how to fill.
        tileable: whether the edges meet; None to find out.
        target: folder to write to.
        in_place, overwrite: as for ``Material.save``.
        preview, source_map: pictures to draw.
    """

    material: Material
    masks: tuple[str, ...]
    forbid: tuple[str, ...]
    shaping: Shaping
    choice: Choice
    tileable: bool | None
    target: Path
    in_place: bool = False
    overwrite: bool = False
    preview: Path | None = None
    source_map: Path | None = None


def run(job: Job, session: Session, *, quiet: bool = False) -> Outcome:
    """Fill the hole, once or several times, write what was asked for and report it.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written.
    """
    _check_outputs(job)
    session.tell((f"Warning: {text}" for text in job.material.warnings), quiet=quiet)
    mask, tileable, notes = _mask(job)
    session.tell(notes, quiet=quiet)
    forbid, more = hole(job.forbid, job.material, Shaping(), tileable=tileable) if job.forbid else (None, ())
    fills = fill_all(job.material, mask, forbid, job.choice, session, tileable=tileable, quiet=quiet)
    with ExitStack() as stack:
        stack.enter_context(pictures(_drawn(job, fills, mask, tileable), overwrite=job.overwrite))
        reports = _save(job, [one.fill for one in fills])
    told = [*more, *(note for one in fills for note in one.fill.notes), *(n for r in reports for n in r.notes)]
    session.tell(told[:], quiet=quiet)
    return _outcome(job, fills, reports, mask, tileable, [*notes, *told], quiet=quiet)


def fill_all(
    material: Material,
    mask: Mask,
    forbid: Mask | None,
    choice: Choice,
    session: Session,
    *,
    tileable: bool = False,
    quiet: bool = False,
) -> list[Ranked]:
    """Return fills of the hole, the best first.

    Raises:
        FillError: the hole cannot be filled from what is known.
        Cancelled: Ctrl-C was pressed.
    """
    settings = _settings(choice)
    fills: list[tuple[int, Fill]] = []
    with bar(session, jobs=choice.variations, quiet=quiet) as progress:
        for number in range(choice.variations):
            fill = inpaint(
                material,
                mask,
                method=choice.method,
                seed=choice.seed + number,
                settings=settings,
                forbid=forbid,
                tileable=tileable,
                device=choice.device,
                on_progress=progress(number),
                should_stop=session.should_stop,
            )
            fills.append((choice.seed + number, fill))
    return ranked(fills, mask, tileable=tileable)


def _settings(choice: Choice) -> object:
    """Return the settings of the chosen method.

    Raises:
        InputError: there is no such method here, or it lacks turns, mirrors or variations that are wanted.
    """
    method = usable(choice.method)
    if choice.variations > 1 and not method.random:
        raise InputError(f"The method {method.name} gives the same fill for every seed; leave --variations out.")
    turned = choice.rotations or choice.mirrors
    learns = choice.preset is not None or choice.budget is not None or choice.model is not None
    if method.settings is PatchSettings and not learns:
        return PatchSettings(turns=choice.rotations, mirrors=choice.mirrors)
    model = "" if choice.model is None else str(choice.model)
    diffusion = replace(PRESETS[choice.preset or "fast"], seconds=choice.budget, model=model)
    if method.settings is DiffusionSettings and not turned:
        return diffusion
    if method.settings is AutoSettings:
        return AutoSettings(PatchSettings(turns=choice.rotations, mirrors=choice.mirrors), diffusion)
    if turned:
        raise InputError(f"The method {method.name} cannot use --rotations or --mirrors; leave them out.")
    if learns:
        raise InputError(f"The method {method.name} trains nothing; leave --preset, --budget and --model out.")
    return None


def _check_outputs(job: Job) -> None:
    method = usable(job.choice.method)
    _settings(job.choice)
    copies = PRESETS[job.choice.preset or "fast"].coarse_hole > 0  # else a network paints every pixel
    if job.source_map is not None and not (method.traces and copies):
        raise InputError(f"The method {method.name} cannot say where pixels come from; leave --source-map out.")
    check_folder(
        job.target, job.material, in_place=job.in_place, overwrite=job.overwrite, variations=job.choice.variations
    )
    inputs = [p.file.path for binding in job.material.maps.values() for p in binding.places]
    inputs += [Path(text) for text in (*job.masks, *job.forbid)]
    for path in (job.preview, job.source_map):
        check_picture(path, inputs, overwrite=job.overwrite)


def _mask(job: Job) -> tuple[Mask, bool, list[str]]:
    """Return the mask ``(H, W)``, whether the material is taken to tile, and notes."""
    material = job.material
    mask, notes = hole(job.masks, material, job.shaping, tileable=bool(job.tileable))
    mask, more = check(mask, (material.height, material.width))
    told = [*notes, *more]
    if job.tileable is not None:
        return mask, job.tileable, told
    rows, columns = tiles(material, mask)
    if rows and columns:
        mask, _ = hole(job.masks, material, job.shaping, tileable=True)
        mask, _ = check(mask, (material.height, material.width))
        return mask, True, [*told, "The material tiles; the fill goes on across its edges."]
    if rows or columns:
        way = "top to bottom" if rows else "left to right"
        return (
            mask,
            False,
            [*told, f"The material goes on {way} only; its edges are kept as edges (--tileable if not)."],
        )
    return mask, False, [*told, "The material does not tile; its edges are kept as edges (--tileable if it does)."]


def _drawn(job: Job, fills: list[Ranked], mask: Mask, tileable: bool) -> dict[Path, Samples]:
    wanted: dict[Path, Samples] = {}
    if job.preview is not None:
        wanted[job.preview] = sheet(job.material, [one.fill for one in fills], mask, tileable=tileable)
    sources = fills[0].fill.sources
    if job.source_map is not None and sources is not None:
        wanted[job.source_map] = sources.draw(job.material.height, job.material.width)
    return wanted


def _save(job: Job, fills: list[Fill]) -> tuple[SaveReport, ...]:
    if len(fills) > 1:
        return save_variations([fill.material for fill in fills], job.target, overwrite=job.overwrite)
    return (fills[0].material.save(job.target, in_place=job.in_place, overwrite=job.overwrite),)


def _outcome(
    job: Job,
    fills: list[Ranked],
    reports: tuple[SaveReport, ...],
    mask: Mask,
    tileable: bool,
    notes: list[str],
    *,
    quiet: bool,
) -> Outcome:
    pixels = int(np.count_nonzero(mask))
    rows: list[dict[str, Json]] = [
        {
            "folder": str(report.files[0].parent if report.files else job.target),
            "seed": one.seed,
            "energy": one.fill.energy,
            "blemish": one.blemish,
            "seconds": round(one.fill.seconds, 3),
            "files": [str(path) for path in report.files],
            "backup": None if report.backup is None else str(report.backup),
        }
        for one, report in zip(fills, reports, strict=True)
    ]
    data: dict[str, Json] = {
        "material": job.material.name,
        "maps": list(job.material.maps),
        "hole": {"pixels": pixels, "share": pixels / mask.size},
        "method": job.choice.method,
        "tileable": tileable,
        "variations": rows,
        "preview": None if job.preview is None else str(job.preview),
        "source_map": None if job.source_map is None else str(job.source_map),
        "warnings": list(job.material.warnings),
        "notes": list(dict.fromkeys(notes)),
    }
    drawn = [f"{path} shows it" for path in (job.preview, job.source_map) if path is not None]
    text = [
        f"{row['folder']}: {len(job.material.maps)} maps filled in {row['seconds']} s ({_about(one)})"
        for row, one in zip(rows, fills, strict=True)
    ]
    return Outcome(data, () if quiet else (*text, *drawn))


def _about(one: Ranked) -> str:
    energy = "" if one.fill.energy is None else f", energy {one.fill.energy:.4f}"
    return f"seed {one.seed}{energy}" + ("" if one.blemish is None else f", blemish {one.blemish:.2f}")
