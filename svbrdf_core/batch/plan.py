"""The plan of a batch: what is done already, what will be, what is refused, and what it takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from svbrdf_core.batch.records import FAILED, RowFiles, is_done, key_of, read_record
from svbrdf_core.batch.rows import Row, mask_files
from svbrdf_core.errors import InputError, OutputError, SvbrdfError
from svbrdf_core.runs.executors import Executor, Task

State = Literal["ready", "done", "failed", "refused"]
"""To be filled; filled before; failed before, and kept so; not possible as it is."""


@dataclass(frozen=True)
class PlannedRow:
    """A row and what becomes of it.

    Attributes:
        row: the row, as it is filled.
        state: see `State`.
        key: of its input as it was asked for; empty of one that is refused.
        why: why it is refused or failed, in a sentence.
        pixels: of its hole.
        memory: bytes that it needs, about.
        seconds: that it takes on a processor, about.
    """

    row: Row
    state: State
    key: str = ""
    why: str | None = None
    pixels: int = 0
    memory: int = 0
    seconds: float = 0.0


def plan_rows(
    rows: Sequence[Row], executor: Executor, *, retry_failed: bool = False, redo: Collection[str] = ()
) -> list[PlannedRow]:
    """Look at each row without filling anything.

    Args:
        rows: of one output folder, each with a name of its own.
        executor: looks at several at a time.
        retry_failed: whether rows that failed with the same input are tried again.
        redo: names of rows that are filled again by another seed, though they are done.

    Raises:
        InputError: two rows have one output, or a name of ``redo`` is no row's.
    """
    _check_names(rows, redo)
    planned: dict[int, PlannedRow] = {}
    tasks: list[Task] = []
    for number, row in enumerate(rows):
        if row.request is None:
            planned[number] = PlannedRow(row, "refused", why=row.why)
            continue
        known = None if row.name in redo else _look_up(row, retry_failed)
        if known is not None:
            planned[number] = known
        else:
            filled = _with_next_seed(row) if row.name in redo else row
            tasks.append(Task(number, partial(check_row, row, filled), memory=0))
    for outcome in executor.run(tasks):
        row = rows[outcome.number]
        planned[outcome.number] = outcome.value or PlannedRow(row, "refused", why=outcome.why)
    return [planned[number] for number in range(len(rows))]


def _check_names(rows: Sequence[Row], redo: Collection[str]) -> None:
    known: set[str] = set()
    for row in rows:
        if row.name.casefold() in known:
            raise InputError(f"Two sets would be written to {row.name}; give a manifest with an output for each.")
        known.add(row.name.casefold())
    for name in redo:
        if name.casefold() not in known:
            raise InputError(f"There is no row {name} to do again; take the names from the index.")


def _with_next_seed(row: Row) -> Row:
    """Return a row with the seed after those of its last result."""
    assert row.request is not None
    record = read_record(RowFiles(_out_of(row), row.name))
    method = row.request.method
    seeds = [] if record is None else record.get("seeds", [])
    if not seeds:
        return row
    return replace(row, request=replace(row.request, method=replace(method, seed=max(seeds) + 1)))


def _look_up(row: Row, retry_failed: bool) -> PlannedRow | None:
    """Return a row that is done or failed already; None if it is to be looked at."""
    place = RowFiles(_out_of(row), row.name)
    record = read_record(place)
    if record is None:
        return None
    try:
        key = key_of(row)
    except OSError:
        return None  # which the check says better
    if is_done(place, record, key):
        return PlannedRow(row, "done", key)
    if record["state"] == FAILED and record["key"] == key and not retry_failed:
        return PlannedRow(row, "failed", key, record.get("why"))
    return None


def check_row(row: Row, filled: Row) -> PlannedRow:
    """Return whether a row can be filled, and what it takes.

    Args:
        row: as it was asked for, by which its result is known again.
        filled: the same, perhaps by another seed.

    Raises:
        SvbrdfError: it cannot.
    """
    from svbrdf_core.inpainting.check import check

    assert row.request is not None
    place = RowFiles(_out_of(row), row.name)
    for mask in mask_files(row):
        if not mask.is_file():
            raise InputError(f"There is no mask {mask}.")
    record = read_record(place)
    if place.folder.exists() and record is None and not row.request.output.overwrite and any(place.folder.iterdir()):
        raise OutputError(f"{place.folder} holds files that are not of this batch; give another output folder.")
    try:
        found = check(replace(row.request, output=replace(row.request.output, folder=place.staging / "new")))
        key = key_of(row)
    except OSError as error:
        raise SvbrdfError(f"{error.filename} cannot be read ({error.strerror}).") from error
    return PlannedRow(filled, "ready", key, None, found.pixels, found.memory, found.seconds)


def _out_of(row: Row) -> Path:
    """Return the folder that all results are below."""
    assert row.request is not None
    depth = len(row.name.split("/"))
    return row.request.output.folder.parents[depth - 1]
