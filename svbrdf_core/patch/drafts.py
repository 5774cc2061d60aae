"""The guide of the engine's own drafts: what several coarse fills of the least error have in common.

The least squared error is bland, for it averages what a place might hold. Averaged it is what pieces need to know:
which colours and heights to expect where, and where the drafts disagree, that nothing is to be expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.guide import Guide
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import PublishedObjective
from svbrdf_core.patch.solve import Solver, find_level_of_pieces
from svbrdf_core.patch.types import Floats, PatchSettings
from svbrdf_core.run import Run


def draft_guide(levels: Sequence[Level], backend: Backend, settings: PatchSettings, run: Run) -> Guide | None:
    """Return the guide of the level on which pieces are laid; None if there is none, or nothing coarser.

    Args:
        levels: from fine to coarse; they stay as they are.
        backend: the device.
        settings: how many drafts are made, and how.
        run: progress, cancelling and randomness.
    """
    depth = find_level_of_pieces(levels)
    if depth < 1 or not settings.pieces or not settings.drafts:
        return None
    bland = replace(settings, richness=0, pieces=0)
    parts = np.linspace(0, 1, settings.drafts + 1)
    drafts = [
        _draft(levels[depth:], backend, bland, run.part(start, stop, generator=generator))
        for start, stop, generator in zip(parts, parts[1:], run.generator.spawn(settings.drafts), strict=False)
    ]
    return Guide.of(levels[depth], depth, drafts)


def _draft(levels: Sequence[Level], backend: Backend, settings: PatchSettings, run: Run) -> Floats:
    own = [backend.prepare(replace(level, target=level.target.copy())) for level in levels]
    Solver(backend, settings, PublishedObjective(settings.inherit_below), run).solve(own)
    return backend.picture(own[0])
