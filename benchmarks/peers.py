"""A damaged map and its hole come in; the map as another program fills it goes out, if that program is installed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from svbrdf_core.formats import write_png

Bytes = NDArray[np.uint8]
Fill = Callable[[Bytes, NDArray[np.bool_]], Bytes]
"""Fills one picture ``(H, W, C)`` of 8 bits where the mask ``(H, W)`` is true."""


@dataclass(frozen=True)
class Peer:
    """Another program and the most favourable way to hand it a material.

    Attributes:
        fill: see `Fill`.
        takes: ``maps``: 1 or 3 channels, each map as it is; ``rgb``: grey maps must be repeated to three channels;
            ``all``: every channel of the material in one call.
    """

    fill: Fill
    takes: str


def gmic(image: Bytes, hole: NDArray[np.bool_]) -> Bytes:
    """G'MIC's multi-scale patch match, with its defaults, on any number of channels; one process a call."""
    height, width, channels = image.shape
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        step = 3 if channels % 3 == 0 else 1
        parts = [
            image[..., at : at + step].squeeze(-1) if step == 1 else image[..., at : at + 3]
            for at in range(0, channels, step)
        ]
        paths = [folder / f"{number}.png" for number in range(len(parts))]
        for path, part in zip(paths, parts, strict=True):
            write_png(path, np.ascontiguousarray(part))
        write_png(folder / "hole.png", np.where(hole, 255, 0).astype(np.uint8))
        command = ["gmic", "-v", "-", *map(str, paths), "append", "c", str(folder / "hole.png")]
        command += ["inpaint_matchpatch[0]", "[1]", "keep[0]", "-o", f"{folder / 'out.tiff'},float"]
        subprocess.run(command, check=True, capture_output=True)
        filled = np.asarray(tifffile.imread(folder / "out.tiff"))
    rounded: Bytes = np.clip(np.rint(filled), 0, 255).astype(np.uint8).reshape(height, width, channels)
    return rounded


def gmic_startup() -> float | None:
    """Return the seconds an empty call of G'MIC takes, None if it is not installed."""
    if not shutil.which("gmic"):
        return None
    started = time.perf_counter()
    subprocess.run(["gmic", "-v", "-", "1"], check=True, capture_output=True)
    return time.perf_counter() - started


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


def shift_map(image: Bytes, hole: NDArray[np.bool_]) -> Bytes:
    """OpenCV's xphoto SHIFTMAP; colour in Lab, as its documentation asks."""
    import cv2

    colour = image.shape[2] == 3
    start = cv2.cvtColor(image, cv2.COLOR_RGB2Lab) if colour else np.ascontiguousarray(image[..., 0])
    out = np.zeros_like(start)
    cv2.xphoto.inpaint(start, np.where(hole, 0, 255).astype(np.uint8), out, cv2.xphoto.INPAINT_SHIFTMAP)
    return np.asarray(cv2.cvtColor(out, cv2.COLOR_Lab2RGB) if colour else out[..., None], np.uint8)


def _opencv(flag: str) -> Fill:
    def fill(image: Bytes, hole: NDArray[np.bool_]) -> Bytes:
        import cv2

        filled = cv2.inpaint(image, hole.astype(np.uint8), 5, getattr(cv2, flag))
        return np.asarray(filled, np.uint8).reshape(image.shape)

    return fill


def _module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def installed() -> dict[str, Peer | None]:
    """Return the peers by name, None for those that are not installed."""
    with_gmic, with_cv2 = shutil.which("gmic") is not None, _module("cv2")
    return {
        "G'MIC inpaint_matchpatch, map by map": Peer(gmic, "maps") if with_gmic else None,
        "G'MIC inpaint_matchpatch, all channels in one call": Peer(gmic, "all") if with_gmic else None,
        "resynthesizer": Peer(resynthesize, "rgb") if _module("resynthesizer") else None,
        "pypatchmatch": Peer(pypatchmatch, "rgb") if _module("patchmatch") else None,
        "OpenCV shift map": Peer(shift_map, "maps") if with_cv2 else None,
        "OpenCV Telea": Peer(_opencv("INPAINT_TELEA"), "maps") if with_cv2 else None,
        "OpenCV Navier-Stokes": Peer(_opencv("INPAINT_NS"), "maps") if with_cv2 else None,
    }
