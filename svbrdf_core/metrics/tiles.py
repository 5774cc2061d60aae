"""Square tiles of the hole, and known ones near it that are looked at through the same shapes.

A filter's window at the hole's border holds known pixels too, and one in the known region is never cut off as thin
strokes cut it: either tells the two apart, or makes them alike, whatever the fill is. So each tile stands alone, only
its pixels of the hole are looked at, and a known tile is seen through the shape of one of the hole's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole
from svbrdf_core.tensors.standardize import FLAT

SIDE = 16
"""Pixels a tile's side."""
LEAST = SIDE**2 // 4
"""Pixels of the hole that a tile must hold."""
MOST = 48
"""Tiles of the hole that are looked at at most, evenly spread."""
KNOWN = 3
"""Known tiles for each of the hole."""
COARSE = 4
"""Known tiles start at every fourth pixel at most."""

Spots = NDArray[np.intp]


@dataclass(frozen=True)
class Tiles:
    """Tiles of one kind: where they start, and what is looked at.

    Attributes:
        spots: ``(n, 2)``, the first row and column of each; no two overlap.
        shapes: ``(n, SIDE, SIDE)``, the pixels that count.
    """

    spots: Spots
    shapes: Bools

    def cut(self, values: Floats) -> Floats:
        """Return the tiles of a picture ``(C, h, w)``, ``(n, C, SIDE, SIDE)``."""
        return np.moveaxis(values[:, *_pixels(self.spots)], 0, 1)


def find_tiles(hole: Bools, known: Bools, rng: np.random.Generator) -> tuple[Tiles, Tiles]:
    """Lay tiles over a hole and over what is known near it, both ``(h, w)``; the nearest known ones come first."""
    inside, whole = _count(hole), _count(known) == SIDE**2
    spots = np.argwhere(_on_best_grid(inside) & (inside >= LEAST))
    if len(spots) > MOST:
        spots = spots[np.linspace(0, len(spots) - 1, MOST).round().astype(np.intp)]
    shapes = hole[_pixels(spots)]
    middle = SIDE // 2
    far = ndimage.distance_transform_edt(~hole)[middle : middle + whole.shape[0], middle : middle + whole.shape[1]]
    there = _lay_apart(whole, far, KNOWN * len(spots))
    seen_as = rng.permutation(np.arange(len(there)) % max(1, len(spots)))
    return Tiles(spots, shapes), Tiles(there, shapes[seen_as])


def standardize(scene: ScoredHole) -> tuple[Floats, Floats | None]:
    """Return fill and truth in standard deviations of the known region, every map with one scale for its channels.

    A map that is constant there is kept, in units of `FLAT`: a fill of it that is not constant gives itself away.
    """
    mean = np.zeros((len(scene.filled), 1, 1), np.float32)
    scale = np.ones_like(mean)
    for name in scene.layout.names:
        at = scene.layout.slice_of(name)
        values = scene.filled[at][:, scene.known]
        mean[at, 0, 0] = values.mean(1)
        scale[at] = np.sqrt((values.var(1, dtype=np.float64).mean() + FLAT**2) * len(values))
    return (scene.filled - mean) / scale, None if scene.truth is None else (scene.truth - mean) / scale


def _pixels(spots: Spots) -> tuple[Spots, Spots]:
    along = np.arange(SIDE)
    return spots[:, 0, None, None] + along[:, None], spots[:, 1, None, None] + along


def _count(mask: Bools) -> NDArray[np.intp]:
    """Return how many pixels of the tile that starts at each pixel lie in a mask, ``(h - SIDE + 1, w - SIDE + 1)``."""
    sums = np.pad(mask.astype(np.intp), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    counts: NDArray[np.intp] = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    return counts


def _on_best_grid(inside: NDArray[np.intp]) -> Bools:
    """Return where tiles start on the grid whose tiles are filled best."""
    rows, columns = (-(-size // SIDE) for size in inside.shape)
    square = np.zeros((rows * SIDE, columns * SIDE), np.intp)
    square[: inside.shape[0], : inside.shape[1]] = inside**2
    best = square.reshape(rows, SIDE, columns, SIDE).sum((0, 2)).argmax()
    row, column = divmod(int(best), SIDE)
    grid = np.zeros(inside.shape, bool)
    grid[row::SIDE, column::SIDE] = True
    return grid


def _lay_apart(free: Bools, far: NDArray[np.float64], count: int) -> Spots:
    """Return up to ``count`` starts of tiles that do not overlap, where tiles may start, the nearest first."""
    places = np.argwhere(free[::COARSE, ::COARSE]) * COARSE
    places = places[np.argsort(far[places[:, 0], places[:, 1]], kind="stable")]
    found: list[NDArray[np.intp]] = []
    while len(found) < count and len(places):
        found.append(places[0])
        places = places[np.abs(places - places[0]).max(1) >= SIDE]
    return np.array(found, np.intp).reshape(-1, 2)
