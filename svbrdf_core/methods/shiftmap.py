"""OpenCV's shift map as a method, map by map."""

from __future__ import annotations

import numpy as np

from svbrdf_core.methods.interface import Bools, FillResult, InpaintProblem, Method, NoSettings
from svbrdf_core.methods.opencv import find_missing
from svbrdf_core.methods.values import Bytes, by_bytes
from svbrdf_core.run import Run


def _find_missing() -> str | None:
    if (sentence := find_missing()) is not None:
        return sentence
    import cv2

    if hasattr(cv2, "xphoto"):
        return None
    return "It needs OpenCV's contributed modules; install them with: pip install 'svbrdf-inpaint[compare]'."


def _shift_map(picture: Bytes, hole: Bools) -> Bytes:
    import cv2

    colour = picture.shape[2] == 3
    # Lab, as OpenCV's documentation of the method asks.
    start = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab) if colour else np.ascontiguousarray(picture[..., 0])
    out = np.zeros_like(start)
    cv2.xphoto.inpaint(start, np.where(hole, 0, 255).astype(np.uint8), out, cv2.xphoto.INPAINT_SHIFTMAP)
    return np.asarray(cv2.cvtColor(out, cv2.COLOR_Lab2RGB) if colour else out[..., None], np.uint8)


def fill(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Fill by He and Sun, "Statistics of patch offsets for image completion", 2012, as OpenCV has it, in 8 bits."""
    return FillResult(by_bytes(problem, run, _shift_map, grey=True))


SHIFT_MAP = Method("shiftmap", "OpenCV shift map", fill, missing=_find_missing)
