"""Benchmark of holes that are larger than a window: memory by the size of the hole, and seams where windows meet."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import MAPS, keep
from benchmarks.diffusion import empty_cache
from svbrdf_core.compare.machine import peak_mb
from svbrdf_core.diffusion.filling import fill_picture
from svbrdf_core.diffusion.model_file import Model, build
from svbrdf_core.diffusion.recipe import find_recipe
from svbrdf_core.diffusion.settings import SamplerSettings
from svbrdf_core.diffusion.shifting import TRIM, list_windows
from svbrdf_core.example import make_example
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.metrics.window_seams import window_seams
from svbrdf_core.run import Run

MARGIN = 64
"""Known pixels around the hole of the memory's picture."""
LARGEST = 4096
CHANNELS = 3
WIDTH, STEPS = 8, 2
"""Of the network whose memory is measured; weights at random."""
HOLES: dict[str, tuple[int, ...]] = {"tiles": (256, 1024, 2048), "shift": (256, 1024, 2048, 4096)}
SIDE, HOLE = 512, 256
"""Of the example that seams are measured in."""
WAYS: dict[str, dict[str, Any]] = {
    "tiles": {},
    "tiles, hierarchy": {"hierarchy": True},
    "shift": {"windows": "shift"},
    "shift, hierarchy": {"windows": "shift", "hierarchy": True},
}


def measure_memory(way: str, hole: int) -> dict[str, float]:
    """Fill a hole of a large picture in this process; return the MB that it held at the most besides the picture."""
    sampler = SamplerSettings(windows="shift" if way == "shift" else "tiles")
    settings = sv.DiffusionSettings(width=WIDTH, sampler=sampler)
    spec = find_recipe(settings).spec(tuple(f"diffuse.{number}" for number in range(CHANNELS)), WIDTH, 1)
    model = Model(spec, build(spec).eval().requires_grad_(False))
    known = np.ones((LARGEST + 2 * MARGIN,) * 2, np.bool_)
    known[MARGIN : MARGIN + hole, MARGIN : MARGIN + hole] = False
    values = np.random.default_rng(0).standard_normal((CHANNELS, *known.shape), np.float32)
    small = np.s_[: 4 * MARGIN, : 4 * MARGIN]
    fill_picture(model, MaskedPicture(values[:, *small].copy(), known[small]), 1, Run())  # loads what is needed
    before, began = peak_mb(), time.process_time()
    fill_picture(model, MaskedPicture(values, known), STEPS, Run(), sampler)
    return {"mb": peak_mb() - before, "seconds": time.process_time() - began}


def measure_seams() -> list[dict[str, Any]]:
    """Fill the example each way; return its seams at the borders of windows, and what it cost."""
    clean = make_example("bricks", SIDE, 0).clean
    material = sv.Material.from_arrays("bricks", {name: clean[name] for name in MAPS if name in clean})
    mask = np.zeros((SIDE, SIDE), np.float32)
    inside = slice((SIDE - HOLE) // 2, (SIDE + HOLE) // 2)
    mask[inside, inside] = 1
    hole, truth = mask > 0, material.tensor()
    side = SamplerSettings().window
    shifts = list_windows(MaskedPicture(truth, ~hole), side)
    borders = [
        sorted({int(positions[-1]) + 1 - TRIM for positions in found})[:-1]
        for found in ([shift.window.rows for shift in shifts], [shift.window.columns for shift in shifts])
    ]
    usual = window_seams(truth, material.layout, hole, *borders)
    rows: list[dict[str, Any]] = [{"way": "the truth", "seams": usual, "seconds": None}]
    for way, sampler in WAYS.items():
        settings = sv.DiffusionSettings(coarse_hole=0, sampler=SamplerSettings(**sampler))
        sv.inpaint(material, mask, method="diffusion", settings=settings, device="cpu")  # trains
        began = time.process_time()
        filled = sv.inpaint(material, mask, method="diffusion", settings=settings, device="cpu")
        seconds = time.process_time() - began
        found = window_seams(filled.canvas.tensor(), material.layout, hole, *borders)
        rows.append({"way": way, "seams": found, "seconds": seconds})
    return rows


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    lines = ["| windows | hole | MB besides the picture | seconds |", "| --- | --- | --- | --- |"]
    lines += ["| {way} | {hole} | {mb:.0f} | {seconds:.0f} |".format(**row) for row in result["memory"]]
    names = [name for name in result["seams"][0]["seams"] if "/" in name]
    heads = [name.partition("/")[2] for name in names]
    lines += ["", f"| windows | {' | '.join(heads)} | seconds |", "| --- " * (len(heads) + 2) + "|"]
    for row in result["seams"]:
        cells = [f"{row['seams'][name]:.2f}" if name in row["seams"] else "-" for name in names]
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.0f}"
        lines.append(f"| {row['way']} | {' | '.join(cells)} | {seconds} |")
    return "\n".join(lines)


def run() -> None:
    """Measure, print and keep."""
    memory = []
    for way, holes in HOLES.items():
        for hole in holes:
            command = [sys.executable, "-m", "benchmarks", "windows-of", way, str(hole)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            memory.append({"way": way, "hole": hole, **json.loads(done.stdout)})
            print(memory[-1], flush=True)
    with empty_cache():
        result = {"memory": memory, "seams": measure_seams()}
    print("\n" + table(result))
    keep("windows", "python -m benchmarks windows", result)
