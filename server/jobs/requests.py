"""Requests as they are kept, with files by digest, and as a worker gets them, with files of the data folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import svbrdf_core as sv
from svbrdf_core.codec import HttpFiles
from svbrdf_core.codec.plain import JsonObject

from ..config import ServiceSettings
from ..data.layout import DataFolder
from ..data.materials import Materials, place_source
from ..data.names import BadName, name
from .common import Job, examples_of, former_of

PREVIEW = "preview.png"
"""The newest picture of a running job, in its folder."""
MAPS = "maps"
"""Folder of the maps in a result."""
OURS = ("previews", "examples", "former")
"""What is kept with a request and is no part of it as the codec knows it."""
ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True)
class JobFiles(HttpFiles):
    """The files of one job: those that its request names are in its folder, by digest and ending.

    Attributes:
        named: what names each file in the request, by its path.
    """

    named: dict[Path, Mapping[str, str]] = field(default_factory=dict)

    def input_from_json(self, where: str, data: object) -> sv.InputFile:
        """See `HttpFiles`."""
        found = super().input_from_json(where, data)
        given = {key: str(value) for key, value in dict(data).items() if value}  # type: ignore[call-overload]
        try:
            name(given.get("name", "file"))
        except BadName as error:
            raise sv.InputError(f"{where}: {error}") from error
        self.named[found.path] = given
        return found

    def input_to_json(self, where: str, file: sv.InputFile) -> Any:
        """See `HttpFiles`."""
        return self.named[file.path]


def job_files(home: Path, target: Path) -> JobFiles:
    """Return the files of the job whose folder is ``home``, with results below ``target``."""

    def stored(digest: str, name: str) -> Path:
        ending = Path(name).suffix  # which may tell the format
        return home / (digest + (ending if ENDING.fullmatch(ending) else ""))

    return JobFiles(stored=stored, target=lambda where: target / f"{where.rpartition('.')[2]}.png")


def read_request(
    data: Mapping[str, Any],
    files: JobFiles,
    material: str,
    target: Path,
    materials: Materials,
    settings: ServiceSettings,
) -> sv.InpaintRequest:
    """Return the request that a job's JSON stands for.

    Args:
        data: as it was sent, or kept.
        files: of the job.
        material: id of the material.
        target: folder of the result.
        materials: where the material is.
        settings: of the service.

    Raises:
        InputError: it is no request; the sentence names the field.
        FileNotFoundError: there is no such material, example or former result.
    """
    sent = {name: value for name, value in data.items() if name not in OURS}
    former = former_of(data)
    supplied = {
        "source": source_of(material, materials, settings),
        "examples": tuple(source_of(example, materials, settings) for example in examples_of(data)),
        "former": None if former is None else source_of(former, materials, settings),
        "output.folder": target / MAPS,
    }
    return sv.InpaintRequest.from_json(sent, files, supplied=supplied)


def for_worker(request: sv.InpaintRequest, settings: ServiceSettings) -> Any:
    """Return a request as a worker gets it, with the service's device where it asks for none."""
    device = settings.device if request.method.device == "auto" else request.method.device
    return replace(request, method=replace(request.method, device=device)).to_json()


def task_of(job: Job, folder: DataFolder, materials: Materials, settings: ServiceSettings) -> JsonObject:
    """Return the arguments of ``fill`` for an attempt of a job."""
    home, target = folder.job(job.id), folder.result(job.id, job.attempt)
    request = read_request(job.request, job_files(home, target), job.material, target, materials, settings)
    return {
        "request": for_worker(request, settings),
        "box": job.hole["box"],
        "preview": str(home / PREVIEW) if job.request["previews"] else None,
        "every": settings.limits.preview,
    }


def source_of(material: str, materials: Materials, settings: ServiceSettings) -> sv.LoadOptions:
    """Return how a material is read.

    Raises:
        FileNotFoundError: there is none of that id.
    """
    manifest = materials.manifest(material)
    if manifest is None:
        raise FileNotFoundError(material)
    return place_source(manifest.source, materials.files(material, manifest), settings.limits.pixels)


def merge(old: Any, new: Any, files: HttpFiles) -> Any:
    """Return JSON with what is new in place of what is old; objects that name no file are merged."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping) or files.is_input(old) or files.is_input(new):
        return new
    return {**old, **{name: merge(old.get(name), value, files) for name, value in new.items()}}
