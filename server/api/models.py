"""The models that the service offers."""

from __future__ import annotations

import time
from dataclasses import asdict

from fastapi import APIRouter

from .parts import FAULTS, TheService
from .shapes import ModelPage, ModelView, RefusedModelView

router = APIRouter(prefix="/v1", tags=["materials"], responses=FAULTS)


@router.get("/models", operation_id="list_models")
async def list_models(service: TheService) -> ModelPage:
    """Return the models that lie in the service's folders of models now, by name.

    A job names one in the settings of its method as it names an uploaded file: by `file`, its digest, and `name`.
    """
    await service.models.look()
    service.used = time.monotonic()  # new files take their time
    offers = [ModelView(file=one.digest, name=one.name, bytes=one.size, **one.facts) for one in service.models.offers]
    return ModelPage(models=offers, refused=[RefusedModelView(**asdict(one)) for one in service.models.refusals])
