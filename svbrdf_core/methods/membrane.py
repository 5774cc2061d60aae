"""The smoothest membrane stretched over a hole, as a method."""

from __future__ import annotations

from svbrdf_core.methods.interface import FillResult, InpaintProblem, Method, NoSettings, Traits
from svbrdf_core.methods.values import make_valid, without_hole
from svbrdf_core.run import Run
from svbrdf_core.tensors.sparse import stretch_membrane


def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Solve Laplace's equation in the hole with the known values as its border."""
    out = without_hole(problem.tensor, problem.hole)

    def start_channel(channel: int) -> None:
        run.report("solving", channel / len(out))
        run.check()

    out[:, problem.hole] = stretch_membrane(out, problem.hole, problem.wrap, on_channel=start_channel)
    return FillResult(make_valid(out, problem))


POISSON = Method("poisson", "Poisson membrane", fill, has=Traits(wraps=True))
