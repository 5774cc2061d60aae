"""An image comes in; its file, the file's bytes, or its samples go out."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..client import Source
from .formats import HEAD, told
from .kinds import changed
from .paths import file_of


def source(image: Any, name: str, endings: Collection[str]) -> Source:
    """Return how an image that `examine` lets pass is sent.

    What Blender has not changed goes as it lies on disk or in the .blend, so nothing is lost; all else as an array.

    Args:
        image: of bpy.data.images.
        name: at the service, without an ending.
        endings: of the formats that may be sent, such as ``.png``.
    """
    found = _original(image)
    if found is not None and found[1] in endings:
        return Source(name + found[1], found[0])
    return Source(f"{name}.npy", array(image))


def _original(image: Any) -> tuple[Path | bytes, str] | None:
    """Return the file that an image shows unchanged, or its bytes, and its format's ending; None if there is none."""
    if changed(image):
        return None
    if image.packed_file is not None:
        data = image.packed_file.data
        return data, told(data[:HEAD], image.filepath)
    path = file_of(image)
    try:
        if path is not None:
            with path.open("rb") as stream:
                return path, told(stream.read(HEAD), path.name)
    except OSError:  # gone since it was loaded: what is in memory is all there is
        return None
    return None


def array(image: Any) -> NDArray[Any]:
    """Return the samples ``(H, W, 4)`` that Blender holds, top row first.

    They are uint8 for images of 8 bits, as stored; else float32: linear (unless the image is Non-Color), and with the
    colour multiplied by alpha unless the alpha mode or Non-Color says otherwise.
    """
    values = four(samples(image))
    if not image.is_float:
        values *= 255
        values += 0.5
    return values[::-1].astype(np.float32 if image.is_float else np.uint8, order="C")


def samples(image: Any) -> NDArray[np.float32]:
    """Return the floats ``(H, W, C)`` that Blender holds, bottom row first."""
    width, height = image.size
    flat = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(height, width, image.channels)


def four(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples with red, green, blue and alpha: themselves, or filled up as Blender does."""
    channels = values.shape[2]
    if channels == 4:
        return values
    filled = np.ones((*values.shape[:2], 4), np.float32)
    filled[..., :3] = values[..., :3] if channels == 3 else values[..., :1]
    if channels == 2:
        filled[..., 3] = values[..., 1]
    return filled
