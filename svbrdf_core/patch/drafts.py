"""The guide of the engine's own drafts: what several coarse fills of the least error have in common.

The least squared error is bland, for it averages what a place might hold. Averaged it is what pieces need to know:
which colours and heights to expect where; and where the drafts disagree, or are much blander than their surroundings,
that nothing is to be expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.effort import estimate_levels
from svbrdf_core.patch.guide import Guide
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import PublishedObjective
from svbrdf_core.patch.rarity import find_surroundings
from svbrdf_core.patch.solve import ALL_PAIRS, Solver, find_level_of_pieces
from svbrdf_core.patch.types import Bools, Floats, PatchSettings
from svbrdf_core.run import Run


def draft_guide(levels: Sequence[Level], backend: Backend, settings: PatchSettings, run: Run) -> Guide | None:
    """Return the guide of the level on which pieces are laid; None if there is none, or the settings want no drafts.

    Args:
        levels: from fine to coarse, all prepared; their images are in the end what they were.
        backend: the device.
        settings: how many drafts are made, and how.
        run: progress, cancelling and randomness.
    """
    depth = find_level_of_pieces(levels)
    if not _wants_drafts(depth, settings):
        return None
    bland, objective = _make_bland(settings), PublishedObjective(settings.inherit_below)
    empty = [backend.pixels(level) for level in levels[depth:]]
    drafts: list[Floats] = []
    parts = run.parts([1.0] * settings.drafts)
    for part, generator in zip(parts, run.generator.spawn(settings.drafts), strict=True):
        solver = Solver(backend, bland, objective, replace(part, generator=generator))
        solver.solve(levels[depth:], solver.begin(levels[depth:]))
        drafts.append(backend.picture(levels[depth]))
        for level, pixels in zip(levels[depth:], empty, strict=True):
            backend.write_pixels(level, level.hole_ys, level.hole_xs, pixels)
    guide = Guide.of(levels[depth], depth, drafts)
    return replace(guide, confidence=guide.confidence * measure_detail(levels[depth], drafts))


def estimate_drafts(levels: Sequence[Level], settings: PatchSettings) -> float:
    """Return the seconds that `draft_guide` takes, about."""
    depth = find_level_of_pieces(levels)
    if not _wants_drafts(depth, settings):
        return 0.0
    return settings.drafts * sum(estimate_levels(levels[depth:], -1, ALL_PAIRS, _make_bland(settings)))


def _wants_drafts(depth: int, settings: PatchSettings) -> bool:
    """Whether there are drafts for the level of pieces; a fill of the least error is its own."""
    return depth >= 1 and bool(settings.richness and settings.pieces and settings.drafts)


def _make_bland(settings: PatchSettings) -> PatchSettings:
    return replace(settings, richness=0, pieces=0)


def measure_detail(level: Level, drafts: Sequence[Floats]) -> np.float32:
    """Return the gradient energy of drafts over that around the hole, at most 1: drafts that are a smear say little."""
    around = find_surroundings(level)
    usual = _gradient_energy(drafts[0], around)
    found = sum(_gradient_energy(draft, ~level.known) for draft in drafts) / len(drafts)
    return np.float32(min(found / usual, 1.0) if usual > 0 else 1.0)


def _gradient_energy(picture: Floats, where: Bools) -> float:
    """Return the mean squared step between neighbours within a part of a picture ``(H, W, C)``, 0 if there are none."""
    steps = [
        np.square(picture[1:] - picture[:-1]).sum(-1)[where[1:] & where[:-1]],
        np.square(picture[:, 1:] - picture[:, :-1]).sum(-1)[where[:, 1:] & where[:, :-1]],
    ]
    return float(np.mean(np.concatenate(steps))) if any(len(some) for some in steps) else 0.0
