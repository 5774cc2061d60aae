"""The page: what a browser needs to be a client."""

from __future__ import annotations

from functools import cache
from importlib import resources

from fastapi import APIRouter
from starlette.responses import Response

from .. import page as files
from ..page import KINDS

router = APIRouter(include_in_schema=False)


@cache
def _text(name: str) -> bytes:
    return resources.files(files).joinpath(name).read_bytes()


@router.get("/")
async def page() -> Response:
    """Return the page, which asks for the token."""
    return Response(_text("index.html"), media_type=KINDS["index.html"])


@router.get("/page/{name}")
async def part(name: str) -> Response:
    """Return what the page is made of."""
    if name not in KINDS:
        return Response(status_code=404)
    return Response(_text(name), media_type=KINDS[name])
