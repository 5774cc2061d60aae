"""Materials made of uploaded files, each a folder under an id made of its content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import svbrdf_core as sv
from svbrdf_core.codec import HttpFiles, decode, encode

from .blobs import Blobs, sync_folder
from .names import BadName, name

MANIFEST = "material.json"
INFO = "info.json"
ID = re.compile(r"[0-9a-f]{32}")


FOLDER = sv.LoadOptions(Path())
"""A material that is all files of a folder, read as they seem to be."""
HTTP = HttpFiles()


@dataclass(frozen=True)
class Manifest:
    """What a material is made of.

    Attributes:
        files: names and digests.
        name: what its folder is called.
        source: how the files are read; the path is one of them, or that of the folder, which is empty.
    """

    files: Mapping[str, str]
    name: str = "material"
    source: sv.LoadOptions = FOLDER

    @property
    def id(self) -> str:
        """A name that only a material of the same content has."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {"files": dict(self.files), "name": self.name, "source": encode(self.source, HTTP)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Manifest:
        """Return what was kept."""
        return cls(data["files"], data["name"], source_from_json(data["source"]))


def source_from_json(data: Mapping[str, Any]) -> sv.LoadOptions:
    """Return how files are read as it is sent over HTTP.

    Raises:
        InputError: it makes no sense.
    """
    return decode(sv.LoadOptions, {"path": "", **data}, "source", HTTP)


def place_source(source: sv.LoadOptions, folder: Path, max_pixels: int) -> sv.LoadOptions:
    """Return how the files are read where they lie now; of those that have another ending there, by that one.

    A repaired JPEG is a PNG.
    """
    names = [path.name for path in folder.iterdir()]
    now = {Path(name).stem: name for name in names}

    def locate(text: str) -> str:
        file, colon, channels = text.partition(":")
        return (file if file in names else now.get(Path(file).stem, file)) + colon + channels

    return replace(
        source,
        path=folder if source.path == FOLDER.path else folder / locate(str(source.path)),
        overrides={name: locate(text) for name, text in source.overrides.items()},
        max_pixels=max_pixels,
    )


class Materials:
    """The materials that are kept."""

    def __init__(self, folder: Path, unfinished: Path, blobs: Blobs) -> None:
        self._folder, self._unfinished, self._blobs = folder, unfinished, blobs
        folder.mkdir(parents=True, exist_ok=True)

    def folder(self, material: str) -> Path:
        """Return the folder of a material's own."""
        return self._folder / material

    def files(self, material: str, manifest: Manifest) -> Path:
        """Return the folder of a material's maps."""
        return maps_folder(self._folder / material, manifest)

    def info(self, material: str) -> dict[str, Any] | None:
        """Return what was found out about a material; None if there is no such, or it is not yet looked at."""
        if ID.fullmatch(material) is None:  # it comes from an address, and becomes a part of a path
            return None
        try:
            found: dict[str, Any] = json.loads((self._folder / material / INFO).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def manifest(self, material: str) -> Manifest | None:
        """Return what a material is made of; None if there is no such."""
        if ID.fullmatch(material) is None:
            return None
        try:
            text = (self._folder / material / MANIFEST).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return Manifest.from_json(json.loads(text))

    def ids(self) -> list[str]:
        """Return all ids."""
        return sorted(path.name for path in self._folder.iterdir() if ID.fullmatch(path.name))

    def stage(self, manifest: Manifest) -> Path:
        """Return a new folder out of sight with a material's files (in `maps_folder`); `keep` or remove it.

        Raises:
            FileNotFoundError: a file was not uploaded.
        """
        staged = self._unfinished / uuid.uuid4().hex
        maps_folder(staged, manifest).mkdir(parents=True)
        try:
            for file, digest in manifest.files.items():
                self._blobs.link(digest, maps_folder(staged, manifest) / file)
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        return staged

    def keep(self, manifest: Manifest, staged: Path, info: Mapping[str, Any]) -> None:
        """Make a staged material one that is kept."""
        (staged / MANIFEST).write_text(json.dumps(manifest.to_json()), encoding="utf-8")
        (staged / INFO).write_text(json.dumps(info, allow_nan=False), encoding="utf-8")
        target = self._folder / manifest.id
        try:
            staged.rename(target)
        except OSError:
            if not target.exists():  # else the same was uploaded twice at once
                raise
        sync_folder(self._folder)

    def touch(self, material: str) -> None:
        """Note that a material is wanted now."""
        with contextlib.suppress(FileNotFoundError):
            os.utime(self._folder / material)

    def remove(self, material: str) -> None:
        """Forget a material; its files stay in the blobs until they are swept."""
        shutil.rmtree(self._folder / material, ignore_errors=True)


def maps_folder(folder: Path, manifest: Manifest) -> Path:
    """Return where the maps are in the folder of a material; its last name is the one the material goes by."""
    return folder / "maps" / manifest.name


def check_names(names: Sequence[str]) -> None:
    """Refuse file names that are no names, or that one folder cannot hold together on every system.

    Raises:
        BadName: it is so.
    """
    folded = [unicodedata.normalize("NFC", name(text)).casefold() for text in names]
    if len(set(folded)) < len(folded):
        raise BadName("Two files have the same name.")
