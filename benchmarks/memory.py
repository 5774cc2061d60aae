"""Benchmark of the memory that a job is thought to need, against the most it held, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import svbrdf_core as sv
from benchmarks import size
from benchmarks.common import keep
from svbrdf_core.compare.machine import peak_mb
from svbrdf_core.errors import InputError

SIDES = {512: 64, 1024: 200, 2048: 410}
"""Sides of the set, and of a square hole in it."""
SHORT = {"cache": False, "train_steps": 2, "sampling_steps": 2}
"""Memory does not follow the number of steps."""
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "poisson": ("poisson", {}),
    "patch": ("patch", {}),
    "diffusion": ("diffusion", SHORT),
    "diffusion, as quality": ("diffusion", {**SHORT, "batch_size": 16, "crop_size": 96, "width": 64}),
    "diffusion, as paper": (
        "diffusion", {**SHORT, "recipe": "published", "batch_size": 16, "crop_size": 256, "coarse_hole": 0},
    ),
}  # fmt: skip


def measure_case(folder: Path, case: str) -> dict[str, float]:
    """Check and repair in this process; return the bytes that were thought to be needed, and those held, in MB."""
    method, settings = CASES[case]
    material = sv.load_material(sv.LoadOptions(folder))
    at, hole = material.height // 4, SIDES[material.height]
    with tempfile.TemporaryDirectory() as home:
        request = sv.InpaintRequest(
            source=sv.LoadOptions(folder),
            hole=sv.HoleSpec((sv.MaskShape(f"rect:{at},{at},{hole},{hole}"),)),
            method=sv.MethodChoice(name=method, settings=settings, device="cpu"),
            output=sv.OutputSpec(Path(home) / "out"),
        )
        thought = sv.check(request).memory / 1e6
        sv.repair(request)
    return {"thought": thought, "held": peak_mb()}


def run(cases: list[str]) -> None:
    """Measure, print and keep.

    Raises:
        InputError: there is no such case.
    """
    if not set(cases) <= set(CASES):
        raise InputError(f"--case of memory is one of {', '.join(CASES)}.")
    rows = []
    print("| case | side | hole | thought, MB | held, MB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as home:
        for side in SIDES:
            size.write(Path(home) / str(side), side)
        for case in cases or list(CASES):
            for side, hole in SIDES.items():
                command = [sys.executable, "-m", "benchmarks", "memory-of", str(Path(home) / str(side)), case]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                rows.append({"case": case, "side": side, "hole": hole, **json.loads(done.stdout)})
                print("| {case} | {side} | {hole} | {thought:.0f} | {held:.0f} |".format(**rows[-1]), flush=True)
    keep("memory", "python -m benchmarks memory" + "".join(f" --case '{case}'" for case in cases), {"cases": rows})
