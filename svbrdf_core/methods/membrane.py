"""The smoothest membrane stretched over a hole, as a method."""

from __future__ import annotations

import numpy as np

from svbrdf_core.methods.interface import FillResult, Floats, InpaintProblem, Method, NoSettings, Traits
from svbrdf_core.methods.values import make_valid, without_hole
from svbrdf_core.run import Run
from svbrdf_core.tensors.sparse import Edges, Neighbours, list_neighbours, solve_poisson


def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Solve Laplace's equation in the hole with the known values as its border.

    Perez, Gangnet, Blake, "Poisson image editing", 2003, equation 2 (no guidance field). Where the hole reaches the
    edge of the picture the slope across that edge is zero.
    """
    out = without_hole(problem.tensor, problem.hole)
    edges = [_join_edges(out, near) for near in list_neighbours(problem.hole, problem.wrap)]

    def start_channel(channel: int) -> None:
        run.report("solving", channel / len(out))
        run.check()

    out[:, problem.hole] = solve_poisson(edges, int(problem.hole.sum()), on_channel=start_channel)
    return FillResult(make_valid(out, problem))


def _join_edges(tensor: Floats, near: Neighbours) -> Edges:
    """Ask for equal neighbours in the hole, and for the known values beside it."""
    known = near.second < 0
    step = np.zeros((len(tensor), len(near.first)))
    step[:, known] = -tensor[:, near.ys[known], near.xs[known]]
    return Edges(near.first, near.second, step, np.ones(len(near.first)))


POISSON = Method("poisson", "Poisson membrane", fill, has=Traits(wraps=True))
