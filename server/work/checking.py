"""Uploaded files and requests come in; what they are, read from headers where that is enough, goes out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import svbrdf_core as sv

from .tasks import load, repair_of

Json = dict[str, Any]


def inspect(*, folder: str, reading: Json, pixels: int) -> Json:
    """Return what the files of a folder were understood to be.

    Raises:
        InputError: they are no material, or claim more pixels than the bound.
    """
    for path in sorted(Path(folder).iterdir()):
        _check_size(path, pixels)
    material = load(folder, reading, pixels)
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
        "warnings": [text.replace(folder + "/", "") for text in material.warnings],
    }


def check(**task: Any) -> Json:
    """Return what a hole is, for a job that can be begun.

    Raises:
        SvbrdfError: the job cannot be begun.
    """
    for text in (*task["hole"]["masks"], *task["hole"]["forbid"]):
        if Path(text).is_absolute():  # else it is a shape in words
            _check_size(Path(text), task["pixels"])
    job = repair_of(**task)
    return dataclasses.asdict(sv.check(job))


def _check_size(path: Path, pixels: int) -> None:
    """Refuse pictures that are too thin or too large; a file that is no picture is no map, and does no harm."""
    try:
        info = sv.probe_image(path, max_pixels=pixels)
    except sv.InputError as error:
        if "more than the limit" in str(error):
            raise
        return
    if info.nbytes > 16 * pixels:
        raise sv.InputError(f"{path} has too many channels for its size; leave out those that are no maps.")
