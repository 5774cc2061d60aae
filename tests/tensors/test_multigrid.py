"""The multigrid solver gives a direct solver's answer, at a cost that follows the unknowns."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import linalg

from svbrdf_core.tensors.multigrid import Graph, solve_graph
from svbrdf_core.tensors.sparse import list_neighbours

WAYS = {(0, 1): 0, (0, -1): 1, (1, 0): 2, (-1, 0): 3}


def blobs(seed: int, height: int, width: int, blur: float) -> NDArray[np.bool_]:
    """Draw a hole of several parts of any shape."""
    noise = np.random.default_rng(seed).standard_normal((height, width))
    return np.asarray(ndimage.gaussian_filter(noise, blur, mode="wrap") > 0)


def connect(hole: NDArray[np.bool_], wrap: tuple[bool, bool], seed: int = 0, decades: float = 3.0) -> Graph:
    """Give each edge of a hole a weight of its own, between 1 and 10^-decades."""
    ys, xs = (at.astype(np.int32) for at in np.nonzero(hole))
    count = len(ys)
    drawn = (10.0 ** -np.random.default_rng(seed).uniform(0, decades, (2, *hole.shape))).astype(np.float32)
    near, weight = np.full((count, 4), count, np.int32), np.zeros((count, 4), np.float32)
    held = np.full(count, 3e-4, np.float32)
    for side in list_neighbours(hole, wrap):
        way = WAYS[side.dy, side.dx]
        y, x = (ys[side.first], xs[side.first]) if way % 2 == 0 else (side.ys, side.xs)
        of = drawn[way // 2, y, x]
        inner = side.second >= 0
        near[side.first[inner], way], weight[side.first[inner], way] = side.second[inner], of[inner]
        np.add.at(held, side.first[~inner], of[~inner])
    return Graph(ys, xs, near, weight, held)


def solve_directly(graph: Graph, right: NDArray[np.float32]) -> NDArray[np.float64]:
    count = len(graph.held)
    first, second, weight = np.repeat(np.arange(count), 4), graph.near.ravel(), graph.weight.ravel().astype(float)
    inner = second < count
    beside = sparse.csc_array((weight[inner], (first[inner], second[inner])), shape=(count, count))
    diagonal = graph.weight.astype(float).sum(1) + graph.held
    return np.asarray(linalg.spsolve(sparse.diags_array(diagonal).tocsc() - beside, right.astype(float)))


@pytest.mark.parametrize("wrap", [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize(("seed", "height", "width", "blur"), [(0, 61, 48, 0.0), (1, 40, 77, 2.0), (2, 1, 9, 0.0)])
def test_it_gives_the_direct_answer(seed: int, height: int, width: int, blur: float, wrap: tuple[bool, bool]) -> None:
    graph = connect(blobs(seed, height, width, blur), wrap, seed)
    right = np.random.default_rng(seed + 9).standard_normal((len(graph.held), 3)).astype(np.float32)
    right[:, 1] = 0
    found, _ = solve_graph(graph, right, rtol=1e-6)
    wanted = solve_directly(graph, right)
    assert np.abs(found - wanted).max() < 1e-3 * np.abs(wanted).max()
    assert (found[:, 1] == 0).all()


def test_steps_hardly_grow_with_the_hole() -> None:
    steps = []
    for size in (64, 256):
        graph = connect(np.pad(np.ones((size, size), np.bool_), 1), (False, False))
        right = np.random.default_rng(0).standard_normal((size * size, 2)).astype(np.float32)
        steps.append(solve_graph(graph, right)[1])
    assert steps[1] <= 1.5 * steps[0] + 2 < 45


def test_where_the_hole_lies_does_not_matter() -> None:
    hole = blobs(4, 60, 50, 2.0)
    hole[0] = hole[-1] = hole[:, 0] = hole[:, -1] = False
    far = np.zeros((700, 600), np.bool_)
    far[400:460, 320:370] = hole
    small, large = connect(hole, (False, False), decades=0), connect(far, (False, False), decades=0)
    right = np.random.default_rng(0).standard_normal((len(small.held), 2)).astype(np.float32)
    found, steps = solve_graph(small, right)
    moved, as_many = solve_graph(large, right)
    assert as_many == steps
    assert np.array_equal(moved, found)
