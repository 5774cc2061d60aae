"""Checks of uploaded files and requests, from headers where that is enough."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import svbrdf_core as sv
from svbrdf_core.codec import decode, input_files
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import sentences_json


def inspect_material(*, source: JsonObject) -> JsonObject:
    """Return what the files of a folder were understood to be.

    Raises:
        InputError: they are no material, or claim more pixels than the bound.
    """
    options = decode(sv.LoadOptions, source, "source")
    folder = options.path if options.path.is_dir() else options.path.parent
    for path in sorted(folder.iterdir()):
        _check_size(path, options.max_pixels)
    material = sv.load_material(options)
    maps = {
        name: {
            "height": binding.height,
            "width": binding.width,
            "channels": binding.n_channels,
            "files": sorted({place.file.path.name for place in binding.places}),
            "dtype": str(binding.places[0].file.dtype),
            "bits": binding.places[0].file.bits,
        }
        for name, binding in material.maps.items()
    }
    return {
        "name": material.name,
        "height": material.height,
        "width": material.width,
        "maps": maps,
        "warnings": sentences_json(material.warnings),
        "notes": sentences_json(material.notes),
    }


def check_request(*, request: JsonObject) -> JsonObject:
    """Return what a hole is, for a job that can be begun.

    Raises:
        SvbrdfError: the job cannot be begun.
    """
    wanted = sv.InpaintRequest.from_json(request)
    for path in (*input_files(wanted.hole).values(), *input_files(wanted.guides).values()):
        _check_size(path, wanted.source.max_pixels)
    found = sv.check(wanted)
    return {**dataclasses.asdict(found), "notes": sentences_json(found.notes)}


def _check_size(path: Path, pixels: int | None) -> None:
    """Refuse pictures that are too thin or too large; a file that is no picture is no map, and does no harm."""
    limit = sv.MAX_PIXELS if pixels is None else pixels
    try:
        info = sv.probe_image(path, max_pixels=limit)
    except sv.InputError as error:
        if any(remedy.kind == "pixels" for remedy in error.sentence.remedies):
            raise
        return
    if info.nbytes > 16 * limit:
        raise sv.InputError(f"{path} has too many channels for its size; leave out those that are no maps.")
