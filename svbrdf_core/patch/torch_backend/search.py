"""Searches for better sources of some targets: the steps of `kernels`, in torch.

Targets are handled all at once. Candidates that do not depend on each other are measured together, so that the first of
equally good ones is not always the one that the kernels keep; otherwise the results are theirs but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from svbrdf_core.patch.cpu_backend.kernels import FAR
from svbrdf_core.patch.torch_backend.level import DeviceBias, DeviceLevel
from svbrdf_core.patch.types import Field

WORD = 0xFFFFFFFF
NEARBY = 16
"""Where the onion peel's local search begins, in pixels; `kernels.search_ring` has the same number."""
SHORTLIST = 8
"""Sources that are cheapest by a matrix product, which rounds coarsely, and are then measured."""


@dataclass(frozen=True)
class Best:
    """The best sources so far of ``n`` targets: int64 rows and columns and float32 costs, each ``(n,)``."""

    rows: Tensor
    cols: Tensor
    cost: Tensor


@dataclass(frozen=True)
class Search:
    """Targets that look for sources.

    Attributes:
        level: where.
        bias: what its sources cost; None for their distances.
        ys, xs: int64 ``(n,)``.
        patches: float32 ``(n, 49, C)``, what they look like.
        weight: float32 ``(n, 49)``, which of their pixels count; None for all.
    """

    level: DeviceLevel
    bias: DeviceBias | None
    ys: Tensor
    xs: Tensor
    patches: Tensor
    weight: Tensor | None = None

    def present(self, field: Field) -> Best:
        """Return the targets' sources in a field."""
        return Best(field.rows[self.ys, self.xs], field.cols[self.ys, self.xs], field.cost[self.ys, self.xs])

    def unmeasured(self, field: Field) -> Best:
        """Return the targets' sources at the cost of having none."""
        best = self.present(field)
        return Best(best.rows, best.cols, torch.full_like(best.cost, float(FAR)))

    def measured(self, field: Field) -> Best:
        """Return the targets' sources, wherever they lie, at what they cost now."""
        best = self.unmeasured(field)
        ok = torch.ones_like(best.rows[:, None], dtype=torch.bool)
        return self.improve(best, best.rows[:, None], best.cols[:, None], ok)

    def improve(self, best: Best, rows: Tensor, cols: Tensor, ok: Tensor | None = None) -> Best:
        """Try sources ``(n, k)`` where they are ok: by default, where they are valid."""
        ok = self.level.is_valid(rows, cols) if ok is None else ok
        cost, k = self._costs(rows, cols, ok).min(1, keepdim=True)
        wins = cost[:, 0] < best.cost
        return Best(
            torch.where(wins, rows.gather(1, k)[:, 0], best.rows),
            torch.where(wins, cols.gather(1, k)[:, 0], best.cols),
            torch.where(wins, cost[:, 0], best.cost),
        )

    def _costs(self, rows: Tensor, cols: Tensor, ok: Tensor) -> Tensor:
        """Return what sources ``(n, k)`` cost; `FAR` where not ``ok``."""
        distances = self.level.distances(self.patches, self.weight, rows, cols, ok)
        if self.bias is None:
            return distances
        at = torch.where(ok, rows, 0), torch.where(ok, cols, 0)
        return torch.where(ok, distances * self.bias.weight[at] + self.bias.price[at], float(FAR))

    def propagate(self, best: Best, field: Field, present: Tensor, moves: Tensor) -> Best:
        """Try the sources of the neighbours that lie ``moves`` ``(k, 2)`` away and are ``present``, shifted along."""
        qy, qx, inside = self.level.within(self.ys[:, None] + moves[:, 0], self.xs[:, None] + moves[:, 1])
        rows, cols = field.rows[qy, qx] - moves[:, 0], field.cols[qy, qx] - moves[:, 1]
        return self.improve(best, rows, cols, inside & present[qy, qx] & self.level.is_valid(rows, cols))

    def around(self, best: Best, states: Iterator[Tensor], radius: int) -> Best:
        """Try random sources near the best, the radius halved from ``radius`` to 1."""
        while radius >= 1:
            rows = best.rows + next(states) % (2 * radius + 1) - radius
            cols = best.cols + next(states) % (2 * radius + 1) - radius
            best = self.improve(best, rows[:, None], cols[:, None])
            radius //= 2
        return best

    def anywhere(self, best: Best, states: Iterator[Tensor], draws: int) -> Best:
        """Try random sources of the whole level."""
        sources = self.level.source_ys
        picked = torch.stack([next(states) % len(sources) for _ in range(draws)], 1)
        return self._try_listed(best, picked)

    def search_all(self, best: Best, budget: int) -> Best:
        """Try all sources, ``budget`` bytes of them at a time."""
        level = self.level
        n, count = len(self.ys), len(level.source_ys)
        values = self.patches.flatten(1)
        weight = None if self.weight is None else self.weight.repeat_interleave(self.patches.shape[2], 1)
        size = max(SHORTLIST, budget // (2 * level.patch_bytes + 16 * n))
        lengths = (values.square() if weight is None else weight * values.square()).sum(1, keepdim=True)
        near, picked = values.new_empty(n, 0), level.source_ys.new_empty(n, 0)
        for start in range(0, count, size):
            ys, xs = level.source_ys[start : start + size], level.source_xs[start : start + size]
            costs = _relative_distances(values, weight, level.source.patches(ys, xs).flatten(1))
            if self.bias is not None:  # what is left out in all distances is left out in all costs
                factor, price = self.bias.weight[ys, xs], self.bias.price[ys, xs]
                costs = costs * factor + (lengths * (factor - 1) + price)
            nearer, at = _nearest(costs)
            near, order = _nearest(torch.cat([near, nearer], 1))
            picked = torch.cat([picked, at + start], 1).gather(1, order)
        return self._try_listed(best, picked.sort(1).values)

    def _try_listed(self, best: Best, picked: Tensor) -> Best:
        ok = torch.ones_like(picked, dtype=torch.bool)
        return self.improve(best, self.level.source_ys[picked], self.level.source_xs[picked], ok)


def _relative_distances(values: Tensor, weight: Tensor | None, sources: Tensor) -> Tensor:
    """Return the squared distances ``(n, m)`` less the part that is the same for all sources."""
    if weight is None:
        return torch.addmm(sources.square().sum(1), values, sources.T, alpha=-2)
    return torch.addmm(weight @ sources.square().T, weight * values, sources.T, alpha=-2)


def _nearest(distances: Tensor) -> tuple[Tensor, Tensor]:
    near, at = distances.topk(min(SHORTLIST, distances.shape[1]), dim=1, largest=False)
    return near, at


def random_states(ys: Tensor, xs: Tensor, seed: int) -> Iterator[Tensor]:
    """Yield the random numbers that `kernels` draws for pixels: 32-bit words, held in int64 ``(n,)``."""
    state = _scramble((ys * 73856093 ^ xs * 19349663 ^ seed) & WORD)
    while True:
        state = _scramble((state + 0x9E3779B9) & WORD)
        yield state


def _scramble(x: Tensor) -> Tensor:
    """Hash 32-bit words; a product's overflow beyond 64 bits does not reach the 32 bits that are kept."""
    x = x ^ (x >> 16)
    x = (x * 0x7FEB352D) & WORD
    x = x ^ (x >> 15)
    x = (x * 0x846CA68B) & WORD
    return x ^ (x >> 16)
