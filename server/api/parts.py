"""Parts that all routes use: the service they speak for, and jobs and materials by id."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

import svbrdf_core as sv
from svbrdf_core.sentences import Sentence

from ..http.problems import Problem, not_found
from ..jobs.common import Job, State
from ..service import Service
from ..work.process import TaskFailed, WorkerDied, WorkerHangs
from .shapes import JobView, MaterialView, ParentView, ProblemView, SentenceView

STATUS = {"input": 422, "mask": 422, "fill": 422, "output": 507, "memory": 507, "fault": 500}
"""Of the problem that a task's failure is."""
PathId = Annotated[str, Path(max_length=200)]
FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemView, "description": said}
    for status, said in {
        400: "The request makes no sense.",
        401: "The token is missing or wrong.",
        403: "The request comes from elsewhere.",
        404: "There is no such thing.",
        405: "Not with this method.",
        408: "The body stopped coming.",
        409: "Not in this state.",
        413: "Too large.",
        414: "The address is too long.",
        415: "Sent as another kind than is taken here.",
        422: "It cannot be used as it is.",
        429: "The queue is full.",
        500: "Our fault.",
        503: "Not now.",
        507: "There is no room.",
    }.items()
}


def service_of(request: Request) -> Service:
    """Return the service, and note that it is used."""
    service: Service = request.app.state.service
    service.used = time.monotonic()
    return service


TheService = Annotated[Service, Depends(service_of)]


async def job_of(service: TheService, job_id: PathId) -> Job:
    """Return a job.

    Raises:
        Problem: there is none of that id.
    """
    job = await service.threads.db(service.store.get, job_id)
    if job is None:
        raise not_found("job")
    return job


TheJob = Annotated[Job, Depends(job_of)]


async def done_job(job: TheJob) -> Job:
    """Return a job that is done.

    Raises:
        Problem: it is not.
    """
    if job.state != State.DONE or job.result is None:
        raise Problem(409, "state", f"The job is {job.state}, so it has no result.", state=job.state)
    return job


DoneJob = Annotated[Job, Depends(done_job)]


async def job_view(service: Service, job: Job) -> JobView:
    """Return what a client sees of a job."""
    return (await job_views(service, [job]))[0]


async def job_views(service: Service, jobs: Sequence[Job]) -> list[JobView]:
    """Return what a client sees of jobs."""
    waits = any(job.state == State.QUEUED for job in jobs)
    places = await service.threads.db(service.store.places) if waits else {}
    return [_view(job, places.get(job.number, 0)) for job in jobs]


def _view(job: Job, ahead: int) -> JobView:
    return JobView(
        id=job.id, number=job.number, state=job.state, reason=sentence_view(job.reason), kind=job.kind,
        material=job.material, parent=None if job.parent is None else ParentView(**job.parent), batch=job.batch,
        row=job.row, hole=dict(job.hole), request=dict(job.request), ahead=ahead,
        attempt=job.attempt, created=job.created, started=job.started, finished=job.finished,
        progress=None if job.progress is None else dict(job.progress), preview=job.preview,
        result=None if job.result is None else dict(job.result),
    )  # fmt: skip


def sentence_view(text: str) -> SentenceView | None:
    """Return what a client sees of a sentence; None if there is none."""
    return SentenceView(**Sentence.of(text).to_json()) if text else None


async def material_view(service: Service, material: str) -> MaterialView | None:
    """Return what a client sees of a material; None if there is none of that id."""
    info = await service.threads.disk(service.materials.info, material)
    manifest = await service.threads.disk(service.materials.manifest, material)
    if info is None or manifest is None:
        return None
    return MaterialView(id=material, files=sorted(manifest.files), **info)


async def check_room(service: Service, more: int = 0) -> None:
    """Refuse what does not fit.

    Raises:
        Problem: there is no room for so many bytes.
    """
    if not await service.has_room(more):
        raise Problem(
            507,
            "no-room",
            "The data folder is full; delete old jobs, or let the service keep more.",
        )


@contextlib.contextmanager
def input_problems() -> Iterator[None]:
    """Turn the codec's words about what was sent into a problem."""
    try:
        yield
    except sv.InputError as error:
        raise Problem(422, "input", error.sentence) from error


async def tool(service: Service, op: str, **arguments: Any) -> dict[str, Any]:
    """Have a short task done by the process that is there for them.

    Raises:
        Problem: it cannot be done.
    """
    try:
        return await service.tool.do(op, timeout=service.settings.limits.check, **arguments)
    except TaskFailed as error:
        raise Problem(STATUS[error.kind], error.kind, error.sentence) from error
    except WorkerHangs as error:
        raise Problem(422, "too-hard", "That takes too long to read; make it smaller or simpler.") from error
    except WorkerDied as error:
        raise Problem(
            422, "unreadable", "That could not be read: the program that reads it broke down over it."
        ) from error
    finally:
        service.used = time.monotonic()  # it may have taken longer than the service stays without use


def unless_job_removed(service: Service, job: Job) -> contextlib.AbstractAsyncContextManager[None]:
    """Say that a job was removed while its files were used, whatever else that has broken."""
    return _unless_removed("job", partial(service.threads.db, service.store.get, job.id))


def unless_material_removed(service: Service, material: str) -> contextlib.AbstractAsyncContextManager[None]:
    """Say that a material was removed while its files were used, whatever else that has broken."""
    return _unless_removed("material", partial(service.threads.disk, service.materials.info, material))


@contextlib.asynccontextmanager
async def _unless_removed(what: str, find: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    try:
        yield
    except (Problem, OSError):
        if await find() is None:
            raise not_found(what) from None
        raise


class File(FileResponse):
    """A file, sent in large pieces; one that is removed before it is sent was not found."""

    chunk_size = 2**20

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            Problem: it is not there any more.
        """
        try:
            self.stat_result = await asyncio.to_thread(os.stat, self.path)
        except FileNotFoundError:
            raise not_found("file") from None
        self.set_stat_headers(self.stat_result)
        await super().__call__(scope, receive, send)
