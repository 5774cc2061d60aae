"""Weighted, screened Poisson equations over the pixels of a hole, by conjugate gradients with a multigrid cycle.

All channels at once: they share the matrix, and a pixel's channels lie side by side in memory. The cost follows the
number of unknowns, wherever they lie: levels are lists of pixels with the numbers of their neighbours, not pictures.
Everything runs in one thread, so the answer depends on no number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.tensors.jit import kernel

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int32]

COARSEST = 24
"""Unknowns at which coarsening ends; so few are relaxed `COARSEST` times instead."""
HALVED = 0.5
"""Weight of a coarse edge over the sum of those it stands for: sums alone make piecewise constant corrections too
small by about 2 (Braess, "Towards algebraic multigrid for elliptic problems of second order", 1995)."""
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
    """A graph in the order in which it is relaxed: first the pixels of one colour of a chessboard, then the others."""

    near: Ints
    weight: Floats
    diagonal: Floats
    inverse: Floats
    parent: Ints


def solve_graph(graph: Graph, right: Floats, rtol: float = 1e-3) -> tuple[Floats, int]:
    """Return the solution float32 ``(N, C)`` and the steps it took.

    Args:
        graph: the matrix; every connected part is held somewhere.
        right: float32 ``(N, C)``, the right side.
        rtol: norm of the residual over that of the right side at which a channel is done.
    """
    levels, order = _build_levels(graph)
    residual = _pad(right[order])
    solution = np.zeros_like(residual)
    goal = rtol**2 * _dots(residual, residual)
    direction = np.zeros_like(residual)
    product = np.zeros_like(residual)
    before = np.ones(right.shape[1])
    for step in range(MOST):
        if (_dots(residual, residual) <= goal).all():
            break
        better = _cycle(levels, 0, residual)
        now = _dots(residual, better)
        direction *= (now / before).astype(np.float32) if step else np.float32(0)
        direction += better
        _multiply(levels[0].near, levels[0].weight, levels[0].diagonal, direction, product)
        curvature = _dots(direction, product)
        size = np.divide(now, curvature, out=np.zeros_like(now), where=curvature > 0).astype(np.float32)
        _advance(solution, residual, direction, product, size)
        before = np.where(now > 0, now, 1.0)
    out = np.empty_like(right)
    out[order] = solution[:-1]
    return out, step


def _build_levels(graph: Graph) -> tuple[list[_Level], NDArray[np.intp]]:
    """Return the levels from fine to coarse, and which pixel of the graph stands where on the finest."""
    levels: list[_Level] = []
    first = np.argsort((graph.ys + graph.xs) & 1, kind="stable")
    graph = _reorder(graph, first)
    while True:
        diagonal = graph.weight.sum(1) + graph.held
        count = len(diagonal)
        coarse, parent = _coarsen(graph) if count > COARSEST else (graph, np.zeros(0, np.int32))
        ends = count <= COARSEST or len(coarse.held) > 0.9 * count
        levels.append(_Level(graph.near, graph.weight, diagonal, 1 / diagonal, parent[:0] if ends else parent))
        if ends:
            return levels, first
        graph = coarse


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
    count = len(level.inverse)
    guess = np.zeros_like(right)
    if not len(level.parent):
        for _ in range(COARSEST):
            _relax(level.near, level.weight, level.inverse, right, guess, 0, count, 1)
            _relax(level.near, level.weight, level.inverse, right, guess, count - 1, -1, -1)
        return guess
    _relax(level.near, level.weight, level.inverse, right, guess, 0, count, 1)
    sums = np.zeros((len(levels[depth + 1].inverse) + 1, right.shape[1]), np.float32)
    _restrict(level.near, level.weight, level.diagonal, right, guess, level.parent, sums)
    _prolong(_cycle(levels, depth + 1, sums), level.parent, guess)
    _relax(level.near, level.weight, level.inverse, right, guess, count - 1, -1, -1)
    return guess


def _pad(values: Floats) -> Floats:
    """Append the row of zeros that missing neighbours point to."""
    return np.concatenate([values, np.zeros((1, values.shape[1]), np.float32)])


@kernel()
def _relax(
    near: Ints, weight: Floats, inverse: Floats, right: Floats, x: Floats, start: int, stop: int, step: int
) -> None:
    """Solve each pixel's equation in turn (Gauss-Seidel)."""
    for i in range(start, stop, step):
        a, b, c, d = near[i, 0], near[i, 1], near[i, 2], near[i, 3]
        wa, wb, wc, wd = weight[i, 0], weight[i, 1], weight[i, 2], weight[i, 3]
        for k in range(x.shape[1]):
            x[i, k] = inverse[i] * (right[i, k] + wa * x[a, k] + wb * x[b, k] + wc * x[c, k] + wd * x[d, k])


@kernel()
def _multiply(near: Ints, weight: Floats, diagonal: Floats, x: Floats, out: Floats) -> None:
    for i in range(len(diagonal)):
        a, b, c, d = near[i, 0], near[i, 1], near[i, 2], near[i, 3]
        wa, wb, wc, wd = weight[i, 0], weight[i, 1], weight[i, 2], weight[i, 3]
        for k in range(x.shape[1]):
            out[i, k] = diagonal[i] * x[i, k] - wa * x[a, k] - wb * x[b, k] - wc * x[c, k] - wd * x[d, k]


@kernel()
def _restrict(
    near: Ints, weight: Floats, diagonal: Floats, right: Floats, x: Floats, parent: Ints, sums: Floats
) -> None:
    """Add up the residuals of each coarse pixel's own."""
    for i in range(len(diagonal)):
        a, b, c, d = near[i, 0], near[i, 1], near[i, 2], near[i, 3]
        wa, wb, wc, wd = weight[i, 0], weight[i, 1], weight[i, 2], weight[i, 3]
        for k in range(x.shape[1]):
            beside = wa * x[a, k] + wb * x[b, k] + wc * x[c, k] + wd * x[d, k]
            sums[parent[i], k] += right[i, k] + beside - diagonal[i] * x[i, k]


@kernel()
def _prolong(coarse: Floats, parent: Ints, x: Floats) -> None:
    for i in range(len(parent)):
        for k in range(x.shape[1]):
            x[i, k] += coarse[parent[i], k]


@kernel()
def _dots(a: Floats, b: Floats) -> Doubles:
    """Return each channel's inner product, summed in double precision."""
    out = np.zeros(a.shape[1])
    for i in range(len(a)):
        for k in range(a.shape[1]):
            out[k] += np.float64(a[i, k]) * np.float64(b[i, k])
    return out


@kernel()
def _advance(solution: Floats, residual: Floats, direction: Floats, product: Floats, size: Floats) -> None:
    for i in range(len(solution)):
        for k in range(len(size)):
            solution[i, k] += size[k] * direction[i, k]
            residual[i, k] -= size[k] * product[i, k]
