"""Benchmark of size: time and memory of the same hole's fill in files 1024 and 8192 pixels wide."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import keep
from benchmarks.speed import example
from svbrdf_core.compare.machine import peak_mb
from svbrdf_core.example import make_example

HOLE = 256
RUNS = 3
TILE = 1024


def write(folder: Path, side: int) -> None:
    """Write the example bricks repeated to ``side`` pixels, 10 channels in 6 PNG files."""
    clean = make_example("bricks", min(side, TILE), 0).clean
    times = side // min(side, TILE)
    tiled = {name: np.tile(values, (times, times) + (1,) * (values.ndim - 2)) for name, values in clean.items()}
    sv.Material.from_arrays("bricks", tiled).save(folder)


def measure_folder(folder: Path) -> dict[str, float]:
    """Load, fill and save in this process; return seconds and the peak memory in GB."""
    warm, hole = example(128)
    sv.inpaint(warm, hole, device="cpu")  # loads the compiled kernels, which is no matter of size
    started = time.perf_counter()
    material = sv.Material.load(folder)
    middle = slice(material.height // 2 - HOLE // 2, material.height // 2 + HOLE // 2)
    mask = np.zeros((material.height, material.width), np.float32)
    mask[middle, middle] = 1
    loaded = time.perf_counter()
    fill = sv.inpaint(material, mask, device="cpu")
    filled = time.perf_counter()
    fill.canvas.save(folder.with_name(folder.name + "-out"))
    saved = time.perf_counter()
    cached = []
    for _ in range(RUNS):
        again = time.perf_counter()
        sv.inpaint(material, mask, device="cpu")
        cached.append(time.perf_counter() - again)
    return {
        "load": loaded - started,
        "first fill, reading included": filled - loaded,
        "save": saved - filled,
        "end to end": saved - started,
        "fill": statistics.median(cached),
        "peak_gb": peak_mb() / 1000,
    }


def measure(sides: tuple[int, int] = (1024, 8192)) -> dict[str, Any]:
    """Run each size in a process of its own."""
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for side in sides:
            path = Path(folder) / str(side)
            write(path, side)
            command = [sys.executable, "-m", "benchmarks", "size-of", str(path)]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            rows[str(side)] = json.loads(run.stdout)
    small, large = (rows[str(side)] for side in sides)
    return {"hole": HOLE, "sides": rows, "ratio": large["fill"] / small["fill"]}


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    keys = list(next(iter(result["sides"].values())))
    lines = ["| side | " + " | ".join(f"{key}, s" if key != "peak_gb" else "peak memory, GB" for key in keys) + " |"]
    lines.append("| --- |" + " --- |" * len(keys))
    for side, row in result["sides"].items():
        lines.append(f"| {side} | " + " | ".join(f"{row[key]:.2f}" for key in keys) + " |")
    lines.append(
        f"\nThe fill of the same hole in the larger set takes {result['ratio']:.2f} x the time; "
        "`fill` is without reading, for the files are decoded already."
    )
    return "\n".join(lines)


def run(largest: int = 8192) -> None:
    """Measure, print and keep."""
    result = measure((1024, largest))
    print(table(result))
    keep("size", f"python -m benchmarks size --largest {largest}", result)
