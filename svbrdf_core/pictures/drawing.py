"""The picture of a material under a light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.material import Material
from svbrdf_core.material.tiling import single
from svbrdf_core.memory import memory_size
from svbrdf_core.pictures.look import Look, Shape, check_drawable, find_light

Rgb = NDArray[np.uint8]

SIDE, BALL = 1024, 512
"""Longest side of a picture, and side of one of a sphere, if none is asked for."""
PROGRAM, SAMPLE, PIXEL = 450 * 2**20, 12, 16
"""Bytes of the program with torch, of a sample that is drawn, and of a pixel of a ball, of which four make one."""
BAND = 2**22
"""Samples read at once; keeps the float copies of large maps small."""


def picture(
    material: Material,
    *,
    light: str = "flash",
    shape: Shape = "plane",
    size: int | None = None,
    film: bool = False,
    relief: float = 0.0,
    turn: float = 0.0,
) -> Rgb:
    """Draw a material as ``svbrdf render`` does.

    Args:
        material: any; it is read once, in bands.
        light: ``flash``, ``sun``, ``studio``, ``sky``, or the path of a picture of surroundings.
        shape: what the material is put on: ``plane``, ``sphere``, or ``tiled`` (two by two planes).
        size: longer side in pixels, 16 to 4096; None for that of the material, at most 1024, and 512 for a sphere.
            Planes are never enlarged.
        film: roll off highlights as film does.
        relief: parallax of a plane from its height map, 0 to 1.
        turn: 0..1, how far the ball is turned, or the light is carried round a plane.

    Returns:
        sRGB ``(h, w, 3)``.

    Raises:
        InputError: torch is not installed, there is no such light or shape, or a number is out of its range.
    """
    look = Look(light, shape, size, film, relief)
    check_drawable()
    return ReducedMaterial(material, look).frame(turn)


class ReducedMaterial:
    """A material, read once at the size it is drawn in."""

    def __init__(self, material: Material, look: Look) -> None:
        """Read it.

        Raises:
            InputError: there is no such light, a file is damaged, or the memory does not hold what is drawn.
        """
        longer = max(material.height, material.width)
        check_memory(material, look)
        self._size = look.size or (BALL if look.shape == "sphere" else min(longer, SIDE))
        self._look, self._layout = look, material.layout
        self._light = find_light(look.light)
        self._linear = material.linear()
        self._maps = reduce_material(material, max(1, longer // (2 * self._size)))

    def frame(self, turn: float = 0.0) -> Rgb:
        """Return the picture ``(h, w, 3)`` at a part 0..1 of a turn."""
        from svbrdf_core.render import preview

        look = self._look
        return preview(
            self._maps, self._layout, light=self._light, shape=look.shape, size=self._size, linear=self._linear,
            film=look.film, relief=look.relief, turn=turn,
        )  # fmt: skip


def check_memory(material: Material, look: Look, there: int | None = None) -> None:
    """Refuse a picture that would need more memory than there is.

    Args:
        material: what is drawn.
        look: how.
        there: bytes; None for what the machine has.

    Raises:
        InputError: the picture would need more.
    """
    longer = max(material.height, material.width)
    size = look.size or (BALL if look.shape == "sphere" else min(longer, SIDE))
    step = max(1, longer // (2 * size))
    pixels = (material.height // step + 1) * (material.width // step + 1)
    if look.shape == "tiled":
        pixels = max(pixels, 4 * min(pixels, size**2))
    need = PROGRAM + SAMPLE * material.layout.n_channels * pixels
    need += PIXEL * 4 * size**2 if look.shape == "sphere" else 0
    there = memory_size() if there is None else there
    if there is not None and need > there:
        raise InputError(
            f"A picture of {size} pixels of this material needs about {need / 2**30:.1f} GiB of memory, and there are "
            f"{there / 2**30:.1f} GiB; ask for a smaller one."
        )


def reduce_material(material: Material, step: int) -> NDArray[np.float32]:
    """Return a material ``(C, H // step, W // step)``, averaged over ``step`` x ``step`` pixels, read in bands."""
    rows, columns = max(material.height // step, 1), max(material.width // step, 1)
    result = np.empty((material.layout.n_channels, rows, columns), np.float32)
    for name in material.maps:
        one = single(material, name)
        count = max(1, BAND // (one.layout.n_channels * columns * step * step))
        for row in range(0, rows, count):
            part = min(count, rows - row)
            band = np.nan_to_num(one.window(row * step, 0, part * step, columns * step))
            blocks = band.reshape(len(band), part, step, columns, step)
            result[material.layout.slice_of(name), row : row + part] = blocks.mean(axis=(2, 4), dtype=np.float32)
    return result
