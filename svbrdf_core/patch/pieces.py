"""Cut pieces: a hole covered by large pieces copied from elsewhere and joined where the joins cost least.

Kwatra, Schödl, Essa, Turk, Bobick, "Graphcut textures", SIGGRAPH 2003. A piece keeps what a vote of patches averages
away, and carries a vein or a joint through the whole hole. Pieces are found by masked correlation (`correlate`), and
minimum cuts on all channels at once join them (`canvas`, `cpu_backend.cuts`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch.canvas import Canvas, Window
from svbrdf_core.patch.correlate import Correlator, Place, Template
from svbrdf_core.patch.guide import Guide
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.types import Bools, Floats, Ints

THICKEST = 40
"""A hole thicker than this many pixels is no matter for pieces: each would match too little of the rim."""
BAND = 6
"""Pixels around what a piece is to fill that it must continue."""
LONGEST = 52
"""The longest side of a piece."""
SHARES = (1.0, 0.7, 0.45)
"""Sides of the pieces that cover the hole, over its thickness; each laying draws one."""
SMALLEST, SHRINK = 2 * BAND + 2, 0.7
"""The side below which pieces do not become smaller, and what it is multiplied by each time."""
REPAIRS = 40
"""How often the worst place is laid again."""
PATIENCE = 12
"""After so many in a row that change nothing it ends."""
SIDES = (12, 18, 26)
"""Sides of the surroundings by which pieces that repair it are found, in turn."""
REACH = 16
"""Pixels around these that such a piece may also fill."""
CANDIDATES = 24
"""Places that some are drawn from."""
TRIED = 4
"""Of these, how many are cut; the one that costs least is laid."""
SPREAD = 0.1
"""How much worse than the best a likely place may be, as a part of the best one's score."""
TEMPLATE_WEIGHT = 0.5
"""Weight of a guide in the search for a piece, per pixel, against 1 for the rim."""
FAR = 1 << 24
"""More than any row or column."""


def lay_pieces(
    level: Level, generator: np.random.Generator, *, guide: Guide | None = None, weight: Floats | None = None
) -> tuple[Ints, Ints]:
    """Return a source for each target of a level, int32 ``(H, W)`` each, by pieces laid over the hole.

    Args:
        level: its hole should be at most `THICKEST` pixels thick.
        generator: draws among places that are nearly as good, so that several layings differ.
        guide: what the hole should look like coarsely.
        weight: float32 of the shape of ``level.valid``, what the difference of a piece is multiplied by (`Bias`); 1 if
            None. Without it flat pieces win beside anything that is never the same twice.
    """
    canvas = Canvas.of(level, guide)
    longest = min(level.thickness + 2 * BAND, LONGEST, *level.shape)
    share = SHARES[int(generator.integers(len(SHARES)))]
    side = min(max(round(share * level.thickness), 4) + 2 * BAND, longest)
    coarse = None if canvas.wish is None else canvas.wish.source
    search = Correlator(
        level, max(side, *SIDES), coarse, np.ones(level.valid.shape, np.float32) if weight is None else weight
    )
    _cover(canvas, search, side, generator)
    _repair(canvas, search, generator)
    return canvas.field()


def _cover(canvas: Canvas, search: Correlator, side: int, generator: np.random.Generator) -> None:
    """Lay pieces from somewhere at the rim on until the hole is filled, where any source reaches.

    Where there is no place for a piece they become smaller: most of a small picture may be too near to its hole.
    """
    open_ = ~canvas.known
    while open_.any():
        rim = open_ & ndimage.binary_dilation(canvas.filled, np.ones((3, 3), np.bool_))
        front = np.flatnonzero(rim if rim.any() else open_)
        y, x = (int(n) for n in np.unravel_index(front[int(generator.integers(len(front)))], open_.shape))
        window = _window(~canvas.filled, y, x, side)
        weights = canvas.filled[window].astype(np.float32)
        places = _draw(canvas, search, window, weights, ~canvas.filled[window], TRIED, generator)
        _join(canvas, window, 1, places, forced=True)
        was_open, open_ = open_, open_ & ~canvas.filled
        if not np.array_equal(open_, was_open):
            continue
        if side > SMALLEST:
            side = max(round(SHRINK * side), SMALLEST)
        else:
            open_[window] = False


def _window(unfilled: Bools, y: int, x: int, side: int) -> Window:
    """Return the window with a pixel at least a band inside that holds most unfilled pixels."""
    total = np.pad(unfilled.astype(np.int32).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    tops, lefts = (_firsts(at, side, length) for at, length in zip((y, x), unfilled.shape, strict=True))
    bottoms, rights = np.minimum(tops + side, unfilled.shape[0]), np.minimum(lefts + side, unfilled.shape[1])
    inside = total[np.ix_(bottoms, rights)] - total[np.ix_(tops, rights)]
    inside -= total[np.ix_(bottoms, lefts)] - total[np.ix_(tops, lefts)]
    best = np.argwhere(inside == inside.max())
    top, left = best[len(best) // 2]  # the middle one, so that the rim lies on all sides
    return slice(int(tops[top]), int(bottoms[top])), slice(int(lefts[left]), int(rights[left]))


def _firsts(at: int, side: int, length: int) -> NDArray[np.intp]:
    band = min(BAND, (side - 1) // 2)  # a window may be no wider than a small picture
    return np.unique(np.clip(np.arange(at - side + 1 + band, at - band + 1), 0, max(length - side, 0)))


def _repair(canvas: Canvas, search: Correlator, generator: np.random.Generator) -> None:
    """Lay pieces over what costs most, seams or departures from the guide; a cut keeps what would not get better."""
    hole = ~canvas.known & canvas.filled
    fresh = np.ones(hole.shape, np.float32)
    costs = np.zeros(hole.shape, np.float32)
    changed: Window | None = (slice(0, hole.shape[0]), slice(0, hole.shape[1]))
    in_vain = 0
    for number in range(REPAIRS):
        if changed is not None:
            _update_costs(canvas, hole, changed, costs)
        in_vain = 0 if changed is not None else in_vain + 1
        worst = costs * fresh
        at = int(np.argmax(worst))
        if worst.flat[at] <= 1e-4 or in_vain == PATIENCE:
            return
        y, x = (int(n) for n in np.unravel_index(at, hole.shape))
        pixel, side = (slice(y, y + 1), slice(x, x + 1)), SIDES[number % len(SIDES)]
        window = _grown(pixel, side // 2, hole.shape)
        fresh[window] *= 0.8
        fresh[_grown(pixel, 3, hole.shape)] *= 0.5
        wanted = np.zeros_like(hole)
        wanted[_grown(pixel, side // 3, hole.shape)] = True
        wanted &= hole
        weights = np.where(canvas.known[window], 1.5, 1.0) * (canvas.filled & ~wanted)[window]
        places = _draw(canvas, search, window, weights.astype(np.float32), wanted[window], TRIED // 2, generator)
        changed = _join(canvas, window, REACH, places, forced=False)


def _update_costs(canvas: Canvas, hole: Bools, changed: Window, costs: Floats) -> None:
    """Measure the hole's costs around what changed anew, as means of 7 x 7 pixels."""
    outer, inner = _grown(changed, 8, hole.shape), _grown(changed, 4, hole.shape)
    means = ndimage.uniform_filter(canvas.costs(outer) * hole[outer], 7, mode="constant")
    within = tuple(
        slice(part.start - whole.start, part.stop - whole.start) for part, whole in zip(inner, outer, strict=True)
    )
    costs[inner] = means[within]


def _grown(window: Window, by: int, shape: tuple[int, ...]) -> Window:
    """Return a window and the pixels around it."""
    rows, cols = (
        slice(max(part.start - by, 0), min(part.stop + by, length)) for part, length in zip(window, shape, strict=True)
    )
    return rows, cols


def _around_hole(known: Bools, window: Window) -> Window:
    """Return the part of a window that holds its unknown pixels and those beside them; the others do not change."""
    parts = []
    for axis, part in enumerate(window):
        lines = part.start + np.flatnonzero(~known[window].min(1 - axis))
        parts.append(slice(max(int(lines[0]) - 1, part.start), min(int(lines[-1]) + 2, part.stop)))
    return parts[0], parts[1]


def _draw(
    canvas: Canvas,
    search: Correlator,
    window: Window,
    weights: Floats,
    wanted: Bools,
    count: int,
    generator: np.random.Generator,
) -> list[Place]:
    """Return a few places where a window's first pixel may come from, drawn from the best."""
    coarse, coarse_weights = None, None
    if canvas.wish is not None:
        coarse = canvas.wish.canvas[window][..., : search.channels]
        coarse_weights = (TEMPLATE_WEIGHT * canvas.wish.confidence[window] * wanted).astype(np.float32)
    elif not weights.any():
        weights = np.ones_like(weights)  # nothing to continue: any place will do
    template = Template(canvas.picture(window)[..., : search.channels], weights, coarse, coarse_weights, wanted)
    ys, xs = np.nonzero(canvas.filled[window])
    firsts = (canvas.rows[window][ys, xs] - ys + FAR) * (2 * FAR) + canvas.cols[window][ys, xs] - xs + FAR
    firsts = np.unique(firsts[np.flatnonzero(np.diff(firsts, prepend=-1))])  # within a piece they are all the same
    laid = firsts // (2 * FAR) - FAR, firsts % (2 * FAR) - FAR
    blocks = search.near(*_centre(window, canvas), generator)
    found = [place for block in blocks for place in search.find(template, laid, CANDIDATES, block)]
    if not found:
        return []
    scores = np.array([score for score, _ in found])
    chance = np.maximum(np.exp((scores.min() - scores) / (SPREAD * scores.min() + 1e-6)), 1e-9)
    drawn = generator.choice(len(found), min(count, len(found)), replace=False, p=chance / chance.sum())
    return [found[int(at)][1] for at in drawn]


def _centre(window: Window, canvas: Canvas) -> tuple[int, int]:
    """Return the pixel of the picture in the middle of a window of the canvas."""
    row, col = ((part.start + part.stop) // 2 for part in window)
    return (row + canvas.shift[0]) % canvas.known.shape[0], (col + canvas.shift[1]) % canvas.known.shape[1]


def _join(canvas: Canvas, window: Window, reach: int, places: list[Place], *, forced: bool) -> Window | None:
    """Lay one of the places of a window over it and its surroundings; return what changed if anything did."""
    outer = _around_hole(canvas.known, _grown(window, reach, canvas.known.shape))
    dy, dx = outer[0].start - window[0].start, outer[1].start - window[1].start
    changed = canvas.join(outer, [place.moved(dy, dx) for place in places], forced=forced)
    return outer if changed else None
