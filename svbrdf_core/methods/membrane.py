"""A task comes in; the window with the smoothest membrane stretched over its hole goes out."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from svbrdf_core.methods.interface import Bools, FillResult, InpaintProblem, Method, NoSettings, Traits
from svbrdf_core.methods.values import made_valid, without_hole
from svbrdf_core.run import Run

DIRECT = 100_000
"""Holes with more pixels are solved by conjugate gradients, which needs less memory than a factorisation."""


def _neighbours(hole: Bools, wrap: tuple[bool, bool]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return, for each of four directions, numbers of hole pixels and the rows and columns of their neighbours."""
    ys, xs = np.nonzero(hole)
    height, width = hole.shape
    found = []
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        to_y, to_x = ys + dy, xs + dx
        there = ((to_y >= 0) & (to_y < height) | wrap[0]) & ((to_x >= 0) & (to_x < width) | wrap[1])
        first = np.nonzero(there)[0]
        found.append((first, to_y[first] % height, to_x[first] % width))
    return found


def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Solve Laplace's equation in the hole with the known values as its border.

    Perez, Gangnet, Blake, "Poisson image editing", 2003, equation 2 (no guidance field). Where the hole reaches the
    edge of the picture the slope across that edge is zero.
    """
    count = int(problem.hole.sum())
    number = np.full(problem.hole.shape, -1, np.intp)
    number[problem.hole] = np.arange(count)
    out = without_hole(problem.tensor, problem.hole)
    diagonal, right = np.zeros(count), np.zeros((count, len(out)))
    rows, cols = [], []
    for first, ys, xs in _neighbours(problem.hole, problem.wrap):
        second = number[ys, xs]
        inside = second >= 0
        diagonal[first] += 1
        right[first[~inside]] += out[:, ys[~inside], xs[~inside]].T
        rows.append(first[inside])
        cols.append(second[inside])
    row, col = np.concatenate(rows), np.concatenate(cols)
    links = sparse.csc_array((np.full(len(row), -1.0), (row, col)), shape=(count, count))
    matrix = sparse.csc_array(links + sparse.diags_array(diagonal))
    out[:, problem.hole] = _solved(matrix, right, run).T
    return FillResult(made_valid(out, problem))


def _solved(matrix: sparse.csc_array, right: np.ndarray, run: Run) -> np.ndarray:
    if matrix.shape[0] <= DIRECT:
        factors = linalg.splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        return np.asarray(factors.solve(right))
    columns = []
    for number, side in enumerate(right.T):
        run.report("solving", number / right.shape[1])
        run.check()
        columns.append(linalg.cg(matrix, side, rtol=1e-5, maxiter=5000)[0])
    return np.stack(columns, 1)


POISSON = Method("poisson", "Poisson membrane", fill, has=Traits(wraps=True))
