"""Benchmark of work beside busy programs: seconds of a training and of a fill, alone and while others use all cores."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import keep
from benchmarks.speed import example
from svbrdf_core.cores import count_cores, share_cores

STEPS = 150
"""Of the training: enough that starting it hardly counts."""
BUSY = "while True: pass"
"""What each of the other programs does, one for each core."""


@contextmanager
def _busy_cores() -> Iterator[None]:
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count_cores())]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _list_works() -> dict[str, Callable[[], object]]:
    material, mask = example(512)
    small, hole = example(256)
    fast = sv.find_method("diffusion").presets["fast"]
    settings = replace(fast, train_steps=STEPS, sampling_steps=5, cache=False)

    def train() -> object:
        return sv.inpaint(small, hole, method="diffusion", settings=settings, device="cpu")

    def fill() -> object:
        return sv.inpaint(material, mask, device="cpu")

    return {f"training of {STEPS} steps, 256 pixels": train, "patch, 512 pixels, hole 128": fill}


def measure(runs: int) -> list[dict[str, Any]]:
    """Do each work alone and beside busy programs, in turn, after a warm-up; return the medians.

    With as many busy programs as cores a fair machine gives half of its time, so 2 is what nothing can be below.
    """
    share_cores()  # as all our programs do before torch is there: its threads then sleep while they wait
    rows = []
    for name, work in _list_works().items():
        work()
        alone, beside = [], []
        for _ in range(runs):
            alone.append(_seconds(work))
            with _busy_cores():
                beside.append(_seconds(work))
        ratio = float(np.median(np.array(beside) / alone))
        rows.append(
            {"work": name, "alone": float(np.median(alone)), "beside": float(np.median(beside)), "ratio": ratio}
        )
    return rows


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    lines = [
        "| work | seconds alone | beside a busy program on every core | ratio |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['work']} | {row['alone']:.1f} | {row['beside']:.1f} | {row['ratio']:.2f} |" for row in result["rows"]
    ]
    return "\n".join(lines)


def run(runs: int) -> None:
    """Measure, print the table and keep the figures."""
    result = {"cores": count_cores(), "rows": measure(runs)}
    print(table(result))
    keep("beside", f"python -m benchmarks beside --runs {runs}", result)
