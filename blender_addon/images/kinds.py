"""An image comes in, a sentence goes out if it cannot be repaired."""

from __future__ import annotations

from typing import Any

from bpy.app.translations import pgettext_iface as _

from .paths import file_of

SOURCES = {
    "TILED": 'The image "{name}" is a UDIM of several tiles, which is not supported; use an image for each tile.',
    "SEQUENCE": 'The image "{name}" is a sequence; choose one of its frames as a single image.',
    "MOVIE": 'The image "{name}" is a movie; save one of its frames as an image and use that.',
    "VIEWER": 'The image "{name}" is a render result or viewer; save it as a file and use that.',
}


def examine(image: Any) -> str | None:
    """Return why an image cannot be repaired, and what to do; None if it can. This loads the image."""
    sentence = _sentence(image)
    return _(sentence).format(name=image.name, path=image.filepath) if sentence else None


def _sentence(image: Any) -> str | None:
    if image.source in SOURCES:
        return SOURCES[image.source]
    if image.type not in ("IMAGE", "UV_TEST"):
        return (
            'The image "{name}" has layers or is a render; save the layer you need as a file of its own and use that.'
        )
    if not _there(image):
        return 'The file of the image "{name}" is missing ({path}); find it with File > External Data.'
    if not all(image.size) or not image.channels:
        return 'The image "{name}" cannot be read; replace its file by one that Blender can show.'
    if image.type == "MULTILAYER":  # known since its size was asked for
        return 'The image "{name}" has several layers; save the one you need as a file of its own and use that.'
    if image.is_multiview:
        return 'The image "{name}" is a stereo or multi-view image; use a plain one.'
    return None


def changed(image: Any) -> bool:
    """Return whether only Blender's memory holds what the image shows now."""
    return image.is_dirty or image.source == "GENERATED"


def only_here(image: Any) -> bool:
    """Return whether what an image shows is nowhere but in this .blend or in memory."""
    return image.packed_file is not None or changed(image)


def in_memory(image: Any) -> bool:
    """Return whether a copy of the datablock would not show the image: it was painted on, or its file is gone."""
    return image.is_dirty or (_of_file(image) and image.has_data and not _has_file(image))


def _there(image: Any) -> bool:
    return not _of_file(image) or image.has_data or _has_file(image)


def _of_file(image: Any) -> bool:
    return image.source == "FILE" and image.packed_file is None


def _has_file(image: Any) -> bool:
    path = file_of(image)
    return path is not None and path.is_file()
