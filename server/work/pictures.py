"""Maps of a material as files, and pictures of it under a light."""

from __future__ import annotations

from typing import Any, Literal

import svbrdf_core as sv
from svbrdf_core.codec import decode
from svbrdf_core.codec.plain import JsonObject

Form = Literal["npy", "png", "exr"]
Shape = Literal["plane", "sphere", "tiled"]


def write_map(*, source: JsonObject, name: str, form: Form, size: int | None, target: str) -> JsonObject:
    """Write one map to a file, or a picture of it that is at most ``size`` pixels long.

    Raises:
        InputError: there is no such map, or the form cannot hold it.
    """
    material = sv.load_material(decode(sv.LoadOptions, source, "source"))
    if size is None:
        sv.write_map(material, name, target, form)
    else:
        sv.write_png(target, sv.map_picture(material, name, size))
    return {}


LEAST = 1024
"""Pixels that a picture of any material may have, and a sphere of the largest: each of its pixels costs the most."""


def render(*, source: JsonObject, target: str, size: int, shape: Shape, **look: Any) -> JsonObject:
    """Draw a material under a light and write it as a PNG.

    Raises:
        InputError: there is no such light, torch is not installed, or the picture would cost more than the material.
    """
    material = sv.load_material(decode(sv.LoadOptions, source, "source"))
    most = LEAST if shape == "sphere" else max(LEAST, material.height, material.width)
    if size > most:
        raise sv.InputError(f"A picture of this material is at most {most} pixels long; ask for a smaller one.")
    sv.write_png(target, sv.picture(material, size=size, shape=shape, **look))
    return {}
