"""Outputs: where the results of a batch go, and what is remembered of each row beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from svbrdf_core.batch.folder_output import FolderOutput
from svbrdf_core.batch.places import in_store
from svbrdf_core.batch.records import Found, Making
from svbrdf_core.batch.store_output import StoreOutput


class Output(Protocol):
    """Where results go; it can be pickled. All of it raises `OutputError` where it cannot be written."""

    @property
    def out(self) -> Path:
        """What all results are below."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Keep other batches from it."""
        ...

    def look_up(self, names: Sequence[str]) -> dict[str, Found]:
        """Return what there is of rows, by their names."""
        ...

    def trial(self, name: str) -> AbstractContextManager[Path]:
        """Give a folder that is not there, as which a row's result can be checked."""
        ...

    def making(self, name: str) -> AbstractContextManager[Making]:
        """Give a folder in which a row's result is made."""
        ...

    def publish(self, name: str, made: Making, record: Mapping[str, Any]) -> None:
        """Put a result, its pictures and its record in their places; it is done when the record is there."""
        ...

    def settle(self, name: str, record: Mapping[str, Any]) -> None:
        """Finish what was stopped after its record was written."""
        ...

    def write_record(self, name: str, record: Mapping[str, Any]) -> None:
        """Write the record of a row without a result."""
        ...

    def write_index(self, texts: Mapping[str, str]) -> None:
        """Write the files of the index."""
        ...

    def clear(self) -> None:
        """Remove what killed runs left; nothing is at work."""
        ...


def open_output(out: Path) -> Output:
    """Return the output in a folder, or below an address of an object store."""
    return StoreOutput(out) if in_store(out) else FolderOutput(out)
