"""The plan of a batch: which materials a library has, and which mask is whose."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from ..data.libraries import FoundSet, find_images, find_sets, join
from ..data.names import BadName
from ..http.problems import Problem
from ..service import Service
from .intake import root_of
from .parts import FAULTS, PathId, TheService, tool
from .shapes import FolderPage, PlanBody, PlanRow, PlanView

router = APIRouter(prefix="/v1", tags=["batches"], responses=FAULTS)
MOST_NAMES = 1000
"""Folders that are listed at once."""


@router.get("/roots/{root}/folders", operation_id="get_folders")
async def get_folders(
    service: TheService,
    root: PathId,
    folder: Annotated[str, Query(max_length=4000, description="A folder in the root, with forward slashes.")] = "",
) -> FolderPage:
    """List the names of the folders right in a folder of a root."""
    try:
        found = await service.threads.disk(root_of(service, root).folders, folder)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    return FolderPage(folders=found[:MOST_NAMES])


@router.post("/batches/plan", operation_id="plan_batch")
async def plan_batch(service: TheService, wanted: PlanBody) -> PlanView:
    """Say which materials are in a folder, and which mask is whose, by names alone: nothing is read or done.

    A mask has the name of its material (`oak.png`, `oak_mask.png`, `oak/mask.png`), or its whole path below the folder.
    What can be filled has a `job`, of which `POST /v1/batches` takes a list.
    """
    endings = tuple((await service.describe())["endings"])
    try:
        sets, images = await service.threads.disk(_look, service, wanted, endings)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    except ValueError as error:
        raise Problem(413, "too-many", str(error)) from error
    if wanted.masks is None:
        return PlanView(rows=[_row(wanted, one, None, "") for one in sets])
    named = [[one.name, one.path] for one in sets]
    found = await tool(service, "match", sets=named, masks=images, where=wanted.masks or wanted.root)
    matched = zip(sets, found["matched"], strict=True)
    return PlanView(rows=[_row(wanted, one, match["mask"], match["why"]) for one, match in matched])


def _look(service: Service, wanted: PlanBody, endings: tuple[str, ...]) -> tuple[list[FoundSet], list[str]]:
    root, most = root_of(service, wanted.root), service.settings.limits.batch
    sets = find_sets(root, wanted.library, wanted.masks, endings, most)
    return sets, [] if wanted.masks is None else find_images(root, wanted.masks, endings)


def _row(wanted: PlanBody, found: FoundSet, mask: str | None, why: str) -> PlanRow:
    name, why = found.path or found.name, found.why or why
    if why:
        return PlanRow(name=name, mask=None, why=why, job=None)
    hole = {"shape": wanted.shape} if mask is None else {"path": join(wanted.masks or "", mask)}
    job = {"root": {"root": wanted.root, "folder": join(wanted.library, found.path)}, "hole": {"masks": [hole]}}
    return PlanRow(name=name, mask=mask, why=None, job=job)
