"""A fill with its explanation: done as any other, watched, and told as pictures, figures and a page."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from svbrdf_core.codec.plain import Json, plain
from svbrdf_core.errors import FillError, InputError, OutputError
from svbrdf_core.explain.contextual import explain_map
from svbrdf_core.explain.copied import Copied, explain_copies
from svbrdf_core.explain.moments import Recorder
from svbrdf_core.explain.page import PAGE, Figure, Section, make_page
from svbrdf_core.formats import write_files, write_png
from svbrdf_core.inpainting.call import usable
from svbrdf_core.inpainting.fill import Fill
from svbrdf_core.inpainting.prepare import Prepared, prepare
from svbrdf_core.inpainting.repair import fill_prepared
from svbrdf_core.inpainting.sheet import sheet
from svbrdf_core.masks import source_mask
from svbrdf_core.material import Material
from svbrdf_core.methods import Method, settings_of
from svbrdf_core.request import InpaintRequest
from svbrdf_core.run import Run
from svbrdf_core.sentences import OVERWRITE

DATA = "explain.json"
FILLING = 0.95
"""The part of the work that is the fill."""


@dataclass(frozen=True)
class Explained:
    """What an explanation says.

    Attributes:
        report: what ``explain.json`` holds.
        page: the page to look at.
        sentences: what it says first.
    """

    report: dict[str, Json]
    page: Path
    sentences: tuple[str, ...]


def explain(request: InpaintRequest, run: Run | None = None) -> Explained:
    """Fill a hole as `svbrdf_core.inpainting.repair.repair` does, and write why it became what it is.

    The fill itself is not written; the same request to `repair` gives the same one. The folder of the output gets
    ``index.html``, its pictures and ``explain.json``, all or none.

    Args:
        request: what is wanted; of several variations the best is explained.
        run: told how far it is.

    Raises:
        InputError: the method has nothing to explain, or see `prepare`.
        FillError: it did nothing that could be explained, as where all maps are constant; or see `fill_variations`.
        SvbrdfError: anything else that the user can put right; nothing was written.
        Cancelled: the run was stopped.
    """
    run = Run() if run is None else run
    _check_method(request)
    out = request.output.folder
    if (out / PAGE).exists() and not request.output.overwrite:
        raise OutputError(f"{out / PAGE} exists already; give another folder", OVERWRITE)
    found = prepare(request, run)
    recorder = Recorder()
    filling, drawing = run.parts((FILLING, 1 - FILLING))
    fills = fill_prepared(found, found.canvas.material, found.canvas.mask, 0, replace(filling, on_state=recorder))
    drawing.report("drawing", 0.0)
    fill = fills[0].fill
    sections = _explain(found, fill, recorder)
    if not sections:
        raise FillError("Nothing was copied or sampled in this fill, so there is nothing to explain.")
    sections.append(_show_fill(found, fill))
    report = _report(found, fills[0].seed, fill, sections, run)
    _write(found, report, sections)
    drawing.report("done", 1.0)
    return Explained(report, out / PAGE, tuple(text for section in sections for text in section.words))


def _check_method(request: InpaintRequest) -> None:
    """See that there is something to explain.

    Raises:
        InputError: the method neither copies from known places nor samples a network.
    """
    method = usable(request.method.name)
    if not _can_explain(method, settings_of(method, request.method.settings)):
        raise InputError(
            f"The method {method.name} neither says where pixels come from nor samples a network, so there is nothing "
            "to explain; choose patch, diffusion, auto or repaint."
        )


def _can_explain(method: Method, settings: Any) -> bool:
    traits = method.traits(settings)
    return traits.has_sources or traits.samples


def _explain(found: Prepared, fill: Fill[Material], recorder: Recorder) -> list[Section]:
    canvas, moments = found.canvas, recorder.moments
    sections: list[Section] = []
    if fill.sources is not None:
        wraps = canvas.tileable if isinstance(canvas.tileable, tuple) else (canvas.tileable, canvas.tileable)
        allowed = source_mask(canvas.mask, canvas.forbid, canvas.material.absent())
        sections.append(explain_copies(Copied(canvas.material, fill.canvas, canvas.mask, allowed, fill.sources, wraps)))
    influenced = [moment for moment in moments if moment.influence is not None]
    if influenced:
        from svbrdf_core.explain.influenced import explain_influence

        sections.append(explain_influence(influenced))
    attended = [moment for moment in moments if moment.passes]
    if attended:
        from svbrdf_core.explain.attended import explain_attention

        sections.append(explain_attention(attended))
    if recorder.maps:
        sections.append(explain_map(recorder.maps[0]))
    return sections


def _show_fill(found: Prepared, fill: Fill[Material]) -> Section:
    drawn = sheet(found.canvas.material, [fill], found.canvas.mask, tileable=found.canvas.wraps)
    caption = "Each map with the hole outlined, filled, and the difference."
    return Section("The fill", (), (Figure("fill", drawn, "Before and after", caption),))


def _report(found: Prepared, seed: int, fill: Fill[Material], sections: list[Section], run: Run) -> dict[str, Json]:
    told: dict[str, Json] = {"sources": None, "influence": [], "attention": [], "attention_map": None}
    for section in sections:
        told.update(section.data)
    whole: dict[str, Json] = {
        "material": found.material.name,
        "maps": list(found.material.maps),
        "method": found.request.method.name,
        "seed": seed,
        "energy": fill.energy,
        "hole": found.extent["hole"],
        **told,
        "pictures": [f"{figure.name}.png" for section in sections for figure in section.figures],
        "notes": list(run.notes),
        "request": found.request.to_json(),
    }
    return {key: plain(value) for key, value in whole.items()}


def _write(found: Prepared, report: Mapping[str, Json], sections: list[Section]) -> None:
    """Write page, pictures and data together.

    Raises:
        OutputError: they cannot be written; nothing was.
    """
    pixels = int(np.count_nonzero(found.canvas.mask))
    facts = (
        f"{found.request.method.name}, seed {report['seed']}",
        f"{found.canvas.material.width} × {found.canvas.material.height} pixels",
        f"hole {pixels:,} pixels",
    )
    page = make_page(f"{found.material.name}: why it was filled so", facts, sections)
    texts = {PAGE: page, DATA: json.dumps(report, indent=1, allow_nan=False) + "\n"}
    writers: dict[str, Callable[[Path], None]] = {name: partial(_write_text, text) for name, text in texts.items()}
    for section in sections:
        for figure in section.figures:
            writers[f"{figure.name}.png"] = partial(_write_picture, figure)
    write_files(found.request.output.folder, writers, overwrite=found.request.output.overwrite)


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _write_picture(figure: Figure, path: Path) -> None:
    write_png(path, figure.pixels)
