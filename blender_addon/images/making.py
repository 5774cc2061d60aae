"""New packed images of repaired files or samples, set as the old ones were."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError, arrays
from .files import HEAD, SUFFIX, detect_ending, name_beside, path_beside, usual_ending
from .tiles import all_tiles, is_tiled, load_tiles, tile_path

SETTINGS = ("alpha_mode", "use_half_precision", "use_view_as_render", "seam_margin", "display_aspect")


def make_image(old: Any, data: bytes | NDArray[Any], ending: str) -> Any:
    """Return a new image with the repaired samples, packed, set as the old one, named and placed beside it.

    Args:
        old: the image that was repaired; it is only looked at.
        data: a file's bytes, or samples as `reading.read_array` gives them.
        ending: of the file's format, such as ``.png``; of no matter for arrays.

    Raises:
        UserError: the bytes are no such file.
    """
    if isinstance(data, bytes):
        its = usual_ending(f"x{ending}")
        if detect_ending(data[:HEAD], f"x{ending}") != its:
            raise UserError("broken", f"The repaired image of {old.name} is no {ending} file; try again.")
        new = load_packed(data, its)
        _copy_settings(new, old)
    elif data.dtype.kind == "f":
        new, its = _make_float_image(old, data), ".exr"
    else:
        new, its = load_packed(arrays.encode_png(_drop_channels(old, data)), ".png"), ".png"
        _copy_settings(new, old)
        if new.alpha_mode == "PREMUL":  # Blender's own samples of 8 bits are never multiplied by alpha
            new.alpha_mode = "STRAIGHT"
    new.name = name_beside(old.name)
    set_path(new, path_beside(old, its))
    return new


def load_packed(data: bytes, ending: str) -> Any:
    """Return a new image of a file's bytes, which it keeps as they are."""
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as folder:
        path = Path(folder, f"image{ending}")
        path.write_bytes(data)
        image = bpy.data.images.load(str(path))
        image.pack()
    return image


def crop_picture(png: bytes, box: tuple[float, float, float, float]) -> bytes:
    """Return a part of a picture as PNG: left, top, right and bottom in parts of it.

    Raises:
        RuntimeError: Blender cannot read the picture.
    """
    image = load_packed(png, ".png")
    try:
        width, height = image.size
        flat = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(flat)
    finally:
        bpy.data.images.remove(image)
    samples = flat.reshape(height, width, -1)[::-1, :, :3]
    left, right = (round(box[at] * width) for at in (0, 2))
    top, bottom = (round(box[at] * height) for at in (1, 3))
    part = samples[top : max(bottom, top + 1), left : max(right, left + 1)]
    return arrays.encode_png(np.ascontiguousarray(part * 255 + 0.5).astype(np.uint8))


def make_tiled_image(old: Any, repaired: Mapping[int, bytes], ending: str) -> Any:
    """Return a new UDIM image with repaired tiles and the others as they are, packed, named and placed beside the old.

    Raises:
        UserError: the bytes are no such files, or come in another format than that of the other tiles.
    """
    files = all_tiles(old) | dict(repaired)
    if {detect_ending(data[:HEAD], f"x{ending}") for data in files.values()} != {usual_ending(f"x{ending}")}:
        said = _("The repaired tiles of {name} are {ending} files and the others are not; save all tiles as PNG first.")
        raise UserError("broken", said.format(name=old.name, ending=ending))
    new = load_tiles(files, ending)
    _copy_settings(new, old)
    for tile in old.tiles:
        new.tiles.get(tile.number).label = tile.label
    new.name = name_beside(old.name)
    set_path(new, path_beside(old, ending))
    return new


def packed_ending(image: Any) -> str:
    """Return the ending of the format in which an image of ours is packed; TGA alone has no mark."""
    return detect_ending(image.packed_file.data[:HEAD], image.filepath) or ".tga"


def set_path(image: Any, path: str) -> None:
    """Set where a packed image belongs, without looking there."""
    image.filepath_raw = path
    for packed in image.packed_files:
        packed.filepath = tile_path(path, packed.tile_number) if is_tiled(image) else path


def _make_float_image(old: Any, samples: NDArray[Any]) -> Any:
    """Packing writes the samples as they are, and reading takes them as they are if they are said to be so."""
    height, width = samples.shape[:2]
    alpha = old.depth == 128 or bool((samples[..., 3] != 1).any())
    is_data = old.colorspace_settings.is_data
    new = bpy.data.images.new(SUFFIX, width, height, alpha=alpha, float_buffer=True, is_data=is_data)
    if is_data:
        _copy_settings(new, old)
    else:
        new.alpha_mode = "PREMUL" if old.alpha_mode == "STRAIGHT" else old.alpha_mode
    new.pixels.foreach_set(np.ascontiguousarray(samples[::-1], np.float32).reshape(-1))
    new.update()
    new.pack()
    return new


def _copy_settings(new: Any, old: Any) -> None:
    if old.colorspace_settings.name:
        new.colorspace_settings.name = old.colorspace_settings.name
    for name in SETTINGS:
        if hasattr(old, name):
            setattr(new, name, getattr(old, name))


def _drop_channels(old: Any, samples: NDArray[Any]) -> NDArray[Any]:
    """As few channels as the old image had, if nothing is lost by it."""
    if old.depth in (32, 64, 128) or (samples[..., 3] != np.iinfo(samples.dtype).max).any():
        return samples
    grey = samples[..., :1]
    return grey if old.depth == 8 and (samples[..., 1:3] == grey).all() else samples[..., :3]
