"""Requests for the engine as it is now; to be removed when `svbrdf_core.repair` takes an `InpaintRequest`."""

from __future__ import annotations

import svbrdf_core as sv
from svbrdf_core.methods.settings import settings_of


def load(source: sv.LoadOptions) -> sv.Material:
    """Return the material of a folder."""
    return sv.Reading(
        path=source.path,
        set_name=source.set_name,
        overrides=source.overrides,
        only=source.only,
        also=source.also,
        normal=source.normal,
        max_pixels=sv.MAX_PIXELS if source.max_pixels is None else source.max_pixels,
    ).load()


def repair(request: sv.InpaintRequest, run: sv.Run) -> sv.Repaired:
    """Do what is asked for."""
    count = request.method.variations

    def report(number: int, progress: sv.Progress) -> None:
        run.report(
            progress.phase,
            (number + progress.fraction) / count,
            training=progress.training,
            preview=progress.preview,
            variation=number + 1,
            variations=count,
        )

    return sv.repair(_repair_of(request), on_progress=report, should_stop=run.should_stop)


def check(request: sv.InpaintRequest) -> sv.Checked:
    """Return what a request comes to."""
    return sv.check(_repair_of(request))


def _repair_of(request: sv.InpaintRequest) -> sv.Repair:
    method, hole, output = request.method, request.hole, request.output
    found = sv.find_method(method.name)
    settings = settings_of(found, method.settings)
    found.check_files(settings)
    return sv.Repair(
        load(request.source),
        sv.Hole(
            tuple(map(_text, hole.masks)),
            tuple(map(_text, hole.forbid)),
            sv.Shaping(hole.invert, hole.grow, hole.feather),
            hole.tileable,
        ),
        sv.Choice(method.name, settings, method.seed, method.variations, method.device),
        target=output.folder,
        preview=None if output.preview is None else output.preview.path,
        source_map=None if output.source_map is None else output.source_map.path,
    )


def _text(part: sv.MaskShape | sv.InputFile) -> str:
    if isinstance(part, sv.InputFile):
        return str(part.path)
    return part.shape if ":" in part.shape else f"{part.shape}:"
