"""Unrolling of a torus: the same hole on a plain picture, for methods that know no torus."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from svbrdf_core.methods.interface import FillResult, Floats, InpaintProblem, Method
from svbrdf_core.run import Run

MARGIN = 128
"""Pixels of the opposite side that are repeated beyond an edge that wraps: what a method sees of it."""


def fill_unrolled(method: Method, problem: InpaintProblem, settings: object, run: Run) -> FillResult:
    """Fill by a method, on a torus too if it does not know one."""
    if method.traits(settings).wraps or not any(problem.wrap):
        return method.fill(problem, settings, run)
    pads = [min(MARGIN, side) if wraps else 0 for wraps, side in zip(problem.wrap, problem.hole.shape, strict=True)]
    around = ((pads[0], pads[0]), (pads[1], pads[1]))
    plain = replace(
        problem,
        tensor=np.pad(problem.tensor, ((0, 0), *around), mode="wrap"),
        hole=np.pad(problem.hole, around, mode="wrap"),
        allowed=np.pad(problem.allowed, around, mode="wrap"),
        wrap=(False, False),
    )
    cropped = partial(_crop, pads=pads, problem=problem)
    return FillResult(cropped(method.fill(plain, settings, run.part(0, 1, show=cropped)).tensor))


def _crop(tensor: Floats, pads: list[int], problem: InpaintProblem) -> Floats:
    height, width = problem.hole.shape
    return np.ascontiguousarray(tensor[:, pads[0] : pads[0] + height, pads[1] : pads[1] + width])
