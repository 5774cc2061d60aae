"""Detail of a fill: its gradient energy against the truth's or comparable known patches'."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from svbrdf_core.metrics.gradients import FAINT, pairs, steps
from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole

Doubles = NDArray[np.float64]

CELL, PATCH = 4, 4
"""Pixels a cell's side, and cells a patch's side: patches of 16 x 16 that overlap."""
NEIGHBOURS = 8
"""Known patches that each patch of the fill is compared with."""
MOST = 2048
"""Known patches looked through at most, evenly spread."""
LEAST_SHARE = 0.25
"""Share of a patch that must lie in the hole to be looked at: thin strokes have no patch of their own."""
LOWEST = 0.01
"""Ratios below count as this in the mean over the maps, which is geometric and would be ruled by one constant map."""


def detail(scene: ScoredHole) -> dict[str, float]:
    """Return ``sharpness`` (gradient energy), ``tv`` and ``tv_known`` (total variation) of the fill; 1 is best.

    Energy is the mean square, total variation the mean size, of the differences between neighbours that both lie in
    the hole, over that of the truth there. ``tv_known``, and without a truth ``sharpness``, are set against comparable
    known patches: for each 16 x 16 patch of the fill the eight known ones with the nearest mean values of all channels
    (in standard deviations of the known patches). A map without detail in both is left out; ``sharpness`` is the
    geometric mean over the others.
    """
    if scene.truth is None:
        energy, variation = _against_known(scene, (2, 1))
        kinds = [("sharpness", 2, energy), ("tv_known", 1, variation)]
    else:
        energy, truly = _against_truth(scene, (2, 1))
        (variation,) = _against_known(scene, (1,))
        kinds = [("sharpness", 2, energy), ("tv", 1, truly), ("tv_known", 1, variation)]
    found: dict[str, float] = {}
    for word, power, amounts in kinds:
        faint = FAINT**power
        ratios = {
            f"{word}/{name}": (of_fill + faint) / (expected + faint)
            for name, (of_fill, expected) in amounts.items()
            if max(of_fill, expected) > faint
        }
        found |= {"sharpness": _geometric(ratios.values()), **ratios} if power == 2 and ratios else ratios
    return found


Amounts = tuple[float, float]


def _geometric(ratios: Iterable[float]) -> float:
    logs = [math.log(max(ratio, LOWEST)) for ratio in ratios]
    return math.exp(sum(logs) / len(logs))


def _against_truth(scene: ScoredHole, powers: Sequence[int]) -> list[dict[str, Amounts]]:
    inside = pairs(scene.hole)
    found: list[dict[str, Amounts]] = [{} for _ in powers]
    for name, filled, truth in scene.maps():
        assert truth is not None
        for amounts, power in zip(found, powers, strict=True):
            amounts[name] = (_mean(filled, inside, power), _mean(truth, inside, power))
    return found


def _mean(values: Floats, inside: tuple[Bools, Bools], power: int) -> float:
    parts = [np.abs(step[:, at]) ** power for step, at in zip(steps(values), inside, strict=True)]
    count = sum(part.size for part in parts)
    return float(sum(part.sum(dtype=np.float64) for part in parts)) / count if count else 0.0


def _against_known(scene: ScoredHole, powers: Sequence[int]) -> list[dict[str, Amounts]]:
    of_fill, of_known = _Patches(scene.filled, scene.hole), _Patches(scene.filled, scene.known)
    here, there = of_fill.share >= LEAST_SHARE, of_known.share > 0.999
    if not here.any() or not there.any():
        return [{} for _ in powers]
    spots = np.flatnonzero(there.ravel())
    spots = spots[:: -(-len(spots) // MOST)]
    known = of_known.looks.reshape(len(of_known.looks), -1)[:, spots].T
    scale = np.maximum(known.std(0), FAINT)
    nearest = _nearest(of_fill.looks[:, here].T / scale, known / scale)
    weight, usual = of_fill.counts[here], of_known.counts.ravel()[spots]
    found: list[dict[str, Amounts]] = [{} for _ in powers]
    for amounts, power in zip(found, powers, strict=True):
        for name, filled, _ in scene.maps():
            total = float(of_fill.energy(filled, power)[here].sum())
            expected = (of_known.energy(filled, power).ravel()[spots] / usual)[nearest].mean(1)
            count = max(float(weight.sum()), 1.0)
            amounts[name] = (total / count, float((expected * weight).sum()) / count)
    return found


def _nearest(points: Doubles, among: Doubles) -> NDArray[np.intp]:
    """Return the indices of the nearest of some points, ``(n, NEIGHBOURS)``."""
    distance = (among**2).sum(1) - 2 * points @ among.T
    count = min(NEIGHBOURS, len(among))
    found: NDArray[np.intp] = np.argpartition(distance, count - 1, axis=1)[:, :count]
    return found


class _Patches:
    """The patches of a picture, as far as they lie in a mask."""

    def __init__(self, values: Floats, mask: Bools) -> None:
        self.mask = mask
        inside = mask[None].astype(np.float32)
        pixels = _patch_sums(inside)[0]
        self.share = pixels / (CELL * PATCH) ** 2
        """How much of each lies in the mask, ``(n, m)``."""
        self.looks = _patch_sums(values * inside) / np.maximum(pixels, 1)
        """Their mean values ``(C, n, m)``."""
        down, right = pairs(mask)
        both = np.pad(down.astype(np.float32), ((0, 1), (0, 0))) + np.pad(right.astype(np.float32), ((0, 0), (0, 1)))
        self.counts = _patch_sums(both[None])[0]
        """How many pairs of neighbours each has, ``(n, m)``."""

    def energy(self, values: Floats, power: int) -> Doubles:
        """Return the sum of all differences' powers in each patch, as a mean over the channels, ``(n, m)``."""
        total = np.zeros(self.mask.shape)
        for step, inside in zip(steps(values), pairs(self.mask), strict=True):
            at = (slice(0, inside.shape[0]), slice(0, inside.shape[1]))
            total[at] += (np.abs(step) ** power).mean(0, dtype=np.float64) * inside
        sums: Doubles = _patch_sums(total[None])[0]
        return sums


def _patch_sums(values: NDArray[np.floating]) -> Doubles:
    """Return the sums over patches that start at every cell, ``(C, n, m)``."""
    channels, height, width = values.shape
    rows, cols = -(-height // CELL), -(-width // CELL)
    padded = np.zeros((channels, rows * CELL, cols * CELL))
    padded[:, :height, :width] = values
    cells = padded.reshape(channels, rows, CELL, cols, CELL).sum((2, 4))
    cells = np.pad(cells, ((0, 0), (PATCH - 1, PATCH - 1), (PATCH - 1, PATCH - 1)))
    windows: Doubles = sliding_window_view(cells, (PATCH, PATCH), (1, 2))
    sums: Doubles = windows.sum((3, 4))
    return sums
