"""Benchmark of batches: a library by `svbrdf batch`, by a loop over `svbrdf inpaint`, by Ray, and what cores allow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import keep
from svbrdf_core.cores import VARIABLE, count_cores
from svbrdf_core.example import KINDS, write_example

SIDE = 512
SAMPLE = 8
"""Sets of the loop and of single fills, from which that of all is told."""

ALONE = f"""
import time
from pathlib import Path
from svbrdf_core.cores import share_cores
share_cores()
import svbrdf_core as sv
from svbrdf_core.inpainting.repair import repair
from svbrdf_core.material import mask_parts

def do(number, out):
    name = f"set{{number:04d}}"
    repair(sv.InpaintRequest(
        source=sv.LoadOptions(Path("library", name)),
        hole=sv.HoleSpec(mask_parts(f"masks/{{name}}.png")),
        output=sv.OutputSpec(Path(out, name)),
    ))

do(0, "warm")
started = time.perf_counter()
for number in range({SAMPLE}):
    do(number, "alone")
print(time.perf_counter() - started)
"""
"""What repairs the sample in one process, and prints the seconds."""


def run(sets: int) -> None:
    """Measure a library of made-up sets of 512 pixels, and print the table."""
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name:
        home = Path(name)
        _write_library(home, sets)
        found = {"loop": _loop(home) * sets / SAMPLE, "cores": _alone(home) * sets / SAMPLE / count_cores()}
        found["batch"] = _batch(home, "batch")
        found["ray"] = _batch(home, "ray", "--ray", "local")
    print(table({"sets": sets, "seconds": found}))
    keep("batch", f"python -m benchmarks batch --sets {sets}", {"sets": sets, "seconds": found})


def table(data: dict[str, Any]) -> str:
    """Return the table of what `run` kept."""
    seconds = data["seconds"]
    words = {
        "loop": f"a loop over `svbrdf inpaint` (told from {SAMPLE})",
        "cores": "fills alone, one a core, without anything around them",
        "batch": "`svbrdf batch`",
        "ray": "`svbrdf batch --ray local`",
    }
    lines = [
        f"| {data['sets']} sets of {SIDE} pixels | seconds | sets a minute | of what cores allow |",
        "| --- " * 4 + "|",
    ]
    for name, word in words.items():
        share, rate = seconds["cores"] / seconds[name], 60 * data["sets"] / seconds[name]
        lines.append(f"| {word} | {seconds[name]:.0f} | {rate:.0f} | {share:.0%} |")
    return "\n".join(lines)


def _write_library(home: Path, sets: int) -> None:
    for kind in KINDS:
        write_example(home / "made" / kind, kind, SIDE)
    for number in range(sets):
        made, name = home / "made" / KINDS[number % len(KINDS)], f"set{number:04d}"
        shutil.copytree(made / "damaged", home / "library" / name)
        (home / "masks").mkdir(exist_ok=True)
        shutil.copy(made / "mask.png", home / "masks" / f"{name}.png")
    _svbrdf(home, "warm", "--quiet")


def _svbrdf(home: Path, *words: str, cores: int | None = None) -> None:
    environment = os.environ if cores is None else {**os.environ, VARIABLE: str(cores)}
    subprocess.run([sys.executable, "-m", "svbrdf_core", *words], cwd=home, env=environment, check=True)


def _loop(home: Path) -> float:
    started = time.perf_counter()
    for number in range(SAMPLE):
        name = f"set{number:04d}"
        _svbrdf(home, "inpaint", f"library/{name}", "-m", f"masks/{name}.png", "-o", f"loop/{name}", "--quiet")
    return time.perf_counter() - started


def _alone(home: Path) -> float:
    """Return what the sample takes on one core in one process, warm: reading, filling and writing."""
    run = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=home, env={**os.environ, VARIABLE: "1"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return float(run.stdout)


def _batch(home: Path, out: str, *more: str) -> float:
    started = time.perf_counter()
    _svbrdf(home, "batch", "library", "--masks", "masks", "-o", out, "--quiet", *more)
    return time.perf_counter() - started
