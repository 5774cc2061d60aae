"""Hole masks as plain arrays: rasterisation of triangles and boxes, resampling, and how many holes a mask has.

NumPy alone, so that it loads without Blender. Masks are ``(H, W)``, top row first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Pairs = tuple[Ints, Ints]

CHUNK = 1 << 19
"""Rows of triangles looked at at once: what keeps memory small."""
TALLEST = 64
"""A triangle across more than so many repeats of the image covers it all."""
MOST_RUNS = 400_000
"""A mask more ragged than this is noise: its holes are counted at half the size."""


@dataclass(frozen=True)
class MaskSummary:
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


def rasterise_triangles(points: Floats, size: tuple[int, int], margin: float = 2.0, extension: str = "REPEAT") -> Bool:
    """Return every texel that a triangle touches, and those within the margin.

    Args:
        points: ``(N, 3, 2)``: x to the right and y down, in pixels from the upper left corner of the image. Mirrored
            triangles, and those that are only a line or a point, count like all others; what is not finite is left out.
        size: height and width of the mask.
        margin: in pixels, along rows and columns; rounded up.
        extension: what lies outside the image, as Blender's Image Texture calls it: REPEAT, MIRROR, EXTEND or CLIP.

    Returns:
        A mask ``(H, W)``, top row first.
    """
    height, width = size
    points = np.asarray(points, np.float64).reshape(-1, 3, 2)
    points = points[np.isfinite(points).all(axis=(1, 2))]
    if extension == "MIRROR":  # two by two images, of which every second is seen in a mirror, repeat
        shifted = points + np.array([0.0, height])  # so that row 0 of the image is the lower half's
        large = dilate(_cover(shifted, (2 * height, 2 * width), "REPEAT"), margin, wrap=True)
        folded = large[height:] | large[:height][::-1]
        return folded[:, :width] | folded[:, width:][:, ::-1]
    return dilate(_cover(points, size, extension), margin, wrap=extension == "REPEAT")


def dilate(mask: Bool, margin: float, *, wrap: bool) -> Bool:
    """Return the mask with a margin of so many pixels along rows and columns."""
    for axis in (0, 1):
        left, step = int(np.ceil(min(max(margin, 0), max(mask.shape)))), 1
        while left > 0:  # what was reached so far is one piece: the next step may be twice as wide
            step = min(left, step)
            mask = mask | _shift(mask, step, axis, wrap) | _shift(mask, -step, axis, wrap)
            left, step = left - step, step * 2
    return mask


def _shift(mask: Bool, step: int, axis: int, wrap: bool) -> Bool:
    moved = np.roll(mask, step, axis)
    if not wrap:
        came_around = slice(None, step) if step > 0 else slice(step, None)
        np.moveaxis(moved, axis, 0)[came_around] = False
    return moved


def _cover(points: Floats, size: tuple[int, int], extension: str) -> Bool:
    height, width = size
    if extension == "REPEAT" and len(points):
        low, high = points.min(axis=1), points.max(axis=1)
        if (high[:, 1] - low[:, 1] > TALLEST * height).any():
            return np.ones(size, np.bool_)
        points = points - (np.floor(low / (width, height)) * (width, height))[:, None]
    change = np.zeros((height, width + 1), np.int32)  # +1 where a span begins, -1 behind its end
    for chunk, rows in _split_rows(points, height, extension):
        above = rows.astype(np.float64)
        below = above + 1
        if extension == "EXTEND":  # the outermost rows reach on without end
            above[rows == 0], below[rows == height - 1] = -np.inf, np.inf
        low, high = _row_extents(chunk, above, below)
        first, last = np.floor(low), np.maximum(np.ceil(high) - 1, np.floor(low))
        _mark_spans(change, rows, first, last, extension)
    return np.cumsum(change, axis=1, out=change)[:, :width] > 0


def _split_rows(points: Floats, height: int, extension: str) -> Iterator[tuple[Floats, Ints]]:
    """Yield triangles and rows, one pair for every row that a triangle touches."""
    low, high = points[..., 1].min(axis=1), points[..., 1].max(axis=1)
    first, last = np.floor(low), np.maximum(np.ceil(high) - 1, np.floor(low))
    if extension == "CLIP":
        inside = (last >= 0) & (first < height)
        points, first, last = points[inside], first[inside], last[inside]
    if extension != "REPEAT":
        first, last = np.clip(first, 0, height - 1), np.clip(last, 0, height - 1)
    start, counts = first.astype(np.int64), (last - first).astype(np.int64) + 1
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(points):
        done = ends[begin - 1] if begin else 0
        end = max(int(np.searchsorted(ends, done + CHUNK)), begin + 1)
        which = np.repeat(np.arange(begin, end), counts[begin:end])
        rows = start[which] + np.arange(len(which)) - (ends[which] - counts[which] - done)
        yield points[which], rows
        begin = end


def _row_extents(points: Floats, above: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Return from where to where each triangle reaches between two heights."""
    low, high = np.full(len(above), np.inf), np.full(len(above), -np.inf)
    for one, other in ((0, 1), (1, 2), (2, 0)):
        a, b = points[:, one], points[:, other]
        swap = (a[:, 1] > b[:, 1])[:, None]
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        top, bottom = np.maximum(a[:, 1], above), np.minimum(b[:, 1], below)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slope = (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
            ends = [a[:, 0] + (y - a[:, 1]) * slope for y in (top, bottom)]
        flat = a[:, 1] == b[:, 1]
        ends = [np.where(flat, a[:, 0], ends[0]), np.where(flat, b[:, 0], ends[1])]
        least, most = np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 0], b[:, 0])
        left, right = (np.clip(f(*ends), least, most) for f in (np.minimum, np.maximum))
        met = top <= bottom
        low = np.where(met, np.minimum(low, left), low)
        high = np.where(met, np.maximum(high, right), high)
    return low, high


def _mark_spans(change: NDArray[np.int32], rows: Ints, first: Floats, last: Floats, extension: str) -> None:
    height, width = change.shape[0], change.shape[1] - 1
    if extension == "REPEAT":
        begin = np.mod(first, width).astype(np.int64)
        end = begin + np.minimum(last - first + 1, width).astype(np.int64)
        rows = np.mod(rows, height)
        over = end > width  # the part that goes on at the left border
        _add_spans(change, rows[over], np.zeros(int(over.sum()), np.int64), end[over] - width)
        _add_spans(change, rows, begin, np.minimum(end, width))
        return
    if extension == "CLIP":
        inside = (last >= 0) & (first < width)
        rows, first, last = rows[inside], first[inside], last[inside]
    begin, final = (np.clip(x, 0, width - 1).astype(np.int64) for x in (first, last))
    _add_spans(change, rows, begin, final + 1)


def _add_spans(change: NDArray[np.int32], rows: Ints, begin: Ints, end: Ints) -> None:
    stride = change.shape[1]
    flat = change.reshape(-1)
    np.add.at(flat, rows * stride + begin, 1)
    np.add.at(flat, rows * stride + end, -1)


def box_mask(box: tuple[float, float, float, float], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the texels that a box touches: left, bottom, right, top in 0 to 1 of the image, in any order."""
    height, width = size
    left, right = sorted((box[0], box[2]))
    bottom, top = sorted((box[1], box[3]))
    mask = np.zeros(size, np.bool_)
    rows = slice(max(int(np.floor((1 - top) * height + 1e-6)), 0), max(int(np.ceil((1 - bottom) * height - 1e-6)), 0))
    columns = slice(max(int(np.floor(left * width + 1e-6)), 0), max(int(np.ceil(right * width - 1e-6)), 0))
    mask[rows, columns] = True
    return mask


def surround_hole(mask: NDArray[np.generic], part: float = 0.3) -> tuple[float, float, float, float]:
    """Return the square around a hole ``(H, W)`` and some of what is beside it, as far as it lies in the image.

    Args:
        mask: all but 0 is the hole.
        part: of the hole's longer side, that is shown on each side.

    Returns:
        Left, top, right and bottom in parts of the image.
    """
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if not len(rows):
        return 0.0, 0.0, 1.0, 1.0
    height, width = mask.shape
    ends = [(columns[0], columns[-1] + 1), (rows[0], rows[-1] + 1)]
    side = max(last - first for first, last in ends) * (1 + 2 * part)
    found = []
    for (first, last), whole in zip(ends, (width, height), strict=True):
        low = min(max((first + last - side) / 2, 0.0), max(whole - side, 0.0))
        found.append((low / whole, min(low + side, whole) / whole))
    return float(found[0][0]), float(found[1][0]), float(found[0][1]), float(found[1][1])


def resize_mask(mask: Bool, size: tuple[int, int]) -> Bool:
    """Return the mask in another size: a texel is a hole if any texel it overlaps was one."""
    for axis, wanted in enumerate(size):
        held = mask.shape[axis]
        if held == wanted:
            continue
        starts = np.arange(wanted) * held // wanted
        ends = -(-(np.arange(wanted) + 1) * held // wanted)
        shape = [1, 1]
        shape[axis] = wanted
        sums = np.insert(np.cumsum(mask, axis=axis, dtype=np.int64), 0, 0, axis=axis)
        mask = np.take(sums, ends, axis) - np.take(sums, starts, axis) > 0
    return mask


def summarise(mask: NDArray[np.generic], *, wrap: bool = False) -> MaskSummary:
    """Return what is in a mask ``(H, W)``, top row first, in which all but 0 is a hole.

    Args:
        mask: the mask.
        wrap: the image repeats: holes are joined across its borders.
    """
    held: Bool = mask.astype(np.bool_, copy=False)
    height, width = held.shape
    count = int(np.count_nonzero(held))
    return MaskSummary(_count_regions(held, wrap) if count else 0, count / held.size, height, width)


def _count_regions(mask: Bool, wrap: bool) -> int:
    height, width = mask.shape
    stride = width + 2  # a false column at either side ends every run
    padded = np.zeros((height, stride), np.bool_)
    padded[:, 1:-1] = mask
    flat = padded.reshape(-1)
    borders = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts, ends = borders[::2], borders[1::2]
    if len(starts) > MOST_RUNS and min(height, width) > 64:
        return _count_regions(_halve(mask), wrap)
    pairs = [_touching_runs(starts, ends, stride)]
    if wrap:
        pairs.append(_runs_across_borders(mask, starts, stride))
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return _count_components(len(starts), first, second)


def _halve(mask: Bool) -> Bool:
    mask = np.pad(mask, ((0, mask.shape[0] % 2), (0, mask.shape[1] % 2)))
    return mask[::2, ::2] | mask[1::2, ::2] | mask[::2, 1::2] | mask[1::2, 1::2]


def _touching_runs(starts: Ints, ends: Ints, stride: int) -> Pairs:
    """Return runs that touch a run of the next row, at a corner too."""
    first = np.searchsorted(ends, starts + stride, "left")
    last = np.searchsorted(starts, ends + stride, "right")
    counts = np.maximum(last - first, 0)
    which = np.repeat(np.arange(len(starts)), counts)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, first[which] + offset


def _runs_across_borders(mask: Bool, starts: Ints, stride: int) -> Pairs:
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


def _count_components(count: int, first: Ints, second: Ints) -> int:
    label = np.arange(count)
    while len(first):
        one, other = label[first], label[second]
        apart = one != other
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(label, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(shorter := label[label], label):
            label = shorter
    return int(np.count_nonzero(label == np.arange(count)))
