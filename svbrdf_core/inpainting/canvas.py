"""The canvas of a request: the material as it is, larger, as a new sheet or with bands along its edges to be filled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.inpainting.bands import band_mask, fit_band
from svbrdf_core.inpainting.blocks import choose_side
from svbrdf_core.inpainting.examples import Example
from svbrdf_core.inpainting.matching import match_example
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material, load_material
from svbrdf_core.material.canvas import Bools
from svbrdf_core.request import ExtendSpec, GrowSpec, InpaintRequest, TileSpec
from svbrdf_core.run import Run
from svbrdf_core.sentences import Sentence

Tileable = bool | tuple[bool, bool]
"""Whether the edges meet: all of them, or the upper and lower ones, and the left and right ones."""


@dataclass(frozen=True)
class RequestedCanvas:
    """What is filled.

    Attributes:
        material: on its canvas.
        mask: ``(H, W)``, the hole.
        forbid: ``(H, W)``, above 0 where nothing may be copied from; None if that is nowhere.
        tileable: whether the edges meet.
        examples: what may be copied from besides.
        block: see `svbrdf_core.inpainting.fill.inpaint`.
        bands: of a material that is made to tile: how wide the bands along its edges are, down and across, the
            narrowest first. The mask has the widest.
        hole: ``(H, W)``, what else is filled along with bands.
        origin: row and column of the material's first pixel on the canvas; None if it is not there.
    """

    material: Material
    mask: Mask
    forbid: Mask | None
    tileable: Tileable
    examples: tuple[Example, ...] = ()
    block: int | None = None
    bands: tuple[tuple[int, int], ...] = ()
    hole: Mask | None = None
    origin: tuple[int, int] | None = (0, 0)

    @cached_property
    def wraps(self) -> bool:
        """Whether any edges meet."""
        return self.tileable is True or (isinstance(self.tileable, tuple) and any(self.tileable))

    def mask_of(self, band: tuple[int, int]) -> Mask:
        """Return the mask ``(H, W)`` with bands of a width."""
        found = band_mask(self.material.height, self.material.width, band)
        return found if self.hole is None else np.maximum(found, self.hole)


def lay_canvas(
    request: InpaintRequest, material: Material, mask: Mask, forbid: Mask | None, tileable: bool, run: Run,
    *, in_blocks: bool,
) -> RequestedCanvas:  # fmt: skip
    """Return what a request asks to be filled.

    Args:
        request: what is wanted.
        material: as it was loaded.
        mask: ``(H, W)`` of the material, the hole that was given; 0 if there is none.
        forbid: the same, where nothing may be copied from.
        tileable: whether its edges meet.
        run: takes notes.
        in_blocks: whether the method fills a large area block by block.

    Raises:
        InputError: the canvas cannot be made, or an example cannot be used.
        MaskError: a band leaves nothing, or there is nothing to fill.
    """
    others = tuple(_load_example(request, number, material, mask, run) for number in range(len(request.examples)))
    spec = request.canvas
    if isinstance(spec, ExtendSpec):
        return _extended(request, spec, material, mask, forbid, others, run, in_blocks=in_blocks)
    if isinstance(spec, GrowSpec):
        return _grown(request, spec, material, mask, forbid, others, run, in_blocks=in_blocks)
    if others:
        forbid = np.ones_like(mask)
    if isinstance(spec, TileSpec):
        return _tiled(spec, material, mask, forbid, others)
    return RequestedCanvas(material, mask, forbid, tileable, others)


def _extended(
    request: InpaintRequest, spec: ExtendSpec, material: Material, mask: Mask, forbid: Mask | None,
    others: tuple[Example, ...], run: Run, *, in_blocks: bool,
) -> RequestedCanvas:  # fmt: skip
    down, across = material.units
    wide, high = (None, None) if spec.to is None else spec.to
    vertical, horizontal = (spec.top, spec.bottom, high, material.height), (spec.left, spec.right, wide, material.width)
    (top, bottom), (left, right) = _sides(*vertical, down), _sides(*horizontal, across)
    if not (top or bottom or left or right or mask.any()):
        raise InputError(
            "There is nothing to extend: every side gets 0 pixels; say how many, or how large it shall be."
        )
    if ((top, bottom), (left, right)) != (_sides(*vertical, 1), _sides(*horizontal, 1)):
        run.note(
            f"Sides are extended by multiples of {down} rows and {across} columns, of which the smaller maps have "
            f"whole pixels: {left} left, {right} right, {top} above, {bottom} below."
        )
    height, width = material.height + top + bottom, material.width + left + right
    _check_size(request, height, width)
    around = ((top, bottom), (left, right))
    canvas = material.on_canvas(top, left, height, width)
    own = Example(material, _free(mask, forbid))
    wide_forbid = None if forbid is None else np.pad(forbid, around)
    return RequestedCanvas(
        canvas,
        np.pad(mask, around, constant_values=1),
        np.ones((height, width), np.float32) if others else wide_forbid,
        False,
        others or ((own,) if in_blocks else ()),
        choose_side(height, width) if in_blocks else None,
        origin=(top, left),
    )


def _sides(first: int, second: int, to: int | None, size: int, unit: int) -> tuple[int, int]:
    """Return the pixels to add before and behind, multiples of a unit."""
    if to is not None:
        more = to - size - first - second
        if more < 0:
            raise InputError(
                f"The canvas of {to} pixels is smaller than the material with its new sides ({size + first + second}); "
                "give a larger one, or cut the images first."
            )
        first, second = first + more // 2, second + more - more // 2
    return -(-first // unit) * unit, -(-second // unit) * unit


def _grown(
    request: InpaintRequest, spec: GrowSpec, material: Material, mask: Mask, forbid: Mask | None,
    others: tuple[Example, ...], run: Run, *, in_blocks: bool,
) -> RequestedCanvas:  # fmt: skip
    width, height = spec.size
    if min(width, height) < 16:
        raise InputError(f"A sheet of {width} x {height} pixels is too small; give at least 16 x 16.")
    down, across = material.units
    height, width = -(-height // down) * down, -(-width // across) * across
    if (width, height) != tuple(spec.size):
        run.note(f"The sheet is {width} x {height}, so that the smaller maps have whole pixels.")
    _check_size(request, height, width)
    own = Example(material, _free(mask, forbid))
    everything = np.ones((height, width), np.float32)
    canvas = material.on_canvas(0, 0, height, width)
    side = choose_side(height, width) if in_blocks else None
    return RequestedCanvas(canvas, everything, None, False, (own, *others), side, origin=None)


def _tiled(
    spec: TileSpec, material: Material, mask: Mask, forbid: Mask | None, others: tuple[Example, ...]
) -> RequestedCanvas:
    meets = spec.axis in ("y", "both"), spec.axis in ("x", "both")
    bands = fit_band((material.height, material.width), material.units, spec.band, meets)
    hole = mask if mask.any() else None
    full = np.maximum(band_mask(material.height, material.width, bands[-1]), mask)
    if not _free(full, forbid).any() and not others:
        raise MaskError("The bands and the hole together leave nothing to copy from; give a narrower band.")
    tileable: Tileable = True if all(meets) else meets
    return RequestedCanvas(material, full, forbid, tileable, others, bands=bands, hole=hole)


def _load_example(request: InpaintRequest, number: int, material: Material, mask: Mask, run: Run) -> Example:
    example = load_material(request.examples[number], apart=tuple(request.files().values()))
    if example.tiles is not None:
        raise InputError(f"{example.name} is a set of UDIM tiles, from which nothing is copied; give one tile's files.")
    for text in example.warnings:
        run.note(Sentence.of(text).after(f"Of {example.name}: "))
    if isinstance(request.canvas, GrowSpec):
        return Example(example, np.ones((example.height, example.width), np.bool_))
    return match_example(example, material, mask, run)


def _free(mask: Mask, forbid: Mask | None) -> Bools:
    """Return where a material may be copied from."""
    free: Bools = mask == 0
    return free if forbid is None else free & (forbid == 0)


def _check_size(request: InpaintRequest, height: int, width: int) -> None:
    most = MAX_PIXELS if request.source.max_pixels is None else request.source.max_pixels
    if height * width > most:
        raise InputError(
            f"The canvas would be {width} x {height}, more than the limit of {most} pixels; make it smaller."
        )
