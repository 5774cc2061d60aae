"""The plan of a batch: what is done already, what will be, what is refused, and what it takes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from svbrdf_core.batch.inputs import fetched
from svbrdf_core.batch.outputs import Output
from svbrdf_core.batch.places import address, in_store
from svbrdf_core.batch.records import FAILED, Found, Record, RowFiles, key_of, mask_files
from svbrdf_core.batch.row import Row
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.methods import find
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
        on_graphics: whether a graphics card would be used if there is one.
        record: of its last run, if that is still what there is of it.
    """

    row: Row
    state: State
    key: str = ""
    why: str | None = None
    pixels: int = 0
    memory: int = 0
    seconds: float = 0.0
    on_graphics: bool = False
    record: Record | None = None


def plan_rows(
    rows: Sequence[Row], output: Output, executor: Executor, *, retry_failed: bool = False, redo: Collection[str] = ()
) -> list[PlannedRow]:
    """Look at each row without filling anything.

    Args:
        rows: each with a name of its own.
        output: where their results go.
        executor: looks at several at a time.
        retry_failed: whether rows that failed with the same input are tried again.
        redo: names of rows that are filled again by another seed, though they are done.

    Raises:
        InputError: two rows have one output, or a name of ``redo`` is no row's.
    """
    _check_names(rows, redo)
    there = output.look_up([row.name for row in rows])
    planned: dict[int, PlannedRow] = {}
    tasks: list[Task] = []
    for number, row in enumerate(rows):
        if row.request is None:
            planned[number] = PlannedRow(row, "refused", why=row.why)
            continue
        found = there[row.name]
        known = None if row.name in redo else _known(row, found, retry_failed)
        if known is not None:
            planned[number] = known
        elif found.is_taken and found.record is None and not row.request.output.overwrite:
            planned[number] = PlannedRow(row, "refused", why=_not_ours(row, output))
        else:
            filled = _with_next_seed(row, found) if row.name in redo else row
            tasks.append(Task(number, partial(check_row, row, filled, output), memory=0))
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
    for row in rows:
        parts = row.name.casefold().split("/")
        if any("/".join(parts[:length]) in known for length in range(1, len(parts))):
            raise InputError(f"{row.name} would be written into the result of another set; give it another output.")
    for name in redo:
        if name.casefold() not in known:
            raise InputError(f"There is no row {name} to do again; take the names from the index.")


def _with_next_seed(row: Row, found: Found) -> Row:
    """Return a row with the seed after those of its last result."""
    assert row.request is not None
    method = row.request.method
    seeds = [] if found.record is None else found.record.get("seeds", [])
    if not seeds:
        return row
    return replace(row, request=replace(row.request, method=replace(method, seed=max(seeds) + 1)))


def _known(row: Row, found: Found, retry_failed: bool) -> PlannedRow | None:
    """Return a row that is done or failed already; None if it is to be looked at."""
    if found.record is None:
        return None
    try:
        key = key_of(row)
    except (OSError, SvbrdfError):
        return None  # which the check says better
    if found.is_done(key):
        return PlannedRow(row, "done", key, record=found.record)
    if (found.record["state"], found.record["key"]) == (FAILED, key) and not retry_failed:
        return PlannedRow(row, "failed", key, found.record.get("why"), record=found.record)
    return None


def _not_ours(row: Row, output: Output) -> str:
    folder = address(RowFiles(output.out, row.name).folder)
    return f"{folder} holds files that are not of this batch; give another output folder."


def check_row(row: Row, filled: Row, output: Output) -> PlannedRow:
    """Return whether a row can be filled, and what it takes.

    Args:
        row: as it was asked for, by which its result is known again.
        filled: the same, perhaps by another seed.
        output: where its result goes.

    Raises:
        SvbrdfError: it cannot.
    """
    from svbrdf_core.inpainting.check import check

    for mask in mask_files(row):
        if not in_store(mask) and not mask.is_file():
            raise InputError(f"There is no mask {mask}.")
    with fetched(row) as near, output.trial(row.name) as folder:
        assert near.request is not None
        try:
            found = check(replace(near.request, output=replace(near.request.output, folder=folder)))
            key = key_of(row)
        except OSError as error:
            raise SvbrdfError(f"{error.filename} cannot be read ({error.strerror}).") from error
    return PlannedRow(filled, "ready", key, None, found.pixels, found.memory, found.seconds, _on_graphics(row))


def _on_graphics(row: Row) -> bool:
    """Whether a row is filled on a graphics card where there is one."""
    assert row.request is not None
    choice = row.request.method
    return choice.device not in ("cpu", "mps") and find(choice.name).traits().accelerated
