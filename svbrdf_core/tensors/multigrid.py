"""Weighted, screened Poisson equations over the pixels of a hole, by conjugate gradients with a multigrid cycle.

All channels share the matrix. Four at a time are solved by one thread, side by side in memory, as many as the
processor adds and multiplies at once; so the answer depends on no number of threads. The cost follows the number of
unknowns, wherever they lie: levels are lists of pixels with the numbers of their neighbours, not pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.tensors.jit import kernel
from svbrdf_core.tensors.threads import map_in_threads

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]

COARSEST = 24
"""Unknowns at which coarsening ends; so few are relaxed `COARSEST` times instead."""
HALVED = 0.5
"""Weight of a coarse edge over the sum of those it stands for: sums alone make piecewise constant corrections too
small by about 2 (Braess, "Towards algebraic multigrid for elliptic problems of second order", 1995)."""
LANES = 4
"""Channels of a group."""
MOST = 200
"""Steps of conjugate gradients after which the answer is taken as it is; 20 to 30 are usual."""


@dataclass(frozen=True)
class Graph:
    """A symmetric matrix over pixels: the sum of a pixel's weights on the diagonal, less each neighbour's beside it.

    Attributes:
        ys, xs: ``(N,)``, the pixels.
        near: int32 ``(N, 4)``, the numbers of neighbours right, left, below and above; N where there is none.
        weight: float32 ``(N, 4)``, the weights of the edges to them; 0 where there is none.
        held: float32 ``(N,)``, the weight that holds a pixel at 0: its edges to known pixels, and the screen.
    """

    ys: Ints
    xs: Ints
    near: Ints
    weight: Floats
    held: Floats


@dataclass(frozen=True)
class _Level:
    """A graph in the order in which it is relaxed: first the pixels of one colour of a chessboard, then the others.

    Attributes:
        near, weight: of the graph.
        diagonal, inverse: ``(N,)``, of the matrix, and 1 over it.
        parent: ``(N,)``, numbers on the coarser level; empty on the coarsest.
        first: the number of pixels of the first colour, all N where neighbours share one (on an odd torus).
    """

    near: Ints
    weight: Floats
    diagonal: Floats
    inverse: Floats
    parent: Ints
    first: int


def solve_graph(graph: Graph, right: Floats, rtol: float = 2e-3) -> tuple[Floats, int]:
    """Return the solution float32 ``(N, C)`` and the steps it took.

    Args:
        graph: the matrix; every connected part is held somewhere.
        right: float32 ``(N, C)``, the right side.
        rtol: norm of the residual over that of the right side at which a channel is done.
    """
    levels, order = _build_levels(graph)
    out = np.empty_like(right)

    def solve(start: int) -> int:
        group = np.s_[start : start + LANES]
        given = right[:, group]
        padded = np.zeros((len(right) + 1, LANES), np.float32)  # with the row of zeros that missing neighbours point to
        padded[:-1, : given.shape[1]] = given[order]
        found, steps = _solve(levels, padded, rtol)
        out[order, group] = found[:-1, : given.shape[1]]
        return steps

    return out, max(map_in_threads(solve, range(0, right.shape[1], LANES)))


def _solve(levels: list[_Level], residual: Floats, rtol: float) -> tuple[Floats, int]:
    """Return the solution of a group of channels by preconditioned conjugate gradients, and the steps it took."""
    finest = levels[0]
    solution, direction, product = (np.zeros_like(residual) for _ in range(3))
    left = _dots(residual, residual)
    goal, before = rtol**2 * left, np.ones(LANES)
    for step in range(MOST):
        if (left <= goal).all():
            break
        better = _cycle(levels, 0, residual)
        now = _dots(residual, better)
        _turn(direction, better, (now / before).astype(np.float32) * np.float32(step > 0))
        curvature = _multiply(finest.near, finest.weight, finest.diagonal, direction, product)
        size = np.divide(now, curvature, out=np.zeros_like(now), where=curvature > 0).astype(np.float32)
        left = _advance(solution, residual, direction, product, size)
        before = np.where(now > 0, now, 1.0)
    return solution, step


def _build_levels(graph: Graph) -> tuple[list[_Level], NDArray[np.intp]]:
    """Return the levels from fine to coarse, and which pixel of the graph stands where on the finest."""
    levels: list[_Level] = []
    order = np.argsort((graph.ys + graph.xs) & 1, kind="stable")
    graph = _reorder(graph, order)
    while True:
        diagonal = graph.weight.sum(1) + graph.held
        count = len(diagonal)
        coarse, parent = _coarsen(graph) if count > COARSEST else (graph, np.zeros(0, np.int32))
        ends = count <= COARSEST or len(coarse.held) > 0.9 * count
        first = _count_first(graph)
        levels.append(_Level(graph.near, graph.weight, diagonal, 1 / diagonal, parent[:0] if ends else parent, first))
        if ends:
            return levels, order
        graph = coarse


def _count_first(graph: Graph) -> int:
    """Return how many pixels of the first colour there are if no neighbours share a colour, else how many pixels."""
    colour = np.append((graph.ys + graph.xs) & 1, -1)
    shared = (colour[graph.near] == colour[:-1, None]).any()
    return len(graph.ys) if shared else int(np.count_nonzero(colour == 0))


def _reorder(graph: Graph, order: NDArray[np.intp]) -> Graph:
    place = np.empty(len(order) + 1, np.int32)
    place[order] = np.arange(len(order))
    place[-1] = len(order)
    return Graph(graph.ys[order], graph.xs[order], place[graph.near[order]], graph.weight[order], graph.held[order])


def _coarsen(graph: Graph) -> tuple[Graph, Ints]:
    """Join the pixels of each 2 x 2 square; return the graph of the squares, and each pixel's square."""
    ys, xs = graph.ys >> 1, graph.xs >> 1
    width = int(xs.max()) + 1
    keys = ys.astype(np.int64) * width + xs
    cells, number = np.unique(keys, return_inverse=True)
    rows, cols = (cells // width).astype(np.int32), (cells % width).astype(np.int32)
    order = np.argsort((rows + cols) & 1, kind="stable")
    place = np.empty(len(cells), np.int32)
    place[order] = np.arange(len(cells))
    parent: Ints = place[number]
    near = np.full((len(cells), 4), len(cells), np.int32)
    weight = np.zeros((len(cells), 4), np.float32)
    beyond = np.append(parent, np.int32(-1))[graph.near]
    for way in range(4):
        leaves = np.flatnonzero((graph.near[:, way] < len(parent)) & (beyond[:, way] != parent))
        home = parent[leaves]
        near[home, way] = beyond[leaves, way]
        weight[:, way] = HALVED * np.bincount(home, graph.weight[leaves, way], len(cells))
    held = np.bincount(parent, graph.held, len(cells)).astype(np.float32)
    return Graph(rows[order], cols[order], near, weight, held), parent


def _cycle(levels: list[_Level], depth: int, right: Floats) -> Floats:
    """Return about the solution: relaxed forwards, corrected on the coarser level, relaxed backwards."""
    level = levels[depth]
    near, weight, inverse, count = level.near, level.weight, level.inverse, len(level.inverse)
    guess = np.zeros_like(right)
    _relax(near, weight, inverse, right, guess, 0, count, 1)
    if len(level.parent):
        sums = np.zeros((len(levels[depth + 1].inverse) + 1, LANES), np.float32)
        # A pixel that was relaxed after all its neighbours has no residual.
        _restrict(near, weight, level.diagonal, right, guess, level.parent[: level.first], sums)
        _prolong(_cycle(levels, depth + 1, sums), level.parent, guess)
    else:
        for _ in range(COARSEST - 1):
            _relax(near, weight, inverse, right, guess, count - 1, -1, -1)
            _relax(near, weight, inverse, right, guess, 0, count, 1)
    _relax(near, weight, inverse, right, guess, count - 1, -1, -1)
    return guess


@kernel()
def _relax(
    near: Ints, weight: Floats, inverse: Floats, right: Floats, x: Floats, start: int, stop: int, step: int
) -> None:
    """Solve each pixel's equation in turn (Gauss-Seidel)."""
    for i in range(start, stop, step):
        a, b, c, d = near[i, 0], near[i, 1], near[i, 2], near[i, 3]
        wa, wb, wc, wd = weight[i, 0], weight[i, 1], weight[i, 2], weight[i, 3]
        for k in range(LANES):
            x[i, k] = inverse[i] * (right[i, k] + wa * x[a, k] + wb * x[b, k] + wc * x[c, k] + wd * x[d, k])


@kernel()
def _multiply(near: Ints, weight: Floats, diagonal: Floats, x: Floats, out: Floats) -> Doubles:
    """Write the matrix times each channel; return each channel's inner product with that."""
    total = np.zeros(LANES)
    for i in range(len(diagonal)):
        a, b, c, d = near[i, 0], near[i, 1], near[i, 2], near[i, 3]
        wa, wb, wc, wd = weight[i, 0], weight[i, 1], weight[i, 2], weight[i, 3]
        for k in range(LANES):
            out[i, k] = diagonal[i] * x[i, k] - wa * x[a, k] - wb * x[b, k] - wc * x[c, k] - wd * x[d, k]
        for k in range(LANES):
            total[k] += np.float64(x[i, k]) * np.float64(out[i, k])
    return total


@kernel()
def _restrict(
    near: Ints, weight: Floats, diagonal: Floats, right: Floats, x: Floats, parent: Ints, sums: Floats
) -> None:
    """Add up the residuals of each coarse pixel's own."""
    for i in range(len(parent)):
        a, b, c, d = near[i, 0], near[i, 1], near[i, 2], near[i, 3]
        wa, wb, wc, wd = weight[i, 0], weight[i, 1], weight[i, 2], weight[i, 3]
        for k in range(LANES):
            beside = wa * x[a, k] + wb * x[b, k] + wc * x[c, k] + wd * x[d, k]
            sums[parent[i], k] += right[i, k] + beside - diagonal[i] * x[i, k]


@kernel()
def _prolong(coarse: Floats, parent: Ints, x: Floats) -> None:
    for i in range(len(parent)):
        for k in range(LANES):
            x[i, k] += coarse[parent[i], k]


@kernel()
def _dots(a: Floats, b: Floats) -> Doubles:
    """Return each channel's inner product, summed in double precision."""
    total = np.zeros(LANES)
    for i in range(len(a)):
        for k in range(LANES):
            total[k] += np.float64(a[i, k]) * np.float64(b[i, k])
    return total


@kernel()
def _turn(direction: Floats, better: Floats, share: Floats) -> None:
    """Keep a share of each channel's direction and add a better one."""
    for i in range(len(direction)):
        for k in range(LANES):
            direction[i, k] = share[k] * direction[i, k] + better[i, k]


@kernel()
def _advance(solution: Floats, residual: Floats, direction: Floats, product: Floats, size: Floats) -> Doubles:
    """Go so far in each channel's direction; return the squared norms of what is left."""
    total = np.zeros(LANES)
    for i in range(len(solution)):
        for k in range(LANES):
            solution[i, k] += size[k] * direction[i, k]
            residual[i, k] -= size[k] * product[i, k]
            total[k] += np.float64(residual[i, k]) * np.float64(residual[i, k])
    return total
