"""Server-sent events of a job."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from ..http.problems import Problem
from ..jobs.common import ENDED, JobEvent
from ..service import Service
from .parts import FAULTS, TheJob, TheService, job_view

router = APIRouter(prefix="/v1", tags=["jobs"], responses=FAULTS)
LAST = 2**53
"""No event has a higher number."""
KEEPALIVE_INTERVAL = 10.0
"""Seconds after which a comment is sent, so that both ends notice when the other is gone."""


@router.get(
    "/jobs/{job_id}/events",
    operation_id="get_events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events."}},
)
async def get_events(
    service: TheService,
    job: TheJob,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
    after: Annotated[int, Query(ge=0, le=LAST, description="As Last-Event-ID, for clients that cannot send it.")] = 0,
) -> StreamingResponse:
    """Follow a job to its end: first `job`, the whole of it, then `state`, `progress` and `preview` with numbers.

    After a broken connection send the last number as `Last-Event-ID`: what is said goes on behind it. Of progress that
    a slow reader missed only the newest is sent.
    """
    if service.notifier.streams >= service.settings.limits.streams:
        detail = "As many streams of events are open as may be; close one, or ask for the job itself."
        raise Problem(503, "busy", detail, headers={"retry-after": "5"})
    start = min(int(last_event_id), LAST) if last_event_id and last_event_id.isdecimal() else after
    view = await job_view(service, job)
    first = _event("job", view.model_dump(), None)
    return StreamingResponse(follow(service, job.id, start, first), media_type="text/event-stream")


async def follow(service: Service, job_id: str, seq: int, first: str) -> AsyncIterator[str]:
    """Yield ``first`` and what happens to a job behind a number, as server-sent events, to the end of the job."""
    wake = service.notifier.subscribe(job_id)
    with service.notifier.stream():
        yield first
        while not service.notifier.closing:
            wake.clear()
            # The state is read before the events: of a job that has ended, all that there will ever be are read then.
            job = await service.threads.db(service.store.get, job_id)
            found = await service.threads.db(service.store.events, job_id, seq)
            for event in newest(found):
                yield _event(event.kind, event.data, event.seq)
            if found:
                seq = found[-1].seq
                continue
            if job is None or job.state in ENDED:
                return
            try:
                await asyncio.wait_for(wake.wait(), KEEPALIVE_INTERVAL)
            except TimeoutError:
                yield ":\n\n"


def newest(events: Sequence[JobEvent]) -> list[JobEvent]:
    """Return events with all progress but the last left out."""
    last = max((event.seq for event in events if event.kind == "progress"), default=0)
    return [event for event in events if event.kind != "progress" or event.seq == last]


def _event(kind: str, data: Mapping[str, Any], seq: int | None) -> str:
    number = "" if seq is None else f"id: {seq}\n"
    return f"{number}event: {kind}\ndata: {json.dumps(data, allow_nan=False)}\n\n"
