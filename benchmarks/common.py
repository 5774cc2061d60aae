"""Parts that all benchmarks share: the maps compared, how a fill is judged, and the JSON that is kept."""

from __future__ import annotations

import csv
import json
import os
import platform
import re
import shutil
import subprocess
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core import masks
from svbrdf_core.compare.machine import processor
from svbrdf_core.metrics import measure

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks" / "out"
SHARED = ROOT.parent / "shared"
PACKAGES = (
    *("numpy", "numba", "scipy", "torch", "gmic", "resynthesizer", "pypatchmatch"),
    *("opencv-contrib-python-headless", "scikit-image", "flip-evaluator", "stlpips-pytorch"),
)
MAPS = ("diffuse", "normal", "roughness", "specular")

Floats = NDArray[np.float32]


def read_published_errors(shared: Path) -> dict[str, dict[str, float]]:
    """Return the errors of the published patch code by case and map."""
    with (shared / "cases" / "reference.csv").open(newline="", encoding="utf-8") as file:
        return {row["case"]: {name: float(row[name]) for name in MAPS} for row in csv.DictReader(file)}


def load_case(shared: Path, case: str, maps: tuple[str, ...] = MAPS) -> tuple[sv.Material, masks.Mask]:
    """Return the material, or some maps of it, and the hole of a case."""
    material = sv.Material.load(shared / "materials" / case.rsplit("_", 1)[0], only=maps)
    mask, _ = masks.check(masks.read(shared / "cases" / f"{case}.png"), (material.height, material.width))
    return material, mask


def judge_fill(filled: Floats, truth: Floats, layout: sv.ChannelLayout, hole: NDArray[np.bool_]) -> dict[str, Any]:
    """Return each map's mean squared error in the hole (stored encoding 0..1), and figures of how the fill looks.

    Sharpness is the gradient energy over the truth's; `docs/metrics.md` says what the others are. They are NaN where
    they have no value: nothing varies, or there is one map.
    """
    found = measure(filled, truth, layout, hole, groups=("maps", "structure", "statistics"))
    return {
        "error": {name: found[f"mse/{name}"] for name in layout.names},
        **{name: found.get(name, float("nan")) for name in ("sharpness", "coherence", "two_sample", "wasserstein")},
    }


def keep(name: str, command: str, result: dict[str, Any]) -> Path:
    """Write a result with what it was measured on."""
    OUT.mkdir(parents=True, exist_ok=True)
    about = {
        "command": command,
        "date": date.today().isoformat(),
        "commit": commit(),
        "cpu": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in PACKAGES},
    }
    path = OUT / f"{name}.json"
    path.write_text(json.dumps({"about": about, **result}, indent=1) + "\n", encoding="utf-8")
    return path


def _version(package: str) -> str | None:
    if package == "gmic":
        run = ["gmic", "version"] if shutil.which("gmic") else ["true"]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        found = re.search(r"Version (\d[\d.]*)", done.stdout + done.stderr)
        return found[1].rstrip(".") if found else None
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def commit() -> str:
    run = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip() or "unknown"
