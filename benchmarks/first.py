"""Benchmark of a first use: seconds from the start of a program to what it shows first, and to the fill."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import ROOT, keep
from svbrdf_core.example import write_example

SIZE, HOLE = 512, 128
SHOWN = 256
"""Side of what is drawn, as the service draws it: the hole with half of its size round it."""


def measure(runs: int) -> list[dict[str, Any]]:
    """Fill an example from files in programs of their own: with no kernel compiled before, and with all; medians."""
    with tempfile.TemporaryDirectory() as home:
        write_example(Path(home), "bricks", SIZE)
        _fill_in_program(Path(home), Path(home) / "warm")
        found: dict[str, list[dict[str, float]]] = {"nothing compiled": [], "all compiled": []}
        for number in range(runs):
            found["nothing compiled"].append(_fill_in_program(Path(home), Path(home) / f"cold-{number}"))
            found["all compiled"].append(_fill_in_program(Path(home), Path(home) / "warm"))
    return [
        {"kernels": name, **{key: statistics.median(one[key] for one in several) for key in several[0]}}
        for name, several in found.items()
    ]


def _fill_in_program(home: Path, compiled: Path) -> dict[str, float]:
    """Fill in a process with a folder of compiled kernels."""
    command = [sys.executable, "-m", "benchmarks", "first-of", str(home), str(time.time())]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(compiled)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure_program(home: Path, began: float) -> dict[str, float]:
    """Fill the example in this process; return the seconds since a time until it is shown something, and the fill."""
    import svbrdf_core as sv

    seen: list[float] = []

    def look(progress: sv.Progress) -> None:
        if progress.preview is None or seen:
            return
        shown = progress.preview()
        corner = (SIZE - SHOWN) // 2
        sv.write_png(
            home / "preview.png", sv.crop_picture(shown, shown.shown_map, (corner, corner, SHOWN, SHOWN), SHOWN)
        )
        seen.append(time.time() - began)

    material = sv.Material.load(home / "damaged")
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[(SIZE - HOLE) // 2 : (SIZE + HOLE) // 2, (SIZE - HOLE) // 2 : (SIZE + HOLE) // 2] = 1
    sv.inpaint(material, mask, device="cpu", run=sv.Run(on_progress=look))
    return {"shown": seen[0], "filled": time.time() - began}


def table(rows: list[dict[str, Any]]) -> str:
    """Return rows as Markdown."""
    lines = ["| kernels | seconds to the first preview | to the fill |", "| --- | --- | --- |"]
    lines += [f"| {row['kernels']} | {row['shown']:.1f} | {row['filled']:.1f} |" for row in rows]
    return "\n".join(lines)


def run(runs: int) -> None:
    """Measure, print and keep."""
    rows = measure(runs)
    print(table(rows))
    keep("first", f"python -m benchmarks first --runs {runs}", {"rows": rows})
