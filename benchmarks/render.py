"""Benchmark of rendering: milliseconds for pictures of a material of noise, 512 x 512."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.common import keep
from svbrdf_core.render import flash, nine_views, preview, render
from svbrdf_core.tensors.layout import ChannelLayout

SIDE = 512
THREADS = 2
RUNS = 9
WARM = 3
LAYOUT = ChannelLayout(("diffuse", "normal", "roughness", "specular"), (3, 3, 1, 3))


def material() -> torch.Tensor:
    tensor = torch.rand(1, LAYOUT.n_channels, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    at = LAYOUT.slice_of("normal")
    tensor[:, at] = torch.nn.functional.normalize(tensor[:, at] + torch.tensor([-0.5, -0.5, 1.0]).view(3, 1, 1), dim=1)
    return tensor


def milliseconds(work: Callable[[], object], runs: int) -> dict[str, float]:
    times = []
    for _ in range(WARM + runs):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return {"median": statistics.median(times[WARM:]), "least": min(times[WARM:])}


def measure(runs: int = RUNS) -> dict[str, Any]:
    """Time each picture ``runs`` times after a few to warm up, on two threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    maps, views = material(), nine_views()
    array = np.asarray(maps[0])
    work: dict[str, Callable[[], object]] = {
        "render, one light": lambda: render(maps, LAYOUT, flash()),
        "render, nine views": lambda: [render(maps, LAYOUT, view) for view in views],
        "preview, plane, flash": lambda: preview(array, LAYOUT),
        "preview, sphere, studio": lambda: preview(array, LAYOUT, shape="sphere", light="studio"),
    }
    try:
        rows = {name: milliseconds(one, runs) for name, one in work.items()}
    finally:
        torch.set_num_threads(before)
    return {"side": SIDE, "threads": THREADS, "runs": runs, "torch": torch.__version__, "milliseconds": rows}


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    lines = [f"| {result['side']} x {result['side']}, {result['threads']} threads | median, ms | least, ms |"]
    lines.append("| --- | --- | --- |")
    for name, row in result["milliseconds"].items():
        lines.append(f"| {name} | {row['median']:.1f} | {row['least']:.1f} |")
    return "\n".join(lines)


def run(runs: int = RUNS) -> None:
    """Measure, print and keep."""
    result = measure(runs)
    print(table(result))
    keep("render", f"python -m benchmarks render --runs {runs}", result)
