"""Benchmark of batches: a library by `svbrdf batch`, by a loop over `svbrdf inpaint`, by Ray, and what cores allow.

Seconds on a machine that others use say little; the seconds of processors beside them say what the work itself takes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.common import keep
from svbrdf_core.cores import VARIABLE, count_cores
from svbrdf_core.example import KINDS, write_example

SIDE = 512
SAMPLE = 8
"""Sets of the loop and of single fills, from which that of all is told."""

ALONE = f"""
import sys
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

out = sys.argv[1]
do(0, out + "-warm")
input()
started, processor = time.perf_counter(), time.process_time()
for number in range({SAMPLE}):
    do(number, out)
print(time.perf_counter() - started, time.process_time() - processor)
"""
"""What repairs the sample in one process when it is told to, and prints the seconds, of the clock and of the core."""


@dataclass
class Taken:
    """What something took.

    Attributes:
        clock: seconds.
        processor: seconds of all cores together.
        memory: megabytes of each worker, at a fifth of the time and at the end; empty if it was not looked at.
    """

    clock: float
    processor: float
    memory: tuple[tuple[float, float], ...] = ()

    def times(self, share: float) -> Taken:
        """Return the same for another number of sets."""
        return Taken(self.clock * share, self.processor * share)


def run(sets: int) -> None:
    """Measure a library of made-up sets of 512 pixels, and print the table."""
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name:
        home = Path(name)
        _write_library(home, sets)
        found = {"loop": _loop(home).times(sets / SAMPLE)}
        alone = [_alone(home, "before")]
        found["batch"] = _batch(home, "batch")
        alone.append(_alone(home, "after"))  # a borrowed machine is not as fast all the time
        found["cores"] = Taken(sum(one.clock for one in alone) / 2, sum(one.processor for one in alone) / 2).times(
            sets / SAMPLE / count_cores()
        )
        found["ray"] = _batch(home, "ray", "--ray", "local")
    data = {
        "sets": sets,
        "seconds": {key: taken.clock for key, taken in found.items()},
        "processor": {
            key: taken.processor for key, taken in found.items() if key != "ray"
        },  # whose workers are its own
        "memory": found["batch"].memory,
    }
    print(table(data))
    keep("batch", f"python -m benchmarks batch --sets {sets}", data)


def table(data: dict[str, Any]) -> str:
    """Return the table of what `run` kept, and a line on memory."""
    seconds, processor = data["seconds"], data["processor"]
    words = {
        "loop": f"a loop over `svbrdf inpaint` (told from {SAMPLE})",
        "cores": f"fills alone, one a core, without anything around them (from {SAMPLE} on each, before and after)",
        "batch": "`svbrdf batch`",
        "ray": "`svbrdf batch --ray local`",
    }
    lines = [
        f"| {data['sets']} sets of {SIDE} pixels | seconds | sets a minute | of what cores allow | seconds of a "
        "processor for a set | of what cores allow |",
        "| --- " * 6 + "|",
    ]
    for name, word in words.items():
        share, rate = seconds["cores"] / seconds[name], 60 * data["sets"] / seconds[name]
        work = "– | –"
        if name in processor:
            work = f"{processor[name] / data['sets']:.2f} | {processor['cores'] / processor[name]:.0%}"
        lines.append(f"| {word} | {seconds[name]:.0f} | {rate:.0f} | {share:.0%} | {work} |")
    grown = ", ".join(f"{first:.0f} → {last:.0f} MB" for first, last in data["memory"])
    return "\n".join([*lines, "", f"Memory of the workers after a fifth of the time and at the end: {grown}."])


def _write_library(home: Path, sets: int) -> None:
    for kind in KINDS:
        write_example(home / "made" / kind, kind, SIDE)
    for number in range(sets):
        made, name = home / "made" / KINDS[number % len(KINDS)], f"set{number:04d}"
        shutil.copytree(made / "damaged", home / "library" / name)
        (home / "masks").mkdir(exist_ok=True)
        shutil.copy(made / "mask.png", home / "masks" / f"{name}.png")
    _end(_svbrdf(home, "warm", "--quiet"))


def _svbrdf(home: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "svbrdf_core", *words], cwd=home)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        raise SystemExit(f"svbrdf ended with exit code {process.returncode}")


@contextmanager
def _watch(taken: Taken) -> Iterator[None]:
    """Take the time of the clock, and that of processors by processes that were begun and ended meanwhile."""
    started, before = time.perf_counter(), os.times()
    yield
    after = os.times()
    taken.clock = time.perf_counter() - started
    taken.processor = after.children_user + after.children_system - before.children_user - before.children_system


def _loop(home: Path) -> Taken:
    taken = Taken(0, 0)
    with _watch(taken):
        for number in range(SAMPLE):
            name = f"set{number:04d}"
            words = f"inpaint library/{name} -m masks/{name}.png -o loop/{name} --quiet"
            _end(_svbrdf(home, *words.split()))
    return taken


def _alone(home: Path, out: str) -> Taken:
    """Return what the sample takes on every core at once, in a process a core, warm: reading, filling and writing."""
    environment = {**os.environ, VARIABLE: "1"}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", ALONE, f"{out}{number}"], cwd=home, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(count_cores())
    ]  # fmt: skip
    for run in runs:
        while not (home / f"{out}{runs.index(run)}-warm").exists():
            time.sleep(0.1)
    told = []
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    for run in runs:
        told.append([float(word) for word in run.communicate()[0].split()])
    return Taken(max(clock for clock, _ in told), sum(processor for _, processor in told))


def _batch(home: Path, out: str, *more: str) -> Taken:
    taken, seen = Taken(0, 0), dict[int, list[float]]()
    with _watch(taken):
        process = _svbrdf(home, "batch", "library", "--masks", "masks", "-o", out, "--quiet", *more)
        over = threading.Event()
        looking = threading.Thread(target=_look, args=(process.pid, seen, over))
        looking.start()
        _end(process)
        over.set()
        looking.join()
    series = [one for one in seen.values() if len(one) >= 10 and not more]
    taken.memory = tuple((one[len(one) // 5], one[-1]) for one in series)
    return taken


def _look(pid: int, seen: dict[int, list[float]], over: threading.Event) -> None:
    """Note the memory of a program's workers every second, in megabytes."""
    while not over.wait(1):
        try:
            workers = psutil.Process(pid).children()
            for worker in workers:
                if "resource_tracker" not in " ".join(worker.cmdline()):
                    seen.setdefault(worker.pid, []).append(worker.memory_info().rss / 1e6)
        except psutil.Error:
            continue
