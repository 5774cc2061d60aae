"""Routes of jobs: accepted, listed, cancelled, tried again, forgotten."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel

import svbrdf_core as sv
from svbrdf_core.codec import HttpFiles

from ..config import GB
from ..http.problems import Problem, not_found
from ..jobs.common import ENDED, Job, QueueFull, State, examples_of, former_of
from ..jobs.requests import JobFiles, for_worker, job_files, merge, read_request
from ..service import Service
from .intake import import_files, import_material, link_files
from .parts import FAULTS, TheJob, TheService, input_problems, job_view, material_view, tool
from .results import import_result
from .shapes import JobBody, JobPage, JobView, RetryBody

router = APIRouter(prefix="/v1", tags=["jobs"], responses=FAULTS)
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=100, pattern="^[!-~]*$")]
NEW_MASK = {"invert": False, "grow": 0.0}
"""What was done to the masks of a job is not done to the new masks of its retry."""
WAIT = 15
"""Seconds after which a client whose job found no room may try again."""


@router.post("/jobs", status_code=202, operation_id="post_job")
async def post_job(service: TheService, wanted: JobBody, response: Response, idempotency_key: Key = None) -> JobView:
    """Accept a job. It is on disk when this answers, and is done once, whatever happens.

    With an `Idempotency-Key` of the client's own making the request may be sent again when its answer was lost: the
    same key is the same job.
    """
    asked = _digest(wanted)
    if (known := await _find_by_key(service, idempotency_key, asked)) is not None:
        return await _accept(service, known, response)
    await _check_room(service)
    if wanted.root is not None:
        material = (await import_material(service, wanted.root)).id
    elif wanted.material is not None and await material_view(service, wanted.material) is not None:
        material = wanted.material
    else:
        raise not_found("material")
    root = None if wanted.root is None else wanted.root.root
    body = await import_files(service, wanted, root)
    request = body.model_dump(exclude={"material", "root"}, exclude_unset=True)
    return await _accept(service, await _submit(service, material, request, idempotency_key, asked), response)


@router.get("/jobs", operation_id="get_jobs")
async def get_jobs(
    service: TheService,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="From the `next` of the page before.")] = None,
    count: Annotated[int, Query(ge=1, le=200)] = 50,
    state: Annotated[list[State] | None, Query(max_length=7, description="Only jobs in these states.")] = None,
) -> JobPage:
    """List jobs, the newest first."""
    found = await service.threads.db(service.store.newest, before=before, count=count, states=state or ())
    views = [await job_view(service, job) for job in found]
    return JobPage(jobs=views, next=found[-1].number if len(found) == count else None)


@router.get("/jobs/{job_id}", operation_id="get_job")
async def get_job(service: TheService, job: TheJob) -> JobView:
    """Return a job as it is now."""
    return await job_view(service, job)


@router.post("/jobs/{job_id}/cancel", operation_id="cancel_job")
async def cancel_job(service: TheService, job: TheJob) -> JobView:
    """Cancel a job that waits or runs; one that has ended stays as it is. To be asked twice does no harm."""
    cancelled = await service.scheduler.cancel(job.id)
    return await job_view(service, cancelled or job)


@router.post("/jobs/{job_id}/retry", status_code=202, operation_id="retry_job")
async def retry_job(
    service: TheService, job: TheJob, wanted: RetryBody, response: Response, idempotency_key: Key = None
) -> JobView:
    """Do a job again as a new one, with another seed or other settings.

    What is given is merged into the old request: another method drops the settings of the old one, and a seed that is
    not given is one that was not used. With masks only that part is filled anew, and what is round it is the result
    that the job left, in its size: a canvas is not laid a second time unless it is given, with masks or an empty list.
    With `method.from_step` below 1 the result that the job left is varied.
    """
    asked = _digest(wanted, job.id)
    if (known := await _find_by_key(service, idempotency_key, asked)) is not None:
        return await _accept(service, known, response)
    await _check_room(service)
    changed = wanted.model_dump(exclude={"variation"}, exclude_unset=True)
    material, request, variation = job.material, _retry_request(job.request, changed), None
    part, varied = "masks" in changed.get("hole", {}), changed.get("method", {}).get("from_step", 1) < 1
    if part or varied:
        if job.state != State.DONE:
            what = "fill a part of anew" if part else "vary"
            raise Problem(409, "state", f"The job is {job.state}, so it has no result to {what}.")
        await _read(service, material, request, uuid.uuid4().hex)  # is it in order, before the result is taken in?
        result = await import_result(service, job, wanted.variation)
        request["former"] = result if varied else None
        if part:
            material, variation = result, wanted.variation
    parent = {"job": job.id, "variation": variation}
    retry = await _submit(service, material, request, idempotency_key, asked, parent=parent)
    return await _accept(service, retry, response)


@router.delete("/jobs/{job_id}", status_code=204, operation_id="delete_job")
async def delete_job(service: TheService, job: TheJob) -> None:
    """Forget a job that has ended, with its results."""
    if job.state not in ENDED or not await service.threads.disk(service.retention.remove, job):
        raise Problem(409, "state", f"The job is {job.state}; cancel it first.", state=job.state)


def _digest(wanted: BaseModel, job: str = "") -> str:
    """Return what tells a request, which may be a retry of a job, from others under the same key."""
    said = wanted.model_dump(mode="json", exclude_unset=True)
    return hashlib.sha256(json.dumps([job, said], sort_keys=True).encode()).hexdigest()


async def _find_by_key(service: Service, key: str | None, asked: str) -> Job | None:
    """Return the job that a key was sent with before.

    Raises:
        Problem: it was sent with another request.
    """
    known = None if key is None else await service.threads.db(service.store.by_key, key)
    if known is not None:
        _check_same(known, asked)
    return known


def _check_same(known: Job, asked: str) -> None:
    if known.asked != asked:
        raise Problem(422, "key", "That Idempotency-Key was sent with another request before; make a new one.")


async def _accept(service: Service, job: Job, response: Response) -> JobView:
    response.headers["location"] = f"/v1/jobs/{job.id}"
    return await job_view(service, job)


async def _check_room(service: Service) -> None:
    """Refuse a job before anything is read for it if the queue is full."""
    if await service.threads.db(service.store.count, (State.QUEUED,)) >= service.settings.limits.queue:
        raise _full(service)


def _full(service: Service) -> Problem:
    detail = f"{service.settings.limits.queue} jobs are waiting already; try again later."
    return Problem(429, "queue-full", detail, headers={"retry-after": str(WAIT)})


def _retry_request(old: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request of a retry."""
    method, given = dict(old["method"]), changed.get("method", {})
    another, part = given.get("name", method["name"]) != method["name"], "masks" in changed.get("hole", {})
    if another:
        method["settings"] = {}  # those of the other method would not be understood
    if another or part or "from_step" in given:  # what was varied is no fill of this hole, or is not meant
        method["from_step"], old = 1.0, {**old, "former": None}
    if part:
        old = _onwards(old)
    method["seed"] += method["variations"]
    canvas = old["canvas"]
    if "canvas" in changed and not set(changed["canvas"] or {}) <= set(canvas or {}):
        canvas = None  # another kind has other fields
    return dict(merge({**old, "method": method, "canvas": canvas}, changed, HttpFiles()))


def _onwards(old: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as it goes on from its result, on the canvas that is laid by then."""
    hole, canvas = {**old["hole"], **NEW_MASK}, old["canvas"]
    if canvas is None:
        return {**old, "hole": hole}
    # What was forbidden lies elsewhere now, or was filled; the edges meet if that is what was done.
    hole |= {"forbid": [], "tileable": canvas.get("axis") == "both"}
    return {**old, "hole": hole, "canvas": None, "examples": [] if "size" in canvas else old["examples"]}


async def _read(
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


async def _submit(
    service: Service, material: str, request: dict[str, Any], key: str | None, asked: str, *,
    parent: dict[str, Any] | None = None,
) -> Job:  # fmt: skip
    """Check a request and keep it as a job.

    Raises:
        Problem: it cannot be done, or there is no room for it.
    """
    limits = service.settings.limits
    job_id = uuid.uuid4().hex
    home = service.folder.job(job_id)
    wanted, files = await _read(service, material, request, job_id)
    encoded: Any = wanted.to_json(files)
    ours = {"examples": examples_of(request), "former": former_of(request)}
    kept = {**encoded, **ours, "previews": request.get("previews", True)}
    try:
        await service.threads.disk(link_files, service, job_id, files)
        hole = await tool(service, "check", request=for_worker(wanted, service.settings))
        _check_cost(service, hole)
        job = await service.threads.db(
            service.store.add, job_id, material, kept, hole, parent=parent, key=key, asked=asked, most=limits.queue
        )
    except QueueFull:
        await service.threads.disk(shutil.rmtree, home, ignore_errors=True)
        raise _full(service) from None
    except BaseException:
        await service.threads.disk(shutil.rmtree, home, ignore_errors=True)
        raise
    if job.id != job_id:  # the same key came twice at once
        await service.threads.disk(shutil.rmtree, home, ignore_errors=True)
        _check_same(job, asked)
    service.scheduler.wake()
    return job
