"""The smoothest membrane stretched over a hole, as a method."""

from __future__ import annotations

import numpy as np

from svbrdf_core.methods.interface import Filled, Floats, Method, NoSettings, Task
from svbrdf_core.methods.values import made_valid, without_hole
from svbrdf_core.tensors.sparse import Edges, Neighbours, list_neighbours, solve_poisson


def fill(task: Task, settings: NoSettings) -> Filled:
    """Solve Laplace's equation in the hole with the known values as its border.

    Perez, Gangnet, Blake, "Poisson image editing", 2003, equation 2 (no guidance field). Where the hole reaches the
    edge of the picture the slope across that edge is zero.
    """
    out = without_hole(task.tensor, task.hole)
    edges = [_join_edges(out, near) for near in list_neighbours(task.hole, task.wrap)]

    def solving(channel: int) -> None:
        task.report("solving", channel / len(out))
        task.check()

    out[:, task.hole] = solve_poisson(edges, int(task.hole.sum()), on_channel=solving)
    return Filled(made_valid(out, task))


def _join_edges(tensor: Floats, near: Neighbours) -> Edges:
    """Ask for equal neighbours in the hole, and for the known values beside it."""
    known = near.second < 0
    step = np.zeros((len(tensor), len(near.first)))
    step[:, known] = -tensor[:, near.ys[known], near.xs[known]]
    return Edges(near.first, near.second, step, np.ones(len(near.first)))


POISSON = Method("poisson", "Poisson membrane", fill, wraps=True)
