"""Light that changes slowly over a picture, as a scan's vignetting does, found and taken out of colours and heights."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.material import Material
from svbrdf_core.material.tiling import single
from svbrdf_core.run import Run
from svbrdf_core.tensors.color import from_srgb, to_srgb

CELLS = 16
"""Cells a side whose medians are fitted: a median does not mind a stain, a joint or a few stones."""
DEGREES = ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
"""Powers of x and y, from -1 to 1 over the picture, that light is made of: falling off one way, and to the rim."""
COLOURS = ("basecolor", "diffuse")
FOUND = 0.02
"""A deviation that is worth taking out: of light as a part of its mean, of heights in the whole range."""
SURE = 0.25
"""Share of the cells' variance that the light must explain: else it is the material that differs by place."""
DARK = 1e-3
"""Added to light before its logarithm."""
ROWS = 256
"""Rows that are changed at a time."""


@dataclasses.dataclass(frozen=True)
class Slope:
    """A smooth change over a picture.

    Attributes:
        weights: of the powers of `DEGREES`; their mean over the picture is taken off.
        size: deviation of the change over the picture.
        share: of the cells' variance that it explains.
    """

    weights: NDArray[np.float64]
    size: float
    share: float

    @classmethod
    def fit(cls, cells: NDArray[np.float64]) -> Slope:
        """Fit the medians of cells ``(n, m)``."""
        rows, columns = (_places(np.arange(size) + 0.5, size) for size in cells.shape)
        terms = _terms(rows, columns).reshape(len(DEGREES), -1).T
        terms = terms - terms.mean(0)
        values = cells.ravel() - cells.mean()
        weights = np.linalg.lstsq(terms, values, rcond=None)[0]
        fitted = terms @ weights
        total = float(values.var())
        return cls(weights, float(fitted.std()), float(fitted.var()) / total if total > 0 else 0.0)

    def at(self, top: int, height: int, full_height: int, width: int) -> NDArray[np.float32]:
        """Return the change ``(height, width)`` of rows of a picture, whose mean over all of it is 0."""
        rows, columns = _places(np.arange(top, top + height) + 0.5, full_height), _places(np.arange(width) + 0.5, width)
        mean = np.array([_mean(y) * _mean(x) for y, x in DEGREES])
        change = np.tensordot(self.weights, _terms(rows, columns), 1) - float(self.weights @ mean)
        return np.asarray(change, np.float32)


def flatten_light(material: Material, run: Run) -> Material:
    """Return a material whose colours and heights do not change slowly over the picture.

    Light multiplies colours, so its logarithm is fitted and all channels of a pixel are divided by the same; a scan
    that is not level adds to heights. Normals, roughness and the like have no light in them and stay as they are.

    Args:
        material: not a set of tiles.
        run: takes notes of what was found.
    """
    found = []
    for name in (name for name in material.maps if name in (*COLOURS, "height")):
        is_colour = name in COLOURS
        one = single(material, name)
        slope = Slope.fit(_measure_cells(one, name))
        if slope.size < FOUND or slope.share < SURE:
            continue
        edited = _take_out(one, name, slope)
        material = dataclasses.replace(material, _patches=edited._patches)
        found.append(f"{name} (by {slope.size:.0%})" if is_colour else name)
        run.check()
    said = "is taken out of " + ", ".join(found) if found else "was not found"
    run.note(f"Light that changes slowly over the picture {said}.")
    return material


def _measure_cells(one: Material, name: str) -> NDArray[np.float64]:
    """Return the median of each cell ``(CELLS, CELLS)`` of a material of one map, in the unit that light adds to."""
    cells = np.empty((CELLS, CELLS))
    edges = [np.linspace(0, size, CELLS + 1).round().astype(int) for size in (one.height, one.width)]
    for y in range(CELLS):
        top, height = int(edges[0][y]), int(edges[0][y + 1] - edges[0][y])
        band = one.window(top, 0, max(height, 1), one.width)
        values = _to_log(band, _is_linear(one, name)).mean(0) if name in COLOURS else band[0]
        cells[y] = [np.median(values[:, a : max(b, a + 1)]) for a, b in pairwise(edges[1])]
    return np.nan_to_num(cells, nan=float(np.nanmean(cells)))


def _take_out(one: Material, name: str, slope: Slope) -> Material:
    linear = _is_linear(one, name)
    for top in range(0, one.height, ROWS):
        count = min(ROWS, one.height - top)
        values, change = one.window(top, 0, count, one.width), slope.at(top, count, one.height, one.width)
        finite = np.asarray(np.isfinite(values).all(0), np.float32)
        if name in COLOURS:
            light = (values if linear else from_srgb(values)) * np.exp(-change)
            values = light if linear else to_srgb(light)
        else:
            values = values - change
        values = np.nan_to_num(values if linear else np.clip(values, 0, 1))
        one = one.with_window(values, finite, top, 0)
    return one


def _is_linear(one: Material, name: str) -> bool:
    return name in one.linear()


def _to_log(values: NDArray[np.float32], linear: bool) -> NDArray[np.float32]:
    light = values if linear else from_srgb(values)
    return np.asarray(np.log(np.maximum(light, 0) + DARK), np.float32)


def _places(at: NDArray[np.floating], size: int) -> NDArray[np.float64]:
    return np.asarray(2 * at / size - 1, np.float64)


def _mean(power: int) -> float:
    """Return the mean of a power of x from -1 to 1."""
    return 0.0 if power % 2 else 1 / (power + 1)


def _terms(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([rows[:, None] ** y * columns[None] ** x for y, x in DEGREES])
