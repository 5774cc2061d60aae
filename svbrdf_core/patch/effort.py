"""The seconds that the parts of a fill take, about, by which its progress is told.

They are of one core and need be right to each other only. `python -m benchmarks time-left` shows for each part the
seconds that are said here and those that it took.
"""

from __future__ import annotations

from collections.abc import Sequence

from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import StartKind
from svbrdf_core.patch.types import Floats, PatchSettings

VALUE = 1.3e-7
"""Reading, features and pyramid, a value of the window."""
LEVEL = 0.06
"""The index of a level's sources, and the search for a shift."""
PAIR, BLAND_ROUNDS, ROUNDS, PEELED_ROUNDS = 6e-8, 2.5, 2.0, 8.0
"""The exhaustive search, a pair of patches and round; rounds of drafts, of a start, of one that was peeled."""
INHERITED, TARGET = 1.6e-5, 3e-5
"""The search of the finest level, a patch; of others."""
LAYING = 0.23
"""One laying of pieces."""
RING = 0.014
"""A ring of the onion peel."""
COPIED = 1.2e-6
"""Copying and levelling, a value of the hole."""


def estimate_preparing(tensor: Floats, orientations: int) -> float:
    """Return the seconds from a tensor ``(C, H, W)`` to its levels."""
    return VALUE * tensor.size * orientations


def estimate_copying(level: Level, channels: int) -> float:
    """Return the seconds that the last reconstruction takes."""
    return COPIED * len(level.hole_ys) * channels


def estimate_levels(levels: Sequence[Level], laid_on: int, all_pairs: int, settings: PatchSettings) -> list[float]:
    """Return the seconds of each level, from fine to coarse.

    Args:
        levels: from fine to coarse.
        laid_on: the level of pieces, -1 if there is none.
        all_pairs: the pairs from which on a search is not exhaustive.
        settings: of the fill.
    """
    last = len(levels) - 1
    found = []
    for depth, level in enumerate(levels):
        starts: list[StartKind] = ["inherited" if depth < last else "shifted"]
        if depth > 0 or not last:
            starts += ["pieces"] if depth == laid_on else []
            starts += ["peeled"] if depth == last or depth > laid_on else []
        efforts = [sum(estimate_start(kind, level, depth, settings.pieces, all_pairs, settings)) for kind in starts]
        found.append(sum(efforts) + (LEVEL if depth else 0.0))
    return found


def estimate_start(
    kind: StartKind, level: Level, depth: int, layings: int, all_pairs: int, settings: PatchSettings
) -> tuple[float, float]:
    """Return the seconds until a start's first field, and those of its search.

    Args:
        kind: how the field is made.
        level: where.
        depth: its number, 0 for the finest.
        layings: of pieces, if it is made so.
        all_pairs: the pairs from which on a search is not exhaustive.
        settings: of the fill.
    """
    laid, peeled = LAYING * layings, RING * level.thickness / 2
    first = laid if kind in ("pieces", "guided") else peeled if kind == "peeled" else 0.0
    if level.pairs > all_pairs:
        return first, len(level.ys) * (TARGET if depth else INHERITED)
    rounds = BLAND_ROUNDS if not settings.richness else PEELED_ROUNDS if kind == "peeled" else ROUNDS
    return first, PAIR * level.pairs * rounds
