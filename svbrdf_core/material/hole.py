"""The mask that a description of a hole makes on a material."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from svbrdf_core.masks import (
    Mask,
    MaskPicture,
    MaskSpec,
    Size,
    Sources,
    build,
    feather,
    grow,
    invert,
    parse,
    parse_shape,
)
from svbrdf_core.material.material import Material
from svbrdf_core.material.tiling import single
from svbrdf_core.request import HoleSpec, InputFile, MaskShape

MaskInput = MaskShape | InputFile


def hole_mask(hole: HoleSpec, material: Material, *, tileable: bool = False) -> tuple[Mask, tuple[str, ...]]:
    """Return the hole ``(H, W)`` at the size of a material, and notes for the user.

    Args:
        hole: its masks are united, then edited; what it says about tiling is not looked at.
        material: what shapes, colours and alpha are read off.
        tileable: shapes that leave the picture come in again on the other side, and edits go across the edges.

    Raises:
        MaskError: a shape or mask file that cannot be used, or a material that lacks what it is read off.
    """
    mask, notes = union_mask(hole.masks, (material.height, material.width), sources_of(material), tileable=tileable)
    return edit_mask(mask, hole, tileable=tileable), notes


def forbidden_mask(
    hole: HoleSpec, material: Material, *, tileable: bool = False
) -> tuple[Mask | None, tuple[str, ...]]:
    """Return where nothing may be copied from, ``(H, W)`` above 0, None if that is nowhere; and notes.

    Raises:
        MaskError: as of `hole_mask`.
    """
    if not hole.forbid:
        return None, ()
    return union_mask(hole.forbid, (material.height, material.width), sources_of(material), tileable=tileable)


def union_mask(
    parts: Sequence[MaskInput], size: Size, sources: Sources | None = None, *, tileable: bool = False
) -> tuple[Mask, tuple[str, ...]]:
    """Return the union of parts of a hole ``(H, W)`` at a size, and notes for the user; see `svbrdf_core.masks.build`.

    Raises:
        MaskError: a part cannot be used.
    """
    return build([_spec(part) for part in parts], size, Sources() if sources is None else sources, tileable=tileable)


def mask_part(text: str) -> MaskInput:
    """Return the part of a hole that a text describes: a file, if there is one of that name, or a shape.

    Raises:
        MaskError: the text describes none; see `svbrdf_core.masks.parse`.
    """
    found = parse(text)
    return InputFile(Path(found.path)) if isinstance(found, MaskPicture) else MaskShape(str(found))


def edit_mask(mask: Mask, hole: HoleSpec, *, tileable: bool = False) -> Mask:
    """Return a mask ``(H, W)`` inverted, grown and feathered, in this order, as a hole says."""
    mask = invert(mask) if hole.invert else mask
    mask = grow(mask, hole.grow, tileable=tileable) if hole.grow else mask
    return feather(mask, hole.feather, tileable=tileable) if hole.feather else mask


def _spec(part: MaskInput) -> MaskSpec:
    return MaskPicture(str(part.path)) if isinstance(part, InputFile) else parse_shape(part.shape)


def sources_of(material: Material) -> Sources:
    """Return where a hole can be read off a material."""
    name = next((n for n in ("basecolor", "diffuse") if n in material.maps), None)
    if name is None:
        return Sources(nonfinite=material.nonfinite_mask)
    colour = single(material, name)
    return Sources(
        colour=lambda top, height: colour.window(top, 0, height, colour.width),
        alpha=material.alpha,
        nonfinite=material.nonfinite_mask,
    )
