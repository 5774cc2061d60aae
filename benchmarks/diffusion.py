"""Benchmark of fills by diffusion and by patches: their errors, their looks and what they cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, Floats, judge_fill, keep, load_case, read_published_errors
from benchmarks.error import LEAST
from svbrdf_core.compare.machine import peak_mb
from svbrdf_core.example import make_example
from svbrdf_core.learning.store import VARIABLE
from svbrdf_core.metrics import measure as measured

SIDE, HOLE = 512, 128
"""Of the example that time and memory are measured on."""
GROUPS = ("maps", "structure", "statistics", "render", "perceptual")
LOOKS = ("sharpness", "seam", "coherence", "stlpips/render", "render/log_l1", "two_sample", "wasserstein")
SHARP = (0.8, 1.2)


@contextmanager
def empty_cache() -> Iterator[None]:
    """Keep trained models in a folder of this run, so that the first fill of a case pays for its training."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {VARIABLE: folder}):
        yield


def measure_preset(preset: str) -> dict[str, float]:
    """Fill the example twice in this process; return seconds of both fills and the peak memory in GB."""
    clean = make_example("bricks", SIDE, 0).clean
    material = sv.Material.from_arrays("bricks", {name: clean[name] for name in MAPS})
    mask = np.zeros((SIDE, SIDE), np.float32)
    middle = slice(SIDE // 2 - HOLE // 2, SIDE // 2 + HOLE // 2)
    mask[middle, middle] = 1
    sv.inpaint(material, mask, device="cpu")  # loads the compiled kernels
    seconds = []
    with empty_cache():
        for seed in (0, 1):
            started = time.perf_counter()
            sv.inpaint(
                material, mask, method="diffusion", settings=sv.find_method("diffusion").presets[preset], seed=seed
            )
            seconds.append(time.perf_counter() - started)
    return {"first": seconds[0], "further": seconds[1], "peak_gb": peak_mb() / 1000}


def _cost(preset: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks", "diffusion-of", preset]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(run.stdout)
    return found


def measure(shared: Path, cases: Sequence[str], seeds: int, preset: str) -> dict[str, Any]:
    """Fill every case by patches once and by diffusion with every seed; judge the first ones and the mean of all."""
    reference = read_published_errors(shared)
    rows = []
    for case in cases or sorted(reference):
        row = _case(shared, case, seeds, preset)
        row["reference"] = reference[case]
        rows.append(row)
        print(_line(row), flush=True)
    return {"preset": preset, "seeds": seeds, "cases": rows, "cost": _cost(preset)}


def _case(shared: Path, case: str, seeds: int, preset: str) -> dict[str, Any]:
    material, mask = load_case(shared, case)
    truth, layout, hole = material.tensor(), material.layout, mask > 0
    row: dict[str, Any] = {"case": case}
    fills: dict[str, list[Floats]] = {}
    with empty_cache():
        for method, count in (("patch", seeds), ("diffusion", seeds)):
            seconds = []
            for seed in range(count):
                settings = sv.find_method("diffusion").presets[preset] if method == "diffusion" else None
                fill = sv.inpaint(material, mask, method=method, settings=settings, seed=seed)
                seconds.append(fill.seconds)
                fills.setdefault(method, []).append(fill.canvas.tensor())
            found = measured(fills[method][0], truth, layout, hole, groups=GROUPS)
            row[method] = {
                "error": {name: found[f"mse/{name}"] for name in MAPS},
                "looks": {name: found.get(name, float("nan")) for name in LOOKS},
                "mean_error": judge_fill(np.mean(fills[method], 0), truth, layout, hole)["error"],
                "first": seconds[0],
                "further": float(np.median(seconds[1:])) if seconds[1:] else float("nan"),
            }
    return row


def ratios(rows: Sequence[dict[str, Any]], method: str, key: str) -> dict[str, dict[str, float]]:
    """Return the mean error over the reference's mean, and the median of the ratios a case, for each map."""
    out = {}
    for name in MAPS:
        pairs = [(row[method][key][name], row["reference"][name]) for row in rows if row["reference"][name] > LEAST]
        total = sum(theirs for _, theirs in pairs)
        out[name] = {
            "mean": sum(ours for ours, _ in pairs) / total if total else float("nan"),
            "median": float(np.median([ours / theirs for ours, theirs in pairs])) if pairs else float("nan"),
        }
    return out


def looks(rows: Sequence[dict[str, Any]], method: str) -> dict[str, float]:
    """Return the means of what fills look like; of the sharpness the median."""
    values = {name: [row[method]["looks"][name] for row in rows] for name in LOOKS}
    return {name: float((np.nanmedian if name == "sharpness" else np.nanmean)(list_)) for name, list_ in values.items()}


def _line(row: dict[str, Any]) -> str:
    parts = [f"{row['case']:32s}"]
    for method in ("patch", "diffusion"):
        theirs = row["reference"]
        errors = [f"{row[method]['error'][n] / theirs[n]:.2f}" for n in MAPS if theirs[n] > LEAST]
        shown = row[method]["looks"]
        parts.append(
            f"{method} {' '.join(errors)} sharp {shown['sharpness']:.2f} ST-LPIPS {shown['stlpips/render']:.3f} "
            f"log {shown['render/log_l1']:.3f} {row[method]['first']:.1f} s"
        )
    return "  ".join(parts)


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    rows, count = result["cases"], result["seeds"]
    heads = ("method", *MAPS, "sharpness (median)", "ST-LPIPS of renders", "log L1 of renders", "coherence", "seam",
             "two-sample excess", "Wasserstein")  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " --- |" * (len(heads) - 1)]
    for method in ("patch", "diffusion"):
        for key, label in (("error", "one fill"), ("mean_error", f"mean of {count}")):
            found = ratios(rows, method, key)
            cells = [f"{found[name]['mean']:.2f} / {found[name]['median']:.2f}" for name in MAPS]
            shown = looks(rows, method)
            names = ("sharpness", "stlpips/render", "render/log_l1", "coherence", "seam", "two_sample", "wasserstein")
            more = [f"{shown[name]:.3f}" if key == "error" else "" for name in names]
            lines.append(f"| `{method}`, {label} | " + " | ".join([*cells, *more]) + " |")
    cost = result["cost"]
    soft = [row["case"] for row in rows if not SHARP[0] <= row["diffusion"]["looks"]["sharpness"] <= SHARP[1]]
    worse = [
        row["case"]
        for row in rows
        if any(row["diffusion"]["error"][n] > row["reference"][n] > LEAST for n in MAPS if row["reference"][n] > LEAST)
    ]
    lines.append(
        f"\n{len(rows)} cases; errors over those of the published patch code: of the means / median of the cases. "
        f"Sharpness outside {SHARP[0]} to {SHARP[1]} in {len(soft)}: {', '.join(soft) or 'none'}. A map's error above "
        f"the published code's in {len(worse)}: {', '.join(worse) or 'none'}. {SIDE} x {SIDE}, 10 channels, a hole of "
        f"{HOLE} x {HOLE}: first fill {cost['first']:.0f} s with its training, a further one {cost['further']:.1f} s, "
        f"{cost['peak_gb']:.1f} GB at most."
    )
    return "\n".join(lines)


def run(shared: Path = SHARED, cases: Sequence[str] = (), seeds: int = 8, preset: str = "fast") -> None:
    """Measure, print and keep."""
    if not (shared / "cases" / "reference.csv").is_file():
        print(f"diffusion: skipped, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    result = measure(shared, cases, seeds, preset)
    print("\n" + table(result))
    command = [
        "python -m benchmarks diffusion",
        f"--seeds {seeds}",
        f"--preset {preset}",
        *(f"--case {case}" for case in cases),
    ]
    keep("diffusion" if preset == "fast" else f"diffusion-{preset}", " ".join(command), result)
