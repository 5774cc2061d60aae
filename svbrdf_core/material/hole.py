"""Descriptions of holes and a material come in; the mask they make together on it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from svbrdf_core.masks import Mask, Sources, build, feather, grow, invert, parse
from svbrdf_core.material import Material
from svbrdf_core.material.tiling import single


@dataclass(frozen=True)
class Shaping:
    """What is done to a mask after it is read, in this order: invert, grow (pixels), feather (pixels)."""

    invert: bool = False
    grow: float = 0.0
    feather: float = 0.0

    def apply(self, mask: Mask, *, tileable: bool = False) -> Mask:
        """Return the shaped mask ``(H, W)``."""
        mask = invert(mask) if self.invert else mask
        mask = grow(mask, self.grow, tileable=tileable) if self.grow else mask
        return feather(mask, self.feather, tileable=tileable) if self.feather else mask


def hole(
    texts: Sequence[str], material: Material, shaping: Shaping, *, tileable: bool = False
) -> tuple[Mask, tuple[str, ...]]:
    """Return the union of the described holes ``(H, W)`` at the size of a material, and notes for the user.

    Raises:
        MaskError: a description or mask file that cannot be used, or a material that lacks what it is read off.
    """
    size = (material.height, material.width)
    mask, notes = build([parse(text) for text in texts], size, sources_of(material), tileable=tileable)
    return shaping.apply(mask, tileable=tileable), notes


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
