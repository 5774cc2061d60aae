"""Output to a folder.

A result is made in a folder of its own, then its record is written, then the folder is moved to its place in one step.
A record without files in place and with the folder still waiting was stopped between the two, and is only moved.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svbrdf_core.batch.locking import lock_file
from svbrdf_core.batch.records import RECORDS, THUMBS, Found, Making, RowFiles, parse_record, record_text
from svbrdf_core.batch.row import HOME
from svbrdf_core.errors import OutputError
from svbrdf_core.formats import write_texts
from svbrdf_core.formats.raster import reason

STAGING = "staging"


@dataclass(frozen=True)
class FolderOutput:
    """Results in a folder; see `svbrdf_core.batch.outputs.Output`.

    Attributes:
        out: the folder that all results are below.
    """

    out: Path

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other batches from the folder, which is made if it is not there.

        Raises:
            OutputError: another one is at work in it, or it cannot be written.
        """
        path = self.out / HOME / "lock"
        try:
            for inner in (RECORDS, STAGING, THUMBS):  # before several processes would make them at once
                (path.parent / inner).mkdir(parents=True, exist_ok=True)
            stream = path.open("a")
        except OSError as error:
            raise OutputError(f"{self.out} cannot be written ({reason(error)}); give another folder.") from error
        with stream:
            try:
                lock_file(stream)
            except OSError as error:
                raise OutputError(
                    f"Another batch is at work in {self.out}; wait for it, or give another folder."
                ) from error
            yield

    def look_up(self, names: Sequence[str]) -> dict[str, Found]:
        """See `svbrdf_core.batch.outputs.Output`."""
        return {name: self._find(RowFiles(self.out, name)) for name in names}

    def _find(self, row: RowFiles) -> Found:
        try:
            record = parse_record(row.record.read_bytes())
        except OSError:
            record = None
        whole = record is not None and (_has_files(row.folder, record) or _has_files(self.waiting(row.name), record))
        return Found(record, whole, row.folder.is_dir() and any(row.folder.iterdir()))

    def waiting(self, name: str) -> Path:
        """Return where a row's result waits to be moved to its place."""
        return Making(self._staging(name)).maps

    def _staging(self, name: str) -> Path:
        return self.out / HOME / STAGING / RowFiles(self.out, name).slug

    @contextmanager
    def trial(self, name: str) -> Iterator[Path]:
        """See `svbrdf_core.batch.outputs.Output`."""
        yield self._staging(name) / "new"

    @contextmanager
    def making(self, name: str) -> Iterator[Making]:
        """See `svbrdf_core.batch.outputs.Output`."""
        folder = self._staging(name)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise OutputError(f"{folder} cannot be written ({reason(error)}); make room there.") from error
        try:
            yield Making(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, name: str, made: Making, record: Mapping[str, Any]) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        row = RowFiles(self.out, name)
        try:
            for which in ("before", "after"):
                made.thumb(which).replace(row.thumb(which))
        except OSError as error:
            raise OutputError(f"{row.thumb('after').parent} cannot be written ({reason(error)}).") from error
        self.write_record(name, record)
        self._move(row, made)

    def settle(self, name: str, record: Mapping[str, Any]) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        row = RowFiles(self.out, name)
        if not _has_files(row.folder, record):
            self._move(row, Making(self._staging(name)))

    def _move(self, row: RowFiles, made: Making) -> None:
        """Move a result to its place; what is there is replaced."""
        try:
            row.folder.parent.mkdir(parents=True, exist_ok=True)
            if row.folder.exists():
                row.folder.replace(made.folder / "old")
            made.maps.replace(row.folder)
            shutil.rmtree(made.folder, ignore_errors=True)
        except OSError as error:
            raise OutputError(f"{row.folder} cannot be written ({reason(error)}); check the folder.") from error

    def write_record(self, name: str, record: Mapping[str, Any]) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        path = RowFiles(self.out, name).record
        write_texts(path.parent, {path.name: record_text(record)})

    def write_index(self, texts: Mapping[str, str]) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        write_texts(self.out / HOME, texts)

    def clear(self) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        for left in (self.out / HOME / STAGING).iterdir():
            shutil.rmtree(left, ignore_errors=True)


def _has_files(folder: Path, record: Mapping[str, Any]) -> bool:
    try:
        return all((folder / name).stat().st_size == size for name, size in record.get("files", {}).items())
    except OSError:
        return False
