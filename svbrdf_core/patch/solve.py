"""The multiscale search: from the levels of a pyramid to the nearest-neighbour field of the finest.

Newson et al. 2017, algorithm 1, with three changes: beside the coarser level's field, a level may also start from a
fresh onion peel, from cut pieces (`pieces`) and, where the material repeats, from a plain shift (`regular`), and the
best field is kept; coarse levels are matched exhaustively; finer ones look patches up in an index
(`cpu_backend.index`). What a source costs, what is written and which start is the best are decided by the objective.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.effort import estimate_levels, estimate_start
from svbrdf_core.patch.guide import Guide
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import Bias, Objective, SearchState, StartKind
from svbrdf_core.patch.onion import QUANTILE, move_to_valid, peel_onion, spread_sources
from svbrdf_core.patch.pieces import THICKEST, lay_pieces
from svbrdf_core.patch.regular import find_shift
from svbrdf_core.patch.types import Field, Floats, Ints, PatchSettings
from svbrdf_core.run import Run
from svbrdf_core.tensors.threads import begin, map_in_threads

ALL_PAIRS = 1_500_000
"""A level with fewer target-source pairs than this is matched exhaustively in every round."""
STEPS = (8, 4, 2, 6)
"""How far the second ring of neighbours is that a sweep propagates from, in turn."""
FARTHEST = 64
"""Pixels within which sweeps draw sources where there is no index: what was inherited comes from one."""
LOOK_UPS = 4
"""Rounds of a level that look patches up in the index; later rounds only refine what these found."""
REGULAR = 0.5
"""A shift must score this to be tried: on the fixed cases near-regular materials reach 0.7 and more, others 0.45."""
EXACT = 0.9
"""Where a shift scores this, pieces have nothing to add: they would break the period."""
GUIDED = 4
"""Layings of pieces by a guide, where there is one."""
MATCHING = "matching"
"""The phase of a run."""
LARGEST = 320
"""Levels longer than this on a side are not searched for a shift; they inherit it from coarser ones."""


@dataclass
class Attempt:
    """One start of one level on its way, and the device's form of the last bias.

    Attributes:
        level: where.
        depth: its number, 0 for the finest.
        start: how the first field is made.
        contested: whether there are other starts.
        run: its search, for progress.
    """

    level: Level
    depth: int
    start: StartKind
    contested: bool
    run: Run
    last: tuple[Bias | None, Any] | None = None


Start = Callable[[Attempt], Field]
"""Makes an attempt's first field, and fills the level's image by it."""


@dataclass(frozen=True)
class Solver:
    """What all levels share.

    Attributes:
        backend: the device.
        settings: iterations, sweeps, tolerances.
        objective: what is minimised.
        run: progress, cancelling and randomness.
        show: makes of a level's number and field something to look at meanwhile; None, and there is nothing.
    """

    backend: Backend
    settings: PatchSettings
    objective: Objective
    run: Run
    show: Callable[[int, Ints, Ints], Floats] | None = None

    def begin(self, levels: Sequence[Level]) -> list[Callable[[], Any]]:
        """Have other threads prepare the levels, coarse ones first; return what gives each one's index, None if none.

        Args:
            levels: from fine to coarse, all prepared by the backend.
        """
        parts = [
            partial(self._prepare, level, depth, generator)
            for depth, (level, generator) in enumerate(zip(levels, self.run.generator.spawn(len(levels)), strict=True))
        ]
        return [begin(part) for part in parts[::-1]][::-1]

    def _prepare(self, level: Level, depth: int, generator: np.random.Generator) -> Any:
        self.objective.prepare(level, depth, generator)
        return self.backend.index(level) if depth > 0 and level.pairs > ALL_PAIRS else None

    def solve(
        self,
        levels: Sequence[Level],
        indices: Sequence[Callable[[], Any]],
        draft: Guide | None = None,
        guide: Guide | None = None,
    ) -> tuple[Field, float]:
        """Return the finest level's field and its energy.

        Args:
            levels: from fine to coarse, all prepared.
            indices: what `begin` returned for them.
            draft: what pieces are laid by, on the level of pieces.
            guide: what another method knows, by which pieces of its level are also laid.
        """
        field, energy = Field(None, None, None), 0.0
        for depth, run in zip(range(len(levels) - 1, -1, -1), self._split(levels), strict=True):
            level = levels[depth]
            starts: list[tuple[StartKind, Start]] = (
                [("inherited", partial(self._inherit, levels[depth + 1], field))] if depth + 1 < len(levels) else []
            )
            if depth > 0 or len(levels) == 1:
                starts += self._fresh_starts(levels, depth, draft)
                if guide is not None and guide.depth == depth:
                    starts.append(("guided", partial(self._lay, guide, GUIDED)))
            field, energy = self._settle_best(level, depth, starts, indices[depth](), run)
            run.report(MATCHING, 1.0, preview=None if self.show is None else partial(self._look, depth, field))
        return field, energy

    def _look(self, depth: int, field: Field) -> Floats:
        assert self.show is not None
        rows, cols, _ = self.backend.numpy(field)
        return self.show(depth, rows, cols)

    def _split(self, levels: Sequence[Level]) -> list[Run]:
        """Return the runs of the levels, from coarse to fine."""
        laid_on = find_level_of_pieces(levels) if self.settings.pieces else -1
        return self.run.parts(estimate_levels(levels, laid_on, ALL_PAIRS, self.settings)[::-1])

    def _settle_best(
        self, level: Level, depth: int, starts: list[tuple[StartKind, Start]], index: Any, run: Run
    ) -> tuple[Field, float]:
        """Settle the field from each start; keep that of the lowest energy, and return it with its mean cost."""
        contested = len(starts) > 1
        best, kept, pixels = np.inf, (Field(None, None, None), 0.0), None
        efforts = [self._estimate(kind, level, depth) for kind, _ in starts]
        for (kind, start), effort, part in zip(starts, efforts, run.parts([sum(one) for one in efforts]), strict=True):
            making, settling = part.parts(effort)
            attempt = Attempt(level, depth, kind, contested, settling)
            first = start(attempt)
            making.report(MATCHING, 1.0)
            field, iteration = self._settle(attempt, first, index)
            settling.report(MATCHING, 1.0)
            state = self._state(attempt, field, iteration)
            energy = self.objective.energy(state) if contested else -np.inf
            if energy < best:
                best, kept = energy, (field, state.mean_cost)
                pixels = self.backend.pixels(level) if contested else None
        if pixels is not None:
            self.backend.write_pixels(level, level.hole_ys, level.hole_xs, pixels)
        return kept

    def _estimate(self, kind: StartKind, level: Level, depth: int) -> tuple[float, float]:
        layings = GUIDED if kind == "guided" else self.settings.pieces
        return estimate_start(kind, level, depth, layings, ALL_PAIRS, self.settings)

    def _fresh_starts(self, levels: Sequence[Level], depth: int, draft: Guide | None) -> list[tuple[StartKind, Start]]:
        """Return the starts that owe nothing to a coarser level.

        One shift of the picture is tried wherever the material is regular enough. Cut pieces are laid on one level, the
        finest on which the hole is thin enough for them; there and on finer ones they, or what was inherited, have
        always been better than a peel.
        """
        level, starts = levels[depth], list[tuple[StartKind, Start]]()
        shift = find_shift(level) if max(level.shape) <= LARGEST else None
        score = shift.score if shift is not None else 0.0
        if shift is not None and score >= REGULAR:
            starts.append(("shifted", partial(self._shift, shift.dy, shift.dx)))
        laid_on = find_level_of_pieces(levels) if self.settings.pieces else -1
        lays = depth == laid_on and score < EXACT
        if lays:
            starts.append(("pieces", partial(self._lay, draft, self.settings.pieces)))
        is_coarsest = depth + 1 == len(levels)  # there is nothing inherited
        if is_coarsest or depth > laid_on or (depth == laid_on and not lays):
            starts.append(("peeled", self._peel))
        return starts

    def _shift(self, dy: int, dx: int, attempt: Attempt) -> Field:
        level = attempt.level
        ys, xs = np.nonzero(level.is_target)
        rows, cols = np.zeros(level.shape, np.int32), np.zeros(level.shape, np.int32)
        at = move_to_valid((ys + dy).astype(np.int32), (xs + dx).astype(np.int32), level.valid)
        rows[ys, xs], cols[ys, xs] = at
        return self._fill_by(level, rows, cols)

    def _lay(self, guide: Guide | None, count: int, attempt: Attempt) -> Field:
        """Fill the hole by pieces, several times; keep the laying of the lowest energy."""
        level = attempt.level
        bias = self._bias(attempt, self.backend.field(level))
        weight = None if attempt.last is None or attempt.last[0] is None else attempt.last[0].weight
        lay = partial(lay_pieces, level, guide=guide, weight=weight)
        layings = map_in_threads(lay, self.run.generator.spawn(count))
        best, kept, pixels = np.inf, self.backend.field(level), None
        for rows, cols in layings:
            self.run.check()
            field = self._fill_by(level, rows, cols)
            self.backend.measure(level, field, bias)
            energy = self.objective.energy(self._state(attempt, field, 0))
            if energy < best:
                best, kept, pixels = energy, field, self.backend.pixels(level)
        self.backend.write_pixels(level, level.hole_ys, level.hole_xs, pixels)
        return kept

    def _peel(self, attempt: Attempt) -> Field:
        return peel_onion(self.backend, attempt.level, self.run, lambda field: self._bias(attempt, field))

    def _inherit(self, coarse: Level, field: Field, attempt: Attempt) -> Field:
        """Double the coarser level's offsets and fill the hole by them."""
        rows, cols, _ = self.backend.numpy(field)
        return self._fill_by(attempt.level, *double_field(rows, cols, coarse, attempt.level))

    def _fill_by(self, level: Level, rows: Ints, cols: Ints) -> Field:
        field = self.backend.field(level, rows, cols)
        field.cost[...] = 0
        values = self.backend.vote(level, field, QUANTILE, level.hole_ys, level.hole_xs)
        self.backend.write_pixels(level, level.hole_ys, level.hole_xs, values)
        return field

    def _settle(self, attempt: Attempt, field: Field, index: object) -> tuple[Field, int]:
        """Search and reconstruct until the fill stands still; return the field, and how often."""
        backend, level = self.backend, attempt.level
        for iteration in range(self.settings.iterations):
            self.run.check()
            bias = self._bias(attempt, field, iteration)
            field = self._search(level, field, bias, index, iteration)
            values = backend.vote(level, field, QUANTILE, level.hole_ys, level.hole_xs)
            refined = self.objective.refine(self._state(attempt, field, iteration, values))
            if refined is not None:
                values = backend.values(refined)
            if backend.write_pixels(level, level.hole_ys, level.hole_xs, values) < self.settings.tolerance:
                break
            attempt.run.report(MATCHING, 1 - 0.5 ** (iteration + 1))
        backend.measure(level, field, bias)
        return field, iteration + 1

    def _search(self, level: Level, field: Field, bias: Any, index: object, iteration: int) -> Field:
        """Return the field after one round of search by the level's present image."""
        if level.pairs <= ALL_PAIRS:
            self.backend.search_all(level, field, bias)
            return field
        self.backend.measure(level, field, bias)
        if index is not None and iteration < LOOK_UPS:
            self.backend.look_up(level, index, field, bias)
        radius = min(max(level.shape) // 2, FARTHEST if index is None else max(level.shape))
        for sweep in range(self.settings.sweeps):
            step = STEPS[(iteration + sweep) % len(STEPS)]
            seed = int(self.run.generator.integers(1 << 31))
            field = self.backend.sweep(level, field, bias, step, radius, seed)
        return field

    def _bias(self, attempt: Attempt, field: Field, iteration: int | None = None) -> Any:
        """Return the device's form of the objective's bias, made anew only if it is not the one of the last search."""
        bias = self.objective.bias(self._state(attempt, field, iteration))
        if attempt.last is None or attempt.last[0] is not bias:
            attempt.last = bias, self.backend.bias(attempt.level, bias)
        return attempt.last[1]

    def _state(self, attempt: Attempt, field: Field, iteration: int | None, voted: Any = None) -> SearchState:
        return SearchState(
            attempt.level,
            attempt.depth,
            attempt.start,
            attempt.contested,
            iteration,
            self.run.generator,
            self.backend,
            field,
            voted,
        )


def find_level_of_pieces(levels: Sequence[Level]) -> int:
    """Return the finest level but the last on which the hole is thin enough for pieces, -1 if there is none."""
    thin = [depth for depth, level in enumerate(levels) if level.thickness <= THICKEST]
    return next((depth for depth in thin if depth > 0 or len(levels) == 1), -1)


def double_field(rows: Ints, cols: Ints, coarse: Level, fine: Level) -> tuple[Ints, Ints]:
    """Carry a field one level down: twice the offsets, within the same oriented copy, moved to valid sources."""
    ys, xs = np.nonzero(fine.is_target)
    up_y, up_x = np.minimum(ys // 2, coarse.shape[0] - 1), np.minimum(xs // 2, coarse.shape[1] - 1)
    wanted = np.zeros_like(coarse.is_target)
    wanted[up_y, up_x] = True
    rows, cols = spread_sources(rows, cols, coarse.is_target, wanted, coarse.valid)
    from_y, from_x = rows[up_y, up_x], cols[up_y, up_x]
    copy = np.searchsorted(coarse.starts, from_y, side="right") - 1
    at_y = 2 * (from_y - np.asarray(coarse.starts)[copy]) + ys - 2 * up_y + np.asarray(fine.starts)[copy]
    at_x = 2 * from_x + xs - 2 * up_x
    fine_rows, fine_cols = np.zeros(fine.shape, np.int32), np.zeros(fine.shape, np.int32)
    fine_rows[ys, xs], fine_cols[ys, xs] = move_to_valid(at_y, at_x, fine.valid)
    return fine_rows, fine_cols
