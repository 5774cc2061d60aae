"""Biharmonic interpolation by scikit-image, as a method."""

from __future__ import annotations

import importlib.util

import numpy as np

from svbrdf_core.methods.interface import FillResult, InpaintProblem, Method, NoSettings
from svbrdf_core.methods.values import make_valid, without_hole
from svbrdf_core.run import Run


def _find_missing() -> str | None:
    if importlib.util.find_spec("skimage") is not None:
        return None
    return "It needs scikit-image; install it with: pip install 'svbrdf-inpaint[compare]'."


def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Fill by Damelin and Hoang, "On surface completion and image inpainting by biharmonic functions", 2018."""
    from skimage.restoration import inpaint_biharmonic

    run.report("solving", 0.0)
    known = without_hole(problem.tensor, problem.hole).astype(np.float64)
    filled = inpaint_biharmonic(known, problem.hole, split_into_regions=True, channel_axis=0)
    return FillResult(make_valid(np.asarray(filled, np.float32), problem))


BIHARMONIC = Method("biharmonic", "biharmonic (scikit-image)", fill, missing=_find_missing)
