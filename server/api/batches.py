"""Routes of batches: accepted whole or not at all, listed, cancelled, tried again, forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, ParamSpec, TypeVar

from fastapi import APIRouter, Depends, Query, Response

from svbrdf_core.sentences import Sentence

from ..http.problems import Problem, not_found
from ..jobs.common import ACTIVE, WAITING, Batch, Job, NewJob, QueueFull, State
from ..service import Service
from .parts import FAULTS, PathId, TheService, check_room, job_views
from .shapes import (
    BatchBody,
    BatchJobPage,
    BatchPage,
    BatchRetryBody,
    BatchView,
    JobBody,
)
from .submission import Key, check_queue, check_same, digest_of, discard, prepare, queue_full, take_in

router = APIRouter(prefix="/v1", tags=["batches"], responses=FAULTS)
OURS = ("queue-full", "no-room")
"""Problems of the service, which are not those of a row."""
TOLD = 3
"""Rows whose sentence is in that of the whole."""
PAGE = 200
"""Jobs that are read at once."""
P = ParamSpec("P")
R = TypeVar("R")


async def batch_of(service: TheService, batch_id: PathId) -> Batch:
    """Return a batch.

    Raises:
        Problem: there is none of that id.
    """
    batch = await service.threads.db(service.store.batches.get, batch_id)
    if batch is None:
        raise not_found("batch")
    return batch


TheBatch = Annotated[Batch, Depends(batch_of)]


@router.post("/batches", status_code=202, operation_id="post_batch")
async def post_batch(
    service: TheService, wanted: BatchBody, response: Response, idempotency_key: Key = None
) -> BatchView:
    """Accept many jobs together. All are looked at first, which takes a while, and either all are accepted or none.

    If some cannot be done, `rows` of the problem says which (from 1) and why. Their jobs take turns with other batches
    and with jobs that are asked for alone, so that they hold nobody up. The `Idempotency-Key` is as that of a job.
    """
    asked = digest_of(wanted)
    known = None if idempotency_key is None else await service.threads.db(service.store.batches.by_key, idempotency_key)
    if known is not None:
        check_same(known, asked)
        return _accept(known, response)
    most = min(service.settings.limits.batch, service.settings.limits.queue)
    if len(wanted.jobs) > most:
        raise Problem(413, "too-many", f"A batch has at most {most} jobs here, and this has {len(wanted.jobs)}.")
    await check_queue(service, len(wanted.jobs))
    jobs = await _prepare_all(
        service, ((row, _prepare_new(service, row, job)) for row, job in enumerate(wanted.jobs, 1))
    )
    batch_id = uuid.uuid4().hex
    batch = await _keep(
        service,
        jobs,
        service.store.batches.add,
        batch_id,
        wanted.name,
        jobs,
        key=idempotency_key,
        asked=asked,
        most=service.settings.limits.queue,
    )
    if batch.id != batch_id:  # the same key came twice at once
        await discard(service, [job.id for job in jobs])
        check_same(batch, asked)
    return _accept(batch, response)


@router.get("/batches", operation_id="get_batches")
async def get_batches(
    service: TheService,
    before: Annotated[int | None, Query(ge=0, le=2**53, description="From the `next` of the page before.")] = None,
    count: Annotated[int, Query(ge=1, le=200)] = 50,
) -> BatchPage:
    """List batches, the newest first."""
    found = await service.threads.db(service.store.batches.newest, before=before, count=count)
    return BatchPage(batches=[_view(one) for one in found], next=found[-1].number if len(found) == count else None)


@router.get("/batches/{batch_id}", operation_id="get_batch")
async def get_batch(batch: TheBatch) -> BatchView:
    """Return a batch as it is now: how many of its jobs are in each state. To follow it, ask now and then."""
    return _view(batch)


@router.get("/batches/{batch_id}/jobs", operation_id="get_batch_jobs")
async def get_batch_jobs(
    service: TheService,
    batch: TheBatch,
    after: Annotated[int, Query(ge=0, le=2**53, description="From the `next` of the page before.")] = 0,
    count: Annotated[int, Query(ge=1, le=200)] = 50,
    state: Annotated[list[State] | None, Query(max_length=7, description="Only jobs in these states.")] = None,
) -> BatchJobPage:
    """List the jobs of a batch in the order of its rows, of each the newest."""
    found = await service.threads.db(service.store.batches.jobs, batch.id, after=after, count=count, states=state or ())
    views = await job_views(service, found)
    return BatchJobPage(jobs=views, next=found[-1].row if len(found) == count else None)


@router.post("/batches/{batch_id}/cancel", operation_id="cancel_batch")
async def cancel_batch(service: TheService, batch: TheBatch) -> BatchView:
    """Cancel all jobs of a batch that wait or run; what is done stays. To be asked twice does no harm."""
    await service.scheduler.cancel_batch(batch.id)
    return _view(await batch_of(service, batch.id))


@router.post("/batches/{batch_id}/retry", status_code=202, operation_id="retry_batch")
async def retry_batch(service: TheService, batch: TheBatch, wanted: BatchRetryBody) -> BatchView:
    """Do those jobs of a batch again, each as it was asked for, that ended in one of some states.

    The new ones take the rows of the old. To be asked twice does no harm: what is done again already is left out.
    """
    old = await _jobs(service, batch, [State(state) for state in wanted.states])
    if old:
        await check_queue(service, len(old))
        jobs = await _prepare_all(service, ((job.row or 0, _prepare_again(service, job)) for job in old))
        most = service.settings.limits.queue
        taken = await _keep(service, jobs, service.store.batches.retry, batch.id, jobs, most=most)
        await discard(service, {job.id for job in jobs} - set(taken))
    return _view(await batch_of(service, batch.id))


@router.delete("/batches/{batch_id}", status_code=204, operation_id="delete_batch")
async def delete_batch(service: TheService, batch: TheBatch) -> None:
    """Forget a batch that has ended, with all of its jobs and their results."""
    if not await service.threads.disk(service.retention.remove_batch, batch.id):
        raise Problem(409, "state", "Jobs of the batch still wait or run; cancel it first.")


def _view(batch: Batch) -> BatchView:
    return BatchView(
        id=batch.id, number=batch.number, name=batch.name, created=batch.created, size=batch.size,
        counts=dict(batch.counts), ended=not any(batch.counts.get(state) for state in (*WAITING, *ACTIVE)),
    )  # fmt: skip


def _accept(batch: Batch, response: Response) -> BatchView:
    response.headers["location"] = f"/v1/batches/{batch.id}"
    return _view(batch)


async def _prepare_new(service: Service, row: int, wanted: JobBody) -> NewJob:
    await check_room(service)  # files of roots are taken in
    material, request = await take_in(service, wanted)
    return await prepare(service, material, request, row=row)


async def _prepare_again(service: Service, job: Job) -> NewJob:
    parent = {"job": job.id, "variation": None}
    return await prepare(service, job.material, dict(job.request), parent=parent, row=job.row)


async def _jobs(service: Service, batch: Batch, states: Sequence[State]) -> list[Job]:
    found: list[Job] = []
    after: int | None = 0
    while after is not None:
        page = await service.threads.db(service.store.batches.jobs, batch.id, after=after, count=PAGE, states=states)
        found += page
        after = page[-1].row if len(page) == PAGE else None
    return found


async def _prepare_all(service: Service, rows: Iterable[tuple[int, Awaitable[NewJob]]]) -> list[NewJob]:
    """Return the jobs of all rows.

    Raises:
        Problem: not all can be done, or files must be sent first; nothing is left of any.
    """
    jobs: list[NewJob] = []
    faults: dict[int, Problem] = {}
    try:
        for row, coming in rows:
            try:
                jobs.append(await coming)
            except Problem as problem:
                if problem.kind in OURS:
                    raise
                faults[row] = problem
        if faults:
            raise _problem_of(faults)
    except BaseException:
        await discard(service, [job.id for job in jobs])
        raise
    return jobs


def _problem_of(faults: Mapping[int, Problem]) -> Problem:
    """Return what is wrong with rows as one problem; that files are missing is said first, and of all at once."""
    missing = [digest for fault in faults.values() for digest in fault.more.get("missing", ())]
    if missing:
        missing = list(dict.fromkeys(missing))
        detail = f"{len(missing)} of the files must be sent first (PUT /v1/files/…)."
        return Problem(409, "missing", detail, missing=missing)
    rows = [_fault(row, fault) for row, fault in faults.items()]
    told = " ".join(f"Row {fault['row']}: {fault['detail']}" for fault in rows[:TOLD])
    more = f" And {len(rows) - TOLD} more." if len(rows) > TOLD else ""
    detail = f"Nothing was accepted, because {len(rows)} of the jobs cannot be done. {told}{more}"
    return Problem(422, "rows", detail, rows=rows)


def _fault(row: int, problem: Problem) -> dict[str, Any]:
    said = problem.detail
    sentence = said if isinstance(said, Sentence) else Sentence(str(said))
    return {"row": row, "kind": problem.kind, "detail": str(said), "sentence": sentence.to_json()}


async def _keep(
    service: Service, jobs: Sequence[NewJob], function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Have the store keep jobs that were looked at.

    Raises:
        Problem: the queue is full by now; nothing is left of them.
    """
    try:
        kept = await service.threads.db(function, *args, **kwargs)
    except BaseException as error:
        await discard(service, [job.id for job in jobs])
        if isinstance(error, QueueFull):
            raise queue_full(service) from None
        raise
    service.scheduler.wake()
    return kept
