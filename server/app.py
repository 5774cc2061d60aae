"""The application: routes, errors, and the gate before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import metadata

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from .api import batches, events, jobs, machine, models, page, plans, results, uploads
from .http.guard import Guard
from .http.problems import FULL, MEDIA, Problem, install, no_room
from .jobs.common import StoreBusy, StoreError
from .service import Service

ROUTERS = (
    machine.router, uploads.router, models.router, jobs.router, plans.router, batches.router, events.router,
    results.router, page.router,
)  # fmt: skip
WORDS = """Repairs a region of a whole material, all its maps by one joint decision.

Send files (`PUT /v1/files/…`), make a material of them (`POST /v1/materials`), ask for a fill (`POST /v1/jobs`), follow
it (`GET /v1/jobs/{id}/events`) and fetch the maps (`GET /v1/jobs/{id}/maps/{name}`). Many jobs together are a batch
(`POST /v1/batches`). Every request but
`GET /v1/health` brings the service's token in an `Authorization: Bearer` header. Errors are problem details (RFC 9457).
"""


def create_app(service: Service, *, hosts: frozenset[str], end: Callable[[], None]) -> ASGIApp:
    """Return the application of a service, behind its gate.

    Args:
        service: what it speaks for; started and stopped with the application.
        hosts: values of the Host header that are let in.
        end: ends the process in good order.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    app = FastAPI(
        title="SVBRDF Inpaint",
        version=metadata.version("svbrdf-inpaint"),
        description=WORDS,
        lifespan=lifespan,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # these pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # an address is right or wrong; whoever is sent on would bring the token along
    )
    app.state.service, app.state.end = service, end
    install(app)
    _install_store(app)
    for router in ROUTERS:
        app.include_router(router)
    _describe(app)
    # Round everything, the framework's own answers to faults too.
    return Guard(app, hosts=hosts, token=service.settings.token, limits=service.settings.limits)


def _describe(app: FastAPI) -> None:
    """Make the description say that errors are problem details; the framework takes all models for plain JSON."""
    described = app.openapi()  # which is kept and given from here on
    for operations in described["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    content[MEDIA] = content.pop("application/json")


def _install_store(app: FastAPI) -> None:
    @app.exception_handler(StoreError)
    async def _store(request: Request, error: StoreError) -> Response:
        busy = isinstance(error, StoreBusy)
        return Problem(503, "store", str(error), headers={"retry-after": "5"} if busy else None).response()

    @app.exception_handler(OSError)
    async def _disk(request: Request, error: OSError) -> Response:
        if error.errno not in FULL:
            raise error
        return no_room(error).response()
