"""The service itself: whether it lives, what it can do, giving memory back, pictures, and its end."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Header, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

import svbrdf_core as sv
from svbrdf_core.codec import encode

from ..jobs.common import ACTIVE, WAITING
from ..jobs.requests import source_of
from ..proof import DIGITS, PROOF, make_proof
from ..service import Service
from .parts import (
    FAULTS,
    File,
    TheService,
    done_job,
    job_of,
    tool,
    unless_job_removed,
    unless_material_removed,
)
from .results import result_source
from .shapes import Health, Light, RenderBody

router = APIRouter(prefix="/v1", tags=["service"], responses=FAULTS)


@router.get("/health", operation_id="get_health")
async def get_health(
    request: Request,
    response: Response,
    svbrdf_challenge: Annotated[
        str | None, Header(max_length=100, description="64 hexadecimal digits to be answered in `svbrdf-proof`.")
    ] = None,
) -> Health:
    """Say that the service lives, and nothing else; no token is needed.

    A challenge is answered with its HMAC-SHA256 under the token (see docs/service.md), by which a client knows its own
    service before it sends it anything.
    """
    if svbrdf_challenge is not None and DIGITS.fullmatch(svbrdf_challenge):
        token = request.app.state.service.settings.token
        response.headers[PROOF] = make_proof(token, request.headers["host"], svbrdf_challenge)
    return Health()


@router.get("/info", operation_id="get_info")
async def get_info(service: TheService) -> dict[str, Any]:
    """Return versions, devices, methods with the JSON schemas of their settings, roots and limits."""
    described = await service.describe()
    waiting = await service.threads.db(service.store.count, WAITING)
    active = await service.threads.db(service.store.count, ACTIVE)
    return {
        "process": os.getpid(),
        "workers": service.pids(),
        "device": service.settings.device,
        "roots": sorted(service.roots),
        "limits": asdict(service.settings.limits),
        "queue": {"waiting": waiting, "running": active},
        "store": service.size,
        "time": time.time(),
        "lights": list(get_args(Light)),
        **described,
    }


@router.post("/release", operation_id="release")
async def release(service: TheService) -> dict[str, bool]:
    """Give memory back, the graphics card's too: idle processes end, and start again when they are needed."""
    busy = not await service.release()
    return {"released": True, "busy": busy}


@router.post("/stop", status_code=202, operation_id="stop")
async def stop(request: Request) -> dict[str, bool]:
    """End the service: a running job becomes interrupted, waiting ones are kept."""
    request.app.state.end()
    return {"stopping": True}


@router.post(
    "/render",
    operation_id="render",
    response_class=File,
    responses={200: {"content": {"image/png": {}}, "description": "The picture."}},
)
async def render(service: TheService, wanted: RenderBody) -> Response:
    """Draw a material, or the result of a job, under a light."""
    if wanted.job is not None:
        job = await done_job(await job_of(service, wanted.job))
        async with unless_job_removed(service, job):
            return await _draw(service, wanted, result_source, service, job, wanted.variation)
    material = str(wanted.material)
    async with unless_material_removed(service, material):
        return await _draw(service, wanted, source_of, material, service.materials, service.settings)


async def _draw(service: Service, wanted: RenderBody, find: Callable[..., sv.LoadOptions], *of: object) -> Response:
    source = await service.threads.disk(find, *of)
    made = service.folder.unfinished / uuid.uuid4().hex / "render.png"
    await service.threads.disk(made.parent.mkdir)
    try:
        look = wanted.model_dump(include={"light", "shape", "size", "film", "relief", "turn"})
        await tool(service, "render", source=encode(source), target=str(made), **look)
    except BaseException:
        await service.threads.disk(shutil.rmtree, made.parent, ignore_errors=True)
        raise
    return File(made, media_type="image/png", background=BackgroundTask(shutil.rmtree, made.parent, ignore_errors=True))
