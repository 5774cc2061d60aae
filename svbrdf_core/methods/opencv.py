"""OpenCV's two classical methods, Telea and Navier-Stokes, channel by channel."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

from svbrdf_core.methods.interface import FillResult, InpaintProblem, Method, NoSettings
from svbrdf_core.methods.values import make_valid, without_hole
from svbrdf_core.run import Run

RADIUS = 5
"""Pixels round each point that its value is made of: OpenCV's usual choice is 3 to 5."""
UNIT = np.float32(65535)
"""What 1 is for OpenCV. Telea's gradient term is a unit vector there, so its size is a unit of the values, whatever the
gradient, and its direction is noise where nothing changes: in units of 16 bits that does not show."""


def find_missing() -> str | None:
    """Say what to install for OpenCV's methods."""
    if importlib.util.find_spec("cv2") is not None:
        return None
    return "It needs OpenCV; install it with: pip install 'svbrdf-inpaint[compare]'."


def _make_fill(flag: str) -> Callable[[InpaintProblem, NoSettings, Run], FillResult]:
    def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
        import cv2

        out = without_hole(problem.tensor, problem.hole)
        hole = problem.hole.astype(np.uint8)
        for number, channel in enumerate(out):
            run.check()
            run.report("diffusing", number / len(out))
            # One float channel at a time: the only depth at which OpenCV loses nothing.
            out[number] = cv2.inpaint(channel * UNIT, hole, RADIUS, getattr(cv2, flag)) / UNIT
        return FillResult(make_valid(out, problem))

    return fill


TELEA = Method("telea", "OpenCV Telea", _make_fill("INPAINT_TELEA"), missing=find_missing)
"""Telea, "An image inpainting technique based on the fast marching method", 2004."""
NAVIER_STOKES = Method("ns", "OpenCV Navier-Stokes", _make_fill("INPAINT_NS"), missing=find_missing)
"""Bertalmio, Bertozzi, Sapiro, "Navier-Stokes, fluid dynamics, and image and video inpainting", 2001."""
