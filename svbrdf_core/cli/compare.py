"""``svbrdf compare``: methods against each other over materials and holes, as figures and as a report to look at."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svbrdf_core.cli.executors import RUNNING, LimitOption, RayOption, choose_executor
from svbrdf_core.cli.options import Device, JsonOption, OnlyOption, QuietOption, names
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import InputError

if TYPE_CHECKING:
    from svbrdf_core.compare import FinishedCell, Plan
    from svbrdf_core.runs.executors import Executor


class Table(StrEnum):
    """What is printed at the end."""

    summary = "summary"
    iii = "iii"


Materials = Annotated[
    list[Path],
    typer.Argument(metavar="MATERIALS…", help="Folders of maps, or folders of such folders.", show_default=False),
]
Methods = Annotated[str, typer.Option(metavar="NAME,…", help="Methods to compare; docs/methods.md lists them.")]
Masks = Annotated[
    list[str] | None,
    typer.Option(
        "--masks",
        metavar="HOLE,…",
        help="square, half, strips, smile, brush, expand, or a mask file whose path may hold {material}; or one "
        "description as --mask of inpaint takes it. May be repeated.  [default: square,brush]",
    ),
]
Removal = Annotated[
    bool,
    typer.Option(
        "--removal",
        help="What --masks cover is to be removed, an object or damage: no truth is there, and methods are ranked.",
    ),
]
Seeds = Annotated[int, typer.Option(min=1, metavar="N", help="Fills of each hole by methods that are random.")]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--groups",
        metavar="GROUP,…",
        help="Metrics: maps, structure, statistics, sets, render, perceptual.  [default: all]",
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="REPORT", help="The report's folder; a run goes on in it.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", min=1, metavar="N", rich_help_panel=RUNNING,
        help="Fills at a time; seconds compare with 1 only.  [default: 1; all processors of --ray local]",
    ),
]  # fmt: skip


def compare(
    context: typer.Context,
    materials: Materials,
    out: Out,
    methods: Methods = "patch,patch-per-map,poisson",
    masks: Masks = None,
    removal: Removal = False,
    seeds: Seeds = 1,
    groups: Groups = None,
    only: OnlyOption = None,
    tileable: Annotated[bool, typer.Option("--tileable", help="The materials' edges meet.")] = False,
    device: Annotated[Device, typer.Option(help="What to compute on.")] = Device.auto,
    jobs: Jobs = None,
    ray: RayOption = None,
    time_limit: LimitOption = None,
    table: Annotated[Table, typer.Option(help="What to print: the summary, or the paper's Table III.")] = Table.summary,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> Outcome:
    """Fill holes in materials by several methods, measure the fills against what was there, and write a report.

    REPORT/index.html is to be looked at; results.csv and results.json hold every figure.

    Cells that are finished are not run again: stop with Ctrl-C, go on with the same command. A method that fails on a
    case does not stop the others; the report says why.
    """
    from svbrdf_core.compare import Plan, check, find_cases
    from svbrdf_core.metrics.groups import usable_groups

    session: Session = context.obj
    if removal and not masks:
        raise InputError("--removal needs --masks: the mask of what is to be removed, or a path with {material} in it.")
    found, notes = usable_groups(names(groups) or None)
    plan = Plan(
        cases=tuple(find_cases(materials, _masks(masks), names(only) or None, truth=not removal)),
        methods=tuple(dict.fromkeys(names([methods]))),
        seeds=seeds,
        groups=found,
        tileable=tileable,
        device=device.value,
        command="svbrdf " + " ".join(sys.argv[1:]),
    )
    executor = choose_executor(jobs or 1, ray, jobs, time_limit)
    check(plan)
    session.tell(notes, quiet=quiet)
    return _outcome(_run(plan, out, executor, session, quiet=quiet), out, table, quiet=quiet)


def _masks(texts: list[str] | None) -> list[str]:
    """Return the masks: a description with a colon holds commas of its own, all else is a list."""
    found = [part for text in texts or ["square,brush"] for part in ([text] if ":" in text else names([text]))]
    return list(dict.fromkeys(found))


def _run(plan: Plan, out: Path, executor: Executor, session: Session, *, quiet: bool) -> dict[str, Any]:
    """Run the plan and write the report, with progress.

    Raises:
        Cancelled: Ctrl-C was pressed; what is finished stays.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from svbrdf_core.compare import run, write_report
    from svbrdf_core.errors import Cancelled

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    shown = Progress(*columns, console=session.console, transient=True, disable=quiet)
    done = 0

    def step(at: FinishedCell) -> None:
        nonlocal done
        done = at.done
        shown.update(task, completed=at.done, description=f"{at.result['case']} {at.result['method']}")
        if at.result["status"] == "failed":
            session.tell([f"{at.result['case']}, {at.result['method']}: {at.result['why']}"], quiet=quiet)

    total = len(plan.cells())
    try:
        with shown:
            task = shown.add_task("starting", total=total)
            found = run(plan, out, executor, step)
            write_report(out)
    except KeyboardInterrupt:
        raise Cancelled(
            f"Stopped; {done} of {total} cells are finished and kept. Run the same command again to go on."
        ) from None
    return found


def _outcome(found: dict[str, Any], out: Path, table: Table, *, quiet: bool) -> Outcome:
    from svbrdf_core.compare import read_results
    from svbrdf_core.compare.tables import headlines, of_sets, summary, table_iii

    results = read_results(out)
    failed = [cell for cell in found["cells"] if cell["status"] == "failed"]
    data: dict[str, Json] = {
        "report": str(out / "index.html"),
        "results": str(out / "results.json"),
        "cells": len(found["cells"]),
        "failed": [{key: cell[key] for key in ("case", "method", "seed", "why")} for cell in failed],
    }
    shown = table_iii(results) if table is Table.iii else summary(results, headlines(results))
    sets = of_sets(results) if table is Table.summary else ""
    text = [
        shown,
        *([sets] if sets else []),
        f"Look at {out / 'index.html'}; every figure is in {out / 'results.csv'}.",
    ]
    if failed:
        text.append(f"{len(failed)} of {len(found['cells'])} cells failed; the report says why.")
    return Outcome(data, () if quiet else tuple(text))
