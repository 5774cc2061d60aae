"""What a request names comes in; a kept material, or files of a job, go out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath

from ..data import names
from ..data.blobs import DIGEST
from ..data.materials import Manifest, Reading, checked, inside
from ..data.names import BadName
from ..data.roots import Root
from ..http.problems import Problem
from ..service import Service
from . import shapes
from .parts import material_view, tool
from .shapes import FromRoot, MaterialView


async def take_material(
    service: Service, files: Sequence[str], digests: Sequence[str], reading: shapes.Reading
) -> tuple[MaterialView, bool]:
    """Return the material of uploaded files, and whether it is new.

    Raises:
        Problem: a name is none, a file is missing, or they are no material.
    """
    manifest = await service.threads.disk(_manifest, service, files, digests, reading)
    known = await material_view(service, manifest.id)
    if known is not None:
        await service.threads.disk(service.materials.touch, manifest.id)
        return known, False
    missing = [d for d in dict.fromkeys(digests) if not await service.threads.disk(service.blobs.has, d)]
    if missing:
        detail = f"{len(missing)} of the files must be sent first (PUT /v1/files/…)."
        raise Problem(409, "missing", detail, missing=missing)
    staged = await service.threads.disk(service.materials.stage, manifest)
    try:
        files_in, pixels = str(inside(staged, manifest)), service.settings.limits.pixels
        info = await tool(service, "inspect", folder=files_in, reading=asdict(manifest.reading), pixels=pixels)
        await service.threads.disk(service.materials.keep, manifest, staged, info)
    finally:
        await service.threads.disk(shutil.rmtree, staged, ignore_errors=True)
    return MaterialView(id=manifest.id, files=sorted(manifest.files), **info), True


async def import_material(service: Service, source: FromRoot) -> MaterialView:
    """Return the material of a folder in a root, whose files are taken over as if they had been uploaded.

    Raises:
        Problem: there is no such root or folder, or it is no material.
    """
    root = root_of(service, source.root)
    endings = tuple((await service.described())["endings"])
    try:
        _check_names(source)  # before anything is read
        found = await service.threads.disk(_import, service, root, source, endings)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    except ValueError as error:
        raise Problem(413, "too-large", str(error)) from error
    if "name" not in source.model_fields_set:
        source = source.model_copy(update={"name": (source.root, *names.path(source.folder))[-1]})
    view, _ = await take_material(service, list(found), list(found.values()), source)
    return view


def root_of(service: Service, name: str) -> Root:
    """Return a root by name.

    Raises:
        Problem: there is none of that name.
    """
    if name not in service.roots:
        known = ", ".join(service.roots) or "none"
        raise Problem(422, "root", f"There is no root of that name; this service has: {known}.")
    return service.roots[name]


async def import_mask(service: Service, root: str, path: str) -> dict[str, str]:
    """Return a mask picture of a root as an uploaded one.

    Raises:
        Problem: there is no such picture.
    """
    try:
        digest = await service.threads.disk(_import_file, service, root_of(service, root), path)
        return {"file": digest, "name": PurePosixPath(path).name}
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    except ValueError as error:
        raise Problem(413, "too-large", str(error)) from error


def link_files(service: Service, job_id: str, wanted: dict[str, str]) -> Path:
    """Make the folder of a job with the files that its request names.

    Raises:
        Problem: one was not uploaded.
    """
    home = service.folder.job(job_id)
    home.mkdir()
    if not all(DIGEST.fullmatch(digest) for digest in wanted.values()):
        detail = "A model is named by the SHA-256 of its file, 64 small hexadecimal digits; upload it first."
        raise Problem(422, "model", detail)
    missing = [digest for digest in wanted.values() if not service.blobs.has(digest)]
    if missing:
        detail = f"{len(missing)} of the files must be sent first (PUT /v1/files/…)."
        raise Problem(409, "missing", detail, missing=missing)
    for name, digest in wanted.items():
        service.blobs.link(digest, home / name)
    return home


def _manifest(service: Service, files: Sequence[str], digests: Sequence[str], reading: shapes.Reading) -> Manifest:
    try:
        checked(files)
        _check_names(reading)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    if len(files) > service.settings.limits.maps:
        raise Problem(413, "too-many", f"A material has at most {service.settings.limits.maps} files here.")
    how = Reading(
        name=reading.name, roles=dict(reading.roles), set_name=reading.set_name, only=reading.only,
        also=list(reading.also), normal=reading.normal, file=reading.file,
    )  # fmt: skip
    return Manifest(dict(zip(files, digests, strict=True)), how)


def _check_names(reading: shapes.Reading) -> None:
    names.name(reading.name)
    for text in reading.roles.values():
        for part in text.split(":", 1):  # FILE or FILE:CHANNELS
            names.name(part)
    if reading.file is not None:
        names.name(reading.file)


def _import(service: Service, root: Root, source: FromRoot, endings: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in root.files(source.folder):
        if not name.lower().endswith(endings):
            continue
        if len(found) >= service.settings.limits.maps:
            raise ValueError(f"A material has at most {service.settings.limits.maps} files here.")
        found[name] = _import_file(service, root, "/".join((*names.path(source.folder), name)))
    if not found:
        raise BadName("There are no images in that folder.")
    return found


def _import_file(service: Service, root: Root, path: str) -> str:
    with root.open(path) as stream:
        return service.blobs.take(stream, service.settings.limits.file)
