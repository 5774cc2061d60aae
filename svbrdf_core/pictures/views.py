"""Maps as small pictures: a region of a material, reduced, for people to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.masks import Mask
from svbrdf_core.material import Material
from svbrdf_core.material.tiling import single
from svbrdf_core.tensors.torus import find_span

Picture = NDArray[np.float32]
"""``(h, w, 3)``, shown values 0..1."""

BAND = 2**22
"""Samples read at once; keeps the float copies of a large map small."""


@dataclass(frozen=True)
class MapView:
    """A region of a material in pixels (around the torus where it leaves it), and the factor it is reduced by."""

    top: int
    left: int
    height: int
    width: int
    step: int = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return self.height // self.step, self.width // self.step


def view_whole(height: int, width: int, side: int) -> MapView:
    """Return the view of everything, with no side longer than ``side``."""
    return fit_view(0, 0, height, width, side)


def fit_view(top: int, left: int, height: int, width: int, side: int) -> MapView:
    """Return the view of a region, with no side longer than ``side``."""
    step = -(-max(height, width) // side)
    return MapView(top, left, _multiple(height, step), _multiple(width, step), step)


def view_around(mask: Mask, side: int, *, tileable: bool = False) -> MapView:
    """Return the view of a hole and half its size around it, with no side longer than ``side``."""
    rows = _frame_span(mask, 0, side, tileable)
    columns = _frame_span(mask, 1, side, tileable)
    return fit_view(rows[0], columns[0], rows[1], columns[1], side)


def reduce_map(material: Material, name: str, view: MapView) -> Picture:
    """Return a region of a map, reduced by averaging, as it is stored: colours encoded, normals as x, y, z in 0..1."""
    one = single(material, name)
    rows, columns = view.shape
    out = np.zeros((rows, columns, 3), np.float32)
    count = max(1, BAND // (one.layout.n_channels * view.width * view.step))
    for row in range(0, rows, count):
        part = min(count, rows - row)
        band = one.window(view.top + row * view.step, view.left, part * view.step, columns * view.step, wrap=True)
        blocks = np.nan_to_num(band).reshape(len(band), part, view.step, columns, view.step)
        out[row : row + part] = _to_three_channels(blocks.mean(axis=(2, 4), dtype=np.float32))
    if name == "normal":
        out *= np.float32(0.5)
        out += np.float32(0.5)
    return out


def hole_in(mask: Mask, view: MapView) -> Mask:
    """Return the hole in a view: 1 where any pixel of it lies, else 0."""
    rows = np.arange(view.top, view.top + view.height) % mask.shape[0]
    columns = np.arange(view.left, view.left + view.width) % mask.shape[1]
    blocks = (mask[np.ix_(rows, columns)] > 0).reshape(view.shape[0], view.step, view.shape[1], view.step)
    hole: Mask = np.asarray(blocks.any(axis=(1, 3)), np.float32)
    return hole


def limits(name: str, values: Picture) -> tuple[np.float32, np.float32]:
    """Return what is shown black and white: 0 and 1, but the found range for heights and for what leaves 0..1."""
    low, high = values.min(), values.max()
    if name != "height" and low >= 0 and high <= 1:
        return np.float32(0), np.float32(1)
    return (low, high) if high > low else (low, low + np.float32(1))


def as_bytes(values: Picture) -> NDArray[np.uint8]:
    """Return shown values 0..1 as 0..255; what lies outside is cut off."""
    shown: NDArray[np.uint8] = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
    return shown


def _to_three_channels(channels: NDArray[np.float32]) -> Picture:
    """Turn ``(C, h, w)`` into three colours: grey thrice, a missing blue as 0, a fourth channel left out."""
    if len(channels) == 1:
        channels = np.repeat(channels, 3, axis=0)
    out = np.zeros((*channels.shape[1:], 3), np.float32)
    for index, channel in enumerate(channels[:3]):
        out[..., index] = channel
    return out


def _multiple(length: int, step: int) -> int:
    return max(length // step, 1) * step


def _frame_span(mask: Mask, axis: int, small: int, wrap: bool) -> tuple[int, int]:
    """Return start and length of a part that holds the hole's rows or columns and half as many on each side.

    A side of no more than ``small`` pixels is taken whole, so that small materials are seen complete.
    """
    touched, total = np.asarray(mask.any(axis=1 - axis)), mask.shape[axis]
    if total <= small or not touched.any():
        return 0, total
    first, length = find_span(touched, wrap=wrap)
    margin = max(length // 2, 32)
    if length + 2 * margin >= total:
        return 0, total
    return (first - margin, length + 2 * margin) if wrap else _fit_inside(first - margin, length + 2 * margin, total)


def _fit_inside(start: int, length: int, total: int) -> tuple[int, int]:
    return min(max(start, 0), total - length), length
