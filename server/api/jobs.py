"""Routes of jobs: accepted, listed, cancelled, tried again, forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from svbrdf_core.codec import HttpFiles

from ..http.problems import Problem
from ..jobs.common import ENDED, Job, QueueFull, State
from ..jobs.requests import merge
from ..service import Service
from .parts import FAULTS, TheJob, TheService, job_view, job_views
from .results import import_result
from .shapes import JobBody, JobPage, JobView, RetryBody
from .submission import Key, check_queue, check_same, digest_of, discard, prepare, queue_full, read, take_in

router = APIRouter(prefix="/v1", tags=["jobs"], responses=FAULTS)
NEW_MASK = {"invert": False, "grow": 0.0}
"""What was done to the masks of a job is not done to the new masks of its retry."""


@router.post("/jobs", status_code=202, operation_id="post_job")
async def post_job(service: TheService, wanted: JobBody, response: Response, idempotency_key: Key = None) -> JobView:
    """Accept a job. It is on disk when this answers, and is done once, whatever happens.

    With an `Idempotency-Key` of the client's own making the request may be sent again when its answer was lost: the
    same key is the same job.
    """
    asked = digest_of(wanted)
    if (known := await _find_by_key(service, idempotency_key, asked)) is not None:
        return await _accept(service, known, response)
    await check_queue(service)
    material, request = await take_in(service, wanted)
    return await _accept(service, await _submit(service, material, request, idempotency_key, asked), response)


@router.get("/jobs", operation_id="get_jobs")
async def get_jobs(
    service: TheService,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="From the `next` of the page before.")] = None,
    count: Annotated[int, Query(ge=1, le=200)] = 50,
    state: Annotated[list[State] | None, Query(max_length=7, description="Only jobs in these states.")] = None,
    alone: Annotated[bool, Query(description="Only jobs that are of no batch.")] = False,
) -> JobPage:
    """List jobs, the newest first."""
    found = await service.threads.db(service.store.newest, before=before, count=count, states=state or (), alone=alone)
    return JobPage(jobs=await job_views(service, found), next=found[-1].number if len(found) == count else None)


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
    asked = digest_of(wanted, job.id)
    if (known := await _find_by_key(service, idempotency_key, asked)) is not None:
        return await _accept(service, known, response)
    await check_queue(service)
    changed = wanted.model_dump(exclude={"variation"}, exclude_unset=True)
    material, request, variation = job.material, _retry_request(job.request, changed), None
    part, varied = "masks" in changed.get("hole", {}), changed.get("method", {}).get("from_step", 1) < 1
    if part or varied:
        if job.state != State.DONE:
            what = "fill a part of anew" if part else "vary"
            raise Problem(409, "state", f"The job is {job.state}, so it has no result to {what}.")
        await read(service, material, request, uuid.uuid4().hex)  # is it in order, before the result is taken in?
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


async def _find_by_key(service: Service, key: str | None, asked: str) -> Job | None:
    """Return the job that a key was sent with before.

    Raises:
        Problem: it was sent with another request.
    """
    known = None if key is None else await service.threads.db(service.store.by_key, key)
    if known is not None:
        check_same(known, asked)
    return known


async def _accept(service: Service, job: Job, response: Response) -> JobView:
    response.headers["location"] = f"/v1/jobs/{job.id}"
    return await job_view(service, job)


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


async def _submit(
    service: Service, material: str, request: dict[str, Any], key: str | None, asked: str, *,
    parent: dict[str, Any] | None = None,
) -> Job:  # fmt: skip
    """Check a request and keep it as a job.

    Raises:
        Problem: it cannot be done, or there is no room for it.
    """
    new = await prepare(service, material, request, parent=parent)
    try:
        job = await service.threads.db(
            service.store.add, new.id, material, new.request, new.hole, parent=parent, key=key, asked=asked,
            most=service.settings.limits.queue,
        )  # fmt: skip
    except BaseException as error:
        await discard(service, [new.id])
        if isinstance(error, QueueFull):
            raise queue_full(service) from None
        raise
    if job.id != new.id:  # the same key came twice at once
        await discard(service, [new.id])
        check_same(job, asked)
    service.scheduler.wake()
    return job
