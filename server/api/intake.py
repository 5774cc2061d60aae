"""Files that requests name, made materials and put in the folders of jobs."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel

import svbrdf_core as sv
from svbrdf_core.codec import encode

from ..data import names
from ..data.materials import FOLDER, Manifest, check_names, maps_folder, place_source, source_from_json
from ..data.names import BadName
from ..data.roots import Root
from ..http.problems import Problem
from ..jobs.requests import JobFiles
from ..schema import RootFile, UploadedFile
from ..service import Service
from .parts import input_problems, material_view, tool
from .shapes import MaterialFrame, MaterialView, RootBody


async def take_material(service: Service, manifest: Manifest) -> tuple[MaterialView, bool]:
    """Return the material of uploaded files, and whether it is new.

    Raises:
        Problem: a name is none, a file is missing, or they are no material.
    """
    await service.threads.disk(_check_manifest, service, manifest)
    known = await material_view(service, manifest.id)
    if known is not None:
        await service.threads.disk(service.materials.touch, manifest.id)
        return known, False
    await service.threads.disk(_check_sent, service, manifest.files.values())
    staged = await service.threads.disk(service.materials.stage, manifest)
    try:
        source = await service.threads.disk(
            place_source, manifest.source, maps_folder(staged, manifest), service.settings.limits.pixels
        )
        info = await tool(service, "inspect", source=encode(source))
        await service.threads.disk(service.materials.keep, manifest, staged, info)
    finally:
        await service.threads.disk(shutil.rmtree, staged, ignore_errors=True)
    return MaterialView(id=manifest.id, files=sorted(manifest.files), **info), True


def manifest_of(frame: MaterialFrame, files: Sequence[str], digests: Sequence[str], name: str = "") -> Manifest:
    """Return what a material is made of, as a client has said it.

    Raises:
        Problem: a name is none, or how the files are read makes no sense.
    """
    with input_problems():
        source = source_from_json(frame.source.model_dump(exclude_unset=True))
    try:
        check_names(files)
        _check_texts(name or frame.name, source)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    return Manifest(dict(zip(files, digests, strict=True)), name or frame.name, source)


async def import_material(service: Service, source: RootBody) -> MaterialView:
    """Return the material of a folder in a root, whose files are taken over as if they had been uploaded.

    Raises:
        Problem: there is no such root or folder, or it is no material.
    """
    root = root_of(service, source.root)
    endings = tuple((await service.describe())["endings"])
    try:
        await service.threads.disk(manifest_of, source, [], [])  # is it in order, before anything is read?
        found = await service.threads.disk(_import, service, root, source.folder, endings)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    except ValueError as error:
        raise Problem(413, "too-large", str(error)) from error
    name = "" if "name" in source.model_fields_set else (source.root, *names.path(source.folder))[-1]
    view, new = await take_material(service, manifest_of(source, list(found), list(found.values()), name))
    if new:  # what is uploaded was counted when it came
        await service.count(service.materials.folder(view.id))
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


async def import_files(service: Service, value: Any, root: str | None) -> Any:
    """Return what a request says with files of a root as uploaded ones.

    Args:
        service: which takes them in.
        value: a body, or a part of one; it is changed.
        root: name of the root; None if the request's material is in none.

    Raises:
        Problem: there is no such file.
    """
    if isinstance(value, RootFile):
        return await _import_root_file(service, root, value.path)
    if isinstance(value, list):
        return [await import_files(service, one, root) for one in value]
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            setattr(value, name, await import_files(service, getattr(value, name), root))
    return value


def link_files(service: Service, job_id: str, files: JobFiles) -> None:
    """Make the folder of a job with the files that its request names.

    Raises:
        Problem: one was not uploaded.
    """
    service.folder.job(job_id).mkdir()
    _check_sent(service, [named["file"] for named in files.named.values()])
    for path, named in files.named.items():
        service.blobs.link(named["file"], path)


def _check_sent(service: Service, digests: Iterable[str]) -> None:
    missing = [digest for digest in dict.fromkeys(digests) if not service.blobs.has(digest)]
    if missing:
        detail = f"{len(missing)} of the files must be sent first (PUT /v1/files/…)."
        raise Problem(409, "missing", detail, missing=missing)


def _check_manifest(service: Service, manifest: Manifest) -> None:
    if len(manifest.files) > service.settings.limits.maps:
        raise Problem(413, "too-many", f"A material has at most {service.settings.limits.maps} files here.")


def _check_texts(name: str, source: sv.LoadOptions) -> None:
    """Raise BadName for a name that is none, and for files that are named by more than a name."""
    names.name(name)
    for text in source.overrides.values():
        for part in text.split(":", 1):  # FILE or FILE:CHANNELS
            names.name(part)
    if source.path != FOLDER.path:
        names.name(str(source.path))


async def _import_root_file(service: Service, root: str | None, path: str) -> UploadedFile:
    if root is None:
        raise Problem(422, "path", "A file by path goes with a material in a root; upload it instead.")
    try:
        digest = await service.threads.disk(_import_file, service, root_of(service, root), path)
    except BadName as error:
        raise Problem(422, "path", str(error)) from error
    except ValueError as error:
        raise Problem(413, "too-large", str(error)) from error
    return UploadedFile(file=digest, name=PurePosixPath(path).name)


def _import(service: Service, root: Root, folder: str, endings: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in root.files(folder):
        if not name.lower().endswith(endings):
            continue
        if len(found) >= service.settings.limits.maps:
            raise ValueError(f"A material has at most {service.settings.limits.maps} files here.")
        found[name] = _import_file(service, root, "/".join((*names.path(folder), name)))
    if not found:
        raise BadName("There are no images in that folder.")
    return found


def _import_file(service: Service, root: Root, path: str) -> str:
    with root.open(path) as stream:
        return service.blobs.take(stream, service.settings.limits.file)
