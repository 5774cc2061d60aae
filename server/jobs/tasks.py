"""A job as it was accepted comes in; what a worker is told goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..config import Settings
from ..data.layout import DataFolder
from ..data.materials import Materials
from .common import Job

Json = dict[str, Any]
PREVIEW = "preview.png"


def task_of(job: Job, folder: DataFolder, materials: Materials, settings: Settings) -> Json:
    """Return the arguments of ``fill`` for an attempt of a job."""
    home = folder.job(job.id)
    return {
        **wish_of(job.material, job.request, home, folder.result(job.id, job.attempt), materials, settings),
        "box": job.hole["box"],
        "preview": str(home / PREVIEW) if job.request["previews"] else None,
        "every": settings.limits.preview,
    }


def wish_of(
    material: str, request: Mapping[str, Any], home: Path, target: Path, materials: Materials, settings: Settings
) -> Json:
    """Return the arguments of ``check``: what is to be repaired, and how.

    Args:
        material: id of the material.
        request: see `RequestedJob`, as JSON.
        home: folder of the files that the request names.
        target: folder of the result.
        materials: where the material is.
        settings: of the service.
    """
    return {
        **source_of(material, materials, settings),
        "hole": {
            "masks": [_mask(one, home) for one in request["mask"]],
            "forbid": [_mask(one, home) for one in request["forbid"]],
            "invert": request["invert"],
            "grow": request["grow"],
            "feather": request["feather"],
            "tileable": request["tileable"],
        },
        "choice": {
            "method": request["method"],
            "settings": _settings(request["settings"], home),
            "seed": request["seed"],
            "variations": request["variations"],
            "device": settings.device if request["device"] == "auto" else request["device"],
        },
        "target": str(target),
        "sheet": request["sheet"],
        "source_map": request["source_map"],
    }


def source_of(material: str, materials: Materials, settings: Settings) -> Json:
    """Return the arguments that every task on a material has."""
    manifest = materials.manifest(material)
    if manifest is None:
        raise FileNotFoundError(material)
    return {
        "folder": str(materials.files(material, manifest)),
        "reading": asdict(manifest.reading),
        "pixels": settings.limits.pixels,
    }


def named_files(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that a request names, besides the material's: name in the job's folder to digest."""
    masks = [*request["mask"], *request["forbid"]]
    found = {_file_name(one): one["file"] for one in masks if one.get("file")}
    models = _models(request["settings"])
    return found | {f"{digest}.safetensors": digest for digest in models}


def _file_name(mask: Mapping[str, Any]) -> str:
    """Return the name of a mask file in the job's folder; its ending may matter, if it is one."""
    ending = Path(mask.get("name") or "mask").suffix
    return str(mask["file"]) + (ending if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", ending) else "")


def _mask(mask: Mapping[str, Any], home: Path) -> str:
    if not mask.get("shape"):
        return str(home / _file_name(mask))
    shape = str(mask["shape"])
    return shape if ":" in shape else f"{shape}:"  # "alpha" alone could be a file where the service was started


def _models(settings: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found += _models(value)
        elif name == "model" and value:
            found.append(str(value))
    return found


def _settings(settings: Mapping[str, Any], home: Path) -> Json:
    """Return settings with models, which a request names by digest, as files."""
    found: Json = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found[name] = _settings(value, home)
        else:
            found[name] = str(home / f"{value}.safetensors") if name == "model" and value else value
    return found
