"""The patch engine's inner loops in torch, on any of its devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch
from torch import Tensor

from svbrdf_core.patch.cpu_backend.index import KEPT, principal, thinned
from svbrdf_core.patch.cpu_backend.kernels import FAR, R
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import Bias
from svbrdf_core.patch.torch_backend.level import PIXELS, DeviceBias, DeviceLevel, Picture, moved, on_device, weights
from svbrdf_core.patch.torch_backend.memory import Memory
from svbrdf_core.patch.torch_backend.search import NEARBY, SHORTLIST, Best, Search, random_states
from svbrdf_core.patch.torch_backend.vote import reconstructed
from svbrdf_core.patch.types import Bools, Field, Floats, Ints


@dataclass(frozen=True)
class FlatIndex:
    """Descriptors of a level's sources.

    Attributes:
        basis: float32 ``(49 C, K)``; offset: ``(K,)``, as in `index.Index`.
        members: float32 ``(K, M)``; norms: ``(M,)``, their squared lengths.
        ys, xs: int64 ``(M,)``, their patches' centres.
    """

    basis: Tensor
    offset: Tensor
    members: Tensor
    norms: Tensor
    ys: Tensor
    xs: Tensor


class TorchBackend:
    """The patch engine's inner loops on a torch device; `CpuBackend` has the same methods.

    From the same field and seed each method gives what the CPU's gives but for rounding and ties, but for `look_up`: it
    compares each patch with the nearest of all descriptors, where the CPU's inverted file searches a few lists. What it
    tries is at least as near. So whole fills with an index differ between the devices, at about the same energy.

    Fields are int64 and float32 tensors; fields and images stay on the device. The host waits for it only where a
    number decides what comes next: once a round for the change of the fill, once a level for its field.

    Args:
        device: what torch calls it: ``cuda``, ``cuda:1``, ``mps``; ``cpu`` for tests.
    """

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)
        self._memory = Memory(self._device)
        self._levels: dict[Level, DeviceLevel] = {}  # for as long as this backend lives
        self._indices: dict[Level, FlatIndex] = {}
        self._indexing = Lock()

    def prepare(self, level: Level) -> Level:
        """Copy the level's arrays to the device, and return the level.

        Raises:
            FillError: they do not fit in its memory.
        """

        def copy() -> None:
            self._levels[level] = on_device(level, self._device)

        if not self._memory.fits(copy):
            raise self._memory.too_small()
        return level

    def field(self, level: Level, rows: Ints | None = None, cols: Ints | None = None) -> Field:
        """Make a field from source rows and columns ``(H, W)``, or one without sources."""
        rows = np.zeros(level.shape, np.int32) if rows is None else rows
        cols = np.zeros(level.shape, np.int32) if cols is None else cols
        cost = torch.full(level.shape, float(FAR), device=self._device)
        return Field(moved(rows, self._device), moved(cols, self._device), cost)

    def numpy(self, field: Field) -> tuple[Ints, Ints, Floats]:
        """Return a field's rows, columns and costs as numpy arrays."""
        rows, cols = (numbers.to("cpu", torch.int32).numpy() for numbers in (field.rows, field.cols))
        return rows, cols, field.cost.cpu().numpy()

    def bias(self, level: Level, bias: Bias | None) -> DeviceBias | None:
        """Copy weights and prices of the level's sources to the device; None stands for 1 and 0."""
        if bias is None:
            return None
        bias.check(level)
        return DeviceBias(*(moved(np.asarray(one, np.float32), self._device) for one in (bias.weight, bias.price)))

    def measure(self, level: Level, field: Field, bias: DeviceBias | None) -> None:
        """Update the field's costs to the level's present image and to the bias."""
        self._search(self._on(level), field, bias, lambda search: search.measured(field), 1)

    def sweep(self, level: Level, field: Field, bias: DeviceBias | None, step: int, radius: int, seed: int) -> Field:
        """Return the field after one PatchMatch iteration."""
        on = self._on(level)
        cross = [(dy * reach, dx * reach) for reach in (1, step) for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1))]
        moves = torch.tensor(cross, device=self._device)

        def better(search: Search) -> Best:
            best = search.propagate(search.present(field), field, on.is_target, moves)
            return search.around(best, random_states(search.ys, search.xs, seed), radius)

        return self._search(on, _copy(field), bias, better, len(cross))

    def search_all(self, level: Level, field: Field, bias: DeviceBias | None) -> None:
        """Give every target the cheapest of all sources."""
        self._search(
            self._on(level),
            field,
            bias,
            lambda search: search.search_all(search.measured(field), self._memory.budget),
            SHORTLIST,
        )

    def search_ring(
        self,
        level: Level,
        field: Field,
        bias: DeviceBias | None,
        known: Bools,
        ys: Ints,
        xs: Ints,
        draws: int,
        seed: int,
    ) -> Field:
        """Return the field after one search for the targets ``(ys, xs)`` by the pixels known so far.

        ``draws`` random sources each; 0 means all sources.
        """
        on = self._on(level)
        square = torch.tensor([(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3)], device=self._device)
        matched = field.cost < float(FAR)

        def better(search: Search) -> Best:
            if draws == 0:
                return search.search_all(search.unmeasured(field), self._memory.budget)
            best = search.propagate(search.present(field), field, matched, square)
            states = random_states(search.ys, search.xs, seed)
            return search.around(search.anywhere(best, states, draws), states, NEARBY)

        targets = moved(ys, self._device), moved(xs, self._device)
        each = max(len(square), draws) if draws else SHORTLIST
        return self._search(on, _copy(field), bias, better, each, targets, weights(known, on))

    def index(self, level: Level) -> FlatIndex:
        """Describe the level's sources for `look_up`, once: sources do not change."""
        with self._indexing:
            if level not in self._indices:
                self._indices[level] = self._build_index(level)
            return self._indices[level]

    def _build_index(self, level: Level) -> FlatIndex:
        on = self._on(level)
        ys, xs = thinned(level.source_ys, level.source_xs)
        basis, offset = (moved(array, self._device) for array in principal(level, ys, xs))
        at = moved(ys, self._device), moved(xs, self._device)
        members = torch.empty(len(ys), basis.shape[1], device=self._device)

        def describe(part: slice) -> None:
            members[part] = on.source.patches(at[0][part], at[1][part]).flatten(1) @ basis - offset

        self._memory.in_chunks(len(ys), 2 * on.patch_bytes, describe)
        return FlatIndex(basis, offset, members.T.contiguous(), members.square().sum(1), *at)

    def look_up(self, level: Level, index: FlatIndex, field: Field, bias: DeviceBias | None) -> None:
        """Improve the field by the nearest of all descriptors."""
        kept = min(KEPT, len(index.ys))

        def better(search: Search) -> Best:
            queries = search.patches.flatten(1) @ index.basis - index.offset
            picked = torch.addmm(index.norms, queries, index.members, alpha=-2).topk(kept, dim=1, largest=False).indices
            return search.improve(search.present(field), index.ys[picked], index.xs[picked])

        on = self._on(level)
        self._search(on, field, bias, better, kept + -(-12 * len(index.ys) // on.patch_bytes))

    def vote(self, level: Level, field: Field, quantile: float, ys: Ints, xs: Ints) -> Tensor:
        """Return the weighted reconstruction ``(N, C)`` of pixels from the patches that cover them."""
        on = self._on(level)
        at_y, at_x = moved(ys, self._device), moved(xs, self._device)
        out = torch.empty(len(ys), level.channels, device=self._device)
        ranks = torch.tensor([min(max(n - 1, 0), int(quantile * n)) for n in range(PIXELS + 1)], device=self._device)

        def reconstruct(part: slice) -> None:
            out[part] = reconstructed(on, field, ranks, at_y[part], at_x[part])

        self._memory.in_chunks(len(ys), 2 * on.patch_bytes + 64 * PIXELS, reconstruct)
        return out

    def write_pixels(self, level: Level, ys: Ints, xs: Ints, values: Tensor) -> float:
        """Write pixels ``(N, C)`` into the level's image and return their mean absolute change."""
        image = self._on(level).target.view()
        image, values = (part[..., : level.channels - level.fixed] for part in (image, values))
        at = moved(ys, self._device) + R, moved(xs, self._device) + R
        change = (image[at] - values).abs().mean()
        image[at] = values
        height, width = level.shape
        if level.wrap[0]:
            image[:R], image[height + R :] = image[height : height + R], image[R : 2 * R]
        if level.wrap[1]:
            image[:, :R], image[:, width + R :] = image[:, width : width + R], image[:, R : 2 * R]
        return float(change)

    def values(self, values: Floats) -> Tensor:
        """Return values ``(N, C)`` as `write_pixels` takes them."""
        return moved(values, self._device)

    def values_in_numpy(self, values: Tensor) -> Floats:
        """Return voted values in numpy."""
        return np.asarray(values.cpu().numpy(), np.float32)

    def picture(self, level: Level) -> Floats:
        """Return a copy of the level's image without its border."""
        height, width = level.shape
        return self._on(level).target.view()[R : R + height, R : R + width].cpu().numpy().copy()

    def pixels(self, level: Level) -> Tensor:
        """Return the hole's pixels ``(N, C)`` as they are filled now."""
        return self._on(level).target.view()[
            moved(level.hole_ys, self._device) + R, moved(level.hole_xs, self._device) + R
        ]

    def _on(self, level: Level) -> DeviceLevel:
        return self._levels[level]

    def _search(
        self,
        on: DeviceLevel,
        into: Field,
        bias: DeviceBias | None,
        better: Callable[[Search], Best],
        tried: int,
        targets: tuple[Tensor, Tensor] | None = None,
        known: Picture | None = None,
    ) -> Field:
        """Write better sources of the targets, ``tried`` patches compared at a time, into a field and return it."""
        ys, xs = targets or (on.ys, on.xs)

        def work(part: slice) -> None:
            y, x = ys[part], xs[part]
            weight = None if known is None else known.patches(y, x)[..., 0]
            best = better(Search(on, bias, y, x, on.target.patches(y, x), weight))
            into.rows[y, x], into.cols[y, x], into.cost[y, x] = best.rows, best.cols, best.cost

        self._memory.in_chunks(len(ys), (tried + 2) * on.patch_bytes, work)
        return into


def _copy(field: Field) -> Field:
    return Field(field.rows.clone(), field.cols.clone(), field.cost.clone())
