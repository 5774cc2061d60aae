"""A repair that is to be done elsewhere comes in; the files to send, and the words that go with them, go out."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from svbrdf_core.errors import InputError
from svbrdf_core.inpaint.request import Repair
from svbrdf_core.masks import parse
from svbrdf_core.material import Material
from svbrdf_core.material.reading import Reading

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Parcel:
    """What a service is sent.

    Attributes:
        maps: files of the material by the names they go by there.
        reading: how they are understood.
        job: what is to be done with them.
        files: masks and models that the job names, by digest.
        names: what a file is called there to what it is called here, of masks and models.
    """

    maps: Mapping[str, Path]
    reading: Json
    job: Json
    files: Mapping[str, Path]
    names: Mapping[str, str]


def packed(job: Repair, reading: Reading) -> Parcel:
    """Return what a service must be told of a repair, and the material's reading.

    Raises:
        InputError: a file cannot be read, or cannot go by its name there.
    """
    files: dict[str, Path] = {}
    names: dict[str, str] = {}
    maps = _maps(job.material)
    choice, hole = job.choice, job.hole
    settings = changed(choice.settings)
    for holder in _models(settings):
        digest = _taken(Path(holder["model"]), files, f"The model {holder['model']} cannot be read")
        names[f"{digest}.safetensors"], holder["model"] = holder["model"], digest
    wanted = {
        "mask": [_part(text, files, names) for text in hole.masks],
        "forbid": [_part(text, files, names) for text in hole.forbid],
        "invert": hole.shaping.invert,
        "grow": hole.shaping.grow,
        "feather": hole.shaping.feather,
        "tileable": hole.tileable,
        "method": choice.method,
        "settings": settings,
        "seed": choice.seed,
        "variations": choice.variations,
        "device": choice.device,
        "previews": False,
        "sheet": job.preview is not None,
        "source_map": job.source_map is not None,
    }
    return Parcel(maps, _reading(reading), wanted, files, names)


def changed(settings: object) -> Json:
    """Return the fields of settings that are not as by default, those of settings in them too; {} for None."""
    if settings is None:
        return {}
    usual = type(settings)()
    found: Json = {}
    for field in dataclasses.fields(settings):  # type: ignore[arg-type] # settings are dataclasses
        value = getattr(settings, field.name)
        if value == getattr(usual, field.name):
            continue
        found[field.name] = changed(value) if dataclasses.is_dataclass(value) else value
    return found


def _reading(reading: Reading) -> Json:
    """Return how the files that are sent are understood; those of other sets of the folder are not among them."""
    single = reading.path.is_file()
    folder = reading.path.parent if single else reading.path
    return {
        "name": _folder_name(folder),
        "roles": {name: _role(folder, text) for name, text in reading.overrides.items()},
        "only": None if reading.only is None else list(reading.only),
        "also": list(reading.also),
        "normal": reading.normal,
        "file": reading.path.name if single else None,
    }


def _role(folder: Path, text: str) -> str:
    """Return ``FILE[:CHANNELS]`` with the file's name alone, wherever it lies."""
    path, colon, letters = folder / text, "", ""
    if not path.exists():
        head, colon, letters = text.rpartition(":")
        path = folder / head
    return path.name + colon + letters


def _folder_name(folder: Path) -> str:
    from svbrdf_server.data.names import BadName, name

    try:
        return str(name(folder.resolve().name))
    except BadName:  # it is only what people see
        return "material"


def _maps(material: Material) -> dict[str, Path]:
    from svbrdf_server.data.names import BadName, name

    found: dict[str, Path] = {}
    for path in material.files():
        if path.name in found:
            raise InputError(f"{path} and {found[path.name]} have the same name; rename one, or leave out --server.")
        try:
            found[name(path.name)] = path
        except BadName as error:
            raise InputError(f"{path} cannot be sent; rename it. {error}") from error
    return found


def _part(text: str, files: dict[str, Path], names: dict[str, str]) -> dict[str, str]:
    """Return a part of a hole: a picture that is sent, or a shape in words."""
    spec = parse(text)
    path = getattr(spec, "path", None)
    if path is None:
        return {"shape": str(spec)}
    digest = _taken(Path(path), files, f"The mask {path} cannot be read")
    name = Path(path).name
    names[digest + Path(path).suffix] = path
    names.setdefault(digest, path)  # an ending that is none is left out there
    return {"file": digest, "name": name if len(name) <= 200 else "mask" + Path(path).suffix}


def _taken(path: Path, files: dict[str, Path], failed: str) -> str:
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{failed}: {error.strerror}.") from error
    files[digest] = path
    return digest


def _models(settings: Json) -> Iterator[Json]:
    """Return the settings, those in them too, that name a model."""
    for value in settings.values():
        if isinstance(value, dict):
            yield from _models(value)
    if settings.get("model"):
        yield settings
