"""The patch engine as methods: all maps together, or each alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.methods.interface import FillResult, Floats, InpaintProblem, Method, Traits
from svbrdf_core.methods.sources import SourceMap
from svbrdf_core.patch import Guidance, PatchSettings
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout

if TYPE_CHECKING:
    from svbrdf_core.patch import Objective


def fill_jointly(problem: InpaintProblem, settings: PatchSettings, run: Run) -> FillResult:
    """Fill all maps by one nearest-neighbour field."""
    return fill_by_patches(problem, settings, run)


def fill_by_patches(
    problem: InpaintProblem,
    settings: PatchSettings,
    run: Run,
    *,
    guidance: Guidance | None = None,
    objective: Objective | None = None,
) -> FillResult:
    """Fill all maps by one nearest-neighbour field, with guided pieces if there is guidance."""
    from svbrdf_core.patch import fill  # with all that compiles: who only asks what the method is does not wait for it

    result = fill(
        problem.tensor,
        problem.layout,
        problem.hole.astype(np.float32),
        settings,
        source_mask=problem.allowed,
        tileable=problem.wrap,
        guidance=guidance,
        objective=objective,
        control=problem.control,
        run=run,
    )
    sources = SourceMap(
        result.rows, result.cols, result.source_rows, result.source_cols, result.orientation, result.orientations
    )
    return FillResult(result.tensor, result.energy, sources)


def fill_each_alone(problem: InpaintProblem, settings: PatchSettings, run: Run) -> FillResult:
    """Fill each map by a field of its own, as if the others were not there: what "not joint" costs."""
    tensor = problem.tensor.copy()
    energies = []
    for number, name in enumerate(problem.layout.names):
        at = problem.layout.slice_of(name)
        alone = replace(problem, tensor=tensor[at], layout=ChannelLayout((name,), (at.stop - at.start,)))
        count = len(problem.layout.names)
        part = run.part(number / count, (number + 1) / count, label=name, show=partial(_put, tensor, at))
        filled = fill_jointly(alone, settings, part)
        tensor[at] = filled.tensor
        energies.append(filled.energy)
    return FillResult(tensor, float(np.mean([energy for energy in energies if energy is not None])))


def _put(tensor: Floats, at: slice, part: Floats) -> Floats:
    """Return all maps, some of them as far as they are."""
    out = tensor.copy()
    out[at] = part
    return out


JOINT = Method(
    "patch",
    "patch (ours, joint)",
    fill_jointly,
    PatchSettings,
    Traits(
        is_random=True,
        copies_pixels=True,
        has_sources=True,
        wraps=True,
        controlled=True,
        compiles=True,
        accelerated=True,
    ),
)
PER_MAP = Method(
    "patch-per-map",
    "patch (ours), map by map",
    fill_each_alone,
    PatchSettings,
    Traits(is_random=True, copies_pixels=True, wraps=True, controlled=True, compiles=True, accelerated=True),
)
