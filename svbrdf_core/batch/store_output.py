"""Output to an object store.

There is no moving there, so a row's record is what counts: it says ``writing`` before the first file is sent, and
``done`` when all are there. Each object is whole or not there; a result is one if its record says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svbrdf_core.batch.records import WRITING, Found, Making, Record, RowFiles, parse_record, record_text, sizes_in
from svbrdf_core.batch.row import HOME
from svbrdf_core.batch.scratch import scratch
from svbrdf_core.batch.store_lock import hold_store
from svbrdf_core.batch.stores import list_below, read, remove, send, write


@dataclass(frozen=True)
class StoreOutput:
    """Results below an address; see `svbrdf_core.batch.outputs.Output`.

    Attributes:
        out: the address that all results are below.
    """

    out: Path

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep other batches from the address.

        Raises:
            OutputError: another one is at work there, or it cannot be written.
        """
        with hold_store(self.out):
            yield

    def look_up(self, names: Sequence[str]) -> dict[str, Found]:
        """See `svbrdf_core.batch.outputs.Output`; one listing and the records that there are."""
        sizes = {file.path: file.size for file in list_below(self.out)}
        folders = {parent for path in sizes for parent in path.parents}
        rows = [RowFiles(self.out, name) for name in names]
        texts = read([row.record for row in rows if row.record in sizes])
        found = {}
        for row in rows:
            record = parse_record(texts.get(row.record, b""))
            found[row.name] = Found(record, _has_files(row, record, sizes), row.folder in folders)
        return found

    @contextmanager
    def trial(self, name: str) -> Iterator[Path]:
        """See `svbrdf_core.batch.outputs.Output`."""
        with scratch() as home:
            yield home / "new"

    @contextmanager
    def making(self, name: str) -> Iterator[Making]:
        """See `svbrdf_core.batch.outputs.Output`."""
        with scratch() as home:
            yield Making(home)

    def publish(self, name: str, made: Making, record: Mapping[str, Any]) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        row = RowFiles(self.out, name)
        self.write_record(name, {**record, "state": WRITING})
        old = {file.path for file in list_below(row.folder)}
        new = {row.folder / inner: made.maps / inner for inner in sizes_in(made.maps)}
        send({row.thumb(which): made.thumb(which) for which in ("before", "after")} | new)
        remove(old - set(new))
        self.write_record(name, record)

    def settle(self, name: str, record: Mapping[str, Any]) -> None:
        """See `svbrdf_core.batch.outputs.Output`; the record is the last that is written."""

    def write_record(self, name: str, record: Mapping[str, Any]) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        write(RowFiles(self.out, name).record, record_text(record).encode())

    def write_index(self, texts: Mapping[str, str]) -> None:
        """See `svbrdf_core.batch.outputs.Output`."""
        for name, text in texts.items():
            write(self.out / HOME / name, text.encode())

    def clear(self) -> None:
        """See `svbrdf_core.batch.outputs.Output`; what is half there is of rows that are written anew."""


def _has_files(row: RowFiles, record: Record | None, sizes: Mapping[Path, int]) -> bool:
    files = {} if record is None else record.get("files", {})
    return all(sizes.get(row.folder / name) == size for name, size in files.items())
