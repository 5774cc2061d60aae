"""The levels of a pyramid come in; the nearest-neighbour field of the finest goes out.

Newson et al. 2017, algorithm 1, with three changes: every level but the finest also tries a fresh onion peel and keeps
the better of two fields; coarse levels are matched exhaustively; finer ones look patches up in an index (`index`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.onion import QUANTILE, onion_peel, spread, to_valid
from svbrdf_core.patch.types import Field, Ints, PatchSettings

ALL_PAIRS = 1_500_000
"""A level with fewer target-source pairs than this is matched exhaustively in every round."""
STEPS = (8, 4, 2, 6)
"""How far the second ring of neighbours is that a sweep propagates from, in turn."""


@dataclass(frozen=True)
class Solver:
    """What all levels share.

    Attributes:
        backend: the device.
        settings: rounds, sweeps, tolerances.
        generator: source of all randomness.
        check: called between steps; raises to stop.
        on_level: called with the fraction of the work done after each settled field.
    """

    backend: Backend
    settings: PatchSettings
    generator: np.random.Generator
    check: Callable[[], None]
    on_work: Callable[[float], None]

    def solve(self, levels: Sequence[Level]) -> tuple[Field, float]:
        """Return the finest level's field and its energy; ``levels`` run from fine to coarse, all prepared."""
        field, energy = Field(None, None, None), 0.0
        work = np.cumsum([0.0] + [float(len(level.ys)) for level in reversed(levels)])
        for depth in range(len(levels) - 1, -1, -1):
            level = levels[depth]
            start_fresh = depth > 0 or len(levels) == 1
            indexed = depth > 0 and level.pairs > ALL_PAIRS
            index = self.backend.index(level, self.generator) if indexed else None
            inherited = None
            if depth + 1 < len(levels):
                inherited = self._settle(level, self._inherit(levels[depth + 1], level, field), index)
            if inherited is not None and start_fresh:
                image = self.backend.image(level)
                fresh = self._settle(level, self._peel(level), index)
                if inherited[1] < self.settings.inherit_below * fresh[1]:
                    self.backend.restore(level, image)
                    field, energy = inherited
                else:
                    field, energy = fresh
            else:
                field, energy = inherited or self._settle(level, self._peel(level), index)
            self.on_work(float(work[len(levels) - depth] / work[-1]))
        return field, energy

    def _peel(self, level: Level) -> Field:
        return onion_peel(self.backend, level, self.generator, self.check)

    def _inherit(self, coarse: Level, level: Level, field: Field) -> Field:
        """Double the coarser level's offsets and fill the hole by them."""
        rows, cols, _ = self.backend.numpy(field)
        fine = self.backend.field(level, *doubled(rows, cols, coarse, level))
        fine.cost[...] = 0
        values = self.backend.vote(level, fine, QUANTILE, level.hole_ys, level.hole_xs)
        self.backend.put(level, level.hole_ys, level.hole_xs, values)
        return fine

    def _settle(self, level: Level, field: Field, index: object) -> tuple[Field, float]:
        """Search and reconstruct until the fill stands still; return the field and its energy."""
        backend = self.backend
        height, width = level.shape
        for turn in range(self.settings.rounds):
            self.check()
            if level.pairs <= ALL_PAIRS:
                backend.exhaust(level, field)
            else:
                backend.measure(level, field)
                if index is not None:
                    backend.look_up(level, index, field)
                for sweep in range(self.settings.sweeps):
                    step = STEPS[(turn + sweep) % len(STEPS)]
                    seed = int(self.generator.integers(1 << 31))
                    field = backend.sweep(level, field, step, max(height, width) // 2, seed)
            values = backend.vote(level, field, QUANTILE, level.hole_ys, level.hole_xs)
            if backend.put(level, level.hole_ys, level.hole_xs, values) < self.settings.settled:
                break
        backend.measure(level, field)
        cost = backend.numpy(field)[2]
        return field, float(cost[level.ys, level.xs].mean())


def doubled(rows: Ints, cols: Ints, coarse: Level, fine: Level) -> tuple[Ints, Ints]:
    """Carry a field one level down: twice the offsets, within the same laid copy, moved to valid sources."""
    rows, cols = spread(rows, cols, coarse.is_target, np.ones_like(coarse.is_target), coarse.valid)
    ys, xs = np.nonzero(fine.is_target)
    up_y, up_x = np.minimum(ys // 2, coarse.shape[0] - 1), np.minimum(xs // 2, coarse.shape[1] - 1)
    from_y, from_x = rows[up_y, up_x], cols[up_y, up_x]
    copy = np.searchsorted(coarse.starts, from_y, side="right") - 1
    at_y = 2 * (from_y - np.asarray(coarse.starts)[copy]) + ys - 2 * up_y + np.asarray(fine.starts)[copy]
    at_x = 2 * from_x + xs - 2 * up_x
    fine_rows, fine_cols = np.zeros(fine.shape, np.int32), np.zeros(fine.shape, np.int32)
    fine_rows[ys, xs], fine_cols[ys, xs] = to_valid(at_y, at_x, fine.valid)
    return fine_rows, fine_cols
