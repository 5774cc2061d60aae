"""Check of batches that are killed: at random moments, again and again, nothing may be lost or done twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.common import keep
from svbrdf_core.example import KINDS, write_example

SIDE, SETS = 96, 30
Stamps = dict[str, int]


def run(moments: int, seed: int) -> bool:
    """Kill a batch at random moments of its course, each time going on, and return whether all was well.

    A batch that ends before it is killed so often begins anew. Every result must be whole at every moment, never
    written again once it was there, and at the end the same as without any kill.
    """
    rng, kills, rounds, faults = random.Random(seed), 0, 0, list[str]()
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name:
        home = Path(name)
        _write_library(home)
        started = time.perf_counter()
        _start(home, "whole").wait()
        course = time.perf_counter() - started
        while kills < moments:
            rounds += 1
            shutil.rmtree(home / "out", ignore_errors=True)
            done: Stamps = {}
            while True:
                killed = _run_and_kill(home, rng.uniform(0, course) if kills < moments else None)
                kills += killed
                faults += _faults(home, done)
                if not killed:
                    break
                print(f"{kills} of {moments} kills, {len(done)} of {SETS} done", flush=True)
            faults += [f"{set_name} was lost" for set_name in _names(home, "whole") if set_name not in done]
            faults += [f"{left.name} was left" for left in (home / "out/_batch/staging").iterdir()]
    data: dict[str, Any] = {"kills": kills, "rounds": rounds, "sets": SETS, "faults": faults}
    print(f"{kills} kills in {rounds} batches of {SETS} sets: {len(faults)} faults", *faults, sep="\n")
    keep("kills", f"python -m benchmarks kills --moments {moments} --seed {seed}", data)
    return not faults


def _write_library(home: Path) -> None:
    for kind in KINDS:
        write_example(home / "made" / kind, kind, SIDE)
    (home / "masks").mkdir()
    for number in range(SETS):
        made = home / "made" / KINDS[number % len(KINDS)]
        shutil.copytree(made / "damaged", home / "library" / f"set{number:02d}")
        shutil.copy(made / "mask.png", home / "masks" / f"set{number:02d}.png")


def _start(home: Path, out: str) -> subprocess.Popen[bytes]:
    words = ["batch", "library", "--masks", "masks", "-o", out, "--quiet", "--jobs", "2", "--method", "poisson"]
    return subprocess.Popen([sys.executable, "-m", "svbrdf_core", *words], cwd=home)


def _run_and_kill(home: Path, after: float | None) -> bool:
    """Run the batch, kill it after so many seconds, and return whether it was still at work."""
    process = _start(home, "out")
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.5)  # its workers end with it
        return True
    return False


def _faults(home: Path, done: Stamps) -> list[str]:
    """Return what is wrong with the results that there are, and add them to those that are known."""
    faults = []
    for name in _names(home, "out"):
        stamp = max(path.stat().st_mtime_ns for path in (home / "out" / name).iterdir())
        if done.setdefault(name, stamp) != stamp:
            faults.append(f"{name} was done twice")
        if _content(home / "out" / name) != _content(home / "whole" / name):
            faults.append(f"{name} is not whole")
    return faults


def _names(home: Path, out: str) -> list[str]:
    return sorted(path.name for path in (home / out).glob("set*"))


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
