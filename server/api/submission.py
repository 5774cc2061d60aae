"""What makes a request of a client a job: its material and files taken in, everything checked before it is accepted."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel

import svbrdf_core as sv

from ..config import GB
from ..http.problems import Problem, not_found
from ..jobs.common import Batch, Job, NewJob, State, examples_of, former_of
from ..jobs.requests import JobFiles, for_worker, job_files, read_request
from ..service import Service
from .intake import import_files, import_material, link_files
from .parts import input_problems, material_view, tool
from .shapes import JobBody

Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=100, pattern="^[!-~]*$")]
WAIT = 15
"""Seconds after which a client whose job found no room may try again."""


def digest_of(wanted: BaseModel, job: str = "") -> str:
    """Return what tells a request, which may be a retry of a job, from others under the same key."""
    said = wanted.model_dump(mode="json", exclude_unset=True)
    return hashlib.sha256(json.dumps([job, said], sort_keys=True).encode()).hexdigest()


def check_same(known: Job | Batch, asked: str) -> None:
    """Refuse a key that was sent with another request.

    Raises:
        Problem: it was.
    """
    if known.asked != asked:
        raise Problem(422, "key", "That Idempotency-Key was sent with another request before; make a new one.")


async def check_queue(service: Service, more: int = 1) -> None:
    """Refuse jobs before anything is read for them if the queue has no room.

    Raises:
        Problem: it is full.
    """
    if await service.threads.db(service.store.count, (State.QUEUED,)) + more > service.settings.limits.queue:
        raise queue_full(service)


def queue_full(service: Service) -> Problem:
    """Return the problem of a queue that has no room."""
    detail = f"{service.settings.limits.queue} jobs are waiting already; try again later."
    return Problem(429, "queue-full", detail, headers={"retry-after": str(WAIT)})


async def take_in(service: Service, wanted: JobBody) -> tuple[str, dict[str, Any]]:
    """Return the material of a request, and the rest of it with files of its root as uploaded ones.

    Raises:
        Problem: there is no such material or file, or they cannot be used.
    """
    if wanted.root is not None:
        material = (await import_material(service, wanted.root)).id
    elif wanted.material is not None and await material_view(service, wanted.material) is not None:
        material = wanted.material
    else:
        raise not_found("material")
    root = None if wanted.root is None else wanted.root.root
    body = await import_files(service, wanted, root)
    return material, body.model_dump(exclude={"material", "root"}, exclude_unset=True)


async def prepare(
    service: Service, material: str, request: dict[str, Any], *, parent: dict[str, Any] | None = None,
    row: int | None = None,
) -> NewJob:  # fmt: skip
    """Return a job that can be done, with its files in a folder of its own; keep it in the store, or `discard` it.

    Raises:
        Problem: it cannot be done; nothing is left of it.
    """
    job_id = uuid.uuid4().hex
    wanted, files = await read(service, material, request, job_id)
    encoded: Any = wanted.to_json(files)
    ours = {"examples": examples_of(request), "former": former_of(request)}
    kept = {**encoded, **ours, "previews": request.get("previews", True)}
    try:
        await service.models.ensure(named["file"] for named in files.named.values())
        await service.threads.disk(link_files, service, job_id, files)
        hole = await tool(service, "check", request=for_worker(wanted, service.settings))
        _check_cost(service, hole)
    except BaseException:
        await discard(service, [job_id])
        raise
    return NewJob(job_id, material, kept, hole, parent, row)


async def discard(service: Service, jobs: Iterable[str]) -> None:
    """Remove the folders of jobs that were not accepted."""
    for job_id in jobs:
        await service.threads.disk(shutil.rmtree, service.folder.job(job_id), ignore_errors=True)


async def read(
    service: Service, material: str, request: Mapping[str, Any], job_id: str
) -> tuple[sv.InpaintRequest, JobFiles]:
    """Return what a job's JSON stands for, and the files that it names.

    Raises:
        Problem: it is no request, names an example that is not there, or asks for too much.
    """
    await _check_materials(service, request)
    home, most = service.folder.job(job_id), service.settings.limits.variations
    target = home / "checked"
    files = job_files(home, target)
    with input_problems():
        wanted = await service.threads.disk(
            read_request, request, files, material, target, service.materials, service.settings
        )
    if wanted.method.variations > most:
        raise Problem(422, "too-many", f"A job has at most {most} variations here.")
    return wanted, files


async def _check_materials(service: Service, request: Mapping[str, Any]) -> None:
    """See that materials to copy from, and a result that is varied, are there, and stay.

    Raises:
        Problem: one is not.
    """
    named = {f"examples[{number}]": material for number, material in enumerate(examples_of(request))}
    former = former_of(request)
    for field, material in {**named, **({} if former is None else {"former": former})}.items():
        if await service.threads.disk(service.materials.info, material) is None:
            raise not_found(f"material for {field}")
        await service.threads.disk(service.materials.touch, material)


def _check_cost(service: Service, hole: Mapping[str, Any]) -> None:
    """Refuse a job that cannot fit, before it is accepted.

    Raises:
        Problem: it needs more memory or time than there is.
    """
    limits = service.settings.limits
    there = min(limits.memory, service.memory or limits.memory)
    if hole["memory"] > there:
        said = f"The fill needs about {hole['memory'] / GB:.1f} GiB of memory, and there are {there / GB:.1f} GiB here"
        raise Problem(422, "too-much", f"{said}; make it smaller, or fill its parts one at a time.")
    if hole["seconds"] > limits.work:
        said = f"The fill takes about {hole['seconds'] / 3600:.1f} hours, and {limits.work / 3600:.1f} are allowed here"
        raise Problem(422, "too-much", f"{said}; make it smaller, or ask for fewer variations.")
