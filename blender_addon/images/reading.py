"""What an image holds: whether it can be repaired, and its file, the file's bytes or its samples."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import Source
from .files import HEAD, detect_ending, file_of
from .tiles import explain_tiles, is_tiled, tile_ending, tile_original

SOURCES = {
    "SEQUENCE": 'The image "{name}" is a sequence; choose one of its frames as a single image.',
    "MOVIE": 'The image "{name}" is a movie; save one of its frames as an image and use that.',
    "VIEWER": 'The image "{name}" is a render result or viewer; save it as a file and use that.',
}


def examine(image: Any) -> str | None:
    """Return why an image cannot be repaired, and what to do; None if it can. This loads the image."""
    sentence = _find_reason(image)
    return _(sentence).format(name=image.name, path=image.filepath) if sentence else None


def _find_reason(image: Any) -> str | None:
    if image.source in SOURCES:
        return SOURCES[image.source]
    if is_tiled(image):
        return explain_tiles(image)
    if image.type not in ("IMAGE", "UV_TEST"):
        return (
            'The image "{name}" has layers or is a render; save the layer you need as a file of its own and use that.'
        )
    if not _is_there(image):
        return 'The file of the image "{name}" is missing ({path}); find it with File > External Data.'
    if not all(image.size) or not image.channels:
        return 'The image "{name}" cannot be read; replace its file by one that Blender can show.'
    if image.type == "MULTILAYER":  # known since its size was asked for
        return 'The image "{name}" has several layers; save the one you need as a file of its own and use that.'
    if image.is_multiview:
        return 'The image "{name}" is a stereo or multi-view image; use a plain one.'
    return None


def is_changed(image: Any) -> bool:
    """Return whether only Blender's memory holds what the image shows now."""
    return image.is_dirty or image.source == "GENERATED"


def is_only_here(image: Any) -> bool:
    """Return whether what an image shows is nowhere but in this .blend or in memory."""
    return image.packed_file is not None or is_changed(image)


def is_in_memory(image: Any) -> bool:
    """Return whether a copy of the datablock would not show the image: it was painted on, or its file is gone."""
    return image.is_dirty or (_is_of_file(image) and image.has_data and not _has_file(image))


def _is_there(image: Any) -> bool:
    return not _is_of_file(image) or image.has_data or _has_file(image)


def _is_of_file(image: Any) -> bool:
    return image.source == "FILE" and image.packed_file is None


def _has_file(image: Any) -> bool:
    path = file_of(image)
    return path is not None and path.is_file()


def make_source(image: Any, name: str, endings: Collection[str]) -> Source:
    """Return how an image that `examine` lets pass is sent.

    What Blender has not changed goes as it lies on disk or in the .blend, so nothing is lost; all else as an array.

    Args:
        image: of bpy.data.images.
        name: at the service, without an ending.
        endings: of the formats that may be sent, such as ``.png``.
    """
    found = _find_original(image)
    if found is not None and found[1] in endings:
        return Source(name + found[1], found[0])
    return Source(f"{name}.npy", read_array(image))


def make_tile_source(image: Any, number: int, name: str) -> Source:
    """Return how a tile of an image that `examine` lets pass is sent: as it lies on disk or in the .blend.

    Args:
        image: a UDIM image.
        number: of the tile.
        name: of the image at the service.
    """
    original = tile_original(image, number)
    assert original is not None
    return Source(f"{name}.{number}{tile_ending(image, original)}", original)


def _find_original(image: Any) -> tuple[Path | bytes, str] | None:
    """Return the file that an image shows unchanged, or its bytes, and its format's ending; None if there is none."""
    if is_changed(image):
        return None
    if image.packed_file is not None:
        data = image.packed_file.data
        return data, detect_ending(data[:HEAD], image.filepath)
    path = file_of(image)
    try:
        if path is not None:
            with path.open("rb") as stream:
                return path, detect_ending(stream.read(HEAD), path.name)
    except OSError:  # gone since it was loaded: what is in memory is all there is
        return None
    return None


def read_array(image: Any) -> NDArray[Any]:
    """Return the samples ``(H, W, 4)`` that Blender holds, top row first.

    They are uint8 for images of 8 bits, as stored; else float32: linear (unless the image is Non-Color), and with the
    colour multiplied by alpha unless the alpha mode or Non-Color says otherwise.
    """
    values = to_rgba(read_samples(image))
    if not image.is_float:
        values *= 255
        values += 0.5
    return values[::-1].astype(np.float32 if image.is_float else np.uint8, order="C")


def read_samples(image: Any) -> NDArray[np.float32]:
    """Return the floats ``(H, W, C)`` that Blender holds, bottom row first."""
    width, height = image.size
    flat = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(height, width, image.channels)


def to_rgba(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples with red, green, blue and alpha: themselves, or filled up as Blender does."""
    channels = values.shape[2]
    if channels == 4:
        return values
    filled = np.ones((*values.shape[:2], 4), np.float32)
    filled[..., :3] = values[..., :3] if channels == 3 else values[..., :1]
    if channels == 2:
        filled[..., 3] = values[..., 1]
    return filled
