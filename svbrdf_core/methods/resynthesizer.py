"""Resynthesizer as a method, map by map."""

from __future__ import annotations

import importlib.util

import numpy as np

from svbrdf_core.methods.interface import Bools, FillResult, InpaintProblem, Method, NoSettings
from svbrdf_core.methods.values import Bytes, by_bytes
from svbrdf_core.run import Run


def _find_missing() -> str | None:
    if importlib.util.find_spec("resynthesizer") is not None:
        return None
    return "It needs Resynthesizer; install it with: pip install 'svbrdf-inpaint[bench]'."


def _heal(picture: Bytes, hole: Bools) -> Bytes:
    from PIL import Image
    from resynthesizer import getDefaultParams, resynthesize

    parameters = getDefaultParams()
    # On by default, which copies structure from the opposite edge.
    parameters.isMakeSeamlesslyTileableHorizontally = 0
    parameters.isMakeSeamlesslyTileableVertically = 0
    mask = Image.fromarray(np.where(hole, 255, 0).astype(np.uint8))
    return np.asarray(resynthesize(Image.fromarray(picture), mask, parameters), np.uint8)


def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Fill by Harrison's best-fit resynthesis (2005), "heal selection" in GIMP, in 8 bits."""
    return FillResult(by_bytes(problem, run, _heal, grey=False))


RESYNTHESIZER = Method("resynthesizer", "Resynthesizer", fill, missing=_find_missing)
