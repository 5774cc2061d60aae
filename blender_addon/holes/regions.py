"""A mask comes in; how many holes it has, and how much of the image they take, goes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Ints = NDArray[np.int64]
Pairs = tuple[Ints, Ints]

MOST_RUNS = 400_000
"""A mask more ragged than this is noise: its holes are counted at half the size."""


@dataclass(frozen=True)
class Summary:
    """What a mask holds.

    Attributes:
        holes: regions that do not touch one another, not even at a corner.
        share: the part of the image they take, 0 to 1.
        height: of the mask, in pixels.
        width: of the mask, in pixels.
    """

    holes: int
    share: float
    height: int
    width: int


def summary(mask: NDArray[np.generic], *, wrap: bool = False) -> Summary:
    """Return what is in a mask ``(H, W)``, top row first, in which all but 0 is a hole.

    Args:
        mask: the mask.
        wrap: the image repeats: holes are joined across its borders.
    """
    held: Bool = mask.astype(np.bool_, copy=False)
    height, width = held.shape
    count = int(np.count_nonzero(held))
    return Summary(_regions(held, wrap) if count else 0, count / held.size, height, width)


def _regions(mask: Bool, wrap: bool) -> int:
    height, width = mask.shape
    stride = width + 2  # a false column at either side ends every run
    padded = np.zeros((height, stride), np.bool_)
    padded[:, 1:-1] = mask
    flat = padded.reshape(-1)
    borders = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts, ends = borders[::2], borders[1::2]
    if len(starts) > MOST_RUNS and min(height, width) > 64:
        return _regions(_half(mask), wrap)
    pairs = [_touching(starts, ends, stride)]
    if wrap:
        pairs.append(_around(mask, starts, stride))
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return _components(len(starts), first, second)


def _half(mask: Bool) -> Bool:
    mask = np.pad(mask, ((0, mask.shape[0] % 2), (0, mask.shape[1] % 2)))
    return mask[::2, ::2] | mask[1::2, ::2] | mask[::2, 1::2] | mask[1::2, 1::2]


def _touching(starts: Ints, ends: Ints, stride: int) -> Pairs:
    """Return runs that touch a run of the next row, at a corner too."""
    first = np.searchsorted(ends, starts + stride, "left")
    last = np.searchsorted(starts, ends + stride, "right")
    counts = np.maximum(last - first, 0)
    which = np.repeat(np.arange(len(starts)), counts)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, first[which] + offset


def _around(mask: Bool, starts: Ints, stride: int) -> Pairs:
    """Return runs that touch across the borders of the image."""
    height, width = mask.shape

    def run(rows: Ints, columns: Ints) -> Ints:
        return np.searchsorted(starts, (rows % height) * stride + columns % width + 1, "right") - 1

    one: list[Ints] = []
    other: list[Ints] = []
    for step in (-1, 0, 1):
        rows = np.flatnonzero(mask[:, -1] & np.roll(mask[:, 0], -step))
        columns = np.flatnonzero(mask[-1] & np.roll(mask[0], -step))
        one += [run(rows, np.full_like(rows, width - 1)), run(np.full_like(columns, height - 1), columns)]
        other += [run(rows + step, np.zeros_like(rows)), run(np.zeros_like(columns), columns + step)]
    return np.concatenate(one), np.concatenate(other)


def _components(count: int, first: Ints, second: Ints) -> int:
    label = np.arange(count)
    while len(first):
        one, other = label[first], label[second]
        apart = one != other
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(shorter := label[label], label):
            label = shorter
    return int(np.count_nonzero(label == np.arange(count)))
