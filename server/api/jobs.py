"""Jobs: accepted, listed, cancelled, tried again, forgotten."""

from __future__ import annotations

import shutil
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from ..data.names import BadName, name
from ..http.problems import Problem, not_found
from ..jobs.common import ENDED, Job, QueueFull, State
from ..jobs.tasks import named_files, wish_of
from ..service import Service
from .intake import import_mask, import_material, link_files
from .parts import FAULTS, TheJob, TheService, job_view, material_view, tool
from .results import import_result
from .shapes import JobPage, JobView, MaskPart, NewJob, Retry, Wish

router = APIRouter(prefix="/v1", tags=["jobs"], responses=FAULTS)
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=100, pattern="^[!-~]*$")]
WAIT = 15
"""Seconds after which a client whose job found no room may try again."""


@router.post("/jobs", status_code=202, operation_id="post_job")
async def post_job(service: TheService, wanted: NewJob, response: Response, idempotency_key: Key = None) -> JobView:
    """Accept a job. It is on disk when this answers, and is done once, whatever happens.

    With an `Idempotency-Key` of the client's own making the request may be sent again when its answer was lost: the
    same key is the same job.
    """
    if (known := await _known(service, idempotency_key)) is not None:
        return await _accepted(service, known, response)
    await _check_room(service)
    if wanted.root is not None:
        material = (await import_material(service, wanted.root)).id
    elif wanted.material is not None and await material_view(service, wanted.material) is not None:
        material = wanted.material
    else:
        raise not_found("material")
    root = None if wanted.root is None else wanted.root.root
    request = await _request(service, wanted, root)
    return await _accepted(service, await _submit(service, material, request, idempotency_key), response)


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
    service: TheService, job: TheJob, wanted: Retry, response: Response, idempotency_key: Key = None
) -> JobView:
    """Do a job again as a new one, with another seed or other settings.

    With a `mask` only that part is filled anew, and what is round it is the result that the job left.
    """
    if (known := await _known(service, idempotency_key)) is not None:
        return await _accepted(service, known, response)
    await _check_room(service)
    material, request = job.material, {**job.request}
    if wanted.mask is not None:
        if job.state != State.DONE:
            raise Problem(409, "state", f"The job is {job.state}, so it has no result to fill a part of anew.")
        parts = [await _part(service, part, None) for part in wanted.mask]
        material = await import_result(service, job, wanted.variation)
        request |= {"mask": parts, "invert": False, "grow": 0.0}
    changed = wanted.model_dump(exclude={"mask", "variation"}, exclude_none=True)
    if wanted.method not in (None, job.request["method"]):
        changed.setdefault("settings", {})  # those of the other method would not be understood
    after = job.request["seed"] + job.request["variations"]
    request |= {"seed": after, **changed}
    return await _accepted(service, await _submit(service, material, request, idempotency_key), response)


@router.delete("/jobs/{job_id}", status_code=204, operation_id="delete_job")
async def delete_job(service: TheService, job: TheJob) -> None:
    """Forget a job that has ended, with its results."""
    if job.state not in ENDED or not await service.threads.disk(service.retention.remove, job):
        raise Problem(409, "state", f"The job is {job.state}; cancel it first.", state=job.state)


async def _known(service: Service, key: str | None) -> Job | None:
    """Return the job that a key was sent with before."""
    return None if key is None else await service.threads.db(service.store.by_key, key)


async def _accepted(service: Service, job: Job, response: Response) -> JobView:
    response.headers["location"] = f"/v1/jobs/{job.id}"
    return await job_view(service, job)


async def _check_room(service: Service) -> None:
    """Refuse a job before anything is read for it if the queue is full."""
    if await service.threads.db(service.store.count, (State.QUEUED,)) >= service.settings.limits.queue:
        raise _full(service)


def _full(service: Service) -> Problem:
    detail = f"{service.settings.limits.queue} jobs are waiting already; try again later."
    return Problem(429, "queue-full", detail, headers={"retry-after": str(WAIT)})


async def _request(service: Service, wanted: Wish, root: str | None) -> dict[str, Any]:
    """Return what is wanted as it is kept: masks of a root are uploaded ones from here on."""
    request = wanted.model_dump(exclude={"material", "root"})
    for field in ("mask", "forbid"):
        request[field] = [await _part(service, part, root) for part in getattr(wanted, field)]
    return request


async def _part(service: Service, part: MaskPart, root: str | None) -> dict[str, str]:
    if part.path is not None:
        if root is None:
            raise Problem(422, "path", "A mask by path goes with a material in a root; upload it instead.")
        return await import_mask(service, root, part.path)
    try:
        if part.name is not None:
            name(part.name)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    return part.model_dump(exclude_none=True)


async def _submit(service: Service, material: str, request: dict[str, Any], key: str | None) -> Job:
    """Check a request and keep it as a job.

    Raises:
        Problem: it cannot be done, or there is no room for it.
    """
    limits = service.settings.limits
    if request["variations"] > limits.variations:
        raise Problem(422, "too-many", f"A job has at most {limits.variations} variations here.")
    job_id = uuid.uuid4().hex
    home = service.folder.job(job_id)
    try:
        await service.threads.disk(link_files, service, job_id, named_files(request))
        wish = wish_of(material, request, home, home / "checked", service.materials, service.settings)
        hole = await tool(service, "check", **wish)
        job = await service.threads.db(service.store.add, job_id, material, request, hole, key=key, most=limits.queue)
    except QueueFull:
        await service.threads.disk(shutil.rmtree, home, ignore_errors=True)
        raise _full(service) from None
    except BaseException:
        await service.threads.disk(shutil.rmtree, home, ignore_errors=True)
        raise
    if job.id != job_id:  # the same key came twice at once
        await service.threads.disk(shutil.rmtree, home, ignore_errors=True)
    service.scheduler.wake()
    return job
