"""Benchmark of solvers: fills of the fixed cases by each of them, with the network that it needs and what it costs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, keep, load_case, read_published_errors
from benchmarks.diffusion import empty_cache
from benchmarks.error import LEAST
from svbrdf_core.cli.settings import settings_data
from svbrdf_core.codec import InputFile
from svbrdf_core.diffusion.posterior.times import count_passes, make_times
from svbrdf_core.diffusion.settings import CONDITIONAL, DERIVING, SolverName
from svbrdf_core.methods import find, settings_of
from svbrdf_core.metrics import measure as measured

FIGURES = ("two_sample", "stlpips/render", "coherence", "seam")
SOLVERS: tuple[SolverName, ...] = get_args(SolverName)
PRIORS = tuple(name for name in SOLVERS if name not in CONDITIONAL)


def measure(
    shared: Path, cases: Sequence[str], preset: str, library: Path | None, options: Sequence[str], *, renders: bool
) -> dict[str, Any]:
    """Fill every case by every solver, and by patches.

    Args:
        shared: folder with materials and cases.
        cases: names; all if there are none.
        preset: of the diffusion.
        library: a prior of other materials, which solvers take besides the one of the very material.
        options: settings of the diffusion, ``NAME=VALUE``.
        renders: whether ST-LPIPS is measured, which is slow.
    """
    reference = read_published_errors(shared)
    rows = []
    for case in cases or sorted(reference):
        for row in _case(shared, case, _settings(preset, options), library, renders=renders):
            theirs = {name: value for name, value in reference[case].items() if value > LEAST}
            errors = [row["error"][name] / value for name, value in theirs.items()]
            rows.append({**row, "ratio": float(np.mean(errors)) if errors else None})
            print(_line(rows[-1]), flush=True)
    return {"preset": preset, "options": list(options), "library": library is not None, "rows": rows}


def _settings(preset: str, options: Sequence[str]) -> sv.DiffusionSettings:
    found = settings_of(find("diffusion"), settings_data("diffusion", preset=preset, options=options))
    assert isinstance(found, sv.DiffusionSettings)
    return found


def _case(
    shared: Path, case: str, settings: sv.DiffusionSettings, library: Path | None, *, renders: bool
) -> Iterator[dict[str, Any]]:
    material, mask = load_case(shared, case)
    groups = ("maps", "structure", "statistics", *(("perceptual",) if renders else ()))

    def fill(network: str, solver: str, method: str, given: object, passes: int) -> dict[str, Any]:
        began = time.process_time()
        filled = sv.inpaint(material, mask, method=method, settings=given, seed=0, device="cpu")
        seconds = time.process_time() - began
        found = measured(filled.canvas.tensor(), material.tensor(), material.layout, mask > 0, groups=groups)
        return {
            "case": case,
            "network": network,
            "solver": solver,
            "passes": passes,
            "seconds": seconds,
            "figures": {name: found.get(name) for name in FIGURES},
            "error": {name: found[f"mse/{name}"] for name in MAPS},
        }

    sv.inpaint(material, mask, device="cpu")  # loads what is compiled
    yield fill("none", "patch", "patch", None, 0)
    with empty_cache():
        for network, solvers, file in _networks(library):
            given = replace(settings, model=None if file is None else InputFile(file))
            first = replace(given, sampler=replace(given.sampler, solver=solvers[0]))
            sv.inpaint(material, mask, method="diffusion", settings=first, device="cpu")  # trains, for all of them
            for solver in solvers:
                sampler = replace(given.sampler, solver=solver)
                passes = count_passes(make_times(sampler, given.sampling_steps))
                yield fill(network, solver, "diffusion", replace(given, sampler=sampler), passes)


def _networks(library: Path | None) -> Iterator[tuple[str, tuple[SolverName, ...], Path | None]]:
    yield "conditional", tuple(name for name in SOLVERS if name in CONDITIONAL), None
    yield "prior", PRIORS, None
    if library is not None:
        yield "library", PRIORS, library


def _line(row: dict[str, Any]) -> str:
    shown = "  ".join(f"{name} {_number(value)}" for name, value in row["figures"].items())
    return (
        f"{row['case']:28s} {row['network']:12s} {row['solver']:10s} {row['passes']:4d} passes "
        f"{row['seconds']:6.1f} s  {shown}  error {_number(row['ratio'])}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def table(result: dict[str, Any]) -> str:
    """Return the means over the cases as Markdown."""
    heads = ("network", "solver", "passes", "seconds", "two-sample excess", "ST-LPIPS", "coherence", "seam", "error")
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in result["rows"]:
        groups.setdefault((row["network"], row["solver"]), []).append(row)
    for (network, solver), rows in groups.items():
        seconds = f"{np.mean([row['seconds'] for row in rows]):.1f}"
        figures = [_mean([row["figures"][name] for row in rows]) for name in FIGURES]
        gradient = " with gradient" if solver in DERIVING else ""
        cells = (network, f"`{solver}`", f"{rows[0]['passes']}{gradient}", seconds, *figures)
        lines.append("| " + " | ".join((*cells, _mean([row["ratio"] for row in rows]))) + " |")
    count = len({row["case"] for row in result["rows"]})
    lines.append(
        f"\n{count} cases, preset {result['preset']}, means. Seconds are those of the process for a fill with a "
        "trained network; errors are over those of the published patch code."
    )
    return "\n".join(lines)


def _mean(values: Sequence[float | None]) -> str:
    there = [value for value in values if value is not None]
    return f"{np.mean(there):.3f}" if there else "-"


def run(
    shared: Path = SHARED,
    cases: Sequence[str] = (),
    preset: str = "fast",
    library: Path | None = None,
    options: Sequence[str] = (),
    *,
    renders: bool = False,
) -> None:
    """Measure, print and keep.

    Raises:
        InputError: the options are no settings of the diffusion, or the library is not a prior of these maps.
    """
    if not (shared / "cases" / "reference.csv").is_file():
        print(f"solvers: skipped, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    result = measure(shared, cases, preset, library, options, renders=renders)
    print("\n" + table(result))
    command = [
        f"python -m benchmarks solvers --preset {preset}",
        *(f"--case {case}" for case in cases),
        *(f"--option {option}" for option in options),
        *(["--library MODEL"] if library is not None else []),
        *(["--renders"] if renders else []),
    ]
    keep("solvers", " ".join(command), result)
