"""Materials come in; one map as a file, or a picture of the whole under a light, goes out."""

from __future__ import annotations

from typing import Any, Literal

import svbrdf_core as sv

from .tasks import load

Json = dict[str, Any]
Form = Literal["npy", "png", "exr"]


def map_file(*, folder: str, reading: Json, pixels: int, name: str, form: Form, size: int | None, target: str) -> Json:
    """Write one map to a file, or a picture of it that is at most ``size`` pixels long.

    Raises:
        InputError: there is no such map, or the form cannot hold it.
    """
    material = load(folder, reading, pixels)
    if size is None:
        sv.write_map(material, name, target, form)
    else:
        sv.write_png(target, sv.map_picture(material, name, size))
    return {}


def render(*, folder: str, reading: Json, pixels: int, target: str, **look: Any) -> Json:
    """Draw a material under a light and write it as a PNG.

    Raises:
        InputError: there is no such light, or torch is not installed.
    """
    sv.write_png(target, sv.picture(load(folder, reading, pixels), **look))
    return {}
