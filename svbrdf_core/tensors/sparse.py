"""Poisson equations over the pixels of a hole, on the plane or on a torus."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]

DIRECT = 100_000
"""Holes with more pixels are solved by conjugate gradients, which needs less memory than a factorisation."""
DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0))


@dataclass(frozen=True)
class Neighbours:
    """The hole's pixels that have a neighbour in one direction, and these neighbours.

    Attributes:
        dy, dx: the direction.
        first: intp ``(E,)``, numbers of hole pixels in reading order.
        ys, xs: intp ``(E,)``, the neighbours' rows and columns.
        second: intp ``(E,)``, their numbers; -1 where they are known.
    """

    dy: int
    dx: int
    first: Indices
    ys: Indices
    xs: Indices
    second: Indices


@dataclass(frozen=True)
class Edges:
    """Differences that a solution is asked for: ``u[second] - u[first] = step``, each with a weight.

    Attributes:
        first, second: intp ``(E,)``, numbers of unknowns, none twice in ``first``; -1 in ``second`` stands for 0.
        step: float64 ``(C, E)``.
        weight: float64 ``(E,)``, above 0.
    """

    first: Indices
    second: Indices
    step: Doubles
    weight: Doubles


def list_neighbours(hole: Bools, wrap: tuple[bool, bool]) -> list[Neighbours]:
    """Return the 4-neighbours of the hole's pixels, direction by direction; there are none beyond an edge.

    Args:
        hole: bool ``(H, W)``.
        wrap: whether rows and columns go on at the other side.
    """
    ys, xs = np.nonzero(hole)
    height, width = hole.shape
    number = np.full(hole.shape, -1, np.intp)
    number[ys, xs] = np.arange(len(ys))
    found = []
    for dy, dx in DIRECTIONS:
        to_y, to_x = ys + dy, xs + dx
        inside = ((to_y >= 0) & (to_y < height) | wrap[0]) & ((to_x >= 0) & (to_x < width) | wrap[1])
        first = np.nonzero(inside)[0]
        to_y, to_x = to_y[first] % height, to_x[first] % width
        found.append(Neighbours(dy, dx, first, to_y, to_x, number[to_y, to_x]))
    return found


def solve_poisson(
    edges: Sequence[Edges],
    count: int,
    *,
    on_channel: Callable[[int], None] | None = None,
) -> Doubles:
    """Return the least-squares solution ``(C, count)`` of weighted differences, each channel by itself.

    Perez, Gangnet, Blake, "Poisson image editing", 2003, equation 7, with weights; up to `DIRECT` unknowns by sparse
    factorisation, more by conjugate gradients.

    Args:
        edges: at least one; every connected part of the unknowns needs a known neighbour.
        count: number of unknowns.
        on_channel: called with the number of each channel before conjugate gradients solve it; may raise to stop.
    """
    from scipy import sparse
    from scipy.sparse import linalg

    diagonal = np.zeros(count)
    right = np.zeros((len(edges[0].step), count))
    rows, cols, values = [np.arange(count)], [np.arange(count)], []
    for edge in edges:
        diagonal[edge.first] += edge.weight
        right[:, edge.first] -= edge.weight * edge.step
        both = edge.second >= 0
        rows.append(edge.first[both])
        cols.append(edge.second[both])
        values.append(-edge.weight[both])
    entries = np.concatenate([diagonal, *values]), (np.concatenate(rows), np.concatenate(cols))
    matrix = sparse.csc_array(entries, shape=(count, count))
    if count <= DIRECT:
        factors = linalg.splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        return np.asarray(factors.solve(np.ascontiguousarray(right.T)).T)
    solved = []
    for channel, side in enumerate(right):
        if on_channel is not None:
            on_channel(channel)
        solved.append(linalg.cg(matrix, side, rtol=1e-5, maxiter=5000)[0])
    return np.stack(solved)


def stretch_membrane(
    tensor: NDArray[np.floating],
    hole: Bools,
    wrap: tuple[bool, bool],
    *,
    on_channel: Callable[[int], None] | None = None,
) -> Doubles:
    """Return the smoothest values ``(C, N)`` of a hole's pixels that meet the known ones of ``(C, H, W)`` at its rim.

    Perez, Gangnet, Blake, "Poisson image editing", 2003, equation 2 (no guidance field). Where the hole reaches the
    edge of the picture the slope across that edge is zero.

    Args:
        tensor: what is in the hole means nothing.
        hole: bool ``(H, W)``; every connected part of it needs a known neighbour.
        wrap: whether rows and columns go on at the other side.
        on_channel: see `solve_poisson`.
    """
    edges = [_join_edges(tensor, near) for near in list_neighbours(hole, wrap)]
    return solve_poisson(edges, int(hole.sum()), on_channel=on_channel)


def _join_edges(tensor: NDArray[np.floating], near: Neighbours) -> Edges:
    """Ask for equal neighbours in the hole, and for the known values beside it."""
    known = near.second < 0
    step = np.zeros((len(tensor), len(near.first)))
    step[:, known] = -tensor[:, near.ys[known], near.xs[known]]
    return Edges(near.first, near.second, step, np.ones(len(near.first)))
