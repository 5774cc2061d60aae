"""Figures of a source map: how large its pieces are, how far they came, and which known region was used most."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from svbrdf_core.methods import SourceMap
from svbrdf_core.patch.orientation import locate_origin

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
CELLS = 8
"""Regions along a side of the material."""
NAMED = 5
"""Regions that are told one by one."""


@dataclass(frozen=True)
class RegionUse:
    """How much of a fill came from one region.

    Attributes:
        box: left, top, width and height in pixels.
        share: of the filled pixels, copied from here.
        even: what the share would be if all that may be copied were used alike.
    """

    box: tuple[int, int, int, int]
    share: float
    even: float


@dataclass(frozen=True)
class CopyFigures:
    """What a source map says in figures.

    Attributes:
        pixels: filled pixels.
        used: share of the known pixels that were copied at least once.
        distinct: pixels that were copied, each counted once.
        most: how often the one that was copied most was.
        coherence: share of the neighbouring pairs of filled pixels that were neighbours at their sources, alike turned
            (Ashikhmin 2001 calls such a copy coherent).
        pieces: sets of pixels that are connected by such pairs.
        mean_piece: pixels of a piece, on average.
        typical_piece: pixels of the piece that a filled pixel lies in, on average.
        distance: pixels from source to place, the median; across the edges if they meet.
        turned: share of pixels whose source was turned or mirrored.
        regions: those that were used most, the first one most.
    """

    pixels: int
    used: float
    distinct: int
    most: int
    coherence: float
    pieces: int
    mean_piece: float
    typical_piece: float
    distance: float
    turned: float
    regions: tuple[RegionUse, ...]

    def to_json(self) -> dict[str, object]:
        """Return it as JSON."""
        return asdict(self)


def measure_copies(sources: SourceMap, allowed: Bools, wraps: tuple[bool, bool]) -> CopyFigures:
    """Return the figures of a source map.

    Args:
        sources: where the pixels of a hole came from.
        allowed: ``(H, W)``, where they could.
        wraps: whether rows and columns go on at the other side.
    """
    labels, coherence = label_pieces(sources, allowed.shape, wraps)
    uses = count_uses(sources, allowed.shape)
    sizes = np.bincount(labels)
    distinct, pixels = int(np.count_nonzero(uses)), len(sources.rows)
    return CopyFigures(
        pixels=pixels,
        used=float((uses[allowed] > 0).mean()),
        distinct=distinct,
        most=int(uses.max()),
        coherence=coherence,
        pieces=len(sizes),
        mean_piece=float(sizes.mean()),
        typical_piece=float((sizes.astype(np.float64) ** 2).sum() / pixels),
        distance=float(np.median(np.hypot(*offsets_of(sources, allowed.shape, wraps)))),
        turned=float(np.mean(sources.orientation != 0)),
        regions=find_regions(uses, allowed),
    )


def count_uses(sources: SourceMap, size: tuple[int, ...]) -> Ints:
    """Return how often each pixel ``(H, W)`` was copied."""
    flat = sources.source_rows.astype(np.int64) * size[1] + sources.source_cols
    return np.bincount(flat, minlength=size[0] * size[1]).reshape(size).astype(np.int64)


def offsets_of(sources: SourceMap, size: tuple[int, ...], wraps: tuple[bool, bool]) -> tuple[Ints, Ints]:
    """Return how far down and right each source ``(N,)`` lies from its place, the short way where edges meet."""
    found: list[Ints] = []
    pairs = ((sources.source_rows, sources.rows), (sources.source_cols, sources.cols))
    for (source, place), length, goes_on in zip(pairs, size, wraps, strict=True):
        apart = source.astype(np.int64) - place
        found.append((apart + length // 2) % length - length // 2 if goes_on else apart)
    return found[0], found[1]


def label_pieces(sources: SourceMap, size: tuple[int, ...], wraps: tuple[bool, bool]) -> tuple[Ints, float]:
    """Return the number of the piece that each filled pixel ``(N,)`` lies in, and the share of coherent pairs."""
    height, width = size
    place = np.full(size, -1, np.int64)
    place[sources.rows, sources.cols] = np.arange(len(sources.rows))
    starts: list[Ints] = []
    ends: list[Ints] = []
    pairs = 0
    for axis, goes_on in enumerate(wraps):
        other = np.roll(place, -1, axis)
        if not goes_on:
            other[-1 if axis == 0 else slice(None), slice(None) if axis == 0 else -1] = -1
        both = (place >= 0) & (other >= 0)
        one, two = place[both], other[both]
        pairs += len(one)
        kept = _are_coherent(sources, one, two, axis, height, width)
        starts.append(one[kept])
        ends.append(two[kept])
    start, end = np.concatenate(starts), np.concatenate(ends)
    count = len(sources.rows)
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(count, count))
    labels = np.asarray(connected_components(graph, directed=False)[1], np.int64)
    return labels, len(start) / pairs if pairs else 1.0


def _are_coherent(sources: SourceMap, one: Ints, two: Ints, axis: int, height: int, width: int) -> Bools:
    """Tell which pairs of neighbours, the second below or right of the first, were so at their sources."""
    ways = [_turn_step(way, axis) for way in sources.orientations]
    steps = np.array(ways, np.int64)[sources.orientation[one]]
    alike = sources.orientation[one] == sources.orientation[two]
    down = sources.source_rows[two].astype(np.int64) - sources.source_rows[one] - steps[:, 0]
    right = sources.source_cols[two].astype(np.int64) - sources.source_cols[one] - steps[:, 1]
    return np.asarray(alike & (down % height == 0) & (right % width == 0))


def _turn_step(way: object, axis: int) -> tuple[int, int]:
    """Return where a step down (axis 0) or right in a turned picture leads in the picture itself."""
    rows, cols = np.array([0, 1 - axis], np.int32), np.array([0, axis], np.int32)
    y, x = locate_origin(rows, cols, way, 2, 2)  # type: ignore[arg-type]
    return int(y[1] - y[0]), int(x[1] - x[0])


def find_regions(uses: Ints, allowed: Bools) -> tuple[RegionUse, ...]:
    """Return the regions of a grid that were used most."""
    height, width = uses.shape
    ys, xs = (np.unique(np.linspace(0, length, CELLS + 1).astype(int)) for length in (height, width))
    used, free = (
        np.add.reduceat(np.add.reduceat(values.astype(np.int64), ys[:-1], 0), xs[:-1], 1) for values in (uses, allowed)
    )
    order = np.argsort(-used.ravel(), kind="stable")[:NAMED]
    found: list[RegionUse] = []
    for row, col in (divmod(int(at), len(xs) - 1) for at in order if used.flat[at]):
        box = (int(xs[col]), int(ys[row]), int(xs[col + 1] - xs[col]), int(ys[row + 1] - ys[row]))
        found.append(RegionUse(box, float(used[row, col] / used.sum()), float(free[row, col] / max(1, free.sum()))))
    return tuple(found)
