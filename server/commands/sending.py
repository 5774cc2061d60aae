"""The upload of a request: the files that a service is sent, and the JSON that goes with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import svbrdf_core as sv
from svbrdf_core import codec
from svbrdf_core.codec.plain import JsonObject

from ..data.names import BadName
from ..data.names import name as checked_name


@dataclass(frozen=True)
class UploadedMaterial:
    """A material as a service is sent it.

    Attributes:
        loaded: as it is here.
        maps: its files by the names they go by there.
        body: how they are understood: the body of a material, without its files.
    """

    loaded: sv.Material
    maps: Mapping[str, Path]
    body: JsonObject


@dataclass(frozen=True)
class Upload:
    """What a service is sent.

    Attributes:
        material: what is repaired.
        examples: what is copied from.
        former: an earlier result that is varied; None if there is none.
        job: the body of a job, without its materials.
        files: masks and models that the job names, by digest.
        names: what a file is called there to what it is called here, of masks and models.
    """

    material: UploadedMaterial
    examples: tuple[UploadedMaterial, ...]
    former: UploadedMaterial | None
    job: JsonObject
    files: Mapping[str, Path]
    names: Mapping[str, str]

    @property
    def map_names(self) -> Mapping[str, Path]:
        """What a map is called there to where it is here, of those whose name tells which it is."""
        found: dict[str, Path] = {}
        several: set[str] = set()
        for one in (self.material, *self.examples, *([] if self.former is None else [self.former])):
            several |= {name for name, path in one.maps.items() if found.setdefault(name, path) != path}
        return {name: path for name, path in found.items() if name not in several}


def upload_of(request: sv.InpaintRequest, material: sv.Material, former: sv.Material | None = None) -> Upload:
    """Return what a service must be sent for a request, whose material and former result are loaded.

    Raises:
        InputError: a file cannot be read, or cannot go by its name there.
    """
    digests = {path: _digest(where, path) for where, path in request.files().items()}
    http = codec.HttpFiles(digest=lambda path: digests[path])
    names: dict[str, str] = {}
    for path, digest in digests.items():
        names[digest + path.suffix] = str(path)
        names.setdefault(digest, str(path))  # an ending that is none is left out there
    job: Any = request.to_json(http)
    return Upload(
        material=_uploaded(request.source, material, http),
        examples=tuple(_uploaded(source, sv.load_material(source), http) for source in request.examples),
        former=None if former is None or request.former is None else _uploaded(request.former, former, http),
        job={**job, "previews": False},
        files={digest: path for path, digest in digests.items()},
        names=names,
    )


def _uploaded(source: sv.LoadOptions, material: sv.Material, http: codec.HttpFiles) -> UploadedMaterial:
    return UploadedMaterial(material, _maps(material), _material_body(source, http))


def _material_body(source: sv.LoadOptions, http: codec.HttpFiles) -> JsonObject:
    """Return how the files that are sent are understood; those of other sets of the folder are not among them."""
    single = source.path.is_file()
    folder = source.path.parent if single else source.path
    sent = replace(
        source,
        path=Path(source.path.name) if single else Path(),
        overrides={name: _override(folder, text) for name, text in source.overrides.items()},
        set_name=None,
    )
    encoded: Any = codec.encode(sent, http)
    return {"name": _folder_name(folder), "source": encoded if single else {**encoded, "path": ""}}


def _override(folder: Path, text: str) -> str:
    """Return ``FILE[:CHANNELS]`` with the file's name alone, wherever it lies."""
    path, colon, letters = folder / text, "", ""
    if not path.exists():
        head, colon, letters = text.rpartition(":")
        path = folder / head
    return path.name + colon + letters


def _folder_name(folder: Path) -> str:
    try:
        return checked_name(folder.resolve().name)
    except BadName:  # it is only what people see
        return "material"


def _maps(material: sv.Material) -> dict[str, Path]:
    found: dict[str, Path] = {}
    beside = set(material.files_beside())  # of tiles that are not touched; they are copied here
    for path in material.files():
        if path in beside:
            continue
        if path.name in found:
            raise sv.InputError(f"{path} and {found[path.name]} have the same name; rename one, or leave out --server.")
        try:
            found[checked_name(path.name)] = path
        except BadName as error:
            raise sv.InputError(f"{path} cannot be sent; rename it. {error}") from error
    return found


def _digest(where: str, path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        what = "mask" if where.startswith("hole.") else where.rpartition(".")[2]
        raise sv.InputError(f"The {what} {path} cannot be read: {error.strerror}.") from error
