"""The picture of one map of a material, or of a region of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.material import Material
from svbrdf_core.pictures.views import MapView, as_bytes, fit_view, limits, reduce_map, view_whole
from svbrdf_core.tensors.color import to_srgb
from svbrdf_core.tensors.maps import spec_of

Bytes = NDArray[np.uint8]


def map_picture(material: Material, name: str, size: int) -> Bytes:
    """Return one map to look at, reduced by a whole number of pixels and never enlarged.

    Colours are encoded for display, also those that are stored as linear light; normals are x, y, z in 0..255. Black
    and white are 0 and 1, but the lowest and highest value of heights and of what leaves 0..1.

    Args:
        material: any; the map is read in bands.
        name: of the map.
        size: longest side of the picture, at most; 1 or more.

    Returns:
        ``(h, w, 3)``, or ``(h, w, 1)`` for a map of one channel.

    Raises:
        InputError: there is no such map, or the size is below 1.
    """
    _check(material, name, size)
    return _draw_view(material, name, view_whole(material.height, material.width, size))


def crop_picture(material: Material, name: str, box: tuple[int, int, int, int], size: int) -> Bytes:
    """Return a region of one map to look at; see `map_picture`.

    Args:
        material: any; no more than the region is read.
        name: of the map.
        box: top, left, height and width in pixels; what leaves the material goes on at its other side.
        size: longest side of the picture, at most; 1 or more.

    Returns:
        ``(h, w, 3)``, or ``(h, w, 1)`` for a map of one channel.

    Raises:
        InputError: there is no such map, the size is below 1, or the region is empty or larger than the material.
    """
    _check(material, name, size)
    top, left, height, width = box
    if not (1 <= height <= material.height and 1 <= width <= material.width):
        raise InputError(
            f"A region of {width} x {height} pixels cannot be shown; "
            f"ask for 1 x 1 to {material.width} x {material.height}."
        )
    return _draw_view(material, name, fit_view(top % material.height, left % material.width, height, width, size))


def _check(material: Material, name: str, size: int) -> None:
    if name not in material.maps:
        raise InputError(f"{material.name} has no map {name}; it has {', '.join(material.maps)}.")
    if size < 1:
        raise InputError(f"A picture of {size} pixels cannot be drawn; ask for 1 or more.")


def _draw_view(material: Material, name: str, view: MapView) -> Bytes:
    values = reduce_map(material, name, view)
    low, high = limits(name, values)
    values = (values - low) / (high - low)
    if spec_of(name).encoding == "srgb" and name in material.linear():
        values = to_srgb(values)
    shown = as_bytes(values)
    return shown[..., :1] if material.maps[name].n_channels == 1 else shown
