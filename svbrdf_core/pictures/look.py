"""The look of a material: the light, what it is put on, and the size of the picture."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from svbrdf_core.errors import InputError

if TYPE_CHECKING:
    from svbrdf_core.render import Environment

Shape = Literal["plane", "sphere", "tiled"]

SMALLEST, LARGEST = 16, 4096
"""Pixels of the longer side of a picture that may be asked for."""


@dataclass(frozen=True)
class Look:
    """How a material is drawn.

    Attributes:
        light: ``flash``, ``sun``, ``studio``, ``sky``, or the path of a picture of surroundings twice as wide as high.
        shape: what the material is put on: ``plane``, ``sphere``, or ``tiled`` (two by two planes).
        size: longer side in pixels, 16 to 4096; None for that of the material, at most 1024, and 512 for a sphere.
        film: roll off highlights as film does.
        relief: parallax of a plane from its height map, 0 to 1.

    Raises:
        InputError: one of them is none of these; whether there is such a light is found out when it is lit.
    """

    light: str = "flash"
    shape: Shape = "plane"
    size: int | None = None
    film: bool = False
    relief: float = 0.0

    def __post_init__(self) -> None:
        shapes = get_args(Shape)
        if self.shape not in shapes:
            raise InputError(f"There is no shape {self.shape!r}; choose one of {', '.join(shapes)}.")
        if self.size is not None and not SMALLEST <= self.size <= LARGEST:
            raise InputError(f"A picture of {self.size} pixels cannot be drawn; ask for {SMALLEST} to {LARGEST}.")
        if not 0 <= self.relief <= 1:
            raise InputError(f"A relief of {self.relief} cannot be drawn; give a depth from 0 to 1.")


def check_drawable() -> None:
    """Refuse to draw where there is nothing to draw with.

    Raises:
        InputError: torch is not installed.
    """
    if importlib.util.find_spec("torch") is None:
        raise InputError("svbrdf render needs torch; install it with: pip install 'svbrdf-inpaint[torch]'.")


def find_light(text: str) -> str | Environment:
    """Return the light of a name or of a file.

    Raises:
        InputError: it is neither, or no equirectangular picture.
    """
    import torch

    from svbrdf_core.formats import read_image
    from svbrdf_core.render import LIGHTS, environment, from_srgb

    path = Path(text)
    if text in LIGHTS:
        return text
    if not path.exists():
        raise InputError(f"There is no light {text!r}; choose one of {', '.join(LIGHTS)}, or give an HDR file.")
    raster = read_image(path)
    info = raster.info
    if not 1.8 <= info.width / info.height <= 2.2:
        raise InputError(
            f"{path} is {info.width} x {info.height}; surroundings are twice as wide as high (equirectangular)."
        )
    samples = raster.samples[..., _colours(info.channels)]
    pixels = torch.from_numpy(samples.astype(np.float32) / np.float32(info.full_scale))
    return environment(pixels if info.is_float else from_srgb(pixels), exposed=True)


def _colours(channels: Sequence[str]) -> list[int]:
    """Return which channels of a file are red, green and blue; a grey file is all three."""
    names = [name.split(".")[-1].upper() for name in channels]
    return [names.index(name) for name in "RGB"] if {"R", "G", "B"} <= set(names) else [0, 0, 0]
