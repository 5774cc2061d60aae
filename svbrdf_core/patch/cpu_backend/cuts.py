"""Compiled minimum cuts between two pictures on a grid: what a seam costs, and where it costs least.

One cut decides for each pixel of a window whether it keeps its source or takes the new piece's: an expansion move
(Boykov, Veksler, Zabih, "Fast approximate energy minimization via graph cuts", PAMI 2001) on the seams of "Graphcut
textures" (Kwatra et al., SIGGRAPH 2003). Capacities are whole numbers, so that every processor finds the same cut.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.jit import kernel

OUTSIDE, KNOWN, KEPT, FREE, FORCED = range(5)
"""What a pixel of a window may do: nothing, at no cost; stay what the picture has; keep its source; choose; or take the
new one."""
UNIT = 1000.0
"""Capacities per unit of cost, one standard deviation."""
HUGE = 1 << 40
"""A capacity that no cut crosses."""
RIGHT, LEFT, DOWN, UP = range(4)


@kernel()
def _seam(source: Floats, known: int, ay: int, ax: int, by: int, bx: int, dy: int, dx: int) -> float:
    """Return the cost of a pixel from ``a`` beside one from ``b``, at ``(dy, dx)`` from it.

    Both sources are compared at both pixels, but only at the known one if one is known (1: the first, 2: the second):
    the picture has nothing at the other. Both distances are in one loop, for each loop takes as long to compile.
    """
    if known == 3:
        return 0.0
    here, there = 0.0, 0.0
    for c in range(source.shape[2]):
        d = source[ay + R, ax + R, c] - source[by - dy + R, bx - dx + R, c]
        e = source[ay + dy + R, ax + dx + R, c] - source[by + R, bx + R, c]
        here += d * d
        there += e * e
    if known == 1:
        return float(2 * here**0.5)
    if known == 2:
        return float(2 * there**0.5)
    return float(here**0.5 + there**0.5)


@kernel()
def measure_seams(source: Floats, state: NDArray[np.int8], rows: Ints, cols: Ints) -> Floats:
    """Return each pixel's share of the seams around it, float32 ``(H, W)``.

    Args:
        source: float32 ``(H' + 2 R, W' + 2 R, C)``, padded.
        state: ``OUTSIDE`` pixels have no seams, ``KNOWN`` ones lie in the picture.
        rows: int32 ``(H, W)``, each pixel's source; a known pixel is its own.
        cols: the same.
    """
    height, width = state.shape
    out = np.zeros(state.shape, np.float32)
    for y in range(height):
        for x in range(width):
            for k in range(2):
                dy, dx = (0, 1) if k == 0 else (1, 0)
                if y + dy >= height or x + dx >= width or state[y, x] == OUTSIDE or state[y + dy, x + dx] == OUTSIDE:
                    continue
                known = (state[y, x] == KNOWN) + 2 * (state[y + dy, x + dx] == KNOWN)
                ay, ax, by, bx = int(rows[y, x]), int(cols[y, x]), int(rows[y + dy, x + dx]), int(cols[y + dy, x + dx])
                if ay + dy == by and ax + dx == bx:
                    continue
                cost = 0.5 * _seam(source, known, ay, ax, by, bx, dy, dx)
                out[y, x] += cost
                out[y + dy, x + dx] += cost
    return out


@kernel()
def place_piece(
    valid: Bools,
    known: Bools,
    filled: Bools,
    may: Bools,
    forced: bool,
    first: tuple[int, int],
    copy: tuple[int, int, bool, bool],
) -> tuple[NDArray[np.int8], Ints, Ints]:
    """Return what a window's pixels may do beside a piece, int8 ``(h, w)``, and the piece's sources, int32 ``(h, w)``.

    Args:
        valid: bool, where a patch may be centred in the stacked sources.
        known: bool ``(h, w)``.
        filled: bool ``(h, w)``, known or laid.
        may: bool ``(h, w)``, which pixels may change.
        forced: whether pixels that are not filled take the piece.
        first: source row and column of the first pixel, beyond the border where the copy wraps.
        copy: the first of its rows in the stack, the one after the last, and whether rows and columns wrap.
    """
    height, width = known.shape
    top, stop, wrap_rows, wrap_cols = copy
    state = np.zeros(known.shape, np.int8)
    rows, cols = np.zeros(known.shape, np.int32), np.zeros(known.shape, np.int32)
    for y in range(height):
        row = first[0] + y
        if wrap_rows:
            row = top + (row - top) % (stop - top)
        for x in range(width):
            col = first[1] + x
            if wrap_cols:
                col %= valid.shape[1]
            free = may[y, x] and top <= row < stop and 0 <= col < valid.shape[1] and valid[row, col]
            if free:
                rows[y, x], cols[y, x] = row, col
            if known[y, x]:
                state[y, x] = KNOWN
            elif filled[y, x]:
                state[y, x] = FREE if free else KEPT
            elif free and forced:
                state[y, x] = FORCED
    return state, rows, cols


@kernel()
def weigh_cut(
    source: Floats,
    state: NDArray[np.int8],
    rows: Ints,
    cols: Ints,
    new_rows: Ints,
    new_cols: Ints,
    unary: Floats,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the capacities of the cut between a window's present sources and new ones.

    Args:
        source: float32 ``(H' + 2 R, W' + 2 R, C)``, padded.
        state: int8 ``(h, w)``.
        rows: int32 ``(h, w)``, present sources where not outside or forced.
        cols: the same.
        new_rows: int32 ``(h, w)``, those of the piece where free or forced.
        new_cols: the same.
        unary: float32 ``(h, w)``, what a pixel costs more with the new source than with its own.

    Returns:
        ``excess`` ``(h w,)``: what a pixel costs new, less what it costs as it is; ``capacity`` ``(4, h w)`` to its
        neighbours: what it costs if this pixel stays and that one is new.
    """
    height, width = state.shape
    excess = np.zeros(height * width, np.int64)
    capacity = np.zeros((4, height * width), np.int64)
    for y in range(height):
        for x in range(width):
            i, mine = y * width + x, state[y, x]
            if mine >= FREE:
                excess[i] += np.int64(unary[y, x] * UNIT) - (HUGE if mine == FORCED else 0)
            elif mine != OUTSIDE:
                excess[i] += HUGE
            for k in range(2):
                dy, dx = (0, 1) if k == 0 else (1, 0)
                if y + dy >= height or x + dx >= width:
                    continue
                other = state[y + dy, x + dx]
                if mine == OUTSIDE or other == OUTSIDE or (mine <= KEPT and other <= KEPT):
                    continue
                j = i + dy * width + dx
                known = (mine == KNOWN) + 2 * (other == KNOWN)
                ay, ax, by, bx = int(rows[y, x]), int(cols[y, x]), int(rows[y + dy, x + dx]), int(cols[y + dy, x + dx])
                cy, cx = int(new_rows[y, x]), int(new_cols[y, x])
                ey, ex = int(new_rows[y + dy, x + dx]), int(new_cols[y + dy, x + dx])
                stay, second, first = 0.0, 0.0, 0.0
                if mine != FORCED and other != FORCED and not (ay + dy == by and ax + dx == bx):
                    stay = _seam(source, known, ay, ax, by, bx, dy, dx)
                if mine != FORCED and other >= FREE:
                    second = _seam(source, known & 1, ay, ax, ey, ex, dy, dx)
                if other != FORCED and mine >= FREE:
                    first = _seam(source, known & 2, cy, cx, by, bx, dy, dx)
                if mine >= FREE and other >= FREE:
                    excess[i] += np.int64((first - stay) * UNIT)
                    excess[j] -= np.int64(first * UNIT)
                    capacity[RIGHT if k == 0 else DOWN, i] = max(np.int64(0), np.int64((first + second - stay) * UNIT))
                elif mine >= FREE:
                    excess[i] += np.int64((first - stay) * UNIT)
                else:
                    excess[j] += np.int64((second - stay) * UNIT)
    return excess, capacity


@kernel()
def cut_grid(
    excess: NDArray[np.int64], capacity: NDArray[np.int64], width: int, limit: int
) -> tuple[int, NDArray[np.bool_]]:
    """Return what a minimum cut costs, and which pixels lie on the sink's side: of two that cost the same, fewest.

    Dinic's algorithm ("Algorithm for solution of a problem of maximum flow", 1970) on a grid of four neighbours.

    Args:
        excess: int64 ``(N,)``, capacity from the source less that to the sink; becomes what is left of it.
        capacity: int64 ``(4, N)``, to the right, left, lower and upper neighbour, 0 where there is none; as above.
        width: pixels of a row.
        limit: a cut that costs as much or more is of no use: then what is returned costs at least this.
    """
    count = len(excess)
    step = (1, -1, width, -width)
    back = (LEFT, RIGHT, UP, DOWN)
    distance = np.empty(count, np.int32)
    queue = np.empty(count, np.int32)
    arc = np.empty(count, np.int8)
    path = np.empty(count + 1, np.int32)
    total = 0
    while True:
        distance[:] = 0
        arc[:] = 0
        tail = 0
        for i in range(count):
            if excess[i] < 0:
                distance[i] = 1
                queue[tail] = i
                tail += 1
        head, reached = 0, False
        while head < tail:
            i = queue[head]
            head += 1
            reached |= excess[i] > 0
            for k in range(4):
                j = i - step[k]
                if 0 <= j < count and distance[j] == 0 and capacity[k, j] > 0:
                    distance[j] = distance[i] + 1
                    queue[tail] = j
                    tail += 1
        if not reached or total >= limit:
            return total, distance > 0
        for start in range(count):
            if excess[start] <= 0 or distance[start] == 0:
                continue
            length, path[0] = 0, start
            while excess[start] > 0:
                i = path[length]
                if excess[i] < 0:
                    flow, weakest = min(excess[start], -excess[i]), 0
                    for n in range(length):
                        if capacity[arc[path[n]], path[n]] < flow:
                            flow, weakest = capacity[arc[path[n]], path[n]], n
                    for n in range(length):
                        k = arc[path[n]]
                        capacity[k, path[n]] -= flow
                        capacity[back[k], path[n] + step[k]] += flow
                    excess[start] -= flow
                    excess[i] += flow
                    total += int(flow)
                    length = weakest
                    continue
                k = arc[i]
                while k < 4:
                    if distance[i] > 1 and capacity[k, i] > 0 and distance[i + step[k]] == distance[i] - 1:
                        break
                    k += 1
                arc[i] = k
                if k < 4:
                    length += 1
                    path[length] = i + step[k]
                elif length == 0:
                    break
                else:
                    length -= 1
                    arc[path[length]] += 1
