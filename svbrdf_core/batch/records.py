"""What a batch remembers of each row, so that it can be stopped at any moment and gone on with."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svbrdf_core.batch.places import in_store
from svbrdf_core.batch.row import HOME, Row
from svbrdf_core.batch.view import hole_files
from svbrdf_core.codec.plain import Json
from svbrdf_core.material.folders import images_in
from svbrdf_core.version import package_version

DONE, FAILED, WRITING = "done", "failed", "writing"
RECORDS, THUMBS = "records", "thumbs"
Record = dict[str, Any]


@dataclass(frozen=True)
class RowFiles:
    """Where a row's result, record and pictures are, in a folder or below an address.

    Attributes:
        out: the folder that all results are below.
        name: of the row.
    """

    out: Path
    name: str

    @property
    def slug(self) -> str:
        """A file name for the row, which no other has."""
        tail = hashlib.sha256(self.name.encode()).hexdigest()[:12]
        return f"{re.sub(r'[^A-Za-z0-9-]+', '_', self.name)[-40:].strip('_')}-{tail}"

    @property
    def folder(self) -> Path:
        """Of the result."""
        return self.out / self.name

    @property
    def record(self) -> Path:
        """Of the row."""
        return self.out / HOME / RECORDS / f"{self.slug}.json"

    def thumb(self, which: str) -> Path:
        """Return the path of a small picture."""
        return self.out / HOME / THUMBS / f"{self.slug}-{which}.webp"


@dataclass(frozen=True)
class Making:
    """A folder of this machine in which a row's result is made.

    Attributes:
        folder: the folder.
    """

    folder: Path

    @property
    def maps(self) -> Path:
        """The folder of the result, which is not there yet."""
        return self.folder / "maps"

    def thumb(self, which: str) -> Path:
        """Return the path of a small picture."""
        return self.folder / f"{which}.webp"


@dataclass(frozen=True)
class Found:
    """What there is of a row.

    Attributes:
        record: of its last run; None if there is none.
        is_whole: whether the files of the record are there.
        is_taken: whether there is anything where its result goes.
    """

    record: Record | None = None
    is_whole: bool = False
    is_taken: bool = False

    def is_done(self, key: str) -> bool:
        """Whether the row's result is there, of the same input."""
        return self.record is not None and self.is_whole and (self.record["state"], self.record["key"]) == (DONE, key)


def key_of(row: Row) -> str:
    """Return what changes with anything that a row's result depends on: request, files, version of this package.

    Raises:
        OSError: a file cannot be looked at.
    """
    assert row.request is not None
    files: list[Json] = [[str(file.path), file.size, file.version] for file in row.files]
    for path in _local_files(row):
        about = path.stat()
        files.append([str(path), about.st_size, about.st_mtime_ns])
    identity = {"request": row.request.to_json(), "files": files, "version": package_version()}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _local_files(row: Row) -> list[Path]:
    """Return the files of this machine that a row is made of: all images of its folder, and what is read besides."""
    assert row.request is not None
    source, besides = row.request.source.path, row.request.files().values()
    if in_store(source):
        inner = []
    else:
        inner = [source] if source.is_file() else images_in(source) or [
            image for below in sorted(source.iterdir()) if below.is_dir() for image in images_in(below)
        ]  # fmt: skip
    return sorted({*inner, *(path for path in besides if not in_store(path))})


def mask_files(row: Row) -> list[Path]:
    """Return the mask files of a row."""
    return [] if row.request is None else hole_files(row.request.hole.masks)


def parse_record(text: str | bytes) -> Record | None:
    """Return the record that a text holds; None if it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and {"key", "state"} <= set(found) else None


def record_text(record: Mapping[str, Any]) -> str:
    """Return a record as it is written."""
    return json.dumps(record, indent=1, allow_nan=False) + "\n"


def sizes_in(folder: Path) -> dict[str, Json]:
    """Return the files below a folder, with their sizes in bytes."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()
    }
