"""A task comes in; the window filled by our patch engine goes out, all maps together or each alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from svbrdf_core.layout import ChannelLayout
from svbrdf_core.methods.interface import Detail, Filled, Method, Task
from svbrdf_core.methods.sources import SourceMap
from svbrdf_core.patch import Initialization, PatchSettings, fill


def jointly(task: Task, settings: PatchSettings) -> Filled:
    """Fill all maps by one nearest-neighbour field."""
    return fill_by_patches(task, settings)


def fill_by_patches(task: Task, settings: PatchSettings, initialization: Initialization | None = None) -> Filled:
    """Fill all maps by one nearest-neighbour field, with one more start if there is an initialization."""
    result = fill(
        task.tensor,
        task.layout,
        task.hole.astype(np.float32),
        settings,
        source_mask=task.allowed,
        tileable=task.wrap,
        generator=task.generator,
        device=task.device,
        initialization=initialization,
        on_progress=task.report,
        should_stop=task.should_stop,
    )
    sources = SourceMap(
        result.rows, result.cols, result.source_rows, result.source_cols, result.orientation, result.orientations
    )
    return Filled(result.tensor, result.energy, sources)


def each_alone(task: Task, settings: PatchSettings) -> Filled:
    """Fill each map by a field of its own, as if the others were not there: what "not joint" costs."""
    tensor = task.tensor.copy()
    energies = []
    for number, name in enumerate(task.layout.names):
        at = task.layout.slice_of(name)

        def report(
            phase: str, fraction: float, detail: Detail | None = None, number: int = number, name: str = name
        ) -> None:
            task.report(f"{phase}, {name}", (number + fraction) / len(task.layout.names))

        alone = replace(task, tensor=tensor[at], layout=ChannelLayout((name,), (at.stop - at.start,)), report=report)
        filled = jointly(alone, settings)
        tensor[at] = filled.tensor
        energies.append(filled.energy)
    return Filled(tensor, float(np.mean([energy for energy in energies if energy is not None])))


JOINT = Method(
    "patch",
    "patch (ours, joint)",
    jointly,
    PatchSettings,
    random=True,
    copies=True,
    traces=True,
    wraps=True,
    compiles=True,
)
PER_MAP = Method(
    "patch-per-map",
    "patch (ours), map by map",
    each_alone,
    PatchSettings,
    random=True,
    copies=True,
    wraps=True,
    compiles=True,
)
