"""``svbrdf mask``: make masks, change them, look at them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svbrdf_core.cli.options import (
    FeatherOption,
    GrowOption,
    InvertOption,
    JsonOption,
    OverwriteOption,
    SetOption,
    Source,
    TileableFlag,
)
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.request import HoleSpec, InputFile, LoadOptions

if TYPE_CHECKING:
    from svbrdf_core.masks import Mask

Out = Annotated[Path, typer.Option("--out", "-o", metavar="FILE.png", help="The PNG to write.", show_default=False)]
Holes = Annotated[
    list[str],
    typer.Argument(
        metavar="HOLE…",
        show_default=False,
        help="Mask images, or rect:X,Y,W,H, circle:X,Y,R, polygon:X,Y,…, brush, key:#RRGGBB~TOLERANCE, alpha, nan; "
        "numbers are pixels or %.",
    ),
]
SIDE = 2048
"""Longest side of the picture that ``mask view`` writes, in pixels."""


def make(
    holes: Holes,
    out: Out,
    like: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take the size (and colours) of this material or image.")
    ] = None,
    size: Annotated[str | None, typer.Option(metavar="WxH", help="The size in pixels.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="For brush.")] = 0,
    invert: InvertOption = False,
    grow: GrowOption = 0.0,
    feather: FeatherOption = 0.0,
    tileable: TileableFlag = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> Outcome:
    """Make a mask image from shapes, colours, random brush strokes or other masks.

    Example: svbrdf mask make rect:10%,10%,64,64 circle:300,200,40 --size 512x512 -o mask.png
    """
    from svbrdf_core.material import edit_mask, hole_mask, load_material, union_mask

    texts = [f"brush:{seed}" if text == "brush" else text for text in holes]
    if (like is None) == (size is None):
        raise typer.BadParameter("Give the size of the mask: either --size WxH or --like FOLDER.")
    hole = _hole(texts, invert, grow, feather)
    if like is not None:
        mask, _ = hole_mask(hole, load_material(LoadOptions(like)), tileable=tileable)
    else:
        mask, _ = union_mask(hole.masks, _size(size or ""), tileable=tileable)
        mask = edit_mask(mask, hole, tileable=tileable)
    return _write(mask, out, overwrite=overwrite)


def grow(
    mask: Annotated[Path, typer.Argument(metavar="MASK", help="A mask image.", show_default=False)],
    out: Out,
    by: Annotated[float, typer.Option("--by", "--grow", metavar="PX", help="Radius; negative shrinks.")] = 0.0,
    feather: FeatherOption = 0.0,
    invert: InvertOption = False,
    tileable: TileableFlag = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> Outcome:
    """Grow, shrink, feather or invert a mask image.

    Example: svbrdf mask grow mask.png --by 4 --feather 8 -o softer.png
    """
    from svbrdf_core.masks import read
    from svbrdf_core.material import edit_mask

    hole = HoleSpec((InputFile(mask),), invert=invert, grow=by, feather=feather)
    return _write(edit_mask(read(mask), hole, tileable=tileable), out, overwrite=overwrite)


def view(
    folder: Source,
    holes: Holes,
    out: Out,
    map_name: Annotated[
        str | None, typer.Option("--map", metavar="MAP", help="Show it over this map (default: the colour).")
    ] = None,
    set_name: SetOption = None,
    invert: InvertOption = False,
    grow: GrowOption = 0.0,
    feather: FeatherOption = 0.0,
    tileable: TileableFlag = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> Outcome:
    """Draw a mask over a map of a material, as inpaint would understand it.

    Materials with a side of more than 2048 pixels are shown reduced.
    """
    import numpy as np

    from svbrdf_core.errors import InputError
    from svbrdf_core.formats import write_png
    from svbrdf_core.inpainting.outputs import check_picture
    from svbrdf_core.masks import overlay
    from svbrdf_core.material import hole_mask, load_material
    from svbrdf_core.pictures import hole_in, reduce_map, view_whole

    material = load_material(LoadOptions(folder, set_name=set_name))
    name = map_name or material.shown_map
    if name not in material.maps:
        raise InputError(f"{folder} has no map {name}; it has {', '.join(material.maps)}.")
    inputs = [p.file.path for binding in material.maps.values() for p in binding.places]
    check_picture(out, [*inputs, *map(Path, holes)], overwrite=overwrite)
    mask, _ = hole_mask(_hole(holes, invert, grow, feather), material, tileable=tileable)
    shown = view_whole(material.height, material.width, SIDE)
    soft = mask if shown.step == 1 else hole_in(mask, shown)
    write_png(out, overlay(np.clip(reduce_map(material, name, shown), 0, 1), soft, tileable=tileable))
    return _outcome(mask, out)


def _hole(texts: list[str], invert: bool, grow: float, feather: float) -> HoleSpec:
    from svbrdf_core.material import mask_parts

    return HoleSpec(
        tuple(part for text in texts for part in mask_parts(text)), invert=invert, grow=grow, feather=feather
    )


def _size(text: str) -> tuple[int, int]:
    """Return height and width of a ``WxH`` text.

    Raises:
        BadParameter: it has another form.
    """
    found = re.fullmatch(r"\s*(\d{1,5})\s*[x×X]\s*(\d{1,5})\s*", text)
    if not found or not (int(found[1]) and int(found[2])):
        raise typer.BadParameter(f'"{text}" is no size; write WIDTHxHEIGHT, e.g. --size 1024x512.')
    return int(found[2]), int(found[1])


def _write(mask: Mask, out: Path, *, overwrite: bool) -> Outcome:
    """Write a mask: 8 bits if it is black and white, 16 if it is soft, and nothing above 0 becomes 0."""
    import numpy as np

    from svbrdf_core.formats import write_png
    from svbrdf_core.inpainting.outputs import check_picture

    check_picture(out, [], overwrite=overwrite)
    hard = bool(((mask == 0) | (mask == 1)).all())
    write_png(out, mask == 1 if hard else np.ceil(mask.astype(np.float64) * 65535).astype(np.uint16))
    return _outcome(mask, out)


def _outcome(mask: Mask, out: Path) -> Outcome:
    pixels = int((mask > 0).sum())
    height, width = mask.shape
    data = {"file": str(out), "width": width, "height": height, "hole": {"pixels": pixels, "share": pixels / mask.size}}
    return Outcome(data, (f"{out}: {width} x {height}, {pixels} pixels ({pixels / mask.size:.1%}) in the hole",))
