"""Results of a job: its files as they are, its maps in the form that is asked for, and previews."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

import svbrdf_core as sv
from svbrdf_core.codec import encode

from ..data.blobs import size_of
from ..data.materials import Manifest, place_source
from ..http.problems import Problem, not_found
from ..jobs.common import Job
from ..jobs.requests import PREVIEW, source_of
from ..service import Service
from .accept import FORMS, coding_of, compress, form_of
from .intake import take_material
from .parts import (
    FAULTS,
    DoneJob,
    File,
    PathId,
    TheJob,
    TheService,
    check_room,
    tool,
    unless_job_removed,
    unless_material_removed,
)
from .shapes import ProblemView

router = APIRouter(prefix="/v1", tags=["results"], responses=FAULTS)
Variation = Annotated[int, Query(ge=1, le=10_000, description="1 is the best.")]
Size = Annotated[int | None, Query(ge=16, le=4096, description="Longest side of a picture to look at.")]
Name = Annotated[str, Header()]
MAP: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in FORMS}, "description": "The map."},
    406: {"model": ProblemView, "description": "None of the forms that are accepted."},
}


@router.get("/jobs/{job_id}/preview", operation_id="get_preview", response_class=File)
async def get_preview(service: TheService, job: TheJob) -> Response:
    """Return the newest picture of the fill as it is now, a PNG of the hole and what is round it."""
    path = service.folder.job(job.id) / PREVIEW
    if not job.preview or not await service.threads.disk(path.is_file):
        raise Problem(404, "no-preview", "There is no preview of this job yet.")
    return File(path, media_type="image/png")


@router.get("/jobs/{job_id}/files/{path:path}", operation_id="get_result_file", response_class=File)
async def get_file(service: TheService, job: DoneJob, path: str) -> Response:
    """Return a file of the result as it was written, by a name of the report: format, depth and packing are kept."""
    if path not in result_files(job):
        raise not_found("file in this result")
    await service.threads.disk(service.retention.touch, job)
    return File(service.folder.result(job.id, job.attempt) / path, media_type="application/octet-stream")


@router.get("/jobs/{job_id}/maps/{name}", operation_id="get_map", responses=MAP, response_class=File)
async def get_map(
    service: TheService,
    job: DoneJob,
    name: PathId,
    variation: Variation = 1,
    size: Size = None,
    accept: Name = "*/*",
    accept_encoding: Name = "identity",
) -> Response:
    """Return one map of a result, with its own channels: `.npy` or PNG with the stored samples, or EXR as floats.

    `.npy` (the form when none is named) is `(H, W, C)`, rows from the top, uint8, uint16, float16 or float32; it may be
    sent compressed. With `size` it is an 8-bit PNG to look at.
    """
    await service.threads.disk(service.retention.touch, job)
    folder = service.folder.job(job.id) / f"made-{job.attempt}-{variation}"
    async with unless_job_removed(service, job):
        source = await service.threads.disk(result_source, service, job, variation)
        return await _map(service, job.material, source, folder, name, size, accept, accept_encoding)


@router.get("/materials/{material_id}/maps/{name}", operation_id="get_material_map", responses=MAP, response_class=File)
async def get_material_map(
    service: TheService,
    material_id: PathId,
    name: PathId,
    size: Size = None,
    accept: Name = "*/*",
    accept_encoding: Name = "identity",
) -> Response:
    """Return one map of an uploaded material, as `get_map` does of a result."""
    folder = service.materials.folder(material_id) / "made"
    async with unless_material_removed(service, material_id):
        source = await service.threads.disk(source_of, material_id, service.materials, service.settings)
        return await _map(service, material_id, source, folder, name, size, accept, accept_encoding)


def result_files(job: Job) -> list[str]:
    """Return the files of a done job, relative to its result's folder."""
    assert job.result is not None
    files = [str(file) for row in job.result["variations"] for file in row["files"]]
    return files + [str(job.result[key]) for key in ("preview", "source_map") if job.result[key] is not None]


def result_source(service: Service, job: Job, variation: int) -> sv.LoadOptions:
    """Return how a result is read as if it were a material.

    Raises:
        Problem: there is no such variation.
    """
    assert job.result is not None
    if variation > len(job.result["variations"]):
        raise not_found("variation")
    folder = service.folder.result(job.id, job.attempt) / job.result["variations"][variation - 1]["folder"]
    return place_source(_manifest(service, job).source, folder, service.settings.limits.pixels)


async def import_result(service: Service, job: Job, variation: int) -> str:
    """Return the id of a material that is a result of a job."""
    async with unless_job_removed(service, job):
        manifest = await service.threads.disk(_result_manifest, service, job, variation)
    return (await take_material(service, manifest))[0].id


def _manifest(service: Service, job: Job) -> Manifest:
    manifest = service.materials.manifest(job.material)
    if manifest is None:
        raise not_found("material")
    return manifest


def _result_manifest(service: Service, job: Job, variation: int) -> Manifest:
    source = result_source(service, job, variation)
    folder = source.path if source.path.is_dir() else source.path.parent
    relative = replace(source, path=source.path.relative_to(folder), max_pixels=None)
    return Manifest(_digests(service, folder), _manifest(service, job).name, relative)


def _digests(service: Service, folder: Path) -> dict[str, str]:
    """Take the files of a result in, and return their names and digests."""
    found = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            found[path.name] = service.blobs.take(stream, service.settings.limits.file)
    return found


async def _map(
    service: Service, material: str, source: sv.LoadOptions, folder: Path, name: str, size: int | None, accept: str,
    encoding: str,
) -> Response:  # fmt: skip
    media = "image/png" if size is not None else form_of(accept)
    if media is None:
        raise Problem(406, "form", f"A map is sent as one of {', '.join(FORMS)}.")
    info = await service.threads.disk(service.materials.info, material)
    if info is None:
        raise not_found("material")
    if name not in info["maps"]:
        raise not_found("map")
    made = folder / f"{uuid.uuid5(uuid.NAMESPACE_OID, name).hex}-{size or 'full'}.{FORMS[media]}"
    if not await service.threads.disk(made.is_file):
        await _make(service, source, made, name=name, form=FORMS[media], size=size)
    coding = coding_of(encoding) if media == "application/x-npy" else None
    if coding is None:
        return File(made, media_type=media)
    return StreamingResponse(compress(made, coding), media_type=media, headers={"content-encoding": coding})


async def _make(service: Service, source: sv.LoadOptions, made: Path, **wanted: Any) -> None:
    """Have a map written in a form, whole or not at all.

    Raises:
        Problem: it cannot be, or there is no room for it.
    """
    await check_room(service)
    staged = service.folder.unfinished / uuid.uuid4().hex / made.name
    await service.threads.disk(staged.parent.mkdir)
    try:
        await tool(service, "map", source=encode(source), target=str(staged), **wanted)
        await check_room(service, await service.threads.disk(size_of, staged))
        await service.threads.disk(made.parent.mkdir, exist_ok=True)  # not its parents, which may have been removed
        await service.threads.disk(staged.replace, made)
        await service.count(made)
    finally:
        await service.threads.disk(shutil.rmtree, staged.parent, ignore_errors=True)
