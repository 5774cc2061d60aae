"""A damaged map and its hole come in; the map as another program fills it goes out, if that program is installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats import read_image, write_png

Bytes = NDArray[np.uint8]
Peer = Callable[[Bytes, NDArray[np.bool_]], Bytes]
"""Fills one map ``(H, W, 3)`` of 8 bits where the mask ``(H, W)`` is true."""


def gmic(image: Bytes, hole: NDArray[np.bool_]) -> Bytes:
    """G'MIC's multi-scale patch match, with its defaults; one process a map."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("image.png", "mask.png", "out.png")]
        write_png(paths[0], image)
        write_png(paths[1], np.where(hole, 255, 0).astype(np.uint8))
        command = ["gmic", "-v", "-", str(paths[0]), str(paths[1]), "inpaint_matchpatch[0]", "[1]", "keep[0]"]
        subprocess.run([*command, "-o", str(paths[2])], check=True, capture_output=True)
        return read_image(paths[2]).samples.astype(np.uint8)


def resynthesize(image: Bytes, hole: NDArray[np.bool_]) -> Bytes:
    """Resynthesizer 2's heal selection, both tileable flags off."""
    from PIL import Image
    from resynthesizer import getDefaultParams
    from resynthesizer import resynthesize as heal

    parameters = getDefaultParams()
    parameters.isMakeSeamlesslyTileableHorizontally = 0
    parameters.isMakeSeamlesslyTileableVertically = 0
    mask = Image.fromarray(np.where(hole, 255, 0).astype(np.uint8))
    return np.asarray(heal(Image.fromarray(image), mask, parameters), np.uint8)


def pypatchmatch(image: Bytes, hole: NDArray[np.bool_]) -> Bytes:
    """PyPatchMatch with patches of 7 x 7 pixels (its ``patch_size`` is a radius)."""
    from patchmatch import inpaint

    return np.asarray(inpaint(np.ascontiguousarray(image), hole.astype(np.uint8) * 255, patch_size=3), np.uint8)


def _opencv(name: str) -> Peer:
    def fill(image: Bytes, hole: NDArray[np.bool_]) -> Bytes:
        import cv2

        if name == "shiftmap":
            lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
            out = np.zeros_like(lab)
            cv2.xphoto.inpaint(lab, np.where(hole, 0, 255).astype(np.uint8), out, cv2.xphoto.INPAINT_SHIFTMAP)
            return np.asarray(cv2.cvtColor(out, cv2.COLOR_Lab2RGB), np.uint8)
        flag = cv2.INPAINT_TELEA if name == "telea" else cv2.INPAINT_NS
        return np.asarray(cv2.inpaint(image, hole.astype(np.uint8), 5, flag), np.uint8)

    return fill


def _module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def installed() -> dict[str, Peer | None]:
    """Return the peers by name, None for those that are not installed."""
    return {
        "G'MIC inpaint_matchpatch": gmic if shutil.which("gmic") else None,
        "resynthesizer": resynthesize if _module("resynthesizer") else None,
        "pypatchmatch": pypatchmatch if _module("patchmatch") else None,
        "OpenCV shift map": _opencv("shiftmap") if _module("cv2") else None,
        "OpenCV Telea": _opencv("telea") if _module("cv2") else None,
        "OpenCV Navier-Stokes": _opencv("ns") if _module("cv2") else None,
    }
