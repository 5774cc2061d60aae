"""The levels of a pyramid come in; the nearest-neighbour field of the finest goes out.

Newson et al. 2017, algorithm 1, with three changes: every level but the finest also tries a fresh onion peel and, where
the material repeats, a plain shift (`regular`), and keeps the best field; coarse levels are matched exhaustively; finer
ones look patches up in an index (`index`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.initialization import softness
from svbrdf_core.patch.cpu_backend.kernels import FAR
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.onion import QUANTILE, onion_peel, spread, to_valid
from svbrdf_core.patch.regular import best_shift
from svbrdf_core.patch.types import Field, Floats, Ints, PatchSettings

ALL_PAIRS = 1_500_000
"""A level with fewer target-source pairs than this is matched exhaustively in every round."""
MANY_PAIRS = 50_000_000
"""A guess is matched exhaustively below this; it happens once."""
STEPS = (8, 4, 2, 6)
"""How far the second ring of neighbours is that a sweep propagates from, in turn."""
LOOK_UPS = 4
"""Rounds of a level that look patches up in the index; later rounds only refine what these found."""
REGULAR = 0.5
"""A shift must score this to be tried: on the fixed cases near-regular materials reach 0.7 and more, others 0.45."""
RELUCTANT = 1.1
"""Factor on the energy of a shift: its interior costs nothing by construction, so it must win clearly."""
LARGEST = 320
"""Levels longer than this on a side are not searched for a shift; they inherit it from coarser ones."""

Start = Callable[[], Field]


@dataclass(frozen=True)
class Solver:
    """What all levels share.

    Attributes:
        backend: the device.
        settings: rounds, sweeps, tolerances.
        generator: source of all randomness.
        check: called between steps; raises to stop.
        on_work: called with the fraction of the work done after each settled field.
    """

    backend: Backend
    settings: PatchSettings
    generator: np.random.Generator
    check: Callable[[], None]
    on_work: Callable[[float], None]

    def solve(self, levels: Sequence[Level], guess: tuple[int, Floats] | None = None) -> tuple[Field, float]:
        """Return the finest level's field and its energy.

        Args:
            levels: from fine to coarse, all prepared.
            guess: the number of a level, and values ``(N, C)`` for its hole to start from besides all others.
        """
        field, energy = Field(None, None, None), 0.0
        shares = _shares(levels)
        for depth in range(len(levels) - 1, -1, -1):
            level = levels[depth]
            starts: list[tuple[float, Start]] = []
            if depth + 1 < len(levels):
                starts.append(
                    (1 / self.settings.inherit_below, partial(self._inherit, levels[depth + 1], level, field))
                )
            if depth > 0 or len(levels) == 1:
                starts.append((1.0, partial(self._peel, level)))
                starts += [(RELUCTANT, start) for start in self._shifts(level)]
            if guess is not None and guess[0] == depth:
                starts.append((1.0, partial(self._guessed, level, guess[1])))
            weigh = self._softness if guess is not None and guess[0] == depth else _equally
            field, energy = self._best(level, starts, depth > 0, weigh, partial(self._tell, *shares[depth]))
        return field, energy

    def _best(
        self,
        level: Level,
        starts: list[tuple[float, Start]],
        indexed: bool,
        weigh: Callable[[Level], float],
        tell: Callable[[float], None],
    ) -> tuple[Field, float]:
        """Settle the field from each start and keep the one of the lowest energy, each weighed by its factors."""
        index = self.backend.index(level, self.generator) if indexed and level.pairs > ALL_PAIRS else None
        best, kept, image = np.inf, (Field(None, None, None), 0.0), None
        for number, (factor, start) in enumerate(starts):
            settled = self._settle(level, start(), index)
            tell((number + 1) / len(starts))
            energy = factor * settled[1] * (weigh(level) if len(starts) > 1 else 1.0)
            if energy < best:
                best, kept = energy, settled
                image = self.backend.image(level) if len(starts) > 1 else None
        if image is not None:
            self.backend.restore(level, image)
        return kept

    def _softness(self, level: Level) -> float:
        return softness(self.backend.picture(level), level.known)

    def _tell(self, done: float, share: float, part: float) -> None:
        self.on_work(done + part * share)

    def _shifts(self, level: Level) -> list[Start]:
        """Return the start by one shift of the picture, if the material is regular enough for one."""
        if max(level.shape) > LARGEST:
            return []
        shift = best_shift(level)
        if shift is None or shift.score < REGULAR:
            return []
        return [partial(self._shifted, level, shift.dy, shift.dx)]

    def _shifted(self, level: Level, dy: int, dx: int) -> Field:
        ys, xs = np.nonzero(level.is_target)
        rows, cols = np.zeros(level.shape, np.int32), np.zeros(level.shape, np.int32)
        rows[ys, xs], cols[ys, xs] = to_valid((ys + dy).astype(np.int32), (xs + dx).astype(np.int32), level.valid)
        return self._filled_by(level, rows, cols)

    def _guessed(self, level: Level, values: Floats) -> Field:
        """Fill the hole with a guess and look for where it could come from."""
        field = self.backend.field(level)
        self.backend.put(level, level.hole_ys, level.hole_xs, self.backend.values(values))
        if level.pairs <= MANY_PAIRS:
            self.backend.exhaust(level, field)
            return field
        self.backend.look_up(level, self.backend.index(level, self.generator), field)
        rows, cols, cost = self.backend.numpy(field)
        return self.backend.field(level, *spread(rows, cols, cost < FAR, level.is_target, level.valid))

    def _peel(self, level: Level) -> Field:
        return onion_peel(self.backend, level, self.generator, self.check)

    def _inherit(self, coarse: Level, level: Level, field: Field) -> Field:
        """Double the coarser level's offsets and fill the hole by them."""
        rows, cols, _ = self.backend.numpy(field)
        return self._filled_by(level, *doubled(rows, cols, coarse, level))

    def _filled_by(self, level: Level, rows: Ints, cols: Ints) -> Field:
        field = self.backend.field(level, rows, cols)
        field.cost[...] = 0
        values = self.backend.vote(level, field, QUANTILE, level.hole_ys, level.hole_xs)
        self.backend.put(level, level.hole_ys, level.hole_xs, values)
        return field

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
                if index is not None and turn < LOOK_UPS:
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


def _equally(level: Level) -> float:
    return 1.0


def _shares(levels: Sequence[Level]) -> list[tuple[float, float]]:
    """Return the part of the work done before each level, and its own: about the root of its patches, a start."""
    work = [len(level.ys) ** 0.5 * (3 if depth else 1) for depth, level in enumerate(levels)]
    total = sum(work)
    return [(sum(work[depth + 1 :]) / total, work[depth] / total) for depth in range(len(levels))]


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
