"""Benchmark of large holes: seconds, cores and memory of our fill and of G'MIC, and a whole repair by the service."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import keep
from benchmarks.size import write
from benchmarks.speed import example
from svbrdf_core.compare.machine import peak_mb
from svbrdf_core.example import write_example
from svbrdf_core.methods import find

HOLES = ((512, 128), (2048, 256), (2048, 410), (2048, 820), (4096, 820))
"""Sides of sets of 10 channels, and of square holes in them."""
PEER = "gmic"
COMPARED = (410, 820)
"""Holes that the peer fills too, in the set of 2048 pixels."""
SERVED = (4096, 820)


def measure_hole(folder: Path, hole: int, runs: int) -> dict[str, float]:
    """Fill a hole of a set in this process, warm, and by the peer in turn; return the medians.

    Seconds do not count reading. ``cores`` is processor time over time.
    """
    warm, mask = example(256)
    sv.inpaint(warm, mask, device="cpu")  # loads the compiled kernels
    material = sv.Material.load(folder)
    mask = np.zeros((material.height, material.width), np.float32)
    inside = slice((material.height - hole) // 2, (material.height + hole) // 2)
    mask[inside, inside] = 1
    material.tensor()
    ours: list[tuple[float, float]] = []
    theirs: list[float] = []
    compares = material.height == 2048 and hole in COMPARED and find(PEER).missing() is None
    for _ in range(runs):
        started, worked = time.perf_counter(), time.process_time()
        sv.inpaint(material, mask, device="cpu")
        ours.append((time.perf_counter() - started, time.process_time() - worked))
        if compares:
            started = time.perf_counter()
            sv.inpaint(material, mask, method=PEER, device="cpu")
            theirs.append(time.perf_counter() - started)
    seconds, worked = (float(value) for value in np.median(ours, 0))
    row = {"seconds": seconds, "cores": worked / seconds, "peak_gb": peak_mb() / 1000}
    if theirs:
        row |= {"peer": float(np.median(theirs)), "ratio": float(np.median(np.array(theirs) / [t for t, _ in ours]))}
    return row


def measure(runs: int) -> dict[str, Any]:
    """Measure each hole in a process of its own, and a repair by a service."""
    from benchmarks import service  # with packages that not every benchmark needs

    rows = []
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name:
        home = Path(name)
        for side in sorted({side for side, _ in HOLES}):
            write(home / str(side), side)
        for side, hole in HOLES:
            command = [sys.executable, "-m", "benchmarks", "large-of", str(home / str(side)), str(hole)]
            run = subprocess.run([*command, "--runs", str(runs)], capture_output=True, text=True, check=True)
            rows.append({"side": side, "hole": hole, **json.loads(run.stdout)})
        write_example(home / "small", "bricks", 128, 0)
        side, hole = SERVED
        with service.service(home / "service") as running:
            running.client.submit(running.job_body(home / "small"))
            running.wait(1)
            at = (side - hole) // 2
            steps = service.repair_by(running, home / str(side), f"rect:{at},{at},{hole},{hole}", home / "out")
    return {"runs": runs, "rows": rows, "service": {"side": side, "hole": hole, "steps": steps}}


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    lines = [
        "| set, pixels | hole | seconds | cores busy | peak memory, GB | G'MIC, all channels, seconds | against ours |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        peer = f"{row['peer']:.1f} | {row['ratio']:.1f} x" if "peer" in row else " | "
        own = f"{row['seconds']:.2f} | {row['cores']:.2f} | {row['peak_gb']:.2f}"
        lines.append(f"| {row['side']} | {row['hole']} | {own} | {peer} |")
    served = result["service"]
    steps = ", ".join(f"{name} {seconds:.1f}" for name, seconds in served["steps"].items())
    lines.append(
        f"\n{served['side']} pixels, hole {served['hole']}, sent to a warm service, repaired and fetched: "
        f"{sum(served['steps'].values()):.1f} s ({steps})."
    )
    return "\n".join(lines)


def run(runs: int) -> None:
    """Measure, print and keep."""
    result = measure(runs)
    print(table(result))
    keep("large", f"python -m benchmarks large --runs {runs}", result)
