"""Names and digests of uploaded files come in; materials, each a folder under an id made of its content, go out."""

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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from .blobs import Blobs, sync_folder
from .names import BadName, name

MANIFEST = "material.json"
INFO = "info.json"
ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Reading:
    """How the files of a material are to be understood, and what its folder is called; see ``svbrdf_core.Reading``."""

    name: str = "material"
    roles: Mapping[str, str] = field(default_factory=dict)
    set_name: str | None = None
    only: Sequence[str] | None = None
    also: Sequence[str] = ()
    normal: Literal["auto", "opengl", "directx"] = "auto"
    file: str | None = None

    def among(self, names: Sequence[str]) -> Reading:
        """Return the same for files of which some have another ending now: a repaired JPEG is a PNG."""
        now = {Path(name).stem: name for name in names}

        def renamed(text: str) -> str:
            file, colon, channels = text.partition(":")
            return file + colon + channels if file in names else now.get(Path(file).stem, file) + colon + channels

        roles = {role: renamed(text) for role, text in self.roles.items()}
        return replace(self, roles=roles, file=None if self.file is None else renamed(self.file))


@dataclass(frozen=True)
class Manifest:
    """What a material is made of: names of files and their digests, and how they are read."""

    files: Mapping[str, str]
    reading: Reading = Reading()

    @property
    def id(self) -> str:
        """A name that only a material of the same content has."""
        text = json.dumps({"files": dict(sorted(self.files.items())), "reading": asdict(self.reading)}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


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
        return inside(self._folder / material, manifest)

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
        found = json.loads(text)
        return Manifest(found["files"], Reading(**found["reading"]))

    def ids(self) -> list[str]:
        """Return all ids."""
        return sorted(path.name for path in self._folder.iterdir() if ID.fullmatch(path.name))

    def stage(self, manifest: Manifest) -> Path:
        """Return a new folder out of sight with a material's files (in `inside`); `keep` or remove it.

        Raises:
            FileNotFoundError: a file was not uploaded.
        """
        staged = self._unfinished / uuid.uuid4().hex
        inside(staged, manifest).mkdir(parents=True)
        try:
            for file, digest in manifest.files.items():
                self._blobs.link(digest, inside(staged, manifest) / file)
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise
        return staged

    def keep(self, manifest: Manifest, staged: Path, info: Mapping[str, Any]) -> None:
        """Make a staged material one that is kept."""
        written = asdict(manifest) | {"files": dict(manifest.files)}
        (staged / MANIFEST).write_text(json.dumps(written), encoding="utf-8")
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


def inside(folder: Path, manifest: Manifest) -> Path:
    """Return where the maps are in the folder of a material; its last name is the one the material goes by."""
    return folder / "maps" / manifest.reading.name


def checked(names: Sequence[str]) -> None:
    """Refuse file names that are no names, or that one folder cannot hold together on every system.

    Raises:
        BadName: it is so.
    """
    folded = [unicodedata.normalize("NFC", name(text)).casefold() for text in names]
    if len(set(folded)) < len(folded):
        raise BadName("Two files have the same name.")
