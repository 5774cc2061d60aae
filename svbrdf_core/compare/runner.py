"""Run of a comparison: results.json, results.csv and the report."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from svbrdf_core.compare.cases import Case
from svbrdf_core.compare.cells import (
    Cell,
    draw_case,
    read_finished,
    result_of,
    run_cell,
    settings_of,
)
from svbrdf_core.compare.machine import processor
from svbrdf_core.compare.ranks import RANKING, add_ranks
from svbrdf_core.compare.results import Column
from svbrdf_core.compare.sets import measure_sets
from svbrdf_core.compare.timing import count_at_a_time
from svbrdf_core.errors import InputError, OutputError
from svbrdf_core.formats import write_texts
from svbrdf_core.inpainting.call import usable
from svbrdf_core.methods import find
from svbrdf_core.metrics import Metric, describe
from svbrdf_core.runs.executors import Executor, Task
from svbrdf_core.runs.pool import WorkOutcome
from svbrdf_core.version import package_version

PACKAGES = (
    "numpy", "numba", "scipy", "torch", "opencv-python-headless", "opencv-contrib-python-headless", "scikit-image",
    "resynthesizer", "PyPatchMatch", "flip-evaluator", "stlpips-pytorch", "lpips",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is to be compared.

    Attributes:
        cases: materials with holes.
        methods: names of methods.
        seeds: how many fills of each case by methods that are random; the others are run once.
        groups: of metrics.
        tileable: whether materials are taken to wrap.
        device: what to compute on.
        command: how this was asked for, for the record.
    """

    cases: tuple[Case, ...]
    methods: tuple[str, ...]
    seeds: int
    groups: tuple[str, ...]
    tileable: bool = False
    device: str = "auto"
    command: str = ""

    def cells(self) -> list[Cell]:
        """Return the fills to be made, case by case."""
        return [
            Cell(case, name, seed, self.groups, self.tileable, self.device)
            for case in self.cases
            for name in self.methods
            for seed in range(self.seeds if find(name).traits().is_random else 1)
        ]


@dataclass(frozen=True)
class FinishedCell:
    """One cell is finished.

    Attributes:
        done: cells finished so far, those of an earlier run too.
        total: all cells.
        result: its entry in results.json.
        again: it was finished before this run.
    """

    done: int
    total: int
    result: dict[str, Any]
    again: bool


def check(plan: Plan) -> None:
    """Refuse a plan that cannot be run.

    Raises:
        InputError: a method that is unknown, not installed or nothing without a file, twice the same, or nothing to do.
    """
    for name in plan.methods:
        _check_method(name)
    if not plan.methods or not plan.cases:
        raise InputError("There is nothing to compare; give at least one material, one mask and one method.")


def _check_method(name: str) -> None:
    method = usable(name)
    try:
        method.check_files(method.settings())
    except InputError as error:
        raise InputError(
            f"The method {name} cannot be compared: it needs a file, and methods are compared with their defaults; "
            "leave it out."
        ) from error


def run(
    plan: Plan, report: Path, executor: Executor, on_step: Callable[[FinishedCell], None] = lambda step: None
) -> dict[str, Any]:
    """Run every cell that is not finished, and return what was written to results.json.

    A cell that fails is written with its reason and tried again by the next run. Stopping loses only the cells that
    are being worked on.

    Args:
        plan: what is compared.
        report: folder of the results; processes elsewhere must find it under the same path, and the materials too.
        executor: runs the cells; seconds are only comparable if it runs one at a time.
        on_step: called after each cell.

    Raises:
        InputError: see `check`; or the executor's cluster cannot be reached.
        OutputError: the folder cannot be written.
    """
    check(plan)
    report = report.absolute()
    _make(report)
    cells = plan.cells()
    results: dict[int, dict[str, Any]] = {}
    for number, cell in enumerate(cells):
        record = read_finished(cell, report)
        if record is not None:
            results[number] = record
            on_step(FinishedCell(len(results), len(cells), record, again=True))
    drawn: dict[int, dict[str, Any]] = {}
    with executor:
        for outcome in executor.run(_tasks(plan, cells, results, report)):
            if outcome.number < len(plan.cases):
                drawn[outcome.number] = _drawn(plan.cases[outcome.number], outcome)
                continue
            number = outcome.number - len(plan.cases)
            results[number] = _result(cells[number], outcome)
            on_step(FinishedCell(len(results), len(cells), results[number], again=False))
    found = _results(plan, [drawn[n] for n in range(len(plan.cases))], [results[n] for n in range(len(cells))], report)
    write(report, found)
    return found


def _make(report: Path) -> None:
    try:
        report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{report} cannot be made ({error.strerror or error}); give another folder.") from error


def _tasks(plan: Plan, cells: Sequence[Cell], finished: Collection[int], report: Path) -> list[Task]:
    """Return what is to be done: each case is drawn, by its number, then each cell run, by its number after these.

    Cases are drawn in processes too: rendering loads torch, which this one can do without.
    """
    drawings = [Task(n, partial(draw_case, case, report, plan.groups), 0) for n, case in enumerate(plan.cases)]
    fills = [
        Task(len(drawings) + number, partial(run_cell, cell, report), 0)
        for number, cell in enumerate(cells)
        if number not in finished
    ]
    return drawings + fills


def _drawn(case: Case, outcome: WorkOutcome) -> dict[str, Any]:
    if outcome.why is not None:
        raise OutputError(f"{case.path} cannot be drawn: {outcome.why}")
    return dict(outcome.value)


def _result(cell: Cell, outcome: WorkOutcome) -> dict[str, Any]:
    if outcome.why is None:
        return dict(outcome.value)
    return result_of(cell, "failed", outcome.why)


def _results(plan: Plan, cases: list[dict[str, Any]], found: list[dict[str, Any]], report: Path) -> dict[str, Any]:
    results = add_ranks(found)
    ranked = [column for column in RANKING if any(column.name in result["metrics"] for result in results)]
    names = {name for result in results for name in result["metrics"]} - {column.name for column in RANKING}
    columns: list[Column | Metric] = [*ranked, *describe(names)]
    at_a_time = count_at_a_time([result["place"] for result in results])
    return {
        "about": describe_plan(plan),
        "settings": {
            "methods": {name: settings_of(name) for name in plan.methods},
            "titles": {name: find(name).title for name in plan.methods},
            "seeds": list(range(plan.seeds)),
            "groups": list(plan.groups),
            "tileable": plan.tileable,
        },
        "metrics": [{"name": m.name, "title": m.title, "better": m.better} for m in columns],
        "cases": cases,
        "cells": [{**result, "at_a_time": most} for result, most in zip(results, at_a_time, strict=True)],
        "sets": measure_sets(report, cases, results),
    }


def describe_plan(plan: Plan) -> dict[str, Any]:
    """Return what the figures were measured with."""
    return {
        "command": plan.command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": package_version(),
        "device": plan.device,
        "cpu": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name)) is not None},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def write(report: Path, found: dict[str, Any]) -> None:
    """Write results.json and results.csv together.

    Raises:
        OutputError: they cannot be written.
    """
    json_text = json.dumps(found, indent=1, allow_nan=False) + "\n"
    write_texts(report, {"results.json": json_text, "results.csv": as_csv(found)})


def as_csv(found: dict[str, Any]) -> str:
    """Return a row a cell; cells without a figure are empty."""
    cases = {case["id"]: case for case in found["cases"]}
    names = [metric["name"] for metric in found["metrics"]]
    plain = ["case", "method", "seed", "status", "why", "seconds", "peak_mb", "energy"]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["material", "mask", *plain, "cores", "at_a_time", *names])
    for cell in found["cells"]:
        case = cases[cell["case"]]
        figures: Sequence[Any] = [cell["metrics"].get(name) for name in names]
        timing = (cell["place"] or {}).get("cores"), cell["at_a_time"]
        table.writerow([case["material"], case["mask"], *(cell[key] for key in plain), *timing, *figures])
    return out.getvalue()
