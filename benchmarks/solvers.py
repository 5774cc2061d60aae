"""Benchmark of solvers: fills of the fixed cases by each of them, with the network that it needs and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import SHARED, keep, read_published_errors
from benchmarks.error import LEAST
from benchmarks.sheet import contact_sheet
from benchmarks.solver_cells import FIGURES, PATCH, ROWS, Trial, choose_cases
from svbrdf_core.cli.settings import settings_data
from svbrdf_core.diffusion.settings import DERIVING
from svbrdf_core.errors import InputError
from svbrdf_core.formats import write_png
from svbrdf_core.methods import find, settings_of

HEADS = ("two-sample excess", "ST-LPIPS", "coherence", "seam", "sharpness", "depth")


def measure(trial: Trial, cases: Sequence[str], rows: Sequence[str]) -> list[dict[str, Any]]:
    """Return the cells of all cases and rows, those that are kept and new ones."""
    reference, cells = read_published_errors(trial.shared), []
    for case in cases:
        theirs = {name: value for name, value in reference[case].items() if value > LEAST}
        for row in rows:
            cell = trial.find(case, row)
            errors = [cell["error"][name] / value for name, value in theirs.items()]
            cells.append({**cell, "ratio": float(np.mean(errors)) if errors else None})
            print(_line(cells[-1]), flush=True)
    return cells


def _line(cell: dict[str, Any]) -> str:
    shown = "  ".join(f"{name} {_number(value)}" for name, value in cell["figures"].items())
    return (
        f"{cell['case']:28s} {cell['row']:22s} {cell['passes']:4d} passes "
        f"{cell['seconds']:6.1f} s  {shown}  error {_number(cell['ratio'])}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def table(result: dict[str, Any]) -> str:
    """Return the means over the cases as Markdown."""
    heads = ("network", "solver", "passes", "seconds", *HEADS, "error")
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    groups: dict[str, list[dict[str, Any]]] = {}
    for cell in result["cells"]:
        groups.setdefault(cell["row"], []).append(cell)
    for row, cells in groups.items():
        network, _, solver = row.partition("/")
        named = ("none", "`patch`") if row == PATCH else (network.replace("-", " "), f"`{solver}`")
        seconds = f"{np.mean([cell['seconds'] for cell in cells]):.1f}"
        figures = [_mean([cell["figures"][name] for cell in cells]) for name in (*FIGURES, "depth")]
        gradient = " with gradient" if solver in DERIVING else ""
        given = (*named, f"{cells[0]['passes']}{gradient}", seconds, *figures)
        lines.append("| " + " | ".join((*given, _mean([cell["ratio"] for cell in cells]))) + " |")
    count = len({cell["case"] for cell in result["cells"]})
    options = "".join(f", {option}" for option in result["options"])
    lines.append(
        f"\n{count} cases, preset {result['preset']}{options}, means. Seconds are those of the process for a fill with "
        "a trained network; errors are over those of the published patch code."
    )
    return "\n".join(lines)


def _mean(values: Sequence[float | None]) -> str:
    there = [value for value in values if value is not None]
    return f"{np.mean(there):.3f}" if there else "-"


def read_settings(preset: str, options: Sequence[str]) -> sv.DiffusionSettings:
    """Return the settings of a preset and options, ``NAME=VALUE``.

    Raises:
        InputError: they are none of the diffusion.
    """
    found = settings_of(find("diffusion"), settings_data("diffusion", preset=preset, options=options))
    assert isinstance(found, sv.DiffusionSettings)
    return found


def choose_rows(wanted: str, library: Path | None) -> list[str]:
    """Return the rows of names with commas between; if there are none, all that there is a network for.

    Raises:
        InputError: there is no such row.
    """
    if wanted:
        unknown = [name for name in wanted.split(",") if name not in ROWS]
        if unknown:
            raise InputError(f"There is no row {unknown[0]}; choose from: {', '.join(ROWS)}.")
        return wanted.split(",")
    there = {"library": library is not None, "map-by-map": library is not None and library.is_dir()}
    return [row for row in ROWS if there.get(row.partition("/")[0], True)]


def run(
    shared: Path = SHARED,
    cases: Sequence[str] = (),
    some: str = "all",
    rows: str = "",
    preset: str = "fast",
    library: Path | None = None,
    options: Sequence[str] = (),
    sheet: Path | None = None,
    *,
    renders: bool = False,
) -> None:
    """Measure what is not kept yet, print and keep.

    Args:
        shared: folder with materials and cases.
        cases: names; if there are none, ``some`` says how many.
        some: ``all``, or a number of cases.
        rows: see `choose_rows`.
        preset: of the diffusion.
        library: see `Trial`.
        options: settings of the diffusion, ``NAME=VALUE``.
        sheet: takes a picture, a line for each cell: truth and fill of every map.
        renders: whether ST-LPIPS and depth are measured, which is slow.

    Raises:
        InputError: the options are no settings of the diffusion, or there is no such case, row or prior.
    """
    if not (shared / "cases" / "reference.csv").is_file():
        print(f"solvers: skipped, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    trial = Trial(shared, read_settings(preset, options), library, renders)
    wanted = list(cases) or choose_cases(sorted(read_published_errors(shared)), some)
    chosen = choose_rows(rows, library)
    cells = measure(trial, wanted, chosen)
    result = {"preset": preset, "options": list(options), "cells": cells}
    print("\n" + table(result))
    if sheet is not None:
        write_png(sheet, contact_sheet([trial.strip(case, row) for case in wanted for row in chosen]))
    command = [
        f"python -m benchmarks solvers --preset {preset}",
        *(f"--case {case}" for case in cases),
        *([] if cases or some == "all" else [f"--cases {some}"]),
        *([f"--methods {rows}"] if rows else []),
        *(f"--option {option}" for option in options),
        *(["--library LIBRARY"] if library is not None else []),
        *(["--renders"] if renders else []),
    ]
    keep("solvers", " ".join(command), result)
