"""Benchmark of speed: seconds and errors of our joint fill and of what people use instead."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import Floats, judge_fill, keep
from svbrdf_core.example import make_example
from svbrdf_core.methods import find

SIZE = 512
HOLE = 128
OURS = "patch"
PEERS = ("gmic-per-map", "gmic", "resynthesizer", "pypatchmatch", "shiftmap", "telea", "ns")


def example(size: int = SIZE) -> tuple[sv.Material, Floats]:
    """Return the undamaged example bricks (10 channels) and a square hole a quarter of their side."""
    made = make_example("bricks", size, 0)
    clean = sv.Material.from_arrays("bricks", made.clean)
    mask = np.zeros((size, size), np.float32)
    side = size * HOLE // SIZE
    mask[side : 2 * side, side : 2 * side] = 1
    return clean, mask


def measure(material: sv.Material, mask: Floats, runs: int) -> dict[str, Any]:
    """Time every method ``runs`` times after one warm-up of ours.

    Each run of a peer comes right after a run of ours, and the ratio is formed within the pair: on a shared machine
    the pairs are comparable when the medians are not.
    """
    ours: list[float] = []
    filled, _ = _fill(material, mask, OURS)
    rows = []
    for name in PEERS:
        if find(name).missing() is not None:
            rows.append({"method": find(name).title, "seconds": None, "ratio": None, "error": None})
            continue
        pairs, theirs = [], filled
        for _ in range(runs):
            filled, took = _fill(material, mask, OURS)
            theirs, peer_took = _fill(material, mask, name)
            pairs.append((took, peer_took))
        ours += [took for took, _ in pairs]
        row = _row(name, [t for _, t in pairs], [t / o for o, t in pairs])
        rows.append({**row, **_quality(theirs, material, mask)})
    while len(ours) < runs:
        filled, took = _fill(material, mask, OURS)
        ours.append(took)
    first = {**_row(OURS, ours, [1.0]), **_quality(filled, material, mask)}
    shape = {"height": material.height, "width": material.width, "channels": material.layout.n_channels}
    hole = int((mask > 0).sum())
    return {"runs": runs, "hole": hole, **shape, "gmic_startup": gmic_startup(), "methods": [first, *rows]}


def _fill(material: sv.Material, mask: Floats, method: str) -> tuple[Floats, float]:
    """Return the tensor filled by a method and the seconds it took."""
    started = time.perf_counter()
    fill = sv.inpaint(material, mask, method=method, device="cpu")
    took = time.perf_counter() - started
    return fill.canvas.tensor(), took


def _row(name: str, times: list[float], ratios: list[float]) -> dict[str, Any]:
    median, ratio = float(np.median(times)), float(np.median(ratios))
    return {"method": find(name).title, "seconds": median, "fastest": min(times), "ratio": ratio}


def _quality(filled: Floats, material: sv.Material, mask: Floats) -> dict[str, Any]:
    return judge_fill(filled, material.tensor(), material.layout, mask > 0)


def gmic_startup() -> float | None:
    """Return the seconds an empty call of G'MIC takes, None if it is not installed."""
    if not shutil.which("gmic"):
        return None
    started = time.perf_counter()
    subprocess.run(["gmic", "-v", "-", "1"], check=True, capture_output=True)
    return time.perf_counter() - started


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    maps = list(result["methods"][0]["error"])
    lines = [
        "| method | seconds | against ours | sharpness | coherence | "
        + " | ".join(f"error, {name}" for name in maps)
        + " |",
        "| --- | --- | --- | --- | --- |" + " --- |" * len(maps),
    ]
    for row in result["methods"]:
        if row["seconds"] is None:
            lines.append(f"| {row['method']} | not installed | | | |" + " |" * len(maps))
            continue
        cells = " | ".join(f"{row['error'][name]:.4f}" for name in maps)
        lines.append(
            f"| {row['method']} | {row['seconds']:.2f} | {row['ratio']:.1f} x | {row['sharpness']:.2f} "
            f"| {row['coherence']:.2f} | {cells} |"
        )
    if result.get("gmic_startup") is not None:
        lines.append(
            f"\nAn empty call of G'MIC takes {result['gmic_startup']:.2f} s, which is in its times once a call."
        )
    return "\n".join(lines)


def run(runs: int = 3, material: Path | None = None, mask: Path | None = None) -> None:
    """Measure, print and keep."""
    command = f"python -m benchmarks speed --runs {runs}"
    if material is not None and mask is not None:
        from svbrdf_core import masks

        loaded = sv.Material.load(material)
        hole, _ = masks.check(masks.read(mask), (loaded.height, loaded.width))
        command += f" --material {material.name} --mask {mask.name}"
    else:
        loaded, hole = example()
    result = measure(loaded, hole, runs)
    print(table(result))
    keep("speed", command, result)
