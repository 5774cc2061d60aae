"""What a batch remembers of each row, so that it can be stopped at any moment and gone on with.

A result is made in a folder of its own, then its record is written, then the folder is moved to its place in one step.
A row is done if its record is of the same input and its files are there; a record without them and with the folder
still waiting was stopped between the two, and is only moved.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svbrdf_core.batch.rows import HOME, Row, files_of
from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import OutputError
from svbrdf_core.formats import write_texts
from svbrdf_core.version import package_version

DONE, FAILED = "done", "failed"
FOLDERS = ("records", "staging", "thumbs")


@dataclass(frozen=True)
class RowFiles:
    """Where a row's result, record and pictures are.

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
    def staging(self) -> Path:
        """Where the result is made."""
        return self.out / HOME / "staging" / self.slug

    @property
    def maps(self) -> Path:
        """The folder that is moved to the result's place."""
        return self.staging / "maps"

    @property
    def record(self) -> Path:
        """Of the row."""
        return self.out / HOME / "records" / f"{self.slug}.json"

    def thumb(self, which: str) -> Path:
        """Return the path of a small picture."""
        return self.out / HOME / "thumbs" / f"{self.slug}-{which}.webp"


@contextmanager
def hold(out: Path) -> Iterator[None]:
    """Keep other batches from an output folder, which is made if it is not there.

    Raises:
        OutputError: another one is at work in it, or it cannot be written.
    """
    path = out / HOME / "lock"
    try:
        for inner in FOLDERS:  # before several processes would make them at once
            (path.parent / inner).mkdir(parents=True, exist_ok=True)
        stream = path.open("a")
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror or error}); give another folder.") from error
    with stream:
        try:
            _lock(stream.fileno())
        except OSError as error:
            raise OutputError(f"Another batch is at work in {out}; wait for it, or give another folder.") from error
        yield


def _lock(number: int) -> None:
    """Lock an open file, until it is closed or its process ends in whatever way."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)


def clear_staging(out: Path) -> None:
    """Remove what was left by a run that was killed; nothing is at work."""
    for left in (out / HOME / "staging").iterdir():
        shutil.rmtree(left, ignore_errors=True)


def key_of(row: Row) -> str:
    """Return what changes with anything that a row's result depends on: request, files, version of this package.

    Raises:
        OSError: a file cannot be looked at.
    """
    assert row.request is not None
    files = [(str(path), (about := path.stat()).st_size, about.st_mtime_ns) for path in files_of(row)]
    identity = {"request": row.request.to_json(), "files": files, "version": package_version()}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def read_record(place: RowFiles) -> dict[str, Any] | None:
    """Return the record of a row; None if there is none."""
    try:
        found = json.loads(place.record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"key", "state"} <= set(found) else None


def write_record(place: RowFiles, record: dict[str, Json]) -> None:
    """Write the record of a row.

    Raises:
        OutputError: it cannot be written.
    """
    write_texts(place.record.parent, {place.record.name: json.dumps(record, indent=1, allow_nan=False) + "\n"})


def is_done(place: RowFiles, record: dict[str, Any], key: str) -> bool:
    """Whether a row's result is there, of the same input, or waits to be moved to its place."""
    if record["key"] != key or record["state"] != DONE:
        return False
    return _has_files(place.folder, record) or _has_files(place.maps, record)


def settle(place: RowFiles, record: dict[str, Any]) -> None:
    """Move a result that is done to its place, if it waits for that.

    Raises:
        OutputError: it cannot be moved.
    """
    if not _has_files(place.folder, record):
        move(place)


def _has_files(folder: Path, record: dict[str, Any]) -> bool:
    try:
        return all((folder / name).stat().st_size == size for name, size in record["files"].items())
    except OSError:
        return False


def sizes_in(folder: Path) -> dict[str, Json]:
    """Return the files below a folder, with their sizes in bytes."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()
    }


def move(place: RowFiles) -> None:
    """Move a result to its place; what is there is replaced.

    Raises:
        OutputError: it cannot be moved.
    """
    old = place.staging / "old"
    try:
        place.folder.parent.mkdir(parents=True, exist_ok=True)
        if place.folder.exists():
            place.folder.replace(old)
        place.maps.replace(place.folder)
        shutil.rmtree(place.staging, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{place.folder} cannot be written ({error.strerror or error}); check the folder.") from error
