"""PyPatchMatch as a method, map by map."""

from __future__ import annotations

import importlib.util

import numpy as np

from svbrdf_core.methods.interface import Bools, FillResult, InpaintProblem, Method, NoSettings
from svbrdf_core.methods.values import Bytes, by_bytes
from svbrdf_core.run import Run

RADIUS = 3
"""Patches of 7 x 7 pixels, as ours."""


def _find_missing() -> str | None:
    if importlib.util.find_spec("patchmatch") is not None:
        return None
    return "It needs PyPatchMatch; install it with: pip install 'svbrdf-inpaint[bench]'."


def _inpaint(picture: Bytes, hole: Bools) -> Bytes:
    from patchmatch import inpaint

    return np.asarray(inpaint(picture, hole.astype(np.uint8) * 255, patch_size=RADIUS), np.uint8)


def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Fill by PatchMatch (Barnes et al. 2009) with the completion of Wexler et al. 2007, in 8 bits."""
    return FillResult(by_bytes(problem, run, _inpaint, grey=False))


PYPATCHMATCH = Method("pypatchmatch", "PyPatchMatch", fill, missing=_find_missing)
