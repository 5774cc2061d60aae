"""The plan of a batch: which materials a library has, and which mask is whose."""

from __future__ import annotations

from fastapi import APIRouter

from ..data.libraries import FoundSet, find_images, find_sets, join
from ..data.names import BadName
from ..http.problems import Problem
from ..service import Service
from .intake import root_of
from .parts import FAULTS, TheService, tool
from .shapes import PlanBody, PlanRow, PlanView

router = APIRouter(prefix="/v1", tags=["batches"], responses=FAULTS)


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
