"""Benchmark of a training step: its floating-point operations a second, against what the processor reaches at most."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

import svbrdf_core as sv
from benchmarks.common import keep
from benchmarks.speed import example
from svbrdf_core.cores import count_cores, share_cores
from svbrdf_core.diffusion import denoising
from svbrdf_core.learning.training import TrainingPlan
from svbrdf_core.run import Run

PRODUCT = 1536
"""Side of the matrices whose product tells the peak."""


class _Found(Exception):
    """Carries what would be trained out of a fill."""


def _find_training(preset: str) -> tuple[denoising.DenoisingTask, denoising.DenoisingModules, TrainingPlan]:
    """Return what the first fill of the example trains."""
    material, mask = example(512)
    settings = replace(sv.find_method("diffusion").presets[preset], cache=False)

    def catch(task: denoising.DenoisingTask, spec: Any, plan: TrainingPlan, run: Run, **more: Any) -> None:
        raise _Found(task, task.init(spec, "cpu"), plan)

    with mock.patch.object(denoising, "train", catch):
        try:
            sv.inpaint(material, mask, method="diffusion", settings=settings, device="cpu")
        except _Found as found:
            task, modules, plan = found.args
            return task, modules, plan
    raise AssertionError("nothing was trained")


def _seconds(work: Callable[[], object], runs: int) -> float:
    work()
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return float(np.median(taken))


def _measure_peak(runs: int) -> float:
    """Return the operations a second of a large product of matrices on all cores."""
    a, b = torch.randn(PRODUCT, PRODUCT), torch.randn(PRODUCT, PRODUCT)
    return 2 * PRODUCT**3 / _seconds(lambda: a @ b, runs)


def measure(preset: str, runs: int) -> dict[str, float]:
    """Measure steps as a training takes them."""
    share_cores()
    task, modules, plan = _find_training(preset)

    def step() -> None:
        task.step(modules, task.draw(modules, plan.batch_size), 0.5)

    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the counter sees the calling thread only
    with FlopCounterMode(display=False) as counter:
        step()
    torch.set_num_threads(before)
    seconds, peak = _seconds(step, runs), _measure_peak(runs)
    operations = float(counter.get_total_flops())
    return {"gflop": operations / 1e9, "seconds": seconds, "peak": peak / 1e9, "share": operations / seconds / peak}


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    row = result["step"]
    return (
        "| preset | GFLOP a step | seconds | GFLOP a second | a product of matrices reaches | share |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: |\n"
        f"| {result['preset']} | {row['gflop']:.1f} | {row['seconds']:.3f} | {row['gflop'] / row['seconds']:.0f} | "
        f"{row['peak']:.0f} | {row['share']:.0%} |"
    )


def run(preset: str, runs: int) -> None:
    """Measure, print and keep."""
    result = {"preset": preset, "cores": count_cores(), "step": measure(preset, runs)}
    print(table(result))
    keep("step", f"python -m benchmarks step --preset {preset} --runs {runs}", result)
