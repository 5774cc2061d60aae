"""Preview of a material given as arrays."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from svbrdf_core.render.environment import Environment
from svbrdf_core.render.scene import Rgb, Scene, Shape, draw
from svbrdf_core.tensors.layout import ChannelLayout


def preview(
    tensor: NDArray[Any],
    layout: ChannelLayout,
    *,
    light: str | Environment = "flash",
    shape: Shape = "plane",
    size: int | None = None,
    linear: Collection[str] = (),
    film: bool = False,
    relief: float = 0.0,
    turn: float = 0.0,
) -> Rgb:
    """Draw a material.

    Args:
        tensor: float32 ``(C, H, W)``, as ``Material.tensor`` gives it.
        layout: which channels are which map.
        light: ``flash`` at the camera, ``sun`` from the upper left under a sky, ``studio``, ``sky``, or an
            environment. Planes lie on the ground and are seen from above.
        shape: ``plane``, ``tiled`` (two by two of them) or ``sphere``.
        size: the longer side of the picture in pixels; None for that of the material (a sphere: 512). Planes are
            never enlarged: they have a pixel for each of the maps at most.
        linear: colour maps that are stored as linear light already.
        film: roll off highlights as film does, instead of cutting them.
        relief: depth of the height map on planes, in half longer sides; 0 leaves them flat.
        turn: 0..1, how far the ball is turned, or the light is carried round a plane.

    Returns:
        sRGB ``(h, w, 3)`` uint8.

    Raises:
        ValueError: the tensor does not fit the layout, or there is no such light or shape.
    """
    with torch.inference_mode():
        maps = torch.from_numpy(np.ascontiguousarray(tensor, np.float32))[None]
        return draw(maps, layout, Scene(light, shape, size, linear, film, relief, turn))
