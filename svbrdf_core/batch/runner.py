"""Run of a batch: the rows that are left, the largest first, and the index of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from svbrdf_core import patch
from svbrdf_core.batch.index import write_index
from svbrdf_core.batch.outputs import Output
from svbrdf_core.batch.places import address
from svbrdf_core.batch.plan import PlannedRow
from svbrdf_core.batch.records import FAILED
from svbrdf_core.batch.work import repair_row
from svbrdf_core.methods import find
from svbrdf_core.run import Run
from svbrdf_core.runs.executors import Executor, Task

INDEX_EVERY = 50
"""Rows between two writings of the index."""


@dataclass(frozen=True)
class BatchPlan:
    """What is done.

    Attributes:
        output: where results go.
        rows: as they were looked at.
        command: how this was asked for, for the record.
    """

    output: Output
    rows: tuple[PlannedRow, ...]
    command: str = ""

    @property
    def ready(self) -> list[PlannedRow]:
        """Return what is to be filled, the longest first, so that the end is not one huge set."""
        return sorted((row for row in self.rows if row.state == "ready"), key=lambda row: (-row.seconds, row.row.name))


@dataclass(frozen=True)
class FinishedRow:
    """One row is finished.

    Attributes:
        done: rows finished in this run.
        total: rows to be finished in this run.
        share: of the work of this run that is done, 0 to 1.
        record: of the row.
    """

    done: int
    total: int
    share: float
    record: dict[str, Any]


def run_batch(
    plan: BatchPlan, executor: Executor, on_row: Callable[[FinishedRow], None] = lambda row: None
) -> list[dict[str, Any]]:
    """Fill what is left of a batch, write the index, and return the records of all rows in their order.

    What fails has a record with its sentence, and the rest goes on. Stopping loses only what is being worked on.

    Raises:
        OutputError: the output folder cannot be written, or another batch is at work in it.
    """
    with plan.output.hold():
        return _run(plan, executor, on_row)


def _run(plan: BatchPlan, executor: Executor, on_row: Callable[[FinishedRow], None]) -> list[dict[str, Any]]:
    left = plan.ready
    _compile(left)
    tasks = [
        Task(number, partial(repair_row, planned, plan.output), planned.memory, planned.on_graphics)
        for number, planned in enumerate(left)
    ]
    records = {planned.row.name: _known(plan, planned) for planned in plan.rows if planned.state != "ready"}
    work = sum(planned.seconds for planned in left) or 1.0
    spent = 0.0
    try:
        for done, (planned, record) in enumerate(_finished(plan, left, executor, tasks), 1):
            records[planned.row.name] = record
            spent += planned.seconds
            on_row(FinishedRow(done, len(left), min(1.0, spent / work), record))
            if done % INDEX_EVERY == 0:
                write_index(plan.output, _in_order(plan, records), plan.command)
    finally:
        write_index(plan.output, _in_order(plan, records), plan.command)
    plan.output.clear()
    return _in_order(plan, records)


def _compile(left: Sequence[PlannedRow]) -> None:
    """Compile the kernels once, for processes that begin together would each do it."""
    names = {planned.row.request.method.name for planned in left if planned.row.request is not None}
    if any(find(name).traits().compiles for name in names) and not patch.is_compiled("cpu"):
        patch.compile_kernels(Run())


def _finished(
    plan: BatchPlan, left: Sequence[PlannedRow], executor: Executor, tasks: Sequence[Task]
) -> Iterator[tuple[PlannedRow, dict[str, Any]]]:
    for outcome in executor.run(tasks):
        planned = left[outcome.number]
        if outcome.why is None:
            yield planned, outcome.value
            continue
        record = _plain(planned, FAILED, outcome.why)
        plan.output.write_record(planned.row.name, record)
        yield planned, record


def _known(plan: BatchPlan, planned: PlannedRow) -> dict[str, Any]:
    """Return the record of a row that is not filled in this run."""
    if planned.state == "done":
        assert planned.record is not None  # which is how it is known
        plan.output.settle(planned.row.name, planned.record)
        return planned.record
    return _plain(planned, planned.state, planned.why)


def _plain(planned: PlannedRow, state: str, why: str | None) -> dict[str, Any]:
    source = address(planned.row.request.source.path) if planned.row.request else ""
    return {"name": planned.row.name, "key": planned.key, "state": state, "why": why, "source": source}


def _in_order(plan: BatchPlan, records: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records that there are, in the order of the rows."""
    return [records[planned.row.name] for planned in plan.rows if planned.row.name in records]
