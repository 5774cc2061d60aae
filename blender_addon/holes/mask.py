"""The hole mask of a material: the image that holds it, which mask a request asks for, and when it may have changed."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError, arrays
from ..images.making import load_packed, set_path
from ..images.reading import read_samples, to_rgba
from ..images.tiles import TileLayout, all_tiles, explain_tiles, is_tiled, tile_ending
from .raster import resize_mask

Bool = NDArray[np.bool_]


MARK = "svbrdf_hole"
"""A custom property that tells hole images from others."""


@dataclass(frozen=True)
class HoleRequest:
    """Which hole is to be filled.

    Attributes:
        kind: ``PAINT`` (what lies in the material's hole image: painted, or taken from faces or a box), ``IMAGE`` (one
            of the user's), or ``ALPHA`` (where an image is transparent).
        image: for ``IMAGE`` and ``ALPHA``.
        threshold: from which brightness on (``ALPHA``: below which alpha) a texel is a hole.
        layout: where the tiles of UDIM maps lie; None for other maps.
    """

    kind: str = "PAINT"
    image: bpy.types.Image | None = None
    threshold: float = 0.5
    layout: TileLayout | None = None


def read_hole(material: bpy.types.Material, request: HoleRequest, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the mask ``(H, W)``, top row first, 255 where the hole is.

    Raises:
        UserError: there is no image that could be read.
    """
    if request.kind == "PAINT":
        mask = _read_painted(material.svbrdf_hole, size)
    else:
        image, alpha = _require_usable(request), request.kind == "ALPHA"
        mask = read_mask(image, size, request.threshold, alpha=alpha, layout=request.layout)
    return mask.view(np.uint8) * np.uint8(255)


def _read_painted(image: bpy.types.Image | None, size: tuple[int, int]) -> NDArray[np.bool_]:
    if image is None:
        return np.zeros(size, np.bool_)
    if not image.has_data and not image.size[0]:
        sentence = _('The hole image "{name}" cannot be read; clear the hole and paint it again.')
        raise UserError("hole", sentence.format(name=image.name))
    return read_mask(image, size)


def _require_usable(request: HoleRequest) -> bpy.types.Image:
    image = request.image
    if image is None:
        raise UserError("hole", "No mask image is chosen; choose one, or another kind of hole.")
    if not image.size[0] or not image.size[1]:
        sentence = _('The image "{name}" cannot be read; reload it or choose another.')
        raise UserError("hole", sentence.format(name=image.name))
    if request.kind == "ALPHA" and image.channels != 4:
        sentence = _('The image "{name}" has no alpha; choose another kind of hole.')
        raise UserError("hole", sentence.format(name=image.name))
    return image


def put_mask(material: bpy.types.Material, mask: Bool) -> bpy.types.Image:
    """Give the material a new hole image, with the mask packed in it: undo then brings the old one back."""
    old = material.svbrdf_hole
    image = _make_hole_image("new hole", mask)
    material.svbrdf_hole, material.svbrdf.filled = image, False
    if old is not None:
        old.user_remap(image)  # the canvas and the image editors
        _retire(old)
    image.name = f"{material.name} hole"
    note_change()
    return image


def _retire(old: bpy.types.Image) -> None:
    """Remove what undo can bring back by itself, being packed; painted pixels live on only in the image."""
    if old.is_dirty:
        old.name = f"{old.name} (before)"
    else:
        bpy.data.images.remove(old)


def add_mask(material: bpy.types.Material, mask: Bool, *, extend: bool) -> bpy.types.Image:
    """Give the material a new hole image as `put_mask` does; with ``extend`` what was a hole stays one."""
    old = material.svbrdf_hole
    if extend and old is not None:
        mask = mask | read_mask(old, mask.shape)
    return put_mask(material, mask)


def hole_image_of(material: bpy.types.Material, size: tuple[int, int]) -> bpy.types.Image:
    """Return the material's hole image; a new one if it has none, or one of another size."""
    image = material.svbrdf_hole
    if image is None or not _is_alive(image):
        return put_mask(material, np.zeros(size, np.bool_))
    if (image.size[1], image.size[0]) != size:
        return put_mask(material, read_mask(image, size))
    return image


def move_hole(
    material: bpy.types.Material, size: tuple[int, int], corner: tuple[int, int], held: tuple[int, int]
) -> None:
    """Lay the painted hole onto a picture of another size; whether it was filled stays as it is.

    Args:
        material: whose hole it is; without one nothing is done.
        size: height and width of the picture that the hole was painted on.
        corner: row and column of the other picture where that one begins; negative where it is cut off.
        held: height and width of the other picture.
    """
    image, filled = material.svbrdf_hole, material.svbrdf.filled
    if image is None or not _is_alive(image):
        return
    old, new = read_mask(image, size), np.zeros(held, np.bool_)
    (top, bottom), (left, right) = (
        (max(at, 0), min(at + n, most)) for at, n, most in zip(corner, size, held, strict=True)
    )
    new[top:bottom, left:right] = old[top - corner[0] : bottom - corner[0], left - corner[1] : right - corner[1]]
    put_mask(material, new)
    material.svbrdf.filled = filled


def clear_hole(context: bpy.types.Context, material: bpy.types.Material) -> None:
    """Empty the hole while it is being painted; otherwise take it from the material."""
    painting = context.scene.svbrdf_painting
    old = material.svbrdf_hole
    if painting.active and painting.image == old:
        put_mask(material, np.zeros((old.size[1], old.size[0]), np.bool_))
        return
    material.svbrdf_hole = None
    if old is not None and is_hole(old):
        _retire(old)
    note_change()


def read_mask(
    image: bpy.types.Image,
    size: tuple[int, int],
    threshold: float = 0.5,
    *,
    alpha: bool = False,
    layout: TileLayout | None = None,
) -> Bool:
    """Return where an image is brighter than the threshold (``alpha``: more transparent than it), top row first.

    The tiles of a UDIM image lie as a layout says, each where it is.

    Raises:
        UserError: a tile cannot be read.
    """
    if is_tiled(image) and layout is not None:
        return _read_tiles(image, layout, threshold, alpha=alpha)
    values = to_rgba(read_samples(image))
    if alpha:
        held = values[..., 3] < threshold
    else:  # of our own holes one channel is enough, which saves a third of a second at 4096
        held = values[..., 0] > threshold
        for channel in () if is_hole(image) else (1, 2):
            held |= values[..., channel] > threshold
    return resize_mask(held[::-1], size)


def _read_tiles(image: bpy.types.Image, layout: TileLayout, threshold: float, *, alpha: bool) -> Bool:
    reason = explain_tiles(image)
    if reason is not None:
        raise UserError("hole", _(reason).format(name=image.name, path=image.filepath))
    found = np.zeros(layout.size, np.bool_)
    for number, data in all_tiles(image).items():
        if number in layout.numbers:
            tile = load_packed(data, tile_ending(image, data))
            try:
                found[layout.box(number)] = read_mask(tile, (layout.height, layout.width), threshold, alpha=alpha)
            finally:
                bpy.data.images.remove(tile)
    return found


def is_waiting(material: bpy.types.Material) -> bool:
    """Whether what was painted, or taken from faces or a box, is what will be filled, and has not been."""
    ours = material.svbrdf
    return material.svbrdf_hole is not None and ours.hole == "PAINT" and not ours.filled


def is_hole(image: bpy.types.Image) -> bool:
    """Whether it is a hole that this add-on made."""
    return MARK in image


def _make_hole_image(name: str, mask: Bool) -> bpy.types.Image:
    white = mask[..., None].view(np.uint8) * np.uint8(255)
    image = load_packed(arrays.encode_png(white), ".png")
    set_path(image, "")
    image.name = name
    image.colorspace_settings.name = data_colour_space()
    image[MARK] = True
    return image


def data_colour_space() -> str:
    """Return what the colour management in use calls data that are no colours."""
    return "Non-Color" if "Non-Color" in _colour_spaces() else "Raw"


def _colour_spaces() -> list[str]:
    held = bpy.types.ColorManagedInputColorspaceSettings.bl_rna.properties["name"]
    return [item.identifier for item in held.enum_items]


def _is_alive(image: bpy.types.Image) -> bool:
    return bool(image.size[0] and image.size[1])


_changes = 0


def note_change() -> None:
    """Note that the hole may be another one from now on."""
    global _changes
    _changes += 1


def count_changes() -> int:
    """Return a number that is another one whenever the hole may be."""
    return _changes


def watch_strokes(scene: bpy.types.Scene) -> None:
    """Have Blender tell of strokes in images that nothing but our properties knows.

    It looks for such images when it works out anew what depends on what; setting the world makes it do that.
    """
    scene.world = scene.world


@persistent
def on_update(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    """Hear of what Blender tells after every stroke, and after changes of nodes and images."""
    if any(isinstance(update.id, bpy.types.Image | bpy.types.Material) for update in graph.updates):
        note_change()


def register() -> None:
    """Give every material its hole image, and begin to count changes."""
    bpy.types.Material.svbrdf_hole = bpy.props.PointerProperty(
        type=bpy.types.Image,
        name="Hole",
        description="White where this material shall be repaired; painted, or made from faces or a box",
    )
    bpy.app.handlers.depsgraph_update_post.append(on_update)


def unregister() -> None:
    """Take the hole images away again; they stay in the file."""
    bpy.app.handlers.depsgraph_update_post.remove(on_update)
    del bpy.types.Material.svbrdf_hole
