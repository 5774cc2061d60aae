"""Exhaustive matching on the CPU: all distances estimated by one product of matrices, the likely ones computed exactly.

A squared distance is a sum of squares less twice a product, and the products of all targets with all sources are one
product of matrices, which linear algebra does many times faster than a loop over pairs. Its sums are rounded in an
order of their own, so they only say which sources may be the cheapest; the kernel computes these as it always does,
and the answer is that of a loop over all pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np

from svbrdf_core.patch.cpu_backend import kernels
from svbrdf_core.patch.cpu_backend.kernels import PATCH, PRICE, WEIGHT
from svbrdf_core.patch.level import Level, gather_patches
from svbrdf_core.patch.types import Field, Floats, Ints
from svbrdf_core.tensors.threads import map_in_threads

TARGETS, SOURCES = 128, 16384
"""Targets and sources whose products are held at a time."""
ROUNDING = 2.0**-23
"""What a sum may be off by, for each of its terms, over the sum of their sizes: twice what float32 allows."""


@dataclass(frozen=True)
class Sources:
    """Some of a level's sources, as matrices.

    Attributes:
        ys, xs: int32 ``(S,)``.
        patches: float32 ``(S, 49 C)``; squares: ``(S, 49)``, sums of squares of their pixels; whole: ``(S,)``, of all.
    """

    ys: Ints
    xs: Ints
    patches: Floats
    squares: Floats
    whole: Floats

    @classmethod
    def gather(cls, level: Level, part: slice) -> Sources:
        """Copy the patches of a part of the level's list of sources."""
        ys, xs = level.source_ys[part], level.source_xs[part]
        patches = gather_patches(level.source, level.channels, ys, xs)
        squares = _sum_pixels(patches, level.channels)
        return cls(ys, xs, patches, squares, squares.sum(1))


class Exhaustive:
    """Compares targets with all sources of their level; remembers those of levels with few."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Level, Sources] = WeakKeyDictionary()

    def search(self, level: Level, field: Field, bias: Floats, ys: Ints, xs: Ints, known: Floats | None = None) -> None:
        """Give targets ``(ys, xs)`` the cheapest of all sources, in place, if it is cheaper than what they have.

        Args:
            level: its image and sources.
            field: as it is so far, with the costs of what it has.
            bias: as the kernels take it.
            ys: int32 ``(T,)``.
            xs: the same.
            known: float32, the padded picture of what is known so far, by which alone patches are compared;
                all if None.
        """
        parts = [slice(at, at + TARGETS) for at in range(0, len(ys), TARGETS)]
        for sources in self._list(level):
            prices = bias[sources.ys, sources.xs]
            weight, price = np.ascontiguousarray(prices[:, WEIGHT]), np.ascontiguousarray(prices[:, PRICE])
            match = partial(_match, level, field, bias, ys, xs, known, sources, weight, price)
            map_in_threads(match, parts)

    def _list(self, level: Level) -> Iterator[Sources]:
        if level in self._kept:
            yield self._kept[level]
        elif len(level.source_ys) <= SOURCES:
            yield self._kept.setdefault(level, Sources.gather(level, slice(None)))
        else:
            for at in range(0, len(level.source_ys), SOURCES):
                yield Sources.gather(level, slice(at, at + SOURCES))


def _match(
    level: Level,
    field: Field,
    bias: Floats,
    ys: Ints,
    xs: Ints,
    known: Floats | None,
    sources: Sources,
    weight: Floats,
    price: Floats,
    part: slice,
) -> None:
    """Improve the field of a part of the targets."""
    ys, xs, channels = ys[part], xs[part], level.channels
    seen = np.ones((len(ys), PATCH * PATCH), np.float32) if known is None else gather_patches(known, 1, ys, xs)
    weights = np.repeat(seen, channels, 1)
    targets = gather_patches(level.target, channels, ys, xs)
    own = np.asarray((seen * _sum_pixels(targets, channels)).sum(1), np.float32)
    products = np.asarray((-2 * weights * targets) @ sources.patches.T, np.float32)
    products += sources.whole if known is None else seen @ sources.squares.T
    kernels.choose_cheapest(
        level.target,
        level.source,
        bias,
        weights,
        channels,
        ys,
        xs,
        sources.ys,
        sources.xs,
        products,
        own,
        sources.whole,
        np.float32(ROUNDING * targets.shape[1]),
        weight,
        price,
        field.rows,
        field.cols,
        field.cost,
    )


def _sum_pixels(patches: Floats, channels: int) -> Floats:
    """Return the sums of squares ``(N, 49)`` of the pixels of patches ``(N, 49 C)``."""
    return np.asarray(np.square(patches).reshape(len(patches), -1, channels).sum(2))
