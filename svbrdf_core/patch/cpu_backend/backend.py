"""The patch engine's inner loops on the CPU, by compiled kernels."""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np

from svbrdf_core.patch.cpu_backend import kernels
from svbrdf_core.patch.cpu_backend.exhaustive import Exhaustive
from svbrdf_core.patch.cpu_backend.index import Index, build_index, look_up
from svbrdf_core.patch.cpu_backend.kernels import FAR, INVERSE, PRICE, WEIGHT, R
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import Bias
from svbrdf_core.patch.types import Bools, Field, Floats, Ints


class CpuBackend:
    """The patch engine's inner loops on the CPU; `TorchBackend` has the same methods."""

    def __init__(self) -> None:
        self._exhaustive = Exhaustive()
        self._indices: WeakKeyDictionary[Level, Index] = WeakKeyDictionary()
        self._indexing = Lock()

    def prepare(self, level: Level) -> Level:
        """Return the level as it is: the kernels work on its own arrays, ``target`` included."""
        return level

    def field(self, level: Level, rows: Ints | None = None, cols: Ints | None = None) -> Field:
        """Make a field from source rows and columns ``(H, W)``, or one without sources."""
        rows = np.zeros(level.shape, np.int32) if rows is None else rows
        cols = np.zeros(level.shape, np.int32) if cols is None else cols
        return Field(rows, cols, np.full(level.shape, FAR, np.float32))

    def numpy(self, field: Field) -> tuple[Ints, Ints, Floats]:
        """Return a field's rows, columns and costs as numpy arrays."""
        return field.rows, field.cols, field.cost

    def bias(self, level: Level, bias: Bias | None) -> Floats:
        """Return weights and prices of the level's sources as the kernels take them; None stands for 1 and 0."""
        if bias is None:
            return unit_bias(level)
        bias.check(level)
        # Four numbers a source of which three are taken: aligned, and of the same numba type as `unit_bias`.
        out = np.empty((*level.valid.shape, 4), np.float32)[..., :3]
        out[..., WEIGHT], out[..., PRICE] = bias.weight, bias.price
        with np.errstate(divide="ignore"):  # where there is no source
            out[..., INVERSE] = 1 / bias.weight
        return out

    def measure(self, level: Level, field: Field, bias: Floats) -> None:
        """Update the field's costs to the level's present image and to the bias."""
        kernels.measure(
            level.target, level.source, bias, level.channels, level.ys, level.xs, field.rows, field.cols, field.cost
        )

    def sweep(self, level: Level, field: Field, bias: Floats, step: int, radius: int, seed: int) -> Field:
        """Return the field after one PatchMatch iteration."""
        # Only targets count: memory that nobody writes to is not even taken.
        new = Field(*(np.zeros(part.shape, part.dtype) for part in (field.rows, field.cols, field.cost)))
        kernels.sweep(
            level.target,
            level.source,
            bias,
            level.channels,
            level.ys,
            level.xs,
            level.is_target,
            level.valid,
            field.rows,
            field.cols,
            field.cost,
            new.rows,
            new.cols,
            new.cost,
            step,
            radius,
            seed,
            *level.wrap,
        )
        return new

    def search_all(self, level: Level, field: Field, bias: Floats) -> None:
        """Give every target the cheapest of all sources."""
        self.measure(level, field, bias)
        self._exhaustive.search(level, field, bias, level.ys, level.xs)

    def search_ring(
        self, level: Level, field: Field, bias: Floats, known: Bools, ys: Ints, xs: Ints, draws: int, seed: int
    ) -> Field:
        """Return the field after one search for the targets ``(ys, xs)`` by the pixels known so far.

        ``draws`` random sources each; 0 means all sources.
        """
        weight = np.pad(known.astype(np.float32), R)
        for axis, wraps in enumerate(level.wrap):
            if wraps:
                weight = np.pad(
                    weight[R:-R] if axis == 0 else weight[:, R:-R],
                    ((R, R), (0, 0)) if axis == 0 else ((0, 0), (R, R)),
                    mode="wrap",
                )
        new = Field(field.rows.copy(), field.cols.copy(), field.cost.copy())
        if draws == 0:
            new.cost[ys, xs] = FAR
            self._exhaustive.search(level, new, bias, ys, xs, weight)
            return new
        kernels.search_ring(
            level.target,
            level.source,
            bias,
            weight,
            level.channels,
            ys,
            xs,
            field.cost < FAR,
            level.valid,
            level.source_ys,
            level.source_xs,
            field.rows,
            field.cols,
            field.cost,
            new.rows,
            new.cols,
            new.cost,
            draws,
            seed,
            *level.wrap,
        )
        return new

    def index(self, level: Level) -> Index:
        """Index the level's sources for `look_up`, once: sources do not change."""
        with self._indexing:
            if level not in self._indices:
                self._indices[level] = build_index(level)
            return self._indices[level]

    def look_up(self, level: Level, index: Index, field: Field, bias: Floats) -> None:
        """Improve the field by the index."""
        look_up(level, index, field, bias)

    def vote(self, level: Level, field: Field, quantile: float, ys: Ints, xs: Ints) -> Floats:
        """Return the weighted reconstruction ``(N, C)`` of pixels from the patches that cover them."""
        out = level.target.reshape(level.target.shape[0], -1, level.channels)[ys + R, xs + R]
        kernels.vote(
            level.source,
            level.channels,
            ys,
            xs,
            level.is_target,
            field.rows,
            field.cols,
            field.cost,
            quantile,
            *level.wrap,
            out,
        )
        return out

    def write_pixels(self, level: Level, ys: Ints, xs: Ints, values: Floats) -> float:
        """Write pixels ``(N, C)`` into the level's image and return their mean absolute change."""
        image = level.target.reshape(level.target.shape[0], -1, level.channels)
        image, values = (part[..., : level.channels - level.fixed] for part in (image, values))
        change = float(np.abs(image[ys + R, xs + R] - values).mean())
        image[ys + R, xs + R] = values
        height, width = level.shape
        if level.wrap[0]:
            image[:R], image[height + R :] = image[height : height + R], image[R : 2 * R]
        if level.wrap[1]:
            image[:, :R], image[:, width + R :] = image[:, width : width + R], image[:, R : 2 * R]
        return change

    def values(self, values: Floats) -> Floats:
        """Return values for `write_pixels`."""
        return values

    def values_in_numpy(self, values: Floats) -> Floats:
        """Return voted values as they are."""
        return values

    def picture(self, level: Level) -> Floats:
        """Return the level's image without its border."""
        picture = np.array(level.given[R:-R, R:-R])
        picture[level.hole_ys, level.hole_xs] = self.pixels(level)
        return picture

    def pixels(self, level: Level) -> Floats:
        """Return the hole's pixels ``(N, C)`` as they are filled now."""
        image = level.target.reshape(level.target.shape[0], -1, level.channels)
        return np.asarray(image[level.hole_ys + R, level.hole_xs + R])


def unit_bias(level: Level) -> Floats:
    """Return a bias of weight 1 and price 0 for all sources, which all share its three numbers."""
    unit = np.array([1, 0, 1, 0], np.float32)
    shape = (*level.valid.shape, len(unit))
    return np.lib.stride_tricks.as_strided(unit, shape, (0, 0, unit.itemsize))[..., :3]
