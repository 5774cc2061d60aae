"""Benchmark of fillers that a library teaches: trained on half the materials, judged on cases of the other half."""

from __future__ import annotations

import csv
import shlex
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, keep, load_case
from benchmarks.diffusion import empty_cache
from svbrdf_core.cli.settings import settings_data
from svbrdf_core.codec import InputFile, decode, setting_from_text
from svbrdf_core.errors import InputError
from svbrdf_core.inpainting.training import make_filler_task
from svbrdf_core.learned import TASKS, FillerSettings
from svbrdf_core.learned.layers import to_wavelets
from svbrdf_core.learned.model_file import FillerModel
from svbrdf_core.learned.training import FillerModules, FillerTask
from svbrdf_core.learning.training import TrainingPlan, train
from svbrdf_core.methods import find, settings_of
from svbrdf_core.metrics import measure as measured
from svbrdf_core.run import Progress, Run

FIGURES = ("two_sample", "wasserstein", "sharpness", "coherence", "seam", "stlpips/render")
CURVE = 12
"""Points of the curve of losses."""
HELD_OUT = 32
"""Crops of materials that are not trained on."""
THICKNESS = 128.0


def list_free(shared: Path) -> list[str]:
    """Return the names of the materials that are in the public domain."""
    with (shared / "materials" / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        return sorted(row["name"] for row in csv.DictReader(file) if row["licence"].startswith("CC0"))


def measure(
    shared: Path,
    tasks: Sequence[str],
    cases: Sequence[str],
    options: Sequence[str],
    seconds: float | None,
    *,
    renders: bool,
) -> dict[str, Any]:
    """Train each task on one half of the free materials, and fill cases of the other.

    Args:
        shared: folder with materials and cases.
        tasks: of `TASKS`, with settings of their own behind them, ``TASK NAME=VALUE …``.
        cases: names; those of the materials that are not trained on are filled.
        options: settings of all tasks, ``NAME=VALUE``.
        seconds: of each training; None takes the steps of its settings.
        renders: whether ST-LPIPS is measured, which is slow.

    Raises:
        InputError: there is no such task or setting.
    """
    settings = {task: settings_for(task, options) for task in tasks}  # all of them, before hours of training
    free = list_free(shared)
    taught, held = free[::2], free[1::2]
    wanted = [case for case in cases or _all_cases(shared) if case.rsplit("_", 1)[0] in held]
    rows, curves = [], {}
    with tempfile.TemporaryDirectory() as home:
        models = {}
        for task in tasks:
            models[task] = Path(home) / f"{task.replace(' ', '-')}.safetensors"
            data, curves[task] = teach(shared, settings[task], taught, held, seconds)
            models[task].write_bytes(data)
        for case in wanted:
            for row in _fill_all(shared, case, models, renders=renders):
                rows.append(row)
                print(_line(row), flush=True)
    return {
        "taught": taught,
        "held": held,
        "seconds": seconds,
        "options": list(options),
        "curves": curves,
        "rows": rows,
    }


def settings_for(task: str, options: Sequence[str]) -> FillerSettings:
    """Return the settings of a task with some changed, those behind its name last.

    Raises:
        InputError: there is no such task or setting.
    """
    name, *own = task.split() or [""]
    if name not in TASKS:
        raise InputError(f"There is no task {name!r}; choose from {', '.join(TASKS)}.")
    found = TASKS[name]
    for text in (*options, *own):
        changed = setting_from_text(FillerSettings, text)
        if "task" in changed:
            raise InputError("The task is the first word behind --task; leave task=… out.")
        found = replace(found, **{name: getattr(decode(FillerSettings, changed), name) for name in changed})
    return found


def teach(
    shared: Path, settings: FillerSettings, taught: Sequence[str], held: Sequence[str], seconds: float | None
) -> tuple[bytes, dict[str, Any]]:
    """Train; return the model, and errors of crops seen and not seen as the training goes on."""
    load = [[sv.Material.load(shared / "materials" / name, only=MAPS) for name in names] for names in (taught, held)]
    task, spec = make_filler_task(load[0], settings, thickness=THICKNESS, licence="CC0")
    other, _ = make_filler_task(load[1], settings, thickness=THICKNESS)
    unseen = other.init(spec, "cpu")
    points: list[dict[str, float]] = []

    def look(modules: FillerModules) -> None:
        taught_on, not_taught_on = look_at(task, modules, modules), look_at(other, modules, unseen)
        points.append({"step": modules.steps, "taught": taught_on["error"], "held_out": not_taught_on["error"]})
        points[-1] |= {name: not_taught_on[name] for name in ("detail", "diagonal")}

    def follow(progress: Progress) -> None:
        if progress.fraction * CURVE >= len(points) and progress.preview is not None:
            progress.preview()

    began, busy = time.perf_counter(), time.process_time()
    plan = TrainingPlan(settings.train_steps, settings.batch_size, seconds)
    modules = train(task, spec, plan, Run(on_progress=follow), preview=look)
    spent = {"seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - busy, "steps": modules.steps}
    data = task.export(modules)
    print(f"{settings.task}: {spent}, {len(data)} bytes, {points[-1]}", flush=True)
    return data, {**spent, "bytes": len(data), "points": points}


def look_at(task: FillerTask, modules: FillerModules, drawn_from: FillerModules) -> dict[str, float]:
    """Return figures of what a network makes of holes in crops that are always the same.

    The L1 error in standard deviations; ``detail``, the energy of the three finest Haar bands over that of the truth;
    ``diagonal``, that of the diagonal band alone, which checkerboards raise above the others.
    """
    fixed = replace(drawn_from, rng=np.random.default_rng(0), noise=torch.Generator(drawn_from.device).manual_seed(0))
    examples = task.draw(fixed, HELD_OUT)
    made = task.complete(replace(modules, noise=fixed.noise), examples)
    error = float(((made - examples.x0).abs() * examples.inside).sum() / examples.inside.sum())
    ours, theirs = (_energies(of * examples.inside) for of in (made, examples.x0))
    return {"error": error, "detail": sum(ours) / sum(theirs), "diagonal": ours[-1] / theirs[-1]}


def _energies(pictures: torch.Tensor) -> list[float]:
    """Return the energy of differences between columns, rows and diagonals."""
    return [float(band.square().sum()) for band in to_wavelets(pictures).chunk(4, 1)[1:]]


def _fill_all(shared: Path, case: str, models: dict[str, Path], *, renders: bool) -> list[dict[str, Any]]:
    material, mask = load_case(shared, case)
    groups = ("maps", "structure", "statistics", *(("perceptual",) if renders else ()))
    rows = []

    def fill(name: str, method: str, given: object = None) -> None:
        began = time.perf_counter()
        filled = sv.inpaint(material, mask, method=method, settings=given, seed=0, device="cpu")
        seconds = time.perf_counter() - began
        found = measured(filled.canvas.tensor(), material.tensor(), material.layout, mask > 0, groups=groups)
        error = float(np.mean([found[f"mse/{of}"] for of in MAPS if f"mse/{of}" in found]))
        figures = {figure: found.get(figure) for figure in FIGURES}
        rows.append({"case": case, "filler": name, "seconds": seconds, "error": error, "figures": figures})

    learned = find("learned")
    fill("membrane", "poisson")
    for task, path in models.items():
        drafted = FillerModel.from_bytes(path.read_bytes()).card.settings["start"] == "mosaic"
        for finish in ("network",) if drafted else ("network", "patches"):
            fill(f"{task}, {finish}", "learned", learned.settings(InputFile(path), finish=finish))
    fill("patch", "patch")
    with empty_cache():
        fill("diffusion", "diffusion", settings_of(find("diffusion"), settings_data("diffusion", preset="fast")))
    return rows


def _all_cases(shared: Path) -> list[str]:
    return sorted(path.stem for path in (shared / "cases").glob("*.png"))


def _line(row: dict[str, Any]) -> str:
    shown = "  ".join(f"{name} {_number(value)}" for name, value in row["figures"].items())
    return f"{row['case']:28s} {row['filler']:28s} {row['seconds']:6.1f} s  error {row['error']:.4f}  {shown}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def table(result: dict[str, Any]) -> str:
    """Return the means over the cases, and the curves, as Markdown."""
    heads = ("filler", "seconds", "error", *(name.replace("_", "-") for name in FIGURES))
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for name in dict.fromkeys(row["filler"] for row in result["rows"]):
        rows = [row for row in result["rows"] if row["filler"] == name]
        figures = [_mean([row["figures"][figure] for row in rows]) for figure in FIGURES]
        cells = (name, _mean([row["seconds"] for row in rows]), _mean([row["error"] for row in rows]), *figures)
        lines.append("| " + " | ".join(cells) + " |")
    heads = ("task", "step", "error of what is taught", "of what is held out", "its detail", "diagonals alone")
    lines += ["", "| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    for task, curve in result["curves"].items():
        for point in curve["points"]:
            shown = [f"{point[name]:.3f}" for name in ("taught", "held_out", "detail", "diagonal")]
            lines.append("| " + " | ".join((task, str(point["step"]), *shown)) + " |")
    return "\n".join(lines)


def _mean(values: Sequence[float | None]) -> str:
    there = [value for value in values if value is not None]
    return f"{np.mean(there):.3f}" if there else "-"


def run(
    shared: Path = SHARED,
    tasks: Sequence[str] = (),
    cases: Sequence[str] = (),
    options: Sequence[str] = (),
    seconds: float | None = None,
    *,
    renders: bool = False,
) -> None:
    """Measure, print and keep."""
    if not (shared / "materials" / "MANIFEST.csv").is_file():
        print(f"learned: skipped, there is no {shared / 'materials'} (give another folder with --shared)")
        return
    result = measure(shared, tasks or tuple(TASKS), cases, options, seconds, renders=renders)
    print("\n" + table(result))
    words = [f"--task {shlex.quote(task)}" for task in tasks] + [f"--case {case}" for case in cases]
    words += [f"--option {option}" for option in options] + (["--renders"] if renders else [])
    words += [f"--seconds {seconds:g}"] if seconds else []
    keep("learned", " ".join(["python -m benchmarks learned", *words]), result)
